"""How well a method finds known outbreaks, at equal false positives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.series import Floats, Ints

SHARES = (0.005, 0.01, 0.02, 0.05)
"""False positive rates at which methods are compared."""

NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Quality:
    """Detection at one false positive rate.

    ``series``: of the series an outbreak touched, how many were alarmed in one of its weeks; ``events``: of the outbreaks,
    how many in any of their places. ``delay``: weeks from the first case to the first alarm of the detected events;
    ``at_once``: events alarmed in the week of their first case. Intervals are of 95 %, events being independent.
    """

    series: float
    series_interval: float
    events: float
    events_interval: float
    delay: float
    at_once: float


def score_detection(score: Floats, outbreak: Floats, event: Ints) -> list[Quality]:
    """The larger the score the surer the alarm; NaN is never one. All three: one row a series, one column a week judged.

    ``outbreak``: cases of an outbreak; ``event``: its number, -1 where there is none. A false positive is a week of a series
    without a case of an outbreak that is alarmed.

    Rule: Noufaily et al. 2013, section 4.2 (false positive rate, probability of detection).
    """
    touched = outbreak > 0
    given = np.where(np.isnan(score), -np.inf, score)
    quiet = np.sort(given[~touched])[::-1]
    return [_at(given, touched, event, float(quiet[int(share * len(quiet))])) for share in SHARES]


def _at(score: Floats, touched: np.ndarray, event: Ints, threshold: float) -> Quality:
    alarmed = (score > threshold) & touched
    hit = touched.any(axis=1)
    by_series = alarmed.any(axis=1)[hit]
    number_of = np.where(touched, event, -1).max(axis=1)[hit]
    events = np.unique(event[touched])
    first_case = np.full(int(event.max()) + 1, np.iinfo(np.int64).max)
    first_alarm = first_case.copy()
    columns = np.broadcast_to(np.arange(score.shape[1]), score.shape)
    np.minimum.at(first_case, event[touched], columns[touched])
    np.minimum.at(first_alarm, event[alarmed], columns[alarmed])
    found = first_alarm[events] < np.iinfo(np.int64).max
    delay = (first_alarm - first_case)[events][found]
    return Quality(
        float(by_series.mean()),
        _clustered_interval(by_series, number_of),
        float(found.mean()),
        NORMAL_95 * float(np.sqrt(found.mean() * (1 - found.mean()) / len(found))),
        float(delay.mean()) if len(delay) else float("nan"),
        float((delay == 0).sum() / len(events)),
    )


def _clustered_interval(hits: np.ndarray, cluster: Ints) -> float:
    """Half the interval of a share whose members come in clusters: series of one outbreak are found together."""
    mean = hits.mean()
    residual = np.bincount(cluster, weights=hits - mean)
    return NORMAL_95 * float(np.sqrt((residual**2).sum())) / len(hits)
