"""Outbreaks: what stands out from the usual, where it lies, how fast it spreads; and how often all this is right."""
