"""How many cases are expected where: each county from its own years, each township as its share of the county.

A township of a few thousand people has too few cases of most diseases for a model of its own; a county has enough for season,
trend and spread. The share is the township's own past, drawn towards its share of the people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.detectors.farrington import FlexibleSettings, detect_farrington_flexible
from wangdi.outbreaks.series import WEEKLY, Days, Floats, Ints, Panel
from wangdi.outbreaks.surveillance.cases import WEEK, sum_counties
from wangdi.outbreaks.surveillance.settings import Unusual

RARE = 0.5
"""Cases that a disease without any in its history is taken to have had: it may still come."""
RECENT_WEEKS, RECENT_SKIP, RECENT_PRIOR = 20, 4, 20.0
"""The last weeks say how high this season is: so many, without the newest, against a prior of so many cases."""
YEARS_BACK = (52, 104, 156, 208, 260)
"""Weeks."""
SPREAD_PRIOR, WIDEST_SPREAD, MOST_OF_WEEK = 20.0, 5.0, 5.0
"""Degrees of freedom of a spread of one; the widest one used; how far one week may speak for it (an outbreak of the past)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected, last axis: the week of now, the week before. ``error``: how uncertain the mean is, on the logarithm.

    Missing: NaN where there is no history.
    """

    mean: Floats
    dispersion: Floats
    error: Floats

    def spread(self) -> Floats:
        """Variance over mean of a count, the uncertainty of the mean in it."""
        found: Floats = self.dispersion + self.mean * np.expm1(self.error**2)
        return found


def expect_counties(counts: Floats, ends: Days, columns: Ints, settings: Unusual) -> Expected:
    """Expected cases by series (first axis) and week judged (second).

    Rule: Noufaily et al. 2013 over the years there are, then scaled by how high the last months were against it.
    """
    both = np.unique(np.concatenate([columns, columns - 1]))
    names = tuple(str(row) for row in range(len(counts)))
    breaks = tuple(
        (int(np.searchsorted(ends, first)), int(np.searchsorted(ends - WEEK, last, side="right")) - 1)
        for first, last in settings.breaks
    )
    baseline = FlexibleSettings(
        b=settings.years, recent=settings.recent, breaks=tuple(one for one in breaks if one[0] <= one[1])
    )
    panel = Panel(names, counts, WEEKLY, ends)
    with np.errstate(all="ignore"):
        fitted = detect_farrington_flexible(panel, both, baseline)
        mean = np.exp(fitted.more["log_mean"])
    error = np.where(np.isfinite(fitted.more["log_error"]), fitted.more["log_error"], 0.0)
    spread = np.where(np.isfinite(fitted.more["phi"]), np.maximum(fitted.more["phi"], 1.0), 1.0)
    used = np.array([len(one) for one in fitted.used], dtype=np.float64)
    rare = counts[:, : max(int(both[0]), 1)].sum(axis=1) == 0
    never = np.where(used > 0, RARE / np.maximum(used, 1), np.nan)[None, :]
    mean = np.where(rare[:, None] | ~np.isfinite(mean), never, mean)
    error = np.where(rare[:, None], 0.0, np.minimum(error, 1.0))
    level = _recent_level(counts, mean, both, fitted.used)
    place = np.searchsorted(both, np.stack([columns, columns - 1], axis=1))
    return Expected((mean * level)[:, place], spread[:, place], error[:, place])


def _recent_level(counts: Floats, mean: Floats, weeks: Ints, used: tuple[Ints, ...]) -> Floats:
    """How high the last months were against the mean of the same weeks of the years before: a factor, drawn towards 1."""
    total = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
    level = np.ones_like(mean)
    for column, week in enumerate(weeks):
        last = int(week) - RECENT_SKIP
        first = last - RECENT_WEEKS
        years = [
            back for back in YEARS_BACK if first - back >= 0 and _all_used(used[column], first - back, last - back)
        ]
        if first < 0 or not years:
            continue
        before = np.mean([total[:, last - back] - total[:, first - back] for back in years], axis=0)
        level[:, column] = (total[:, last] - total[:, first] + RECENT_PRIOR) / (before + RECENT_PRIOR)
    return level


def _all_used(used: Ints, first: int, last: int) -> bool:
    """Whether all weeks from ``first`` to before ``last`` count as history."""
    return int(np.count_nonzero((used >= first) & (used < last))) == last - first


def share_places(counts: Floats, people: Floats, county_of: Ints, until: Ints, prior: float) -> Floats:
    """Each place's share of its county's cases, by disease, place and week judged.

    ``counts``: diseases x places x weeks; ``until``: for each week judged, how many weeks of history count. Rule: a gamma prior
    of ``prior`` cases spread like the people; people not known are taken as alike.
    """
    known = np.where(np.isfinite(people) & (people > 0), people, np.nan)
    filled = np.where(np.isfinite(known), known, np.nanmean(known) if np.isfinite(known).any() else 1.0)
    of_county = np.bincount(county_of, weights=filled)[county_of]
    total = np.concatenate([np.zeros((*counts.shape[:2], 1)), np.cumsum(counts, axis=2)], axis=2)[:, :, until]
    county = sum_counties(total, county_of)[:, county_of]
    share: Floats = (total + prior * (filled / of_county)[None, :, None]) / (county + prior)
    return share


def spread_within(counts: Floats, share: Floats, county_of: Ints, until: int) -> Floats:
    """How much wider than chance a county's cases of one week lie over its places, by disease: 1 is chance.

    Rule: Pearson's chi-square of each week given the county's total, summed over the past and drawn towards 1.
    """
    past = counts[:, :, :until]
    county = sum_counties(past, county_of)
    mean = county[:, county_of] * share[:, :, None]
    each = np.divide((past - mean) ** 2, mean, out=np.zeros_like(mean), where=mean > 0)
    chi = sum_counties(each, county_of)
    places = np.bincount(county_of)[None, :, None] - 1
    counted = (county > 0) & (places > 0)
    chi = np.where(counted, np.minimum(chi, MOST_OF_WEEK * places), 0.0)
    free = np.where(counted, places, 0)
    spread = (chi.sum(axis=(1, 2)) + SPREAD_PRIOR) / (free.sum(axis=(1, 2)) + SPREAD_PRIOR)
    found: Floats = np.clip(spread, 1.0, WIDEST_SPREAD)
    return found


def expect_places(counties: Expected, share: Floats, spread: Floats, county_of: Ints) -> Expected:
    """Expected cases of each place: its share of the county's, as uncertain as the county's and as spread as its own.

    Shapes: ``counties`` by diseases, counties, weeks; the answer by diseases, places, weeks.
    """
    share = share[..., None]
    mean = counties.mean[:, county_of] * share
    dispersion = spread[:, None, None, None] + (counties.dispersion[:, county_of] - 1) * share
    return Expected(mean, dispersion, counties.error[:, county_of])
