"""Enrols, classifies, asks what is due, and makes the worklist: a programme's rules at work on the records."""
