"""A figure as the abilities pass it to one another: what is asked for, and what is answered with its numerator and denominator."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from wangdi.core.periods import Period


@dataclass(frozen=True, slots=True)
class FigureAsked:
    """One figure: an indicator, an area's or organisation's code, and a period."""

    indicator: str
    area: str
    period: Period


@dataclass(frozen=True, slots=True)
class ToldFigure:
    """A figure with everything it must be told with.

    ``per``: what a ratio is multiplied by to be in ``unit``. ``base``: the printed words of what is counted over.
    Missing: ``denominator`` is None where there is none (a plain count) or no population was published; ``silent``: none of the
    returns it adds up has come, so that nothing is known.
    """

    indicator: str
    title: str
    area: str
    area_name: str
    period: str
    numerator: float
    denominator: float | None
    per: float
    unit: str
    denominator_kind: str
    base: str
    population_source: str
    edition: str
    known: int
    silent: bool = False

    @property
    def counted(self) -> float | None:
        """The numerator as it may be told; None where nothing is known."""
        return None if self.silent else self.numerator

    @property
    def exact(self) -> Fraction | None:
        """The value without rounding; None where the denominator is 0, no population was published, or nothing is known."""
        if self.silent:
            return None
        if self.denominator_kind == "none":
            return Fraction(self.numerator)
        if not self.denominator:
            return None
        return Fraction(self.numerator) / Fraction(self.denominator) * Fraction(self.per)


@dataclass(frozen=True, slots=True)
class IndicatorName:
    """What an indicator, its numerator and its denominator are called; ``unit`` as in its pack."""

    id: str
    title: str
    unit: str
    count_label: str
    of_label: str


Recompute = Callable[[Collection[FigureAsked]], Mapping[FigureAsked, ToldFigure]]
"""Answers figures at one knowledge date; one that no edition in force has, or of an area that is none, is left out."""
