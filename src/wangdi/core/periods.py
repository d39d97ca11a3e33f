"""Reporting periods, as they are written on the command line and in a report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from wangdi.core.dates import add_months, month_end
from wangdi.core.problem import Problem

PeriodKind = Literal["year", "quarter", "month", "ytd", "mch"]

_YEAR = re.compile(r"([1-9]\d{3})")
_QUARTER = re.compile(r"([1-9]\d{3})[Qq]([1-4])")
_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])(-ytd)?")
_MCH = re.compile(r"([1-9]\d{3})-mch")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days a figure is about; both ends belong to it.

    ``ytd`` runs from 1 January to the end of the named month; ``mch`` is the maternal and child health year,
    1 October of the year before to 30 September.
    """

    text: str
    start: date
    end: date
    kind: PeriodKind

    @property
    def year(self) -> int:
        """The year whose population a figure of this period is divided by: the one it ends in."""
        return self.end.year

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def contains(self, day: date) -> bool:
        """Whether the day is one of it."""
        return self.start <= day <= self.end

    def title(self, lang: str = "zh") -> str:
        """The period in words, for a sentence of a report."""
        year, month = self.end.year, self.end.month
        quarter = (month + 2) // 3
        zh = {
            "year": f"{year}年",
            "quarter": f"{year}年第{quarter}季度",
            "month": f"{year}年{month}月",
            "ytd": f"{year}年1—{month}月" if month > 1 else f"{year}年1月",
            "mch": f"{year}妇幼年度",
        }
        en = {
            "year": f"{year}",
            "quarter": f"quarter {quarter} of {year}",
            "month": f"{self.end:%B} {year}",
            "ytd": f"January to {self.end:%B} {year}" if month > 1 else f"January {year}",
            "mch": f"maternal and child health year {year}",
        }
        return (zh if lang == "zh" else en)[self.kind]


def parse_period(text: str) -> Period | Problem:
    """The period a text names: ``2025``, ``2025Q3``, ``2025-10``, ``2025-10-ytd``, ``2025-mch``.

    Errors: anything else is DATE-001.
    """
    plain = text.strip()
    if found := _YEAR.fullmatch(plain):
        year = int(found[1])
        return Period(plain, date(year, 1, 1), date(year, 12, 31), "year")
    if found := _QUARTER.fullmatch(plain):
        start = date(int(found[1]), 3 * int(found[2]) - 2, 1)
        return Period(plain.upper(), start, month_end(add_months(start, 2)), "quarter")
    if found := _MONTH.fullmatch(plain):
        start = date(int(found[1]), int(found[2]), 1)
        if found[3]:
            return Period(plain, start.replace(month=1), month_end(start), "ytd")
        return Period(plain, start, month_end(start), "month")
    if found := _MCH.fullmatch(plain):
        year = int(found[1])
        return Period(plain, date(year - 1, 10, 1), date(year, 9, 30), "mch")
    return Problem(code="DATE-001", args={"text": text})


def months_of(year: int) -> tuple[Period, ...]:
    """The twelve months of a year."""
    starts = (date(year, month, 1) for month in range(1, 13))
    return tuple(Period(f"{start:%Y-%m}", start, month_end(start), "month") for start in starts)
