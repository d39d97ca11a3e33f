"""Keeps what was accepted: one relational database to commit to, immutable Parquet segments, originals as received."""
