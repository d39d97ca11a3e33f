"""Statistical returns: the list with a form for a template, and one return drawn as its sheet, bound, corrected, locked."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.link_decisions import By
from wangdi.app.return_checking import explain_check
from wangdi.app.return_filling import Filled, Source, fill_return, write_filled
from wangdi.app.return_locking import (
    compare_locked,
    find_locked,
    list_locked,
    lock_return,
    read_sent,
    reopen_return,
)
from wangdi.app.return_reported import Reported, set_value
from wangdi.app.returns import (
    Added,
    Return,
    add_template,
    bind_cells,
    draft_bindings,
    find_place,
    find_return,
    list_bindings,
    list_returns,
    open_return,
    unbind_cells,
)
from wangdi.app.told_figures import Figures, find_root
from wangdi.catalog.figures import FigureAsked, ToldFigure
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Level
from wangdi.returns.model import COMPUTED, FIGURE, PARTS, REPORTED, SUM, TEXT, TEXTS, Binding, Place, Template
from wangdi.returns.workbooks import MOST_BYTES
from wangdi.web.deciding import name_actor, read_decider, read_form, remember_decider
from wangdi.web.door import Door
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.returning import SIGNS, draw_sheet
from wangdi.web.tables import XLSX, Cell, Column, Table
from wangdi.web.uploads import Upload, receive_upload, show_size
from wangdi.web.view import View, read_period, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()
LONGEST = 500
_GONE = ("RETURN-020",)


# ---- the list ----------------------------------------------------------------------------------------------------------
@router.get("/returns")
def show_list(request: Request) -> Response:
    """The returns of the city, and the form by which a template is kept."""
    return _render_list(request)


def _render_list(request: Request, problem: Problem | None = None, added: Added | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    context = {
        "returns": _list_table(door, view),
        "most": show_size(MOST_BYTES),
        "decider": read_decider(request),
        "lost": [(str(place), one.message(view.lang)) for place, one in added.lost] if added else [],
        "added": added,
        **tell_problem(view, problem),
    }
    return render_page(request, "returns.html", context, view=view, status=form_status(problem))


def _list_table(door: Door, view: View) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"returns.{key}")

    columns = [
        Column("name", title("name")),
        Column("edition", title("template"), "number"),
        Column("bound", title("bound"), "number"),
        Column("sent", title("sent")),
        Column("added", title("added")),
    ]
    rows = [
        {
            "name": Cell(one.name, view.link(_path(one.name)), small=one.file, door=False),
            "edition": one.edition,
            "bound": len(list_bindings(door.city, one.name)),
            "sent": "、".join(f"{each.period}/{each.edition}" for each in list_locked(door.city, one.name)) or None,
            "added": one.added_at.replace("T", " "),
        }
        for one in list_returns(door.city)
    ]
    return Table(columns, rows, name="returns", empty=title("none"))


def _path(name: str) -> str:
    return f"/return/{quote(name, safe='')}"


@router.post("/returns")
async def add(request: Request) -> Response:
    """Keep a template; what is wrong with it is said on the page."""
    with tempfile.TemporaryDirectory(prefix="wangdi-return-") as folder:
        try:
            upload = await receive_upload(request, Path(folder), MOST_BYTES)
            return await run_in_threadpool(_add, request, upload)
        except Refusal as refusal:
            return await run_in_threadpool(_render_list, request, refusal.problem)


def _add(request: Request, upload: Upload) -> Response:
    door: Door = request.app.state.door
    if not upload.files:
        raise Refusal(Problem(code="WEB-040"))
    name = upload.fields.get("name", "").strip() or upload.files[0].stem
    added = add_template(door.city, name, upload.files[0], _by(request, upload.fields))
    if added.lost:
        return remember_decider(_render_list(request, added=added), upload.fields)
    return remember_decider(RedirectResponse(read_view(request).link(_path(name)), 303), upload.fields)


def _by(request: Request, said: Mapping[str, str]) -> By:
    door: Door = request.app.state.door
    return By(name_actor(request, said), said.get("reason", "").strip()[:LONGEST], door.clock.now())


# ---- one return --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Asked:
    """Which return, of which period, read at which number of facts; ``cell``: the one chosen to be bound or corrected."""

    kept: Return
    period: Period
    known: int
    cell: str


def _read_asked(request: Request, name: str) -> _Asked:
    """The address. Errors: RETURN-020, DATE-001, STORE-022."""
    door: Door = request.app.state.door
    view = read_view(request)
    kept = find_return(door.city, name)
    number = door.number(view.known)
    known = door.facts(number)
    period = read_period(view.period) if view.period else door.default_period(known)
    return _Asked(kept, period, known, request.query_params.get("cell", "").strip())


def _fill(door: Door, asked: _Asked) -> Filled:
    """The return of a period from the figures the other pages show, counted once."""
    with door.standing(asked.known) as standing:
        told, snapshot = Figures(standing), f"{standing.known}-{standing.rules_key}"

    def figures(wanted: Collection[FigureAsked]) -> Mapping[FigureAsked, ToldFigure]:
        found = {}
        for one in wanted:
            level: Level | None = told.level(one)
            figure = door.figures(asked.known, one.period, level).get((one.indicator, one.area)) if level else None
            if figure is not None:
                found[one] = told.told(figure)
        return found

    day = door.as_of(asked.known)
    source = Source(door.city, asked.known, snapshot, day, door.places(asked.known), figures)
    return fill_return(source, asked.kept.name, asked.period)


@router.get("/return/{name}")
def show_return(request: Request, name: str, format: str = "") -> Response:  # noqa: A002 -- as in the address
    """A return drawn as its sheet; ``?format=xlsx`` the workbook filled, ``?format=sent`` the bytes that were sent."""
    if format in ("xlsx", "sent"):
        return _hand_out(request, name, format)
    return _render(request, name)


def _hand_out(request: Request, name: str, form: str) -> Response:
    door: Door = request.app.state.door
    asked = _read_asked(request, name)
    if form == "sent":
        edition = read_whole(request.query_params.get("edition", ""), 0) or None
        one = find_locked(door.city, name, asked.period, edition)
        data, file = read_sent(door.city, one), f"{name}-{one.period}-{one.edition}.xlsx"
    else:
        data, file = write_filled(door.city, _fill(door, asked)), f"{name}-{asked.period.text}.xlsx"
    return Response(
        data, media_type=XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file)}"}
    )


def _render(request: Request, name: str, problem: Problem | None = None, cell: str = "") -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    asked = _read_asked(request, name)
    template = open_return(door.city, asked.kept)
    bindings = list_bindings(door.city, name)
    filled = _fill(door, asked) if bindings else None
    here = cell or asked.cell
    chosen = find_place(template, here) if here else None
    sent = list_locked(door.city, name, asked.period.text)
    locked = bool(sent) and not sent[-1].reopened
    context = {
        "kept": asked.kept,
        "period": asked.period,
        "known": asked.known,
        "path": _path(name),
        "sheets": [draw_sheet(one, template, filled, view.lang) for one in template.sheets.values()],
        "filled": filled,
        "wrong": [explain_check(one).message(view.lang) for one in filled.wrong] if filled else [],
        "open": [explain_check(one).message(view.lang) for one in filled.checks if one.state == "open"]
        if filled
        else [],
        "sent": sent,
        "locked": locked,
        "signs": SIGNS,
        "can_decide": not view.known,
        "decider": read_decider(request),
        "bound": len(bindings),
        "chosen": _tell_chosen(door, asked, template, chosen, filled) if chosen is not None else None,
        **tell_problem(view, problem),
    }
    return render_page(request, "return.html", context, view=view, status=form_status(problem))


def _tell_chosen(door: Door, asked: _Asked, template: Template, place: Place, filled: Filled | None) -> dict[str, Any]:
    """What the forms about one cell show."""
    value = filled.values.get(place) if filled is not None else None
    places = door.places(asked.known)
    root, _ = find_root(places)
    on = asked.period.end
    areas = [(root, places.regions.name(root, on))]
    areas += [(one.code, one.name) for one in places.regions.descendants(root, on)]
    areas += places.areas("org", on)
    titles = {one.id: one.title for pack in door.library.newest.values() for one in pack.indicators.values()}
    binding = value.binding if value is not None else None
    return {
        "place": str(place),
        "value": value,
        "binding": binding,
        "formula": template.at(place).formula,
        "areas": areas,
        "titles": titles,
        "parts": PARTS,
        "texts": TEXTS,
        "kinds": (FIGURE, SUM, TEXT),
        "kind": binding.kind if binding is not None else FIGURE,
        "choices": (REPORTED, COMPUTED),
    }


@router.get("/return/{name}/changes")
def show_changes(request: Request, name: str) -> Response:
    """Which cells of a sent return would be computed differently now, and why."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = _read_asked(request, name)
    one = find_locked(door.city, name, asked.period, read_whole(request.query_params.get("edition", ""), 0) or None)

    def compare() -> list[Any]:
        with door.standing(one.known) as then, door.standing(asked.known) as now:
            return compare_locked(one, asked.period, then, now)

    key = ("return changes", name, one.seq, asked.known, door.state())
    changed = door.keep_list(key, compare)
    context = {
        "kept": asked.kept,
        "path": _path(name),
        "period": asked.period,
        "one": one,
        "reached": asked.known,
        "changed": [_tell_changed(view, asked, each) for each in changed],
    }
    return render_page(request, "return_changes.html", context, view=view)


def _tell_changed(view: View, asked: _Asked, one: Any) -> dict[str, Any]:
    causes = one.moved.causes.items() if one.moved is not None else ()
    told = [
        word(view.lang, "compare.cause_count", cause=word(view.lang, f"compare.cause_{name}"), count=count)
        for name, count in causes
    ]
    told += [word(view.lang, "reports.population")] if one.moved is not None and one.moved.population else []
    link = ""
    if one.binding.kind == FIGURE:
        link = view.link(f"/indicator/{one.binding.indicator}", area=one.binding.area, period=asked.period.text)
    return {"one": one, "causes": word(view.lang, "reports.joiner").join(told), "link": link}


# ---- what forms say ----------------------------------------------------------------------------------------------------
@router.post("/return/{name}")
async def take(request: Request, name: str) -> Response:
    """Take what a form says of a return."""
    said = await read_form(request)
    return await run_in_threadpool(_take, request, name, said)


def _take(request: Request, name: str, said: dict[str, str]) -> Response:
    view = read_view(request)
    try:
        _act(request, name, said)
    except Refusal as refusal:
        if refusal.problem.code in _GONE:
            raise
        return _render(request, name, refusal.problem, said.get("cell", ""))
    return remember_decider(RedirectResponse(view.link(_path(name)), 303), said)


def _act(request: Request, name: str, said: Mapping[str, str]) -> None:
    """What the pressed button asks for. Errors: RETURN-034 no such button, and those of what it does."""
    door: Door = request.app.state.door
    act, by, cell = said.get("act", ""), _by(request, said), said.get("cell", "")
    asked = _read_asked(request, name)
    if act == "draft":
        proposals = draft_bindings(door.city, door.library, name)
        found = {str(one.place): one.binding for one in proposals if one.binding is not None}
        if found:
            bind_cells(door.city, door.library, name, found, by)
    elif act == "bind":
        bind_cells(door.city, door.library, name, {cell: _read_binding(said)}, by)
    elif act == "unbind":
        unbind_cells(door.city, name, [cell], by)
    elif act in ("set", "clear"):
        value = said.get("value", "").strip() if act == "set" else None
        set_value(door.city, name, asked.period, Reported(cell, value, said.get("choose", REPORTED)), by)
    elif act == "lock":
        lock_return(door.city, _fill(door, asked), by)
    elif act == "reopen":
        reopen_return(door.city, name, asked.period, by)
    else:
        raise Refusal(Problem(code="RETURN-034"))


def _read_binding(said: Mapping[str, str]) -> Binding:
    """The binding a form says. Errors: RETURN-016 decimals that are none."""
    kind = said.get("kind", "")
    if kind == SUM:
        return Binding(SUM, over=said.get("over", "").strip()[:LONGEST])
    if kind == TEXT:
        return Binding(TEXT, text=said.get("text", ""))
    decimals = said.get("decimals", "").strip()
    part: Any = said.get("part", "")
    return Binding(
        FIGURE,
        said.get("indicator", ""),
        part,
        said.get("area", ""),
        said.get("scale", "").strip()[:LONGEST],
        read_whole(decimals, -1, 2) if decimals else None,
    )
