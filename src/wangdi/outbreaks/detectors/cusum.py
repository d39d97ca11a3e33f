"""CUSUM: small excesses add up until they are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.alarms import Alarms, Reason
from wangdi.outbreaks.seasonal import fit_season
from wangdi.outbreaks.series import Bools, Floats, Ints, Panel


@dataclass(frozen=True, slots=True)
class CusumSettings:
    """``k`` reference value, ``h`` decision bound, ``mean``: a number, ``glm`` (season) or None (mean of the past).

    ``trans``: how a count is standardised; ``alpha``: the negative binomial's, for ``pearsonNegBin``.
    """

    k: float = 1.04
    h: float = 2.26
    mean: float | str | None = None
    trans: str = "standard"
    alpha: float = 0.1


Standardise = Callable[[Floats, Floats, float], Floats]
Back = Callable[[Floats, Floats, float], Floats]


def _rossi_back(room: Floats, mean: Floats, alpha: float) -> Floats:
    count: Floats = 2 * room * np.sqrt(mean) + 5 * mean - 2 * np.sqrt(4 * mean**2 + 2 * mean**1.5 * room)
    return count


def _power(value: Floats) -> Floats:
    return np.where(value < 0, 0.0, np.abs(value) ** 1.5)


TRANSFORMATIONS: dict[str, tuple[Standardise, Back]] = {
    "standard": (
        lambda x, m, a: (x - m) / np.sqrt(m),
        lambda room, m, a: np.ceil(np.sqrt(m) * room + m),
    ),
    "rossi": (
        lambda x, m, a: (x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m)),
        _rossi_back,
    ),
    "anscombe": (
        lambda x, m, a: 1.5 * (x ** (2 / 3) - m ** (2 / 3)) / m ** (1 / 6),
        lambda room, m, a: _power(2 / 3 * m ** (1 / 6) * room + m ** (2 / 3)),
    ),
    "anscombe2nd": (
        lambda x, m, a: (x ** (2 / 3) - (m ** (2 / 3) - m ** (-1 / 3) / 9)) / (2 / 3 * m ** (1 / 6)),
        lambda room, m, a: _power(2 / 3 * m ** (1 / 6) * room + (m ** (2 / 3) - m ** (1 / 3) / 9)),
    ),
    "pearsonNegBin": (
        lambda x, m, a: (x - m) / np.sqrt(m + a * m**2),
        lambda room, m, a: np.sqrt(m + a * m**2) * room + m,
    ),
}
"""Each a way from a count to a standard deviate and back to the count that would reach the bound."""


def detect_cusum(panel: Panel, weeks: Ints, settings: CusumSettings | None = None) -> Alarms:
    """One-sided cumulative sums of standardised counts, begun at the first period asked; an alarm does not reset it.

    The mean is taken from all periods before the first one asked.

    Rule: Rossi, Lampugnani, Marchi 1999, Statistics in Medicine 18: 2111-2122; Hohle and Paul 2008.
    Grain: one row a series, one column a period of ``weeks``, which are consecutive. Missing: an unknown count adds nothing.
    """
    asked = settings or CusumSettings()
    observed = panel.observed[:, weeks]
    mean, history = expected_before(panel, weeks, asked.mean)
    forward, back = TRANSFORMATIONS[asked.trans]
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = forward(observed, mean, asked.alpha)
    total, before = np.zeros(len(panel)), np.zeros(observed.shape)
    running = np.zeros(observed.shape)
    for column in range(observed.shape[1]):
        before[:, column] = total
        total = np.maximum(
            0.0,
            total
            + np.nan_to_num(standard[:, column], nan=0.0, posinf=np.inf)
            - asked.k * np.isfinite(observed[:, column]),
        )
        running[:, column] = total
    with np.errstate(divide="ignore", invalid="ignore"):
        upper = np.maximum(np.nan_to_num(back(asked.h + asked.k - before, mean, asked.alpha)), 0.0)
    known = np.isfinite(observed) & history[:, None]
    reason = np.where(np.isfinite(observed), 0, Reason.MISSING_NOW)
    reason |= np.where(history[:, None], 0, Reason.NO_HISTORY)
    reason |= np.where(history[:, None] & (mean <= 0), Reason.NO_CASE_BEFORE, 0)
    used = tuple(np.arange(weeks[0]) for _ in weeks)
    alarm = np.where(known, running >= asked.h, np.nan)
    unknown = np.full(observed.shape, np.nan)
    return Alarms(panel, weeks, alarm, upper, mean, unknown, running / asked.h, reason, used, more={"cusum": running})


def expected_before(panel: Panel, weeks: Ints, how: float | str | None) -> tuple[Floats, Bools]:
    """What every period asked is expected to count, from what came before the first of them; and whether anything did."""
    before = panel.observed[:, : weeks[0]]
    known = np.isfinite(before)
    history: Bools = np.asarray(known.any(axis=1))
    if isinstance(how, int | float):
        return np.full((len(panel), len(weeks)), float(how)), np.ones(len(panel), dtype=bool)
    if how == "glm":
        return fit_season(panel, int(weeks[0])).predict(weeks), history
    with np.errstate(invalid="ignore", divide="ignore"):
        average = np.where(known, before, 0.0).sum(axis=1) / known.sum(axis=1)
    return np.repeat(average[:, None], len(weeks), axis=1), history
