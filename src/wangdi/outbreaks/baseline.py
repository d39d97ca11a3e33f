"""The baseline of Farrington and Noufaily: fit, leave out the trend where it does not hold, weigh past outbreaks down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from wangdi.outbreaks.quasi_poisson import (
    QUIETLY,
    Counts,
    Fits,
    Rows,
    dispersion,
    fit_counts,
    fit_counts_as_r,
    leverage,
    plan_rows,
    predict_now,
    residual_degrees,
)
from wangdi.outbreaks.reference_weeks import Reference
from wangdi.outbreaks.series import Bools, Floats, Ints, Panel

CHUNK = 20_000
"""Numbers held at once by a batch: they stay in the cache, and products are too small for BLAS to wake its threads."""

YEARS_FOR_TREND = 3
"""A trend is not taken from fewer years."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a baseline is fitted.

    ``weights_threshold``: standardised residuals above it weigh their week down. ``as_in_r``: converge as R does, with the
    defect of its ``farringtonFlexible`` where ``defect``: standard errors and the trend's test then use the prior weights
    with residuals that lack the factor of the mean.
    """

    trend: bool = True
    p_threshold_trend: float = 0.05
    reweight: bool = True
    weights_threshold: float = 2.58
    with_population: bool = False
    as_in_r: bool = False
    defect: bool = False


@dataclass(frozen=True, slots=True)
class Baseline:
    """What to expect now: the mean on the log scale, its standard error, the dispersion (at least 1), the trend if kept.

    ``settled``: the fit converged. ``rows``, ``cases``: how many reference periods counted, and the cases in those of them
    that are of this time of the year.

    Grain: one row a series, one column a period. Missing: NaN where nothing could be fitted.
    """

    log_mean: Floats
    log_error: Floats
    dispersion: Floats
    trend: Floats
    settled: Bools
    rows: Floats
    cases: Floats

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Baseline:
        mean, error, spread, trend = (np.full(shape, np.nan) for _ in range(4))
        return cls(mean, error, spread, trend, np.zeros(shape, dtype=bool), np.zeros(shape), np.zeros(shape))

    def put(self, at: tuple[Ints, Ints], part: Estimate, counts: Counts, rows: Rows) -> None:
        """Write the results of a batch into their places."""
        counted = counts.weight > 0
        self.log_mean[at], self.log_error[at] = part.log_mean, part.log_error
        self.dispersion[at], self.trend[at], self.settled[at] = part.dispersion, part.trend, part.settled
        self.rows[at] = counted.sum(axis=1)
        self.cases[at] = (counts.y * counted) @ rows.columns[:, rows.now_block]


def fit_baselines(
    panel: Panel, weeks: Ints, references: Sequence[Reference | None], left_out: Bools, fitting: Fitting
) -> Baseline:
    """A baseline for every series at every period asked; periods with like references are fitted as one batch.

    Rule: Farrington et al. 1996, sections 3.2 to 3.5; Noufaily et al. 2013, sections 2 and 3.
    Grain: as ``Baseline``. Missing: the columns of periods whose reference is None stay NaN.
    """
    found = Baseline.empty((len(panel), len(weeks)))
    usable = np.isfinite(panel.observed) & ~left_out
    counts = np.where(usable, panel.observed, 0.0)
    for columns in _alike(weeks, references):
        reference = references[columns[0]]
        assert reference is not None
        rows = plan_rows(reference.block, reference.time, reference.now_block, reference.now)
        offsets = reference.index - weeks[columns[0]]
        fits = len(panel) * len(columns)
        step = max(CHUNK // len(offsets), 1)
        for start in range(0, fits, step):
            series, which = np.divmod(np.arange(start, min(start + step, fits)), len(columns))
            column = columns[which]
            at = series[:, None], weeks[column][:, None] + offsets[None, :]
            offset, offset_now = _offsets(panel, fitting, at, (series, weeks[column]))
            batch = Counts(counts[at], usable[at].astype(np.float64), offset)
            part = _estimate(rows, batch, offset_now, reference.years, fitting)
            found.put((series, column), part, batch, rows)
    return found


def _alike(weeks: Ints, references: Sequence[Reference | None]) -> list[Ints]:
    """Periods whose references lie alike relative to themselves."""
    groups: dict[tuple[bytes, bytes, bytes, int], list[int]] = {}
    for column, one in enumerate(references):
        if one is not None and len(one.index):
            key = (
                (one.index - weeks[column]).tobytes(),
                one.block.tobytes(),
                (one.time - one.now).tobytes(),
                one.now_block,
            )
            groups.setdefault(key, []).append(column)
    return [np.array(columns) for columns in groups.values()]


def _offsets(
    panel: Panel, fitting: Fitting, at: tuple[Ints, Ints], now: tuple[Ints, Ints]
) -> tuple[Floats | None, Floats | None]:
    if not fitting.with_population or panel.population is None:
        return None, None
    return np.log(panel.population[at]), np.log(panel.population[now])


@dataclass(frozen=True, slots=True)
class Estimate:
    """The results of one batch; see ``Baseline``."""

    log_mean: Floats
    log_error: Floats
    dispersion: Floats
    trend: Floats
    trend_p: Floats
    settled: Bools

    def put(self, fits: Bools, other: Estimate) -> None:
        """Replace some of the fits."""
        for name in ("log_mean", "log_error", "dispersion", "trend", "trend_p", "settled"):
            getattr(self, name)[fits] = getattr(other, name)


def _estimate(rows: Rows, counts: Counts, offset_now: Floats | None, years: int, fitting: Fitting) -> Estimate:
    """With a trend where it is significant, does not run above every count seen, and is taken from three years or more."""
    if not fitting.trend or (years < YEARS_FOR_TREND and not fitting.as_in_r):
        return _one_model(rows, counts, offset_now, False, fitting)
    found = _one_model(rows, counts, offset_now, True, fitting)
    with np.errstate(invalid="ignore", over="ignore"):
        highest = np.where(counts.weight > 0, counts.y, 0.0).max(axis=1)
        keep = (found.trend_p < fitting.p_threshold_trend) & (np.exp(found.log_mean) <= highest)
    again = ~(keep & found.settled & (years >= YEARS_FOR_TREND))
    if again.any():
        some_now = None if offset_now is None else offset_now[again]
        found.put(again, _one_model(rows, counts.take(again), some_now, False, fitting))
    return found


@QUIETLY
def _one_model(rows: Rows, counts: Counts, offset_now: Floats | None, with_trend: bool, fitting: Fitting) -> Estimate:
    """Fit; then again with past outbreaks weighed down."""
    fits = fit_counts_as_r(rows, counts, with_trend) if fitting.as_in_r else fit_counts(rows, counts, with_trend)
    settled = fits.settled
    degrees = residual_degrees(counts, rows, with_trend)
    spread = dispersion(fits, counts, degrees)
    weighed = counts
    if fitting.reweight:
        omega = _weigh_down(fits, rows, counts, np.fmax(spread, 1.0), fitting.weights_threshold)
        weighed = Counts(counts.y, omega, counts.offset)
        if fitting.as_in_r:
            fits = fit_counts_as_r(rows, weighed, with_trend)
        else:
            fits = fit_counts(rows, weighed, with_trend, fits.coef)
            settled = settled & fits.settled
        spread = dispersion(fits, weighed, degrees)
    at_least_one = np.fmax(spread, 1.0)
    scale, test_scale = at_least_one, spread
    if fitting.defect:
        scale = test_scale = _scale_of_defect(fits, weighed, degrees) if fitting.reweight else spread
    log_mean, variance = predict_now(fits, rows, counts, offset_now)
    trend, trend_p = _test_trend(fits, test_scale, degrees)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(variance * scale)
    return Estimate(
        np.where(settled, log_mean, np.nan), np.where(settled, error, np.nan), at_least_one, trend, trend_p, settled
    )


def _weigh_down(fits: Fits, rows: Rows, counts: Counts, spread: Floats, threshold: float) -> Floats:
    """Weights from standardised Anscombe residuals: large ones count by the inverse of their square.

    Rule: Farrington et al. 1996, 3.6 (threshold 1); Noufaily et al. 2013, 3.3 (threshold 2.58).
    """
    counted = counts.weight > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.exp(np.log(fits.fitted) / 6)
        residual = 1.5 * (np.exp(np.log(counts.y) * (2 / 3)) / root - root**3)
        standard = residual / np.sqrt(spread[:, None] * (1 - leverage(fits, rows)))
    high = (standard > threshold) & counted
    inverse = np.ones_like(standard)
    np.divide(1.0, standard**2, out=inverse, where=high)
    inverse *= counted
    total = inverse.sum(axis=1)
    scaled: Floats = inverse * np.divide(counted.sum(axis=1), total, out=np.zeros_like(total), where=total > 0)[:, None]
    return scaled


def _scale_of_defect(fits: Fits, counts: Counts, degrees: Floats) -> Floats:
    """The dispersion as ``farringtonFlexible`` of R has it after reweighting, up to 1.26.0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = (counts.y - fits.fitted) / fits.fitted
        scale: Floats = (counts.weight * residual**2).sum(axis=1) / degrees
    return scale


def _test_trend(fits: Fits, scale: Floats, degrees: Floats) -> tuple[Floats, Floats]:
    """The trend and the probability, by Student's t, of one so far from none."""
    if not fits.with_trend:
        nothing = np.full(len(fits.coef), np.nan)
        return nothing, nothing.copy()
    trend = fits.coef[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(trend) / np.sqrt(scale / fits.sums.within)
        return trend.copy(), 2 * special.stdtr(np.maximum(degrees, 1.0), -ratio)
