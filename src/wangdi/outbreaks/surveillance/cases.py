"""Cases as the daily run counts them: what, where, when it became known, at which institution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.series import Bools, Floats, Ints

WEEK = 7
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Township:
    """A place that is watched. ``county``: the code above it. Missing: the centre may be unknown (NaN)."""

    code: str
    name: str
    county: str
    lon: float
    lat: float
    people: float


@dataclass(frozen=True, slots=True)
class Site:
    """A school, workplace or village. ``kind``: as outbreak criteria name it; empty where nothing tells."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases of everything watched.

    Days are counted from 1970-01-01. ``day``: when the case became known; ``disease``, ``place``, ``site`` and ``village``
    (both of ``sites``): indexes, ``NOWHERE`` where there is none. ``number``: the fact it is. ``again``: it is a second card of
    the same illness; ``outbreak``: of an outbreak or cluster that was confirmed, and so no part of what is usual.

    Grain: one entry a card, in order of ``day``.
    """

    diseases: tuple[str, ...]
    places: tuple[Township, ...]
    sites: tuple[Site, ...]
    disease: Ints
    place: Ints
    site: Ints
    village: Ints
    day: Ints
    number: Ints
    died: Bools
    again: Bools
    outbreak: Bools

    def counted(self) -> Bools:
        """Those that are counted: an illness once."""
        found: Bools = ~self.again
        return found

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties of the places, each once."""
        return tuple(dict.fromkeys(place.county for place in self.places))

    @property
    def county_of(self) -> Ints:
        """Which of ``counties`` each place lies in."""
        index = {code: number for number, code in enumerate(self.counties)}
        return np.array([index[place.county] for place in self.places], dtype=np.int64)


def count_weeks(cases: Cases, last: int, weeks: int, usual: bool = False) -> Floats:
    """Cases by disease, place and week of seven days, the last week ending on day ``last``; ``usual``: without known outbreaks.

    Shape: diseases x places (one more at the end, of cases without a place known) x weeks.
    """
    back = (last - cases.day) // WEEK
    kept = cases.counted() & (cases.day <= last) & (back < weeks)
    if usual:
        kept &= ~cases.outbreak
    place = np.where(cases.place == NOWHERE, len(cases.places), cases.place)
    shape = (len(cases.diseases), len(cases.places) + 1, weeks)
    cell = np.ravel_multi_index((cases.disease[kept], place[kept], weeks - 1 - back[kept]), shape)
    counts: Floats = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)
    return counts


def sum_counties(values: Floats, county_of: Ints) -> Floats:
    """The places of each county added up, along the second axis."""
    inside = (np.arange(int(county_of.max()) + 1)[:, None] == county_of[None, :]).astype(np.float64)
    found: Floats = np.moveaxis(np.tensordot(inside, values, axes=(1, 1)), 0, 1)
    return found


def find_cases(cases: Cases, disease: int, first: int, last: int) -> Ints:
    """Which entries are of a disease and became known from ``first`` to ``last``, both included."""
    low, high = np.searchsorted(cases.day, [first, last + 1])
    inside = np.arange(low, high)
    found: Ints = inside[cases.disease[inside] == disease]
    return found
