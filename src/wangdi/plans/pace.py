"""How fast a figure moves and where that ends: a line through the month-to-date figures of the year."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from wangdi.plans.model import Goal


@dataclass(frozen=True, slots=True)
class Month:
    """The figure from January to the end of a month. ``per``: what the value is told for (100 of a percentage).

    Missing: ``value`` is None where there is no figure; ``denominator`` where it is a plain count.
    """

    period: str
    end: date
    value: float | None
    numerator: float = 0.0
    denominator: float | None = None
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a figure is going. ``a_month``: the slope of the line through the year's months; ``ends_at``: where that leads by
    the deadline; ``last_change``, ``ends_at_last``: the same by the change of the last month alone.

    Units: those of the figure. Missing: all None before there are two months.
    """

    months_left: int
    a_month: float | None = None
    ends_at: float | None = None
    last_change: float | None = None
    ends_at_last: float | None = None


def find_pace(months: Sequence[Month], deadline: date, most: float | None) -> Pace:
    """The pace of the months told so far, in order.

    Rule: least squares through the months that have a value; the line is carried on from the last of them, never above
    ``most`` (a share cannot be more than all) nor below nought.
    """
    told = [one for one in months if one.value is not None]
    if not told:
        return Pace(0)
    last = told[-1]
    left = max(0, months_between(last.end, deadline))
    if len(told) < 2:
        return Pace(left)
    values = [float(one.value or 0) for one in told]
    places = [months_between(told[0].end, one.end) for one in told]
    slope = _slope(places, values)
    change = (values[-1] - values[-2]) / max(1, places[-1] - places[-2])
    return Pace(
        left, slope, _within(values[-1] + slope * left, most), change, _within(values[-1] + change * left, most)
    )


def months_between(earlier: date, later: date) -> int:
    """Whole months from the month of one day to the month of another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _slope(places: Sequence[int], values: Sequence[float]) -> float:
    middle, level = sum(places) / len(places), sum(values) / len(values)
    spread = sum((place - middle) ** 2 for place in places)
    return sum((place - middle) * (value - level) for place, value in zip(places, values, strict=True)) / spread


def _within(value: float, most: float | None) -> float:
    value = max(0.0, value)
    return value if most is None else min(value, most)


def count_more(goal: Goal, last: Month) -> int | None:
    """How many more people (or things) the goal asks for at today's denominator; negative: so many fewer; 0: it is kept.

    Rule: the smallest whole number that keeps the goal, in exact arithmetic: 85 % of 200 is 170, not 171.
    Missing: None where the base of a change is not known, or the figure has no denominator yet.
    """
    bounds = goal.bounds()
    if bounds is None or last.value is None:
        return None
    low, high = bounds
    have = exact(last.numerator)
    if low is not None and last.value < low:
        return max(1, math.ceil(_number_for(low, last) - have))
    if high is not None and last.value > high:
        return min(-1, math.floor(_number_for(high, last) - have))
    return 0


def need_count(value: float, last: Month) -> int:
    """The smallest whole numerator that reaches a value at this denominator."""
    return math.ceil(_number_for(value, last))


def _number_for(value: float, last: Month) -> Fraction:
    if last.denominator is None:
        return exact(value)
    return exact(value) * exact(last.denominator) / exact(last.per)


def exact(number: float) -> Fraction:
    """The number as it is printed: 0.1 is one tenth."""
    return Fraction(repr(float(number)))
