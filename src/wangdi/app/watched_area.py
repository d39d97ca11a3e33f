"""The townships of a city as they are on a day, and its days by number: what everything watched is placed by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.catalog.trees import PlaceTree, Region, current_region, is_valid_on, plant_tree, widen_region_code
from wangdi.outbreaks.surveillance.cases import Township

PEOPLE = "residents_year_end"
EPOCH = date(1970, 1, 1).toordinal()


def day_number(on: date) -> int:
    """A day as the daily run counts: from 1970-01-01."""
    return on.toordinal() - EPOCH


def day_of(number: int) -> date:
    """The day of a number."""
    return date.fromordinal(number + EPOCH)


@dataclass(frozen=True, slots=True)
class Area:
    """The townships of a city on a day. ``townships``: in order of code; ``at``: index by code."""

    tree: PlaceTree[Region]
    on: date
    townships: tuple[Township, ...]

    @property
    def at(self) -> dict[str, int]:
        """Where each township stands in the list."""
        return {place.code: number for number, place in enumerate(self.townships)}

    def place_codes(self, codes: Iterable[str]) -> dict[str, str]:
        """The township each written code lies in, or the county that is all it tells.

        Missing: empty where the code is no place here.
        """
        found: dict[str, str] = {}
        for code in codes:
            region = self._region_of(code)
            levels = () if region is None else ("township", "county")
            above = (self.tree.at_level(region.code, level, self.on) for level in levels if region is not None)
            found[code] = next((place.code for place in above if place is not None), "")
        return found

    def village_of(self, code: str) -> Region | None:
        """The village a written code is; null for anything else."""
        region = self._region_of(code)
        return region if region is not None and region.level == "village" else None

    def _region_of(self, code: str) -> Region | None:
        """What a written code means on the day: a cancelled one is followed to its successor."""
        return current_region(self.tree, widen_region_code(code.strip()), self.on)


def read_area(standing: Standing, on: date) -> Area:
    """The townships as they are on a day, with their county, centre and the newest count of their people."""
    regions = standing.city.regions(standing.known)
    tree = plant_tree(regions)
    people: dict[str, tuple[int, float]] = {}
    for row in standing.city.populations(standing.known):
        if row.kind == PEOPLE and row.year <= on.year and row.year >= people.get(row.area, (0, 0.0))[0]:
            people[row.area] = (row.year, float(row.value))
    townships = []
    for region in sorted(regions, key=lambda one: one.code):
        if region.level == "township" and is_valid_on(region, on):
            county = tree.at_level(region.code, "county", on)
            lon, lat = (np.nan if part is None else part for part in (region.lon, region.lat))
            number = people.get(region.code, (0, np.nan))[1]
            above = region.parent or "" if county is None else county.code
            townships.append(Township(region.code, region.name, above, lon, lat, number))
    return Area(tree, on, tuple(townships))
