"""A plain table of figures by area with a two-row heading, on the page and as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.return_tables import TableWanted, count_table, print_table
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.problem import Problem, Refusal
from wangdi.returns.tables import TwoRowTable, show_decimal
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.view import read_view
from wangdi.web.where import stand_here

router = APIRouter()
FORMS = ("xlsx", "docx", "html")
MOST_INDICATORS = 40


@router.get("/returns/table")
def show_table(request: Request, by: str = "", format: str = "") -> Response:  # noqa: A002 -- as in the address
    """The table of the indicators the address names; none is drawn while it names none.

    Errors: FIG-001, FIG-002, RETURN-040 a file it is not written as.
    """
    door: Door = request.app.state.door
    view = read_view(request)
    here = stand_here(door, view)
    chosen = tuple(dict.fromkeys(request.query_params.getlist("indicator")))[:MOST_INDICATORS]
    level = by if by in here.below else here.below[0]
    known = door.facts(here.known)

    def count() -> TwoRowTable:
        with door.standing(known) as standing:
            return count_table(standing, TableWanted(here.period, chosen, level, here.area), view.lang)

    key = ("table", known, here.period.text, chosen, level, here.area, view.lang)
    table: TwoRowTable | None = door.keep_list(key, count) if chosen else None
    if format and table is not None:
        return _hand_out(table, format)
    context = {
        "here_at": here,
        "levels": here.below,
        "level": level,
        "chosen": chosen,
        "titles": [
            (one.id, one.title_en if view.lang == "en" and one.title_en else one.title)
            for pack in door.library.newest.values()
            for one in pack.indicators.values()
        ],
        "told": table,
        "rows": _rows(table) if table is not None else [],
        "files": [(one, _address(request, one)) for one in FORMS],
    }
    return render_page(request, "return_table.html", context, view=view)


def _address(request: Request, form: str) -> str:
    return str(request.url.include_query_params(format=form)).replace(str(request.base_url), "/")


def _rows(table: TwoRowTable) -> list[dict[str, Any]]:
    """The lines as the page shows them; each leads to its figures but the one that is no area."""
    decimals = [each for _, _, each in table.columns()]
    return [
        {
            "area": "" if line.area == UNALLOCATED else line.area,
            "name": line.name,
            "whole": line.whole,
            "cells": [show_decimal(one, places) for one, places in zip(line.values, decimals, strict=True)],
        }
        for line in table.lines
    ]


def _hand_out(table: TwoRowTable, form: str) -> Response:
    if form not in FORMS:
        raise Refusal(Problem(code="RETURN-040", args={"suffix": form}))
    name = quote(f"{table.title}.{form}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(print_table(table, f".{form}"), media_type="application/octet-stream", headers=headers)
