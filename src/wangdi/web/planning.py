"""What the pages of plans share: the progress of a city's items as the open city answers it, and lights in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request

from wangdi.app.cities import BEGINNING
from wangdi.app.plan_items import Held, find_plan
from wangdi.app.plan_progress import Areas, Ground, Progress, find_areas, list_progress
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Figure, Level
from wangdi.web.door import Door
from wangdi.web.view import View

SIGNS = {"done": "✔", "green": "●", "amber": "▲", "red": "✖", "grey": "○"}
"""A light is a shape before it is a colour."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which plan (empty: all), on which day, as known when."""

    plan: str
    on: date
    known: int
    facts: int
    """The last number of facts by then: what figures are counted at."""


def read_asked(request: Request, door: Door, view: View) -> Asked:
    """The address. The day: as given, else the day the last data came. Errors: WEB-010 no date, STORE-022."""
    known = door.number(view.known)
    facts = door.facts(known)
    text = request.query_params.get("on", "").strip()
    try:
        on = date.fromisoformat(text) if text else _last_day(door, facts)
    except ValueError:
        raise Refusal(Problem(code="WEB-010", args={"text": text})) from None
    return Asked(request.query_params.get("plan", "").strip(), on, known, facts)


def _last_day(door: Door, facts: int) -> date:
    """The day the last data came; today in a city that has none."""
    day = door.as_of(facts)
    return day if day > BEGINNING.date() else door.clock.today()


def make_ground(door: Door, asked: Asked) -> Ground:
    """What progress is read from: the figures the other pages show, counted once."""

    def figures(period: Period, level: Level) -> Mapping[tuple[str, str], Figure]:
        return door.figures(asked.facts, period, level)

    return Ground(figures, *areas_of(door, asked), door.library, asked.on, door.places(asked.facts))


def areas_of(door: Door, asked: Asked) -> Areas:
    """The area whose plan is asked for, and those directly below it."""
    area = find_plan(door.city, asked.plan, asked.known).area if asked.plan else ""
    return find_areas(door.places(asked.facts), asked.on, area)


def read_progress(door: Door, asked: Asked) -> list[Progress]:
    """Where every confirmed item stands."""

    def work() -> list[Progress]:
        return list_progress(door.city, make_ground(door, asked), asked.plan, asked.known)

    return door.keep_list(("progress", asked), work)


def list_units(held: Iterable[Held]) -> list[str]:
    """The units named so far, for a form to propose."""
    items = [one.item for one in held]
    named = {name for item in items for name in (item.owner, *item.cooperating, *(part.owner for part in item.parts))}
    return sorted(named - {""})
