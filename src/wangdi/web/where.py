"""Where a page stands: the area of its address in the tree, with its ancestors and what lies under it."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.app.people import find_level
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import LEVEL_CHOICES, Level, Places
from wangdi.web.door import Door
from wangdi.web.view import View, read_period


@dataclass(frozen=True, slots=True)
class Here:
    """What the three controls of a page came to."""

    known: int
    period: Period
    area: str
    name: str
    level: Level
    path: tuple[tuple[str, str], ...]
    """Code and name from the widest area down to this one."""
    below: tuple[Level, ...]
    """The levels one can look at under this area."""
    places: Places


def stand_here(door: Door, view: View) -> Here:
    """Read the controls against the city. Errors: STORE-022, DATE-001, FIG-002; FIG-006 a city without areas."""
    known = door.number(view.known)
    period = read_period(view.period) if view.period else door.default_period(known)
    places = door.places(known)
    area = view.area or root_area(places, period)
    if area == UNALLOCATED:
        raise Refusal(Problem(code="FIG-002", args={"code": area}))
    level = find_level(places, area, period.end)
    if level == "org":
        organisation = places.organisations.find(area, period.end)
        assert organisation is not None
        over = [*reversed(places.organisations.ancestors(area, period.end)), organisation]
        regions = _region_path(places, organisation.region, period)
        path = (*regions, *((one.code, one.name) for one in over))
        return Here(known, period, area, organisation.name, level, path, ("org",), places)
    path = _region_path(places, area, period)
    return Here(known, period, area, path[-1][1], level, path, _below(places, area, level, period), places)


def root_area(places: Places, period: Period) -> str:
    """The widest area there is, the first of them where there are several. Errors: FIG-006 there is none."""
    for level in LEVEL_CHOICES:
        if found := places.areas(level, period.end):
            return found[0][0]
    raise Refusal(Problem(code="FIG-006"))


def _region_path(places: Places, code: str, period: Period) -> tuple[tuple[str, str], ...]:
    tree = places.regions
    region = tree.find(code, period.end)
    over = tree.ancestors(code, period.end)
    return tuple((one.code, one.name) for one in (*reversed(over), *([region] if region is not None else [])))


def _below(places: Places, area: str, level: Level, period: Period) -> tuple[Level, ...]:
    kinds = {row.level for row in places.regions.descendants(area, period.end)}
    return (*(one for one in LEVEL_CHOICES if one in kinds and one != level), "org")


def areas_under(here: Here, level: Level) -> list[tuple[str, str]]:
    """Code and name of the areas of a level that lie in this one; organisations by the region they stand in."""
    on = here.period.end
    if level == "org":
        orgs = here.places.organisations
        if here.level == "org":
            return [(one.code, one.name) for one in orgs.descendants(here.area, on)]
        inside = {here.area, *(row.code for row in here.places.regions.descendants(here.area, on))}
        found = (orgs.find(code, on) for code in orgs.rows)
        return sorted((one.code, one.name) for one in found if one is not None and one.region in inside)
    return [(row.code, row.name) for row in here.places.regions.descendants(here.area, on) if row.level == level]
