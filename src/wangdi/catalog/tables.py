"""The tables through which the capabilities meet: which columns each has, and their DuckDB types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

DUCKDB_TYPES: dict[str, str] = {
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "code": "VARCHAR",
    "codes": "VARCHAR",  # multiple choice: codes joined by ';' in code order
    "date": "DATE",
    "datetime": "TIMESTAMP",
}
"""Field type of a form -> column type in its segments."""

CODES_SEPARATOR = ";"

FACT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("seq_offset", "BIGINT"),
    ("registration_id", "BIGINT"),
    ("occurred_on", "DATE"),
    ("occurred_at", "TIMESTAMP"),
    ("entered_at", "TIMESTAMP"),
    ("org", "VARCHAR"),
    ("recorder", "VARCHAR"),
    ("source_file", "INTEGER"),
    ("source_line", "INTEGER"),
    ("source_part", "VARCHAR"),
)
"""What every segment holds before its form's own columns. ``source_part``: the sheet of a workbook, or the place in a bundle,
where a line alone does not say; null otherwise.

A row's accepted_seq is its directory's base + ``seq_offset``.
"""


@dataclass(frozen=True, slots=True)
class FormTable:
    """The columns of a form's segments beyond ``FACT_COLUMNS``.

    Grain: one row per record accepted.
    """

    name: str
    """``<pack>.<form>``."""
    columns: tuple[tuple[str, str], ...]
    """Field name, DuckDB type; in the form's order."""
    identifying: bool = False
    """Kept apart from facts, so that it can be encrypted and masked as one."""

    def __post_init__(self) -> None:
        taken = {name for name, _ in FACT_COLUMNS} | {"seq", "base"}
        names = [name for name, _ in self.columns]
        if len(set(names)) != len(names) or taken & set(names):
            raise ValueError(f"columns of {self.name} repeat or take a standard name: {names}")

    def all_columns(self) -> tuple[tuple[str, str], ...]:
        """The columns of a segment, in file order."""
        return FACT_COLUMNS + self.columns

    def only(self, fields: Iterable[str]) -> FormTable:
        """The same table with some of the form's own columns."""
        wanted = set(fields)
        return replace(self, columns=tuple(column for column in self.columns if column[0] in wanted))


def form_table(name: str, fields: Iterable[tuple[str, str]], *, identifying: bool = False) -> FormTable:
    """The table of a form from its fields' names and types (``integer``, ``code`` ...)."""
    columns = tuple((field, DUCKDB_TYPES[kind]) for field, kind in fields)
    return FormTable(name, columns, identifying)


REGISTRATION_TABLE = form_table(
    "system.registration",
    (
        ("name", "text"),
        ("id_type", "code"),
        ("id_no", "text"),
        ("sex", "code"),
        ("birth_date", "date"),
        ("phone", "text"),
        ("local_id", "text"),
        ("address", "text"),
        ("nationality", "code"),
    ),
    identifying=True,
)
"""One institution's knowledge of a person. Grain: one row per registration and version of it."""

LINK_TABLE = form_table("system.link", (("person_id", "integer"), ("rule", "code")))
"""Whose registration it is, as linking found it. Grain: one row per registration and change of it; the newest holds.

``rule``: what it rests on: ``number``, ``likeness``, ``decision`` or ``alone``.
"""

RETIREMENT_TABLE = form_table("system.retirement", (("fact_seq", "integer"), ("kind", "code")))
"""What ended a fact: ``superseded`` or ``withdrawn``.

Grain: one row per fact retired, numbered as the fact that replaces it.
"""
