"""Alembic's folder: how an older city's relational database becomes today's."""
