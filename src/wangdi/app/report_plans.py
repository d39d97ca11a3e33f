"""A city's confirmed plans as its report tells them: each item as it stood at the end of the report's period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from wangdi.app.plan_items import list_items, list_plans
from wangdi.app.plan_progress import Ground, find_areas, read_months, stand_ground
from wangdi.app.told_figures import Figures
from wangdi.catalog.figures import FigureAsked, ToldFigure
from wangdi.core.periods import Period, parse_period
from wangdi.plans.model import AT_MOST, CONFIRMED, INVESTMENT
from wangdi.plans.model import Goal as PlannedGoal
from wangdi.plans.model import Item as PlannedItem
from wangdi.plans.standing import DONE, GREEN, stand_figure, stand_item
from wangdi.reports.writing.items import MISSED, OPEN, REACHED
from wangdi.reports.writing.model import Goal, Item, Plan, Step

YEARS_SO_FAR = ("year", "ytd", "mch")
"""Periods that begin with their year: only what they count can be held against the year's goal."""


def gather_plans(figures: Figures, period: Period, area: str) -> tuple[Plan, ...]:
    """The confirmed plans of a period's year for an area, known when the report is.

    Rule: an item's indicator is told for the year up to the period's end, whatever the period.
    """
    standing = figures.standing
    city, known = standing.city, standing.known
    plans = [one for one in list_plans(city, known) if one.year == period.year and one.area in ("", area)]
    items = {one.id: [held.item for held in list_items(city, one.id, (CONFIRMED,), known)] for one in plans}
    gathered = _Gathered(figures, period, area, [item for listed in items.values() for item in listed])
    return tuple(
        Plan(one.title, f"/plan?plan={one.id}", tuple(gathered.tell(one.id, item) for item in items[one.id]))
        for one in plans
        if items[one.id]
    )


def goals_of(plans: Sequence[Plan]) -> Mapping[str, Goal]:
    """What the plans ask of each indicator; of two the later plan's."""
    return {
        one.figure.indicator: one.goal
        for plan in plans
        for one in plan.items
        if one.figure is not None and one.goal is not None
    }


class _Gathered:
    """The figures behind some items at the end of a period, counted once."""

    def __init__(self, figures: Figures, period: Period, area: str, items: Sequence[PlannedItem]) -> None:
        self.figures, self.on, self.area = figures, period.end, area
        self.period = period if period.kind in YEARS_SO_FAR else _so_far(period)
        measured = [one for one in items if one.indicator and one.goal is not None]
        asked = {self._ask(one.indicator, self.period) for one in measured}
        asked |= {self._ask(one.indicator, base) for one in measured if (base := _base_of(one)) is not None}
        self.told = figures.tell(asked)
        waiting = sorted({one.indicator for one in measured if one.deadline is None or one.deadline > self.on})
        self.ground = self._stand(waiting) if waiting else None

    def _ask(self, indicator: str, period: Period) -> FigureAsked:
        return FigureAsked(indicator, self.area, period)

    def _stand(self, indicators: Sequence[str]) -> Ground:
        places = self.figures.places
        return stand_ground(self.figures.standing, find_areas(places, self.on, self.area), indicators, places, self.on)

    def tell(self, plan: str, item: PlannedItem) -> Item:
        """An item as a report tells it."""
        item = replace(item, steps=tuple(replace(one, done_on=_done_by(one.done_on, self.on)) for one in item.steps))
        base = Item(
            id=f"{plan}/{item.id}",
            page=f"/plan/{plan}/{item.id}",
            name=item.name,
            text=item.text,
            state=_state(item, stand_item(item, (), self.on).light == DONE, self.on),
            deadline=item.deadline,
            owners=tuple(one for one in (item.owner, *item.cooperating) if one),
            steps=tuple(Step(one.name, one.due, one.done_on if one.is_done else None) for one in item.steps),
        )
        if item.indicator and item.goal is not None:
            return self._tell_measured(base, item)
        if item.kind == INVESTMENT and item.payments:
            paid = sum(one.paid for one in item.payments if one.evidence and one.month <= f"{self.on:%Y-%m}")
            asked = item.goal.value if item.goal is not None else sum(one.planned for one in item.payments)
            unit = item.goal.unit if item.goal is not None else "元"
            return replace(base, goal=Goal(">=", asked, unit), counted=paid, asked=asked)
        if item.goal is not None and item.goal.is_countable:
            counted = float(item.count_done())
            return replace(
                base, goal=Goal(">=", item.goal.value, item.goal.unit), counted=counted, asked=item.goal.value
            )
        return base

    def _tell_measured(self, base: Item, item: PlannedItem) -> Item:
        goal = self._with_base(item, item.goal)
        figure = self.told.get(self._ask(item.indicator, self.period))
        level = None if goal is None else goal.level
        if goal is None or level is None:
            return base
        value = None if figure is None or figure.exact is None else float(figure.exact)
        met = value is not None and goal.is_met(value)
        aim = Goal(
            comparator="<=" if goal.comparator == AT_MOST else ">=",
            value=level,
            unit=goal.unit,
            owners=base.owners,
            page=base.page,
            on_course=met or self._is_on_course(replace(item, goal=goal)),
        )
        return replace(base, state=_state(item, met, self.on), goal=aim, figure=figure)

    def _with_base(self, item: PlannedItem, goal: PlannedGoal | None) -> PlannedGoal | None:
        """A goal that is a change with the figure of its base year, where nobody gave one."""
        base = _base_of(item)
        if goal is None or base is None:
            return goal
        found: ToldFigure | None = self.told.get(self._ask(item.indicator, base))
        return goal if found is None or found.exact is None else replace(goal, base_value=float(found.exact))

    def _is_on_course(self, item: PlannedItem) -> bool:
        """Whether an item that has time yet will be reached at today's pace."""
        if self.ground is None or item.goal is None or (item.deadline is not None and item.deadline <= self.on):
            return False
        months = read_months(item, self.ground, self.ground.whole)
        return stand_figure(item, item.goal, months, self.on).light in (GREEN, DONE)


def _base_of(item: PlannedItem) -> Period | None:
    """The year that a change is counted from, where nobody gave its figure."""
    goal = item.goal
    if goal is None or goal.sort != "change" or goal.base_value is not None or goal.base_year is None:
        return None
    found = parse_period(f"{goal.base_year}")
    return found if isinstance(found, Period) else None


def _so_far(period: Period) -> Period:
    """The year up to a period's end."""
    found = parse_period(f"{period.end:%Y-%m}-ytd")
    assert isinstance(found, Period), "a month of a year"
    return found


def _done_by(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None


def _state(item: PlannedItem, reached: bool, on: date) -> str:
    if reached:
        return REACHED
    return OPEN if item.deadline is None or item.deadline > on else MISSED
