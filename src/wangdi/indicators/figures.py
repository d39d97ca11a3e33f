"""Figures: counts placed in the tree of areas, with their population where there is one, and everything that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from wangdi.catalog.populations import PopulationRow
from wangdi.catalog.trees import UNALLOCATED, Organisation, PlaceTree, Region, current_region
from wangdi.core.periods import Period
from wangdi.indicators.counting import Count, has_population, over_people
from wangdi.language.model import Indicator, Items, PopulationOf

Level = Literal["city", "county", "township", "village", "org"]
_DenominatorKind = Literal["people", "population", "items", "none"]
LEVEL_CHOICES: tuple[Level, ...] = ("city", "county", "township", "village", "org")


@dataclass(frozen=True, slots=True)
class Returns:
    """How many of the monthly returns that a figure adds up were due, and how many of them have come."""

    due: int
    here: int

    @property
    def lacking(self) -> int:
        """Those that have not."""
        return self.due - self.here


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with everything it must be told with.

    Missing: ``value`` is None where the denominator is 0, no population was published, or none of the ``returns`` it rests on
    has come; ``denominator`` is None in the second case. ``population``: the kind of a population table, or the printed words of
    the people (items) counted over.
    ``population_seq`` opens the row of the population table it was divided by.
    """

    indicator: str
    title: str
    title_en: str
    area: str
    area_name: str
    level: Level
    period: str
    numerator: float
    denominator: float | None
    value: float | None
    unit: str
    denominator_kind: _DenominatorKind
    population: str | None
    population_source: str | None
    population_seq: int | None
    edition: str
    known: int
    attribution: str
    doubt: str
    returns: Returns | None = None

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what there was: no return it rests on has come. Its numerator then is no number of anything."""
        return self.returns is not None and not self.returns.here and not self.numerator


@dataclass(frozen=True, slots=True)
class Places:
    """The trees in which figures are placed."""

    regions: PlaceTree[Region]
    organisations: PlaceTree[Organisation]

    def areas(self, level: Level, on: date) -> list[tuple[str, str]]:
        """Code and name of every area of a level that existed on a day."""
        if level == "org":
            orgs = (self.organisations.find(code, on) for code in self.organisations.rows)
            return sorted((org.code, org.name) for org in orgs if org is not None)
        regions = (self.regions.find(code, on) for code in self.regions.rows)
        return sorted((row.code, row.name) for row in regions if row is not None and row.level == level)

    def place(self, count: Count, level: Level, on: date) -> str:
        """The area of a level that owns a count; ``unallocated`` where none does."""
        if level == "org":
            return count.org if self.organisations.find(count.org, on) is not None else UNALLOCATED
        division = count.division
        if not division:
            org = self.organisations.find(count.org, on)
            division = "" if org is None else org.region
        region = current_region(self.regions, division, on) if division else None
        found = None if region is None else self.regions.at_level(region.code, level, on)
        return UNALLOCATED if found is None or found.level != level else found.code


@dataclass(frozen=True, slots=True)
class Told:
    """What every figure of one answer shares, and the populations it may be divided by."""

    places: Places
    populations: Mapping[tuple[str, int, str], tuple[int, PopulationRow]]
    known: int
    laid: dict[tuple[Level, date], _Layout] = field(default_factory=dict, repr=False)
    """The areas of a level on a day and what was placed in them so far: the same for every indicator."""

    def layout(self, level: Level, on: date) -> _Layout:
        """The areas of a level on a day."""
        if (level, on) not in self.laid:
            self.laid[level, on] = _Layout(self.places.areas(level, on), {})
        return self.laid[level, on]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Code and name of the areas of a level on a day, and which of them owns what stands at an organisation or division."""

    areas: list[tuple[str, str]]
    owners: dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Placed:
    """What is placed: an indicator, for a period, by an edition of its rules."""

    indicator: Indicator
    period: Period
    edition: str


def place_counts(asked: Placed, counts: Sequence[Count], level: Level, told: Told) -> list[Figure]:
    """The figures of one indicator and period at one level: one per area that existed, and one for what cannot be placed.

    The numerators and the people of the denominators of all areas sum to the whole; populations are never summed.
    """
    period = asked.period
    numerators: dict[str, float] = {}
    wholes: dict[str, float] = {}
    layout = told.layout(level, period.end)
    for count in counts:
        key = (count.org, count.division)
        if key not in layout.owners:
            layout.owners[key] = told.places.place(count, level, period.end)
        area = layout.owners[key]
        numerators[area] = numerators.get(area, 0.0) + count.numerator
        wholes[area] = wholes.get(area, 0.0) + (count.denominator or 0.0)
    rest = [(UNALLOCATED, "未能归属")] if UNALLOCATED in numerators else []
    kind = _denominator_kind(asked.indicator)
    return [
        _figure(asked, (level, kind), told, (code, name, numerators.get(code, 0.0), wholes.get(code, 0.0)))
        for code, name in (*layout.areas, *rest)
    ]


def _figure(
    asked: Placed, kinds: tuple[Level, _DenominatorKind], told: Told, found: tuple[str, str, float, float]
) -> Figure:
    indicator, period = asked.indicator, asked.period
    level, kind = kinds
    code, name, numerator, whole = found
    denominator: float | None = whole
    population: tuple[int, PopulationRow] | None = None
    if isinstance(indicator.of, PopulationOf):
        population = told.populations.get((code, period.year, indicator.of.kind))
        denominator = None if population is None else population[1].value
    value = None if not denominator else numerator / denominator * indicator.per
    if indicator.of is None:
        denominator, value = None, numerator
    return Figure(
        indicator=indicator.id,
        title=indicator.title,
        title_en=indicator.title_en,
        area=code,
        area_name=name,
        level=level,
        period=period.text,
        numerator=numerator,
        denominator=denominator,
        value=value,
        unit=indicator.unit,
        denominator_kind=kind,
        population=indicator.of.kind if isinstance(indicator.of, PopulationOf) else indicator.of_label or None,
        population_source=None if population is None else population[1].source,
        population_seq=None if population is None else population[0],
        edition=asked.edition,
        known=told.known,
        attribution=indicator.attribution,
        doubt=indicator.doubt,
    )


def add_returns(figures: Sequence[Figure], returns: Sequence[Figure]) -> list[Figure]:
    """Figures with the returns they rest on, area by area.

    Rule: where no return has come and nothing was counted there is no value: nobody knows whether there was nothing.
    """
    here = {one.area: Returns(int(one.denominator or 0), int(one.numerator)) for one in returns}
    return [_add_returns(one, here.get(one.area, Returns(0, 0))) for one in figures]


def _add_returns(figure: Figure, returns: Returns) -> Figure:
    told = replace(figure, returns=returns)
    return replace(told, value=None) if told.unknown else told


def _denominator_kind(indicator: Indicator) -> _DenominatorKind:
    if has_population(indicator):
        return "population"
    if indicator.of is None:
        return "none"
    return "items" if isinstance(indicator.of, Items) and not over_people(indicator) else "people"


def index_populations(
    rows: Iterable[tuple[int, PopulationRow]],
) -> dict[tuple[str, int, str], tuple[int, PopulationRow]]:
    """Populations by area, year and kind; where several sources speak, the one accepted last."""
    found: dict[tuple[str, int, str], tuple[int, PopulationRow]] = {}
    for seq, row in sorted(rows, key=lambda item: item[0]):
        found[row.area, row.year, row.kind] = (seq, row)
    return found
