"""``plan confirm`` and what people change afterwards: goals, owners, steps, money, and taking a change back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wangdi.cli.answer import Answer
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PATH, WordKind
from wangdi.cli.plan_tables import change_by, progress_ground, tell_changed
from wangdi.cli.session import Session
from wangdi.plans.breakdown import METHODS

if TYPE_CHECKING:
    from wangdi.app.plan_items import Change
    from wangdi.plans.model import Item
    from wangdi.store.city import City


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
        count = confirm_items(city, changed, change_by(asked.why))
        held = [find_item(city, name) for name in asked.items]
    return tell_changed(session, held, session.word("plan_confirmed", count=count))


confirm = Verb(run_confirm, [argument("items", nargs=-1, required=True, metavar="ITEM..."), *CHANGES], ChangeAsked)


def run_fill(session: Session, sheet: Path, why: str | None) -> Answer:
    """Take a list back that was filled in as a spreadsheet: owners, deadlines, indicators; what has an owner is confirmed."""
    from wangdi.app.cities import open_library
    from wangdi.app.plan_confirming import confirm_picks, read_sheet

    picks = read_sheet(sheet)
    with session.open_city() as city:
        done = confirm_picks(city, open_library(city), picks, change_by(why))
    text = session.word("plan_filled", count=len(done.held), left=len(done.left))
    answer = tell_changed(session, done.held, text)
    return replace(answer, payload={**answer.payload, "left": list(done.left)})


fill = Verb(run_fill, [argument("sheet", type=PATH, metavar="SHEET"), option("--why", metavar="TEXT")])


def run_edit(session: Session, asked: ChangeAsked) -> Answer:
    """Change an item. A new goal takes its parts away: they no longer sum to it."""
    from wangdi.app.plan_items import change_item, find_item

    with session.open_city() as city:
        change = _change_of(session, city, asked)
        broken = {name for name in asked.items if find_item(city, name).item.parts}
        held = [change_item(city, name, change, change_by(asked.why)) for name in asked.items]
    for name, one in zip(asked.items, held, strict=True):
        if name in broken and not one.item.parts:
            session.say(session.word("plan_parts_gone", item=one.key))
    return tell_changed(session, held, session.word("plan_changed", number=held[-1].seq))


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
    area: str | None
    remove: bool
    why: str | None


def run_step(session: Session, asked: StepAsked) -> Answer:
    """Add a step, say that it is done, with the evidence, or take it away."""
    from wangdi.app.plan_edits import remove_step, take_step
    from wangdi.plans.model import Step

    taken = Step(asked.step, asked.due, asked.done, asked.evidence or "", asked.count, asked.area or "")
    change = remove_step(asked.step) if asked.remove else take_step(taken)
    return _change(session, asked.item, change, asked.why)


step = Verb(
    run_step,
    [
        argument("item", metavar="ITEM"),
        argument("step", metavar="STEP"),
        option("--due", type=DAY, metavar="DATE"),
        option("--done", type=DAY, metavar="DATE"),
        option("--evidence", metavar="TEXT"),
        option("--count", type=int, default=0),
        option("--area", metavar="CODE"),
        option("--remove", is_flag=True),
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
        held = change_item(city, item, change, change_by(why))
    return tell_changed(session, [held], session.word("plan_changed", number=held.seq))


def run_undo(session: Session, number: int, why: str | None) -> Answer:
    """Take a change back."""
    from wangdi.app.plan_items import undo_change

    with session.open_city() as city:
        held = undo_change(city, number, change_by(why))
    return tell_changed(session, [held], session.word("plan_undone", number=number))


undo = Verb(run_undo, [argument("number", type=int, metavar="NUMBER"), option("--why", metavar="TEXT")])
