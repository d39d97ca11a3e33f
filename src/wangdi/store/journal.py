"""Form entries typed in Wangdi: one transaction each, read through the segments' door, rolled into them later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from wangdi.catalog.tables import FACT_COLUMNS, RETIREMENT_TABLE, FormTable
from wangdi.core.problem import Problem, Refusal
from wangdi.store.commit import Commit
from wangdi.store.records import SUPERSEDED, WITHDRAWN, JournalEntry, JournalRow, Scalar, Withdrawal
from wangdi.store.schema import journal, journal_identity, retirement
from wangdi.store.workspace import Workspace

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "BIGINT": (int,),
    "DOUBLE": (float, int),
    "BOOLEAN": (bool,),
    "VARCHAR": (str,),
    "DATE": (date,),
    "TIMESTAMP": (datetime,),
}


@dataclass(frozen=True, slots=True)
class EntryTable:
    """Journal rows of one form, not yet in a segment, as a table of the workspace."""

    name: str
    names: Mapping[str, list[tuple[int, int]]]
    """Of retirements: the smallest and largest fact number named, by the facts' form."""


def find_entry(connection: Connection, idempotency_key: str) -> int | None:
    """The number of the entry that was sent under this key before."""
    query = select(journal.c.seq).where(journal.c.idempotency_key == idempotency_key)
    return connection.execute(query).scalar_one_or_none()


def insert_entry(commit: Commit, entry: JournalEntry, table: FormTable) -> int:
    """Accept one form entry; answers its number. The caller has seen that its key is new.

    Errors: values that are not the form's fields and types are a programmer's error.
    """
    check_entry(entry, table)
    seq = commit.take(1, "entry", entry.form)
    if entry.supersedes is not None:
        insert_retirements(commit, entry.form, [(entry.supersedes, seq)], SUPERSEDED, entry.idempotency_key)
    values = json.dumps(entry.values, ensure_ascii=False, default=_tag_date)
    row = {name: getattr(entry, name) for name in _ENTRY_COLUMNS}
    plain = None if table.identifying else values
    commit.connection.execute(insert(journal).values(seq=seq, identifying=table.identifying, entry=plain, **row))
    if table.identifying:
        commit.connection.execute(insert(journal_identity).values(seq=seq, entry=values))
    commit.record("enter_form", str(seq), {"form": entry.form, "org": entry.org, "supersedes": entry.supersedes})
    return seq


_ENTRY_COLUMNS = (
    "form", "registration_id", "occurred_on", "occurred_at", "entered_at", "org", "recorder", "idempotency_key",
    "actor", "supersedes",
)  # fmt: skip


def check_entry(entry: JournalEntry, table: FormTable) -> None:
    """Hold an entry's values against the form's columns before anything is written.

    Errors: ValueError, because a form that does not know its own fields is a programmer's error.
    """
    if entry.form != table.name:
        raise ValueError(f"an entry of {entry.form} given with the table of {table.name}")
    types = dict(table.columns)
    for name, value in entry.values.items():
        if name not in types:
            raise ValueError(f"{entry.form} has no field {name}")
        if not _fits(value, types[name]):
            raise ValueError(f"{entry.form}.{name} is {types[name]}, not {type(value).__name__}")


def _fits(value: Scalar, kind: str) -> bool:
    if value is None:
        return True
    if isinstance(value, bool | datetime):
        return kind == ("BOOLEAN" if isinstance(value, bool) else "TIMESTAMP")
    return isinstance(value, _PYTHON_TYPES[kind])


def _tag_date(value: object) -> dict[str, str]:
    """A date says in JSON that it is one: a text that looks like a date stays a text."""
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(f"no field of a form holds a {type(value).__name__}")


def read_values(text: str) -> dict[str, Scalar]:
    """An entry's values as they were given."""
    return {name: _untag_date(value) for name, value in json.loads(text).items()}


def _untag_date(value: Any) -> Scalar:
    if not isinstance(value, dict):
        plain: Scalar = value
        return plain
    if "datetime" in value:
        return datetime.fromisoformat(value["datetime"])
    return date.fromisoformat(value["date"])


def withdraw_facts(commit: Commit, withdrawal: Withdrawal) -> int:
    """Accept the withdrawal of facts, one number each; answers the first number."""
    if len(set(withdrawal.facts)) != len(withdrawal.facts):
        raise ValueError("a withdrawal names a fact twice")
    first = commit.take(len(withdrawal.facts), "withdrawal", withdrawal.form)
    numbered = [(fact, first + place) for place, fact in enumerate(withdrawal.facts)]
    insert_retirements(commit, withdrawal.form, numbered, WITHDRAWN, withdrawal.reason)
    commit.record("withdraw_facts", str(first), {"form": withdrawal.form, "facts": len(numbered)})
    return first


def insert_retirements(commit: Commit, form: str, numbered: Sequence[tuple[int, int]], kind: str, reason: str) -> None:
    """Write what ends facts: (fact, the number that ends it).

    Errors: STORE-021 for a fact that was corrected or withdrawn before.
    """
    facts = [fact for fact, _ in numbered]
    gone = select(retirement.c.fact_seq, retirement.c.seq).where(retirement.c.fact_seq.in_(facts))
    if (row := commit.connection.execute(gone).first()) is not None:
        raise Refusal(Problem(code="STORE-021", args={"seq": str(row.fact_seq), "by": str(row.seq)}))
    rows = [{"fact_seq": fact, "seq": seq, "form": form, "kind": kind, "reason": reason} for fact, seq in numbered]
    if rows:
        commit.connection.execute(insert(retirement), rows)


def load_entries(connection: Connection, workspace: Workspace, table: FormTable, known: int) -> EntryTable | None:
    """The journal rows of a form that are in no segment yet, as a table of the workspace; null where there are none.

    The table is named after its content, so that SQL handed out earlier keeps reading what it was made for.
    """
    if table.name == RETIREMENT_TABLE.name:
        return _load_retirements(connection, workspace, known)
    columns = (
        journal.c.seq,
        *(journal.c[name] for name in ENTRY_FACT_COLUMNS),
        journal.c.entry,
        journal_identity.c.entry,
    )
    query = (
        select(*columns)
        .outerjoin(journal_identity, journal_identity.c.seq == journal.c.seq)
        .where(journal.c.rolled_into.is_(None), journal.c.form == table.name, journal.c.seq <= known)
        .order_by(journal.c.seq)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    return EntryTable(_fill(workspace, table, [_fact(table, row) for row in rows]), {})


ENTRY_FACT_COLUMNS = ("registration_id", "occurred_on", "occurred_at", "entered_at", "org", "recorder")


def _fact(table: FormTable, row: Row[Any]) -> tuple[object, ...]:
    """A journal row as a fact: no file and no line, because the row itself is its source."""
    seq, *standard, plain, apart = tuple(row)
    values = read_values(apart if plain is None else plain)
    source = (None,) * (len(FACT_COLUMNS) - 1 - len(ENTRY_FACT_COLUMNS))
    return (seq, *standard, *source, *(values.get(name) for name, _ in table.columns))


def _load_retirements(connection: Connection, workspace: Workspace, known: int) -> EntryTable | None:
    query = (
        select(retirement.c.fact_seq, retirement.c.seq, retirement.c.form, retirement.c.kind)
        .where(retirement.c.rolled_into.is_(None), retirement.c.seq <= known)
        .order_by(retirement.c.form, retirement.c.fact_seq)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    ranges = {}
    for form, group in groupby(rows, key=lambda row: row.form):
        facts = [row.fact_seq for row in group]
        ranges[form] = [(facts[0], facts[-1])]
    empty = (None,) * (len(FACT_COLUMNS) - 1)
    name = _fill(workspace, RETIREMENT_TABLE, [(row.seq, *empty, row.fact_seq, row.kind) for row in rows])
    return EntryTable(name, ranges)


def _fill(workspace: Workspace, table: FormTable, rows: Sequence[tuple[object, ...]]) -> str:
    columns = {"seq": "BIGINT", **dict(FACT_COLUMNS[1:]), **dict(table.columns)}
    content = hashlib.sha256(repr((table.name, columns, rows)).encode()).hexdigest()[:24]
    name = f"entries_{content}"
    if not workspace.has_table(name):
        workspace.create_table(name, columns, rows)
    return name


def mark_rolled(connection: Connection, form: str, segment: int) -> None:
    """Say that a form's waiting journal rows are in a segment now; readers stop reading them here."""
    if form == RETIREMENT_TABLE.name:
        waiting = update(retirement).where(retirement.c.rolled_into.is_(None))
    else:
        waiting = update(journal).where(journal.c.rolled_into.is_(None), journal.c.form == form)
    connection.execute(waiting.values(rolled_into=segment))


def waiting_entries(connection: Connection) -> dict[str, int]:
    """How many journal rows of each form are in no segment yet; retirements count under their own table's name."""
    waiting = journal.c.rolled_into.is_(None)
    query = (
        select(journal.c.form, func.count().label("number"))
        .where(waiting)
        .group_by(journal.c.form)
        .order_by(journal.c.form)
    )
    found = {row.form: row.number for row in connection.execute(query)}
    retired = select(func.count()).select_from(retirement).where(retirement.c.rolled_into.is_(None))
    if number := connection.execute(retired).scalar_one():
        found[RETIREMENT_TABLE.name] = number
    return found


def read_entry(connection: Connection, seq: int) -> JournalRow | None:
    """A form entry as it was accepted, by its number, whether or not it was rolled since."""
    query = (
        select(journal, journal_identity.c.entry.label("apart"))
        .outerjoin(journal_identity, journal_identity.c.seq == journal.c.seq)
        .where(journal.c.seq == seq)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    values = read_values(row["apart"] if row["entry"] is None else row["entry"])
    fields = {name: row[name] for name in _ENTRY_COLUMNS}
    return JournalRow(seq=seq, entry=JournalEntry(values=values, **fields), rolled_into=row["rolled_into"])
