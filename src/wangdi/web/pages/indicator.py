"""One indicator by area: the table with numerator, denominator and rate, the trend, the chart and the tiles."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.numbers import unit_sign
from wangdi.app.people import parts_of
from wangdi.app.questions import find_indicators
from wangdi.indicators.figures import Figure, Level
from wangdi.language.model import Indicator
from wangdi.web.door import Door, family_of
from wangdi.web.pages.board import Shown, figure_cell, read_shown
from wangdi.web.render import english_or, render_page
from wangdi.web.sparkline import plot_points
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.tiles import lay_tiles
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, areas_under, stand_here
from wangdi.web.words import word

router = APIRouter()


@router.get("/indicator/{indicator}")
def show_indicator(request: Request, indicator: str, level: str = "") -> Response:
    """One indicator in an area and in the areas of one level under it."""
    door: Door = request.app.state.door
    view = read_view(request)
    here = stand_here(door, view)
    pack = door.library.newest[find_indicators(door.library, [indicator])[indicator]]
    chosen: Level = level if level in here.below else here.below[0]
    shown = read_shown(door, here, indicator)
    figures = figures_under(door, here, indicator, chosen)
    rule = pack.indicators[indicator]
    table = make_table(door, view, here, rule, (shown.figure if shown else None, figures))
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "here_at": here,
        "pack": pack,
        "indicator": rule,
        "shown": shown,
        "chosen": chosen,
        "title": _title(shown, rule, view),
        "table_of_areas": table,
        "figure_link": figure_cell(view, here, shown.figure).href if shown else "",
        "returns_link": _returns_link(view, here, rule),
        "tiles": lay_tiles(figures, shown.target if shown else None),
        "trend": json.dumps(_trend_chart(view, here, shown), ensure_ascii=False) if shown else "",
        "bars": json.dumps(_bars_chart(view, shown, figures), ensure_ascii=False) if shown and figures else "",
    }
    return render_page(request, "indicator.html", context, view=view)


def _title(shown: Shown | None, indicator: Indicator, view: View) -> str:
    figure = shown.figure if shown else indicator
    return english_or(figure.title, figure.title_en, view.lang)


def figures_under(door: Door, here: Here, indicator: str, level: Level) -> list[Figure]:
    """The figures of the areas of a level under this one, and of what cannot be placed where this is the widest."""
    found = door.figures(here.known, here.period, level)
    figures = [one for code, _ in areas_under(here, level) if (one := found.get((indicator, code)))]
    if len(here.path) == 1 and (rest := found.get((indicator, "unallocated"))) is not None:
        figures.append(rest)
    return figures


def make_table(
    door: Door, view: View, here: Here, rule: Indicator, counted: tuple[Figure | None, list[Figure]]
) -> Table:
    """One row an area. ``counted``: the figure of the area above, which is the row they sum to, and those of the areas."""

    def title(key: str) -> str:
        return word(view.lang, f"indicator.{key}")

    whole, figures = counted
    columns = [
        Column("area", title("area")),
        Column("numerator", title("numerator"), "number", group=title("counted")),
        Column("denominator", title("denominator"), "number", group=title("counted")),
        *([Column("missing", title("missing"), "number", group=title("counted"))] if _can_miss(rule) else []),
        Column("value", title("value"), "rate", rule.unit),
        Column("trend", title("trend"), "figure"),
    ]
    rows = [_row(door, view, here, rule, one) for one in figures]
    total = None if whole is None else _row(door, view, here, rule, whole)
    name = f"{rule.id}-{here.area}-{here.period.text}"
    return Table(columns, rows, total, name, empty=title("no_areas"))


def _returns_link(view: View, here: Here, rule: Indicator) -> str:
    """Where the returns that have not come are listed, for a figure that rests on returns."""
    asked = {"indicator": rule.rests_on, "area": here.area, "level": here.level, "period": here.period.text}
    return view.link("/people", **asked, part="missing") if rule.rests_on else ""


def _can_miss(rule: Indicator) -> bool:
    """Whether the figure says how many are missing from the numerator."""
    return {"missing", "denominator"} <= set(parts_of(rule))


def _row(door: Door, view: View, here: Here, rule: Indicator, figure: Figure) -> dict[str, Any]:
    inside = figure.area != here.area and figure.level != "org" and figure.area != "unallocated"
    down = view.link(f"/indicator/{figure.indicator}", area=figure.area) if inside else ""
    people = view.link(
        "/people", indicator=figure.indicator, area=figure.area, level=figure.level, period=here.period.text
    )
    missing = None if figure.denominator is None else figure.denominator - figure.numerator
    open_parts = parts_of(rule)
    return {
        "area": Cell(figure.area_name, down, door=False),
        "numerator": Cell(
            None if figure.unknown else figure.numerator,
            f"{people}&part=numerator" if "numerator" in open_parts else "",
        ),
        "denominator": Cell(
            figure.denominator,
            f"{people}&part=denominator" if "denominator" in open_parts else _population_link(view, figure),
        ),
        "missing": Cell(missing, f"{people}&part=missing", tone="gap"),
        "value": figure_cell(view, here, figure),
        "trend": Cell(None, svg=_line(door, here, figure)),
    }


def _population_link(view: View, figure: Figure) -> str:
    if figure.denominator_kind != "population":
        return ""
    return view.link("/populations", area=figure.area, kind=figure.population)


def _line(door: Door, here: Here, figure: Figure) -> dict[str, object]:
    until = [one for one in family_of(here.period) if one.end <= here.period.end]
    found = [door.figures(here.known, one, figure.level).get((figure.indicator, figure.area)) for one in until]
    return plot_points([one.value if one is not None else None for one in found])


def _trend_chart(view: View, here: Here, shown: Shown) -> dict[str, Any]:
    until = [one for one in family_of(here.period) if one.end <= here.period.end]
    target = shown.target
    return {
        "kind": "trend",
        "labels": [one.text.removesuffix("-ytd") for one in until],
        "values": [None if value is None else round(value, 2) for value in shown.trend],
        "unit": unit_sign(view.lang, shown.figure.unit),
        "target": None if target is None else target.value,
        "target_name": word(view.lang, "indicator.target"),
        "alt": word(view.lang, "indicator.trend_alt", title=_title_of(view, shown), area=here.name),
    }


def _bars_chart(view: View, shown: Shown, figures: list[Figure]) -> dict[str, Any]:
    ranked = sorted((one for one in figures if one.value is not None), key=lambda one: one.value or 0.0)
    return {
        "kind": "bars",
        "labels": [one.area_name for one in ranked],
        "values": [round(one.value or 0.0, 2) for one in ranked],
        "whole": None if shown.figure.value is None else round(shown.figure.value, 2),
        "whole_name": shown.figure.area_name,
        "target": None if shown.target is None else shown.target.value,
        "target_name": word(view.lang, "indicator.target"),
        "unit": unit_sign(view.lang, shown.figure.unit),
        "alt": word(view.lang, "indicator.bars_alt", title=_title_of(view, shown)),
    }


def _title_of(view: View, shown: Shown) -> str:
    return english_or(shown.figure.title, shown.figure.title_en, view.lang)
