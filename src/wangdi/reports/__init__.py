"""Reads the reports of others: what they claim, what of it fits together, and what does not."""
