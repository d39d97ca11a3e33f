"""Outbreaks: series of counts, detectors, what they say together, and how well they do on simulations with known outbreaks."""
