"""The city's own files: regions, organisations and the populations that rates are divided by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.coordinates import lay_out
from wangdi.demo.days import day_number
from wangdi.demo.population import Population
from wangdi.demo.settings import WorldSettings, load_model
from wangdi.demo.tables import write_rows

_STATISTICS, _POLICE = "统计局年末人口推算", "公安户籍年报"


def write_catalogue(folder: Path, settings: WorldSettings, population: Population) -> None:
    """``regions.csv``, ``organisations.csv``, ``populations.csv``."""
    places = population.places
    where = lay_out(settings, places.regions)
    write_rows(
        folder / "regions.csv",
        ("code", "name", "level", "parent", "valid_from", "valid_to", "successor", "lon", "lat"),
        (
            {
                "code": pad(r.code),
                "name": r.name,
                "level": r.level,
                "parent": pad(r.parent),
                "valid_from": "2010-01-01",
                "lon": f"{where[r.code][0]:.5f}",
                "lat": f"{where[r.code][1]:.5f}",
            }
            for r in places.regions
        ),
    )
    write_rows(
        folder / "organisations.csv",
        ("code", "name", "kind", "level", "region", "parent", "valid_from", "valid_to"),
        (
            {
                "code": o.code,
                "name": o.name,
                "kind": o.kind,
                "level": o.level,
                "region": pad(o.region),
                "parent": o.parent,
                "valid_from": "2010-01-01",
            }
            for o in places.organisations
        ),
    )
    rows: list[dict[str, object]] = []
    for year in range(settings.year - settings.history_years - 1, settings.year + 1):
        rows += _population_rows(settings, population, year)
    write_rows(folder / "populations.csv", ("area", "year", "kind", "value", "source", "published_on"), rows)


def pad(code: str) -> str:
    """A division code filled up to 12 digits; "" stays."""
    return code.ljust(12, "0") if code else ""


def count_by_village(population: Population, year: int) -> dict[str, NDArray[np.int64]]:
    """Residents at the end of a year by village, of every kind that is counted there."""
    last = day_number(year, 12, 31)
    day = min(max(last, population.first_day), population.last_day)
    here = population.here(day)
    village = population.village_on(day)[here]
    ages = population.ages(last)[here]
    born = (population.birth[here] >= day_number(year)) & (population.birth[here] <= last)
    size = len(population.places.villages)
    picks = {
        "residents_year_end": np.ones(len(ages), dtype=bool),
        "aged_65_plus": ages >= 65,
        "aged_35_plus": ages >= 35,
        "aged_0_6": (ages >= 0) & (ages < 7),
        "aged_under_3": (ages >= 0) & (ages < 3),
        "live_births": born,
        "registered": population.hukou[here],
    }
    return {kind: np.bincount(village[pick], minlength=size) for kind, pick in picks.items()}


def _population_rows(settings: WorldSettings, population: Population, year: int) -> list[dict[str, object]]:
    places, model = population.places, load_model()
    by_village = count_by_village(population, year)
    towns, counties = len(places.townships), len(places.counties)
    by_town = {kind: _sum(values, places.village_township, towns) for kind, values in by_village.items()}
    adults = by_town["aged_35_plus"]
    for programme in ("hypertension", "diabetes"):
        by_town[f"{programme}_estimate"] = np.round(adults * model[programme]["surveyed"]).astype(np.int64)
        by_town[f"{programme}_task"] = np.round(
            by_town[f"{programme}_estimate"] * model[programme]["task_share"]
        ).astype(np.int64)
    by_county = {kind: _sum(values, places.county_of_township, counties) for kind, values in by_town.items()}
    county_only = ("live_births", "aged_under_3", "registered")
    village_kinds = ("residents_year_end", "aged_65_plus", "aged_35_plus", "aged_0_6")
    levels: list[tuple[tuple[str, ...], dict[str, Any], tuple[str, ...]]] = [
        (places.counties, by_county, tuple(by_county)),
        (places.townships, by_town, tuple(kind for kind in by_town if kind not in county_only)),
        (places.villages, by_village, village_kinds),
    ]
    if settings.shape == "city":
        root = places.regions[0].code
        whole = {kind: np.array([values.sum()]) for kind, values in by_county.items()}
        levels.insert(0, ((root,), whole, tuple(whole)))
    return [
        {
            "area": pad(code),
            "year": year,
            "kind": kind,
            "value": int(counts[kind][at]),
            "source": _source(kind),
            "published_on": f"{year}-01-15" if kind.endswith("_task") else f"{year + 1}-01-20",
        }
        for codes, counts, kinds in levels
        for kind in kinds
        for at, code in enumerate(codes)
    ]


def _sum(values: NDArray[np.int64], group: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    return np.bincount(group, weights=values, minlength=size).astype(np.int64)


def _source(kind: str) -> str:
    if kind.endswith("_estimate"):
        return "35岁及以上人口×慢病监测患病率"
    if kind.endswith("_task"):
        return "年度任务分解"
    return _POLICE if kind in ("registered", "live_births") else _STATISTICS
