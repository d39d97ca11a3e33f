"""Cells of files that people open in a spreadsheet, which runs what looks like a formula."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell instead of showing it."""


def defuse(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula; plain numbers stay as they are."""
    if not cell.startswith(DANGEROUS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
