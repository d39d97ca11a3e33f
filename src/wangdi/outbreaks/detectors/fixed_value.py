"""Fixed value: an alarm from so many cases on, whatever the past; and the outbreak criteria that are such values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.alarms import Alarms, Reason
from wangdi.outbreaks.detectors.moving_percentile import moving_sums
from wangdi.outbreaks.series import DAILY, MONTHLY, STEP_DAYS, Ints, Panel


@dataclass(frozen=True, slots=True)
class FixedSettings:
    """``value`` cases within ``days`` days; 0 days is the period itself."""

    value: float = 1
    days: int = 0


def detect_fixed_value(panel: Panel, weeks: Ints, settings: FixedSettings | None = None) -> Alarms:
    """An alarm where the cases of the last ``days`` reach ``value``.

    A window shorter than a period is one period: a weekly series cannot say what happened within three days.

    Rule: CIDARS, fixed threshold; outbreak criteria of the 2005 norm for reporting public health emergencies.
    Grain: one row a series, one column a period of ``weeks``. Missing: an unknown count within the window is NaN.
    """
    asked = settings or FixedSettings()
    periods = window_periods(panel.freq, asked.days)
    sums = moving_sums(panel.observed, np.zeros(panel.observed.shape, dtype=bool), periods)[:, weeks]
    unknown = np.full(sums.shape, np.nan)
    alarm = np.where(np.isfinite(sums), sums >= asked.value, np.nan)
    reason = np.where(np.isfinite(sums), 0, Reason.MISSING_NOW)
    used = tuple(np.arange(max(week - periods + 1, 0), week + 1) for week in weeks)
    upper = np.full(sums.shape, float(asked.value))
    return Alarms(
        panel, weeks, alarm, upper, unknown, unknown.copy(), sums / asked.value, reason, used, more={"now": sums}
    )


def window_periods(freq: int, days: int) -> int:
    """How many periods a window of days is, rounded up to whole periods."""
    if freq == MONTHLY:
        return max(math.ceil(days / STEP_DAYS[MONTHLY][1]), 1)
    step = 1 if freq == DAILY else STEP_DAYS[freq][0]
    return max(math.ceil(days / step), 1)
