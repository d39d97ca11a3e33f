"""People under several names: where one number has two names, and whom linking found under many spellings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.spellings import MOST, Spelt, find_spellings
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()


@router.get("/who/spellings")
def show_spellings(request: Request) -> Response:
    """Numbers under two names first: some are wrong merges."""
    door: Door = request.app.state.door
    view = read_view(request)
    found = door.keep_whole("spellings", find_spellings, door.number(view.known))
    table = _table(view, found)
    if (file := export_table(request, table)) is not None:
        return file
    doubted = sum(one.doubted is not None for one in found)
    context = {
        "spelt": table,
        "doubted": doubted,
        "others": len(found) - doubted,
        "most": MOST,
        "full": len(found) == MOST,
    }
    return render_page(request, "spellings.html", context, view=view)


def _table(view: View, found: list[Spelt]) -> Table:
    texts = [Column(key, word(view.lang, f"spellings.{key}")) for key in ("names", "note", "namesake")]
    counts = [
        Column(key, word(view.lang, f"spellings.{key}"), "number")
        for key in ("orgs", "registrations", "without_number")
    ]
    rows = [_row(view, one) for one in found]
    return Table([*texts, *counts], rows, name="spellings", empty=word(view.lang, "spellings.empty"))


def _row(view: View, one: Spelt) -> dict[str, Any]:
    names = word(view.lang, "spellings.joiner").join(one.names)
    row: dict[str, Any] = {
        "names": Cell(names, view.link(f"/person/{one.person_id}"), door=False),
        "orgs": len(one.orgs),
        "registrations": one.registrations,
        "without_number": one.without_number,
    }
    if one.doubted is not None:
        row["note"] = Cell(word(view.lang, "spellings.two_names"), tone="late")
        if one.doubted.namesake:
            row["namesake"] = Cell(one.doubted.name, view.link(f"/person/{one.doubted.namesake}"))
    return row
