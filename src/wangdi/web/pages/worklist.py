"""Worklists: how much is due at every organisation, and one organisation's list of whom to visit, why and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.contact_checks import find_day, reach_day, tell_day
from wangdi.app.visits import NAMED_ORDERS, NO_VILLAGE, ORDERS, Visit, Wish, count_villages, gather_visits
from wangdi.app.worklists import Due, Reach, Told
from wangdi.app.workload import Load, count_due, find_next_opening
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Places
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view, read_whole
from wangdi.web.visiting import Saying, make_export, show_visit
from wangdi.web.where import Here, areas_under, stand_here
from wangdi.web.words import word

router = APIRouter()
PAGE_VISITS = 50
AHEAD = (0, 7, 14, 30, 60, 90)
"""Days ahead one may choose; the second is what a page shows by itself."""
YEARS_AHEAD = 1
MOST_ORGANISATIONS = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worklist was asked for."""

    known: int
    org: str
    on: date
    within: int
    wish: Wish
    page: int


@router.get("/worklist")
def show_worklist(request: Request) -> Response:
    """One organisation's list, or, where none is named, how much is due at each."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = _read_asked(request, door, view)
    if not asked.org:
        return _show_places(request, door, view, asked)
    found = _find(door, asked)
    visits = gather_visits(found, asked.wish, _reach(door, asked, found))
    saying = Saying(door, door.places(asked.known), view, asked.on, asked.known)
    if "format" in request.query_params:
        table = make_export(saying, _tell(door, asked, visits), f"worklist-{asked.org}-{asked.on}")
        if (file := export_table(request, table)) is not None:
            return file
    pages = max(1, -(-len(visits) // PAGE_VISITS))
    page = min(max(1, asked.page), pages)
    shown = _tell(door, asked, visits[(page - 1) * PAGE_VISITS : page * PAGE_VISITS])
    context = {
        **_head(door, view, asked, found),
        "visits": [show_visit(saying, visit) for visit in shown],
        "count": _summary(visits),
        "first": (page - 1) * PAGE_VISITS + 1,
        "page": page,
        "pages": pages,
        "choices": _choices(saying, found),
        "next_opening": None if found else _next_opening(door, asked),
    }
    return render_page(request, "worklist.html", context, view=view)


@router.get("/worklist/sheet")
def show_sheet(request: Request) -> Response:
    """The list as a sheet to be printed, ticked and signed: all of it, chosen and ordered as on the page."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = _read_asked(request, door, view)
    found = _find(door, asked)
    visits = gather_visits(found, asked.wish, _reach(door, asked, found))
    saying = Saying(door, door.places(asked.known), view, asked.on, asked.known)
    context = {
        **_head(door, view, asked, found),
        "visits": [show_visit(saying, visit) for visit in _tell(door, asked, visits)],
        "count": _summary(visits),
        "known_day": door.as_of(asked.known),
    }
    return render_page(request, "worklist_sheet.html", context, view=view)


def _read_asked(request: Request, door: Door, view: View) -> Asked:
    """Errors: WEB-010 no date, WEB-011 a day too far ahead, STORE-022."""
    said = request.query_params
    known = door.number(view.known)
    on = _read_day(said.get("on", "").strip(), door.as_of(known))
    within = read_whole(said.get("within", ""), AHEAD[1])
    order = next((one for one in ORDERS if one == said.get("sort", "")), ORDERS[0])
    late = said.get("late", "") == "1"
    wish = Wish(said.get("programme", "").strip(), late, said.get("village", "").strip(), order)
    return Asked(
        known, said.get("org", "").strip(), on, min(within, AHEAD[-1]), wish, read_whole(said.get("page", ""), 1)
    )


def _read_day(text: str, as_of: date) -> date:
    if not text:
        return as_of
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise Refusal(Problem(code="WEB-010", args={"text": text})) from None
    limit = date(as_of.year + YEARS_AHEAD, 12, 31)
    if on > limit:
        raise Refusal(Problem(code="WEB-011", args={"text": text, "limit": f"{limit}", "as_of": f"{as_of}"}))
    return on


def _find(door: Door, asked: Asked) -> list[Due]:
    def look() -> list[Due]:
        with door.standing(asked.known, asked.on) as standing:
            return find_day(standing, asked.org, asked.on, asked.within)

    return door.keep_list(("worklist", asked.known, asked.org, asked.on, asked.within), look)


def _reach(door: Door, asked: Asked, found: Sequence[Due]) -> Mapping[int, Reach]:
    """Who everybody on the list is, where its order goes by that."""
    if asked.wish.order not in NAMED_ORDERS:
        return {}

    def look() -> Mapping[int, Reach]:
        with door.standing(asked.known, asked.on) as standing:
            return reach_day(standing, found)

    return door.keep_list(("reach", asked.known, asked.org, asked.on, asked.within), look)


def _tell(door: Door, asked: Asked, visits: Sequence[Visit]) -> list[list[Told]]:
    """All that is due for each of these people."""
    with door.standing(asked.known, asked.on) as standing:
        rows = iter(tell_day(standing, [row for visit in visits for row in visit.tasks], asked.on))
    return [list(islice(rows, len(visit.tasks))) for visit in visits]


def _load(door: Door, asked: Asked) -> dict[str, Load]:
    places = door.places(asked.known)

    def count() -> dict[str, Load]:
        with door.standing(asked.known, asked.on) as standing:
            return count_due(standing, places, asked.on, asked.within)

    return door.keep(("load", asked.known, asked.on, asked.within), count)


def _next_opening(door: Door, asked: Asked) -> date | None:
    tree = door.places(asked.known).organisations
    orgs = [asked.org, *(row.code for row in tree.descendants(asked.org, asked.on))]

    def find() -> date | None:
        with door.standing(asked.known, asked.on) as standing:
            return find_next_opening(standing, orgs, asked.on)

    return door.keep(("opening", asked.known, asked.org, asked.on), find)


def _head(door: Door, view: View, asked: Asked, found: Sequence[Due]) -> dict[str, Any]:
    """What the page and the sheet share: the organisation, where it stands, what was asked, and the address of it."""
    places = door.places(asked.known)
    tree = places.organisations
    organisation = tree.find(asked.org, asked.on) or tree.rows[asked.org][-1]
    children = tree.children(asked.org, asked.on)
    load = _load(door, asked) if children else {}
    under = [(row.code, row.name, load.get(row.code, Load())) for row in children]
    wish = asked.wish
    kept: dict[str, object] = {
        "org": asked.org,
        "on": asked.on,
        "within": asked.within,
        "programme": wish.programme,
        "village": wish.village,
        "late": "1" if wish.overdue else "",
        "sort": wish.order if wish.order != ORDERS[0] else "",
    }
    return {
        "organisation": organisation,
        "path": _path(places, asked, organisation.region),
        "over": [(row.code, row.name) for row in reversed(tree.ancestors(asked.org, asked.on))],
        "under": under,
        "asked": asked,
        "kept": kept,
        "ahead": sorted({*AHEAD, asked.within}),
        "as_of": door.as_of(asked.known),
        "everybody": len({row.trip for row in found}),
    }


def _path(places: Places, asked: Asked, region: str) -> list[tuple[str, str]]:
    tree = places.regions
    found = tree.find(region, asked.on)
    over = [(row.code, row.name) for row in reversed(tree.ancestors(region, asked.on))]
    return [*over, *([(found.code, found.name)] if found is not None else [])]


def _summary(visits: Sequence[Visit]) -> Mapping[str, int]:
    tasks = [row for visit in visits for row in visit.tasks]
    return {
        "people": len(visits),
        "tasks": len(tasks),
        "overdue": sum(visit.overdue for visit in visits),
        "opening": sum(all(row.state == "draft" for row in visit.tasks) for visit in visits),
    }


def _choices(saying: Saying, found: Sequence[Due]) -> dict[str, list[tuple[str, str, int]]]:
    """What the list can be narrowed to: programmes and villages that are in it, each with how many people."""
    people: dict[str, set[int]] = {}
    for row in found:
        people.setdefault(row.programme, set()).add(row.trip)
    programmes = [(name, saying.programme_title(name), len(who)) for name, who in sorted(people.items())]
    nowhere = word(saying.view.lang, "worklist.no_village")
    villages = [
        (code, nowhere if code == NO_VILLAGE else saying.region_name(code), count)
        for code, count in count_villages(found).items()
    ]
    return {"programmes": programmes, "villages": villages}


# ---- choosing an organisation -----------------------------------------------------------------------------------------
def _show_places(request: Request, door: Door, view: View, asked: Asked) -> Response:
    here = stand_here(door, view)
    load = _load(door, asked)
    organisations = _organisations(here, asked)
    table = _places_table(view, here, asked, load, organisations[:MOST_ORGANISATIONS])
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "here_at": here,
        "asked": asked,
        "ahead": sorted({*AHEAD, asked.within}),
        "as_of": door.as_of(asked.known),
        "load": load.get(here.area, Load()),
        "areas": [(code, name, load.get(code, Load())) for code, name in _children(here, asked)],
        "organisations": table,
        "more": max(0, len(organisations) - MOST_ORGANISATIONS),
    }
    return render_page(request, "worklist_places.html", context, view=view)


def _children(here: Here, asked: Asked) -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in here.places.regions.children(here.area, asked.on)]


def _organisations(here: Here, asked: Asked) -> list[tuple[int, str]]:
    """Depth and code of the organisations of an area, each after the one it belongs to."""
    if here.level == "org":
        return [(0, here.area)]
    tree = here.places.organisations
    rows = [row for code, _ in areas_under(here, "org") if (row := tree.find(code, asked.on)) is not None]
    inside = {row.code for row in rows}
    found: list[tuple[int, str]] = []

    def add(code: str, depth: int) -> None:
        found.append((depth, code))
        for child in tree.children(code, asked.on):
            if child.code in inside:
                add(child.code, depth + 1)

    for row in sorted(rows, key=lambda one: (one.region, one.code)):
        if row.parent not in inside:
            add(row.code, 0)
    return found


def _places_table(
    view: View, here: Here, asked: Asked, load: Mapping[str, Load], organisations: Sequence[tuple[int, str]]
) -> Table:
    def title(key: str, **args: object) -> str:
        return word(view.lang, f"worklist.{key}", **args)

    columns = [
        Column("org", title("organisation")),
        Column("region", title("region")),
        Column("due", title("due_people"), "number"),
        Column("overdue", title("overdue_people"), "number"),
        Column("opening", title("opening_people", days=asked.within), "number"),
        Column("tasks", title("tasks"), "number"),
    ]
    rows = []
    for depth, code in organisations:
        row = here.places.organisations.find(code, asked.on) or here.places.organisations.rows[code][-1]
        region = here.places.regions.rows.get(row.region, ())
        one = load.get(code, Load())
        link = view.link("/worklist", area="", org=code, on=asked.on, within=asked.within)
        late = view.link("/worklist", area="", org=code, on=asked.on, within=asked.within, late=1)
        rows.append(
            {
                "org": Cell(row.name, link, tone=f"depth-{min(depth, 3)}", door=False),
                "region": region[-1].name if region else row.region,
                "due": one.due,
                "overdue": Cell(
                    one.overdue, late if one.overdue else "", tone="gap" if one.overdue else "", door=False
                ),
                "opening": one.opening,
                "tasks": one.tasks,
            }
        )
    return Table(columns, rows, name=f"worklists-{here.area}-{asked.on}", empty=title("no_organisations"))
