"""Clusters in a plain file of zones with cases, by Kulldorff's scan statistic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.space.circles import Circles, list_windows
from wangdi.outbreaks.space.maxima import Scan
from wangdi.outbreaks.space.reading import Zones, read_zones
from wangdi.outbreaks.space.scan import Chances, Cluster, scan_study, tell_radius
from wangdi.outbreaks.space.study import Model, build_study

COLUMNS = (
    "rank", "ids", "cases", "expected", "llr", "p_value", "p_gumbel", "relative_risk", "population", "center", "radius", "start",
    "end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClustersAsked:
    """Which file, and how it is scanned.

    ``model``: empty for the one that fits the columns. ``max_share``: the most of all people (cases, for permutation) a circle
    may hold; ``max_radius`` in kilometres, or the unit of x and y. ``max_window`` in time steps, half of them by default.
    ``most``: how many clusters are told.
    """

    cases: Path
    model: str = ""
    max_share: float = 0.5
    max_radius: float | None = None
    max_window: int | None = None
    prospective: bool = False
    most: int = 10


def find_clusters(asked: ClustersAsked, chances: Chances, tell: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """The clusters of a file, the likeliest first.

    Grain: one row per cluster; clusters have no zone in common.
    Units: radius in kilometres for degrees, else the unit of x and y.
    Errors: SPREAD-001 to SPREAD-006, SPACE-001 to SPACE-009.
    """
    if not 0 < asked.max_share <= 1:
        raise Refusal(Problem(code="SPACE-006", args={"share": f"{asked.max_share:g}"}))
    zones = read_zones(asked.cases)
    model = Model(asked.model) if asked.model else _fitting(zones)
    scan = _plan_scan(asked, zones, model)
    clusters = scan_study(scan, chances, asked.most, tell)
    return {
        "model": str(model),
        "zones": len(zones.ids),
        "steps": zones.cases.shape[1],
        "cases": int(zones.cases.sum()),
        "replicates": chances.replicates,
        "seed": chances.seed,
        "rows": [_tell_cluster(scan, zones, one, rank) for rank, one in enumerate(clusters, start=1)],
    }


def _fitting(zones: Zones) -> Model:
    return Model.permutation if zones.population is None and zones.expected is None else Model.poisson


def _plan_scan(asked: ClustersAsked, zones: Zones, model: Model) -> Scan:
    """The study with its circles and stretches of time."""
    times = zones.cases.shape[1]
    longest = asked.max_window if asked.max_window is not None else max(1, times // 2)
    if not 1 <= longest <= times:
        raise Refusal(Problem(code="SPACE-007", args={"window": str(longest), "steps": str(times)}))
    if model is Model.permutation:
        if times == 1:
            raise Refusal(Problem(code="SPACE-004", file=asked.cases.name))
        people = weights = zones.cases.astype(np.float64)
    else:
        held = zones.expected if zones.expected is not None and model is Model.poisson else zones.population
        if held is None:
            args = {"names": "population", "columns": "id, cases"}
            raise Refusal(Problem(code="SPREAD-002", file=asked.cases.name, args=args))
        _check_people(asked.cases, zones, model, held)
        people, weights = held, zones.population if zones.population is not None else held
    by_zone = weights.sum(axis=1)
    circles = Circles(
        zones.points, by_zone, asked.max_share * float(by_zone.sum()), asked.max_radius or np.inf, zones.sphere
    )
    return Scan(build_study(model, zones.cases, people), circles, list_windows(times, longest, asked.prospective))


def _check_people(path: Path, zones: Zones, model: Model, people: Any) -> None:
    """Errors: SPACE-003 cases where nobody is, SPACE-005 more cases than people, or people that are no whole number."""
    nobody = (zones.cases > 0) & (people == 0)
    if nobody.any():
        raise Refusal(Problem(code="SPACE-003", file=path.name, args={"zone": zones.ids[int(nobody.any(1).argmax())]}))
    if model is Model.bernoulli:
        wrong = (zones.cases > people) | (people != np.round(people))
        if wrong.any():
            zone = zones.ids[int(wrong.any(1).argmax())]
            raise Refusal(Problem(code="SPACE-005", file=path.name, args={"zone": zone}))


def _tell_cluster(scan: Scan, zones: Zones, cluster: Cluster, rank: int) -> dict[str, Any]:
    window, total = cluster.window, scan.study.likelihood.cases
    outside = total - cluster.expected
    rate = (total - window.cases) / outside if outside > 0 else 0.0
    inside = window.cases / cluster.expected if cluster.expected else np.inf
    held = None if zones.population is None else zones.population[window.zones, window.begin : window.end]
    return {
        "rank": rank,
        "ids": [zones.ids[zone] for zone in window.zones],
        "cases": window.cases,
        "expected": cluster.expected,
        "llr": window.ratio,
        "p_value": cluster.p_value,
        "p_gumbel": cluster.p_gumbel,
        "relative_risk": inside / rate if rate and np.isfinite(inside) else None,
        "population": None if held is None else float(held.sum() / held.shape[1]),
        "center": zones.ids[int(window.zones[0])],
        "radius": tell_radius(scan.circles, window),
        "start": _written(zones.name_time(window.begin)),
        "end": _written(zones.name_time(window.end - 1)),
    }


def _written(time: Any) -> Any:
    return time if time is None or isinstance(time, int) else time.isoformat()
