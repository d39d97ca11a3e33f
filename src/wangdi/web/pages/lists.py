"""The people behind a figure: numerator, denominator or gap, each with the clause that decides."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.people import Asked, Listed, count_of, list_people, parts_of
from wangdi.app.questions import find_indicators
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import LEVEL_CHOICES, Figure, Level
from wangdi.indicators.why import Why
from wangdi.web.anchors import rule_link
from wangdi.web.door import Door
from wangdi.web.names import name_people, organisation_name
from wangdi.web.render import english_or, render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, stand_here
from wangdi.web.words import word

router = APIRouter()
PAGE_ROWS = 50


@router.get("/people")
def show_people(request: Request, indicator: str, part: str = "", level: str = "", page: int = 1) -> Response:
    """The people of one cell, a page at a time; the file holds all of them.

    Without a part asked for, the page opens with those missing, and where nobody is, with everybody.
    """
    door: Door = request.app.state.door
    view = read_view(request)
    pack = door.library.newest[find_indicators(door.library, [indicator])[indicator]]
    here, figure = _find_figure(door, view, indicator, level)
    rule = pack.indicators[indicator]
    parts = parts_of(rule)
    chosen = part if part in parts else parts[-1] if count_of(rule, figure, parts[0]) == 0 else parts[0]
    count = count_of(rule, figure, chosen)
    whole = "format" in request.query_params
    first = 0 if whole else max(0, page - 1) * PAGE_ROWS
    area = view.area or here.area
    asked = Asked(indicator, here.period, area, chosen, None if whole else PAGE_ROWS, first)
    key = ("people", here.known, asked, level)
    listed = door.keep(key, lambda: _list(door, here, asked, level))
    edition = "" if figure is None or figure.edition == pack.edition else figure.edition
    table = _table(door, view, here, listed, (chosen, edition))
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "here_at": here,
        "figure": figure,
        "title": english_or(figure.title, figure.title_en, view.lang) if figure else indicator,
        "people_table": table,
        "parts": [(one, count_of(rule, figure, one)) for one in parts],
        "part": chosen,
        "indicator": indicator,
        "level": level,
        "page": page,
        "pages": None if count is None else max(1, -(-count // PAGE_ROWS)),
        "more": len(listed) == PAGE_ROWS if count is None else page * PAGE_ROWS < count,
        "first": first,
    }
    return render_page(request, "people.html", context, view=view)


def _find_figure(door: Door, view: View, indicator: str, level: str) -> tuple[Here, Figure | None]:
    outside = view.area == UNALLOCATED
    here = stand_here(door, view.at(area="") if outside else view)
    asked: Level = next((one for one in LEVEL_CHOICES if outside and one == level), here.level)
    figure = door.figures(here.known, here.period, asked).get((indicator, view.area or here.area))
    if figure is None and outside:
        raise Refusal(Problem(code="FIG-002", args={"code": view.area}))
    return here, figure


def _list(door: Door, here: Here, asked: Asked, level: str) -> list[Listed]:
    outside = next((one for one in LEVEL_CHOICES if one == level), None) if asked.area == UNALLOCATED else None
    with door.standing(here.known) as standing:
        return list_people(standing, asked, outside)


def _table(door: Door, view: View, here: Here, listed: list[Listed], shown: tuple[str, str]) -> Table:
    """``shown``: which part of the people, and by which edition they were judged (empty: the newest, which needs no name)."""
    part, edition = shown
    names = name_people(door, here.known, [one.person_id for one in listed])
    columns = [
        Column("name", word(view.lang, "people.name")),
        Column("person", word(view.lang, "people.number"), "code"),
        Column("org", word(view.lang, "people.org")),
        Column("why", word(view.lang, "people.why" if part == "missing" else "people.holds")),
    ]
    rows: list[dict[str, Any]] = [
        {
            "name": Cell(names.get(one.person_id, "") or _own_name(one), view.link(f"/person/{one.person_id}")),
            "person": one.person_id,
            "org": organisation_name(here, one.org),
            "why": Cell(
                "；".join(why.label for why in shown_reasons(one.why, part)),
                links=[(why.label, rule_link(view, why.rule, edition)) for why in shown_reasons(one.why, part)],
            ),
        }
        for one in listed
    ]
    return Table(columns, rows, name=f"people-{part}", empty=word(view.lang, "people.nobody"))


def _own_name(one: Listed) -> str:
    """What the row of an institution calls it; the number of what has no name."""
    return str(next((why.inputs["name"] for why in one.why if why.inputs.get("name")), one.person_id))


def shown_reasons(why: tuple[Why, ...], part: str) -> tuple[Why, ...]:
    """The clauses that decide, in the words of the pack; of somebody missing only those that fail."""
    failed = tuple(one for one in why if one.inputs.get("holds") is False)
    return failed if part == "missing" and failed else why
