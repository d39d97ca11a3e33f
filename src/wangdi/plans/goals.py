"""A goal as people write it: ``>=85%`` or ``≥85%``, ``<=6‰``, ``10个``, ``+2个百分点``, ``60~70%``."""

from __future__ import annotations

import re
from dataclasses import replace

from wangdi.core.problem import Problem
from wangdi.plans.model import AT_LEAST, AT_MOST, BETWEEN, CHANGE, EXACTLY, Goal

_SIGNS = {"≥": AT_LEAST, "≤": AT_MOST, ">=": AT_LEAST, "<=": AT_MOST, "=": EXACTLY, "": EXACTLY}
_SHOWN = {AT_LEAST: "≥", BETWEEN: "≥", AT_MOST: "≤"}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_GOAL = re.compile(
    rf"(?P<sign>>=|<=|≥|≤|=)?\s*(?P<moves>[+\-－])?\s*(?P<low>{_NUMBER})(?:\s*[~～—–-]\s*(?P<high>{_NUMBER}))?"
    r"\s*(?P<scale>[万亿]?)(?P<unit>\D{0,12})"
)
_SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}


def parse_goal(text: str) -> Goal | Problem:
    """The goal a text writes. Errors: PLAN-014."""
    found = _GOAL.fullmatch(text.strip())
    if found is None:
        return Problem(code="PLAN-014", args={"text": text})
    scale = _SCALES[found["scale"]]
    low = float(found["low"].replace(",", "")) * scale
    if found["high"]:
        high = float(found["high"].replace(",", "")) * scale
        if high < low or found["moves"]:
            return Problem(code="PLAN-014", args={"text": text})
        return Goal(BETWEEN, low, found["unit"].strip(), high)
    goal = Goal(_SIGNS[found["sign"] or ""], low, found["unit"].strip())
    if found["moves"]:
        falls = found["moves"] != "+"
        comparator = AT_MOST if falls else AT_LEAST
        return replace(goal, comparator=comparator, sort=CHANGE, value=-low if falls else low)
    return goal


def parse_amount(text: str) -> float | Problem:
    """A sum of money or another amount as people write it: ``1,200,000``, ``120万``, ``0.5亿元``. Errors: PLAN-032."""
    found = re.fullmatch(rf"(?P<number>{_NUMBER})\s*(?P<scale>[万亿]?)元?", text.strip())
    if found is None:
        return Problem(code="PLAN-032", args={"text": text})
    return float(found["number"].replace(",", "")) * _SCALES[found["scale"]]


def show_goal(goal: Goal) -> str:
    """The same, written."""
    if goal.comparator == BETWEEN and goal.high is not None and goal.sort != CHANGE:
        return f"{show_plain(goal.value)}~{show_plain(goal.high)}{goal.unit}"
    value = _show_scaled(goal.value)
    if goal.sort == CHANGE:
        return f"{'+' if goal.value >= 0 else ''}{value}{goal.unit}"
    return f"{_SHOWN.get(goal.comparator, '')}{value}{goal.unit}"


def show_quantity(value: float, unit: str) -> str:
    """So many of a goal's own unit: ``3家``, ``300万元``."""
    return f"{_show_scaled(value)}{unit}"


def _show_scaled(value: float) -> str:
    """A large number as plans print it: in 万 or 亿 where two places say it whole."""
    for scale, size in (("亿", 100_000_000), ("万", 10_000)):
        short = round(value / size, 2)
        if abs(value) >= size and round(short * size, 6) == value:
            return f"{show_plain(short)}{scale}"
    return show_plain(value)


def show_plain(value: float) -> str:
    """A number without an exponent or noughts behind the point."""
    return f"{value:,.0f}".replace(",", "") if value == int(value) else f"{value:.10f}".rstrip("0").rstrip(".")
