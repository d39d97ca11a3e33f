"""A city's plans in its ledger: drafts kept, items confirmed, changed, dropped, assigned; every change by name, and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from wangdi.app.link_decisions import By
from wangdi.app.plan_drafts import Drafted
from wangdi.core.problem import Problem, Refusal
from wangdi.language.names import nearest_name
from wangdi.plans.bodies import ITEM_KIND, PLAN_KIND, item_key, read_item, read_plan, write_item, write_plan
from wangdi.plans.model import CONFIRMED, DROPPED, Item, Plan
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

Change = Callable[[Item], Item]


@dataclass(frozen=True, slots=True)
class Held:
    """An item as it stands in the ledger. ``seq``: the number of its last change, by ``who``."""

    seq: int
    plan: str
    item: Item
    who: str

    @property
    def key(self) -> str:
        """How the item is named: ``plan/item``."""
        return item_key(self.plan, self.item.id)


def save_drafts(city: City, drafted: Drafted, by: By) -> int:
    """Keep a plan and its drafts; answers the first number. Errors: PLAN-002 it is kept already, PLAN-005 nothing in it."""
    plan = drafted.plan
    if any(one.id == plan.id for one in list_plans(city)):
        raise Refusal(Problem(code="PLAN-002", args={"plan": plan.id}))
    if not drafted.items:
        raise Refusal(Problem(code="PLAN-005", file=plan.file))
    rows = [LedgerRow(PLAN_KIND, plan.id, write_plan(plan), by.who)]
    rows += [_row(plan.id, item, by) for item in drafted.items]
    with city.writer(by.who) as writer:
        return writer.put_ledger(rows, by.at)


def list_plans(city: City, known: int | None = None) -> list[Plan]:
    """The plans of a city, in the order they were kept."""
    held = sorted(city.ledger(PLAN_KIND, known), key=lambda one: one[0])
    return [read_plan(row.body) for _, row in held if row.body is not None]


def find_plan(city: City, name: str, known: int | None = None) -> Plan:
    """A plan by its id; the one kept last where none is named. Errors: PLAN-003."""
    plans = list_plans(city, known)
    found = next((one for one in plans if one.id == name), plans[-1] if plans and not name else None)
    if found is None:
        told = "、".join(one.id for one in plans) or "—"
        raise Refusal(Problem(code="PLAN-003", args={"name": name or "—", "known": told}))
    return found


def list_items(city: City, plan: str = "", states: Sequence[str] = (), known: int | None = None) -> list[Held]:
    """The items of a plan (of all where none is named), in order, of some states (of all where none is named)."""
    beginning = f"{plan}/" if plan else ""
    held = [
        Held(seq, row.key.rpartition("/")[0], read_item(row.body), row.who)
        for seq, row in city.ledger(ITEM_KIND, known, beginning)
        if row.body is not None
    ]
    return [one for one in held if not states or one.item.state in states]


def find_item(city: City, name: str, known: int | None = None) -> Held:
    """An item by ``plan/item``, or by its number in the newest plan. Errors: PLAN-003, PLAN-004 with the nearest."""
    plan, _, number = name.rpartition("/")
    owner = find_plan(city, plan, known).id
    held = {one.key: one for one in list_items(city, owner, known=known)}
    key = item_key(owner, number.zfill(3))
    if key not in held:
        raise Refusal(Problem(code="PLAN-004", args={"name": name, "nearest": nearest_name(key, held) or "—"}))
    return held[key]


def change_item(city: City, name: str, change: Change, by: By, seen: int | None = None) -> Held:
    """Change an item. ``seen``: the number of the change that whoever asks has before them.

    Errors: PLAN-004, PLAN-013 somebody else changed it since, and those of the change.
    """
    held = find_item(city, name)
    if seen is not None and seen != held.seq:
        raise Refusal(Problem(code="PLAN-013", args={"item": held.key, "who": held.who}))
    item = replace(change(held.item), why=by.why)
    with city.writer(by.who) as writer:
        number = writer.put_ledger([_row(held.plan, item, by)], by.at)
    return Held(number, held.plan, item, by.who)


def confirm(item: Item) -> Item:
    """An item as confirmed. Errors: PLAN-010 nobody answers for it, PLAN-011 it has no end, PLAN-012 no goal to measure."""
    if not item.owner:
        raise Refusal(Problem(code="PLAN-010", args={"item": item.id}))
    if item.deadline is None:
        raise Refusal(Problem(code="PLAN-011", args={"item": item.id}))
    if item.indicator and item.goal is None:
        raise Refusal(Problem(code="PLAN-012", args={"item": item.id}))
    return replace(item, state=CONFIRMED)


def confirm_items(city: City, changed: Iterable[tuple[Held, Item]], by: By) -> int:
    """Confirm several items together or not at all; answers how many. Errors: those of :func:`confirm`."""
    rows = [_row(held.plan, replace(confirm(item), why=by.why), by) for held, item in changed]
    with city.writer(by.who) as writer:
        writer.put_ledger(rows, by.at)
    return len(rows)


def drop(item: Item) -> Item:
    """An item that is none: kept with the reason, and on no list."""
    return replace(item, state=DROPPED)


def undo_change(city: City, number: int, by: By) -> Held:
    """Take the last change of an item back: what it said before holds again. A draft's first reading is dropped.

    Errors: PLAN-016 it is not the last change of its item.
    """
    history = city.ledger_history(ITEM_KIND)
    asked = next((row for seq, row in history if seq == number), None)
    if asked is None:
        raise Refusal(Problem(code="PLAN-016", args={"number": str(number), "item": "—", "last": "—"}))
    versions = [(seq, row) for seq, row in history if row.key == asked.key and row.body is not None]
    if versions[-1][0] != number:
        args = {"number": str(number), "item": asked.key, "last": str(versions[-1][0])}
        raise Refusal(Problem(code="PLAN-016", args=args))
    if len(versions) > 1:
        body = versions[-2][1].body
        assert body is not None, "erased versions were left out"
        item = read_item(body)
    else:
        item = drop(read_item(versions[-1][1].body or {}))
    plan = asked.key.rpartition("/")[0]
    with city.writer(by.who) as writer:
        taken = writer.put_ledger([_row(plan, item, by)], by.at)
    return Held(taken, plan, item, by.who)


def list_changes(city: City, key: str, known: int | None = None) -> list[Held]:
    """Every version of one item, oldest first."""
    history = city.ledger_history(ITEM_KIND, known, key)
    return [
        Held(seq, row.key.rpartition("/")[0], read_item(row.body), row.who)
        for seq, row in history
        if row.body is not None and row.key == key
    ]


def _row(plan: str, item: Item, by: By) -> LedgerRow:
    return LedgerRow(ITEM_KIND, item_key(plan, item.id), write_item(item), by.who)
