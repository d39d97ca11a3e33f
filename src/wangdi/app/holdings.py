"""What a city holds: its forms with their records, who keeps them, and how they stand against the counts declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wangdi.app.derivation import Standing
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.reconciling import Reconciled
from wangdi.engines.tables import table_of
from wangdi.store.records import Batch


@dataclass(frozen=True, slots=True)
class Holding:
    """One form as the city has it. Units: records. Missing: ``first`` and ``last`` where there is no record.

    ``waiting``: entries made here that are in no segment yet (they are counted among the records). ``owner``: which system
    keeps the form's record.
    """

    form: str
    title: str
    records: int
    first: date | None
    last: date | None
    organisations: int
    waiting: int
    owner: str


@dataclass(frozen=True, slots=True)
class Declared:
    """How a form stands against what its owner declared: lines that agree, that differ, and months nobody declared."""

    agree: int = 0
    differ: int = 0
    undeclared: int = 0
    difference: int = 0
    """Ours less theirs, over the lines declared."""


def list_holdings(standing: Standing) -> list[Holding]:
    """Every form there is a record of, or could be, in the order of the packs; current records only.

    Registrations, which belong to no pack, come first.
    """
    city, workspace = standing.city, standing.workspace
    owners = {row.form: row.owner for row in city.form_owners(standing.known)}
    waiting = city.waiting_entries()
    forms = standing.library.forms
    tables = {REGISTRATION_TABLE.name: REGISTRATION_TABLE} | {name: table_of(form) for name, form in forms.items()}
    stored = {segment.table for segment in city.segments()} | set(waiting)
    found = []
    for name, table in tables.items():
        form = forms.get(name)
        counted: tuple[int, date | None, date | None, int] = (0, None, None, 0)
        if name in stored:
            sql = city.facts_sql(workspace, table, standing.known)
            rows = workspace.rows(
                f"SELECT count(*), min(occurred_on), max(occurred_on), count(DISTINCT org) FROM ({sql})"
            )
            counted = rows[0]
        owner = owners.get(name, form.owner_default if form is not None else "upstream")
        records, first, last, organisations = counted
        title = form.title if form is not None else ""
        found.append(Holding(name, title, records, first, last, organisations, waiting.get(name, 0), owner))
    return found


def sum_declared(rows: Iterable[Reconciled]) -> dict[str, Declared]:
    """How each form stands against what was declared of it. Missing: a form of which nothing was declared or recorded."""
    found: dict[str, Declared] = {}
    for row in rows:
        was = found.get(row.form, Declared())
        gap = row.difference
        found[row.form] = Declared(
            was.agree + (gap == 0),
            was.differ + (gap is not None and gap != 0),
            was.undeclared + (gap is None),
            was.difference + (gap or 0),
        )
    return found


def find_last_sent(batches: Sequence[Batch]) -> Mapping[str, tuple[datetime, int]]:
    """When each organisation last sent something, and in which batch."""
    found: dict[str, tuple[datetime, int]] = {}
    for batch in batches:
        moment = (batch.record.received_at, batch.id)
        found[batch.record.org] = max(moment, found.get(batch.record.org, moment))
    return found
