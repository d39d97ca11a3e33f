"""The detectors, each on a whole panel of series at once."""
