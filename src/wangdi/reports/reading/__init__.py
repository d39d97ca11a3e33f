"""From a text to its claims: every number with its name, unit, period, place and manner of telling."""
