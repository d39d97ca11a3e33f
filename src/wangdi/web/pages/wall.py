"""The wall: for a big screen and for a printed A3, areas by items, then the map and the ranking; it turns its own pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.bulletins import count_owners, score_areas
from wangdi.app.plan_items import find_plan
from wangdi.app.plan_progress import Area, AreaStand, Progress
from wangdi.app.plan_telling import show_more, show_value
from wangdi.plans.goals import show_goal
from wangdi.plans.rounds import rank_values
from wangdi.plans.standing import LIGHTS, area_shares, judge_area
from wangdi.web.door import Door
from wangdi.web.planning import SIGNS, areas_of, read_asked, read_progress
from wangdi.web.render import render_page
from wangdi.web.sparkline import plot_points
from wangdi.web.tile_map import Site, lay_map
from wangdi.web.view import View, read_view, read_whole

router = APIRouter()
PAGE_ITEMS = 8
"""Rows that fit a screen in letters read from five metres; more turn by."""
MOST_AREAS = 12
"""Columns that fit beside the items; of more areas a row says how many show which light."""
SECONDS = 30
TILE = 100
"""Width and height of a tile, in the map's own units."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item on the wall. ``cells``: an area's stand in each column, None where it owes nothing of it; ``spread``: how many
    areas show which light; ``shown``: on this screen (paper has them all).
    """

    progress: Progress
    shown: bool
    goal: str
    value: str
    more: str
    line: dict[str, object]
    cells: tuple[AreaStand | None, ...]
    spread: dict[str, int]


@dataclass(frozen=True, slots=True)
class MapTile:
    """One area on the map and in the ranking: ``kept`` of its ``judged`` items are done or on course, its ``light`` by that
    share. Missing: ``place`` is None where nothing of it can be judged.
    """

    area: Area
    x: int
    y: int
    light: str
    kept: int
    judged: int
    place: int | None


@router.get("/wall")
def show_wall(request: Request) -> Response:
    """The wall of one screen of items, the gravest first, and after them map and ranking; it goes on by itself, unless held
    still.
    """
    door: Door = request.app.state.door
    view = read_view(request)
    asked = read_asked(request, door, view)
    progress = sorted(
        read_progress(door, asked),
        key=lambda one: (LIGHTS.index(one.stand.light), one.stand.days_left, one.held.key),
    )
    whole, below = areas_of(door, asked)
    tiles = _tiles(door, asked.facts, below, progress, asked.on)
    screens = max(1, -(-len(progress) // PAGE_ITEMS))
    pages = screens + (1 if len(tiles) > 1 and progress else 0)
    page = min(max(1, read_whole(request.query_params.get("page", ""), 1)), pages)
    columns = below if len(below) <= MOST_AREAS else ()
    rows = [_row(view, one, columns, place // PAGE_ITEMS + 1 == page) for place, one in enumerate(progress)]
    still = request.query_params.get("still", "") == "1"
    same = {"plan": asked.plan, "on": request.query_params.get("on", "")}
    context = {
        "whole": whole,
        "below": below,
        "columns": columns,
        "rows": rows,
        "tiles": tiles,
        "ranked": sorted(tiles, key=lambda one: (one.place is None, one.place or 0, one.area.code)),
        "owners": count_owners(progress),
        "area_rule": {light: f"{share:.0%}" for light, share in area_shares().items()},
        "shows_map": page > screens,
        "plan_title": find_plan(door.city, asked.plan, asked.known).title if asked.plan else "",
        "most_areas": MOST_AREAS,
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
    lights = [area.stand.light for area in one.areas]
    return Row(
        one,
        shown,
        show_goal(goal) if goal is not None else "",
        show_value(one, view.lang),
        show_more(one.stand.more, one.people, view.lang) if one.stand.more else "",
        plot_points(one.stand.trend, held_to.level if held_to is not None else None),
        tuple(by_area.get(area.code) for area in columns),
        {light: lights.count(light) for light in LIGHTS if light in lights},
    )


def _tiles(door: Door, facts: int, below: Sequence[Area], progress: Sequence[Progress], on: date) -> list[MapTile]:
    regions = door.places(facts).regions
    found = [regions.find(area.code, on) for area in below]
    laid = lay_map([Site(one.code, one.lon, one.lat) for one in found if one is not None])
    scores = {area.code: (0, 0) for area in below} | score_areas(progress)
    shares = [kept / judged if judged else None for kept, judged in (scores[area.code] for area in below)]
    tiles = []
    for area, place in zip(below, rank_values(shares, False), strict=True):
        column, row = laid[area.code]
        kept, judged = scores[area.code]
        tiles.append(MapTile(area, column * TILE, row * TILE, judge_area(kept, judged), kept, judged, place))
    return tiles
