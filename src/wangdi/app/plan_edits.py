"""What people change of an item: its goal, indicator, owner, deadline, steps and money. Each change is a function of the item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from wangdi.app.plan_breakdown import break_down_item
from wangdi.app.plan_items import Change
from wangdi.app.plan_progress import Ground
from wangdi.app.questions import find_indicators
from wangdi.catalog.populations import PopulationRow
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.plans.goals import parse_goal, show_goal
from wangdi.plans.model import (
    CHANGE,
    INVESTMENT,
    QUANTITY,
    Goal,
    Item,
    Payment,
    Step,
    drop_step,
    put_payment,
    put_step,
)
from wangdi.plans.suggesting import RATE_UNITS

_MONTH = re.compile(r"[12]\d{3}-(?:0[1-9]|1[0-2])")
NO_INDICATOR = "-"
"""Said of an indicator that is to be taken away."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What is to be changed of an item; None leaves it as it is. ``base_value``: what a change starts from."""

    goal: str | None = None
    indicator: str | None = None
    owner: str | None = None
    cooperating: Sequence[str] | None = None
    deadline: date | None = None
    evidence: str | None = None
    name: str | None = None
    base_value: float | None = None


def edit_item(edits: Edits, library: Library) -> Change:
    """The change that makes these edits.

    Errors: PLAN-012 an indicator and no goal, PLAN-014 not a goal, PLAN-015 units that cannot be compared, FIG-001.
    """

    def change(item: Item) -> Item:
        item = _with_goal(item, edits)
        if edits.indicator is not None:
            item = replace(item, indicator="" if edits.indicator == NO_INDICATOR else edits.indicator)
        if item.indicator:
            _check_indicator(item, library)
        given = {
            "owner": edits.owner,
            "cooperating": None if edits.cooperating is None else tuple(edits.cooperating),
            "deadline": edits.deadline,
            "evidence": edits.evidence,
            "name": edits.name,
        }
        return replace(item, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]

    return change


def _with_goal(item: Item, edits: Edits) -> Item:
    goal = item.goal
    same = goal is not None and edits.goal == show_goal(goal)  # said again, it keeps its base and its parts
    if edits.goal is not None and not same:
        found = parse_goal(edits.goal)
        if isinstance(found, Problem):
            raise Refusal(found)
        unit = found.unit or (goal.unit if goal is not None else "")
        base = goal.base_year if goal is not None else None
        if found.sort == CHANGE and base is None and item.deadline is not None:
            base = item.deadline.year - 1
        goal = replace(found, unit=unit, base_year=base if found.sort == CHANGE else None)
    if edits.base_value is not None and goal is not None:
        goal = replace(goal, base_value=edits.base_value)
    kind = item.kind if item.kind == INVESTMENT or goal is None else QUANTITY
    broken = item.parts if goal == item.goal else ()
    return replace(item, goal=goal, kind=kind, parts=broken, breakdown=item.breakdown if broken else "")


def _check_indicator(item: Item, library: Library) -> None:
    owner = find_indicators(library, [item.indicator])[item.indicator]
    if item.goal is None:
        raise Refusal(Problem(code="PLAN-012", args={"item": item.id}))
    unit = library.newest[owner].indicators[item.indicator].unit
    if not _comparable(item.goal, unit):
        args = {"indicator": item.indicator, "unit": unit, "given": item.goal.unit or "—"}
        raise Refusal(Problem(code="PLAN-015", args=args))


def _comparable(goal: Goal, unit: str) -> bool:
    """A percentage with a percentage, a count with a count, places with places per thousand."""
    if goal.unit == "个百分点":
        return unit == "percent"
    wanted = RATE_UNITS.get(goal.unit)
    return unit == wanted if wanted else unit not in RATE_UNITS.values()


def assign(owner: str, cooperating: Sequence[str] | None, area: str = "") -> Change:
    """The change that names who answers for an item, or for one area's part of it. Errors: PLAN-025 no such part."""

    def change(item: Item) -> Item:
        if area:
            if item.part_of(area) is None:
                raise Refusal(Problem(code="PLAN-025", args={"item": item.id, "area": area}))
            parts = tuple(replace(one, owner=owner) if one.area == area else one for one in item.parts)
            return replace(item, parts=parts)
        helping = item.cooperating if cooperating is None else tuple(cooperating)
        return replace(item, owner=owner, cooperating=helping)

    return change


def take_step(step: Step) -> Change:
    """The change that adds a step, or changes the one of its name.

    Errors: PLAN-018 done without evidence, PLAN-019 what an indicator measures is not counted by hand, PLAN-025 its area owes
    nothing of the item.
    """

    def change(item: Item) -> Item:
        before = next((one for one in item.steps if one.name == step.name), Step(step.name))
        taken = Step(
            step.name,
            step.due or before.due,
            step.done_on or before.done_on,
            step.evidence or before.evidence,
            step.count or before.count,
            step.area or before.area,
        )
        if taken.area and item.part_of(taken.area) is None:
            raise Refusal(Problem(code="PLAN-025", args={"item": item.id, "area": taken.area}))
        if taken.done_on is not None and not taken.evidence:
            raise Refusal(Problem(code="PLAN-018", args={"step": step.name}))
        if taken.count and item.indicator:
            raise Refusal(Problem(code="PLAN-019", args={"item": item.id, "indicator": item.indicator}))
        return replace(item, steps=put_step(item.steps, taken))

    return change


def remove_step(name: str) -> Change:
    """The change that takes a step away. Errors: PLAN-031 there is no such step."""

    def change(item: Item) -> Item:
        if not any(one.name == name for one in item.steps):
            raise Refusal(Problem(code="PLAN-031", args={"item": item.id, "step": name}))
        return replace(item, steps=drop_step(item.steps, name))

    return change


def take_payment(month: str, planned: float | None, paid: float | None, evidence: str) -> Change:
    """The change that writes what a month was to cost and cost. Errors: PLAN-017 no month, PLAN-018 paid without evidence."""

    def change(item: Item) -> Item:
        if _MONTH.fullmatch(month) is None:
            raise Refusal(Problem(code="PLAN-017", args={"month": month}))
        before = next((one for one in item.payments if one.month == month), Payment(month, 0.0))
        taken = Payment(
            month,
            before.planned if planned is None else planned,
            before.paid if paid is None else paid,
            evidence or before.evidence,
        )
        if taken.paid and not taken.evidence:
            raise Refusal(Problem(code="PLAN-018", args={"step": month}))
        return replace(item, payments=put_payment(item.payments, taken))

    return change


def break_down_change(ground: Ground, method: str, populations: Sequence[PopulationRow]) -> Change:
    """The change that breaks an item down to the areas. Errors: PLAN-020 to PLAN-024."""
    return lambda item: break_down_item(item, ground, method, populations)


def in_turn(*changes: Change) -> Change:
    """Several changes as one."""

    def change(item: Item) -> Item:
        for one in changes:
            item = one(item)
        return item

    return change
