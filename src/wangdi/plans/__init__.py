"""Plans: their items with owners and deadlines, how far each has come, and what would close the gap."""
