"""The serial interval: how many days lie between the onset of a case and of those it infects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma, truncnorm

Floats = NDArray[np.float64]


def discretise_gamma(mean: float, sd: float, days: int) -> Floats:
    """The chance of each interval from 0 to ``days`` - 1 days, for a gamma distribution shifted by one day.

    Rule: Cori et al. 2013, appendix 11: the gamma has mean - 1 and sd; the chance of k days is the integral of its density times
    the triangle around k that two days of unknown hour make. Nobody infects within the day.
    """
    shape, scale = ((mean - 1) / sd) ** 2, sd**2 / (mean - 1)
    day = np.arange(days, dtype=np.float64)
    up_to = {
        (back, more): gamma.cdf(np.maximum(day - back, 0), shape + more, scale=scale)
        for back in (0, 1, 2)
        for more in (0, 1)
    }
    chance = day * up_to[0, 0] + (day - 2) * up_to[2, 0] - 2 * (day - 1) * up_to[1, 0]
    chance += shape * scale * (2 * up_to[1, 1] - up_to[2, 1] - up_to[0, 1])
    found: Floats = np.maximum(chance, 0)
    return found


def mean_interval(interval: Floats) -> float:
    """The mean of an interval's distribution, as it stands (not brought to a sum of one)."""
    return float(np.arange(len(interval)) @ interval)


def draw_intervals(
    means: tuple[float, float, float, float], sds: tuple[float, float, float, float], count: int, seed: int
) -> list[tuple[float, float]]:
    """Pairs of a mean and an sd, each from a normal distribution cut off at both ends: (mean, sd, least, most).

    Rule: as Cori et al. 2013 have it, a pair whose sd is not below its mean is drawn again.
    """
    source = np.random.default_rng(seed)
    pairs: list[tuple[float, float]] = []
    while len(pairs) < count:
        wanted = 2 * (count - len(pairs))
        drawn = [_draw_cut(one, wanted, source) for one in (means, sds)]
        pairs += [(mean, sd) for mean, sd in zip(*(part.tolist() for part in drawn), strict=True) if sd < mean]
    return pairs[:count]


def _draw_cut(normal: tuple[float, float, float, float], count: int, source: np.random.Generator) -> Floats:
    centre, spread, least, most = normal
    if spread == 0:
        return np.full(count, centre)
    ends = ((least - centre) / spread, (most - centre) / spread)
    drawn: Floats = truncnorm.rvs(*ends, loc=centre, scale=spread, size=count, random_state=source)
    return drawn
