"""Where an item stands on a day: value, distance, pace, how many more, its light, and whether its evidence holds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.core.problem import Problem, Severity
from wangdi.plans.model import INVESTMENT, LEVEL, Goal, Item, Part
from wangdi.plans.pace import Month, Pace, count_more, find_pace

DONE, GREEN, AMBER, RED, GREY = "done", "green", "amber", "red", "grey"
LIGHTS = (RED, AMBER, GREY, GREEN, DONE)
"""The gravest first."""


@cache
def load_lights() -> Mapping[str, Mapping[str, Any]]:
    """When an item shows which light (``data/lights.toml``), each rule with its source and doubt."""
    return tomllib.loads(files("wangdi.plans").joinpath("data", "lights.toml").read_text(encoding="utf-8"))


def area_shares() -> dict[str, float]:
    """The share of an area's items done or on course from which its tile is green, and from which it is amber."""
    rule = load_lights()["area"]
    return {GREEN: float(rule["green"]), AMBER: float(rule["amber"])}


def judge_area(kept: int, judged: int) -> str:
    """The light of an area over all its items, by the share of them that are done or on course; grey where none is judged."""
    if not judged:
        return GREY
    return next((light for light, share in area_shares().items() if kept >= share * judged), RED)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an item stands, in one area or altogether.

    ``distance``: how far the value is from the goal, nought where it is kept. ``more``: so many people or things more
    (negative: fewer). ``holds``: its evidence is there. ``told``: why it shows its light. ``trend``: the year's months.
    Missing: ``value`` is None where nothing is measured yet.
    """

    light: str
    told: Problem
    holds: bool
    days_left: int
    goal: Goal | None = None
    value: float | None = None
    distance: float | None = None
    more: int | None = None
    pace: Pace | None = None
    last: Month | None = None
    trend: tuple[float | None, ...] = ()


def stand_item(item: Item, months: Sequence[Month], on: date) -> Stand:
    """Where a whole item stands: by its indicator where it has one, else by its steps, its money, or what was counted."""
    if item.indicator and item.goal is not None:
        return stand_figure(item, item.goal, months, on)
    if item.kind == INVESTMENT and item.payments:
        return _stand_money(item, on)
    if item.goal is not None and item.kind != INVESTMENT:
        return _stand_counted(item, item.goal, item.count_done(), on)
    return _stand_steps(item, on)


def stand_figure(item: Item, goal: Goal, months: Sequence[Month], on: date) -> Stand:
    """Where a figure stands against a goal.

    Rule: kept is done, or amber where the line through the year's months leads out of it again; else by where that line
    ends: at the goal green, near it amber, else red; past its deadline red. A goal with an upper end is proved at its
    deadline only: what adds up over a year begins below it.
    """
    days_left = _days_left(item, on)
    last = next((one for one in reversed(months) if one.value is not None), None)
    bounds = goal.bounds()
    if last is None or last.value is None:
        return Stand(GREY, _say("PLAN-103"), False, days_left, goal)
    trend = tuple(one.value for one in months)
    base = Stand(GREY, _say("PLAN-104"), False, days_left, goal, last.value, last=last, trend=trend)
    if bounds is None:
        return base
    most = last.per if last.denominator is not None and last.per > 1 and last.numerator <= last.denominator else None
    pace = find_pace(months, item.deadline or last.end, most)
    met = goal.is_met(last.value)
    low, high = bounds
    near = low if low is not None and last.value < low else high
    distance = 0.0 if met or near is None else abs(last.value - near)
    measured = replace(base, distance=distance, more=count_more(goal, last), pace=pace)
    proved = high is None or (item.deadline is not None and last.end >= item.deadline)
    if met and proved:
        falls = days_left >= 0 and pace.ends_at is not None and not goal.is_met(pace.ends_at)
        light, told = (AMBER, _say("PLAN-119")) if falls else (DONE, _say("PLAN-101"))
        return replace(measured, light=light, told=told, holds=True)
    if days_left < 0:
        return replace(measured, light=RED, told=_say("PLAN-110", days=str(-days_left)))
    light, told = _judge_line(goal, pace, met)
    return replace(measured, light=light, told=told)


def _judge_line(goal: Goal, pace: Pace, met: bool) -> tuple[str, Problem]:
    if pace.ends_at is None:
        return (GREEN, _say("PLAN-102")) if met else (GREY, _say("PLAN-105"))
    if goal.is_met(pace.ends_at):
        return GREEN, _say("PLAN-106")
    bounds = goal.bounds()
    assert bounds is not None, "a goal without a base was answered before"
    low, high = bounds
    near = float(load_lights()["figure"]["near"])
    reaches = pace.ends_at >= low * near if low is not None and pace.ends_at < low else False
    keeps = pace.ends_at <= high / near if high is not None and pace.ends_at > high else False
    args = {"near": f"{near:.0%}"}
    return (AMBER, _say("PLAN-107", **args)) if reaches or keeps else (RED, _say("PLAN-108", **args))


def stand_part(item: Item, part: Part, on: date) -> Stand:
    """Where one area stands with what it owes of a count that no indicator measures: by the steps of that area."""
    assert item.goal is not None, "only a goal is broken down"
    goal = replace(item.goal, value=float(part.count), high=None, sort=LEVEL)
    return _stand_counted(item, goal, item.count_done(part.area), on)


def _stand_counted(item: Item, goal: Goal, done: int, on: date) -> Stand:
    """Things counted by steps with evidence. Rule: held against the share of the year gone by."""
    value, days_left = float(done), _days_left(item, on)
    level = replace(goal, sort=LEVEL)
    bounds = level.bounds()
    low = bounds[0] if bounds is not None else None
    met = level.is_met(value)
    distance = 0.0 if met or low is None else max(0.0, low - value)
    base = Stand(GREY, _say("PLAN-109"), False, days_left, goal, value, distance)
    if low is None or not goal.is_countable:
        return replace(base, value=None, distance=None)
    base = replace(base, more=round(distance))
    if met:
        return replace(base, light=DONE, told=_say("PLAN-101"), holds=True)
    if days_left < 0:
        return replace(base, light=RED, told=_say("PLAN-110", days=str(-days_left)))
    if not item.steps:
        return base if days_left > _soon() else replace(base, light=AMBER, told=_say("PLAN-111", days=str(days_left)))
    asked = low * _share_gone(item, on)
    near = float(load_lights()["counted"]["near"])
    args = {"asked": f"{asked:.1f}", "value": f"{value:g}", "near": f"{near:.0%}"}
    if value >= asked:
        return replace(base, light=GREEN, told=_say("PLAN-112", **args))
    light = AMBER if value >= asked * near else RED
    return replace(base, light=light, told=_say("PLAN-113", **args))


def _stand_steps(item: Item, on: date) -> Stand:
    days_left = _days_left(item, on)
    base = Stand(GREY, _say("PLAN-109"), False, days_left, item.goal)
    done = sum(one.is_done for one in item.steps)
    args = {"done": str(done), "steps": str(len(item.steps))}
    if item.steps and done == len(item.steps):
        return replace(base, light=DONE, told=_say("PLAN-114", **args), holds=True)
    if days_left < 0:
        return replace(base, light=RED, told=_say("PLAN-110", days=str(-days_left)))
    open_steps = [one for one in item.steps if not one.is_done]
    late = [one for one in open_steps if one.due is not None and one.due < on]
    if late:
        return replace(base, light=RED, told=_say("PLAN-115", step=late[0].name, due=str(late[0].due)))
    due = min((one.due for one in open_steps if one.due is not None), default=item.deadline)
    if due is not None and (due - on).days <= _soon():
        return replace(base, light=AMBER, told=_say("PLAN-111", days=str((due - on).days)))
    return replace(base, light=GREEN, told=_say("PLAN-116", **args)) if item.steps else base


def _stand_money(item: Item, on: date) -> Stand:
    """Money by month. Rule: what was paid against what was planned, both to the end of the last whole month."""
    days_left = _days_left(item, on)
    until = f"{on:%Y-%m}"
    planned = sum(one.planned for one in item.payments if one.month < until)
    paid = sum(one.paid for one in item.payments if one.evidence)
    whole = item.goal.value if item.goal is not None else sum(one.planned for one in item.payments)
    base = Stand(GREY, _say("PLAN-109"), False, days_left, item.goal, paid, max(0.0, whole - paid))
    near = float(load_lights()["money"]["near"])
    args = {"paid": f"{paid:,.0f}", "planned": f"{planned:,.0f}", "near": f"{near:.0%}"}
    if whole and paid >= whole:
        return replace(base, light=DONE, told=_say("PLAN-117", **args), holds=True)
    if days_left < 0:
        return replace(base, light=RED, told=_say("PLAN-110", days=str(-days_left)))
    if paid >= planned:
        return replace(base, light=GREEN, told=_say("PLAN-117", **args))
    return replace(base, light=AMBER if paid >= planned * near else RED, told=_say("PLAN-118", **args))


def _share_gone(item: Item, on: date) -> float:
    """Which share of the year of its deadline has gone by."""
    end = item.deadline or date(on.year, 12, 31)
    start = date(end.year, 1, 1)
    return min(1.0, max(0.0, ((on - start).days + 1) / ((end - start).days + 1)))


def _soon() -> int:
    return int(load_lights()["dated"]["soon_days"])


def _days_left(item: Item, on: date) -> int:
    """Days to the deadline; nought on the day itself. Missing: without one, as many as nobody hastens for."""
    return 0 if item.deadline is None else (item.deadline - on).days


def _say(code: str, **args: str) -> Problem:
    return Problem(code=code, severity=Severity.info, args=args)
