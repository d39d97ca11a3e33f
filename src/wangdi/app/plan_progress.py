"""Where a city's plans stand on a day: every confirmed item against its figures, whole and by area, never typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from wangdi.app.derivation import Standing
from wangdi.app.link_decisions import By
from wangdi.app.people import find_level
from wangdi.app.plan_items import Held, list_items
from wangdi.app.questions import Counted, count_all, place_figures
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.dates import month_end
from wangdi.core.periods import Period, months_of, parse_period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import LEVEL_CHOICES, Figure, Level, Places
from wangdi.language.library import Library
from wangdi.plans.bodies import TURN_KIND
from wangdi.plans.model import CHANGE, CONFIRMED, Goal, Item
from wangdi.plans.pace import Month
from wangdi.plans.standing import Stand, stand_figure, stand_item, stand_part
from wangdi.plans.turns import OPEN, Turn, find_turn, read_turn, write_turn
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

Figures = Callable[[Period, Level], Mapping[tuple[str, str], Figure]]
"""The figures of a period at a level, by indicator and area."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area a plan is held against."""

    code: str
    name: str
    level: Level


Areas = tuple[Area, tuple[Area, ...]]
"""The area of a plan, and the areas directly below it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the progress of plans is read from: figures, the whole area, and those below it, on a day.

    ``places``: where the organisations lie.
    """

    figures: Figures
    whole: Area
    below: tuple[Area, ...]
    library: Library
    on: date
    places: Places

    @property
    def units(self) -> dict[str, tuple[str, float]]:
        """Indicator → its unit, and what it is told for."""
        return {
            one.id: (one.unit, one.per) for pack in self.library.newest.values() for one in pack.indicators.values()
        }

    def area_of(self, code: str) -> str:
        """Code of the area below that an organisation or region lies in. Missing: empty where it lies in none of them."""
        found = self.places.organisations.find(code, self.on)
        region = code if found is None else found.region
        if not region or not self.below:
            return ""
        place = self.places.regions.at_level(region, self.below[0].level, self.on)
        return "" if place is None else place.code

    def counts_people(self, indicator: str) -> bool:
        """Whether an indicator counts people, not places or institutions."""
        packs = (one for one in self.library.newest.values() if indicator in one.indicators)
        return any(one.subject in ("person", "episode") for one in packs)


@dataclass(frozen=True, slots=True)
class Gap:
    """People (or things) missing at one organisation (at a village where no organisation holds them). ``missing``: counted
    but not in the numerator; ``area``: where it lies; ``owner``: the unit that answers there.
    """

    org: str
    name: str
    missing: int
    area: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class AreaStand:
    """Where one area stands with an item. ``owner``: who answers there."""

    area: Area
    stand: Stand
    owner: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an item stands. ``turns``: what the scheduled runs wrote down; ``unit``: of the figures; ``people``: it counts
    people.
    """

    held: Held
    unit: str
    stand: Stand
    areas: tuple[AreaStand, ...]
    gaps: tuple[Gap, ...]
    turns: tuple[Turn, ...]
    people: bool = False

    @property
    def item(self) -> Item:
        """The item itself."""
        return self.held.item


def stand_ground(standing: Standing, areas: Areas, indicators: Sequence[str], places: Places, on: date) -> Ground:
    """The figures of some indicators, the months of a year counted at once when the first of them is asked for."""
    counted: dict[int, Counted] = {}
    placed: dict[tuple[str, Level], Mapping[tuple[str, str], Figure]] = {}

    def figures(period: Period, level: Level) -> Mapping[tuple[str, str], Figure]:
        if period.year not in counted:
            counted[period.year] = count_all(standing, months_to_date(period.year), indicators)
        if (period.text, level) not in placed:
            found = place_figures(counted[period.year], [level], indicators, [period])
            placed[period.text, level] = {(row.indicator, row.area): row for row in found}
        return placed[period.text, level]

    return Ground(figures, *areas, standing.library, on, places)


def find_areas(places: Places, on: date, code: str = "") -> Areas:
    """The area of a plan (the widest where none is named), and the areas directly below it. Errors: FIG-002, FIG-006."""
    if not code:
        level = next((one for one in LEVEL_CHOICES if places.areas(one, on)), None)
        if level is None:
            raise Refusal(Problem(code="FIG-006"))
        code = places.areas(level, on)[0][0]
    whole = Area(code, places.regions.name(code, on), find_level(places, code, on))
    below = [Area(row.code, row.name, row.level) for row in places.regions.children(code, on)]  # type: ignore[arg-type]
    return whole, tuple(below)


def months_to_date(year: int) -> tuple[Period, ...]:
    """January to each month of a year."""
    found = (parse_period(f"{month.text}-ytd") for month in months_of(year))
    return tuple(one for one in found if isinstance(one, Period))


def list_progress(city: City, ground: Ground, plan: str = "", known: int | None = None) -> list[Progress]:
    """Where every confirmed item stands, recomputed from what was known."""
    turns = read_turns(city, plan, known)
    return [measure(held, ground, turns.get(held.key, ())) for held in list_items(city, plan, (CONFIRMED,), known)]


def measure(held: Held, ground: Ground, turns: Sequence[Turn] = ()) -> Progress:
    """Where one item stands, whole and in each area."""
    item = held.item
    unit, _ = ground.units.get(item.indicator, ("", 1.0))
    if not item.indicator or item.goal is None:
        return Progress(held, unit, stand_item(item, (), ground.on), _stand_parts(item, ground), (), tuple(turns))
    based = replace(item, goal=_with_base(item, item.goal, ground, ground.whole))
    stand = stand_item(based, read_months(item, ground, ground.whole), ground.on)
    areas = tuple(one for area in ground.below if (one := _stand_area(item, ground, area)) is not None)
    gaps = _find_gaps(item, stand, ground)
    return Progress(held, unit, stand, areas, gaps, tuple(turns), ground.counts_people(item.indicator))


def _stand_parts(item: Item, ground: Ground) -> tuple[AreaStand, ...]:
    """The areas that owe something of what is counted by steps."""
    owing = [(area, part) for area in ground.below if (part := item.part_of(area.code)) is not None and part.count]
    return tuple(AreaStand(area, stand_part(item, part, ground.on), part.owner or item.owner) for area, part in owing)


def _stand_area(item: Item, ground: Ground, area: Area) -> AreaStand | None:
    """An area against its part of a goal; a rate that was not broken down is owed by every area alike."""
    assert item.goal is not None, "only measured items have areas"
    part = item.part_of(area.code)
    unit, _ = ground.units.get(item.indicator, ("", 1.0))
    if part is None and unit in ("count", ""):
        return None
    if part is None:
        goal = _with_base(item, item.goal, ground, area)
    else:
        goal = replace(item.goal, value=part.value, high=None, sort="level", base_value=None)
    stand = stand_figure(item, goal, read_months(item, ground, area), ground.on)
    return AreaStand(area, stand, (part.owner if part is not None else "") or item.owner)


def read_months(item: Item, ground: Ground, area: Area) -> list[Month]:
    """The month-to-date figures of an item's indicator, up to the last month that had ended on the day (or by the deadline).

    Rule: of the year of the day, or of the deadline where that lies in an earlier year.
    """
    deadline = item.deadline or ground.on
    last = _last_month(ground.on, deadline)
    _, per = ground.units[item.indicator]
    months = []
    for period in months_to_date(last.year):
        if period.end > last:
            break
        figure = ground.figures(period, area.level).get((item.indicator, area.code))
        value = None if figure is None else figure.value
        months.append(
            Month(
                period.text,
                period.end,
                value,
                0.0 if figure is None else figure.numerator,
                None if figure is None else figure.denominator,
                per,
            )
        )
    return months


def _last_month(on: date, deadline: date) -> date:
    """The end of the last month that had ended on the day; at most that of the deadline's year."""
    ended = on if on == month_end(on) else on.replace(day=1) - timedelta(days=1)
    return min(ended, date(deadline.year, 12, 31))


def _with_base(item: Item, goal: Goal, ground: Ground, area: Area) -> Goal:
    """A change with what it starts from: the figure of its base year, where nobody gave one."""
    if goal.sort != CHANGE or goal.base_value is not None:
        return goal
    return replace(goal, base_value=base_of(item, goal, ground, area))


def base_of(item: Item, goal: Goal, ground: Ground, area: Area) -> float | None:
    """The figure at the end of a goal's base year; None where there is none."""
    base = parse_period(f"{goal.base_year}-12-ytd")
    if not isinstance(base, Period):
        return None
    figure = ground.figures(base, area.level).get((item.indicator, area.code))
    return None if figure is None else figure.value


def _find_gaps(item: Item, stand: Stand, ground: Ground) -> tuple[Gap, ...]:
    """The organisations with most people missing from the numerator; none where a population is the denominator.

    Rule: what no organisation holds (a ledger of places, told by village) is looked for by village, then by area.
    """
    if stand.last is None or not stand.more or stand.more < 0:
        return ()
    period = parse_period(stand.last.period)
    assert isinstance(period, Period), "a month told is a period"
    levels: tuple[Level, ...] = ("org", "village", *(area.level for area in ground.below[:1]))
    for level in levels:
        gaps = []
        for (indicator, area), figure in ground.figures(period, level).items():
            if indicator != item.indicator or area == UNALLOCATED or figure.denominator_kind not in ("people", "items"):
                continue
            missing = round((figure.denominator or 0) - figure.numerator)
            if missing > 0:
                gaps.append(make_gap(item, ground, (area, figure.area_name), missing))
        if gaps:
            return tuple(sorted(gaps, key=lambda one: (-one.missing, one.org)))
    return ()


def make_gap(item: Item, ground: Ground, place: tuple[str, str], missing: int) -> Gap:
    """So many missing at an organisation or area (its code and name), with the unit that answers there."""
    code = ground.area_of(place[0])
    part = item.part_of(code)
    return Gap(*place, missing, code, (part.owner if part is not None else "") or item.owner)


def read_turns(city: City, plan: str = "", known: int | None = None) -> dict[str, tuple[Turn, ...]]:
    """What scheduled runs wrote down by ``known``, by item, oldest first."""
    found: dict[str, list[Turn]] = {}
    for _, row in city.ledger_history(TURN_KIND, known, f"{plan}/" if plan else ""):
        if row.body is not None:
            found.setdefault(row.key, []).append(read_turn(row.body))
    return {key: tuple(turns) for key, turns in found.items()}


def write_turns(city: City, progress: Sequence[Progress], on: date, by: By) -> list[tuple[str, Turn]]:
    """Write down which items closed and which opened again since the last run; answers those. Twice in a row: nothing."""
    known = city.latest_seq()
    taken = []
    for one in progress:
        before = one.turns[-1].state if one.turns else OPEN
        turn = find_turn(before, one.stand, on, known)
        if turn is not None:
            taken.append((one.held.key, turn))
    with city.writer(by.who) as writer:
        writer.put_ledger([LedgerRow(TURN_KIND, key, write_turn(turn), by.who) for key, turn in taken], by.at)
    return taken
