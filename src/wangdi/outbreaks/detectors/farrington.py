"""Farrington 1996 and its successor of Noufaily 2013: an unusual number against the same weeks of earlier years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from wangdi.outbreaks.alarms import Alarms, Flags, Reason, plan_left_out
from wangdi.outbreaks.baseline import Baseline, Fitting, fit_baselines
from wangdi.outbreaks.counts_distribution import count_at_least, count_quantile
from wangdi.outbreaks.reference_weeks import Calendar, Reference, plan_blocks, plan_windows, without_recent
from wangdi.outbreaks.series import Floats, Ints, Panel

POWERS = {"none": 1.0, "1/2": 1 / 2, "2/3": 2 / 3}
THRESHOLD_METHODS = ("delta", "nbPlugin", "muan")
LEAST_MEAN = float(np.finfo(np.float64).eps)
"""A fitted count is not taken as smaller, as in R."""


@dataclass(frozen=True, slots=True)
class FlexibleSettings:
    """The parameters of ``farrington_flexible``, under the names R gives them in our spelling.

    ``b`` years back, ``w`` half window, ``blocks`` (``noPeriods``) of the year, ``recent`` (``pastWeeksNotIncluded``, which is
    ``w`` where nothing is said). ``compat``: as R's surveillance 1.20.3 has it, defect included. ``breaks``: first and last
    index of periods that do not count as history; ``leave_known_out``: nor do known outbreaks.
    """

    b: int = 5
    w: int = 3
    blocks: int = 10
    recent: int | None = 26
    reweight: bool = True
    weights_threshold: float = 2.58
    trend: bool = True
    p_threshold_trend: float = 1.0
    alpha: float = 0.01
    limit54: tuple[float, int] = (5, 4)
    powertrans: str = "2/3"
    threshold_method: str = "nbPlugin"
    population_offset: bool = False
    compat: bool = False
    breaks: tuple[tuple[int, int], ...] = ()
    leave_known_out: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A period held against its baseline."""

    upper: Floats
    probability: Floats
    score: Floats


def detect_farrington_flexible(panel: Panel, weeks: Ints, settings: FlexibleSettings | None = None) -> Alarms:
    """The flexible algorithm: all weeks of the past years in blocks of the year, a trend, past outbreaks weighed down.

    Rule: Noufaily et al. 2013, Statistics in Medicine 32(7): 1206-1222; ``delta`` is the threshold of Farrington et al. 1996,
    ``muan`` that of Salmon et al. 2016 with the uncertainty of the mean.
    Grain: one row a series, one column a period of ``weeks``. Missing: NaN with ``reason``.
    """
    asked = settings or FlexibleSettings()
    left_out = plan_left_out(panel, asked.breaks, asked.leave_known_out)
    reason = np.zeros((len(panel), len(weeks)), dtype=np.int64)
    references = _plan(Calendar.of(panel), weeks, asked, reason)
    fitting = Fitting(
        asked.trend,
        asked.p_threshold_trend,
        asked.reweight,
        asked.weights_threshold,
        asked.population_offset,
        asked.compat,
        asked.compat,
    )
    baseline = fit_baselines(panel, weeks, references, left_out.mask(len(panel)), fitting)
    observed = panel.observed[:, weeks]
    if asked.threshold_method == "delta":
        judged = judge_by_power(observed, baseline, asked.powertrans, asked.alpha)
    else:
        judged = judge_by_count(observed, baseline, asked.threshold_method == "muan", asked.alpha, asked.compat)
    enough = cases_of_late(panel, weeks, asked.limit54[1]) >= asked.limit54[0]
    reason |= say_baseline(panel, weeks, references, baseline)
    reason |= np.where(np.isnan(judged.upper) & ~np.isnan(baseline.log_mean), Reason.UNBOUNDED, 0)
    reason |= np.where(enough, 0, Reason.FEW_CASES)
    alarm = _alarm(observed, judged, enough, asked.compat)
    with np.errstate(over="ignore"):
        expected = np.exp(baseline.log_mean)
    hidden = ~enough & asked.compat
    fitted = ~np.isnan(baseline.log_mean)
    return Alarms(
        panel,
        weeks,
        np.where(fitted, alarm, np.nan),
        np.where(hidden, np.nan, judged.upper),
        np.where(hidden | np.isnan(judged.upper), np.nan, expected) if asked.compat else expected,
        judged.probability,
        judged.score,
        reason,
        tuple(np.zeros(0, dtype=np.int64) if one is None else one.index for one in references),
        left_out,
        {
            "phi": baseline.dispersion,
            "trend": baseline.trend,
            "log_mean": baseline.log_mean,
            "log_error": baseline.log_error,
        },
    )


def _alarm(observed: Floats, judged: Judged, enough: np.ndarray, compat: bool) -> Floats:
    with np.errstate(invalid="ignore"):
        above = judged.score > 1 if compat else observed > judged.upper
    return np.where(
        np.isnan(observed) | (np.isnan(judged.upper) & ~np.array(compat)), np.nan, above & enough & (observed > 0)
    )


def _plan(calendar: Calendar, weeks: Ints, asked: FlexibleSettings, reason: Flags) -> list[Reference | None]:
    recent = asked.w if asked.recent is None else asked.recent
    planned: list[Reference | None] = []
    for column, week in enumerate(weeks):
        found = None
        try:
            for years in range(asked.b, 0, -1):
                found = plan_blocks(calendar, int(week), years, asked.w, asked.blocks)
                if found is not None or asked.compat:
                    break
        except ValueError:
            reason[:, column] |= Reason.TOO_MANY_BLOCKS
        if found is not None:
            if found.years < asked.b:
                reason[:, column] |= Reason.SHORT_HISTORY
            found = without_recent(found, int(week), recent)
        planned.append(found)
    return planned


@dataclass(frozen=True, slots=True)
class ClassicSettings:
    """The parameters of ``farrington``; see ``FlexibleSettings``."""

    b: int = 5
    w: int = 3
    reweight: bool = True
    trend: bool = True
    alpha: float = 0.05
    limit54: tuple[float, int] = (5, 4)
    powertrans: str = "2/3"
    population_offset: bool = False
    compat: bool = False
    breaks: tuple[tuple[int, int], ...] = ()
    leave_known_out: bool = False


def detect_farrington(panel: Panel, weeks: Ints, settings: ClassicSettings | None = None) -> Alarms:
    """The algorithm of 1996: only the same weeks of earlier years and those around them; a trend where it is significant.

    ``alpha`` is two-sided, as in the paper: the bound is the upper limit of a ``1 - alpha`` interval.

    Rule: Farrington, Andrews, Beale, Catchpole 1996, JRSS A 159(3): 547-563.
    Grain: one row a series, one column a period of ``weeks``. Missing: NaN with ``reason``.
    """
    asked = settings or ClassicSettings()
    calendar = Calendar.of(panel)
    left_out = plan_left_out(panel, asked.breaks, asked.leave_known_out)
    references = [plan_windows(calendar, int(week), asked.b, asked.w) for week in weeks]
    reason = np.zeros((len(panel), len(weeks)), dtype=np.int64)
    reason[:, [one.years < asked.b for one in references]] |= Reason.SHORT_HISTORY
    fitting = Fitting(asked.trend, 0.05, asked.reweight, 1.0, asked.population_offset, asked.compat, False)
    baseline = fit_baselines(panel, weeks, references, left_out.mask(len(panel)), fitting)
    observed = panel.observed[:, weeks]
    judged = judge_by_power(observed, baseline, asked.powertrans, asked.alpha / 2)
    enough = cases_of_late(panel, weeks, asked.limit54[1]) >= asked.limit54[0]
    reason |= say_baseline(panel, weeks, references, baseline)
    reason |= np.where(enough, 0, Reason.FEW_CASES)
    with np.errstate(invalid="ignore", over="ignore"):
        above = (judged.score > 1) & enough
        expected = np.exp(baseline.log_mean)
    fitted = ~np.isnan(baseline.log_mean) & np.isfinite(observed)
    return Alarms(
        panel,
        weeks,
        np.where(fitted, above, np.nan),
        np.where(enough | (not asked.compat), judged.upper, 0.0),
        expected,
        judged.probability,
        judged.score,
        reason,
        tuple(one.index for one in references),
        left_out,
        {
            "phi": baseline.dispersion,
            "trend": baseline.trend,
            "log_mean": baseline.log_mean,
            "log_error": baseline.log_error,
        },
    )


def judge_by_power(observed: Floats, baseline: Baseline, powertrans: str, alpha: float) -> Judged:
    """A normal interval for the count raised to a power, which takes its skewness away.

    Rule: Farrington et al. 1996, 3.4 and 3.5: variance of the count and of its mean together.
    """
    power = POWERS[powertrans]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        mean = np.maximum(np.exp(baseline.log_mean), LEAST_MEAN)
        tau = baseline.dispersion + baseline.log_error**2 * mean
        spread = np.sqrt(power**2 * mean ** (2 * power - 1) * tau)
        upper = (mean**power + special.ndtri(1 - alpha) * spread) ** (1 / power)
        probability = special.ndtr((mean**power - observed**power) / spread)
        return Judged(upper, probability, (observed - mean) / (upper - mean))


def judge_by_count(observed: Floats, baseline: Baseline, uncertain: bool, alpha: float, compat: bool) -> Judged:
    """A quantile of the negative binomial distribution, Poisson where there is no overdispersion.

    ``uncertain``: of the mean's upper limit instead of the mean. ``compat``: the score on R's scale, which takes the logarithm
    of the mean for the mean.

    Rule: Noufaily et al. 2013, 3.5 (``nbPlugin``); Salmon et al. 2016, 3.2 (``muan``).
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        shift = special.ndtri(1 - alpha) * baseline.log_error if uncertain else 0.0
        mean = np.exp(baseline.log_mean + shift)
        mean = np.where(np.isinf(mean), np.nan, mean)
        upper = count_quantile(1 - alpha, mean, baseline.dispersion)
        probability = count_at_least(observed, mean, baseline.dispersion)
        centre = baseline.log_mean if compat else np.exp(baseline.log_mean)
        room = upper - centre
        score = (observed - centre) / (room if compat else np.where(room > 0, room, np.nan))
    return Judged(upper, probability, score)


def cases_of_late(panel: Panel, weeks: Ints, periods: int) -> Floats:
    """The cases of the last periods, now included; a period nobody knows counts as none."""
    total = np.cumsum(np.nan_to_num(panel.observed), axis=1)
    before = np.where(weeks >= periods, total[:, np.maximum(weeks - periods, 0)], 0.0)
    late: Floats = total[:, weeks] - before
    return late


def say_baseline(panel: Panel, weeks: Ints, references: Sequence[Reference | None], baseline: Baseline) -> Flags:
    """What a baseline lacked."""
    planned = np.array([one is not None and len(one.index) > 0 for one in references], dtype=bool)
    history = planned[None, :] & (baseline.rows > 0)
    reason: Flags = np.where(np.isfinite(panel.observed[:, weeks]), 0, Reason.MISSING_NOW)
    reason = reason | np.where(history, 0, Reason.NO_HISTORY)
    reason |= np.where(history & (baseline.cases == 0), Reason.NO_CASE_BEFORE, 0)
    reason |= np.where(history & ~baseline.settled, Reason.NOT_SETTLED, 0)
    return reason
