"""Plans: the list with where each item stands, and one item: what it says, where its gap is, and the forms that change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.bulletins import rank_areas
from wangdi.app.plan_confirming import sheet_headers
from wangdi.app.plan_edits import NO_INDICATOR
from wangdi.app.plan_gaps import find_known_gaps, group_gaps
from wangdi.app.plan_items import Held, change_item, find_item, list_changes, list_items, list_plans, undo_change
from wangdi.app.plan_progress import Progress, measure, read_turns
from wangdi.app.plan_telling import show_amount, show_more, show_value, tell_pace
from wangdi.core.problem import LANGUAGES, Problem, Refusal
from wangdi.plans.breakdown import METHODS
from wangdi.plans.goals import show_goal, show_plain
from wangdi.plans.model import CONFIRMED, DRAFT, INVESTMENT, STATES, Item, Payment
from wangdi.web.deciding import read_decider, remember_decider
from wangdi.web.door import Door
from wangdi.web.plan_forms import decided_by, read_change
from wangdi.web.planning import SIGNS, Asked, areas_of, list_units, make_ground, read_asked, read_progress
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.sparkline import plot_points
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import SEQ_DIGITS, View, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()


@router.get("/plan")
def show_plan(request: Request) -> Response:
    """The items of the plans: drafts to be assigned and confirmed, and the list with where each stands."""
    door: Door = request.app.state.door
    view = read_view(request)
    asked = read_asked(request, door, view)
    state = next((one for one in STATES if one == request.query_params.get("state", "")), "")
    held = list_items(door.city, asked.plan, known=asked.known)
    counts = {one: sum(item.item.state == one for item in held) for one in STATES}
    state = state or (CONFIRMED if counts[CONFIRMED] or not counts[DRAFT] else DRAFT)
    progress = {one.held.key: one for one in read_progress(door, asked)} if state == CONFIRMED else {}
    shown = [one for one in held if one.item.state == state]
    titles = {one.id: one.title for pack in door.library.newest.values() for one in pack.indicators.values()}
    owners = sorted({one.item.owner for one in shown if one.item.owner})
    owner = next((one for one in owners if one == request.query_params.get("owner", "")), "")
    shown = [one for one in shown if not owner or one.item.owner == owner]
    if (file := export_table(request, _sheet(view, shown, progress))) is not None:
        return file
    context = {
        "plans": list_plans(door.city, asked.known),
        "asked": asked,
        "state": state,
        "counts": counts,
        "owners": owners,
        "owner": owner,
        "table_of_items": _table(view, asked, shown, progress),
        "groups": _group(shown) if state == DRAFT else (),
        "units": list_units(held),
        "item_link": lambda one: _link(view, one),
        "goal_of": _goal_of,
        "titles_of": lambda name: titles.get(name, name),
        "decider": read_decider(request),
        "no_indicator": NO_INDICATOR,
        "done": read_whole(request.query_params.get("done", ""), 0, SEQ_DIGITS),
        "confirmed": read_whole(request.query_params.get("confirmed", ""), 0),
        "left": read_whole(request.query_params.get("left", ""), 0),
        "can_decide": not view.known,
    }
    return render_page(request, "plan.html", context, view=view)


def _goal_of(item: Item) -> str:
    return show_goal(item.goal) if item.goal is not None else ""


def _group(held: Iterable[Held]) -> list[tuple[str, str, list[Held]]]:
    """Items by the heading of their plan they stand under, and who answers for all of them already, if one unit does."""
    found: dict[tuple[str, str], list[Held]] = {}
    for one in held:
        found.setdefault((one.plan, one.item.heading), []).append(one)
    groups = []
    for (_, heading), items in found.items():
        owners = {one.item.owner for one in items}
        groups.append((heading, owners.pop() if len(owners) == 1 else "", items))
    return groups


def _table(view: View, asked: Asked, held: list[Held], progress: Mapping[str, Progress]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"plan.{key}")

    names = ["name", "sentence", "goal", "owner", "deadline"]
    if progress:
        names = ["name", "light", "value", "goal", "more", "pace", "owner", "deadline"]
    kinds: dict[str, Any] = {"light": "day", "deadline": "day", "value": "rate", "goal": "day", "more": "number"}
    columns = [Column(name, title(name), kinds.get(name, "text")) for name in names]
    rows = [_row(view, asked, one, progress.get(one.key)) for one in held]
    return Table(columns, rows, name="plan", empty=title("nothing"))


def _row(view: View, asked: Asked, held: Held, one: Progress | None) -> dict[str, Any]:
    item = held.item
    row: dict[str, Any] = {
        "name": Cell(item.name, _link(view, held, on=asked.on), small=held.key, door=False),
        "sentence": item.sentence,
        "goal": _goal_of(item) or None,
        "owner": item.owner or None,
        "deadline": item.deadline,
    }
    return row if one is None else row | _where(view, one)


def _where(view: View, one: Progress) -> dict[str, Any]:
    """Where an item stands, as cells."""
    light = word(view.lang, f"plan.light_{one.stand.light}")
    return {
        "light": Cell(f"{SIGNS[one.stand.light]} {light}", tone=f"light-{one.stand.light}"),
        "value": Cell(one.stand.value if one.stand.value is not None else "", text=show_value(one, view.lang)),
        "more": one.stand.more,
        "pace": tell_pace(one, view.lang),
    }


def _sheet(view: View, held: list[Held], progress: Mapping[str, Progress]) -> Table:
    """The list as a file: under the headings by which it is taken back once it is filled in, and where each item stands."""
    place = LANGUAGES.index(view.lang)
    columns = [Column(name, headings[place]) for name, headings in sheet_headers().items()]
    more = ["sentence", *(["light", "value", "more", "pace"] if progress else [])]
    columns += [Column(name, word(view.lang, f"plan.{name}")) for name in more]
    rows = []
    for one in held:
        item, stood = one.item, progress.get(one.key)
        told = {"item": one.key, "name": item.name, "goal_text": _goal_of(item), "indicator": item.indicator,
                "owner": item.owner, "cooperating": "、".join(item.cooperating), "deadline": item.deadline,
                "evidence": item.evidence, "sentence": item.sentence}  # fmt: skip
        rows.append(told | (_where(view, stood) if stood is not None else {}))
    return Table(columns, rows, name="plan")


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
    progress = _measure(door, asked, held) if item.state == CONFIRMED else None
    start = max(0, item.sentence.find(item.text))
    context = {
        "held": held,
        "item": item,
        "before": item.sentence[:start],
        "marked": item.text,
        "after": item.sentence[start + len(item.text) :],
        "goal": _goal_of(item),
        "base": item.goal.base_value if item.goal is not None else None,
        "titles": {one.id: one.title for pack in door.library.newest.values() for one in pack.indicators.values()},
        "methods": METHODS,
        "units": list_units(list_items(door.city, known=asked.known)),
        "payments": _months(item),
        "plain_number": show_plain,
        "names": {one.code: one.name for one in areas_of(door, asked)[1]} if item.parts else {},
        "changes": list(reversed(list_changes(door.city, held.key, asked.known))),
        "moment_of": lambda seq: door.city.acceptance(seq)[0].accepted_at,
        **tell_problem(view, problem),
        "decider": read_decider(request),
        "can_decide": not view.known,
        "asked": asked,
        "no_indicator": NO_INDICATOR,
        "progress": progress,
        **(_tell_progress(view, progress) if progress is not None else {}),
    }
    return render_page(request, "plan_item.html", context, view=view, status=form_status(problem))


def _measure(door: Door, asked: Asked, held: Held) -> Progress:
    """Where an item stands, with everybody we know of who is missing."""
    ground = make_ground(door, asked)
    turns = read_turns(door.city, held.plan, asked.known).get(held.key, ())
    progress = measure(held, ground, turns)
    if progress.gaps or not progress.stand.more or not held.item.indicator:
        return progress

    def look_up() -> Progress:
        with door.standing(asked.facts) as standing:
            return find_known_gaps(standing, progress, ground)

    return door.keep(("known gaps", asked, held.seq), look_up)


def _tell_progress(view: View, progress: Progress) -> dict[str, Any]:
    """What the page says of where an item stands."""
    stand, item = progress.stand, progress.item
    period = stand.last.period if stand.last is not None else ""
    owing = {one.area.code: one for one in progress.areas}
    return {
        "pace": tell_pace(progress, view.lang),
        "now": show_value(progress, view.lang),
        "amount": lambda value: show_amount(value, progress.unit, view.lang),
        "more_of": lambda more: show_more(more, progress.people, view.lang),
        "signs": SIGNS,
        "ranks": [(place, owing[place.area]) for place in rank_areas(progress)],
        "line": plot_points(stand.trend, stand.goal.level if stand.goal is not None else None),
        "gap_groups": group_gaps(progress),
        "people_link": lambda code: view.link(
            "/people", indicator=item.indicator, area=code, part="missing", period=period
        ),
    }


def _months(item: Item) -> Sequence[Payment]:
    """The months of the year an investment is due in, each with its money, and months of other years that have some."""
    if item.kind != INVESTMENT:
        return item.payments
    year = item.deadline.year if item.deadline is not None else None
    found = {f"{year}-{month:02d}": Payment(f"{year}-{month:02d}", 0.0) for month in range(1, 13)} if year else {}
    found |= {one.month: one for one in item.payments}
    return [found[month] for month in sorted(found)]


@router.post("/plan/undo/{number:int}")
async def take_back(request: Request, number: int) -> Response:
    """Take the last change of an item back."""

    def undo() -> Response:
        door: Door = request.app.state.door
        held = undo_change(door.city, number, decided_by(request, {}))
        return RedirectResponse(_link(read_view(request), held), 303)

    return await run_in_threadpool(undo)


@router.post("/plan/{plan}/{number}")
async def take_item(request: Request, plan: str, number: str) -> Response:
    """Take what a form says of an item; confirming goes on to the next draft."""
    async with request.form(max_files=0, max_fields=500) as form:
        said = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_take, request, f"{plan}/{number}", said)


def _take(request: Request, name: str, said: Mapping[str, str]) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    seen = read_whole(said.get("seq", ""), 0, SEQ_DIGITS) or None
    try:
        held = change_item(door.city, name, read_change(request, said), decided_by(request, said), seen)
    except Refusal as refusal:
        if refusal.problem.code in ("PLAN-003", "PLAN-004"):
            raise
        return _render_item(request, name, refusal.problem)
    address = _link(view, held)
    if said.get("act") in ("confirm", "drop"):
        drafts = [one for one in list_items(door.city, held.plan, (DRAFT,)) if one.key > held.key]
        address = _link(view, drafts[0], done=held.seq) if drafts else view.link("/plan", done=held.seq)
    return remember_decider(RedirectResponse(address, 303), said)
