"""``plan read``, ``plan list`` and ``plan show``: a plan document read into items, and what the items say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.plan_tables import KIND_WORDS, STATE_WORDS, SURE_WORDS, change_by, plan_grid
from wangdi.cli.session import Session
from wangdi.plans.model import STATES

if TYPE_CHECKING:
    from wangdi.plans.model import Item

DRAFT_COLUMNS = (
    "id", "kind", "name", "goal_text", "deadline", "owner", "cooperating", "indicator", "suggested", "start", "end", "text",
    "sentence", "sentence_start", "heading",
)  # fmt: skip
LIST_COLUMNS = (
    "item", "state", "kind", "heading", "name", "goal_text", "deadline", "owner", "cooperating", "indicator", "suggested",
    "evidence", "text", "sentence", "seq", "who",
)  # fmt: skip


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
            save_drafts(city, drafted, change_by(""))
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
    """An item on one line of a sheet: lists as texts."""
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
        rows=Grid(LIST_COLUMNS, [_flat(row) for row in rows]),
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
    parts = [{name: one[name] for name in ("area", "value", "count", "owner")} for one in row["parts"]]
    payments = [{name: one[name] for name in ("month", "planned", "paid", "evidence")} for one in row["payments"]]
    grids = [Grid(("number", "who", "state", "reason"), rows, title=session.word("plan_changes"))]
    if payments:
        names = ("month", "planned", "paid", "evidence")
        grids.insert(0, plan_grid(names, payments, title=session.word("plan_payments")))
    if steps:
        grids.insert(0, plan_grid(("name", "due", "done_on", "evidence"), steps, title=session.word("plan_steps")))
    if parts:
        grids.insert(0, plan_grid(("area", "value", "count", "owner"), parts, title=session.word("plan_parts")))
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
