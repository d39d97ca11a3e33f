"""The table under a report: every figure it uses, with what it must be told with."""

from __future__ import annotations

from fractions import Fraction

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.writing.model import Report
from wangdi.reports.writing.phrases import round_half_up, show_figure

COLUMNS = ("title", "area", "period", "numerator", "denominator", "value", "population", "edition", "known")
NUMBERS = ("numerator", "denominator", "value", "known")
"""Columns of numbers."""
NOTHING = "—"


def list_rows(report: Report) -> list[tuple[ToldFigure, dict[str, str]]]:
    """The figures of a report in the order they are first used, each with its row."""
    return [(figure, _row(figure)) for figure in report.figures()]


def _row(figure: ToldFigure) -> dict[str, str]:
    value = show_figure(figure)
    return {
        "title": figure.title,
        "area": figure.area_name,
        "period": figure.period,
        "numerator": show_count(figure.counted),
        "denominator": show_count(figure.denominator),
        "value": NOTHING if value is None else value.text,
        "population": "；".join(part for part in (figure.base, figure.population_source) if part) or NOTHING,
        "edition": figure.edition,
        "known": str(figure.known),
    }


def show_count(number: float | None) -> str:
    """A numerator or denominator as printed. Missing: a dash."""
    if number is None:
        return NOTHING
    exact = Fraction(number)
    return round_half_up(exact, 0 if exact.denominator == 1 else 2)
