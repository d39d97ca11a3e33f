"""How many cases are to be expected by chance: tails and quantiles of Poisson and negative binomial, whole arrays at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wangdi.outbreaks.series import Bools, Floats

FUZZ = 64 * float(np.finfo(np.float64).eps)
"""A probability reached to within this is reached, as in R's quantile functions."""

NO_LONGER_COUNTED = 1e14
"""From such a mean on (that of a fit gone astray) the quantile is the mean: more digits than a number holds."""


def count_at_least(count: npt.ArrayLike, mean: npt.ArrayLike, dispersion: npt.ArrayLike) -> Floats:
    """The probability of this many cases or more.

    Negative binomial of variance ``dispersion`` times ``mean``; Poisson where the dispersion is 1. Missing: NaN stays NaN.
    """
    y, mu, phi = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (count, mean, dispersion)),
    )
    tail = special.gammainc(np.maximum(y, 1e-300), mu)
    over = phi > 1
    if over.any():
        size, share = mu[over] / (phi[over] - 1), 1 / phi[over]
        tail = np.array(tail)
        tail[over] = special.betainc(np.maximum(y[over], 1e-300), size, 1 - share)
    return np.where(np.isnan(y + mu + phi), np.nan, np.where(y <= 0, 1.0, tail))


def count_quantile(level: float, mean: npt.ArrayLike, dispersion: npt.ArrayLike) -> Floats:
    """The smallest count that is not exceeded with probability ``level``; NaN where the mean is not finite."""
    mu, phi = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (mean, dispersion)))
    usable = np.isfinite(mu) & np.isfinite(phi) & (mu < NO_LONGER_COUNTED)
    found = np.where(np.isfinite(mu) & np.isfinite(phi), mu, np.nan)
    found[usable] = _quantile(level, mu[usable], phi[usable])
    return found


def _quantile(level: float, mu: Floats, phi: Floats) -> Floats:
    """Begin near, by Cornish and Fisher, widen until the quantile lies between, halve."""
    spread, normal = np.sqrt(mu * phi), float(special.ndtri(level))
    skewness = np.divide(2 * phi - 1, spread, out=np.zeros_like(spread), where=spread > 0)
    near = np.maximum(np.floor(mu + spread * (normal + skewness * (normal**2 - 1) / 6)), 0.0)
    unlikely = (1 - level) * (1 + FUZZ)

    def too_few(counts: Floats, fits: Bools) -> Bools:
        found: Bools = count_at_least(counts[fits] + 1, mu[fits], phi[fits]) > unlikely
        return found

    reach = np.maximum(2.0, np.floor(spread / 8))
    low, high = np.maximum(near - reach, -1.0), near + reach
    step, wide = reach.copy(), np.ones(near.shape, dtype=bool)
    while wide.any():
        wide[wide] = too_few(high, wide)
        high[wide] += step[wide]
        step[wide] *= 2
    step, wide = reach.copy(), low >= 0
    while wide.any():
        wide[wide] = ~too_few(low, wide)
        low[wide] = np.maximum(low[wide] - step[wide], -1.0)
        step[wide] *= 2
        wide &= low >= 0
    while (wide := high - low > np.maximum(1.0, high * FUZZ)).any():
        middle = np.floor((low + high) / 2)
        few = np.zeros(near.shape, dtype=bool)
        few[wide] = too_few(middle, wide)
        low, high = np.where(few, middle, low), np.where(wide & ~few, middle, high)
    return high
