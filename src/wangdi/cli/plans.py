"""``plan``: a plan document read into items, confirmed, changed and undone by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid, Row
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PATH, WordKind
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.plans.breakdown import METHODS
from wangdi.plans.model import STATES

if TYPE_CHECKING:
    from wangdi.app.derivation import Standing
    from wangdi.app.link_decisions import By
    from wangdi.app.plan_items import Change, Held
    from wangdi.app.plan_progress import Ground
    from wangdi.plans.model import Item
    from wangdi.store.city import City

KIND_WORDS = {
    "quantity": "plan_kind_quantity",
    "milestone": "plan_kind_milestone",
    "investment": "plan_kind_investment",
}
STATE_WORDS = {"draft": "plan_state_draft", "confirmed": "plan_state_confirmed", "dropped": "plan_state_dropped"}
SURE_WORDS = {"exact": "sure_exact", "likely": "sure_likely", "possible": "sure_possible"}
PLAN_HEADINGS = {"item", "name", "value", "count", "owner", "due", "why", "evidence"}
DRAFT_COLUMNS = (
    "id", "kind", "name", "goal_text", "deadline", "owner", "cooperating", "indicator", "suggested", "start", "end", "text",
    "sentence", "sentence_start",
)  # fmt: skip


def plan_grid(columns: Sequence[str], rows: Sequence[Row], spare: Sequence[str] = (), title: str = "") -> Grid:
    """A table whose headings are those of plans: what a column is called elsewhere (a person's name) is not meant here."""

    def named(key: str) -> str:
        return f"plan_{key}" if key in PLAN_HEADINGS else key

    told = [{named(key): value for key, value in row.items()} for row in rows]
    return Grid(tuple(named(one) for one in columns), told, tuple(named(one) for one in spare), title)


@dataclass(frozen=True, slots=True)
class ReadAsked:
    """Which document, as a plan of which year, and whether its drafts are kept."""

    document: Path
    year: int | None
    area: str | None
    save: bool


def run_read(session: Session, asked: ReadAsked) -> Answer:
    """Draft the items of a plan; with ``--save`` keep them in the city."""
    from wangdi.app.cities import open_library
    from wangdi.app.plan_drafts import read_plan_file
    from wangdi.app.plan_items import save_drafts

    if asked.save:
        with session.open_city() as city:
            drafted = read_plan_file(asked.document, open_library(city), asked.year, asked.area or "")
            save_drafts(city, drafted, _by(""))
    else:
        drafted = read_plan_file(asked.document, open_library(), asked.year, asked.area or "")
    plan = drafted.plan
    counts = {kind: sum(one.kind == kind for one in drafted.items) for kind in KIND_WORDS}
    notes = (session.word("plan_moved", printed=drafted.printed_year, year=plan.year),)
    payload = {"plan": plan.id, "title": plan.title, "year": plan.year, "sha256": plan.sha256}
    return Answer(
        payload={**payload, "items": [_draft_row(one) for one in drafted.items]},
        text=session.word("plan_drafted", plan=plan.id, title=plan.title, items=len(drafted.items), **counts),
        grids=(_draft_grid(session, drafted.items),) if drafted.items else (),
        rows=Grid(DRAFT_COLUMNS, [_flat(_draft_row(one)) for one in drafted.items]),
        footer=(session.word("plan_saved", plan=plan.id),) if asked.save else (),
        notes=notes if drafted.printed_year != plan.year else (),
    )


read = Verb(
    run_read,
    [
        argument("document", type=PATH, metavar="PLAN"),
        option("--year", type=int),
        option("--area", metavar="CODE"),
        option("--save", is_flag=True),
    ],
    ReadAsked,
)


def _draft_row(item: Item) -> dict[str, Any]:
    from wangdi.plans.bodies import write_item
    from wangdi.plans.goals import show_goal

    body = write_item(item)
    return {"id": item.id, "goal_text": show_goal(item.goal) if item.goal is not None else "", **body}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A draft on one line of a sheet: lists as texts."""
    suggested = "；".join(f"{one['indicator']} {one['sure']}" for one in row["suggested"])
    return {**row, "cooperating": "、".join(row["cooperating"]), "suggested": suggested}


def _draft_grid(session: Session, items: Sequence[Item]) -> Grid:
    rows = [
        {
            "id": row["id"],
            "kind": session.word(KIND_WORDS[row["kind"]]),
            "name": row["name"],
            "goal_text": row["goal_text"],
            "deadline": row["deadline"],
            "owner": row["owner"],
            "suggested": "；".join(
                f"{one['indicator']}（{session.word(SURE_WORDS[one['sure']])}）" for one in row["suggested"]
            ),
        }
        for row in map(_draft_row, items)
    ]
    return plan_grid(("id", "kind", "name", "goal_text", "deadline", "owner", "suggested"), rows, ("owner", "kind"))


def run_list(session: Session, plan: str | None, state: tuple[str, ...], known: str | None) -> Answer:
    """The items of a plan."""
    from wangdi.app.plan_items import list_items, list_plans
    from wangdi.app.plan_telling import tell_item

    with session.open_city() as city:
        number = city.seq_known(known)
        plans = list_plans(city, number)
        held = list_items(city, plan or "", state, number)
    rows = [tell_item(one) for one in held]
    columns = ("item", "state", "kind", "name", "goal_text", "deadline", "owner", "indicator")
    shown = [
        {**row, "state": session.word(STATE_WORDS[row["state"]]), "kind": session.word(KIND_WORDS[row["kind"]])}
        for row in rows
    ]
    return Answer(
        payload={"plans": [{"plan": one.id, "title": one.title, "year": one.year} for one in plans], "rows": rows},
        grids=(plan_grid(columns, shown, ("kind", "indicator")),) if rows else (),
        rows=Grid((*columns, "text", "seq", "who"), rows),
        text="" if rows else session.word("no_plan_items"),
    )


list_plan = Verb(
    run_list,
    [
        option("--plan", metavar="PLAN"),
        option("--state", type=WordKind(STATES), multiple=True),
        option("--known", metavar="DATE|N"),
    ],
)


def run_show(session: Session, item: str, known: str | None) -> Answer:
    """One item with its sentence, and every change of it by whom."""
    from wangdi.app.plan_items import find_item, list_changes
    from wangdi.app.plan_telling import tell_item

    with session.open_city() as city:
        number = city.seq_known(known)
        held = find_item(city, item, number)
        changes = list_changes(city, held.key, number)
    row = tell_item(held)
    rows = [
        {"number": one.seq, "who": one.who, "state": session.word(STATE_WORDS[one.item.state]), "reason": one.item.why}
        for one in changes
    ]
    steps = [
        {"name": one["name"], "due": one["due"], "done_on": one["done_on"], "evidence": one["evidence"]}
        for one in row["steps"]
    ]
    parts = [{"area": one["area"], "value": one["value"], "count": one["count"]} for one in row["parts"]]
    grids = [Grid(("number", "who", "state", "reason"), rows, title=session.word("plan_changes"))]
    if steps:
        grids.insert(0, plan_grid(("name", "due", "done_on", "evidence"), steps, title=session.word("plan_steps")))
    if parts:
        grids.insert(0, plan_grid(("area", "value", "count"), parts, title=session.word("plan_parts")))
    return Answer(
        payload={**row, "changes": rows},
        text=session.word(
            "plan_item",
            item=held.key,
            name=held.item.name,
            goal=row["goal_text"] or "—",
            deadline=held.item.deadline or "—",
            owner=held.item.owner or "—",
            indicator=held.item.indicator or "—",
            sentence=held.item.sentence,
        ),
        grids=tuple(grids),
    )


show = Verb(run_show, [argument("item", metavar="ITEM"), option("--known", metavar="DATE|N")])


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """Which items, what of them is changed, and why."""

    items: tuple[str, ...]
    goal: str | None
    indicator: str | None
    owner: str | None
    cooperating: tuple[str, ...]
    deadline: date | None
    evidence: str | None
    name: str | None
    base_value: float | None
    breakdown: str | None
    why: str | None


CHANGES = [
    option("--goal", metavar="GOAL"),
    option("--indicator", metavar="ID"),
    option("--owner", metavar="UNIT"),
    option("--with", "cooperating", multiple=True, metavar="UNIT"),
    option("--deadline", type=DAY, metavar="DATE"),
    option("--evidence", metavar="TEXT"),
    option("--name", metavar="TEXT"),
    option("--base-value", type=float, metavar="X"),
    option("--breakdown", type=WordKind(METHODS)),
    option("--why", metavar="TEXT"),
]


def run_confirm(session: Session, asked: ChangeAsked) -> Answer:
    """Confirm drafts, together or not at all, changed first where something is given."""
    from wangdi.app.plan_items import confirm_items, find_item

    with session.open_city() as city:
        change = _change_of(session, city, asked)
        changed = [(held, change(held.item)) for held in (find_item(city, name) for name in asked.items)]
        count = confirm_items(city, changed, _by(asked.why))
        held = [find_item(city, name) for name in asked.items]
    return _tell_changed(session, held, session.word("plan_confirmed", count=count))


confirm = Verb(run_confirm, [argument("items", nargs=-1, required=True, metavar="ITEM..."), *CHANGES], ChangeAsked)


def run_edit(session: Session, asked: ChangeAsked) -> Answer:
    """Change an item. A new goal takes its parts away: they no longer sum to it."""
    from wangdi.app.plan_items import change_item, find_item

    with session.open_city() as city:
        change = _change_of(session, city, asked)
        broken = {name for name in asked.items if find_item(city, name).item.parts}
        held = [change_item(city, name, change, _by(asked.why)) for name in asked.items]
    for name, one in zip(asked.items, held, strict=True):
        if name in broken and not one.item.parts:
            session.say(session.word("plan_parts_gone", item=one.key))
    return _tell_changed(session, held, session.word("plan_changed", number=held[-1].seq))


edit = Verb(run_edit, [argument("items", nargs=-1, required=True, metavar="ITEM..."), *CHANGES], ChangeAsked)


def _change_of(session: Session, city: City, asked: ChangeAsked) -> Change:
    from wangdi.app.cities import open_library
    from wangdi.app.plan_edits import Edits, break_down_change, edit_item, in_turn
    from wangdi.app.plan_items import find_plan

    edits = Edits(
        goal=asked.goal,
        indicator=asked.indicator,
        owner=asked.owner,
        cooperating=asked.cooperating or None,
        deadline=asked.deadline,
        evidence=asked.evidence,
        name=asked.name,
        base_value=asked.base_value,
    )
    edited = edit_item(edits, open_library(city))
    if asked.breakdown is None:
        return edited
    method, area = asked.breakdown, find_plan(city, asked.items[0].rpartition("/")[0]).area

    def broken_down(item: Item) -> Item:
        with session.standing(city) as standing:
            ground = progress_ground(standing, [item.indicator] if item.indicator else [], None, area)
            return break_down_change(ground, method, city.populations(standing.known))(item)

    return in_turn(edited, broken_down)


def progress_ground(standing: Standing, indicators: Sequence[str], on: date | None, area: str = "") -> Ground:
    """What progress is read from; figures stand on the last facts, which no change of a plan moves."""
    from wangdi.app.cities import BEGINNING
    from wangdi.app.plan_progress import find_areas, stand_ground
    from wangdi.app.questions import as_of_number, read_places

    known = standing.city.facts_known(standing.known)
    last = as_of_number(standing.city, known)
    day = on or (last if last > BEGINNING.date() else read_clock().date())
    places = read_places(standing.city, known)
    return stand_ground(replace(standing, known=known), find_areas(places, day, area), indicators, day)


def _tell_changed(session: Session, held: Sequence[Held], text: str) -> Answer:
    from wangdi.app.plan_telling import tell_item

    rows = [tell_item(one) for one in held]
    columns = ("item", "state", "name", "goal_text", "deadline", "owner", "indicator")
    shown = [{**row, "state": session.word(STATE_WORDS[row["state"]])} for row in rows]
    return Answer(
        payload={"rows": rows}, text=text, grids=(plan_grid(columns, shown),), rows=Grid((*columns, "seq"), rows)
    )


def run_drop(session: Session, item: str, why: str | None) -> Answer:
    """Say that a draft is no item, or that an item is given up."""
    from wangdi.app.plan_items import drop as dropped

    return _change(session, item, dropped, why)


drop = Verb(run_drop, [argument("item", metavar="ITEM"), option("--why", required=True, metavar="TEXT")])


@dataclass(frozen=True, slots=True)
class AssignAsked:
    """Who answers for which item, or for which area's part of it."""

    item: str
    owner: str
    cooperating: tuple[str, ...]
    area: str | None
    why: str | None


def run_assign(session: Session, asked: AssignAsked) -> Answer:
    """Name who answers for an item, or for one area's part of it."""
    from wangdi.app.plan_edits import assign as assigned

    change = assigned(asked.owner, asked.cooperating or None, asked.area or "")
    return _change(session, asked.item, change, asked.why)


assign = Verb(
    run_assign,
    [
        argument("item", metavar="ITEM"),
        option("--owner", required=True, metavar="UNIT"),
        option("--with", "cooperating", multiple=True, metavar="UNIT"),
        option("--area", metavar="CODE"),
        option("--why", metavar="TEXT"),
    ],
    AssignAsked,
)


@dataclass(frozen=True, slots=True)
class StepAsked:
    """Which step of which item, and what of it."""

    item: str
    step: str
    due: date | None
    done: date | None
    evidence: str | None
    count: int
    why: str | None


def run_step(session: Session, asked: StepAsked) -> Answer:
    """Add a step, or say that it is done, with the evidence."""
    from wangdi.app.plan_edits import take_step
    from wangdi.plans.model import Step

    taken = Step(asked.step, asked.due, asked.done, asked.evidence or "", asked.count)
    return _change(session, asked.item, take_step(taken), asked.why)


step = Verb(
    run_step,
    [
        argument("item", metavar="ITEM"),
        argument("step", metavar="STEP"),
        option("--due", type=DAY, metavar="DATE"),
        option("--done", type=DAY, metavar="DATE"),
        option("--evidence", metavar="TEXT"),
        option("--count", type=int, default=0),
        option("--why", metavar="TEXT"),
    ],
    StepAsked,
)


@dataclass(frozen=True, slots=True)
class MoneyAsked:
    """Which month of which item, and what it was to cost and cost."""

    item: str
    month: str
    planned: float | None
    paid: float | None
    evidence: str | None
    why: str | None


def run_money(session: Session, asked: MoneyAsked) -> Answer:
    """Write down what a month was to cost, and cost."""
    from wangdi.app.plan_edits import take_payment

    taken = take_payment(asked.month, asked.planned, asked.paid, asked.evidence or "")
    return _change(session, asked.item, taken, asked.why)


money = Verb(
    run_money,
    [
        argument("item", metavar="ITEM"),
        argument("month", metavar="MONTH"),
        option("--planned", type=float, metavar="X"),
        option("--paid", type=float, metavar="X"),
        option("--evidence", metavar="TEXT"),
        option("--why", metavar="TEXT"),
    ],
    MoneyAsked,
)


def _change(session: Session, item: str, change: Change, why: str | None) -> Answer:
    from wangdi.app.plan_items import change_item

    with session.open_city() as city:
        held = change_item(city, item, change, _by(why))
    return _tell_changed(session, [held], session.word("plan_changed", number=held.seq))


def run_undo(session: Session, number: int, why: str | None) -> Answer:
    """Take a change back."""
    from wangdi.app.plan_items import undo_change

    with session.open_city() as city:
        held = undo_change(city, number, _by(why))
    return _tell_changed(session, [held], session.word("plan_undone", number=number))


undo = Verb(run_undo, [argument("number", type=int, metavar="NUMBER"), option("--why", metavar="TEXT")])


def _by(why: str | None) -> By:
    from wangdi.app.link_decisions import By

    return By(actor_name(), why or "", read_clock())
