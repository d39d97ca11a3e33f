"""How fast a disease spreads, and how many cases are still to be reported."""
