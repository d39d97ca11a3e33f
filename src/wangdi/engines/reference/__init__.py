"""The reference engine: plain Python, one row at a time, as close to the words of the rule as code can be.

It is the oracle the other engines are held against, and what a form asks while it is being filled in.
"""
