"""Which townships lie next to each other, as far as their centres tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wangdi.outbreaks.series import Floats, Ints
from wangdi.outbreaks.space.circles import place_on_sphere
from wangdi.outbreaks.surveillance.cases import Township


def points_on_earth(places: Sequence[Township]) -> Floats:
    """The centres as points of a sphere. Missing: NaN where a centre is unknown."""
    lon, lat = np.array([[place.lon, place.lat] for place in places], dtype=np.float64).reshape(-1, 2).T
    return place_on_sphere(lon, lat)


def find_neighbours(places: Sequence[Township], number: int) -> Ints:
    """Pairs of neighbouring places, each pair both ways round: whoever is among the ``number`` nearest of the other.

    Missing: a place without a centre has no neighbours.
    """
    points = points_on_earth(places)
    placed = np.flatnonzero(np.isfinite(points).all(axis=1))
    if len(placed) < 2 or number < 1:
        return np.zeros((0, 2), dtype=np.int64)
    away = np.linalg.norm(points[placed][:, None] - points[placed][None, :], axis=2)
    np.fill_diagonal(away, np.inf)
    nearest = np.argsort(away, axis=1, kind="stable")[:, : min(number, len(placed) - 1)]
    one = np.repeat(placed, nearest.shape[1])
    other = placed[nearest.ravel()]
    return np.unique(np.concatenate([np.stack([one, other], axis=1), np.stack([other, one], axis=1)]), axis=0)
