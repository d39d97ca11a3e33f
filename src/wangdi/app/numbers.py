"""Numbers and rates as people read them, on a terminal and on a page alike."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

NOTHING = "—"
HUNDREDTH = Decimal("0.01")


@cache
def _load_signs() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("wangdi.app").joinpath("data", "units.toml").read_text(encoding="utf-8"))


def unit_sign(lang: str, unit: str) -> str:
    """What stands behind a rate; a unit nobody gave a sign is written out."""
    return _load_signs()[lang].get(unit, f" {unit}" if unit else "")


def show_rate(value: float | None, unit: str, lang: str = "zh") -> str:
    """A value with its unit: rates to two decimals, half up, ``97.69%``, ``1:1.25``; a count as a whole number; none as ``—``."""
    front = _load_signs()["front"].get(unit, "")
    return NOTHING if value is None else f"{front}{show_value(value, unit)}{unit_sign(lang, unit)}"


def show_value(value: float | None, unit: str) -> str:
    """The same without the unit, for a column whose heading says it."""
    if value is None:
        return NOTHING
    if unit in ("count", "") and value == int(value):
        return f"{int(value):,}"
    return f"{round_half_up(value):,}"


def round_half_up(value: float) -> Decimal:
    """Two decimals, as a report prints them: 0.125 is 0.13."""
    return Decimal(repr(value)).quantize(HUNDREDTH, ROUND_HALF_UP)


def show_number(value: float | None) -> str:
    """A count with thousands separators; what is no whole number with two decimals."""
    if value is None:
        return NOTHING
    return f"{int(value):,}" if value == int(value) else f"{round_half_up(value):,}"


def plain_number(value: float | None) -> int | float | None:
    """A count as JSON writes it: 12, not 12.0."""
    return int(value) if value is not None and value == int(value) else value
