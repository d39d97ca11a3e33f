"""Opens a plain file of counts or of a line list: a CSV in UTF-8 or GB 18030, its columns called by either language's names."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wangdi.core.dates import parse_date_text
from wangdi.core.encodings import decode_text
from wangdi.core.problem import Problem, Refusal


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its number and its cells by the columns' standard names."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, name: str) -> str:
        """A cell's text; empty where the column is missing."""
        return self.cells.get(name, "")

    def count(self, name: str) -> int:
        """A cell that holds a count. Missing: an empty cell is 0. Errors: SPREAD-004."""
        value = self._number(name, "SPREAD-004") if self.text(name) else 0.0
        if value < 0 or value != int(value) or value >= 2**53:
            raise self._refuse(name, "SPREAD-004")
        return int(value)

    def number(self, name: str) -> float:
        """A cell that holds a number. Errors: SPREAD-005, also where it is empty."""
        return self._number(name, "SPREAD-005")

    def day(self, name: str) -> date | None:
        """A cell that holds a day. Missing: None. Errors: SPREAD-006."""
        found = parse_date_text(self.text(name))
        if found is None and self.text(name):
            raise self._refuse(name, "SPREAD-006")
        return found

    def _number(self, name: str, code: str) -> float:
        try:
            value = float(self.text(name))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self._refuse(name, code)
        return value

    def _refuse(self, name: str, code: str) -> Refusal:
        return Refusal(Problem(code=code, file=self.file, line=self.line, field=name))


def read_rows(path: Path, names: Mapping[str, Collection[str]], needed: Collection[str]) -> list[Row]:
    """The rows of a CSV. ``names``: by a column's standard name, what else it may be called.

    Missing: blank lines are passed over. Errors: SPREAD-001 not readable, SPREAD-002 a needed column is missing, SPREAD-003
    no rows.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refusal(Problem(code="SPREAD-001", file=path.name, args={"reason": why})) from error
    text = decode_text(raw)
    if text is None:
        raise Refusal(Problem(code="SPREAD-001", file=path.name, args={"reason": "UTF-8 / GB 18030"}))
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[Row] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        columns = _find_columns(header, names, path, needed)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
                rows.append(Row(path.name, reader.line_num, found))
    except csv.Error as error:
        raise Refusal(
            Problem(code="SPREAD-001", file=path.name, line=reader.line_num, args={"reason": str(error)})
        ) from error
    if not rows:
        raise Refusal(Problem(code="SPREAD-003", file=path.name))
    return rows


def _find_columns(
    header: list[str], names: Mapping[str, Collection[str]], path: Path, needed: Collection[str]
) -> dict[str, int]:
    """Where each column stands; its own name before others it may go by."""
    exact = {cell: place for place, cell in reversed(list(enumerate(header)))}
    plain = {cell.lower(): place for cell, place in exact.items()}
    found: dict[str, int] = {}
    for name, others in names.items():
        place = next((exact.get(one, plain.get(one.lower())) for one in (name, *others) if one.lower() in plain), None)
        if place is not None:
            found[name] = place
    missing = [name for name in needed if name not in found]
    if missing:
        args = {"names": ", ".join(missing), "columns": ", ".join(header[:12])}
        raise Refusal(Problem(code="SPREAD-002", file=path.name, args=args))
    return found
