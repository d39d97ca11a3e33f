"""Plans as the command line and pages tell them: rows of plain values, and the sentence about a pace."""

from __future__ import annotations

from typing import Any

from wangdi.app.numbers import show_number, show_rate
from wangdi.app.plan_items import Held
from wangdi.app.plan_progress import Progress
from wangdi.core.problem import Problem, Severity
from wangdi.plans.bodies import write_item
from wangdi.plans.goals import show_goal
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
        **tell_stand(one.stand, lang),
        "sentence": tell_pace(one, lang),
        "areas": [
            {"area": area.area.code, "area_name": area.area.name, "owner": area.owner, **tell_stand(area.stand, lang)}
            for area in one.areas
        ],
        "gaps": [{"org": gap.org, "org_name": gap.name, "missing": gap.missing} for gap in one.gaps],
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
    """Where it ends at this month's pace and by the year's line, and how many more it needs by when."""
    stand, pace = one.stand, one.stand.pace
    if pace is None or pace.ends_at_last is None or pace.ends_at is None or one.item.deadline is None:
        return stand.told.message(lang)
    args = {
        "last": show_rate(pace.ends_at_last, one.unit, lang),
        "line": show_rate(pace.ends_at, one.unit, lang),
        "more": show_number(abs(stand.more or 0)),
        "day": f"{one.item.deadline}",
    }
    if stand.days_left < 0 and not stand.holds:
        args["days"] = str(-stand.days_left)
        return Problem(code="PLAN-123", severity=Severity.info, args=args).message(lang)
    if not stand.more:
        return Problem(code="PLAN-120", severity=Severity.info, args=args).message(lang)
    if stand.more < 0:
        return Problem(code="PLAN-122", severity=Severity.info, args=args).message(lang)
    return Problem(code="PLAN-121", severity=Severity.info, args=args).message(lang)
