"""China's moving percentile: the cases of now against a percentile of the same days or weeks of earlier years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.alarms import Alarms, Flags, Reason, plan_left_out
from wangdi.outbreaks.reference_weeks import WEEK, Calendar
from wangdi.outbreaks.series import DAILY, Bools, Floats, Ints, Panel


@dataclass(frozen=True, slots=True)
class PercentileSettings:
    """``b`` years, ``w`` half window (weeks before and after), ``percentile`` as a share; 5, 2 and a half are the standard's.

    ``fewest_years``: from fewer nothing is said. ``minimum``: fewer cases are never an alarm.
    """

    b: int = 5
    w: int = 2
    percentile: float = 0.5
    fewest_years: int = 3
    minimum: float = 1
    breaks: tuple[tuple[int, int], ...] = ()
    leave_known_out: bool = True


def detect_moving_percentile(panel: Panel, weeks: Ints, settings: PercentileSettings | None = None) -> Alarms:
    """An alarm where now is at least the percentile of its blocks in earlier years.

    Of daily series now is the last seven days, and a block the seven days that end on the same day of an earlier year, or
    whole weeks before or after it; of weekly and monthly series now is one period. 29 February is held against 1 March.
    The percentile is that of linear interpolation between the ordered blocks, both ends included.

    Rule: CIDARS: 5 years of 5 weekly windows, the same week and two on either side; BMC Public Health 2017, 17: 570.
    Grain: one row a series, one column a period of ``weeks``. Missing: a block with an unknown count, of a break or of a
    known outbreak is left out; NaN where fewer than ``fewest_years`` years have a block.
    """
    asked = settings or PercentileSettings()
    left_out = plan_left_out(panel, asked.breaks, asked.leave_known_out)
    length = WEEK if panel.freq == DAILY else 1
    blocks, ends = plan_percentile_blocks(Calendar.of(panel), weeks, asked, length)
    current = moving_sums(panel.observed, np.zeros(panel.observed.shape, dtype=bool), length)
    history = moving_sums(panel.observed, left_out.mask(len(panel)), length)
    values = np.where(blocks[None, :, :] >= 0, history[:, blocks], np.nan)
    known = np.isfinite(values)
    years = known.reshape(*known.shape[:2], asked.b, -1).any(axis=3).sum(axis=2)
    enough = years >= asked.fewest_years
    upper = np.where(enough, percentile_of(values, asked.percentile), np.nan)
    now = current[:, weeks]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(upper > 0, now / upper, np.nan)
        as_high = (values >= now[:, :, None]).sum(axis=2)
        probability = np.where(enough, (as_high + 1) / (known.sum(axis=2) + 1), np.nan)
        alarm = np.where(enough & np.isfinite(now), (now >= upper) & (now >= asked.minimum) & (now > 0), np.nan)
    reason: Flags = np.where(np.isfinite(now), 0, Reason.MISSING_NOW)
    reason = reason | np.where(enough, 0, Reason.NO_HISTORY)
    reason |= np.where(enough & (years < asked.b), Reason.SHORT_HISTORY, 0)
    reason |= np.where(enough & (np.where(known, values, 0).sum(axis=2) == 0), Reason.NO_CASE_BEFORE, 0)
    expected = np.where(enough, percentile_of(values, 0.5), np.nan)
    return Alarms(
        panel,
        weeks,
        alarm,
        upper,
        expected,
        probability,
        score,
        reason,
        ends,
        left_out,
        {"now": now, "years": years * 1.0},
    )


def plan_percentile_blocks(
    calendar: Calendar, weeks: Ints, asked: PercentileSettings, length: int
) -> tuple[Ints, tuple[Ints, ...]]:
    """The last period of every block, -1 where the series has none; and all periods of the blocks of each week."""
    steps = np.arange(-asked.w, asked.w + 1) * length
    found = np.full((len(weeks), asked.b, len(steps)), -1, dtype=np.int64)
    for row, week in enumerate(weeks):
        for back in range(1, asked.b + 1):
            centre = calendar.year_ago(int(week), back)
            if centre is not None:
                found[row, back - 1] = np.where(centre + steps >= length - 1, centre + steps, -1)
    blocks = found.reshape(len(weeks), -1)
    days = np.arange(length)
    ends = tuple(np.unique((row[row >= 0][:, None] - days[None, :]).ravel()) for row in blocks)
    return blocks, ends


def moving_sums(observed: Floats, left_out: Bools, length: int) -> Floats:
    """The sum of the last ``length`` periods; NaN where one of them is unknown or left out."""
    unusable = ~np.isfinite(observed) | left_out
    total = np.cumsum(np.where(unusable, 0.0, observed), axis=1)
    gaps = np.cumsum(unusable, axis=1)
    sums = total.copy()
    holes = gaps.astype(np.float64)
    sums[:, length:] -= total[:, :-length]
    holes[:, length:] -= gaps[:, :-length]
    sums[holes > 0] = np.nan
    sums[:, : length - 1] = np.nan
    return sums


def percentile_of(values: Floats, share: float) -> Floats:
    """The percentile along the last axis by linear interpolation, ends included; unknown values do not count."""
    ordered = np.sort(values, axis=-1)
    number = np.isfinite(values).sum(axis=-1)
    place = np.maximum(number - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(number - 1, 0))
    low = np.take_along_axis(ordered, below[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, above[..., None], axis=-1)[..., 0]
    found: Floats = low + (high - low) * (place - below)
    return found
