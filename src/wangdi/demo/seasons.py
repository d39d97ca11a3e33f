"""The year's course: weights of days, the two long holidays, weekends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, day_number, year_month_day
from wangdi.demo.settings import load_epidemics

_SATURDAY = 5


def day_weights(months: Sequence[float], days: Days) -> NDArray[np.float64]:
    """The season on each day, 1 on average: from the middle of one month to the middle of the next in a straight line."""
    weights = np.array(months) / np.mean(months)
    _, month, day = year_month_day(days)
    place = month - 1 + (day - 15.5) / 30.5
    return np.asarray(np.interp(place, np.arange(-1, 13), np.concatenate([weights[-1:], weights, weights[:1]])))


def weekday(days: NDArray[Any]) -> NDArray[np.int32]:
    """Monday is 0."""
    return np.asarray((days + 3) % 7, dtype=np.int32)


def is_weekend(days: Days) -> NDArray[np.bool_]:
    """Saturday or Sunday."""
    return np.asarray(weekday(days) >= _SATURDAY)


def is_holiday(days: Days) -> NDArray[np.bool_]:
    """Whether each day lies in the week of the Spring Festival or of the National Day."""
    years = np.unique(year_month_day(days)[0])
    inside = np.zeros(len(days), dtype=bool)
    for first, last in (span for year in years.tolist() for span in _holidays(year)):
        inside |= (days >= first) & (days <= last)
    return inside


@cache
def _holidays(year: int) -> list[tuple[int, int]]:
    """First and last day of the long holidays of a year; without the Spring Festival where its day is not in the data."""
    model = load_epidemics()["reporting"]
    month, first, last = model["national_day"]
    spans = [(day_number(year, month, first), day_number(year, month, last))]
    place = year - model["spring_festivals_from"]
    if 0 <= place < len(model["spring_festivals"]):
        eve = day_number(year, *model["spring_festivals"][place]) - 1
        spans.append((eve, eve + model["spring_days"] - 1))
    return spans
