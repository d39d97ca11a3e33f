"""The day board of surveillance, and one signal from its first reason to its closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.event_opening import open_from_signal
from wangdi.app.events import Author
from wangdi.app.nightly import find_last_night
from wangdi.app.numbers import show_value
from wangdi.app.signal_names import name_subjects_and_places
from wangdi.app.signal_views import Curve, count_townships, draw_signal, group_ages, list_cards, list_counts, list_quiet
from wangdi.app.signals import (
    Handled,
    StepAsked,
    choose_signals,
    find_signal,
    list_outbreak_cards,
    read_signals,
    take_step,
    tell_signal,
    undo_step,
)
from wangdi.app.surveillance import RunAsked, find_last_run, read_city_settings, run_surveillance
from wangdi.app.watched import read_watched
from wangdi.app.watched_area import day_of
from wangdi.app.watched_rows import list_rows
from wangdi.core.problem import Refusal
from wangdi.outbreaks.chart import Chart, render_chart
from wangdi.outbreaks.surveillance.day import Watched
from wangdi.outbreaks.surveillance.findings import Finding
from wangdi.outbreaks.surveillance.states import CLOSED, OUTCOMES, SHOWN, STATES
from wangdi.web.deciding import name_actor, read_decider, remember_decider
from wangdi.web.door import Door
from wangdi.web.render import render_page, tell_problem
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
QUIET_SHOWN = 12
LONGEST_NOTE = 2_000
SHADES = 5


@router.get("/signals")
def show_board(request: Request, state: str = "") -> Response:
    """The signals of now: what is urgent, what is overdue, where it is quiet."""
    return _render_board(request, state if state in SHOWN else SHOWN[0])


def _render_board(request: Request, state: str, problem: Refusal | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    known, now = door.number(view.known), door.clock.now()
    settings = read_city_settings(door.city.folder)
    signals = read_signals(door.city, settings, known)
    shown = choose_signals(signals, state, now)
    names = name_subjects_and_places(door.city, door.library, view.lang, known)
    table = _board_table(view, shown, names, now)
    if (file := export_table(request, table)) is not None:
        return file
    last = find_last_run(door.city, known)
    watched = read_kept(door, known)
    quiet = list_quiet(watched, date.fromisoformat(last["last"])) if last else []
    context = {
        "state": state,
        "states": [(one, len(choose_signals(signals, one, now))) for one in SHOWN],
        "table_of_signals": table,
        "last": last,
        "night": find_last_night(door.city, known),
        "yesterday": now.date() - timedelta(days=1),
        "cards": len(watched.cases.day),
        "streams": len(watched.streams),
        "quiet": quiet[:QUIET_SHOWN],
        "names": names,
        "diseases": [(code, names[code]) for code in watched.cases.diseases],
        "can_run": not view.known,
        **tell_problem(view, problem.problem if problem else None),
    }
    return render_page(request, "signals.html", context, view=view, status=400 if problem else 200)


def read_kept(door: Door, known: int) -> Watched:
    """What the daily run looks at, kept for the number."""

    def read() -> Watched:
        with door.standing(known) as standing:
            settings = read_city_settings(door.city.folder)
            confirmed = list_outbreak_cards(read_signals(door.city, settings, known))
            return read_watched(standing, door.as_of(known), settings, confirmed)

    return door.keep_list(("watched", known), read)


def _board_table(view: View, signals: list[Handled], names: Mapping[str, str], now: datetime) -> Table:
    title = partial(word, view.lang)
    columns = [
        Column("what", title("signals.what")),
        Column("where", title("signals.where")),
        Column("why", title("signals.why")),
        Column("observed", title("signals.observed"), "number"),
        Column("expected", title("signals.expected")),
        Column("state", title("signals.state")),
        Column("due", title("signals.due")),
    ]
    return Table(
        columns, [_board_row(view, one, names, now) for one in signals], name="signals", empty=title("signals.none")
    )


def _board_row(view: View, handled: Handled, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    told = tell_signal(handled, names, now)
    title = partial(word, view.lang)
    where = "、".join([*told["sites"][:2], *told["place_names"][:3]])
    due = f"{handled.due_at:%m-%d %H:%M}" if handled.due_at else "—"
    overdue = handled.is_overdue(now)
    return {
        "what": Cell(told["title"], view.link(f"/signals/{handled.signal.id}"), small=told["day"], door=False),
        "where": where or title("signals.whole"),
        "why": "；".join(title(f"signals.method_{method}") for method in told["methods"]),
        "observed": told["observed"],
        "expected": "—" if told["expected"] is None else show_value(told["expected"], "count"),
        "state": Cell(_say_state(view, handled), tone="late" if told["urgent"] and not handled.outcome else ""),
        "due": Cell(due, tone="late" if overdue else "", small=title("signals.overdue") if overdue else ""),
    }


def _say_state(view: View, handled: Handled) -> str:
    key = f"outcome_{handled.outcome}" if handled.outcome else f"state_{handled.state}"
    return word(view.lang, f"signals.{key}")


@router.post("/signals/run")
async def have_run(request: Request) -> Response:
    """Judge a day now."""
    said = dict(await request.form())
    return await to_thread.run_sync(lambda: _run(request, {key: str(value) for key, value in said.items()}))


def _run(request: Request, said: Mapping[str, str]) -> Response:
    door: Door = request.app.state.door
    now = door.clock.now()
    try:
        last = date.fromisoformat(said.get("on", ""))
    except ValueError:
        last = now.date() - timedelta(days=1)
    try:
        with door.standing() as standing:
            run_surveillance(standing, RunAsked(last, last, name_actor(request, {}), now))
    except Refusal as refusal:
        return _render_board(request, SHOWN[0], refusal)
    return RedirectResponse(read_view(request).link("/signals"), 303)


@router.get("/signals/{signal}")
def show_signal(request: Request, signal: str) -> Response:
    """One signal: the curve with its bound, the map, who and when, every reason, every step."""
    return _render_signal(request, signal)


def _render_signal(request: Request, name: str, problem: Refusal | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    known, now = door.number(view.known), door.clock.now()
    settings = read_city_settings(door.city.folder)
    handled = find_signal(door.city, settings, name, known)
    watched, names = read_kept(door, known), name_subjects_and_places(door.city, door.library, view.lang, known)
    with door.standing(known) as standing:
        facts, subjects = handled.signal.facts, handled.signal.subjects
        cards, counts = list_cards(standing, facts), list_counts(standing, facts)
        rows = list_rows(standing, subjects, facts)
    curves = door.keep(("curves", known, name), lambda: draw_signal(watched, handled.signal, settings))
    townships = count_townships(watched.cases, handled.signal)
    context = {
        "handled": handled,
        "told": tell_signal(handled, names, now),
        "names": names,
        "curves": [drawn for one in curves if (drawn := render_curve(view, one, _title_curve(view, one, names)))],
        "tiles": _tiles(townships, names),
        "ages": group_ages(cards),
        "cards": cards,
        "counts": counts,
        "rows": rows,
        "disease": next((one for one in subjects if one in watched.cases.diseases), ""),
        "reasons": [_reason(view, one, names) for one in _first_of_each(handled.signal.findings)],
        "findings": len(handled.signal.findings),
        "next_states": STATES[STATES.index(handled.state) + 1 :] if handled.state != CLOSED else (),
        "outcomes": OUTCOMES,
        "decider": read_decider(request),
        "can_act": not view.known,
        **tell_problem(view, problem.problem if problem else None),
    }
    return render_page(request, "signal.html", context, view=view, status=400 if problem else 200)


def _title_curve(view: View, curve: Curve, names: Mapping[str, str]) -> str:
    """What a curve counts, and how many days together."""
    together = word(view.lang, "signals.by_day" if curve.days == 1 else "signals.by_week")
    return " · ".join(one for one in (names.get(curve.subject, curve.subject), curve.site, together) if one)


def render_curve(view: View, curve: Curve, title: str) -> Markup:
    """A curve as a picture; empty where there is nothing to draw."""
    if not any(curve.observed):
        return Markup("")
    legend = tuple(word(view.lang, f"signals.legend_{key}") for key in ("expected", "bound", "cases"))
    chart = Chart(
        title, curve.labels, curve.expected, curve.expected, curve.bound, legend, curve.observed, marked=curve.marked
    )
    return Markup(render_chart(chart))  # every text in it is escaped where it is drawn


def _tiles(townships: Mapping[str, int], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A tile a township, the darker the more cases."""
    most = max(townships.values(), default=0)
    return [
        {
            "code": code,
            "name": names.get(code, code),
            "count": count,
            "shade": 0 if not count else 1 + (SHADES - 1) * count // most,
        }
        for code, count in townships.items()
    ]


def _first_of_each(findings: tuple[Finding, ...]) -> list[Finding]:
    """Of each method, subject and site the finding with most counted, in the order they came."""
    best: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        key = (one.method, one.subject, one.site)
        if key not in best or one.observed > best[key].observed:
            best[key] = one
    return list(best.values())


def _reason(view: View, finding: Finding, names: Mapping[str, str]) -> dict[str, Any]:
    """A reason as it is told, number by number."""
    return {
        "method": word(view.lang, f"signals.method_{finding.method}"),
        "how": word(view.lang, f"signals.how_{finding.method}"),
        "subject": names.get(finding.subject, finding.subject),
        "where": finding.site or "、".join(names.get(place, place) for place in finding.places),
        "first": day_of(finding.first),
        "last": day_of(finding.day),
        "observed": finding.observed,
        "expected": finding.expected,
        "bound": finding.bound,
        "probability": "" if finding.probability is None else f"{finding.probability:.1g}",
    }


@router.post("/signals/{signal}/step")
async def take(request: Request, signal: str) -> Response:
    """Write down a step."""
    said = {key: str(value) for key, value in (await request.form()).items()}
    return await to_thread.run_sync(lambda: _take(request, signal, said))


def _take(request: Request, name: str, said: Mapping[str, str]) -> Response:
    door: Door = request.app.state.door
    state = said.get("state", "")
    outcome = said.get("outcome", "") if state == CLOSED else ""
    note, who = said.get("note", "").strip()[:LONGEST_NOTE], name_actor(request, said)
    step = StepAsked(state if state in STATES else "", outcome, note, who, door.clock.now())
    try:
        take_step(door.city, read_city_settings(door.city.folder), name, step)
    except Refusal as refusal:
        if refusal.problem.code == "SIGNAL-003":
            raise
        return _render_signal(request, name, refusal)
    return remember_decider(RedirectResponse(read_view(request).link(f"/signals/{name}"), 303), said)


@router.post("/signals/{signal}/event")
def open_investigation(request: Request, signal: str) -> Response:
    """Open an investigation from a signal."""
    door: Door = request.app.state.door
    author = Author(name_actor(request, {}), door.clock.now())
    try:
        with door.standing() as standing:
            event = open_from_signal(standing, {"signal": signal}, author)
    except Refusal as refusal:
        if refusal.problem.code == "SIGNAL-003":
            raise
        return _render_signal(request, signal, refusal)
    return RedirectResponse(read_view(request).link(f"/event/{event}"), 303)


@router.post("/signals/{signal}/undo")
def undo(request: Request, signal: str) -> Response:
    """Take the last step back."""
    door: Door = request.app.state.door
    try:
        undo_step(door.city, read_city_settings(door.city.folder), signal, name_actor(request, {}), door.clock.now())
    except Refusal as refusal:
        if refusal.problem.code == "SIGNAL-003":
            raise
        return _render_signal(request, signal, refusal)
    return RedirectResponse(read_view(request).link(f"/signals/{signal}"), 303)
