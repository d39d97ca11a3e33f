"""Series of counts: many places or diseases over the same periods, one row a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

WEEKLY, MONTHLY, DAILY = 52, 12, 365
"""Periods a year; a dated weekly series has years of 52 and of 53 weeks all the same."""

STEP_DAYS = {DAILY: (1, 1), WEEKLY: (7, 7), MONTHLY: (28, 31)}
"""How many days lie between neighbouring periods of a dated series."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Counts of many series over the same periods.

    ``dates``: the first (or any fixed) day of each period; present, reference periods are found by calendar year, which is
    what makes years of 53 weeks right. ``known``: periods known to have been part of an outbreak.

    Grain: one row a series, one column a period. Missing: a count nobody knows is NaN, never 0.
    """

    units: tuple[str, ...]
    observed: Floats
    freq: int = WEEKLY
    dates: Days | None = None
    population: Floats | None = None
    known: Bools | None = None

    def __post_init__(self) -> None:
        shape = self.observed.shape
        if len(shape) != 2 or shape[0] != len(self.units):
            raise ValueError("one row of counts a unit")
        if any(one is not None and one.shape != shape for one in (self.population, self.known)):
            raise ValueError("population and known outbreaks have the shape of the counts")
        if self.dates is not None and len(self.dates) != shape[1]:
            raise ValueError("one date a period")

    @property
    def periods(self) -> int:
        return int(self.observed.shape[1])

    def __len__(self) -> int:
        return len(self.units)


def panel_of(observed: npt.ArrayLike, freq: int = WEEKLY, dates: npt.ArrayLike | None = None) -> Panel:
    """A panel of plain arrays, its series named 1, 2, 3 ...: for notebooks and simulations."""
    counts = np.atleast_2d(np.asarray(observed, dtype=np.float64))
    days = None if dates is None else np.asarray(dates, dtype="datetime64[D]")
    return Panel(tuple(str(number + 1) for number in range(len(counts))), counts, freq, days)


def infer_freq(dates: Days) -> int | None:
    """How many periods a year dates have: 365, 52 or 12; None where they are not evenly spaced."""
    if len(dates) < 2:
        return None
    steps = np.diff(dates).astype(np.int64)
    for freq, (shortest, longest) in STEP_DAYS.items():
        if steps.min() >= shortest and steps.max() <= longest:
            return freq
    return None
