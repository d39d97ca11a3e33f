"""Areas and organisations: the tree with its codes and validity, and when each institution last sent something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.holdings import find_last_sent
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.trees import Organisation, Region, is_valid_on
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, areas_under, stand_here
from wangdi.web.words import load_words, word

router = APIRouter()
DEEPEST_TREE = 400
"""Areas up to which the whole tree is shown; of a larger one the two levels below."""
MOST_ROWS = 500
KIND_LIST = "institution_kind"
LastSent = Mapping[str, tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Branch:
    """An area in the tree with those under it."""

    region: Region
    organisations: int
    under: tuple[Branch, ...]


@router.get("/places")
def show_places(request: Request) -> Response:
    """An area with everything under it, and the organisations that stand there."""
    door: Door = request.app.state.door
    view = read_view(request)
    here = _as_region(door, view)
    last = door.keep(("last_sent", here.known), lambda: find_last_sent(door.city.batches(here.known)))
    organisations = _organisations(here)
    whole = "format" in request.query_params
    table = _table(view, here, organisations if whole else organisations[:MOST_ROWS], last)
    if whole:
        table = replace(table, columns=[one for one in table.columns if not one.key.startswith("open_")])
    if (file := export_table(request, table)) is not None:
        return file
    region = here.places.regions.find(here.area, here.period.end)
    regions = here.places.regions.rows
    context = {
        "here_at": here,
        "region": region,
        "came_from": [row for rows in regions.values() for row in rows if row.successor == here.area],
        "branches": _branches(here),
        "ended": _ended(here),
        "regions": {code: rows[-1].name for code, rows in regions.items()},
        "organisations": table,
        "more": max(0, len(organisations) - MOST_ROWS),
    }
    return render_page(request, "places.html", context, view=view.at(area=view.area and here.area))


def _as_region(door: Door, view: View) -> Here:
    """Where the page stands; asked for an organisation, in the area where that is."""
    here = stand_here(door, view)
    if here.level != "org":
        return here
    organisation = here.places.organisations.find(here.area, here.period.end)
    assert organisation is not None
    return stand_here(door, view.at(area=organisation.region))


def _organisations(here: Here) -> list[Organisation]:
    tree = here.places.organisations
    found = (tree.find(code, here.period.end) for code, _ in areas_under(here, "org"))
    return sorted((one for one in found if one is not None), key=lambda one: (one.region, one.parent or "", one.code))


def _branches(here: Here) -> tuple[Branch, ...]:
    tree, on = here.places.regions, here.period.end
    standing: dict[str, int] = {}
    for rows in here.places.organisations.rows.values():
        for row in rows:
            if is_valid_on(row, on):
                standing[row.region] = standing.get(row.region, 0) + 1
    deep = len(tree.descendants(here.area, on)) <= DEEPEST_TREE

    def grow(code: str, depth: int) -> tuple[Branch, ...]:
        if depth > 1 and not deep:
            return ()
        return tuple(
            Branch(row, standing.get(row.code, 0), grow(row.code, depth + 1)) for row in tree.children(code, on)
        )

    return grow(here.area, 0)


def _ended(here: Here) -> list[Region]:
    """Areas that were, or will be, directly under this one on another day."""
    tree, on = here.places.regions, here.period.end
    now = {row.code for row in tree.children(here.area, on)}
    return [row for row in tree.under.get(here.area, ()) if row.code not in now and not is_valid_on(row, on)]


def _table(view: View, here: Here, organisations: Sequence[Organisation], last: LastSent) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"places.{key}")

    keys = (
        "organisation",
        "code",
        "kind",
        "level",
        "region",
        "over",
        "valid_from",
        "valid_to",
        "last",
        "open_work",
        "open_board",
    )
    columns = [Column(key, title(key), "day" if key in ("valid_from", "valid_to", "last") else "text") for key in keys]
    rows = [_row(view, here, one, last) for one in organisations]
    return Table(columns, rows, name=f"organisations-{here.area}", empty=title("no_organisations"))


def _row(view: View, here: Here, one: Organisation, last: LastSent) -> dict[str, Any]:
    places = here.places
    over = places.organisations.find(one.parent, here.period.end) if one.parent else None
    region = places.regions.rows.get(one.region, ())
    return {
        "organisation": Cell(one.name, view.link("/deliveries", area="", org=one.code), door=False),
        "code": one.code,
        "kind": kind_word(one.kind, view.lang),
        "level": level_word(one.level, view.lang),
        "region": region[-1].name if region else one.region,
        "over": over.name if over is not None else None,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "last": _sent_cell(view, here, one, last),
        "open_work": Cell(word(view.lang, "page.worklist"), view.link("/worklist", area="", org=one.code), door=False),
        "open_board": Cell(word(view.lang, "page.board"), view.link("/", area=one.code), door=False),
    }


def _sent_cell(view: View, here: Here, one: Organisation, last: LastSent) -> Cell:
    """The day of its last delivery; where it never sent, that of the one above it that sends for it, said so."""
    for sender in (one, *here.places.organisations.ancestors(one.code, here.period.end)):
        if sender.code in last:
            moment, batch = last[sender.code]
            by = "" if sender.code == one.code else word(view.lang, "places.sent_by", name=sender.name)
            return Cell(
                date(moment.year, moment.month, moment.day), view.link(f"/deliveries/{batch}"), small=by, door=False
            )
    return Cell(None, small=word(view.lang, "places.never"), tone="soon")


def kind_word(kind: str, lang: str) -> str:
    """What a kind of organisation is called: a word of ours, of the code list, or as the city wrote it."""
    ours = load_words(lang).get(f"places.kind_{kind}")
    return ours or load_codelists()[KIND_LIST].label(kind, lang)


def level_word(level: str, lang: str) -> str:
    """What a level is called."""
    return load_words(lang).get(f"level.{level}", level)
