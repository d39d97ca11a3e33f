"""A return filled for a period: each bound cell from its figure, what was reported upward beside it, and whether it adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from wangdi.app.derivation import Standing
from wangdi.app.numbers import plain_number
from wangdi.app.questions import as_of_number
from wangdi.app.returns import Return, find_return, list_bindings, open_return, read_kept, read_place
from wangdi.app.told_figures import Figures, find_root
from wangdi.catalog.figures import FigureAsked, Recompute, ToldFigure
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Places
from wangdi.returns.crossfooting import DIFFERS, Nesting, check_formulas, check_values
from wangdi.returns.filling import fill_template
from wangdi.returns.model import (
    COMPUTED,
    FIGURE,
    PARTS,
    REPORTED,
    SUM,
    Binding,
    Checked,
    Override,
    Place,
    Template,
    Value,
)
from wangdi.returns.valuing import Given, Result, compute_values, evaluate_formulas
from wangdi.store.city import City

VALUE = "return.value"


@dataclass(frozen=True, slots=True)
class Filled:
    """A return filled for a period. ``snapshot``: the name of what its figures stand on; ``known``: the number of it."""

    kept: Return
    template: Template
    period: Period
    known: int
    snapshot: str
    values: Mapping[Place, Value]
    results: Mapping[Place, Result]
    checks: Sequence[Checked]

    @property
    def wrong(self) -> list[Checked]:
        """The tests it does not pass."""
        return [one for one in self.checks if one.state == DIFFERS]


@dataclass(frozen=True, slots=True)
class Source:
    """What a return is filled from: a city at one number, and its figures. ``day``: on which that number was accepted."""

    city: City
    known: int
    snapshot: str
    day: date
    places: Places
    figures: Recompute


def read_source(standing: Standing) -> Source:
    """A standing as what a return is filled from."""
    figures = Figures(standing)
    snapshot, day = f"{standing.known}-{standing.rules_key}", as_of_number(standing.city, standing.known)
    return Source(standing.city, standing.known, snapshot, day, figures.places, figures.tell)


def fill_return(source: Source, name: str, period: Period) -> Filled:
    """Fill a return for a period. Errors: RETURN-020, RETURN-024 no cell is bound."""
    bindings = list_bindings(source.city, name)
    kept = find_return(source.city, name)
    if not bindings:
        raise Refusal(Problem(code="RETURN-024", args={"name": name}))
    template = open_return(source.city, kept)
    found = figures_of(source, bindings, period)
    root, _ = find_root(source.places)
    day = source.day
    texts = {
        "period": period.title(),
        "organisation": source.places.regions.name(root, period.end),
        "date": f"{day.year}年{day.month}月{day.day}日",
    }
    given = Given(lambda one: found.get(asked_by(one, period)), texts, list_overrides(source.city, name, period))
    values = compute_values(template, bindings, given)
    results = evaluate_formulas(template, values)
    checks = [*check_values(template, values, _nest(source.places, period)), *check_formulas(results)]
    return Filled(kept, template, period, source.known, source.snapshot, values, results, checks)


def asked_by(binding: Binding, period: Period) -> FigureAsked:
    """The figure a binding asks for."""
    return FigureAsked(binding.indicator, binding.area, period)


def figures_of(source: Source, bindings: Mapping[Place, Binding], period: Period) -> Mapping[FigureAsked, ToldFigure]:
    """The figures behind some bindings."""
    return source.figures({asked_by(one, period) for one in bindings.values() if one.kind == FIGURE})


def _nest(places: Places, period: Period) -> Nesting:
    """How the areas and organisations of a city lie in one another on a period's last day.

    Rule: organisations come to the whole city only: a township counts its residents, wherever they are managed.
    """
    on = period.end

    @cache
    def over(area: str) -> Sequence[str]:
        organisation = places.organisations.find(area, on)
        start = area if organisation is None else organisation.region
        above = [one.code for one in places.regions.ancestors(start, on)]
        return above if organisation is None else [start, *above][-1:]

    @cache
    def peers(whole: str, part: str) -> AbstractSet[str]:
        region = places.regions.find(part, on)
        if region is None:
            inside = {whole, *(one.code for one in places.regions.descendants(whole, on))}
            found = (places.organisations.find(code, on) for code in places.organisations.rows)
            return {one.code for one in found if one is not None and one.region in inside}
        return {one.code for one in places.regions.descendants(whole, on) if one.level == region.level}

    return Nesting(over, peers)


def write_filled(city: City, filled: Filled) -> bytes:
    """The superior's workbook with the values in it and everything else as it is. Errors: RETURN-025."""
    data = read_kept(city, filled.kept.sha256)
    values = {place: one.printed for place, one in filled.values.items()}
    return fill_template(data, values, {place: one.value for place, one in filled.results.items()})


# ---- values reported upward --------------------------------------------------------------------------------------------
def list_overrides(city: City, name: str, period: Period) -> dict[Place, Override]:
    """The values reported upward for a period that differ from the computed ones."""
    beginning = f"{name}/{period.text}/"
    found = {}
    for _, row in city.ledger(VALUE, None, beginning):
        if row.body is not None and row.body.get("value") is not None:
            body = row.body
            place = read_place(row.key.removeprefix(beginning))
            found[place] = Override(body["value"], body["chosen"], body["reason"], row.who)
    return found


# ---- telling -----------------------------------------------------------------------------------------------------------
def tell_value(value: Value, period: Period) -> dict[str, Any]:
    """A cell as JSON gives it, with where its figure and its people are."""
    binding, figure, override = value.binding, value.figure, value.override
    row: dict[str, Any] = {
        "cell": str(value.place),
        "kind": binding.kind,
        "state": state_of(value),
        "printed": plain(value.printed),
        "computed": plain(value.computed),
        "reported": None if override is None else plain(value.reported),
        "chosen": COMPUTED if override is None else override.chosen,
        "reason": "" if override is None else override.reason,
        "note": value.note,
    }
    if binding.kind == SUM:
        return row | {"over": binding.over}
    if binding.kind != FIGURE:
        return row | {"text": binding.text}
    row |= {"indicator": binding.indicator, "part": binding.part, "area": binding.area}
    if figure is None:
        return row
    told = {"title": figure.title, "area_name": figure.area_name, "edition": figure.edition, "known": figure.known}
    counts = {"numerator": plain_number(figure.counted), "denominator": plain_number(figure.denominator)}
    return row | told | counts | {"figure": figure_path(binding, period), "people": people_words(value, period)}


def state_of(value: Value) -> str:
    """What is to be seen of a cell: computed, reported, another reported but the computed chosen, or empty."""
    if value.printed is None:
        return "empty"
    if value.override is None:
        return COMPUTED
    return REPORTED if value.override.chosen == REPORTED else "kept"


def figure_path(binding: Binding, period: Period) -> str:
    """The page of the figure behind a cell."""
    return f"/indicator/{binding.indicator}?area={binding.area}&period={period.text}"


def people_words(value: Value, period: Period) -> str:
    """The command that lists the people a cell counts. Missing: empty where it counts none."""
    binding, figure = value.binding, value.figure
    if figure is None or figure.denominator_kind in ("items", "none"):
        return ""
    part = PARTS[0] if binding.part == "value" else binding.part
    if part == PARTS[1] and figure.denominator_kind == "population":
        return ""
    return f"wangdi people --indicator {binding.indicator} --period {period.text} --area {binding.area} --in {part}"


def plain(value: Decimal | str | None) -> int | float | str | None:
    """A value as JSON writes it."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def tell_check(one: Checked) -> dict[str, Any]:
    """A test as JSON gives it."""
    return {
        "check": one.kind,
        "cell": str(one.place),
        "state": one.state,
        "found": one.found,
        "expected": one.expected,
        **one.args,
    }
