"""The answer on its way out: a table, JSON, CSV for a spreadsheet, or Parquet; to stdout or into a file."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.session import Session
from wangdi.cli.tables import render_grid, terminal_width
from wangdi.core.formulas import defuse

MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the local code page."""


def write_answer(session: Session, answer: Answer, marked: bool = True) -> None:
    """Write an answer in the session's format. ``marked``: a CSV begins with a byte order mark."""
    for note in answer.notes:
        session.say(note)
    if session.format == "parquet":
        assert session.out is not None, "the frame asks for a file"
        _write_parquet(session.out, answer.sheet())
        session.say(session.word("written", file=session.out))
        return
    if session.format == "json":
        text = render_json(answer.payload) + "\n"
    elif session.format == "csv":
        text = render_csv(answer.sheet())
    else:
        text = _render_tables(session, answer)
    if session.out is None:
        click.echo(MARK + text if session.format == "csv" and marked else text, nl=False)
        return
    encoding = "utf-8-sig" if session.format == "csv" and marked else "utf-8"
    replace_text(session.out, text, encoding)
    session.say(session.word("written", file=session.out))


def replace_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("w", encoding=encoding, newline="") as handle:
            handle.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _render_tables(session: Session, answer: Answer) -> str:
    width = None if session.out else terminal_width()
    parts = [render_grid(grid, session.lang, width) for grid in answer.grids]
    if answer.text:
        parts.insert(0, answer.text)
    if answer.footer:
        parts.append("\n".join(answer.footer))
    text = "\n\n".join(part for part in parts if part)
    return text + "\n" if text else ""


def render_json(payload: Any) -> str:
    """JSON as people read it too: dates in ISO, Chinese as it is."""
    return json.dumps(payload, ensure_ascii=False, indent=2, default=write_plain, allow_nan=False)


def write_plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def render_csv(grid: Grid) -> str:
    """Rows as CSV: column names as in the JSON, what is no plain value as JSON."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(grid.columns)
    lines.writerows([_csv_cell(row.get(name)) for name in grid.columns] for row in grid.rows)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    """One cell; a text a spreadsheet would take for a formula is given as text."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=write_plain)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return defuse(value) if isinstance(value, str) else "" if value is None else value


def _write_parquet(path: Path, grid: Grid) -> None:
    from wangdi.app.rowfiles import write_parquet

    def plain(value: Any) -> Any:
        return (
            json.dumps(value, ensure_ascii=False, default=write_plain)
            if isinstance(value, Mapping | list | tuple)
            else value
        )

    write_parquet(path, grid.columns, [[plain(row.get(name)) for name in grid.columns] for row in grid.rows])
