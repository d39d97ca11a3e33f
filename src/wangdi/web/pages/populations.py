"""Population tables: every value with its source and history, what divides by it, and whether the parts sum to the whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.cities import BEGINNING
from wangdi.app.numbers import plain_number
from wangdi.app.populations import Held, Parts, check_parts, children_of, divided_by, read_held, used_values
from wangdi.catalog.populations import load_population_kinds
from wangdi.web.door import Door
from wangdi.web.render import english_or, render_page
from wangdi.web.sparkline import plot_points
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, stand_here
from wangdi.web.words import word

router = APIRouter()


@router.get("/populations")
def show_populations(request: Request, kind: str = "", year: str = "") -> Response:
    """The population values of an area by kind and year, or one kind with its history."""
    door: Door = request.app.state.door
    view = read_view(request)
    here = stand_here(door, view)
    held: list[Held] = door.keep(("populations", here.known), lambda: read_held(door.city, here.known))
    if not kind:
        return _show_kinds(request, door, view, here, held)
    own = [one for one in held if one.row.area == here.area and one.row.kind == kind]
    chosen = year if year.isdigit() else ""
    table = _versions(view, [one for one in own if chosen in ("", str(one.row.year))], f"{kind}-{here.area}")
    if (file := export_table(request, table)) is not None:
        return file
    parts = check_parts(held, here.places, here.area, kind)
    about = load_population_kinds().get(kind)
    context = {
        "here_at": here,
        "kind": kind,
        "kind_name": kind_word(kind, view.lang),
        "note": about.note if about is not None else "",
        "year": chosen,
        "years": sorted({one.row.year for one in own}),
        "versions": table,
        "by_area": _by_area(view, here, held, kind),
        "checks": [_check(view, here, one) for one in parts if one.given],
        "indicators": _indicators(door, view, kind),
        "trend": _trend(view, here, own, kind),
    }
    return render_page(request, "population.html", context, view=view)


def kind_word(kind: str, lang: str) -> str:
    """What a kind of population is called; its id where nobody named it."""
    found = load_population_kinds().get(kind)
    return kind if found is None else (found.zh if lang == "zh" else found.en)


def _show_kinds(request: Request, door: Door, view: View, here: Here, held: Sequence[Held]) -> Response:
    used = used_values([one for one in held if one.row.area == here.area])
    years = sorted({year for _, year, _ in used})
    kinds = [name for name in load_population_kinds() if any(kind == name for _, _, kind in used)]
    columns = [
        Column("kind", word(view.lang, "populations.kind")),
        *(Column(f"{year}", f"{year}", "number") for year in years),
        Column("trend", word(view.lang, "populations.trend"), "figure"),
        Column("indicators", word(view.lang, "populations.divides"), "number"),
    ]
    rows = []
    for kind in kinds:
        values = [used.get((here.area, year, kind)) for year in years]
        cells = {
            f"{year}": Cell(
                plain_number(one.row.value) if one else None,
                view.link("/populations", area=here.area, kind=kind, year=year),
            )
            for year, one in zip(years, values, strict=True)
        }
        rows.append(
            {
                "kind": Cell(
                    kind_word(kind, view.lang), view.link("/populations", area=here.area, kind=kind), door=False
                ),
                **cells,
                "trend": Cell(None, svg=plot_points([one.row.value if one else None for one in values])),
                "indicators": len(divided_by(door.library, kind)),
            }
        )
    empty = word(view.lang, "populations.empty")
    table = Table(columns, rows, name=f"populations-{here.area}", empty=empty)
    if (file := export_table(request, table)) is not None:
        return file
    areas = [(row.code, row.name) for row in here.places.regions.children(here.area, here.period.end)]
    return render_page(
        request, "populations.html", {"here_at": here, "table_of_kinds": table, "areas": areas}, view=view
    )


def _versions(view: View, own: Sequence[Held], name: str) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"populations.{key}")

    columns = [
        Column("year", title("year")),
        Column("value", title("value"), "number"),
        Column("source", title("source")),
        Column("published", title("published"), "day"),
        Column("accepted", title("accepted"), "day"),
        Column("number", title("number")),
        Column("state", title("state")),
    ]
    rows = [
        {
            "year": f"{one.row.year}",
            "value": plain_number(one.row.value),
            "source": one.row.source,
            "published": one.row.published_on,
            "accepted": _accepted(view, one),
            "number": f"{one.seq}",
            "state": Cell(_state(view, one), tone="good" if one.used else ""),
        }
        for one in sorted(own, key=lambda one: (-one.row.year, -one.seq))
    ]
    return Table(columns, rows, name=f"populations-{name}", empty=title("none"))


def _accepted(view: View, one: Held) -> Cell:
    """The day it was accepted; what the city was founded on has none of its own."""
    if one.accepted_at is None or one.accepted_at <= BEGINNING:
        return Cell(word(view.lang, "populations.founding"))
    return Cell(one.accepted_at.date())


def _state(view: View, one: Held) -> str:
    if one.used:
        return word(view.lang, "populations.used")
    if one.replaced_by is not None:
        return word(view.lang, "populations.replaced", number=one.replaced_by)
    return word(view.lang, "populations.other_source")


def _by_area(view: View, here: Here, held: Sequence[Held], kind: str) -> Table:
    """The areas directly under this one by year, summed, so that parts and whole stand together."""
    used = used_values([one for one in held if one.row.kind == kind])
    years = sorted({year for _, year, _ in used})
    names = here.places.regions.latest_names()
    children = dict.fromkeys(code for year in years for code in children_of(here.places, here.area, year))
    rows = []
    for code in children:
        values = [used.get((code, year, kind)) for year in years]
        if any(values):
            cells = {
                f"{year}": plain_number(one.row.value) if one else None for year, one in zip(years, values, strict=True)
            }
            link = view.link("/populations", area=code, kind=kind)
            rows.append({"area": Cell(names.get(code, code), link, door=False), **cells})
    total: dict[str, Any] = {"area": word(view.lang, "populations.parts_sum")}
    for year in years:
        found = [row[f"{year}"] for row in rows if row[f"{year}"] is not None]
        total[f"{year}"] = sum(found) if found else None
    columns = [
        Column("area", word(view.lang, "populations.area")),
        *(Column(f"{one}", f"{one}", "number") for one in years),
    ]
    return Table(columns, rows, total if rows else None, name=f"parts-{kind}-{here.area}")


def _check(view: View, here: Here, one: Parts) -> dict[str, Any]:
    """What is to be said of parts and whole in a year. ``tone``: whether it should be looked into."""
    names = [rows[-1].name for code in one.lacking if (rows := here.places.regions.rows.get(code))]
    if one.lacking:
        text, tone = word(view.lang, "populations.lacking", year=one.year, names="、".join(names)), "soon"
    elif one.difference is None:
        text, tone = word(view.lang, "populations.no_whole", year=one.year, summed=f"{one.summed:,.0f}"), "soon"
    else:
        same = one.difference == 0
        said = {
            "year": one.year,
            "whole": f"{one.whole:,.0f}",
            "summed": f"{one.summed:,.0f}",
            "gap": f"{one.difference:+,.0f}",
        }
        text = word(view.lang, "populations.sums" if same else "populations.differs", **said)
        tone = "" if same else "late"
    return {"text": text, "tone": tone}


def _indicators(door: Door, view: View, kind: str) -> list[tuple[str, str]]:
    found = divided_by(door.library, kind)
    return [(name, english_or(title, title_en, view.lang)) for name, title, title_en in found]


def _trend(view: View, here: Here, own: Sequence[Held], kind: str) -> str:
    """The chart of the values divided by over the years; nothing where there is only one."""
    values = {one.row.year: one.row.value for one in own if one.used}
    if len(values) < 2:
        return ""
    years = list(range(min(values), max(values) + 1))
    name = kind_word(kind, view.lang)
    said = {
        "kind": "trend",
        "labels": [f"{year}" for year in years],
        "values": [values.get(year) for year in years],
        "unit": "",
        "target": None,
        "target_name": "",
        "alt": word(view.lang, "populations.trend_alt", kind=name, area=here.name),
    }
    return json.dumps(said, ensure_ascii=False)
