"""Generalised likelihood ratio: since when, and by how much, would the level have risen, were it to have risen at all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.alarms import Alarms, Flags, Reason
from wangdi.outbreaks.seasonal import fit_season
from wangdi.outbreaks.series import Floats, Ints, Panel

CLOSE = 1e-6
ROUNDS = 200
BEGIN = 0.5
LOWEST = -18.0
"""Where the search for a change stops, as in R: a level so many times lower is none at all."""

LONGEST = 5.0

HELD = 2_000_000
"""Numbers of the triangle (begin of the change by period) held at once."""

MOST = 40
"""Halvings of the search for the count that would reach the bound."""


@dataclass(frozen=True, slots=True)
class GlrSettings:
    """The parameters, under R's names: ``c_arl`` the bound, ``theta`` a known change (log) instead of an estimated one.

    ``alpha``: dispersion (variance = mean + alpha * mean squared), None: estimated with the season; 0: Poisson. ``m_tilde``,
    ``m``: the latest and earliest begin of the change looked at, in periods back; -1: all. ``harmonics``, ``trend``: of the
    season. ``cases``: bound as a count instead of the statistic (R's ``ret``).
    """

    c_arl: float = 5.0
    theta: float | None = None
    alpha: float | None = None
    m_tilde: int = 1
    m: int = -1
    increase: bool = True
    harmonics: int = 1
    trend: bool = False
    cases: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """The counts and means under watch, and the dispersion of each series."""

    observed: Floats
    mean: Floats
    alpha: Floats
    asked: GlrSettings


def detect_glr(panel: Panel, weeks: Ints, settings: GlrSettings | None = None) -> Alarms:
    """Negative binomial (or Poisson) likelihood ratio chart for a rise of the level; it begins anew after each alarm.

    Rule: Hohle and Paul 2008, Computational Statistics and Data Analysis 52: 4357-4368.
    Grain: one row a series, one column a period of ``weeks``, which are consecutive. Missing: an unknown count tells nothing.
    """
    asked = settings or GlrSettings()
    season = fit_season(panel, int(weeks[0]), asked.harmonics, asked.trend, asked.alpha is None)
    alpha = 1 / season.size if asked.alpha is None else np.full(len(panel), asked.alpha)
    observed = panel.observed[:, weeks]
    known = np.isfinite(observed)
    mean = np.where(known, season.predict(weeks), 0.0)
    chart = Chart(np.nan_to_num(observed), mean, alpha, asked)
    statistic, alarm, bound = _run(chart)
    history = np.isfinite(panel.observed[:, : weeks[0]]).any(axis=1, keepdims=True)
    reason: Flags = np.where(known, 0, Reason.MISSING_NOW)
    reason = reason | np.where(history, 0, Reason.NO_HISTORY)
    said = known & history
    return Alarms(
        panel,
        weeks,
        np.where(said, alarm, np.nan),
        np.where(said, bound if asked.cases else statistic, np.nan),
        np.where(known, mean, np.nan),
        np.full(observed.shape, np.nan),
        np.where(said, statistic / asked.c_arl, np.nan),
        reason,
        tuple(np.arange(weeks[0]) for _ in weeks),
        more={"statistic": statistic, "alpha": np.repeat(alpha[:, None], len(weeks), axis=1)},
    )


def _run(chart: Chart) -> tuple[Floats, Floats, Floats]:
    """The statistic of each period, the alarms, and the count each period would have needed."""
    shape = chart.observed.shape
    statistic, alarm, bound = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
    start, total = np.zeros(shape[0], dtype=np.int64), np.zeros(shape[0])
    for now in range(shape[1]):
        if chart.asked.theta is not None:
            before = total
            total = np.maximum(0.0, total + _ratio(chart, now, chart.observed[:, now]))
            found, reached = total, total > chart.asked.c_arl
            if chart.asked.cases:
                bound[:, now] = _needed_known(chart, now, before)
            total = np.where(reached, 0.0, total)
        else:
            found = _largest(chart, now, start, chart.observed[:, now])
            reached = found >= chart.asked.c_arl
            if chart.asked.cases:
                bound[:, now] = _needed(chart, now, start)
        statistic[:, now], alarm[:, now] = np.maximum(np.nan_to_num(found), 0.0), reached
        start = np.where(reached, now + 1, start)
    return statistic, alarm, bound


def _ratio(chart: Chart, now: int, count: Floats) -> Floats:
    """The logarithm of the likelihood ratio of one period for a change that is known."""
    change, mean, alpha = chart.asked.theta or 0.0, chart.mean[:, now], chart.alpha
    return _log_ratio(np.full(len(count), change), count, mean, alpha)


def _log_ratio(change: Floats, count: Floats, mean: Floats, alpha: Floats) -> Floats:
    """Of counts with ``exp(change)`` times the mean against the mean."""
    up = mean * np.exp(change)
    with np.errstate(divide="ignore", invalid="ignore"):
        overdispersed = change * count + (count + 1 / alpha) * (np.log1p(alpha * mean) - np.log1p(alpha * up))
    return np.where(alpha > 0, overdispersed, change * count + mean - up)


def _needed_known(chart: Chart, now: int, before: Floats) -> Floats:
    """The count at which the sum passes the bound: the ratio is a straight line in the count."""
    nothing = _ratio(chart, now, np.zeros(len(before)))
    slope = _ratio(chart, now, np.ones(len(before))) - nothing
    return np.floor((chart.asked.c_arl - before - nothing) / slope) + 1


def _largest(chart: Chart, now: int, start: Ints, count: Floats) -> Floats:
    """The largest likelihood ratio over all begins of the change and all its sizes."""
    asked = chart.asked
    windowed = asked.m > 0
    earliest = max(now - asked.m, 0) if windowed else 0
    x = chart.observed[:, earliest : now + 1].copy()
    x[:, -1] = count
    mean = chart.mean[:, earliest : now + 1].copy()
    gone = np.arange(earliest, now + 1)[None, :] < start[:, None]
    x[gone], mean[gone] = 0.0, 0.0
    if not chart.alpha.any():
        found = _largest_poisson(x, mean, asked)
        latest = asked.m_tilde if windowed else 0
        found = found[:, : found.shape[1] - latest] if windowed else found
        too_soon = now - start < (asked.m_tilde if windowed else asked.m_tilde - 1)
    else:
        found = _largest_overdispersed(x, mean, chart.alpha, asked.increase)
        found = found[:, : found.shape[1] - (asked.m_tilde - 1)]
        too_soon = now - start < asked.m_tilde - 1
    if not found.shape[1]:
        return np.zeros(len(x))
    return np.where(too_soon, 0.0, np.nan_to_num(found).max(axis=1))


def _largest_poisson(x: Floats, mean: Floats, asked: GlrSettings) -> Floats:
    """One column for each begin; the best size of the change is observed over expected."""
    cases = np.cumsum(x[:, ::-1], axis=1)[:, ::-1]
    expected = np.cumsum(mean[:, ::-1], axis=1)[:, ::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(cases / expected)
        change = np.maximum(change, 0.0) if asked.increase else np.minimum(change, 0.0)
        found: Floats = np.where(np.isfinite(change), change * cases, 0.0) + (1 - np.exp(change)) * expected
    return found


def _largest_overdispersed(x: Floats, mean: Floats, alpha: Floats, increase: bool) -> Floats:
    """One column for each begin; the best size of the change by Newton's method, all begins at once."""
    width = x.shape[1]
    step = max(HELD // width**2, 1)
    parts = [slice(at, at + step) for at in range(0, len(x), step)]
    return np.concatenate([_one_part(x[part], mean[part], alpha[part], increase) for part in parts])


def _one_part(x: Floats, mean: Floats, alpha: Floats, increase: bool) -> Floats:
    inside = np.tri(x.shape[1]).T[None, :, :]
    counts, means, a = x[:, None, :], mean[:, None, :], alpha[:, None, None]
    sign = 1.0 if increase else -1.0
    change = np.zeros(x.shape)
    moving = sign * _slope(change, counts, means, a, inside)[0] > 0
    change[moving] = sign * BEGIN
    near, far = np.zeros(x.shape), np.full(x.shape, np.inf)
    for _ in range(ROUNDS):
        slope, bend = _slope(change, counts, means, a, inside)
        size = sign * change
        near, far = np.where(sign * slope > 0, size, near), np.where(sign * slope > 0, far, size)
        aim = size + sign * np.divide(slope, bend, out=np.zeros_like(slope), where=bend > 0)
        between = np.where(np.isfinite(far), (near + far) / 2, near + 1)
        aim = np.where((aim > near) & (aim < far) & (aim < near + LONGEST), aim, between)
        moved = np.where(moving, np.abs(aim - size), 0.0)
        change = np.where(moving, sign * np.minimum(aim, -LOWEST), change)
        moving &= (moved > CLOSE) & (np.abs(change) < -LOWEST)
        if not moving.any():
            break
    found: Floats = (inside * _log_ratio(change[:, :, None], counts, means, a)).sum(axis=2)
    return found


def _slope(change: Floats, counts: Floats, means: Floats, a: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """First derivative of the log likelihood ratio by the change, and the second with its sign turned; always positive."""
    up = np.exp(change)[:, :, None] * means
    below = 1 + a * up
    slope: Floats = (inside * (counts - up) / below).sum(axis=2)
    bend: Floats = (inside * up * (a * counts + 1) / below**2).sum(axis=2)
    return slope, bend


def _needed(chart: Chart, now: int, start: Ints) -> Floats:
    """The smallest count that would reach the bound."""
    count = chart.asked.c_arl

    def reaches(counts: Floats) -> np.ndarray:
        return _largest(chart, now, start, counts) >= count

    low, high = np.full(len(start), -1.0), np.ceil(chart.mean[:, now] + 1)
    for _ in range(MOST):
        short = ~reaches(high)
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high + 1, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = reaches(middle)
        wide = high - low > 1
        high, low = np.where(wide & enough, middle, high), np.where(wide & ~enough, middle, low)
    return high
