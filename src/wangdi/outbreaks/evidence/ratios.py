"""How much more likely so many extra cases make a count: the likelihood ratio of an outbreak against none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from wangdi.outbreaks.series import Floats

SIZES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
"""Sizes of an outbreak looked for, in standard deviations of the week: from one nobody would see to one nobody would miss."""

ONSETS = (0.5, 0.417)
"""Shares of an outbreak's cases that fall into its first and its second week: lognormal delays with a median of one week."""

LEAST_MEAN = 0.05
"""A place that had no case in years may still have one: without a floor a single case would prove anything."""

POISSON = 1.001


@dataclass(frozen=True, slots=True)
class Expectation:
    """Counts and what was expected, last axis: now, the period before. ``sizes``: of the outbreaks looked for.

    Grain: one row a series, one column a period judged.
    """

    counts: Floats
    mean: Floats
    dispersion: Floats
    sizes: tuple[float, ...] = SIZES

    def usable(self) -> np.ndarray:
        """Where there is a count and an expectation for now."""
        found: np.ndarray = np.isfinite(self.counts[..., 0]) & np.isfinite(self.mean[..., 0])
        return found


def thin(mean: Floats, dispersion: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Mean and dispersion of a count of which only a share is known yet."""
    return mean * known, 1 + known * (dispersion - 1)


def log_likelihood(count: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Negative binomial of variance ``dispersion`` times the mean, Poisson where that is 1; without the part of the count alone."""
    over = np.maximum(dispersion, POISSON)
    size = mean / (over - 1)
    overdispersed = (
        special.gammaln(count + size) - special.gammaln(size) - size * np.log(over) + count * np.log1p(-1 / over)
    )
    found: Floats = np.where(dispersion > POISSON, overdispersed, count * np.log(mean) - mean)
    return found


def outbreak_ratios(given: Expectation, known: Floats) -> Floats:
    """The logarithm of the likelihood ratio of each outbreak looked for, first axis: sizes by onsets (now; a period ago).

    An outbreak's cases come on top of the others and vary as Poisson's. ``known``: the share known by now of each period, last
    axis as in ``given``. Missing: 0 where nothing is known: it speaks neither way.
    """
    found = []
    for size in given.sizes:
        extra = [_extra(given, known, size, share) for share in ONSETS]
        first_now = _log_ratio(given, 0, extra[0][..., 0])
        second_now = _log_ratio(given, 0, extra[1][..., 0])
        first_before = _log_ratio(given, 1, extra[0][..., 1])
        found += [first_now, second_now + first_before]
    return np.stack(found)


def _extra(given: Expectation, known: Floats, size: float, share: float) -> Floats:
    mean = np.maximum(given.mean / np.maximum(known, 1e-9), LEAST_MEAN)
    whole_dispersion = 1 + (given.dispersion - 1) / np.maximum(known, 1e-9)
    extra: Floats = size * np.sqrt(mean * whole_dispersion) * share * known
    return extra


def _log_ratio(given: Expectation, lag: int, extra: Floats) -> Floats:
    count, dispersion = given.counts[..., lag], given.dispersion[..., lag]
    mean = np.maximum(given.mean[..., lag], LEAST_MEAN)
    together = (mean * dispersion + extra) / (mean + extra)

    def ratio(of: Floats) -> Floats:
        return log_likelihood(of, mean + extra, together) - log_likelihood(of, mean, dispersion)

    # An outbreak's cases vary less than a wide background: far above what it would bring the ratio falls again, though nothing
    # else explains so many cases.
    found = np.maximum(ratio(count), ratio(np.minimum(count, mean + extra)))
    return np.where(np.isfinite(found), found, 0.0)
