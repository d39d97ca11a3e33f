"""The wall: one page for a big screen and for a printed A3, areas by items, that turns its own pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.plan_progress import Area, AreaStand, Progress
from wangdi.plans.goals import show_goal
from wangdi.plans.standing import LIGHTS
from wangdi.web.door import Door
from wangdi.web.planning import SIGNS, areas_of, read_asked, read_progress, show_amount
from wangdi.web.render import render_page
from wangdi.web.sparkline import plot_points
from wangdi.web.tile_map import Site, lay_map
from wangdi.web.view import View, read_view, read_whole

router = APIRouter()
PAGE_ITEMS = 9
"""Rows that fit a screen in letters read from five metres; more turn by."""
MOST_AREAS = 12
"""Columns that fit beside the items; a city with more sees them on the map."""
SECONDS = 30
TILE = 100
"""Width and height of a tile, in the map's own units."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item on the wall. ``cells``: an area's stand in each column, None where it owes nothing of it; ``shown``: on this
    screen (paper has them all).
    """

    progress: Progress
    shown: bool
    goal: str
    value: str
    line: dict[str, object]
    cells: tuple[AreaStand | None, ...]


@dataclass(frozen=True, slots=True)
class MapTile:
    """One area on the map: its place, its gravest light, and how many of its items show it."""

    area: Area
    x: int
    y: int
    light: str
    counts: dict[str, int]


@router.get("/wall")
def show_wall(request: Request) -> Response:
    """The wall of one screen of items, the gravest first; it goes on to the next by itself, unless held still."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = read_asked(request, door, view)
    progress = sorted(
        read_progress(door, asked),
        key=lambda one: (LIGHTS.index(one.stand.light), one.stand.days_left, one.held.key),
    )
    whole, below = areas_of(door, asked)
    pages = max(1, -(-len(progress) // PAGE_ITEMS))
    page = min(max(1, read_whole(request.query_params.get("page", ""), 1)), pages)
    columns = below if len(below) <= MOST_AREAS else ()
    rows = [_row(view, one, columns, place // PAGE_ITEMS + 1 == page) for place, one in enumerate(progress)]
    still = request.query_params.get("still", "") == "1"
    same = {"plan": asked.plan, "on": request.query_params.get("on", "")}
    tiles = _tiles(door, asked.facts, below, progress, asked.on)
    context = {
        "whole": whole,
        "columns": columns,
        "rows": rows,
        "tiles": tiles,
        "tile": TILE,
        "map_width": max((one.x for one in tiles), default=0) + TILE,
        "map_height": max((one.y for one in tiles), default=0) + TILE,
        "counts": {light: sum(one.stand.light == light for one in progress) for light in LIGHTS},
        "signs": SIGNS,
        "asked": asked,
        "page": page,
        "pages": pages,
        "still": still,
        "turning": view.link("/wall", page=page, still="" if still else 1, **same),
        "following": view.link("/wall", page=page % pages + 1, **same),
        "seconds": SECONDS,
    }
    return render_page(request, "wall.html", context, view=view)


def _row(view: View, one: Progress, columns: Sequence[Area], shown: bool) -> Row:
    by_area = {area.area.code: area for area in one.areas}
    goal, held_to = one.item.goal, one.stand.goal
    return Row(
        one,
        shown,
        show_goal(goal) if goal is not None else "",
        show_amount(one.stand.value, one.unit, view.lang),
        plot_points(one.stand.trend, held_to.level if held_to is not None else None),
        tuple(by_area.get(area.code) for area in columns),
    )


def _tiles(door: Door, facts: int, below: Sequence[Area], progress: Sequence[Progress], on: date) -> list[MapTile]:
    regions = door.places(facts).regions
    found = [regions.find(area.code, on) for area in below]
    laid = lay_map([Site(one.code, one.lon, one.lat) for one in found if one is not None])
    stands: dict[str, list[str]] = {}
    for one in progress:
        for place in one.areas:
            stands.setdefault(place.area.code, []).append(place.stand.light)
    tiles = []
    for area in below:
        lights = stands.get(area.code, [])
        counts = {light: lights.count(light) for light in LIGHTS if light in lights}
        column, row = laid[area.code]
        tiles.append(MapTile(area, column * TILE, row * TILE, next(iter(counts), "grey"), counts))
    return tiles
