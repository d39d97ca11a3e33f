"""The daily run of a city, and what it sends where nothing is wrong."""

from __future__ import annotations

import numpy as np

from bench.measuring import measure, tell
from wangdi.outbreaks.surveillance.cases import NOWHERE, Cases, Site, Township
from wangdi.outbreaks.surveillance.day import Watched, run_days
from wangdi.outbreaks.surveillance.settings import read_surveillance_settings
from wangdi.outbreaks.surveillance.streams import Behind, Source, StreamCounts
from wangdi.outbreaks.surveillance.unusual import find_unusual

COUNTIES, TOWNSHIPS, DISEASES, YEARS, STREAMS, SOURCES = 6, 20, 40, 6, 10, 120
DAY_LIMIT = 10.0
FALSE_LIMIT = 0.15
"""Findings a day in a year without an outbreak, of one county: weather, weekdays and years vary, nothing else does."""
LAST = int(np.datetime64("2025-12-31").astype("datetime64[D]").astype(np.int64))


def bench_watch() -> bool:
    """40 diseases by 120 townships and ten streams of 120 sources: one day, all methods; then a county's quiet years."""
    settings = read_surveillance_settings()
    city = draw_city(1, COUNTIES, 300_000.0)
    streams = tuple(_draw_stream(number) for number in range(STREAMS))
    watched = Watched(city, streams)
    run, cost = measure(lambda: run_days(watched, [LAST], settings), runs=3)
    note = f"{len(city.day):,} cards; wall {cost.wall:.1f} s; failed {len(run.failed)}"
    results = [tell("a day of a city, all methods", cost.cpu, DAY_LIMIT, "cpu s", note)]
    found, chance = 0, 0.0
    for seed in range(2, 5):
        told, by_chance = find_unusual(draw_city(seed, 1, 30_000.0), range(LAST - 364, LAST + 1), settings.unusual)
        found, chance = found + len(told), chance + by_chance
    days = 3 * 365
    results.append(
        tell(
            "findings a day in quiet years of a county", found / days, FALSE_LIMIT, "", f"by chance {chance / days:.3f}"
        )
    )
    return all(results)


def draw_city(seed: int, counties: int, people: float) -> Cases:
    """Six years of cases: season, weekday, good and bad years, low years, townships that always have more; no outbreak."""
    rng = np.random.default_rng(seed)
    places = tuple(
        Township(
            f"99{county:02d}01{number:03d}000",
            f"{county}-{number}",
            f"99{county:02d}01000000",
            160 + county / 3 + rng.uniform(0, 0.3),
            rng.uniform(0, 0.3),
            people / TOWNSHIPS * rng.uniform(0.4, 1.6),
        )
        for county in range(counties)
        for number in range(TOWNSHIPS)
    )
    sizes = np.array([place.people for place in places])
    days = np.arange(LAST - 365 * YEARS, LAST + 1)
    low = np.where((days >= 18284) & (days < 19358), 0.4, 1.0)  # 2020-01-23 to 2022-12-31
    weekday = np.where(np.isin(days % 7, (2, 3)), 0.5, 1.2)
    parts = []
    for disease in range(DISEASES):
        rate = np.exp(rng.normal(np.log(15), 1.3)) / 1e5 / 365
        season = 1 + rng.uniform(0, 0.9) * np.cos(2 * np.pi * (days - rng.integers(365)) / 365)
        yearly = np.exp(rng.normal(0, 0.25, YEARS + 1))[(days - days[0]) // 365]
        local = rng.gamma(8, 1 / 8, (len(places), 1))
        at, on = np.nonzero(drawn := rng.poisson(rate * sizes[:, None] * local * season * yearly * low * weekday))
        times = drawn[at, on]
        parts.append(np.stack([np.full(times.sum(), disease), np.repeat(at, times), days[np.repeat(on, times)]]))
    disease, place, day = np.concatenate(parts, axis=1)
    order = np.argsort(day, kind="stable")
    disease, place, day = disease[order], place[order], day[order]
    sites = tuple(Site(f"s{number}", "学校") for number in range(10 * len(places)))
    site = np.where(rng.random(len(day)) < 0.3, rng.integers(0, len(sites), len(day)), NOWHERE)
    none, no = np.full(len(day), NOWHERE), np.zeros(len(day), dtype=bool)
    codes = tuple(f"{number:04d}" for number in range(DISEASES))
    return Cases(codes, places, sites, disease, place, site, none, day, np.arange(1, len(day) + 1), no, no, no)


def _draw_stream(number: int) -> StreamCounts:
    rng = np.random.default_rng(number)
    counts = rng.poisson(rng.gamma(4, 2, (SOURCES, 1)), (SOURCES, 800)).astype(np.float64)
    counts[:, (LAST - 799 + np.arange(800)) % 7 == 3] = np.nan
    sources = tuple(Source(f"{row}", f"{row}", "") for row in range(SOURCES))
    return StreamCounts(
        f"stream{number}",
        sources,
        LAST - 799,
        counts,
        np.full(counts.shape, np.nan),
        Behind(np.arange(counts.size), np.ones(counts.size, dtype=np.int64)),
    )
