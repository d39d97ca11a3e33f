"""Reads incidence, serial intervals and line lists from plain files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.columns import Row, read_rows
from wangdi.outbreaks.spread.reproduction import Incidence, Integers
from wangdi.outbreaks.spread.serial import Floats

SUM_OFF = 0.01
"""How far the chances of an interval may be from one in sum: they come rounded."""

INCIDENCE = {"t": ("date", "时间", "日期"), "I": ("cases", "病例数", "病例"), "imported": ("输入病例",)}
INTERVAL = {"day": ("k", "天"), "w": ("chance", "概率")}
LINE_LIST = {
    "onset": ("dOnset", "onset_date", "dHosp", "发病日期"),
    "report": ("dReport", "report_date", "报告日期", "报卡日期", "填卡日期"),
}


@dataclass(frozen=True, slots=True)
class Series:
    """Incidence with the name of its first time: a day, or a number."""

    incidence: Incidence
    begins: date | int

    def name_time(self, place: int) -> date | int:
        """The name of a time, counted from 1."""
        return self.begins + timedelta(days=place - 1) if isinstance(self.begins, date) else self.begins + place - 1


@dataclass(frozen=True, slots=True)
class LineList:
    """Days of onset and report of each case, as ordinals. ``left_out``: cases without a day, or reported before onset."""

    onset: Integers
    report: Integers
    left_out: int


def read_incidence(path: Path) -> Series:
    """Cases by time, one row each, in order and without gaps.

    Errors: SPREAD-001 to SPREAD-006; SPREAD-007 a gap or repetition, SPREAD-009 more imported cases than cases.
    """
    rows = read_rows(path, INCIDENCE, ("t", "I"))
    dated = not rows[0].text("t").lstrip("-").isdigit() or len(rows[0].text("t")) == len("20250301")
    times = [_read_time(row, dated) for row in rows]
    for row, time, before in zip(rows[1:], times[1:], times, strict=False):
        if time != before + 1:
            expected = date.fromordinal(before + 1).isoformat() if dated else str(before + 1)
            raise Refusal(Problem(code="SPREAD-007", file=path.name, line=row.line, args={"expected": expected}))
    cases = np.array([row.count("I") for row in rows])
    imported = np.array([row.count("imported") if row.text("imported") else 0 for row in rows])
    if (imported > cases).any():
        raise Refusal(Problem(code="SPREAD-009", file=path.name, line=rows[int((imported > cases).argmax())].line))
    return Series(Incidence(cases, imported), date.fromordinal(times[0]) if dated else times[0])


def _read_time(row: Row, dated: bool) -> int:
    if not dated:
        return int(row.number("t"))
    day = row.day("t")
    if day is None:
        raise Refusal(Problem(code="SPREAD-006", file=row.file, line=row.line, field="t"))
    return day.toordinal()


def read_interval(path: Path) -> Floats:
    """A serial interval: the chance w of each number of days from 0 on.

    Errors: SPREAD-001 to SPREAD-005; SPREAD-012 days with a gap, a chance on day 0 or below 0, or a sum that is not 1.
    """
    rows = read_rows(path, INTERVAL, ("day", "w"))
    days = [row.count("day") for row in rows]
    interval = np.array([row.number("w") for row in rows])
    reasons = (
        (days != list(range(len(days))), f"day = {', '.join(map(str, days[:5]))} ..."),
        (interval[0] != 0, f"w(0) = {interval[0]:g}"),
        (bool((interval < 0).any()), f"min w = {interval.min():g}"),
        (abs(float(interval.sum()) - 1) > SUM_OFF, f"sum w = {interval.sum():g}"),
    )
    for wrong, reason in reasons:
        if wrong:
            raise Refusal(Problem(code="SPREAD-012", file=path.name, args={"reason": reason}))
    return interval


def read_line_list(path: Path) -> LineList:
    """Cases with their days of onset and report.

    Missing: a case without one of the days, or reported before its onset, is left out and counted.
    Errors: SPREAD-001 to SPREAD-003, SPREAD-006.
    """
    days = [(row.day("onset"), row.day("report")) for row in read_rows(path, LINE_LIST, ("onset", "report"))]
    whole = [(on.toordinal(), at.toordinal()) for on, at in days if on is not None and at is not None and on <= at]
    onset, report = np.array(whole, dtype=np.int64).reshape(-1, 2).T
    return LineList(onset, report, len(days) - len(whole))
