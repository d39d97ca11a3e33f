"""Rows a commission keeps by hand: regions, organisations, populations, overrides, owners, declared counts.

Each row takes an accepted_seq and is never updated: of the rows with the same key, the newest at ``known`` holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, insert, select

from wangdi.catalog.places import Organisation, Region
from wangdi.catalog.populations import PopulationRow
from wangdi.store import schema
from wangdi.store.commit import Commit
from wangdi.store.records import DeclaredCount, FormOwner, LinkDecision, LinkModel, ParameterOverride

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Managed(Generic[Value]):
    """One kind of row: its value class, its table (a column for each field), and the fields that are its key."""

    kind: type[Value]
    table: Table
    key: tuple[str, ...]

    def columns(self) -> tuple[str, ...]:
        """The value's fields, which are the table's columns beside ``seq``."""
        return tuple(field.name for field in fields(self.kind))  # type: ignore[arg-type]


REGIONS = Managed(Region, schema.region, ("code", "valid_from"))
ORGANISATIONS = Managed(Organisation, schema.organisation, ("code", "valid_from"))
POPULATIONS = Managed(PopulationRow, schema.population, ("area", "year", "kind", "source"))
PARAMETER_OVERRIDES = Managed(ParameterOverride, schema.parameter_override, ("pack", "name"))
FORM_OWNERS = Managed(FormOwner, schema.form_owner, ("form",))
DECLARED_COUNTS = Managed(DeclaredCount, schema.declared_count, ("form", "period", "org"))
LINK_DECISIONS = Managed(LinkDecision, schema.link_decision, ("one", "other"))
LINK_MODELS = Managed(LinkModel, schema.link_model, ("name",))

ALL_MANAGED: tuple[Managed[Any], ...] = (
    REGIONS,
    ORGANISATIONS,
    POPULATIONS,
    PARAMETER_OVERRIDES,
    FORM_OWNERS,
    DECLARED_COUNTS,
    LINK_DECISIONS,
    LINK_MODELS,
)


def put_rows(commit: Commit, managed: Managed[Value], rows: Sequence[Value]) -> int:
    """Accept rows, one number each; answers the first number."""
    name = managed.table.name
    first = commit.take(len(rows), name, f"{len(rows)}")
    columns = managed.columns()
    values = [
        {"seq": first + place, **{column: getattr(row, column) for column in columns}} for place, row in enumerate(rows)
    ]
    commit.connection.execute(insert(managed.table), values)
    commit.record(f"put_{name}", str(first), {"rows": len(rows)})
    return first


def numbered_rows(connection: Connection, managed: Managed[Value], known: int) -> list[tuple[int, Value]]:
    """The rows that hold at ``known`` with the number each was accepted under, in order of their key."""
    table, columns = managed.table, managed.columns()
    query = select(table).where(table.c.seq <= known).order_by(table.c.seq)
    newest: dict[tuple[Any, ...], tuple[int, Value]] = {}
    for row in connection.execute(query).mappings():
        newest[tuple(row[name] for name in managed.key)] = (row["seq"], managed.kind(**{c: row[c] for c in columns}))
    return [newest[key] for key in sorted(newest, key=lambda key: tuple((part is not None, part) for part in key))]


def current_rows(connection: Connection, managed: Managed[Value], known: int) -> list[Value]:
    """The rows that hold at ``known``, in order of their key."""
    return [row for _, row in numbered_rows(connection, managed, known)]


def every_row(connection: Connection, managed: Managed[Value], known: int) -> list[tuple[int, Value]]:
    """Every row accepted by ``known`` with its number, those that a later one replaced among them, oldest first."""
    table, columns = managed.table, managed.columns()
    query = select(table).where(table.c.seq <= known).order_by(table.c.seq)
    return [
        (row["seq"], managed.kind(**{column: row[column] for column in columns}))
        for row in connection.execute(query).mappings()
    ]
