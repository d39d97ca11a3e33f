"""Rows as a Parquet file for whoever computes further with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from wangdi.store.workspace import Workspace, sql_name

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOLEAN"),
    (int, "BIGINT"),
    (float, "DOUBLE"),
    (datetime, "TIMESTAMP"),
    (date, "DATE"),
)


def write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Write rows, whole or not at all; answers how many. A column's type is that of what stands in it, text otherwise."""
    types = {name: _type([row[place] for row in rows]) for place, name in enumerate(columns)}
    draft = path.with_name(f".{path.name}.new")
    cast = [
        [_text(value) if types[name] == "VARCHAR" else value for name, value in zip(columns, row, strict=True)]
        for row in rows
    ]
    try:
        with Workspace() as workspace:
            workspace.create_table("answer", types, cast)
            names = ", ".join(map(sql_name, columns))
            written = workspace.copy(f"SELECT {names} FROM answer", draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return written


def _type(values: Sequence[Any]) -> str:
    found = {type(value) for value in values if value is not None}
    if found == {int, float}:
        return "DOUBLE"
    return next((name for kind, name in _TYPES if found == {kind}), "VARCHAR")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
