"""The door between checking a report and the figures of a city: what is asked, what is answered. Neither side knows the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wangdi.core.problem import Problem


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """A figure as a report states it.

    ``indicator``: in the report's words; ``value`` in ``unit``; ``period`` and ``region``: as told, empty where the report
    tells none. ``known``: what had been accepted by the report's date; None for today.
    """

    indicator: str
    value: float
    unit: str
    period: str
    region: str
    known: int | None = None


@dataclass(frozen=True, slots=True)
class RecomputedFigure:
    """The same figure from the city's data. ``indicator``: the catalogue's id; ``value`` in the unit that was asked."""

    indicator: str
    numerator: float
    denominator: float
    value: float


Recompute = Callable[[StatedFigure], RecomputedFigure | Problem]
"""What an application passes to the check of a report. A Problem says why nothing can be compared."""
