"""The rows of a chunk after the pass, as a relation of typed columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress

from wangdi.collect.loading import RAW, RawRows
from wangdi.collect.pass_sql import render_doubts, render_pass
from wangdi.collect.people_sql import kept_cells
from wangdi.collect.plan import FormPlan
from wangdi.store.workspace import Workspace, sql_name

LARGE_ROWS = 100_000
_thorough: dict[tuple[str, str], frozenset[str]] = {}
"""What files needed read thoroughly so far, by their mapping's name and text. It changes how rows are read, never as what."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The rows of a chunk after the pass: a relation with ``row`` and what differs from row to row."""

    plan: FormPlan
    """The plan by which no cell was odd."""
    raw: RawRows
    sql: str
    rows: int
    suspects: int
    unsound: frozenset[str] = frozenset()
    """Keys of the items that make rows suspect."""


def type_rows(workspace: Workspace, plan: FormPlan, raw: RawRows, table: str) -> Typed | None:
    """Run the pass straight over the source into ``table``, so that plain text is never held; again where cells are odd."""
    mapping = plan.mapping.name, plan.mapping.body
    while True:
        plan = replace(plan, thorough=_thorough.get(mapping, frozenset()), is_large=(raw.expected or 0) >= LARGE_ROWS)
        try:
            typed = _run_pass(workspace, plan, raw, table)
            if typed.suspects:
                raw = _hold(workspace, raw)
        except Exception:
            if raw.expected is None:
                raise
            return None  # whatever the reader stumbled over, the exact way says what it is and on which line
        if raw.expected not in (None, typed.rows):
            return None
        odd, unsound = _find_doubts(workspace, typed)
        if not odd:
            return replace(typed, unsound=unsound)
        _thorough[mapping] = plan.thorough | odd


def _run_pass(workspace: Workspace, plan: FormPlan, raw: RawRows, table: str) -> Typed:
    keep = [] if raw.expected is not None else ["source_line", "source_file", "source_part"]
    source, sql = raw.sql, f"(select rowid as row, * from {table})"
    if plan.find("x.org") is not None:  # a join does not promise to keep the order that numbers the rows
        raw = _hold(workspace, raw)
        source, sql = f"(select rowid as row, * from {RAW})", table
        keep.append("row")
    passed = render_pass(plan, source, raw.blanks, keep)
    workspace.run(f"create or replace table {table} as select {', '.join(keep + _typed_columns(plan))} from ({passed})")
    counted = workspace.one(f"select count(*), count(*) filter (where suspect) from {table}")
    rows, suspects = counted if counted else (0, 0)
    return Typed(plan, raw, sql, rows, suspects)


def _find_doubts(workspace: Workspace, typed: Typed) -> tuple[frozenset[str], frozenset[str]]:
    """The items in which suspect rows are odd, and those in which they are unsound."""
    if not typed.suspects:
        return frozenset(), frozenset()
    keys = [item.key for item in typed.plan.items]
    found = workspace.one(render_doubts(typed.plan, suspects_sql(typed))) or ()
    odd, unsound = found[: len(keys)], found[len(keys) :]
    return frozenset(compress(keys, odd)), frozenset(compress(keys, unsound))


def suspects_sql(typed: Typed) -> str:
    """The raw rows that are suspect, with their place; they are held by now."""
    chosen = f"select row from {typed.sql} where suspect"
    place = f"{typed.raw.line} as line, {typed.raw.file} as file"
    return f"(select *, {place} from (select rowid as row, * from {RAW} where rowid in ({chosen})))"


def _hold(workspace: Workspace, raw: RawRows) -> RawRows:
    """The raw rows as a table, whose rowid numbers them."""
    if raw.sql != RAW:
        workspace.run(f"create or replace temp table {RAW} as select * from {raw.sql}")
    return replace(raw, sql=RAW)


def _typed_columns(plan: FormPlan) -> list[str]:
    """What is kept of a row: every column that is not the same for all of them."""
    columns = ["registration_id", "suspect", *(["about", *kept_cells(plan)] if plan.is_person else [])]
    for item in plan.items:
        if item.key.startswith("f."):
            stored = item.said if item.target.type == "code" else item.value  # said may be a place in the list of codes
            columns.append(f"{stored} as {sql_name(item.target.name)}")
    columns += [f"{item.value} as {item.target.name}" for item in plan.items if _is_frame(item.key)]
    if plan.find("x.org") is not None:
        columns.append("org")
    if not _day_is_field(plan):
        columns.append("day")
    return columns


def _is_frame(key: str) -> bool:
    return key in ("x.entered_at", "x.occurred_at", "x.recorder")


def frame_column(plan: FormPlan, name: str) -> str:
    """A standard column of a typed row, or the constant it is; empty where the file has nothing for it."""
    if name == "org":
        return "org" if plan.find("x.org") is not None else plan.sender
    if name == "occurred_at" and plan.find("x.occurred_at") is None:
        day = plan.find(f"f.{plan.form.occurred_on}")
        if day is not None and day.target.type == "datetime":
            return sql_name(day.target.name)
    return name if plan.find(f"x.{name}") is not None else ""


def day_of(plan: FormPlan) -> str:
    """The day of a typed row: its own field where that is all it is."""
    field_name = plan.form.occurred_on
    return sql_name(field_name) if _day_is_field(plan) else "day"


def _day_is_field(plan: FormPlan) -> bool:
    item = plan.find(f"f.{plan.form.occurred_on}")
    return item is not None and item.target.type == "date" and plan.day_required
