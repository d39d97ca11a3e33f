"""Plans and computes official figures, and opens each to the people and the records it counts."""
