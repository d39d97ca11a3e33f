"""Scanning a district: 3,000 zones, 14 days, 999 replicates, on two processes; the daily scan and the one that looks back."""

from __future__ import annotations

import os

import numpy as np

from bench.measuring import measure, tell
from wangdi.outbreaks.space.circles import Circles, list_windows
from wangdi.outbreaks.space.maxima import Scan
from wangdi.outbreaks.space.scan import Chances, scan_study
from wangdi.outbreaks.space.study import Model, build_study

ZONES, DAYS = 3_000, 14
LIMIT = 10.0
"""Seconds on two cores."""
CHANCES = Chances(999, 1, 2)


def made_up(rate: float, prospective: bool) -> Scan:
    """Zones at random with 500 to 5,000 people, cases at one rate a zone and day, and one township with twice that."""
    source = np.random.default_rng(5)
    points = source.random((ZONES, 2)) * 100
    people = np.repeat(source.integers(500, 5_000, (ZONES, 1)), DAYS, axis=1).astype(np.float64)
    raised = np.ones((ZONES, DAYS))
    near = np.argsort(((points - 50) ** 2).sum(axis=1))[:40]
    raised[near, DAYS - 5 :] = 2.0
    cases = source.poisson(rate * people / people.mean() * raised)
    weights = people[:, 0]
    circles = Circles(points, weights, 0.5 * float(weights.sum()))
    return Scan(build_study(Model.poisson, cases, people), circles, list_windows(DAYS, DAYS // 2, prospective))


def bench_scan() -> bool:
    """Processor seconds of all processes over two: what it takes on two cores that do nothing else."""
    results: list[bool] = []
    for rate in (0.02, 0.1):
        for prospective, name in ((True, "prospective"), (False, "retrospective")):
            scan = made_up(rate, prospective)
            before = os.times()
            clusters, cost = measure(lambda scan=scan: scan_study(scan, CHANCES, 10))  # type: ignore[misc]
            after = os.times()
            spent = sum(after[place] - before[place] for place in range(4)) / CHANCES.processes
            first = clusters[0]
            note = f"{scan.study.cases.sum():,} cases, LLR {first.window.ratio:.2f}, wall {cost.wall:.1f} s"
            results.append(tell(f"scan: {name}, {rate:g} cases a zone and day", spent, LIMIT, "s", note))
    return all(results)
