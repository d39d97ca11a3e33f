"""Values in the cells of a terminal's tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from wangdi.app.numbers import NOTHING, show_number


def show_cell(value: Any) -> str:
    """Any value in a table's cell."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return " ".join(f"{key}={show_inside(item)}" for key, item in value.items() if item is not None)
    if isinstance(value, list | tuple):
        return " ".join(show_inside(item) for item in value)
    return str(value)


def show_inside(value: Any) -> str:
    """A value inside another: numbers bare, so that a fact number can be typed again."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return show_cell(value)
    return repr(value) if isinstance(value, int) else f"{value:g}"
