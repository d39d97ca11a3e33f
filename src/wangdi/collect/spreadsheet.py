"""Reads spreadsheets as offices make them: finds the table in each sheet and says what it leaves out as no record."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wangdi.collect.spreadsheet_cells import (
    Cell,
    Mark,
    date_text,
    header_key,
    is_rounded_number,
    normal_text,
    read_cell,
)
from wangdi.collect.spreadsheet_files import Grid, detect_container, read_grids
from wangdi.collect.spreadsheet_header import SEARCHED_ROWS, Header, find_header, name_columns
from wangdi.core.problem import Problem, Refusal, Severity

__all__ = [
    "Sheet",
    "SheetRow",
    "detect_container",
    "header_key",
    "is_rounded_number",
    "normal_text",
    "read_sheets",
    "skipped_problems",
]

_TOTAL = re.compile(
    r"(本页|本月|本年|全[县市区镇乡街院村]道?)?(合计|小计|总计|共计|累计|总数|平均|平均值|平均数|均值|最大值|最小值)([:：\d(（].*)?"
)
_FOOTER = re.compile(
    r"(填[表报]|制表|审核|复核|统计|打印|报[告表]|负责|单位负责|联系|经办)(人|单位|日期|时间|电话|签[字名])?(签[字名])?\s*[:：].*"
    r"|(备注|注|说明|填表说明|填报说明)\s*\d*\s*[:：].*|第\s*\d+\s*页.*|共\s*\d+\s*页.*"
    r"|(填表人|填报人|制表人|审核人|负责人|备注|说明)"
)
_DATE_COLUMN = re.compile(r"日期|出生|生日|年月日")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One record of a sheet. ``marks``: (column, ``rounded`` or ``error``) for cells that do not say what was meant.

    ``rounded``: a long number, mostly an identity number, of which the spreadsheet kept the first digits only.
    """

    line: int
    """1-based row of the sheet."""
    cells: tuple[str | None, ...]
    marks: tuple[tuple[int, Mark], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The table found in one sheet. Grain: one row per record.

    ``header``: the leaf name of each column where it is unique, else the joined one. ``names``: ``header_key`` of every
    name that means one column -> its index. ``skipped``: (row, message code) of what is no record.
    """

    name: str
    header: tuple[str, ...]
    joined: tuple[str, ...]
    header_line: int
    """1-based; the last row of the header."""
    rows: list[SheetRow]
    skipped: list[tuple[int, str]]
    names: dict[str, int]


def read_sheets(
    path: Path, expected: Collection[str] = (), file: str | None = None
) -> tuple[tuple[Sheet, ...], list[Problem]]:
    """The tables of a workbook (.xls, .xlsx, .ods, or HTML under such a name), and what was not read.

    ``expected``: the column names that mappings know; ``file``: the name problems shall show.
    Errors: content that cannot be read is a problem; a file that cannot be opened raises :class:`Refusal`.
    """
    shown = file or path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(Problem(code="SHEET-006", file=shown, args={"detail": error.strerror or ""})) from error
    grids, problems = read_grids(data, shown)
    keys = frozenset(header_key(name) for name in expected)
    sheets = []
    for grid in grids:
        header = find_header(grid, keys)
        if header is None:
            args = {"sheet": grid.name, "rows": str(SEARCHED_ROWS)}
            problems.append(Problem(code="SHEET-007", severity=Severity.warning, file=shown, args=args))
            continue
        sheet, several = _read_table(grid, header)
        sheets.append(sheet)
        problems += [_repeated_column(sheet, shown, name, count) for name, count in several.items()]
    return tuple(sheets), problems


def skipped_problems(sheet: Sheet, file: str) -> list[Problem]:
    """What was left out of a sheet, row by row."""
    return [Problem(code=code, severity=Severity.info, file=file, line=line) for line, code in sheet.skipped]


def _repeated_column(sheet: Sheet, file: str, name: str, count: int) -> Problem:
    args = {"sheet": sheet.name, "column": name, "count": str(count)}
    return Problem(code="SHEET-008", severity=Severity.warning, file=file, line=sheet.header_line, args=args)


def _read_table(grid: Grid, header: Header) -> tuple[Sheet, dict[str, int]]:
    """The records below the header, cell by cell as text."""
    width = max(len(header.leaf), max((len(row) for row in grid.rows), default=0))
    lines = [[read_cell(cell) for cell in row] for row in grid.rows[header.bottom + 1 :]]
    _fill_merged(lines, grid, header.bottom + 1)
    for row, column in grid.errors:
        if row > header.bottom and row - header.bottom - 1 < len(lines):
            lines[row - header.bottom - 1][column] = (None, "error")
    used = max((index + 1 for cells in lines for index, cell in enumerate(cells) if cell != (None, None)), default=0)
    width = max(min(width, used), max((index + 1 for index, name in enumerate(header.leaf) if name), default=0))
    names, index, several = name_columns(header)
    joined = tuple(_padded(header.joined, width))
    shown = tuple(_padded(names, width))
    rows, skipped = _split_rows(lines, header, width)
    records = _with_dates(rows, shown)
    return Sheet(grid.name, shown, joined, header.bottom + 1, records, skipped, index), several


def _padded(names: tuple[str, ...], width: int) -> list[str]:
    """Columns without a name are called by their letter (E列), so that they can be spoken of."""
    filled = [*names[:width], *[""] * (width - len(names))]
    return [name or f"{_letters(column)}列" for column, name in enumerate(filled)]


def _letters(column: int) -> str:
    first, last = divmod(column, 26)
    return (_letters(first - 1) if first else "") + chr(65 + last)


def _fill_merged(lines: list[list[Cell]], grid: Grid, start: int) -> None:
    """A cell merged over several records holds for each of them (one village, many people)."""
    for top, left, low, right in grid.merges or ():
        if top < start or low == top or right > left or top - start >= len(lines):
            continue
        value = lines[top - start][left] if left < len(lines[top - start]) else (None, None)
        for row in range(top - start + 1, min(low - start + 1, len(lines))):
            lines[row].extend([(None, None)] * (left + 1 - len(lines[row])))
            lines[row][left] = value


def _split_rows(lines: list[list[Cell]], header: Header, width: int) -> tuple[list[SheetRow], list[tuple[int, str]]]:
    """Records, and the rows that are none with their reason. Blank rows are neither."""
    rows: list[SheetRow] = []
    skipped: list[tuple[int, str]] = []
    for number, cells in enumerate(lines, header.bottom + 2):
        filled = [text for text, mark in cells if text is not None or mark is not None]
        if not filled:
            continue
        reason = _skip_reason([text or "" for text in filled], header, width)
        if reason:
            skipped.append((number, reason))
            continue
        cells = [*cells[:width], *[(None, None)] * (width - len(cells))]
        marks = tuple((column, mark) for column, (_, mark) in enumerate(cells) if mark is not None)
        rows.append(SheetRow(number, tuple(text for text, _ in cells), marks))
    return rows, skipped


def _skip_reason(filled: list[str], header: Header, width: int) -> str:
    """The message code of why a row is no record; empty when it is one."""
    if any(_TOTAL.fullmatch(text.replace(" ", "")) for text in filled[:3]):
        return "SHEET-011"
    if _FOOTER.fullmatch(filled[0]) and len(filled) * 2 <= max(width, 4):
        return "SHEET-012"
    if len(filled) == 1 and width >= 4:
        return "SHEET-013"
    leaves = {text for text in header.leaf if text}
    if len(filled) > 1 and sum(1 for text in filled if text in leaves) * 2 > len(filled):
        return "SHEET-014"
    return ""


def _with_dates(rows: list[SheetRow], names: tuple[str, ...]) -> list[SheetRow]:
    """Cells of date columns in ISO form. A date column is one named so, or of which most cells are dates already."""
    columns = [column for column, name in enumerate(names) if _is_date_column(rows, column, name)]
    if not columns:
        return rows
    known: dict[str, str] = {}
    changed = []
    for row in rows:
        cells = list(row.cells)
        for column in columns:
            text = cells[column]
            if text is not None:
                if text not in known:
                    known[text] = date_text(text)
                cells[column] = known[text]
        changed.append(SheetRow(row.line, tuple(cells), row.marks))
    return changed


def _is_date_column(rows: list[SheetRow], column: int, name: str) -> bool:
    if _DATE_COLUMN.search(name):
        return True
    texts = [text for row in rows[:200] if (text := row.cells[column]) is not None]
    return bool(texts) and sum(1 for text in texts if _ISO_DAY.fullmatch(text)) * 2 > len(texts)
