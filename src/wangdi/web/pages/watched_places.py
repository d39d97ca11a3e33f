"""A disease over the years, a place of today, and what signals were worth."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.numbers import show_value
from wangdi.app.signal_names import name_subjects_and_places
from wangdi.app.signal_record import tell_record
from wangdi.app.signal_views import DiseaseToday, draw_cases, draw_seasons, list_today
from wangdi.app.signals import read_signals
from wangdi.app.surveillance import find_last_run, read_city_settings
from wangdi.app.watched_area import day_number
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.surveillance.findings import METHODS
from wangdi.outbreaks.surveillance.states import GROUPS, JUDGED
from wangdi.web.door import Door
from wangdi.web.pages.signals import read_kept, render_curve
from wangdi.web.render import render_page
from wangdi.web.season_chart import render_seasons
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
RATES = ("per_week", "answer_hours", "ppv")


@router.get("/watch/disease/{code}")
def show_disease(request: Request, code: str) -> Response:
    """A disease: five years over each other with the threshold, the last year week by week, its signals."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    names, watched = name_subjects_and_places(door.city, door.library, view.lang, known), read_kept(door, known)
    if code not in watched.cases.diseases:
        raise Refusal(Problem(code="SIGNAL-011", args={"disease": code}))
    settings, on = read_city_settings(door.city.folder), last_day(door, known)
    places = [view.area] if view.area in {*watched.cases.counties, *(one.code for one in watched.cases.places)} else []
    seasons = door.keep(
        ("seasons", known, code, view.area), lambda: draw_seasons(watched.cases, code, places, on, settings)
    )
    span = (day_number(on) - 6, day_number(on))
    curve = door.keep(("year", known, code, view.area), lambda: draw_cases(watched.cases, code, places, span, settings))
    title = word(view.lang, "signals.seasons_alt", disease=names[code], first=on.year - 4, last=on.year)
    threshold = word(view.lang, "signals.legend_threshold")
    picture = render_seasons(title, seasons.years, seasons.bound, threshold) if seasons.years else ""
    context = {
        "disease": names[code],
        "code": code,
        "place": names.get(view.area, "") if places else "",
        "counties": [(one, names.get(one, one)) for one in watched.cases.counties],
        "townships": [(one.code, one.name) for one in watched.cases.places],
        "on": on,
        "seasons": Markup(picture),  # every text in it is escaped where it is drawn
        "years": [(year, int(sum(value or 0 for value in values))) for year, values in sorted(seasons.years.items())],
        "curve": render_curve(view, curve, names[code]),
        "signals": [one for one in read_signals(door.city, settings, known) if code in one.signal.subjects],
    }
    return render_page(request, "watched_disease.html", context, view=view)


@router.get("/watch/place/{code}")
def show_place(request: Request, code: str) -> Response:
    """A place: every disease of late against what was expected, and its signals."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    names, watched = name_subjects_and_places(door.city, door.library, view.lang, known), read_kept(door, known)
    if code not in {*watched.cases.counties, *(one.code for one in watched.cases.places)}:
        raise Refusal(Problem(code="SIGNAL-012", args={"place": code}))
    settings, on = read_city_settings(door.city.folder), last_day(door, known)
    today = door.keep(("today", known, code), lambda: list_today(watched.cases, [code], on, settings))
    table = _today_table(view, today, names, code)
    if (file := export_table(request, table)) is not None:
        return file
    inside = {one.code for one in watched.cases.places if code in (one.code, one.county)} | {code}
    context = {
        "place": names.get(code, code),
        "on": on,
        "table_of_diseases": table,
        "signals": [one for one in read_signals(door.city, settings, known) if inside & set(one.signal.places)],
        "names": names,
        "under": [(one.code, one.name) for one in watched.cases.places if one.county == code],
    }
    return render_page(request, "watched_place.html", context, view=view)


def last_day(door: Door, known: int) -> date:
    """The last day that was judged; the day of the number where none was."""
    run = find_last_run(door.city, known)
    return date.fromisoformat(run["last"]) if run else door.as_of(known)


def _today_table(view: View, rows: list[DiseaseToday], names: dict[str, str], place: str) -> Table:
    title = partial(word, view.lang)
    columns = [
        Column("disease", title("signals.disease")),
        Column("week", title("signals.week"), "number"),
        Column("expected", title("signals.expected")),
        Column("bound", title("signals.bound")),
        Column("month", title("signals.month"), "number"),
        Column("before", title("signals.month_before"), "number"),
    ]
    return Table(
        columns,
        [_today_row(view, row, names, place) for row in rows],
        name=f"watch-{place}",
        empty=title("signals.no_cases"),
    )


def _today_row(view: View, row: DiseaseToday, names: dict[str, str], place: str) -> dict[str, Any]:
    above = row.bound is not None and row.week > row.bound
    link = view.at(area=place).link(f"/watch/disease/{row.disease}")
    return {
        "disease": Cell(names.get(row.disease, row.disease), link, door=False),
        "week": Cell(row.week, tone="late" if above else ""),
        "expected": "—" if row.expected is None else show_value(row.expected, "count"),
        "bound": "—" if row.bound is None else show_value(row.bound, "count"),
        "month": row.month,
        "before": row.month_before,
    }


@router.get("/watch/record")
def show_record(request: Request, by: str = "") -> Response:
    """What signals were worth."""
    door: Door = request.app.state.door
    view = read_view(request)
    known, group = door.number(view.known), by if by in GROUPS else GROUPS[0]
    names = name_subjects_and_places(door.city, door.library, view.lang, known)
    names |= {method: word(view.lang, f"signals.method_{method}") for method in METHODS}
    names["all"] = word(view.lang, "signals.all_signals")
    record = tell_record(door.city, read_city_settings(door.city.folder), names, group)
    title = partial(word, view.lang)
    columns = [
        Column("name", title(f"signals.by_{group}")),
        Column("signals", title("signals.signals"), "number"),
        Column("per_week", title("signals.per_week")),
        Column("answer_hours", title("signals.answer_hours")),
        *(Column(name, title(f"signals.{name}"), "number") for name in JUDGED),
        Column("ppv", title("signals.ppv")),
    ]
    rows = [row | {name: "—" if row[name] is None else f"{row[name]:g}" for name in RATES} for row in record["rows"]]
    table = Table(columns, rows, name="signals-record", empty=title("signals.none"))
    if (file := export_table(request, table)) is not None:
        return file
    context = {"table_of_record": table, "record": record, "by": group, "groups": GROUPS}
    return render_page(request, "signals_record.html", context, view=view)
