"""Notices: what an office has to be told, to whom, in which words, and sending it."""
