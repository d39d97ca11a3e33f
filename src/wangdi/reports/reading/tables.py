"""Tables in the text of a report: rows and columns with their headers, and what each number in them is a number of.

A cell ends at a tab (as Word and HTML files are read), at a bar, at two spaces, or, where every line has as many words, at one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from wangdi.reports.text.lexicon import counted_units, cue, either, load_lexicon, ratio_units
from wangdi.reports.text.numerals import Quantity, narrow_digits, parse_decimal, scale_of
from wangdi.reports.text.when import Period

_PARTED = (r"\t", r"\s*\|\s*", r" {2,}|\u3000+", r" ")
_NUMBER = r"[-−－]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?"
_YEAR = re.compile(
    r"(?:(?:19|20)(?:\d{2}|[xX]{2}))年?(?:度)?(?P<part>\d{1,2}(?:[-—~至]\d{1,2})?月|[上下]半年|[一二三四]季度)?"
)
_BRACKET = re.compile(r"[(（](?P<unit>[^()（）]{1,8})[)）]")
_CAPTION_UNIT = re.compile(r"单位[:：]\s?(?P<unit>\S{1,6}?)[)）]?\s*$")
_AREA = re.compile(r"(?:镇|乡|街道|县|市|区|省|村|社区)$")
_MOST_HEADERS = 4
_LONGEST_CELL = 60
_LONGEST_NUMBER = 40
_LONGEST_TITLE = 44
"""What stands above a table and says more is a paragraph."""
_RATE_HEADERS = re.compile(r"[率比值]|数值|比例")
"""A header under the name of a rate, beside 分子 and 分母, that says only that here it is."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text and where it stands."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which table a number stands. ``total``: its row, or its column, is told as the sum of the others."""

    table: int
    row: int
    column: int
    total_row: bool
    total_column: bool


@dataclass(frozen=True, slots=True)
class Tabled:
    """A number of a table. ``name``: what its row and column call it; ``full``: with the area or institution of its row."""

    quantity: Quantity
    place: Place
    name: str
    full: str
    region: str
    period: Period | None
    target: bool
    change: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What a row or column says of its numbers. ``area``: what a row's column of areas says."""

    name: str
    unit: str = ""
    period: Period | None = None
    target: bool = False
    change: bool = False
    area: str = ""


def find_tabled(text: str) -> list[Tabled]:
    """Every number of every table, in order.

    Missing: a table without a header row over its numbers, and cells that hold more than a number.
    """
    narrow = narrow_digits(text)
    tables = list(_find_grids(narrow))
    return [one for number, (grid, above) in enumerate(tables) for one in _read_grid(number, grid, above)]


def _find_grids(text: str) -> Iterator[tuple[list[list[Cell]], str]]:
    """Runs of lines that part into as many cells each, with the lines above, which may name unit and people."""
    lines = [(match.start(), match.group()) for match in re.finditer(r"[^\n]*", text) if match.group().strip()]
    lines = [one for one in lines if not re.fullmatch(r"[|\-: +]+", one[1])]
    for parted in _PARTED:
        rows: list[list[Cell]] = []
        first = 0
        rest = []
        for number, (start, line) in enumerate([*lines, (len(text), "")]):
            cells = _part(line, start, parted)
            if rows and len(cells) != len(rows[0]):
                if _is_grid(rows, parted):
                    yield rows, "\n".join(line for _, line in lines[max(0, first - 2) : first])
                else:
                    rest += lines[first:number]
                rows = []
            if len(cells) > 1:
                first = first if rows else number
                rows.append(cells)
            elif line:
                rest.append((start, line))
        lines = rest


def _part(line: str, start: int, parted: str) -> list[Cell]:
    if len(line) > 20 * _LONGEST_CELL:
        return []
    cells, place = [], 0
    bare = re.fullmatch(r"\s*\|(.*)\|\s*", line) if "|" in parted else None
    stripped = bare[1] if bare else line
    shift = bare.start(1) if bare else 0
    for match in [*re.finditer(parted, stripped), None]:
        end = match.start() if match else len(stripped)
        piece = stripped[place:end]
        cells.append(Cell(start + shift + place + len(piece) - len(piece.lstrip()), piece.strip()))
        place = match.end() if match else end
    return cells


def _is_grid(rows: list[list[Cell]], parted: str) -> bool:
    """Whether rows of cells are a table: a header without numbers over rows with them.

    Rule: one space parts the words of prose too; there a row must be numbers but for its first cells.
    """
    body = [row for row in rows if any(_number_in(cell.text) for cell in row[1:])]
    if len(rows) < 2 or not body or _count_headers(rows) == 0:
        return False
    if parted != " ":
        return True
    full = all(sum(bool(_number_in(cell.text)) for cell in row) >= len(row) - 2 > 0 for row in body)
    return full and len(rows[0]) > 2 and len(body) > 1


@cache
def _numbers() -> re.Pattern[str]:
    lexicon = load_lexicon("units")
    plain = [*ratio_units(), *lexicon["points"]["units"], *lexicon["money"]["units"], *counted_units()]
    return re.compile(rf"(?P<number>{_NUMBER})\s?(?P<unit>(?:{either(lexicon['scales'])})?(?:{either(plain)}))?")


def _number_in(text: str) -> re.Match[str] | None:
    """The number a cell is, with its unit where it has one. Missing: None where the cell says anything else."""
    return _numbers().fullmatch(text) if len(text) < _LONGEST_NUMBER else None


def _is_header_cell(text: str) -> bool:
    return not _number_in(text) or _YEAR.fullmatch(text) is not None


def _count_headers(rows: list[list[Cell]]) -> int:
    for number, row in enumerate(rows[: _MOST_HEADERS + 1]):
        if not all(_is_header_cell(cell.text) for cell in row[1:]):
            return number
    return 0


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a table are for. ``names``: those that name a row; the others are places of one column each, or None."""

    labels: frozenset[int]
    names: tuple[int, ...]
    silent: frozenset[int]
    unit: int | None
    area: int | None
    period: int | None


def _sort_columns(heads: list[Header], body: list[list[Cell]]) -> _Columns:
    words, kinds = load_lexicon("words")["tables"], load_lexicon("tables")
    silent = (*words["serial"], *words["notes"], *kinds["beside"])
    labels = [
        column
        for column in range(len(heads))
        if column == 0 or not any(_number_in(row[column].text) and not _plain_unit(row[column].text) for row in body)
    ]

    def first(headers: Iterable[str], columns: Iterable[int]) -> int | None:
        return next((column for column in columns if heads[column].name in headers), None)

    unit, area = first(words["units"], labels), first(kinds["areas"], labels)
    period = first(kinds["periods"], range(len(heads)))
    known = {unit, period} if area in (None, 0) else {unit, period, area}
    names = tuple(column for column in labels if column not in known and heads[column].name not in silent)
    hushed = frozenset(column for column, head in enumerate(heads) if head.name in silent or column == period)
    return _Columns(frozenset(labels), names, hushed, unit, area, period)


def _read_grid(number: int, grid: list[list[Cell]], above: str) -> Iterator[Tabled]:
    top = _count_headers(grid)
    body = grid[top:]
    heads = [_read_header(_column_name(grid[:top], column)) for column in range(len(grid[0]))]
    columns = _sort_columns(heads, body)
    caption_unit = _CAPTION_UNIT.search(above)
    title = above.split("\n")[-1]
    topic = cue("topics").search(title) if len(title) <= _LONGEST_TITLE and not title.rstrip().endswith("。") else None
    caption = Header(topic.group() if topic else "", caption_unit["unit"] if caption_unit else "")
    latest = max((one.period for one in heads if one.period), key=lambda one: one.year, default=None)
    last = ""
    for place, row in enumerate(body):
        told = "".join(row[column].text for column in columns.names if not _number_in(row[column].text))
        last = told = told or last
        line = replace(_read_header(told), area=row[columns.area].text if columns.area is not None else "")
        if columns.period is not None:
            line = replace(line, period=_read_header(row[columns.period].text).period)
        own = row[columns.unit].text if columns.unit is not None else ""
        for column, cell in enumerate(row):
            if column in columns.labels or column in columns.silent or not _number_in(cell.text):
                continue
            head = heads[column]
            if head.change and head.period is None:
                head = replace(head, period=latest)
            totals = (_is_total(line.name), _is_total(head.name))
            where = Place(number, place, column, *totals)
            yield _read_cell(cell, where, (line, head, caption), own)


def _column_name(headers: list[list[Cell]], column: int) -> str:
    """A column's headers from the top; a cell left empty by one merged over several columns takes the one before it."""
    parts: list[str] = []
    for level, row in enumerate(headers):
        text = row[column].text
        for before in range(column - 1, 0, -1):
            below = level + 1 < len(headers) and any(lower[column].text for lower in headers[level + 1 :])
            if text or not below:
                break
            text = row[before].text
        named = (
            bool(parts)
            and _RATE_HEADERS.fullmatch(text)
            and re.search(r"(?:率|比|数|比例)(?:[（(].*[）)])?$", parts[-1])
        )
        if text and text not in parts and not named:
            parts.append(text)
    return "".join(parts)


def _read_header(text: str) -> Header:
    """A header without its unit and period; what it says of target and change."""
    unit = ""
    for match in _BRACKET.finditer(text):
        if _plain_unit(match["unit"]):
            unit = _plain_unit(match["unit"])
            text = text.replace(match.group(), "")
    words = load_lexicon("words")["tables"]
    found = _YEAR.search(text)
    period = Period(text[found.start() : found.start() + 4], found["part"] or "") if found else None
    if found:
        text = text[: found.start()] + text[found.end() :]
    if text in words["prior"]:
        period, text = Period("", "上年"), ""
    target = any(word in text for word in words["target"])
    change = any(word in text for word in words["change"])
    text = re.sub(rf"^(?:{either(words['plain'])})$", "", text.strip())
    return Header(text, unit, period, target, change)


@cache
def _units() -> re.Pattern[str]:
    lexicon = load_lexicon("units")
    plain = [*ratio_units(), *lexicon["points"]["units"], *lexicon["money"]["units"], *counted_units()]
    plain += [*lexicon["times"]["units"], *lexicon["ages"]["units"]]
    return re.compile(rf"(?P<scale>{either(lexicon['scales'])})?(?P<unit>{either(plain)})")


def _plain_unit(text: str) -> str:
    """A unit as it is known: 1/10万 is /10万; empty where it is none."""
    text = re.sub(r"^1(?=/)", "", text.strip())
    return text if _units().fullmatch(text) else ""


def _is_total(name: str) -> bool:
    return re.search(rf"^(?:{either(load_lexicon('words')['tables']['totals'])})$", name) is not None


def _read_cell(cell: Cell, place: Place, told: tuple[Header, Header, Header], own: str) -> Tabled:
    """One number: its unit from its own sign, its column, its row, a column of units, or the line above the table."""
    row, column, caption = told
    told_number = _numbers().fullmatch(cell.text)
    printed, sign = (told_number["number"], told_number["unit"] or "") if told_number else (cell.text, "")
    name = _join_names(row.name, column.name)
    name = name if cue("topics").search(name) else caption.name + name
    shared = "" if re.search(r"[率比]$", name) else _plain_unit(caption.unit)
    unit = sign or column.unit or row.unit or _plain_unit(own) or shared
    match = _units().fullmatch(unit)
    scale_name, plain = (match["scale"] or "", match["unit"]) if match else ("", "")
    value = parse_decimal(printed)
    quantity = Quantity(cell.start, cell.start + len(cell.text), value, None, scale_of(scale_name), scale_name, plain)
    area = row.area or (row.name if _AREA.search(row.name) and not place.total_row else "")
    full = row.name + column.name
    period = column.period or row.period
    change = column.change or row.change
    if change:
        quantity = replace(quantity, value=abs(value))
    target = column.target or row.target
    return Tabled(quantity, place, name, full, area, period, target, change)


def _join_names(row: str, column: str) -> str:
    """An area is no part of a name, nor is 合计; an institution is, and an indicator in the row."""
    if not row or _is_total(row) or _AREA.search(row):
        return column or row
    return row if not column or _is_total(column) else row + column
