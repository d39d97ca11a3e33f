"""Made-up cases of made-up townships: counts by season and chance, and what a test plants among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wangdi.outbreaks.series import Ints
from wangdi.outbreaks.surveillance.cases import NOWHERE, Cases, Site, Township

LAST = int(np.datetime64("2025-12-28").astype("datetime64[D]").astype(np.int64))
YEARS = 6
DISEASES = ("3900", "3500", "4000", "1400", "1000")
YEARLY = (60.0, 120.0, 40.0, 8.0, 0.2)
"""Cases a year in the whole county."""


def townships(number: int = 6, counties: int = 1) -> tuple[Township, ...]:
    """Townships in a row, a few kilometres apart."""
    return tuple(
        Township(
            f"99{county:02d}01{place:03d}000",
            f"镇{county}{place}",
            f"99{county:02d}01000000",
            160 + county + place / 20,
            1.0,
            2_000.0 + 500 * place,
        )
        for county in range(counties)
        for place in range(number)
    )


def quiet_cases(seed: int, places: tuple[Township, ...] = townships()) -> Cases:
    """Six years of cases without an outbreak: season, weekday, people, and nothing else."""
    rng = np.random.default_rng(seed)
    days = np.arange(LAST - 365 * YEARS, LAST + 1)
    people = np.array([place.people for place in places])
    season = 1 + 0.6 * np.cos(2 * np.pi * (days % 365) / 365)
    disease, place, day = [], [], []
    for number, yearly in enumerate(YEARLY):
        mean = yearly / 365 * (people / people.sum())[:, None] * season
        at, on = np.nonzero(drawn := rng.poisson(mean))
        times = drawn[at, on]
        disease.append(np.full(times.sum(), number))
        place.append(np.repeat(at, times))
        day.append(days[np.repeat(on, times)])
    return make_cases(places, *(np.concatenate(part) for part in (disease, place, day)))


def make_cases(places: tuple[Township, ...], disease: Ints, place: Ints, day: Ints) -> Cases:
    """Cases known on these days, in order of them, without institutions."""
    order = np.argsort(day, kind="stable")
    none = np.full(len(day), NOWHERE, dtype=np.int64)
    no = np.zeros(len(day), dtype=bool)
    what, where, when = (part[order].astype(np.int64) for part in (disease, place, day))
    return Cases(DISEASES, places, (), what, where, none, none, when, np.arange(1, len(day) + 1), no, no, no)


def plant(cases: Cases, disease: str, place: int, days: list[int], site: Site | None = None) -> Cases:
    """The same with further cases of a disease in a township, known on these days."""
    number, more = cases.diseases.index(disease), len(days)
    at = NOWHERE if site is None else len(cases.sites)
    day = np.concatenate([cases.day, np.array(days)])
    order = np.argsort(day, kind="stable")
    joined = make_cases(
        cases.places,
        np.concatenate([cases.disease, np.full(more, number)]),
        np.concatenate([cases.place, np.full(more, place)]),
        day,
    )
    sites = cases.sites if site is None else (*cases.sites, site)
    return replace(joined, sites=sites, site=np.concatenate([cases.site, np.full(more, at)])[order])
