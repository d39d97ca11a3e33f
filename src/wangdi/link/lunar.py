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
    """The common date (yyyymmdd, 0 for none) of each lunar year, month and day; leap months are left out."""
    years = [int(word, 16) for line in read_table("lunar.txt") for word in line.split()]
    starts = np.zeros((len(years), 13), dtype="datetime64[D]")
    lengths = np.zeros((len(years), 13), dtype=np.int64)
    day = np.datetime64(_NEW_YEAR_1900, "D")
    for index, shape in enumerate(years):
        leap = shape & 0xF
        for month in range(1, 13):
            length = 29 + (shape >> (16 - month) & 1)
            starts[index, month], lengths[index, month] = day, length
            day += length
            if month == leap:
                day += 30 if shape >> 16 & 1 else 29
    days = starts[:, :, None] + np.arange(-1, 30)
    number = np.arange(31)
    months = days.astype("datetime64[M]")
    years_of = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months_of = months.astype(np.int64) % 12 + 1
    dates = years_of * 10000 + months_of * 100 + (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    there = (number >= 1) & (number <= lengths[:, :, None])
    return np.where(there, dates, 0).astype(np.int32)


def convert_lunar(days: np.ndarray) -> np.ndarray:
    """Dates (yyyymmdd) taken for lunar ones, as dates of the common calendar.

    Missing: 0 where there was no such lunar date, or the year lies outside 1900 to 2100.
    """
    table = _solar_table()
    year, month, day = days // 10000 - FIRST_YEAR, days // 100 % 100, days % 100
    good = (year >= 0) & (year < len(table)) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 30)
    found = np.zeros(len(days), dtype=np.int32)
    found[good] = table[year[good], month[good], day[good]]
    return found
