"""What a question stands on: the city as known at one moment, and the figures asked of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.catalog.trees import plant_tree
from wangdi.core.heap import making_many
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.duck.classify import Relations
from wangdi.engines.duck.indicators import MOST_PERIODS, Question, Tables, plan_members, plan_narrowed
from wangdi.indicators.counting import Count, count_items, count_people, over_people
from wangdi.indicators.figures import Figure, Level, Placed, Places, Told, add_returns, index_populations, place_counts
from wangdi.language.library import Library
from wangdi.language.model import Indicator, Pack
from wangdi.language.names import nearest_name
from wangdi.language.rules import Programme, Rules
from wangdi.store.city import City
from wangdi.store.workspace import Workspace

NARROWED = "narrowed_"
"""What the tables of :func:`narrow_rows` are called."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures with the name of what they stand on: the same snapshot gives the same figures for ever."""

    snapshot: str
    known: int
    as_of: date
    figures: list[Figure]


def stand_on(
    city: City, workspace: Workspace, library: Library, known: str | int | None = None, on: date | None = None
) -> Standing:
    """The standing of a question. ``on``: the day asked about, when it may lie after the last acceptance."""
    number = city.seq_known(known)
    day = max(filter(None, (as_of_number(city, number), on)))
    return Standing(city, workspace, library, number, date(day.year, 12, 31))


def as_of_number(city: City, known: int) -> date:
    """The day on which a number was accepted: what "today" was for whoever knew just this."""
    log = city.acceptance(known)
    return log[0].accepted_at.date() if log else date(1970, 1, 1)


def find_indicators(library: Library, wanted: Sequence[str]) -> dict[str, str]:
    """Indicator id → pack, of those wanted, or of all.

    Errors: FIG-001 for an id no pack has, with the nearest one.
    """
    owners = {name: pack.id for pack in library.newest.values() for name in pack.indicators}
    for name in wanted:
        if name not in owners:
            raise Refusal(Problem(code="FIG-001", args={"name": name, "nearest": nearest_name(name, owners) or "…"}))
    return {name: owner for name, owner in owners.items() if not wanted or name in wanted}


def read_places(city: City, known: int) -> Places:
    """The trees of areas and organisations at a number."""
    return Places(plant_tree(city.regions(known)), plant_tree(city.organisations(known)))


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything counted for some periods, before it is placed in areas: any level can be asked of it, at once."""

    standing: Standing
    as_of: date
    told: Told
    editions: Mapping[tuple[str, str], Rules]
    """The rules in force, by pack and period."""
    counts: Mapping[tuple[str, str], list[Count]]
    """By indicator and period."""
    periods: tuple[Period, ...]

    @property
    def snapshot(self) -> str:
        """The name of what the figures stand on."""
        return f"{self.standing.known}-{self.standing.rules_key}"


def compute_figures(
    standing: Standing,
    periods: Sequence[Period],
    levels: Sequence[Level],
    wanted: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> Answer:
    """Every wanted indicator for every period at every level.

    Grain: one figure per indicator, period and area. Each edition counts the periods that end while it is in force.
    """
    counted = count_all(standing, periods, wanted, tell)
    figures = place_figures(counted, levels, wanted)
    return Answer(counted.snapshot, standing.known, counted.as_of, figures)


def count_all(
    standing: Standing,
    periods: Sequence[Period],
    wanted: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> Counted:
    """Count the wanted indicators (all of them where none is named) for every period. Errors: FIG-001."""
    derived = derive(standing, tell)
    as_of = as_of_number(standing.city, standing.known)
    owners = find_indicators(standing.library, wanted)
    populations = index_populations(standing.city.numbered_populations(standing.known))
    editions: dict[tuple[str, str], Rules] = {}
    counts: dict[tuple[str, str], list[Count]] = {}
    for pack in dict.fromkeys(owners.values()):
        programme = standing.programmes[pack]
        for rules, during in editions_of(programme, periods):
            editions |= {(pack, period.text): rules for period in during}
            chosen = _with_returns(rules.pack, owners)
            for first in range(0, len(during), MOST_PERIODS):
                part = tuple(during[first : first + MOST_PERIODS])
                with making_many():
                    for count in _count(derived, programme, Question(rules, chosen, part, as_of)):
                        counts.setdefault((count.indicator, count.period), []).append(count)
    told = Told(read_places(standing.city, standing.known), populations, standing.known)
    return Counted(standing, as_of, told, editions, counts, tuple(periods))


def _with_returns(pack: Pack, wanted: Collection[str]) -> tuple[Indicator, ...]:
    """The wanted indicators of a pack, and those that say whether the returns of one of them have come."""
    named = {item.rests_on for item in pack.indicators.values() if item.id in wanted}
    return tuple(item for item in pack.indicators.values() if item.id in wanted or item.id in named)


def place_figures(
    counted: Counted, levels: Sequence[Level], wanted: Sequence[str] = (), periods: Sequence[Period] = ()
) -> list[Figure]:
    """What was counted as figures of the areas of some levels. ``periods``: all that were counted where none is named.

    Order: indicator, period, level, area.
    """
    owners = find_indicators(counted.standing.library, wanted)
    with making_many():
        return _place_all(counted, owners, levels, periods or counted.periods)


def _place_all(
    counted: Counted, owners: Mapping[str, str], levels: Sequence[Level], periods: Sequence[Period]
) -> list[Figure]:
    figures: list[Figure] = []
    for name, pack in owners.items():
        for period in periods:
            rules = counted.editions.get((pack, period.text))
            indicator = rules.pack.indicators.get(name) if rules is not None else None
            if rules is None or indicator is None:  # no edition in force has it
                continue
            counts = counted.counts.get((name, period.text), [])
            asked = Placed(indicator, period, rules.pack.edition)
            returns = rules.pack.indicators.get(indicator.rests_on)
            for level in levels:
                placed = place_counts(asked, counts, level, counted.told)
                if returns is not None:
                    came = counted.counts.get((returns.id, period.text), [])
                    there = place_counts(replace(asked, indicator=returns), came, level, counted.told)
                    placed = add_returns(placed, there)
                figures += placed
    return figures


def editions_of(programme: Programme, periods: Iterable[Period]) -> list[tuple[Rules, list[Period]]]:
    """The periods by the edition in force on their last day."""
    found: dict[str, tuple[Rules, list[Period]]] = {}
    for period in periods:
        rules = programme.in_force(period.end)
        if rules is not None:
            found.setdefault(rules.pack.edition, (rules, []))[1].append(period)
    return list(found.values())


def _count(derived: Derived, programme: Programme, question: Question) -> list[Count]:
    workspace = derived.standing.workspace
    relations = derived.relations(programme)
    counts: list[Count] = []
    people = tuple(item for item in question.indicators if over_people(item))
    if people:
        asked = Question(question.rules, people, question.periods, question.as_of)
        spell, obligation, visit = (derived.table(programme.id, name) for name in ("spell", "obligation", "visit"))
        tables = Tables(spell, obligation, visit)
        narrowed = narrow_rows(workspace, asked, relations)
        workspace.run(f"CREATE OR REPLACE TEMP TABLE member AS {plan_members(asked, narrowed, tables)}")
        counts += count_people(workspace, asked, "member", derived.people)
        for table in ("member", *(name for name in narrowed.forms.values() if name.startswith(NARROWED))):
            workspace.run(f"DROP TABLE {table}")
    for indicator in question.indicators:
        if not over_people(indicator):
            counts += count_items(workspace, question, indicator, relations)
    return counts


def narrow_rows(workspace: Workspace, question: Question, relations: Relations) -> Relations:
    """Records that several clauses look at, joined to people once."""
    forms = dict(relations.forms)
    for number, (form, sql) in enumerate(plan_narrowed(question, relations).items()):
        forms[form] = f"{NARROWED}{number}"
        workspace.run(f"CREATE OR REPLACE TEMP TABLE {forms[form]} AS {sql}")
    return Relations(relations.subjects, forms)
