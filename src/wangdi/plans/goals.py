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


def show_goal(goal: Goal) -> str:
    """The same, written."""
    value = show_plain(goal.value)
    if goal.sort == CHANGE:
        return f"{'+' if goal.value >= 0 else ''}{value}{goal.unit}"
    if goal.comparator == BETWEEN and goal.high is not None:
        return f"{value}~{show_plain(goal.high)}{goal.unit}"
    return f"{_SHOWN.get(goal.comparator, '')}{value}{goal.unit}"


def show_plain(value: float) -> str:
    """A number without an exponent or noughts behind the point."""
    return f"{value:,.0f}".replace(",", "") if value == int(value) else f"{value:.10f}".rstrip("0").rstrip(".")
