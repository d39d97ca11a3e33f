"""Tiles in place of a map: one equal tile an area, in the order of its code, shaded by where its value stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wangdi.app.targets import Target
from wangdi.catalog.trees import UNALLOCATED
from wangdi.indicators.figures import Figure

SHADES = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """One area: its figure, its shade from 1 (lowest) to 5 (highest; 0 has no value), and whether it misses the target."""

    figure: Figure
    shade: int
    misses: bool


def lay_tiles(figures: Sequence[Figure], target: Target | None) -> list[Tile]:
    """A tile for every area but what cannot be placed. Shades are fifths of the areas, so that one outlier greys nobody."""
    placed = [one for one in figures if one.area != UNALLOCATED]
    ranked = sorted(one.value for one in placed if one.value is not None)
    tiles = []
    for one in placed:
        shade = 0 if one.value is None else 1 + math.floor(SHADES * ranked.index(one.value) / len(ranked))
        misses = target is not None and one.value is not None and not target.is_met(one.value)
        tiles.append(Tile(one, shade, misses))
    return tiles
