"""Numbers and values as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from wangdi.cli.words import LANGUAGES, unit_sign

NOTHING = "—"
HUNDREDTH = Decimal("0.01")


def show_rate(value: float | None, unit: str, lang: str = LANGUAGES[0]) -> str:
    """A value with its unit: rates to two decimals, half up, ``97.69%``; a count as a whole number; none as ``—``."""
    if value is None:
        return NOTHING
    if unit in ("count", "") and value == int(value):
        return f"{int(value):,}"
    return f"{round_half_up(value):,}{unit_sign(lang, unit)}"


def round_half_up(value: float) -> Decimal:
    """Two decimals, as a report prints them: 0.125 is 0.13."""
    return Decimal(repr(value)).quantize(HUNDREDTH, ROUND_HALF_UP)


def show_number(value: float | None) -> str:
    """A count with thousands separators; what is no whole number with two decimals."""
    if value is None:
        return NOTHING
    return f"{int(value):,}" if value == int(value) else f"{round_half_up(value):,}"


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


def plain_number(value: float | None) -> int | float | None:
    """A count as JSON writes it: 12, not 12.0."""
    return int(value) if value is not None and value == int(value) else value
