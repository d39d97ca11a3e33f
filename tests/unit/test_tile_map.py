"""Tiles in place of a map: no two on one place, and neighbours on the ground stay near."""

from __future__ import annotations

import math
import random

import pytest

from wangdi.web.tile_map import Site, lay_map


def test_a_grid_on_the_ground_is_a_grid_of_tiles() -> None:
    sites = [Site(f"{row}{column}", 105 + column * 0.1, 30 - row * 0.08) for row in range(3) for column in range(4)]
    laid = lay_map(sites)
    for one in sites:
        row, column = map(int, one.code)
        rights = [other for other in sites if other.code == f"{row}{column + 1}"]
        unders = [other for other in sites if other.code == f"{row + 1}{column}"]
        assert all(laid[other.code][0] > laid[one.code][0] for other in rights)
        assert all(laid[other.code][1] > laid[one.code][1] for other in unders)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 60])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_overlaps_and_neighbours_stay_near(count: int, seed: int) -> None:
    chance = random.Random(seed)
    sites = [Site(f"{place:02d}", chance.uniform(104, 106), chance.uniform(29, 31)) for place in range(count)]
    laid = lay_map(sites)
    assert set(laid) == {one.code for one in sites}
    assert len(set(laid.values())) == count
    near = 0
    for one in sites:
        others = [other for other in sites if other is not one]
        if not others:
            return
        nearest = min(others, key=lambda other: _apart(one, other))
        across, down = (abs(laid[one.code][axis] - laid[nearest.code][axis]) for axis in (0, 1))
        near += max(across, down) <= 2
    assert near / count >= 0.7


def _apart(one: Site, other: Site) -> float:
    assert one.lon is not None
    assert other.lon is not None
    assert one.lat is not None
    assert other.lat is not None
    return math.hypot((one.lon - other.lon) * math.cos(math.radians(30)), one.lat - other.lat)


def test_areas_on_a_line_and_on_one_spot() -> None:
    line = lay_map([Site(f"{place}", 100 + place, 30.0) for place in range(6)])
    assert [line[f"{place}"] for place in range(6)] == [(place, 0) for place in range(6)]
    spot = lay_map([Site(f"{place}", 100.0, 30.0) for place in range(5)])
    assert len(set(spot.values())) == 5


def test_without_every_centre_the_order_is_that_of_codes() -> None:
    laid = lay_map([Site("c"), Site("a", 100, 30), Site("b", 101, 31), Site("d")])
    assert laid == {"a": (0, 0), "b": (1, 0), "c": (0, 1), "d": (1, 1)}
