"""EARS C1, C2 and C3: a count against the mean and spread of the days or weeks just before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from wangdi.outbreaks.alarms import Alarms, Reason
from wangdi.outbreaks.series import Floats, Ints, Panel

GAP = {"C1": 0, "C2": 2, "C3": 2}
"""Periods between the baseline and now."""

BEFORE = 2
"""C3 adds the excesses of so many earlier periods."""

FEWEST = 3
"""Periods of a baseline that must be known."""

LEAST_SPREAD = 0.5
"""Without a floor a run of zeros has no spread and one case is an alarm; C3 is then not a number at all."""


HELD = 30_000
"""Counts worked on at once: they stay in the cache from one step to the next."""


@dataclass(frozen=True, slots=True)
class EarsSettings:
    """``baseline`` periods, ``min_sigma`` the least spread, ``alpha`` one-sided.

    ``compat``: C3 bounded as R's surveillance 1.20.3 does it, around the observed count instead of the baseline's mean.
    """

    method: str = "C1"
    baseline: int = 7
    min_sigma: float = LEAST_SPREAD
    alpha: float | None = None
    compat: bool = False

    @property
    def normal(self) -> float:
        """How many standard deviations the bound lies above: about 3, for C3 about 2."""
        alpha = self.alpha if self.alpha is not None else (0.025 if self.method == "C3" else 0.001)
        return float(special.ndtri(1 - alpha))


def detect_ears(panel: Panel, weeks: Ints, settings: EarsSettings | None = None) -> Alarms:
    """EARS: moving mean and spread, by cumulative sums.

    Rule: Hutwagner et al. 2003, Journal of Urban Health 80(2) Suppl 1: i89-i96; Fricker et al. 2008, Statistics in Medicine 27:
    3407-3429, for the form of C3.
    Grain: one row a series, one column a period of ``weeks``. Missing: a baseline of fewer than 3 known periods is NaN.
    """
    asked = settings or EarsSettings()
    first, last = (int(weeks.min()), int(weeks.max())) if len(weeks) else (0, -1)
    begin = max(first - BEFORE - GAP[asked.method] - asked.baseline, 0)
    counts = panel.observed[:, begin : last + 1]
    step = max(HELD // max(counts.shape[1], 1), 1)
    parts = [_judge(counts[row : row + step], weeks - begin, asked) for row in range(0, len(panel), step)]
    alarm, bound, mean, probability, score, reason = (np.concatenate(one) for one in zip(*parts, strict=True))
    gap = GAP[asked.method]
    used = tuple(np.arange(max(week - gap - asked.baseline, 0), max(week - gap, 0)) for week in weeks)
    return Alarms(panel, weeks, alarm, bound, mean, probability, score, reason.astype(np.int64), used)


def _judge(counts: Floats, at: Ints, asked: EarsSettings) -> tuple[Floats, ...]:
    """Alarm, bound, mean, probability, score and reason of some series."""
    mean, spread, history = _moving(counts, asked)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = (counts - mean) / spread
        upper, score = mean + asked.normal * spread, standard / asked.normal
        if asked.method == "C3":
            upper, score = _add_earlier(counts, mean, spread, standard, asked)
        observed, bound, known, deviate = counts[:, at], upper[:, at], history[:, at], standard[:, at]
        alarm = np.where(np.isnan(bound) | np.isnan(observed), np.nan, observed > bound)
        probability = special.ndtr(-deviate)
    reason = np.where(np.isnan(observed), Reason.MISSING_NOW, 0)
    reason |= np.where(known, 0, Reason.NO_HISTORY)
    reason |= np.where(known & ~np.isfinite(deviate) & ~np.isnan(observed), Reason.NO_SPREAD, 0)
    return alarm, bound, mean[:, at], probability, score[:, at], reason


def _moving(observed: Floats, asked: EarsSettings) -> tuple[Floats, Floats, np.ndarray]:
    """Mean and spread of each period's baseline, and whether there is one."""
    gap, length = GAP[asked.method], asked.baseline
    known = np.isfinite(observed)
    counts = np.where(known, observed, 0.0)
    sums = [np.cumsum(one, axis=1) for one in (known.astype(np.float64), counts, counts**2)]
    shape = observed.shape
    number, total, squares = (np.zeros(shape) for _ in range(3))
    first = gap + length
    for found, running in zip((number, total, squares), sums, strict=True):
        found[:, gap + 1 :] = running[:, : max(shape[1] - gap - 1, 0)]
        found[:, first + 1 :] -= running[:, : max(shape[1] - first - 1, 0)]
    history = number >= (length if asked.compat else min(FEWEST, length))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(history, total / number, np.nan)
        spread = np.sqrt(np.maximum(squares - total * mean, 0.0) / (number - 1))
    return mean, np.fmax(spread, asked.min_sigma) + 0 * mean, history


def _add_earlier(
    observed: Floats, mean: Floats, spread: Floats, standard: Floats, asked: EarsSettings
) -> tuple[Floats, Floats]:
    """C3: what is left of the bound after the excesses of the two periods before."""
    excess = np.maximum(0.0, standard - 1)
    earlier = np.full_like(standard, np.nan)
    earlier[:, BEFORE:] = excess[:, 1:-1] + excess[:, :-BEFORE]
    if asked.compat:
        upper = np.maximum(0.0, observed + spread * (asked.normal - earlier))
        return upper, (earlier + excess) / asked.normal
    known = np.nan_to_num(earlier)
    # Today's excess is its deviate less 1: so far may today's count go. Where the earlier two are enough, any case is an alarm.
    upper = np.where(known > asked.normal, 0.0, np.maximum(0.0, mean + spread * (asked.normal + 1 - known)))
    return upper, (known + excess) / asked.normal
