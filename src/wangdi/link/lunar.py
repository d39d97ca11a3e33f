"""The lunar calendar: which day of the common calendar a lunar date was."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from wangdi.link.hanzi import read_table

FIRST_YEAR = 1900
_NEW_YEAR_1900 = date(1900, 1, 31)


@cache
def _solar_table() -> np.ndarray:
    """The common date (yyyymmdd, 0 for none) of each day: leap month or not, lunar year, month, day."""
    years = [int(word, 16) for line in read_table("lunar.txt") for word in line.split()]
    starts = np.zeros((2, len(years), 13), dtype="datetime64[D]")
    lengths = np.zeros((2, len(years), 13), dtype=np.int64)
    day = np.datetime64(_NEW_YEAR_1900, "D")
    for index, shape in enumerate(years):
        for month in range(1, 13):
            months = [29 + (shape >> (16 - month) & 1)]
            if month == shape & 0xF:
                months.append(29 + (shape >> 16 & 1))
            for leap, length in enumerate(months):
                starts[leap, index, month], lengths[leap, index, month] = day, length
                day += length
    days = starts[..., None] + np.arange(-1, 30)
    number = np.arange(31)
    common_months = days.astype("datetime64[M]")
    years_of = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months_of = common_months.astype(np.int64) % 12 + 1
    dates = years_of * 10000 + months_of * 100 + (days - common_months.astype("datetime64[D]")).astype(np.int64) + 1
    there = (number >= 1) & (number <= lengths[..., None])
    return np.where(there, dates, 0).astype(np.int32)


def convert_lunar(days: np.ndarray, leap: bool = False) -> np.ndarray:
    """Dates (yyyymmdd) taken for lunar ones, as dates of the common calendar; with ``leap``, for days of a leap month.

    Missing: 0 where there was no such lunar date, or the year lies outside 1900 to 2100.
    """
    table = _solar_table()[int(leap)]
    year, month, day = days // 10000 - FIRST_YEAR, days // 100 % 100, days % 100
    good = (year >= 0) & (year < len(table)) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 30)
    found = np.zeros(len(days), dtype=np.int32)
    found[good] = table[year[good], month[good], day[good]]
    return found


def may_be_lunar(recorded: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Whether a recorded date, taken for a lunar one, is that day of the common calendar.

    Rule: what is written of a day in a leap month is the month's number alone, so a date may mean either month.
    Missing: False where either is.
    """
    known = days > 0
    either = (convert_lunar(recorded) == days) | (convert_lunar(recorded, leap=True) == days)
    return np.asarray(known & either)
