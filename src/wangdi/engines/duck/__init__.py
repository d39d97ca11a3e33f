"""The set engine: the same rules as SQL over whole tables in DuckDB. Must agree with the reference engine row for row."""
