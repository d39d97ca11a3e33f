"""Plans: the list, and one item beside its sentence, where a person confirms, changes, assigns, drops it, and takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.link_decisions import By
from wangdi.app.plan_edits import NO_INDICATOR, Edits, break_down_change, edit_item, in_turn, take_step
from wangdi.app.plan_items import (
    Change,
    Held,
    change_item,
    confirm,
    drop,
    find_item,
    list_changes,
    list_items,
    list_plans,
    undo_change,
)
from wangdi.app.plan_progress import Progress, measure, read_turns
from wangdi.app.plan_telling import tell_pace
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.breakdown import METHODS
from wangdi.plans.goals import show_goal
from wangdi.plans.model import CONFIRMED, DRAFT, STATES, Step
from wangdi.web.deciding import name_actor, read_decider, remember_decider
from wangdi.web.door import Door
from wangdi.web.planning import SIGNS, Asked, make_ground, read_asked, read_progress, show_amount
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import SEQ_DIGITS, View, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()
LONGEST = 500
TONES = {"red": "late", "amber": "soon", "done": "good", "green": "good", "grey": ""}


@router.get("/plan")
def show_plan(request: Request) -> Response:
    """The items of the plans: drafts to be looked at, and the list with where each stands."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = read_asked(request, door, view)
    state = next((one for one in STATES if one == request.query_params.get("state", "")), "")
    held = list_items(door.city, asked.plan, known=asked.known)
    counts = {one: sum(item.item.state == one for item in held) for one in STATES}
    state = state or (CONFIRMED if counts[CONFIRMED] or not counts[DRAFT] else DRAFT)
    progress = {one.held.key: one for one in read_progress(door, asked)} if state == CONFIRMED else {}
    shown = [one for one in held if one.item.state == state]
    table = _table(view, asked, shown, progress)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "plans": list_plans(door.city, asked.known),
        "asked": asked,
        "state": state,
        "counts": counts,
        "table_of_items": table,
        "first_draft": next((one for one in held if one.item.state == DRAFT), None),
        "done": read_whole(request.query_params.get("done", ""), 0, SEQ_DIGITS),
        "can_decide": not view.known,
    }
    return render_page(request, "plan.html", context, view=view)


def _table(view: View, asked: Asked, held: list[Held], progress: Mapping[str, Progress]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"plan.{key}")

    names = ["name", "sentence", "goal", "owner", "deadline"]
    if progress:
        names = ["name", "light", "value", "goal", "more", "pace", "owner", "deadline"]
    kinds: dict[str, Any] = {"light": "day", "deadline": "day", "value": "rate", "more": "number"}
    columns = [Column(name, title(name), kinds.get(name, "text")) for name in names]
    rows = [_row(view, asked, one, progress.get(one.key)) for one in held]
    return Table(columns, rows, name="plan", empty=title("nothing"))


def _row(view: View, asked: Asked, held: Held, one: Progress | None) -> dict[str, Any]:
    item = held.item
    row: dict[str, Any] = {
        "name": Cell(item.name, _link(view, held, on=asked.on), small=held.key, door=False),
        "sentence": item.sentence,
        "goal": show_goal(item.goal) if item.goal is not None else None,
        "owner": item.owner or None,
        "deadline": item.deadline,
    }
    if one is None:
        return row
    light = word(view.lang, f"plan.light_{one.stand.light}")
    return row | {
        "light": Cell(f"{SIGNS[one.stand.light]} {light}", tone=TONES[one.stand.light]),
        "value": Cell(one.stand.value, text=show_amount(one.stand.value, one.unit, view.lang)),
        "more": one.stand.more,
        "pace": tell_pace(one, view.lang),
    }


def _link(view: View, held: Held, **changes: object) -> str:
    return view.link(f"/plan/{held.plan}/{held.item.id}", **changes)


@router.get("/plan/{plan}/{number}")
def show_item(request: Request, plan: str, number: str) -> Response:
    """One item: its sentence, what is known of it, where it stands by area and organisation, and the forms."""
    return _render_item(request, f"{plan}/{number}")


def _render_item(request: Request, name: str, problem: Problem | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    asked = read_asked(request, door, view)
    held = find_item(door.city, name, asked.known)
    item = held.item
    progress = None
    if item.state == CONFIRMED:
        turns = read_turns(door.city, held.plan, asked.known).get(held.key, ())
        progress = measure(held, make_ground(door, asked), turns)
    start = max(0, item.sentence.find(item.text))
    titles = {one.id: one.title for pack in door.library.newest.values() for one in pack.indicators.values()}
    context = {
        "held": held,
        "item": item,
        "before": item.sentence[:start],
        "marked": item.text,
        "after": item.sentence[start + len(item.text) :],
        "goal": show_goal(item.goal) if item.goal is not None else "",
        "progress": progress,
        "pace": tell_pace(progress, view.lang) if progress is not None else "",
        "amount": lambda value: show_amount(value, progress.unit if progress is not None else "", view.lang),
        "signs": SIGNS,
        "titles": titles,
        "methods": METHODS,
        "changes": list(reversed(list_changes(door.city, held.key, asked.known))),
        "message": problem.message(view.lang) if problem else "",
        "hint": problem.hint(view.lang) if problem else "",
        "decider": read_decider(request),
        "can_decide": not view.known,
        "asked": asked,
        "no_indicator": NO_INDICATOR,
        "people_link": lambda gap: view.link(
            "/people", indicator=item.indicator, area=gap.org, part="missing", period=_period(progress)
        ),
    }
    return render_page(request, "plan_item.html", context, view=view, status=400 if problem else 200)


def _period(progress: Progress | None) -> str:
    return progress.stand.last.period if progress is not None and progress.stand.last is not None else ""


@router.post("/plan/undo/{number:int}")
async def take_back(request: Request, number: int) -> Response:
    """Take the last change of an item back."""

    def undo() -> Response:
        door: Door = request.app.state.door
        held = undo_change(door.city, number, _by(request, {}))
        return RedirectResponse(_link(read_view(request), held), 303)

    return await run_in_threadpool(undo)


@router.post("/plan/{plan}/{number}")
async def take_item(request: Request, plan: str, number: str) -> Response:
    """Take what a form says of an item; confirming goes on to the next draft."""
    async with request.form(max_files=0, max_fields=100) as form:
        said = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_take, request, f"{plan}/{number}", said)


def _take(request: Request, name: str, said: Mapping[str, str]) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    seen = read_whole(said.get("seq", ""), 0, SEQ_DIGITS) or None
    try:
        held = change_item(door.city, name, _change(request, said), _by(request, said), seen)
    except Refusal as refusal:
        if refusal.problem.code in ("PLAN-003", "PLAN-004"):
            raise
        return _render_item(request, name, refusal.problem)
    address = _link(view, held)
    if said.get("act") in ("confirm", "drop"):
        drafts = [one for one in list_items(door.city, held.plan, (DRAFT,)) if one.key > held.key]
        address = _link(view, drafts[0], done=held.seq) if drafts else view.link("/plan", done=held.seq)
    return remember_decider(RedirectResponse(address, 303), said)


def _change(request: Request, said: Mapping[str, str]) -> Change:
    """What the pressed button asks for. Errors: PLAN-030 no such button, WEB-010 no date."""
    act = said.get("act", "")
    if act == "drop":
        return drop
    if act == "step":
        return take_step(_step(said))
    if act not in ("save", "confirm"):
        raise Refusal(Problem(code="PLAN-030"))
    changes: list[Change] = [edit_item(_edits(said), request.app.state.door.library)]
    if said.get("breakdown") in METHODS:
        door: Door = request.app.state.door
        ground = make_ground(door, read_asked(request, door, read_view(request)))
        changes.append(break_down_change(ground, said["breakdown"], door.city.populations()))
    return in_turn(*changes, *([confirm] if act == "confirm" else []))


def _step(said: Mapping[str, str]) -> Step:
    return Step(
        said.get("step", "").strip()[:LONGEST],
        _day(said.get("step_due", "")),
        _day(said.get("step_done", "")),
        said.get("step_evidence", "").strip()[:LONGEST],
        read_whole(said.get("step_count", ""), 0),
    )


def _edits(said: Mapping[str, str]) -> Edits:
    def given(name: str) -> str | None:
        return said[name].strip()[:LONGEST] if said.get(name, "").strip() else None

    helping = given("cooperating")
    return Edits(
        goal=given("goal"),
        indicator=given("indicator"),
        owner=given("owner"),
        cooperating=[one for one in helping.replace("，", "、").split("、") if one] if helping else None,
        deadline=_day(said.get("deadline", "")),
        evidence=given("evidence"),
        name=given("name"),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Refusal(Problem(code="WEB-010", args={"text": text})) from None


def _by(request: Request, said: Mapping[str, str]) -> By:
    door: Door = request.app.state.door
    return By(name_actor(request, said), said.get("why", "").strip()[:LONGEST], door.clock.now())
