"""Holding a report against a city's data: its figures as known on the report's date, and as known today."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from wangdi.app.cities import open_library
from wangdi.app.numbers import plain_number
from wangdi.app.questions import stand_on
from wangdi.app.told_figures import Figures, find_root, name_areas, name_indicators
from wangdi.core.periods import Period
from wangdi.reports.matching.against_data import Catalogue, Held, Recomputed, hold_claims
from wangdi.reports.relations.ground import Ground
from wangdi.store.city import City


@dataclass(frozen=True, slots=True)
class DataAsked:
    """How a report is held against data. ``known``: what had been accepted on its date; None is everything."""

    period: Period | None = None
    known: str | None = None
    own: bool = False


def hold_report(city: City, asked: DataAsked, ground: Ground) -> list[Held]:
    """Every result of a report beside the city's figures. Errors: STORE-022 a knowledge date, FIG-006 no areas."""
    library = open_library(city)
    with ExitStack() as stack:
        today = Figures(stand_on(city, stack.enter_context(city.workspace()), library))
        then = today
        if asked.known is not None:
            then = Figures(stand_on(city, stack.enter_context(city.workspace()), library, asked.known))
        root, _ = find_root(today.places)
        catalogue = Catalogue(name_indicators(library), name_areas(today.places, root), asked.period, asked.own)
        return hold_claims(ground, catalogue, then.tell, today.tell)


def tell_held(one: Held) -> dict[str, Any]:
    """What the data say of a claim, as JSON gives it. ``value`` is in the claim's own unit."""
    told: dict[str, Any] = {"verdict": one.verdict}
    if one.reason:
        told["reason"] = one.reason
    if one.then is None:
        return told | ({"today": _tell_side(one.today)} if one.today is not None else {})
    named, figure = one.then.named, one.then.figure
    told |= {
        "indicator": named.indicator,
        "title": figure.title,
        "part": named.part,
        "area": figure.area,
        "area_name": figure.area_name,
        "period": one.period,
        "base": figure.base,
        "population_source": figure.population_source,
        "edition": figure.edition,
        **_tell_side(one.then),
    }
    return told | ({"today": _tell_side(one.today)} if one.today is not None else {})


def _tell_side(one: Recomputed) -> dict[str, Any]:
    return {
        "numerator": plain_number(one.figure.numerator),
        "denominator": plain_number(one.figure.denominator),
        "value": _as_float(one.value),
        "known": one.figure.known,
        "differs_by": None if one.gap is None else _as_float(one.gap),
    }


def _as_float(value: Fraction) -> float:
    return round(float(value), 6)
