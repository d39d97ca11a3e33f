"""A list that people keep in a spreadsheet, as lines of cells by column: CSV in UTF-8 or GBK, or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from wangdi.collect.spreadsheet import detect_container, normal_text, read_sheets
from wangdi.core.encodings import decode_text
from wangdi.core.problem import Problem, Refusal, Severity

MOST_LINES = 20_000
MOST_BYTES = 50_000_000
HEAD_BYTES = 4096
MARKS = {"rounded": "EVENT-016", "error": "EVENT-017"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``cells``: by column, empty texts too. ``problems``: cells that do not say what was meant."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def read_lines(path: Path, expected: Collection[str]) -> tuple[list[str], list[Line]]:
    """The columns of a file and its lines that are not blank.

    Errors: EVENT-020 it cannot be opened, is too large or no table, EVENT-021 too many lines.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _refuse(path, f"> {MOST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise _refuse(path, error.strerror or type(error).__name__) from error
    if detect_container(raw[:HEAD_BYTES]) in ("text", "empty"):
        header, lines = _read_csv(path, raw)
    else:
        header, lines = _read_book(path, expected)
    if len(lines) > MOST_LINES:
        raise Refusal(Problem(code="EVENT-021", file=path.name, args={"most": str(MOST_LINES)}))
    return header, lines


def _refuse(path: Path, reason: str) -> Refusal:
    return Refusal(Problem(code="EVENT-020", file=path.name, args={"reason": reason}))


def _read_csv(path: Path, raw: bytes) -> tuple[list[str], list[Line]]:
    text = decode_text(raw)
    if text is None or "\0" in text:
        raise _refuse(path, "UTF-8 / GBK")
    first = text.lstrip().partition("\n")[0]
    comma = max(",\t;，", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma)
    lines: list[Line] = []
    header: list[str] = []
    try:
        for record in reader:
            cells = [normal_text(cell) for cell in record]
            if not any(cells):
                continue
            if not header:
                header = cells
                continue
            lines.append(Line(reader.line_num, dict(zip(header, [*cells, *[""] * len(header)], strict=False))))
    except csv.Error as error:
        raise _refuse(path, f"CSV, {reader.line_num}") from error
    return header, lines


def _read_book(path: Path, expected: Collection[str]) -> tuple[list[str], list[Line]]:
    sheets, problems = read_sheets(path, expected)
    errors = [one for one in problems if one.severity is Severity.error]
    if not sheets:
        raise Refusal(errors[0]) if errors else _refuse(path, "—")
    sheet = max(sheets, key=lambda one: len(one.rows))
    lines = []
    for row in sheet.rows:
        marks = tuple(
            Problem(code=MARKS[mark], field=sheet.header[column]) for column, mark in row.marks if mark in MARKS
        )
        cells = {name: cell or "" for name, cell in zip(sheet.header, row.cells, strict=False)}
        lines.append(Line(row.line, cells, marks))
    return list(sheet.header), lines
