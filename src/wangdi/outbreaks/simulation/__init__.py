"""Counts with outbreaks that are known, and how well a method finds them."""
