"""Events: the list, and one event with its curve, chain, cases, contacts, exposures, samples, and all that was written down."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.event_erasing import erase_on
from wangdi.app.event_import import Imported, import_file
from wangdi.app.event_opening import open_from_signal
from wangdi.app.event_report import write_report
from wangdi.app.event_summary import (
    Entry,
    curve_of,
    group_entries,
    held_cases,
    list_cases,
    list_contacts,
    show_p,
    show_ratio,
    show_share,
    summarise_event,
    tell_associations,
    tell_timeline,
)
from wangdi.app.events import (
    Author,
    Draft,
    change_event,
    close_event,
    count_members,
    find_events,
    open_event,
    read_event,
    reopen_event,
    write_check,
    write_down,
)
from wangdi.app.newcomer_matching import Everybody
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.investigation.curve import DAY, as_moment
from wangdi.outbreaks.investigation.drawing import render_chain, render_curve
from wangdi.outbreaks.investigation.exposures import BY_GROUP
from wangdi.outbreaks.investigation.monitoring import name_disease
from wangdi.outbreaks.investigation.saying import label_code, load_labels
from wangdi.outbreaks.investigation.transmission import check_chain, lay_out_chain, linked_cases
from wangdi.outbreaks.investigation.values import OPEN, Investigation
from wangdi.web.deciding import name_actor, read_decider, remember_decider
from wangdi.web.door import Door
from wangdi.web.pages.event_forms import FORMS, Box, read_form, split_form
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.uploads import receive_upload
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
MOST_CONTACTS = 200
MOST_ENTRIES = 100
MOST_UPLOAD = 50 << 20
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Said:
    """What a form said that was refused: it is shown again with the reason. ``form``: which one."""

    form: str = ""
    number: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None


# ---- the list ---------------------------------------------------------------------------------------------------------
@router.get("/events")
def show_events(request: Request) -> Response:
    """Every event, and the form that opens one."""
    return _render_list(request, Said())


def _render_list(request: Request, said: Said) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    table = _list_table(door, view, known)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "table_of_events": table,
        "can_write": not view.known,
        "boxes": _boxes(view, "event", said),
        "said": said,
        "decider": read_decider(request),
        **tell_problem(view, said.problem),
    }
    return render_page(request, "events.html", context, view=view, status=form_status(said.problem))


def _list_table(door: Door, view: View, known: int) -> Table:
    regions, counts = door.places(known).regions.latest_names(), count_members(door.city, known)
    columns = [
        Column("event", word(view.lang, "event.event")),
        Column("title", word(view.lang, "event.f_title")),
        Column("state", word(view.lang, "event.state")),
        Column("disease", word(view.lang, "event.f_disease")),
        Column("region", word(view.lang, "event.region")),
        Column("opened", word(view.lang, "event.f_opened_on"), "day"),
        Column("closed", word(view.lang, "event.closed_on"), "day"),
        Column("cases", word(view.lang, "event.cases"), "number"),
        Column("contacts", word(view.lang, "event.contacts"), "number"),
    ]
    rows = [
        {
            "event": Cell(name, view.link(f"/event/{name}"), door=False),
            "title": event.title,
            "state": label_code("event_state", event.state, view.lang),
            "disease": name_disease(event.disease),
            "region": regions.get(event.region, event.region),
            "opened": event.opened_on,
            "closed": event.closed_on,
            **dict(zip(("cases", "contacts"), counts.get(name, (0, 0)), strict=True)),
        }
        for name, event in find_events(door.city, known)
    ]
    return Table(columns, rows, name="events", empty=word(view.lang, "event.no_events"))


@router.post("/events")
async def take_event(request: Request) -> Response:
    """Open an event."""
    said = await read_form(request)

    def take() -> Response:
        door: Door = request.app.state.door
        texts, _ = split_form("event", said, new=True)
        try:
            event = _open(door, texts, _author(request, said))
        except Refusal as refusal:
            return _render_list(request, Said("event", None, said, refusal.problem))
        return remember_decider(RedirectResponse(read_view(request).link(f"/event/{event}"), 303), said)

    return await run_in_threadpool(take)


def _open(door: Door, texts: Mapping[str, str], author: Author) -> str:
    if not texts.get("signal"):
        return open_event(door.city, texts, author)
    with door.standing() as standing:
        return open_from_signal(standing, texts, author)


def _author(request: Request, said: Mapping[str, str]) -> Author:
    door: Door = request.app.state.door
    return Author(name_actor(request, said), door.clock.now())


# ---- one event --------------------------------------------------------------------------------------------------------
@router.get("/event/{event}")
def show_event(request: Request, event: str) -> Response:
    """One event, on a day."""
    edited = request.query_params.get("edit", "").partition("-")
    number = int(edited[2]) if edited[2].isascii() and edited[2].isdigit() and len(edited[2]) < 10 else None
    return _render_event(request, event, Said(edited[0] if edited[0] in FORMS else "", number))


def _read_on(request: Request, door: Door) -> date:
    """The day looked at. Errors: WEB-010 it is none."""
    text = request.query_params.get("on", "").strip()
    try:
        return date.fromisoformat(text) if text else door.clock.today()
    except ValueError:
        raise Refusal(Problem(code="WEB-010", args={"text": text})) from None


def _render_event(request: Request, event: str, said: Said, imported: Imported | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    known, on = door.number(view.known), _read_on(request, door)
    found = read_event(door.city, event, known)
    if said.number is not None and said.form in FORMS and said.number not in _rows_of(found, said.form):
        said = Said(problem=said.problem)
    cases = held_cases(found)
    linked = linked_cases(cases)
    contacts = sorted(
        list_contacts(found, on), key=lambda row: (row["today"] != "ready", not row["today"], row["number"])
    )
    summary = summarise_event(found, on)
    timeline = group_entries(tell_timeline(door.city, event, known))
    names = door.places(known)
    context = {
        "found": found,
        "event": found.event,
        "disease": name_disease(found.event.disease),
        "on": on,
        "summary": summary,
        "clock": _tell_clock(found, on),
        "lead": names.organisations.latest_names().get(found.event.lead, found.event.lead),
        "region": names.regions.latest_names().get(found.event.region, found.event.region),
        "curve": Markup(render_curve(curve_of(found), word(view.lang, "event.curve"))),
        "exposed_curve": Markup(render_curve(curve_of(found, "exposed_at"), word(view.lang, "event.exposed_curve"))),
        "chain": Markup(render_chain(lay_out_chain(linked), linked, word(view.lang, "event.chain"))),
        "unlinked": len(cases) - len(linked),
        "wrong": [one.message(view.lang) for one in check_chain(found.cases)],
        "case_rows": list_cases(found),
        "contact_rows": contacts[:MOST_CONTACTS],
        "more_contacts": max(0, len(contacts) - MOST_CONTACTS),
        "exposures": _tell_exposures(found, request.query_params.get("within", "")),
        "timeline": list(reversed(timeline))[:MOST_ENTRIES],
        "more_entries": max(0, len(timeline) - MOST_ENTRIES),
        "tell": lambda entry: _tell_entry(view, entry),
        "label": lambda group, code: label_code(group, code, view.lang),
        "can_write": not view.known and found.event.state == OPEN,
        "can_reopen": not view.known and found.event.state != OPEN and found.event.erased_on is None,
        "forms": {name: _boxes(view, name, _filled(found, name, said)) for name in FORMS},
        "said": said,
        "imported": imported,
        "decider": read_decider(request),
        **tell_problem(view, said.problem),
    }
    return render_page(request, "event.html", context, view=view, status=form_status(said.problem))


def _tell_clock(found: Investigation, on: date) -> dict[str, Any]:
    """Days since it was opened and since the last onset; when names are erased. Missing: None where there is no such day."""
    onsets = [as_moment(case.onset) for case in held_cases(found).values() if case.onset is not None]
    end = found.event.closed_on or on
    return {
        "days_open": (end - found.event.opened_on).days,
        "since_last": (on - max(onsets).date()) // DAY if onsets else None,
        "erase_on": erase_on(found.event),
    }


def _tell_exposures(found: Investigation, within: str) -> dict[str, Any]:
    """The exposures with what can be held fixed: each with its strata and the ratios over them, where one was chosen."""
    answers = found.answers.values()
    names = list(dict.fromkeys(name for one in answers if not one.withdrawn for name in one.foods))
    groups = [BY_GROUP] if any(one.group for one in answers if not one.withdrawn) else []
    chosen = within if within in (*groups, *names) else ""
    return {
        "choices": [*groups, *names],
        "chosen": chosen,
        "by_group": BY_GROUP,
        "rows": [_show_exposure(one) for one in tell_associations(answers, chosen)],
    }


def _show_exposure(one: Mapping[str, Any]) -> dict[str, Any]:
    row = {"exposure": one["exposure"], **_show_table(one), "p": show_p(one["p"])}
    if "strata" in one:
        row["strata"] = [{"stratum": stratum["stratum"], **_show_table(stratum)} for stratum in one["strata"]]
        row["adjusted_risk"] = show_ratio(one["adjusted_risk_ratio"])
        row["adjusted_odds"] = show_ratio(one["adjusted_odds_ratio"])
        row["in_no_stratum"] = one["in_no_stratum"]
    return row


def _show_table(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "ate": show_share(one["exposed_ill"], one["exposed"], one["exposed_rate"]),
        "others": show_share(one["other_ill"], one["others"], one["other_rate"]),
        "risk": show_ratio(one["risk_ratio"]),
        "odds": show_ratio(one["odds_ratio"]),
    }


def _tell_entry(view: View, entry: Entry) -> str:
    """What was written down, in words: codes as their words, days as they stand."""
    parts = []
    for name, item in entry.said.items():
        label = word(view.lang, f"event.f_{name}")
        group = f"{entry.kind.removeprefix('event.') or 'event'}_{name}"
        text = (
            label_code(group, item, view.lang)
            if group in load_labels() and isinstance(item, str)
            else _show_item(view, item)
        )
        parts.append(f"{label} {text}")
    return word(view.lang, "event.comma").join(parts)


def _show_item(view: View, item: Any) -> str:
    if isinstance(item, bool):
        return label_code("answers", "yes" if item else "no", view.lang)
    if isinstance(item, list):
        return "、".join(map(str, item))
    if isinstance(item, Mapping):
        return word(view.lang, "event.foods_said", count=len(item))
    return str(item).replace("T", " ") if isinstance(item, str) and len(item) == len("2025-01-01T00:00") else str(item)


def _boxes(view: View, form: str, said: Said) -> list[dict[str, Any]]:
    """The fields of a form with their labels, choices and what stands in them."""
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "label": word(view.lang, f"event.f_{one.name}"),
            "choices": [(code, label_code(one.group, code, view.lang)) for code in load_labels()[one.group]]
            if one.group
            else [],
            "value": said.texts.get(one.name, one.default) if said.form == form else one.default,
            "required": one.required,
        }
        for one in FORMS[form]
    ]


def _filled(found: Investigation, form: str, said: Said) -> Said:
    """What a form begins with: what was refused, else the row that is to be corrected."""
    if said.form != form or said.texts or (said.number is None and form != "event"):
        return said
    held: Any = found.event if form == "event" else _rows_of(found, form).get(said.number or 0)
    if held is None:
        return Said()
    who = found.who.get((form, said.number or 0))
    texts = {one.name: _show_box(one, held, who) for one in FORMS[form]}
    return Said(form, said.number, texts)


def _show_box(one: Box, held: Any, who: Any) -> str:
    value = getattr(held, one.name, None)
    if value is None and who is not None:
        value = getattr(who, one.name, "")
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def _rows_of(found: Investigation, form: str) -> Mapping[int, Any]:
    rows: Mapping[str, Mapping[int, Any]] = {
        "case": found.cases,
        "contact": found.contacts,
        "place": found.places,
        "sample": found.samples,
        "team": found.team,
        "note": found.notes,
    }
    return rows.get(form, {})


# ---- writing ----------------------------------------------------------------------------------------------------------
@router.post("/event/{event}/write/{form}")
async def take_row(request: Request, event: str, form: str) -> Response:
    """Add a row, correct or withdraw one."""
    said = await read_form(request)
    if form not in FORMS:
        raise Refusal(Problem(code="WEB-001", args={"path": request.url.path}))

    def take() -> Response:
        door: Door = request.app.state.door
        text = said.get("number", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        own, who = split_form(form, said, new=number is None and form != "event")
        try:
            if form == "event":
                change_event(door.city, event, own, _author(request, said))
            else:
                write_down(door.city, event, Draft(f"event.{form}", own, number, who), _author(request, said))
        except Refusal as refusal:
            if refusal.problem.code == "EVENT-001":
                raise
            return _render_event(request, event, Said(form, number, said, refusal.problem))
        return _back(request, event, said, form)

    return await run_in_threadpool(take)


@router.post("/event/{event}/check/{contact:int}")
async def take_check(request: Request, event: str, contact: int) -> Response:
    """Write down a contact's check."""
    said = await read_form(request)

    def take() -> Response:
        door: Door = request.app.state.door
        texts = {name: said.get(name, "") for name in ("day", "temperature_c", "symptoms")}
        texts["state"] = "failed" if said.get("state") == "failed" else "done"
        try:
            write_check(door.city, event, contact, texts, _author(request, said))
        except Refusal as refusal:
            if refusal.problem.code == "EVENT-001":
                raise
            return _render_event(request, event, Said("check", contact, said, refusal.problem))
        return _back(request, event, said, "contact")

    return await run_in_threadpool(take)


@router.post("/event/{event}/state")
async def take_state(request: Request, event: str) -> Response:
    """Close an event, or open it again."""
    said = await read_form(request)

    def take() -> Response:
        door: Door = request.app.state.door
        author = _author(request, said)
        if said.get("state") == OPEN:
            reopen_event(door.city, event, author)
        else:
            close_event(door.city, event, author.at.date(), author)
        return _back(request, event, said)

    return await run_in_threadpool(take)


@router.post("/event/{event}/import")
async def take_file(request: Request, event: str) -> Response:
    """Take a list of contacts or a questionnaire; the page says what was refused and why."""
    door: Door = request.app.state.door
    with TemporaryDirectory(prefix="wangdi-event-") as folder:
        upload = await receive_upload(request, Path(folder), MOST_UPLOAD)

        def take() -> Response:
            author = _author(request, upload.fields)
            try:
                if not upload.files:
                    raise Refusal(Problem(code="EVENT-013"))
                with door.standing() as standing:
                    found = import_file(standing, event, upload.files[0], author, lambda _: _ask_everybody(door))
            except Refusal as refusal:
                if refusal.problem.code == "EVENT-001":
                    raise
                return _render_event(request, event, Said("import", None, {}, refusal.problem))
            return remember_decider(_render_event(request, event, Said(), found), upload.fields)

        return await run_in_threadpool(take)


def _ask_everybody(door: Door) -> Everybody:
    """The index over everybody that the pages keep; waits where it is being made."""
    found = door.everybody.ask()
    return found.result() if isinstance(found, Future) else found


def _back(request: Request, event: str, said: Mapping[str, str], part: str = "") -> Response:
    on = request.query_params.get("on", "")
    address = read_view(request).link(f"/event/{event}", on=on) + (f"#{part}-list" if part else "")
    return remember_decider(RedirectResponse(address, 303), said)


@router.get("/event/{event}/report.docx")
def send_report(request: Request, event: str) -> Response:
    """The investigation report as a Word file."""
    return _send_report(request, event, ".docx", DOCX)


@router.get("/event/{event}/report.pdf")
def send_report_pdf(request: Request, event: str) -> Response:
    """The investigation report as a PDF."""
    return _send_report(request, event, ".pdf", PDF)


def _send_report(request: Request, event: str, suffix: str, media: str) -> Response:
    door: Door = request.app.state.door
    content = write_report(door.city, event, _read_on(request, door), read_view(request).lang, suffix)
    headers = {"Content-Disposition": f'attachment; filename="{event}{suffix}"'}
    return Response(content, media_type=media, headers=headers)
