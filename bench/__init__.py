"""Benchmarks: each prints a ratio against a peer or a lower bound measured in the same run."""
