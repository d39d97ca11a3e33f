"""The epidemic curve: cases by onset in bins as wide as the incubation asks for, and what a point source tells of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from wangdi.outbreaks.investigation.values import Case

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIDTHS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168, 336, 672))
"""Bins people can read off a clock or a calendar."""
SHARE_OF_INCUBATION = 4
"""A bin is the widest of these that is at most a quarter of the usual incubation: textbooks say an eighth to a third."""
MOST_BINS = 45
"""Side by side on a page."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases with onset (or exposure) from ``start`` to before ``start`` plus the width."""

    start: datetime
    cases: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve without gaps. ``without``: cases that have no such moment, or where bins are of hours only a day."""

    width: timedelta
    bins: tuple[Bin, ...]
    without: int


@dataclass(frozen=True, slots=True)
class Incubation:
    """Of the cases whose exposure and onset are both known. Units: hours. ``exact``: whether all are known to the hour."""

    cases: int
    shortest: float
    median: float
    longest: float
    exact: bool


def as_moment(when: date) -> datetime:
    """A moment; a day alone is its midnight."""
    return when if isinstance(when, datetime) else datetime.combine(when, time())


def draw_curve(cases: Iterable[Case], usual: timedelta | None, by: str = "onset") -> Curve:
    """The curve of the cases that were not withdrawn.

    ``usual``: the usual incubation of the disease, by which the width of the bins is chosen; days where it is not known.
    ``by``: ``onset`` or ``exposed_at``.
    Rule: bins of less than a day hold only cases whose hour is known; where fewer than half are, the bins are days. Where
    there would be too many bins, they are wider.
    """
    moments = [getattr(case, by) for case in cases if not case.withdrawn]
    known = [one for one in moments if one is not None]
    if not known:
        return Curve(DAY, (), len(moments))
    hourly = [one for one in known if isinstance(one, datetime)]
    width = choose_width(usual)
    if width < DAY and len(hourly) * 2 < len(known):
        width = DAY
    first, counts = _fill_bins(known, width)
    while max(counts) >= MOST_BINS and width != WIDTHS[-1]:
        width = next(one for one in WIDTHS if one > width)
        first, counts = _fill_bins(known, width)
    bins = tuple(Bin(first + place * width, counts[place]) for place in range(max(counts) + 1))
    return Curve(width, bins, len(moments) - counts.total())


def choose_width(usual: timedelta | None) -> timedelta:
    """The width of a bin for an incubation."""
    if usual is None:
        return DAY
    return max((one for one in WIDTHS if one * SHARE_OF_INCUBATION <= usual), default=WIDTHS[0])


def _fill_bins(known: Sequence[date], width: timedelta) -> tuple[datetime, Counter[int]]:
    """Where the first bin starts, and how many are in each by its place; in bins of hours only whose hour is known."""
    shown = [as_moment(one) for one in known if width >= DAY or isinstance(one, datetime)]
    first = _floor(min(shown), width)
    return first, Counter((one - first) // width for one in shown)


def _floor(moment: datetime, width: timedelta) -> datetime:
    midnight = datetime.combine(moment.date(), time())
    return midnight + (moment - midnight) // width * width if width < DAY else midnight


def estimate_incubation(cases: Iterable[Case]) -> Incubation | None:
    """The time from exposure to onset. Missing: None where no case has both, in that order."""
    pairs = [
        (case.exposed_at, case.onset)
        for case in cases
        if not case.withdrawn and case.exposed_at is not None and case.onset is not None
    ]
    hours = [(as_moment(onset) - as_moment(exposed)) / HOUR for exposed, onset in pairs]
    hours = [one for one in hours if one >= 0]
    if not hours:
        return None
    exact = all(isinstance(one, datetime) for pair in pairs for one in pair)
    return Incubation(len(hours), min(hours), median(hours), max(hours), exact)


def find_exposure_window(
    cases: Sequence[Case], shortest: timedelta, longest: timedelta
) -> tuple[datetime, datetime] | None:
    """When a point source that all cases met must have been: after the last onset less the longest incubation, before the first
    less the shortest.

    Missing: None where no case has an onset, or where the onsets lie further apart than one source can explain.
    """
    onsets = [as_moment(case.onset) for case in cases if not case.withdrawn and case.onset is not None]
    if not onsets:
        return None
    window = max(onsets) - longest, min(onsets) - shortest
    return window if window[0] <= window[1] else None
