"""The board: every indicator of the programmes for one area, with its trend and its target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.numbers import show_rate, show_value
from wangdi.app.targets import Target, find_target
from wangdi.indicators.figures import Figure
from wangdi.web.door import Door, family_of
from wangdi.web.render import english_or, render_page
from wangdi.web.sparkline import plot_points
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, stand_here
from wangdi.web.words import word

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Shown:
    """One indicator of an area as pages show it: its figure, those of the periods before it, and its target."""

    figure: Figure
    trend: tuple[float | None, ...]
    before: float | None
    """The value one year (one period where that is not counted) earlier."""
    target: Target | None


def read_shown(door: Door, here: Here, indicator: str) -> Shown | None:
    """An indicator at an area; None where no edition in force has it."""
    figure = door.figures(here.known, here.period, here.level).get((indicator, here.area))
    if figure is None:
        return None
    until = [one for one in family_of(here.period) if one.end <= here.period.end]
    values = [door.figures(here.known, one, here.level).get((indicator, here.area)) for one in until]
    trend = tuple(one.value if one is not None else None for one in values)
    before = trend[-2] if len(trend) > 1 else None
    return Shown(figure, trend, before, find_target(door.city.folder, indicator, here.area, here.period))


@router.get("/")
def show_board(request: Request) -> Response:
    """Every indicator of one area, a table for each programme; those for people stand before the ledgers."""
    door: Door = request.app.state.door
    view = read_view(request)
    here = stand_here(door, view)
    tables = [
        (pack.title, name, Table(_columns(view), rows, name=name))
        for name, pack in sorted(door.library.newest.items(), key=lambda one: one[1].subject != "person")
        if (rows := [row for item in pack.indicators if (row := _row(door, view, here, item))])
    ]
    whole = Table(_columns(view), [row for _, _, table in tables for row in table.rows], name=f"board-{here.area}")
    if (file := export_table(request, whole)) is not None:
        return file
    return render_page(request, "board.html", {"here_at": here, "tables": tables, "door": door}, view=view)


def _columns(view: View) -> list[Column]:
    def title(key: str) -> str:
        return word(view.lang, f"board.{key}")

    return [
        Column("title", title("indicator")),
        Column("value", title("value"), "rate"),
        Column("numerator", title("numerator"), "number"),
        Column("denominator", title("denominator"), "number"),
        Column("trend", title("trend"), "figure"),
        Column("change", title("change"), "rate"),
        Column("target", title("target"), "rate"),
    ]


def _row(door: Door, view: View, here: Here, indicator: str) -> dict[str, Any] | None:
    shown = read_shown(door, here, indicator)
    if shown is None:
        return None
    figure = shown.figure
    return {
        "title": Cell(
            english_or(figure.title, figure.title_en, view.lang), view.link(f"/indicator/{indicator}"), door=False
        ),
        "value": replace(figure_cell(view, here, figure), text=show_rate(figure.value, figure.unit, view.lang)),
        "numerator": None if figure.unknown else figure.numerator,
        "denominator": figure.denominator,
        "trend": Cell(None, view.link(f"/indicator/{indicator}"), door=False, svg=_line(shown)),
        "change": _change_cell(shown),
        "target": _target_cell(view, shown),
    }


def _line(shown: Shown) -> dict[str, object]:
    return plot_points(shown.trend, shown.target.value if shown.target is not None else None)


def _change_cell(shown: Shown) -> Cell:
    value, before = shown.figure.value, shown.before
    if value is None or before is None:
        return Cell(None)
    change = value - before
    return Cell(change, text=f"{'+' if change > 0 else ''}{show_value(change, shown.figure.unit)}")


def _target_cell(view: View, shown: Shown) -> Cell:
    target, value = shown.target, shown.figure.value
    if target is None:
        return Cell(None)
    met = value is not None and target.is_met(value)
    return Cell(
        target.value, small=word(view.lang, "board.met" if met else "board.unmet"), tone="good" if met else "late"
    )


def figure_cell(view: View, here: Here, figure: Figure, area: str = "") -> Cell:
    """A figure as a door: its value leads to the people behind it."""
    asked = {"indicator": figure.indicator, "area": area or figure.area, "period": here.period.text}
    return Cell(figure.value, view.link("/people", **asked), tone=_tone(figure))


def _tone(figure: Figure) -> str:
    """Few people behind a rate: said, not hidden."""
    return "few" if figure.denominator is not None and 0 < figure.denominator < FEW else ""


FEW = 30
"""Under so many in the denominator a page says beside the rate that it rests on few."""
