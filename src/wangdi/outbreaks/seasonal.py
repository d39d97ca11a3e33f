"""A plain season: level, harmonics and perhaps a trend, fitted to everything before a period, Poisson or negative binomial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from wangdi.outbreaks.series import Floats, Ints, Panel

ROUNDS = 50
CLOSE = 1e-10
ALTERNATIONS = 25
STEPS = 24
CLOSE_SIZE = float(np.finfo(np.float64).eps) ** 0.25
"""The last two are those of MASS."""

SMALLEST_SIZE, LARGEST_SIZE = 1e-6, 1e10


@dataclass(frozen=True, slots=True)
class Season:
    """A fitted season; ``size`` is that of the negative binomial (infinite: Poisson). Grain: one row a series."""

    coef: Floats
    freq: int
    harmonics: int
    with_trend: bool
    centre: float
    size: Floats

    def predict(self, weeks: Ints) -> Floats:
        """The mean at periods, by their index."""
        with np.errstate(over="ignore"):
            mean: Floats = np.exp(
                self.coef @ _columns(weeks, self.freq, self.harmonics, self.with_trend, self.centre).T
            )
        return mean


def fit_season(
    panel: Panel, first: int, harmonics: int = 1, with_trend: bool = False, negative_binomial: bool = False
) -> Season:
    """Fit to the periods before ``first``.

    Rule: Hohle and Paul 2008, Computational Statistics and Data Analysis 52: 4357-4368, section 2; Venables and Ripley 2002, 7.4,
    for the alternation between mean and size.
    Missing: unknown counts are left out; a series without a case has a mean of nearly 0.
    """
    before = panel.observed[:, :first]
    known = np.isfinite(before).astype(np.float64)
    y = np.nan_to_num(before)
    centre = (first - 1) / 2
    columns = _columns(np.arange(first), panel.freq, harmonics, with_trend, centre)
    size = np.full(len(panel), np.inf)
    coef = _fit_mean(columns, y, known, size, np.zeros((len(panel), columns.shape[1])))
    if negative_binomial:
        size, coef = _alternate(columns, y, known, coef)
    return Season(coef, panel.freq, harmonics, with_trend, centre, size)


def _columns(weeks: Ints, freq: int, harmonics: int, with_trend: bool, centre: float) -> Floats:
    angle = 2 * np.pi / freq * (np.asarray(weeks, dtype=np.float64) + 1)
    parts = [np.ones_like(angle)]
    for order in range(1, harmonics + 1):
        parts += [np.cos(order * angle), np.sin(order * angle)]
    if with_trend:
        parts.append((weeks - centre) / freq)
    return np.stack(parts, axis=1)


def _fit_mean(columns: Floats, y: Floats, known: Floats, size: Floats, begin: Floats) -> Floats:
    """The mean at a given size, by Fisher scoring, all series at once."""
    coef = begin.copy()
    fresh = ~coef.any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(np.maximum((y * known).sum(axis=1) / known.sum(axis=1), 1e-10))
    coef[fresh, 0] = np.nan_to_num(level[fresh], nan=-23.0)
    share = np.divide(1.0, size, out=np.zeros_like(size), where=np.isfinite(size))[:, None]
    for _ in range(ROUNDS):
        with np.errstate(over="ignore"):
            mean = np.exp(coef @ columns.T)
        weight = known / (1 + mean * share)
        information = np.einsum("bn,np,nq->bpq", weight * mean, columns, columns, optimize=True)
        information += np.eye(columns.shape[1]) * 1e-12
        slope = (weight * (y - mean)) @ columns
        step = np.linalg.solve(information, slope[..., None])[..., 0]
        largest = np.abs(step).max(axis=1)
        step *= np.where(largest > 2, 2 / np.maximum(largest, 2), 1.0)[:, None]
        coef += step
        if (step * slope).sum(axis=1).max(initial=0.0) < CLOSE:
            break
    return coef


def _alternate(columns: Floats, y: Floats, known: Floats, coef: Floats) -> tuple[Floats, Floats]:
    """Size by maximum likelihood, then the mean again, until neither moves."""
    size = np.full(len(y), np.inf)
    for _ in range(ALTERNATIONS):
        with np.errstate(over="ignore"):
            found = _fit_size(y, np.exp(coef @ columns.T), known)
        moved = np.abs(1 / found - 1 / size)
        size = found
        coef = _fit_mean(columns, y, known, size, coef)
        if moved.max(initial=0.0) < CLOSE:
            break
    return size, coef


def _fit_size(y: Floats, mean: Floats, known: Floats) -> Floats:
    """The size of a negative binomial of given means, by Newton's method from the moments.

    Where the counts vary no more than Poisson's the size has no maximum: it is left where 24 steps bring it, as MASS does.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = known.sum(axis=1) / (known * (y / mean - 1) ** 2).sum(axis=1)
        size = np.clip(np.nan_to_num(size, nan=LARGEST_SIZE), SMALLEST_SIZE, LARGEST_SIZE)
        going = np.ones(len(size), dtype=bool)
        for _ in range(STEPS):
            s = size[:, None]
            slope = (
                special.digamma(s + y) - special.digamma(s) + np.log(s) + 1 - np.log(s + mean) - (y + s) / (mean + s)
            )
            bend = (
                special.polygamma(1, s)
                - special.polygamma(1, s + y)
                - 1 / s
                + 2 / (mean + s)
                - (y + s) / (mean + s) ** 2
            )
            move = (known * slope).sum(axis=1) / (known * bend).sum(axis=1)
            size = np.where(going, np.clip(np.abs(size + move), SMALLEST_SIZE, LARGEST_SIZE), size)
            going &= np.abs(move) > CLOSE_SIZE
    found: Floats = np.nan_to_num(size, nan=LARGEST_SIZE)
    return found
