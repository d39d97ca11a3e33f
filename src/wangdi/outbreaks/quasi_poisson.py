"""Log-linear regression of counts, thousands of fits at once: a level for each block of the year, and a trend.

The design has one column a block and one for time, so the normal equations are an arrow: sums over blocks solve them and no
matrix is inverted. Two fits of one batch differ in their counts and weights only; the design is shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.series import Bools, Floats, Ints

TOLERANCE_OF_R = 1e-8
"""Relative change of the deviance at which R's glm stops."""

TOLERANCE = 1e-7
"""Fall of the deviance still to be had at which a last step is taken; it leaves the square of this."""

ROUNDS = 25
START = 0.1
"""What R's glm adds to every count to begin with, a count of nought having no logarithm."""

LONGEST_STEP = 2.0
"""A step does not move the logarithm of a fitted count further than this through the trend."""

QUIETLY = np.errstate(divide="ignore", over="ignore", invalid="ignore")
"""A fit that has no answer is no number and not settled; it warns nobody, and disturbs no other fit of its batch."""

WHOLE = 1 - 1e-12
"""A leverage from here on is 1: the row decides its own fitted value and has no residual."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The design a batch of fits shares: each row's block (from 0) and centred time, and where the prediction is wanted.

    ``columns``: block indicators, then time. ``squares``: what working weights are summed against: the indicators, the
    indicators times time, time squared.
    """

    blocks: int
    time: Floats
    now_block: int
    now: float
    columns: Floats
    squares: Floats


def plan_rows(block: Ints, time: Floats, now_block: int, now: float) -> Rows:
    """The shared design; time is centred so that a trend of weeks counted from year 0 loses no digits."""
    blocks = int(max(block.max(initial=0), now_block)) + 1
    centre = float(time.mean()) if len(time) else 0.0
    around = time - centre
    indicator = (block[:, None] == np.arange(blocks)[None, :]).astype(np.float64)
    columns = np.hstack([indicator, around[:, None]])
    squares = np.hstack([indicator, indicator * around[:, None], (around**2)[:, None]])
    return Rows(blocks, around, now_block, now - centre, columns, squares)


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a batch of fits and how much each weighs: 0 where a row is left out.

    ``offset``: the logarithm of the population of each row, or None. Grain: one row a fit, one column a row of the design.
    """

    y: Floats
    weight: Floats
    offset: Floats | None = None

    def take(self, fits: Bools | Ints) -> Counts:
        """Some of the fits."""
        return Counts(self.y[fits], self.weight[fits], None if self.offset is None else self.offset[fits])


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of working weights over blocks (plain; times time), and the spread of time within blocks."""

    plain: Floats
    timed: Floats
    within: Floats

    @classmethod
    def of(cls, flat: Floats, blocks: int) -> Sums:
        plain, timed = flat[:, :blocks], flat[:, blocks : 2 * blocks]
        return cls(plain, timed, flat[:, -1] - (timed**2 * _inverse(plain)).sum(axis=1))


@dataclass(frozen=True, slots=True)
class Fits:
    """A fitted batch, on the log scale: ``coef`` holds the block levels and, last, the trend (0 where there is none).

    ``fitted``: the fitted counts; ``weights``: the working weights all variances are taken with; ``settled``: it converged.
    """

    coef: Floats
    fitted: Floats
    weights: Floats
    sums: Sums
    settled: Bools
    with_trend: bool


@QUIETLY
def fit_counts(rows: Rows, counts: Counts, with_trend: bool, begin: Floats | None = None) -> Fits:
    """Fit by Newton's method, which for this model is iteratively reweighted least squares.

    ``begin``: coefficients of a like fit. A block without a single case has no level (minus infinity): its rows are fitted by 0
    and tell nothing of the trend.

    Rule: McCullagh and Nelder, Generalized Linear Models (1989), 2.5. Missing: rows of weight 0. Errors: none: ``settled``.
    """
    target = (counts.weight * counts.y) @ rows.columns
    barren = target[:, :-1] <= 0
    counted = counts
    if barren.any():
        alive = (~barren).astype(np.float64) @ rows.columns[:, :-1].T
        counted = Counts(counts.y, counts.weight * alive, counts.offset)
    coef = _block_means(rows, counted, target) if begin is None else begin.copy()
    coef[:, :-1][barren] = 0.0
    settled = np.zeros(len(coef), dtype=bool)
    if with_trend:
        _settle_trend(rows, counted, target, coef, settled)
    else:
        coef = _block_means(rows, counted, target)
        settled[:] = True
    coef[:, :-1][barren] = -np.inf
    fitted = _fitted(rows, counted, np.where(np.isfinite(coef), coef, 0.0))
    if barren.any():
        fitted *= alive
    weights = counted.weight * fitted
    return Fits(coef, fitted, weights, Sums.of(weights @ rows.squares, rows.blocks), settled, with_trend)


def _block_means(rows: Rows, counts: Counts, target: Floats) -> Floats:
    """The fit without a trend: cases over rows (or population) of each block."""
    size = counts.weight if counts.offset is None else counts.weight * np.exp(counts.offset)
    below = size @ rows.columns[:, :-1]
    coef = np.zeros_like(target)
    np.log(target[:, :-1] * _inverse(below), out=coef[:, :-1], where=(target[:, :-1] > 0) & (below > 0))
    return coef


def _settle_trend(rows: Rows, counts: Counts, target: Floats, coef: Floats, settled: Bools) -> None:
    """Newton's steps, on those that still move."""
    longest = LONGEST_STEP / max(float(np.abs(rows.time).max(initial=0.0)), 1.0)
    active, some = np.arange(len(coef)), counts
    for _ in range(ROUNDS):
        flat = _working_weights(rows, some, coef[active]) @ rows.squares
        slope = target[active] - _gradient(rows, flat)
        slope[:, :-1][target[active][:, :-1] <= 0] = 0.0
        step = _solve(rows, flat, slope, with_trend=True)
        far = np.abs(step[:, -1])
        with np.errstate(divide="ignore", invalid="ignore"):
            step *= np.where(far > longest, longest / far, 1.0)[:, None]
            coef[active] += step
            fall = (step * slope).sum(axis=1)
        near = (np.abs(fall) < TOLERANCE) & (far <= longest)
        settled[active[near]] = True
        going = np.isfinite(fall) & ~near
        if not going.any():
            return
        if not going.all():
            active, some = active[going], some.take(going)


@QUIETLY
def fit_counts_as_r(rows: Rows, counts: Counts, with_trend: bool) -> Fits:
    """Fit, begin and stop where R's ``glm`` does, and take variances with the weights of its last step.

    It matters where a block had no case at all: its level walks towards minus infinity and R stops on the way.

    Rule: R 4, ``glm.fit`` with its defaults. Missing: rows of weight 0. Errors: none: ``settled``.
    """
    target = (counts.weight * counts.y) @ rows.columns
    constant = _saturated(counts)
    coef = _first_step(rows, counts, with_trend)
    last, settled = coef.copy(), np.zeros(len(coef), dtype=bool)
    deviance = np.full(len(coef), np.inf)
    active = np.arange(len(coef))
    for round_number in range(ROUNDS):
        some = counts if len(active) == len(coef) else counts.take(active)
        flat = _working_weights(rows, some, coef[active]) @ rows.squares
        now = constant[active] - 2 * ((target[active] * coef[active]).sum(axis=1) - flat[:, : rows.blocks].sum(axis=1))
        finite = np.isfinite(now)
        near = np.zeros(len(active), dtype=bool)
        near[finite] = np.abs(now - deviance[active])[finite] < TOLERANCE_OF_R * (np.abs(now[finite]) + START)
        deviance[active] = now
        settled[active[near]] = True
        going = finite & ~near
        active, flat = active[going], flat[going]
        if not len(active) or round_number == ROUNDS - 1:
            break
        last[active] = coef[active]
        coef[active] += _solve(rows, flat, target[active] - _gradient(rows, flat), with_trend)
    weights = _working_weights(rows, counts, last)
    fitted = _fitted(rows, counts, coef)
    return Fits(coef, fitted, weights, Sums.of(weights @ rows.squares, rows.blocks), settled, with_trend)


def _first_step(rows: Rows, counts: Counts, with_trend: bool) -> Floats:
    """Least squares on the logarithms of the counts, which stand in for fitted counts there are none of yet."""
    mean = counts.y + START
    wanted = np.log(mean) - START / mean
    if counts.offset is not None:
        wanted -= counts.offset
    weights = counts.weight * mean
    return _solve(rows, weights @ rows.squares, (weights * wanted) @ rows.columns, with_trend)


def _fitted(rows: Rows, counts: Counts, coef: Floats) -> Floats:
    linear = coef @ rows.columns.T
    if counts.offset is not None:
        linear += counts.offset
    with np.errstate(over="ignore"):
        return np.exp(linear, out=linear)


def _working_weights(rows: Rows, counts: Counts, coef: Floats) -> Floats:
    fitted = _fitted(rows, counts, coef)
    fitted *= counts.weight
    return fitted


def _saturated(counts: Counts) -> Floats:
    """The part of the deviance that does not depend on the fit."""
    y, weight = counts.y, counts.weight
    logs = np.log(np.where(y > 0, y, 1.0))
    if counts.offset is not None:
        logs -= counts.offset
    constant: Floats = 2 * (weight * y * (logs - 1)).sum(axis=1)
    return constant


def _gradient(rows: Rows, flat: Floats) -> Floats:
    """What the fitted counts add up to in each column."""
    blocks = rows.blocks
    return np.hstack([flat[:, :blocks], flat[:, blocks : 2 * blocks].sum(axis=1, keepdims=True)])


def _solve(rows: Rows, flat: Floats, right: Floats, with_trend: bool) -> Floats:
    """The arrow system: the trend from what is left within blocks, then each block's level."""
    sums = Sums.of(flat, rows.blocks)
    inverse = _inverse(sums.plain)
    found = np.zeros_like(right)
    if with_trend:
        with np.errstate(divide="ignore", invalid="ignore"):
            left = right[:, -1] - (sums.timed * inverse * right[:, :-1]).sum(axis=1)
            found[:, -1] = left / sums.within
    found[:, :-1] = (right[:, :-1] - found[:, -1:] * sums.timed) * inverse
    return found


def _inverse(sums: Floats) -> Floats:
    """One divided by the sums, and 0 for a block nothing is left of."""
    return np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)


def residual_degrees(counts: Counts, rows: Rows, with_trend: bool) -> Floats:
    """Rows that count less coefficients that were estimated."""
    counted = (counts.weight > 0).astype(np.float64)
    estimated = (counted @ rows.columns[:, :-1] > 0).sum(axis=1) + (1 if with_trend else 0)
    degrees: Floats = counted.sum(axis=1) - estimated
    return degrees


def dispersion(fits: Fits, counts: Counts, degrees: Floats) -> Floats:
    """Pearson's: the sum of weighted squared residuals over the residual degrees of freedom; NaN where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = (counts.y - fits.fitted) / fits.fitted
        np.copyto(residual, 0.0, where=fits.fitted <= 0)
        total = np.einsum("bn,bn,bn->b", fits.weights, residual, residual)
        return np.where(degrees > 0, total / degrees, np.nan)


def leverage(fits: Fits, rows: Rows) -> Floats:
    """How far each row decides its own fitted value: 1 is wholly."""
    inverse = _inverse(fits.sums.plain)
    indicator = rows.columns[:, : rows.blocks].T
    spread = inverse @ indicator
    if fits.with_trend:
        off = rows.time[None, :] - (fits.sums.timed * inverse) @ indicator
        with np.errstate(divide="ignore", invalid="ignore"):
            spread += off**2 / fits.sums.within[:, None]
    spread *= fits.weights
    return np.where(spread > WHOLE, 1.0, spread)


def predict_now(fits: Fits, rows: Rows, counts: Counts, offset_now: Floats | None) -> tuple[Floats, Floats]:
    """The linear predictor at the period in question and its variance per unit of dispersion.

    Missing: NaN where no row of this time of the year counts; minus infinity (a mean of 0) where none had a case.
    """
    plain, timed = fits.sums.plain[:, rows.now_block], fits.sums.timed[:, rows.now_block]
    linear = fits.coef[:, rows.now_block] + fits.coef[:, -1] * rows.now
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1 / plain
        if fits.with_trend:
            variance = variance + (rows.now - timed / plain) ** 2 / fits.sums.within
    counted = counts.weight @ rows.columns[:, rows.now_block] > 0
    linear = np.where(counted, linear if offset_now is None else linear + offset_now, np.nan)
    return linear, np.where(plain > 0, variance, 0.0)
