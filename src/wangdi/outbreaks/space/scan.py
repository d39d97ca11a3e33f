"""The scan statistic: the windows that stand out most, and how often chance alone makes one that stands out as much."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wangdi.outbreaks.space.circles import Circles, Floats, Integers
from wangdi.outbreaks.space.likelihood import find_limit
from wangdi.outbreaks.space.maxima import Scan, find_maxima

ALIKE = 1e-9
"""Ratios closer than this share of themselves are one ratio: sums in another order differ by rounding."""
WORTH_IT = 3e8
"""Windows times replicates from which several processes are worth starting."""
STRETCH = 32
"""Circles around a zone that are bounded together."""
NUMBERS = 5e7
"""Counts of replicates that one process holds at once."""


@dataclass(frozen=True, slots=True)
class Window:
    """A circle over a stretch of time. ``zones``: from its centre outwards; ``begin`` (included), ``end`` (not included)."""

    zones: Integers
    begin: int
    end: int
    cases: int
    size: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A window that stands out, with how often chance makes its like.

    ``p_value``: the share of replicates (and this study) whose largest ratio is at least as large. ``p_gumbel``: the same from
    a Gumbel distribution through the replicates, which also tells small values apart (Abrams et al. 2010).
    Missing: both are None without replicates; ``p_gumbel`` also where all replicates have one maximum.
    """

    window: Window
    expected: float
    p_value: float | None
    p_gumbel: float | None


@dataclass(frozen=True, slots=True)
class Chances:
    """How many replicates are drawn, from which seed, on how many processes. The answer does not depend on the last."""

    replicates: int = 999
    seed: int = 1
    processes: int = 1


def scan_study(scan: Scan, chances: Chances, most: int, tell: Callable[[], None] = lambda: None) -> list[Cluster]:
    """The clusters of a study, the likeliest first; the others hold no zone of one before.

    Rule: Kulldorff 1997. The first is always told; others only where their ratio is above the smallest maximum of the
    replicates, below which the p-value is 1 whatever they are. At most ``most``.
    """
    maxima = draw_maxima(scan, chances, tell)
    floor = float(maxima.min()) * (1 - ALIKE) if len(maxima) else 0.0
    windows = find_windows(scan, floor, most) or find_windows(scan, 0.0, 1)
    likelihood = scan.study.likelihood
    return [
        Cluster(one, float(likelihood.expected(one.size)), rank_ratio(one.ratio, maxima), fit_gumbel(one.ratio, maxima))
        for one in windows
    ]


def draw_maxima(scan: Scan, chances: Chances, tell: Callable[[], None] = lambda: None) -> Floats:
    """The largest ratio of each replicate."""
    zones, times = scan.study.cases.shape
    work = zones**2 * len(scan.windows.ends) * chances.replicates
    processes = chances.processes if work > WORTH_IT else 1
    portion = max(1, min(-(-chances.replicates // processes), int(NUMBERS // (zones * times))))
    portions = [range(low, min(low + portion, chances.replicates)) for low in range(0, chances.replicates, portion)]
    found: list[Floats] = []
    if processes == 1:
        for one in portions:
            found.append(find_maxima(scan, chances.seed, one))
            tell()
    else:
        # A fresh interpreter for each: a copy of this one could hold locks of threads it does not have.
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            for maxima in pool.map(find_maxima, [scan] * len(portions), [chances.seed] * len(portions), portions):
                found.append(maxima)
                tell()
    return np.concatenate([np.empty(0), *found])


def rank_ratio(ratio: float, maxima: Floats) -> float | None:
    """The Monte Carlo p-value of a ratio: its rank among the replicates' largest."""
    if not len(maxima):
        return None
    return float((1 + np.count_nonzero(maxima >= ratio * (1 - ALIKE))) / (1 + len(maxima)))


def fit_gumbel(ratio: float, maxima: Floats) -> float | None:
    """The p-value of a ratio by a Gumbel distribution with the mean and standard deviation of the replicates' largest."""
    spread = float(np.std(maxima, ddof=1)) if len(maxima) > 1 else 0.0
    if spread == 0:
        return None
    scale = spread * np.sqrt(6) / np.pi
    return float(-np.expm1(-np.exp(-(ratio - (float(maxima.mean()) - np.euler_gamma * scale)) / scale)))


def find_windows(scan: Scan, floor: float, most: int) -> list[Window]:
    """The windows with the largest ratios above ``floor``, each with no zone of one before."""
    table = scan.study.likelihood.limits(floor)
    cases, sizes = (_sum_over_time(part) for part in (scan.study.cases, scan.study.sizes))
    taken = np.zeros(len(cases), dtype=bool)

    def look(zone: int) -> Window | None:
        return _find_best(scan, (cases, sizes), zone, (table, floor, taken))

    best = [look(zone) for zone in range(len(cases))]
    found: list[Window] = []
    while len(found) < most:
        standing = [(_order(one), zone) for zone, one in enumerate(best) if one is not None]
        if not standing:
            break
        first = best[min(standing)[1]]
        assert first is not None, "only zones with a window are standing"
        found.append(first)
        taken[first.zones] = True
        best = [look(zone) if one is not None and taken[one.zones].any() else one for zone, one in enumerate(best)]
    return found


def _order(window: Window) -> tuple[float, int, int]:
    """The largest ratio first; of several the one with fewest zones, then the shortest."""
    return float(-np.round(window.ratio, 9)), len(window.zones), window.end - window.begin


def _find_best(
    scan: Scan, summed: tuple[Floats, Floats], zone: int, wanted: tuple[NDArray[np.int32], float, NDArray[np.bool_]]
) -> Window | None:
    """The best window around a zone that holds no zone taken and whose ratio is above the floor."""
    cases, sizes = summed
    table, floor, taken = wanted
    order, ends = scan.circles.around(zone)
    touched = np.flatnonzero(taken[order])
    ends = ends[ends <= touched[0]] if len(touched) else ends
    if not len(ends):
        return None
    order = order[: ends[-1]]
    windows, likelihood = scan.windows, scan.study.likelihood
    up_to = [np.cumsum(part[order], axis=0)[ends - 1] for part in (cases, sizes)]

    def within(part: int, circles: Integers) -> Floats:
        found: Floats = up_to[part][circles]
        return found[:, windows.ends] - found[:, windows.begins]

    # Cases of the largest circle of a stretch, in the size of its smallest, bound all of it.
    firsts = np.arange(0, len(ends), STRETCH)
    lasts = np.minimum(firsts + STRETCH, len(ends)) - 1
    reached = (within(0, lasts) >= find_limit(table, likelihood.expected(within(1, firsts)))).any(axis=1)
    looked = np.flatnonzero(np.repeat(reached, lasts - firsts + 1))
    inside, large = within(0, looked), within(1, looked)
    circle, window = np.nonzero(inside >= find_limit(table, likelihood.expected(large)))
    ratios = likelihood.ratio(inside[circle, window], large[circle, window])
    if not len(ratios) or ratios.max() <= floor:
        return None
    best = int(np.argmax(ratios > ratios.max() * (1 - ALIKE)))
    row, column = circle[best], window[best]
    return Window(
        order[: ends[looked[row]]],
        int(windows.begins[column]),
        int(windows.ends[column]),
        int(inside[row, column]),
        float(large[row, column]),
        float(ratios[best]),
    )


def _sum_over_time(values: Floats | Integers) -> Floats:
    summed = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=summed[:, 1:])
    return summed


def tell_radius(circles: Circles, window: Window) -> float:
    """How far a window's furthest zone is from its centre, in the unit of the points."""
    return circles.distance(int(window.zones[0]), int(window.zones[-1]))
