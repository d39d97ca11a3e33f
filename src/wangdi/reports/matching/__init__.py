"""Claims held against the data: which indicator, period and place a claim speaks of, and what the city's figure is."""
