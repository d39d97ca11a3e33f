"""Reads the small CSV files that describe a city: headers in English or Chinese, UTF-8 or GB 18030."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wangdi.core.dates import parse_date_text
from wangdi.core.problem import Problem, Refusal, Severity


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of a CSV file, by column name. Missing: an empty cell is an empty text."""

    file: str
    line: int
    cells: Mapping[str, str]

    def problem(self, message: str, at: str, severity: Severity = Severity.error, /, **args: str) -> Problem:
        """A problem of this line."""
        return Problem(code=message, severity=severity, file=self.file, line=self.line, field=at, args=args)

    def place(self, problem: Problem, field: str) -> Problem:
        """The same problem, said of this line."""
        return dataclasses.replace(problem, file=self.file, line=self.line, field=field)

    def day(self, field: str) -> tuple[date | None, list[Problem]]:
        """The cell as a day; empty is null. Errors: CAT-007."""
        text = self.cells[field]
        day = parse_date_text(text) if text else None
        return day, [self.problem("CAT-007", field, text=text)] if text and day is None else []


@dataclass(frozen=True, slots=True)
class Columns:
    """What a CSV file should hold: each column's other headers, and which may not be empty."""

    headers: Mapping[str, Sequence[str]]
    required: Sequence[str]


def read_sheet(path: Path, columns: Columns) -> tuple[list[SheetRow], list[Problem]]:
    """The rows of a CSV file and what is wrong with its shape; a row with a required cell empty is left out.

    Errors: CAT-001 (raised as Refusal) the file cannot be opened, CAT-002 a column is missing, CAT-003 a column is not
    known (warning), CAT-008 a required cell is empty.
    """
    reader = csv.reader(io.StringIO(_read_text(path), newline=""))
    header = [cell.strip() for cell in next(reader, [])]
    known = {other: name for name, others in columns.headers.items() for other in (name, *others)}
    names = [known.get(cell) for cell in header]
    problems = [
        Problem(code="CAT-003", severity=Severity.warning, file=path.name, line=1, args={"column": cell})
        for cell, name in zip(header, names, strict=True)
        if name is None and cell
    ]
    missing = [name for name in columns.required if name not in names]
    if missing:
        problems += [Problem(code="CAT-002", file=path.name, line=1, args={"column": name}) for name in missing]
        return [], problems
    rows: list[SheetRow] = []
    for record in reader:
        if not any(cell.strip() for cell in record):
            continue
        cells = dict.fromkeys(columns.headers, "")
        cells |= {name: cell.strip() for name, cell in zip(names, record, strict=False) if name}
        row = SheetRow(path.name, reader.line_num, cells)
        empty = [row.problem("CAT-008", name) for name in columns.required if not cells[name]]
        problems += empty
        if not empty:
            rows.append(row)
    return rows, problems


def _read_text(path: Path) -> str:
    """The file's text; what is not UTF-8 is GB 18030, which spreadsheet programs in China still write."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Refusal(Problem(code="CAT-001", file=path.name, args={"reason": reason})) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")
