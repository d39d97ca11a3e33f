"""Circles around every zone: which zones they hold, from the nearest outwards, and how far they may reach."""

from __future__ import annotations

from collections.abc import Iterator
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

    ``by_length``: the places of those of one length, the shortest first.
    """

    begins: Integers
    ends: Integers
    by_length: tuple[Integers, ...]

    @property
    def longest(self) -> int:
        """Steps in the longest."""
        return int((self.ends - self.begins).max())

    def steps(self, places: Integers) -> Iterator[tuple[int, int]]:
        """Begin and end of some of them."""
        return zip(self.begins[places].tolist(), self.ends[places].tolist(), strict=True)


def list_windows(times: int, longest: int, prospective: bool = False) -> Windows:
    """Every stretch of at most ``longest`` steps; ``prospective``: only those that last to the end of the study, for what
    is going on now.
    """
    if prospective:
        begins, ends = np.arange(times - longest, times), np.full(longest, times)
    else:
        lengths = np.arange(1, longest + 1)
        begins = np.concatenate([np.arange(times + 1 - length) for length in lengths])
        ends = begins + np.repeat(lengths, times + 1 - lengths)
    of_length = ends - begins
    return Windows(begins, ends, tuple(np.flatnonzero(of_length == length) for length in range(1, longest + 1)))
