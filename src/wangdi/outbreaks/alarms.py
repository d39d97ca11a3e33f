"""What a detector says of each series and period: expected, bound, probability, score, alarm, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from wangdi.outbreaks.series import Floats, Ints, Panel

Flags = npt.NDArray[np.int64]


class Reason(IntFlag):
    """What has to be said of a result; several may hold at once."""

    NOTHING = 0
    MISSING_NOW = 1
    NO_HISTORY = 2
    SHORT_HISTORY = 4
    FEW_CASES = 8
    NO_CASE_BEFORE = 16
    NOT_SETTLED = 32
    NO_SPREAD = 64
    UNBOUNDED = 128
    GAPS = 256
    KNOWN_LEFT_OUT = 512
    BREAK_LEFT_OUT = 1024
    TOO_MANY_BLOCKS = 2048


@dataclass(frozen=True, slots=True)
class Alarms:
    """The results of one method on a panel.

    ``weeks``: the periods judged, as indexes into the panel. ``alarm``: 1, 0, or NaN where the method cannot say.
    ``used``: for each period, the indexes its expectation was taken from, before any was left out. ``left_out``: the
    periods of the panel left out of every reference, by reason. ``more``: what only this method tells, by name.

    Grain: one row a series, one column a period of ``weeks``. Missing: NaN, and ``reason`` says why.
    """

    panel: Panel
    weeks: Ints
    alarm: Floats
    upperbound: Floats
    expected: Floats
    pvalue: Floats
    score: Floats
    reason: Flags
    used: tuple[Ints, ...] = ()
    left_out: LeftOut | None = None
    more: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def observed(self) -> Floats:
        found: Floats = self.panel.observed[:, self.weeks]
        return found

    def used_periods(self, row: int, column: int) -> Ints:
        """The periods one result was taken from."""
        if not self.used:
            return np.zeros(0, dtype=np.int64)
        index = self.used[column]
        counted = np.isfinite(self.panel.observed[row, index])
        if self.left_out is not None:
            counted &= ~self.left_out.any_of(row, index)
        used: Ints = index[counted]
        return used

    def left_out_periods(self, row: int, column: int) -> dict[Reason, Ints]:
        """The reference periods of one result that were not used, by reason."""
        if not self.used:
            return {}
        index = self.used[column]
        found = {Reason.GAPS: index[~np.isfinite(self.panel.observed[row, index])]}
        if self.left_out is not None:
            found |= self.left_out.by_reason(row, index)
        return {reason: periods for reason, periods in found.items() if len(periods)}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Periods that do not count as history: of an epidemic break (all series), of known outbreaks (each its own)."""

    breaks: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_] | None

    def any_of(self, row: int, index: Ints) -> npt.NDArray[np.bool_]:
        out: npt.NDArray[np.bool_] = self.breaks[index]
        return out if self.known is None else out | self.known[row, index]

    def by_reason(self, row: int, index: Ints) -> dict[Reason, Ints]:
        """Those of some periods that are left out, by reason."""
        found = {Reason.BREAK_LEFT_OUT: index[self.breaks[index]]}
        if self.known is not None:
            found[Reason.KNOWN_LEFT_OUT] = index[self.known[row, index] & ~self.breaks[index]]
        return found

    def mask(self, series: int) -> npt.NDArray[np.bool_]:
        """The same for every series: one row a series, one column a period."""
        every = np.broadcast_to(self.breaks, (series, len(self.breaks)))
        return every if self.known is None else every | self.known


def plan_left_out(panel: Panel, breaks: tuple[tuple[int, int], ...], leave_known_out: bool) -> LeftOut:
    """What is not to count as history: ``breaks`` as first and last index; known outbreaks where asked."""
    out = np.zeros(panel.periods, dtype=bool)
    for first, last in breaks:
        out[max(first, 0) : last + 1] = True
    return LeftOut(out, panel.known if leave_known_out else None)
