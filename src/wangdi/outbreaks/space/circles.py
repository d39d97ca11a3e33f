"""Circles around every zone: which zones they hold, from the nearest outwards, and how far they may reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EARTH_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

TIED = 1e-9
"""Two distances closer than this share of themselves are one distance: the difference is rounding."""


@dataclass(frozen=True, slots=True)
class Circles:
    """All circles that are looked at. ``points``: one row a zone, in the plane or on the sphere; ``weights``: what ``reach``
    is counted in (people at risk, or cases); ``radius``: the largest radius, in the points' own unit (kilometres on a sphere).
    """

    points: Floats
    weights: Floats
    reach: float
    radius: float = np.inf
    sphere: bool = False

    def around(self, zone: int) -> tuple[Integers, Integers]:
        """The zones near one, from the nearest out, and how many of them each of its circles holds.

        Rule: a circle holds every zone at its distance, so zones equally far away come in together; circles grow until the
        weight inside would be more than ``reach``, or the radius more than ``radius`` (Kulldorff 1997).
        """
        away = self._away(zone)
        order = np.argsort(away)
        far = away[order]
        within = int(np.searchsorted(np.cumsum(self.weights[order]), self.reach * (1 + TIED), side="right"))
        if np.isfinite(self.radius):
            limit = self._chord(self.radius) * (1 + TIED)
            within = min(within, int(np.searchsorted(far, limit, side="right")))
        ends = np.flatnonzero(np.diff(far[: within + 1]) > TIED * far[1 : within + 1]) + 1
        if within == len(far):
            ends = np.append(ends, within)
        return order[:within], ends

    def distance(self, one: int, other: int) -> float:
        """How far two zones are apart, in the points' unit; on a sphere kilometres along the great circle."""
        chord = float(self._away(one)[other])
        return 2 * EARTH_KM * float(np.arcsin(min(1.0, chord / 2 / EARTH_KM))) if self.sphere else chord

    def _away(self, zone: int) -> Floats:
        away: Floats = np.sqrt(((self.points - self.points[zone]) ** 2).sum(axis=1))
        return away

    def _chord(self, radius: float) -> float:
        return 2 * EARTH_KM * float(np.sin(min(radius / 2 / EARTH_KM, np.pi / 2))) if self.sphere else radius


def place_on_sphere(longitude: Floats, latitude: Floats) -> Floats:
    """Points on the earth's sphere, so that the straight line between two grows with their great-circle distance.

    Rule: the chord is 2R sqrt(h), h the haversine; so both order zones alike and one turns into the other exactly.
    Units: degrees in, kilometres out.
    """
    east, north = np.radians(longitude), np.radians(latitude)
    return EARTH_KM * np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of time: ``begins`` (included) and ``ends`` (not included), in steps from the study's first.

    ``runs``: the same as slices (of ends, of begins, of the windows), so that many are subtracted at once.
    """

    begins: Integers
    ends: Integers
    runs: tuple[tuple[slice, slice, slice], ...]

    @property
    def longest(self) -> int:
        """Steps in the longest."""
        return int((self.ends - self.begins).max())


def list_windows(times: int, longest: int, prospective: bool = False) -> Windows:
    """Every stretch of at most ``longest`` steps; ``prospective``: only those that last to the end of the study, for what
    is going on now.
    """
    if prospective:
        begins = np.arange(times - longest, times)
        ends = np.full(longest, times)
        return Windows(begins, ends, ((slice(times, times + 1), slice(times - longest, times), slice(0, longest)),))
    pairs: list[Integers] = []
    runs: list[tuple[slice, slice, slice]] = []
    placed = 0
    for length in range(1, longest + 1):
        count = times + 1 - length
        pairs.append(np.arange(count))
        runs.append((slice(length, times + 1), slice(0, count), slice(placed, placed + count)))
        placed += count
    begins = np.concatenate(pairs)
    ends = begins + np.repeat(np.arange(1, longest + 1), [len(part) for part in pairs])
    return Windows(begins, ends, tuple(runs))
