"""The rounds in which progress is told: 周统计, 月晾晒, 季通报, 年考评; and ranks, where equals share a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from wangdi.core.dates import add_months, month_end

WEEK, MONTH, QUARTER, YEAR = "week", "month", "quarter", "year"
ROUNDS = (WEEK, MONTH, QUARTER, YEAR)


def round_around(every: str, on: date) -> tuple[date, date]:
    """The first and last day of the week (from Monday), month, quarter or year that a day is in."""
    if every == WEEK:
        first = on - timedelta(days=on.weekday())
        return first, first + timedelta(days=6)
    if every == MONTH:
        return on.replace(day=1), month_end(on)
    if every == QUARTER:
        first = on.replace(month=on.month - (on.month - 1) % 3, day=1)
        return first, month_end(add_months(first, 2))
    return date(on.year, 1, 1), date(on.year, 12, 31)


def round_before(every: str, on: date) -> tuple[date, date]:
    """The last round that had ended when a day began."""
    return round_around(every, round_around(every, on)[0] - timedelta(days=1))


def rank_values(values: Sequence[float | None], falling: bool) -> list[int | None]:
    """The place of each value, the best first; equals share a place and the next one is left out: 1, 2, 2, 4.

    ``falling``: the lowest is the best. Missing: no value has no place.
    """
    told = sorted((value for value in values if value is not None), reverse=not falling)
    return [None if value is None else told.index(value) + 1 for value in values]
