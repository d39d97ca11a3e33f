"""Breaks an item of a plan down to the areas below, from figures and populations as known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wangdi.app.plan_progress import Area, Ground, base_of, read_months
from wangdi.catalog.populations import PopulationRow
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.breakdown import BY_GAP, break_down
from wangdi.plans.breakdown import Ground as Place
from wangdi.plans.model import CHANGE, Goal, Item, Part
from wangdi.plans.pace import Month, need_count

RESIDENTS = ("residents_year_end", "residents_average", "served", "registered")
"""Kinds of population that stand for how many people an area has, the first that is there."""


def break_down_item(item: Item, ground: Ground, method: str, populations: Sequence[PopulationRow]) -> Item:
    """An item with a part for each area; parts sum to the goal in people or things.

    Rule: a rate is broken down as the people it needs at today's denominators; what is added in a year as it is added.
    Errors: PLAN-020 to PLAN-024.
    """
    goal = item.goal
    if goal is None or (goal.bounds() is None and goal.sort != CHANGE):
        raise Refusal(Problem(code="PLAN-023", args={"item": item.id}))
    if method == BY_GAP and not item.indicator:
        raise Refusal(Problem(code="PLAN-024"))
    people = _people(ground.below, populations, item.deadline.year if item.deadline else ground.on.year)
    rate = item.indicator and ground.units[item.indicator][0] not in ("count", "")
    parts = _rate_parts(item, ground, method, people) if rate else _count_parts(item, ground, method, people)
    kept = {one.area: one.owner for one in item.parts}
    return replace(item, breakdown=method, parts=tuple(replace(one, owner=kept.get(one.area, "")) for one in parts))


def _rate_parts(item: Item, ground: Ground, method: str, people: Mapping[str, int]) -> list[Part]:
    last = {area.code: _last(item, ground, area) for area in ground.below}
    wanted = _wanted_level(item, ground)
    found = [one for one in last.values() if one is not None and one.denominator is not None]
    if wanted is None or not found or len(found) < len(last):
        raise Refusal(Problem(code="PLAN-023", args={"item": item.id}))
    whole = replace(found[0], denominator=sum(one.denominator or 0.0 for one in found))
    capped = ground.units[item.indicator][0] == "percent"
    places = [
        Place(code, round(one.numerator), round(one.denominator or 0), capped, people.get(code, 0))
        for code, one in last.items()
        if one is not None
    ]
    shares = break_down(need_count(wanted, whole), places, method)
    return [
        Part(one.area, shares[one.area] * found[0].per / one.base if one.base else 0.0, shares[one.area])
        for one in places
    ]


def _count_parts(item: Item, ground: Ground, method: str, people: Mapping[str, int]) -> list[Part]:
    goal = item.goal
    assert goal is not None, "an item without a goal was refused"
    if not goal.is_countable:
        raise Refusal(Problem(code="PLAN-023", args={"item": item.id}))
    added = goal.sort == CHANGE
    places, starts = [], {}
    for area in ground.below:
        last = _last(item, ground, area) if item.indicator else None
        have = 0 if last is None or added else round(last.numerator)
        starts[area.code] = _start(item, goal, ground, area) if added and item.indicator else 0.0
        places.append(Place(area.code, have, people=people.get(area.code, 0)))
    shares = break_down(int(abs(goal.value)), places, method)
    return [Part(code, starts[code] + share, share) for code, share in shares.items()]


def _start(item: Item, goal: Goal, ground: Ground, area: Area) -> float:
    """What an area had in the base year: its part of what is added comes on top."""
    return base_of(item, goal, ground, area) or 0.0


def _last(item: Item, ground: Ground, area: Area) -> Month | None:
    months = [one for one in read_months(item, ground, area) if one.value is not None]
    return months[-1] if months else None


def _wanted_level(item: Item, ground: Ground) -> float | None:
    goal = item.goal
    assert goal is not None, "an item without a goal was refused"
    if goal.sort == CHANGE and goal.base_value is None:
        goal = replace(goal, base_value=base_of(item, goal, ground, ground.whole))
    return goal.level


def _people(areas: Sequence[Area], rows: Sequence[PopulationRow], year: int) -> dict[str, int]:
    """How many people each area has, in the newest year up to the plan's."""
    codes = {one.code for one in areas}
    for kind in RESIDENTS:
        found: dict[str, tuple[int, int]] = {}
        for row in rows:
            if row.kind == kind and row.area in codes and row.year <= year:
                found[row.area] = max(found.get(row.area, (0, 0)), (row.year, round(row.value)))
        if found:
            return {code: value for code, (_, value) in found.items()}
    return {}
