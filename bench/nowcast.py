"""How good the nowcast is, day by day, on outbreaks made up for it: weighted interval score and coverage, beside simpler ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.measuring import measure, tell
from wangdi.outbreaks.spread.nowcast import DelayPrior, draw_totals, geometric_hazard, tabulate_reports

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ALPHAS = (0.05, 0.5)
"""Intervals of 95 % and 50 %, with the median."""
LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)
LAST = 8
"""Days of onset that are scored: today and the seven before."""
LONGEST = 20
SEEDS = (101, 102, 103)


@dataclass(frozen=True, slots=True)
class Outbreak:
    """A way cases come and are reported. ``rate`` by day; ``delay``: mean by day of onset, of a negative binomial with size 2;
    ``begun``: the day before which nothing is reported; ``weekend``: nothing is reported then.
    """

    name: str
    rate: Callable[[Floats], Floats]
    delay: Callable[[Floats], Floats]
    begun: int = 0
    weekend: bool = False
    days: range = range(20, 60, 5)


OUTBREAKS = (
    Outbreak(
        "noticed late, first week",
        lambda t: 1 + 34 * np.exp(-(((t - 20) / 6.5) ** 2)),
        lambda t: np.where(t < 22, 6.0, 4.5),
        begun=18,
        days=range(19, 26),
    ),
    Outbreak(
        "noticed late, later weeks",
        lambda t: 1 + 34 * np.exp(-(((t - 20) / 6.5) ** 2)),
        lambda t: np.where(t < 22, 6.0, 4.5),
        begun=18,
        days=range(26, 54, 4),
    ),
    Outbreak("few cases", lambda t: np.full(len(t), 2.0), lambda t: np.full(len(t), 4.0)),
    Outbreak("growing", lambda t: 2 * np.exp(0.07 * t), lambda t: np.full(len(t), 5.0)),
    Outbreak("falling", lambda t: 60 * np.exp(-0.07 * t), lambda t: np.full(len(t), 5.0)),
    Outbreak("weekends off", lambda t: 12 + 6 * np.sin(t / 9), lambda t: np.full(len(t), 3.0), weekend=True),
)


def simulate(outbreak: Outbreak, seed: int) -> tuple[Integers, Integers]:
    """Days of onset and report of every case."""
    source = np.random.default_rng(seed)
    days = np.arange(70.0)
    onset = np.repeat(np.arange(70), source.poisson(outbreak.rate(days)))
    mean = outbreak.delay(onset.astype(np.float64))
    delay = source.negative_binomial(2, 2 / (2 + mean))
    report = np.maximum(onset + delay, np.minimum(outbreak.begun + source.poisson(1.0, len(onset)), onset + 30))
    if outbreak.weekend:
        report += np.where(report % 7 == 5, 2, np.where(report % 7 == 6, 1, 0))
    return onset, report


def score_interval(quantiles: Floats, truth: Floats) -> Floats:
    """The weighted interval score of quantiles by ``LEVELS`` (Bracher et al. 2021); smaller is better."""
    low95, low50, median, high50, high95 = quantiles
    total = 0.5 * np.abs(truth - median)
    for alpha, low, high in zip(ALPHAS, (low95, low50), (high95, high50), strict=True):
        width = high - low + 2 / alpha * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))
        total = total + alpha / 2 * width
    found: Floats = total / (len(ALPHAS) + 0.5)
    return found


def invert_share(onset: Integers, report: Integers, now: int) -> Floats:
    """What R's nowcast does at heart: counts over the share of the delay's distribution that has passed (Lawless 1994)."""
    counts = tabulate_reports(onset, report, (now - 41, now), LONGEST).counts.astype(np.float64)
    days = len(counts)
    share = np.ones(LONGEST + 1)
    for delay in range(LONGEST, 0, -1):
        whole = counts[: days - delay, : delay + 1]
        hazard = whole[:, delay].sum() / max(float(whole.sum()), 1.0)
        share[delay - 1] = share[delay] * (1 - hazard)
    seen = counts[days - LAST :].sum(axis=1)
    passed = np.clip(share[LAST - 1 :: -1], 0.02, 1.0)
    source = np.random.default_rng(now)
    missing = source.negative_binomial(seen + 0.5, passed, size=(2000, LAST))
    found: Floats = np.quantile(seen + missing, LEVELS, axis=0)
    return found


def ours(onset: Integers, report: Integers, now: int) -> Floats:
    """The nowcast as ``wangdi nowcast`` makes it."""
    triangle = tabulate_reports(onset, report, (now - 41, now), LONGEST)
    totals = draw_totals(triangle, DelayPrior(geometric_hazard(5.0, LONGEST)), now)
    found: Floats = np.quantile(totals[:, -LAST:], LEVELS, axis=0)
    return found


def naive(onset: Integers, report: Integers, now: int) -> Floats:
    """What was reported by now, taken for all there is."""
    seen = np.array(
        [((onset == day) & (report <= now)).sum() for day in range(now - LAST + 1, now + 1)], dtype=np.float64
    )
    return np.tile(seen, (len(LEVELS), 1))


def _score(outbreak: Outbreak) -> Iterator[tuple[str, float, float]]:
    for name, way in (("naive", naive), ("inverse", invert_share), ("nowcast", ours)):
        scores: list[Floats] = []
        held: list[NDArray[np.bool_]] = []
        for seed in SEEDS:
            onset, report = simulate(outbreak, seed)
            for now in outbreak.days:
                truth = np.array([(onset == day).sum() for day in range(now - LAST + 1, now + 1)], dtype=np.float64)
                quantiles = way(onset, report, now)
                scores.append(score_interval(quantiles, truth))
                held.append((quantiles[0] <= truth) & (truth <= quantiles[-1]))
        yield name, float(np.mean(scores)), float(np.mean(held))


def bench_nowcast() -> bool:
    """The score over that of the naive count, by kind of outbreak; and what one nowcast takes."""
    results: list[bool] = []
    for outbreak in OUTBREAKS:
        found = {name: (score, held) for name, score, held in _score(outbreak)}
        note = "; ".join(f"{name} {score:.2f}, holds {held:.0%}" for name, (score, held) in found.items())
        ratio = found["nowcast"][0] / found["naive"][0]
        results.append(tell(f"nowcast: {outbreak.name}, score over naive", ratio, 1.0, "times", note))
    onset, report = simulate(OUTBREAKS[0], SEEDS[0])
    _, cost = measure(lambda: ours(onset, report, 30))
    results.append(tell("nowcast: one", cost.cpu, math.inf, "cpu s"))
    return all(results)
