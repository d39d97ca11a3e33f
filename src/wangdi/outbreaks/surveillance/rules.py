"""Reasons that need no statistics of a place: diseases of which one case is enough, criteria of the norms, one institution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from wangdi.outbreaks.diseases import Criterion, read_disease_settings
from wangdi.outbreaks.series import Floats, Ints
from wangdi.outbreaks.surveillance.cases import NOWHERE, Cases
from wangdi.outbreaks.surveillance.findings import CRITERION, INSTITUTION, Finding
from wangdi.outbreaks.surveillance.settings import Institution

COUNTY = "县"
"""The kind of place that is a whole county."""
SHAPE = 0.5
"""Of the prior of an institution's rate: most have nothing, a few have much."""


def find_single_cases(cases: Cases, days: Sequence[int], wanted: Sequence[str], method: str) -> list[Finding]:
    """Every case of some diseases, by code. Grain: one finding a disease, township and day."""
    diseases = [number for number, code in enumerate(cases.diseases) if code in wanted]
    entries = np.flatnonzero(np.isin(cases.disease, diseases) & np.isin(cases.day, days) & cases.counted())
    found: dict[tuple[int, int, int], list[int]] = {}
    for entry in entries:
        key = int(cases.day[entry]), int(cases.disease[entry]), int(cases.place[entry])
        found.setdefault(key, []).append(int(entry))
    return [_finding(cases, method, np.array(these), (day, day), 0.0) for (day, _, _), these in sorted(found.items())]


def find_criteria_met(cases: Cases, days: Sequence[int]) -> list[Finding]:
    """Outbreak criteria of the norms that are met at one institution, village or county, on the day the last card came.

    Hospitalised cases are not on the cards and are not counted.
    """
    found: list[Finding] = []
    by_code = {code: number for number, code in enumerate(cases.diseases)}
    for criterion in read_disease_settings().criteria:
        disease = by_code.get(criterion.disease)
        if disease is None or criterion.counts == "hospitalised":
            continue
        counted = (cases.disease == disease) & cases.counted()
        if criterion.counts == "deaths":
            counted &= cases.died
        entries = np.flatnonzero(counted)
        for label, members in _groups_of(cases, criterion, entries):
            for day, window in _full_windows(cases.day[members], days, criterion.days, criterion.value):
                span = (day - criterion.days + 1, day)
                told = _finding(cases, CRITERION, members[window], span, criterion.value - 1.0)
                found.append(replace(told, site=label))
    return sorted(found, key=lambda one: (one.day, one.subject, one.site))


def _groups_of(cases: Cases, criterion: Criterion, entries: Ints) -> Iterator[tuple[str, Ints]]:
    """The cases by what a criterion counts together: an institution or village of its kinds, a county, or any site."""
    kinds = criterion.places
    for index in (cases.site, cases.village):
        for number in np.unique(index[entries]):
            if number != NOWHERE and (not kinds or cases.sites[number].kind in kinds):
                yield cases.sites[number].name, entries[index[entries] == number]
    if COUNTY in kinds or not kinds:
        county = np.where(cases.place[entries] == NOWHERE, NOWHERE, cases.county_of[cases.place[entries]])
        for number in np.unique(county):
            yield "", entries[county == number]


def _full_windows(known: Ints, days: Sequence[int], length: int, value: int) -> Iterator[tuple[int, np.ndarray]]:
    """The days of ``days`` on which a card came and the last ``length`` days hold at least ``value``."""
    for day in np.unique(known[np.isin(known, days)]):
        window = (known > day - length) & (known <= day)
        if np.count_nonzero(window) >= value:
            yield int(day), window


def find_at_institutions(cases: Cases, days: Sequence[int], settings: Institution) -> list[Finding]:
    """Several cases of one disease at one school or workplace, improbable for what it and others had.

    Rule: cases of an institution vary as a negative binomial around its own past, drawn towards what institutions have on
    average, scaled by how much the disease is about in the city.
    """
    found: list[Finding] = []
    entries = np.flatnonzero((cases.site != NOWHERE) & cases.counted())
    if not len(entries):
        return found
    first = int(cases.day[0])
    pairs, place_of = np.unique(
        np.stack([cases.disease[entries], cases.site[entries]], axis=1), axis=0, return_inverse=True
    )
    order = np.argsort(place_of, kind="stable")
    parts = np.split(entries[order], np.cumsum(np.bincount(place_of))[:-1])
    for (disease, site), members in zip(pairs.tolist(), parts, strict=True):
        for day, window in _full_windows(cases.day[members], days, settings.days, settings.at_least):
            past = int(np.count_nonzero(cases.day[members] <= day - settings.days))
            expected, size = _expect_at(cases, (disease, site), (first, day), (past, settings.days))
            chance = stats.nbinom(size, size / (size + expected))
            probability = float(chance.sf(np.count_nonzero(window) - 1))
            if probability <= settings.alpha:
                span, bound = (day - settings.days + 1, day), float(chance.isf(settings.alpha))
                told = _finding(cases, INSTITUTION, members[window], span, bound)
                found.append(replace(told, site=cases.sites[site].name, expected=expected, probability=probability))
    return sorted(found, key=lambda one: (one.day, one.subject, one.site))


def _expect_at(cases: Cases, what: tuple[int, int], span: tuple[int, int], own: tuple[int, int]) -> tuple[float, float]:
    """Cases expected at an institution in so many days, and the size of the negative binomial around them."""
    (disease, site), (first, day), (past, length) = what, span, own
    windows = max((day - length - first + 1) / length, 1.0)
    same = (cases.disease == disease) & cases.counted() & (cases.day <= day)
    earlier = same & (cases.day <= day - length)
    sites = max(len(np.unique(cases.site[cases.site != NOWHERE])), 1)
    average = max(np.count_nonzero(earlier & (cases.site != NOWHERE)) / sites / windows, 1e-4)
    rate = (SHAPE + past) / (SHAPE / average + windows)
    now = np.count_nonzero(same & (cases.day > day - length) & (cases.site != site))
    usual = np.count_nonzero(earlier) / windows
    return rate * max(1.0, (now + 1) / (usual + 1)), SHAPE + past


def _most(values: Ints) -> int:
    """The value that most have; where none is known, ``NOWHERE``."""
    known: Floats = values[values != NOWHERE]
    return int(np.bincount(known).argmax()) if len(known) else NOWHERE


def _finding(cases: Cases, method: str, entries: Ints, days: tuple[int, int], bound: float) -> Finding:
    """What some cases of one disease make a method say, at the township most of them live in."""
    disease, place = cases.diseases[int(cases.disease[entries[0]])], _most(cases.place[entries])
    places = (cases.places[place].code,) if place != NOWHERE else ()
    facts = tuple(int(number) for number in cases.number[entries])
    return Finding(method, disease, places, "", days[0], days[1], float(len(facts)), None, bound, None, facts)
