"""Decides which registrations are one person, says why, and can undo it."""
