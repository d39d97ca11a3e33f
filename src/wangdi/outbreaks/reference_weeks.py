"""Which past periods tell what to expect now: the same weeks of earlier years, and the blocks of the year between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wangdi.outbreaks.series import MONTHLY, WEEKLY, Days, Floats, Ints, Panel

WEEK = 7


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference periods of one period: indexes into the panel, block (from 0) and time of each; the block and time of now.

    ``years``: how many earlier years were found.
    """

    index: Ints
    block: Ints
    time: Floats
    now_block: int
    now: float
    years: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a panel, and which lie a year apart."""

    periods: int
    freq: int
    dates: Days | None

    @classmethod
    def of(cls, panel: Panel) -> Calendar:
        return cls(panel.periods, panel.freq, panel.dates)

    def year_ago(self, period: int, years: int) -> int | None:
        """The period that lies so many years before; None where the series does not reach back so far.

        Rule: undated, ``freq`` periods a year; dated, the same day of the calendar, of weeks the nearest of the same weekday.
        """
        if self.dates is None:
            back = period - years * self.freq
            return back if back >= 0 else None
        day = _same_day(self.dates[period], years)
        if self.freq == WEEKLY:
            day = _nearest_weekday(day, self.dates[period])
        return self.find(day)

    def find(self, day: np.datetime64) -> int | None:
        """The period that begins on a day."""
        if self.dates is None:
            return None
        found = int(np.searchsorted(self.dates, day))
        return found if found < self.periods and self.dates[found] == day else None

    def times(self, index: Ints) -> Floats:
        """Time of periods: their number, or for dated series days in units of the first step."""
        if self.dates is None:
            return index.astype(np.float64)
        step = float((self.dates[1] - self.dates[0]).astype(np.int64))
        days: Floats = (self.dates[index] - self.dates[0]).astype(np.int64) / step
        return days


def _same_day(day: np.datetime64, years: int) -> np.datetime64:
    """The same day of an earlier year; 29 February runs on into 1 March."""
    month = day.astype("datetime64[M]")
    inside = (day - month.astype("datetime64[D]")).astype(np.int64)
    earlier: np.datetime64 = (month - MONTHLY * years).astype("datetime64[D]") + inside
    return earlier


def _nearest_weekday(day: np.datetime64, like: np.datetime64) -> np.datetime64:
    """The nearest day of the same weekday; of two equally near none can be, a week being odd."""
    off = int((day - like).astype(np.int64)) % WEEK
    nearest: np.datetime64 = day - off if off <= WEEK // 2 else day + (WEEK - off)
    return nearest


def plan_windows(calendar: Calendar, period: int, years: int, half_window: int) -> Reference:
    """The same weeks of earlier years and those around them: windows of ``2 * half_window + 1`` periods.

    Rule: Farrington et al. 1996, section 3.1.
    """
    found: list[int] = []
    reached = 0
    for back in range(years, 0, -1):
        around = [one for one in _window(calendar, period, back, half_window) if one is not None]
        found += around
        reached += bool(around)
    index = np.array(found, dtype=np.int64)
    return Reference(index, np.zeros(len(index), dtype=np.int64), index.astype(np.float64), 0, float(period), reached)


def _window(calendar: Calendar, period: int, back: int, half_window: int) -> list[int | None]:
    steps = range(-half_window, half_window + 1)
    if calendar.dates is None or calendar.freq not in (WEEKLY, MONTHLY):
        centre = calendar.year_ago(period, back)
        if centre is None and calendar.dates is None:
            centre = period - back * calendar.freq
        inside = [] if centre is None else [centre + step for step in steps]
        return [one if 0 <= one < calendar.periods else None for one in inside]
    day = _same_day(calendar.dates[period], back)
    if calendar.freq == MONTHLY:
        return [calendar.find(_month_on(day, step)) for step in steps]
    return [calendar.find(_nearest_weekday(day + WEEK * step, calendar.dates[period])) for step in steps]


def _month_on(day: np.datetime64, months: int) -> np.datetime64:
    month = day.astype("datetime64[M]")
    moved: np.datetime64 = (month + months).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return moved


def plan_blocks(calendar: Calendar, period: int, years: int, half_window: int, blocks: int) -> Reference | None:
    """Every period since ``years`` years ago in blocks of the year; with one block the windows alone.

    The window around the same week of each year is the block of now; the weeks between two windows are shared out among the
    other blocks, the first ones taking what is left over.

    Rule: Noufaily et al. 2013, section 3.2. Missing: None where a year is not in the series.
    Errors: ValueError: more blocks than periods between two windows.
    """
    centres = [period]
    for back in range(1, years + 1):
        centre = calendar.year_ago(period, back)
        if centre is None:
            return None
        centres.append(centre)
    level = np.full(period + 1, -1, dtype=np.int64)
    level[max(period - half_window, 0) :] = blocks - 1
    for later, centre in pairwise(centres):
        level[max(centre - half_window, 0) : centre + half_window + 1] = blocks - 1
        between = later - centre - 2 * half_window - 1
        if blocks > 1:
            if between < blocks - 1:
                raise ValueError("more blocks than periods between two windows")
            level[centre + half_window + 1 : later - half_window] = _share_out(between, blocks - 1)
    index = np.flatnonzero(level >= 0)
    times = calendar.times(index)
    return Reference(index, level[index], times, blocks - 1, float(calendar.times(np.array([period]))[0]), years)


def _share_out(periods: int, blocks: int) -> Ints:
    """Blocks of nearly equal length over consecutive periods, the first ones longer."""
    length, rest = divmod(periods, blocks)
    return np.repeat(np.arange(blocks), [length + 1] * rest + [length] * (blocks - rest))


def without_recent(reference: Reference, period: int, recent: int) -> Reference:
    """Leave out now and the periods just before it, so that a beginning outbreak does not become its own baseline."""
    keep = reference.index < period - recent
    return Reference(
        reference.index[keep],
        reference.block[keep],
        reference.time[keep],
        reference.now_block,
        reference.now,
        reference.years,
    )


def tell_periods(index: Ints) -> str:
    """Periods in words, counted from 1: ``1-7, 53-59``."""
    if not len(index):
        return ""
    ordered = np.sort(index) + 1
    breaks = np.flatnonzero(np.diff(ordered) > 1)
    first, last = ordered[np.r_[0, breaks + 1]], ordered[np.r_[breaks, len(ordered) - 1]]
    return ", ".join(str(one) if one == other else f"{one}-{other}" for one, other in zip(first, last, strict=True))
