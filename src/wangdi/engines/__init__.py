"""What runs a pack: plain Python, one row at a time, and DuckDB over a whole city. Both read one tree and agree."""
