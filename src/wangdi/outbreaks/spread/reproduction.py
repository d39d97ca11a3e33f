"""The reproduction number over time: how many others each case infects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from wangdi.outbreaks.spread.serial import Floats, mean_interval

Integers = NDArray[np.int64]

LEVELS = (0.025, 0.5, 0.975)
PRIOR_MEAN, PRIOR_SD = 5.0, 5.0
"""Large and wide on purpose: without data nobody should be told that an outbreak is under control (Cori et al. 2013)."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cases by day of onset. ``imported``: those of them infected elsewhere; they infect others but are nobody's doing here."""

    cases: Integers
    imported: Integers


@dataclass(frozen=True, slots=True)
class Estimate:
    """The reproduction number of one window of time, days counted from 1.

    Missing: all None where the window ends before one mean interval has passed, or holds no case (Wallinga-Teunis).
    """

    t_start: int
    t_end: int
    mean: float | None = None
    sd: float | None = None
    quantiles: tuple[float | None, ...] = (None, None, None)


def place_windows(days: int, window: int) -> list[tuple[int, int]]:
    """Every window of so many days, from the second day on: the first has nobody before it."""
    return [(start, start + window - 1) for start in range(2, days - window + 2)]


def infectiousness(cases: Integers, interval: Floats) -> Floats:
    """How infectious all earlier cases together are on each day: the sum over s of w(s) I(t - s)."""
    weights = interval[: len(cases)]
    summed: Floats = np.convolve(cases, weights)[: len(cases)]
    return summed


def _posterior(incidence: Incidence, interval: Floats, start: int, end: int) -> tuple[float, float]:
    """Shape and scale of the gamma distribution of R in a window."""
    shape, scale = (PRIOR_MEAN / PRIOR_SD) ** 2, PRIOR_SD**2 / PRIOR_MEAN
    local = incidence.cases - incidence.imported
    force = infectiousness(incidence.cases, interval)
    return shape + float(local[start - 1 : end].sum()), 1 / (1 / scale + float(force[start - 1 : end].sum()))


def estimate_cori(incidence: Incidence, interval: Floats, window: int) -> list[Estimate]:
    """R of each window with a known serial interval.

    Rule: Cori et al. 2013: given R, local cases are Poisson with mean R times the infectiousness; with a gamma prior (mean 5,
    sd 5) R is gamma: shape a + sum I, rate 1/b + sum of infectiousness.
    """
    passed = mean_interval(interval)
    found: list[Estimate] = []
    for start, end in place_windows(len(incidence.cases), window):
        if end <= passed:
            found.append(Estimate(start, end))
            continue
        shape, scale = _posterior(incidence, interval, start, end)
        quantiles = tuple(float(one) for one in gamma.ppf(LEVELS, shape, scale=scale))
        found.append(Estimate(start, end, shape * scale, float(np.sqrt(shape)) * scale, quantiles))
    return found


def estimate_uncertain(
    incidence: Incidence, intervals: list[Floats], window: int, draws: int, seed: int
) -> list[Estimate]:
    """R of each window when the serial interval is known as a sample of intervals: ``draws`` from each one's posterior.

    Rule: Cori et al. 2013, Monte Carlo over the interval. Mean and sd are those of the mixture, not of the draws.
    """
    source = np.random.default_rng(seed)
    passed = max(mean_interval(one) for one in intervals)
    found: list[Estimate] = []
    for start, end in place_windows(len(incidence.cases), window):
        if end <= passed:
            found.append(Estimate(start, end))
            continue
        shape, scale = np.array([_posterior(incidence, one, start, end) for one in intervals]).T
        mean = float((shape * scale).mean())
        square = float((shape * (shape + 1) * scale**2).mean())
        drawn = source.gamma(shape, scale, (draws, len(intervals)))
        quantiles = tuple(float(one) for one in np.quantile(drawn, LEVELS))
        found.append(Estimate(start, end, mean, float(np.sqrt(square - mean**2)), quantiles))
    return found


def estimate_wallinga_teunis(
    incidence: Incidence, interval: Floats, window: int, trees: tuple[int, int]
) -> list[Estimate]:
    """How many others the cases with onset in each window went on to infect. ``trees``: how many, and their seed.

    Rule: Wallinga and Teunis 2004: a case of day j was infected by a case of day i with a chance in proportion to w(j - i). The
    mean is exact; sd and quantiles are of trees of infection drawn from these chances.
    """
    cases, days = incidence.cases, len(incidence.cases)
    local = cases - incidence.imported
    lags = np.arange(days)[None, :] - np.arange(days)[:, None]
    weights = np.where(lags > 0, np.append(interval, np.zeros(days))[np.maximum(lags, 0)], 0.0) * cases[:, None]
    force = weights.sum(axis=0)
    chance = np.divide(weights, force, out=np.zeros_like(weights), where=force > 0)
    offspring = chance @ np.where(force > 0, local, 0)
    count, seed = trees
    source = np.random.default_rng(seed)
    drawn = np.zeros((count, days))
    for day in np.flatnonzero((force > 0) & (local > 0)):
        drawn += source.multinomial(local[day], chance[:, day], size=count)
    passed = mean_interval(interval)
    found: list[Estimate] = []
    for start, end in place_windows(days, window):
        here = slice(start - 1, end)
        people = int(cases[here].sum())
        if end <= passed or not people:
            found.append(Estimate(start, end))
            continue
        each = drawn[:, here].sum(axis=1) / people
        spread = float(each.std(ddof=1)) if count > 1 else None
        quantiles = tuple(float(one) for one in np.quantile(each, LEVELS)) if count else (None, None, None)
        found.append(Estimate(start, end, float(offspring[here].sum()) / people, spread, quantiles))
    return found
