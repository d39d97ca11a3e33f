"""Receives an institution's file, maps it to forms, checks every row, and accepts or refuses it with the reason."""
