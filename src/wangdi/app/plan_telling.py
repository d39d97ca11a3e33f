"""Plans as the command line and pages tell them: rows of plain values, and the sentence about a pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wangdi.app.numbers import show_number, show_rate
from wangdi.app.plan_items import Held
from wangdi.app.plan_progress import Progress
from wangdi.core.problem import Problem, Severity
from wangdi.plans.bodies import write_item
from wangdi.plans.goals import show_goal, show_quantity
from wangdi.plans.model import CHANGE, Item
from wangdi.plans.standing import Stand


def tell_item(held: Held) -> dict[str, Any]:
    """An item as JSON."""
    item = held.item
    return {
        "item": held.key,
        "goal_text": show_goal(item.goal) if item.goal is not None else "",
        "seq": held.seq,
        "who": held.who,
        **{name: value for name, value in write_item(item).items() if name != "id"},
    }


def tell_progress(one: Progress, lang: str) -> dict[str, Any]:
    """Where an item stands, as JSON."""
    item = one.item
    return {
        "item": one.held.key,
        "name": item.name,
        "kind": item.kind,
        "owner": item.owner,
        "cooperating": list(item.cooperating),
        "deadline": item.deadline,
        "indicator": item.indicator,
        "goal": show_goal(item.goal) if item.goal is not None else "",
        "unit": one.unit,
        "people": one.people,
        "steps": show_steps(item),
        **tell_stand(one.stand, lang),
        "sentence": tell_pace(one, lang),
        "areas": [
            {"area": area.area.code, "area_name": area.area.name, "owner": area.owner, **tell_stand(area.stand, lang)}
            for area in one.areas
        ],
        "gaps": [
            {"owner": gap.owner, "area": gap.area, "org": gap.org, "org_name": gap.name, "missing": gap.missing}
            for gap in one.gaps
        ],
        "turns": [{"state": turn.state, "on": turn.on, "value": turn.value, "known": turn.known} for turn in one.turns],
    }


def tell_stand(stand: Stand, lang: str) -> dict[str, Any]:
    """Value, distance, pace and light as JSON."""
    bounds = stand.goal.bounds() if stand.goal is not None else None
    pace, last = stand.pace, stand.last
    return {
        "light": stand.light,
        "why": stand.told.message(lang),
        "rule": stand.told.code,
        "closed": stand.holds,
        "value": stand.value,
        "numerator": None if last is None else last.numerator,
        "denominator": None if last is None else last.denominator,
        "period": None if last is None else last.period,
        "low": None if bounds is None else bounds[0],
        "high": None if bounds is None else bounds[1],
        "distance": stand.distance,
        "more": stand.more,
        "a_month": None if pace is None else pace.a_month,
        "ends_at": None if pace is None else pace.ends_at,
        "ends_at_last": None if pace is None else pace.ends_at_last,
        "months_left": None if pace is None else pace.months_left,
        "days_left": stand.days_left,
        "trend": list(stand.trend),
    }


def tell_pace(one: Progress, lang: str) -> str:
    """Where it ends at this month's pace and by the year's line, and how many more it needs by when.

    Rule: past the deadline there is no pace any more: what it came to, and what was missing.
    """
    stand, pace = one.stand, one.stand.pace
    if pace is None or one.item.deadline is None or stand.value is None:
        return stand.told.message(lang)
    args = {
        "value": show_amount(stand.value, one.unit, lang),
        "more": show_more(stand.more, one.people, lang),
        "day": f"{one.item.deadline}",
        "days": str(-stand.days_left),
    }
    if stand.days_left < 0:
        return _say("PLAN-124" if stand.holds else "PLAN-123", args, lang)
    if pace.ends_at_last is None or pace.ends_at is None:
        return stand.told.message(lang)
    args["last"], args["line"] = (show_rate(value, one.unit, lang) for value in (pace.ends_at_last, pace.ends_at))
    return _say("PLAN-120" if not stand.more else "PLAN-122" if stand.more < 0 else "PLAN-121", args, lang)


def show_more(more: int | None, people: bool, lang: str) -> str:
    """How many more (or fewer) it needs: people by that name, anything else as a number."""
    count = show_number(abs(more or 0))
    if not people:
        return count
    return _say("PLAN-126" if count == "1" else "PLAN-125", {"count": count}, lang)


def show_amount(value: float | None, unit: str, lang: str) -> str:
    """A value in its indicator's unit, or a plain count."""
    return show_rate(value, unit, lang) if unit else show_number(value)


def show_value(one: Progress, lang: str) -> str:
    """What an item stands at: its figure, and by how much it moved where the goal is a change; else its steps done of all."""
    stand, goal = one.stand, one.stand.goal
    if stand.value is None:
        return show_steps(one.item) or show_amount(None, one.unit, lang)
    if not one.item.indicator and goal is not None:
        return show_quantity(stand.value, goal.unit)
    value = show_amount(stand.value, one.unit, lang)
    if goal is None or goal.sort != CHANGE or goal.base_value is None:
        return value
    change = stand.value - goal.base_value
    return f"{value}（{'+' if change >= 0 else ''}{show_number(round(change, 2))}）"


def show_steps(item: Item) -> str:
    """How many of an item's steps are done, of how many: ``1/2``. Missing: empty without steps."""
    return f"{sum(one.is_done for one in item.steps)}/{len(item.steps)}" if item.steps else ""


def _say(code: str, args: Mapping[str, str], lang: str) -> str:
    return Problem(code=code, severity=Severity.info, args=args).message(lang)
