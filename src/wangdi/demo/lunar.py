"""The lunar calendar, for birthdays that a clerk took from somebody who knows only the lunar one.

It has a table of its own and not the one that linking reads: the demo is held against truth, and a fault in a shared table
would be planted and undone alike. A test compares the two.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import UNKNOWN, Days, day_number
from wangdi.demo.settings import load_spellings

_LONG, _SHORT = 30, 29
_LENGTHS = {"+": (_LONG, False), "-": (_SHORT, False), ">": (_LONG, True), "<": (_SHORT, True)}
"""How long a month is, and whether it is a leap month."""


def write_lunar(days: Days) -> Days:
    """Each day's lunar date, taken for one of the common calendar.

    Missing: UNKNOWN outside the years that are known, in a leap month, and for a date the common calendar has not (30 February).
    """
    first, table = _lunar_table()
    place = days.astype(np.int64) - first
    there = (place >= 0) & (place < len(table))
    return np.where(there, table[np.where(there, place, 0)], UNKNOWN).astype(np.int32)


@cache
def _lunar_table() -> tuple[int, NDArray[np.int32]]:
    """The first day there is, and from it for each day what is written down."""
    lines = [line.split() for line in load_spellings()["lunar"]]
    written: list[int] = []
    for text, shape in lines:
        month = 0
        for sign in shape:
            length, leap = _LENGTHS[sign]
            month += not leap
            year = int(text[:4])
            written += [UNKNOWN if leap else _common(year, month, day) for day in range(1, length + 1)]
    first = date.fromisoformat(lines[0][0])
    return day_number(first.year, first.month, first.day), np.array(written, dtype=np.int32)


def _common(year: int, month: int, day: int) -> int:
    try:
        return day_number(year, month, day)
    except ValueError:
        return UNKNOWN
