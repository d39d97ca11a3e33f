"""Opens what is called a spreadsheet, whatever it really is, and answers its sheets as grids of cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from xml.etree import ElementTree

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from wangdi.collect.spreadsheet_cells import Raw
from wangdi.collect.spreadsheet_html import parse_html_tables
from wangdi.collect.unpacking import unpacks_within
from wangdi.core.problem import Problem, Severity

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column; counted from 0."""
MOST_CELLS = 30_000_000
WIDEST = 16384
MOST_BYTES = 500_000_000
"""What a workbook may unpack to; reading it takes about three times as much memory."""
_NAMES = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_ERROR_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"')
_OTHER_KINDS = {"spreadsheetml": "XML 电子表格 2003", "mhtml": "单个文件网页（MHTML）"}


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet, every cell at its place.

    Missing: an empty cell is ``""``; ``merges`` is None where the format does not tell them.
    """

    name: str
    rows: Sequence[Sequence[Raw]]
    merges: tuple[Merge, ...] | None
    errors: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Cells such as #N/A, which the reader shows as empty."""


def detect_container(head: bytes) -> str:
    """What a file really is, by how it begins (the first 4 KB or more).

    Returns xlsx (any zip), xls (or any OLE file), html, spreadsheetml, mhtml, text or empty.
    """
    if head.startswith(b"PK\x03\x04"):
        return "ods" if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in head[:200] else "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "encrypted" if "EncryptedPackage".encode("utf-16-le") in head else "xls"
    if head[:2] == b"\x09\x08" or head[:4] in (b"\x09\x04\x06\x00", b"\x09\x02\x06\x00"):
        return "xls"
    sample = _as_text(head).lstrip("\ufeff \t\r\n").lower()
    if not sample:
        return "empty"
    if "urn:schemas-microsoft-com:office:spreadsheet" in sample and sample.startswith("<?xml"):
        return "spreadsheetml"
    if sample.startswith("mime-version:"):
        return "mhtml"
    if re.match(
        r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|meta|style|body|table|div)", sample, re.DOTALL
    ):
        return "html"
    return "text"


def _as_text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("latin-1")


def read_grids(data: bytes, file: str) -> tuple[list[Grid], list[Problem]]:
    """The visible sheets of a file, and why others, or all, are missing."""
    kind = detect_container(data)
    if kind == "html":
        return [Grid(f"表{number}", *table) for number, table in enumerate(parse_html_tables(data), 1)], []
    if kind == "empty":
        return [], [Problem(code="SHEET-001", file=file)]
    if kind == "encrypted":
        return [], [Problem(code="SHEET-002", file=file)]
    if kind == "text":
        return [], [Problem(code="SHEET-003", file=file)]
    if kind in _OTHER_KINDS:
        return [], [Problem(code="SHEET-004", file=file, args={"kind": _OTHER_KINDS[kind]})]
    return _read_workbook(data, kind, file)


def _read_workbook(data: bytes, kind: str, file: str) -> tuple[list[Grid], list[Problem]]:
    try:
        if kind in ("xlsx", "ods") and not unpacks_within(data, MOST_BYTES):
            args = {"most": f"{MOST_BYTES // 1_000_000} MB"}
            return [], [Problem(code="SHEET-016", file=file, args=args)]
        parts = _sheet_parts(data) if kind == "xlsx" else {}
        with CalamineWorkbook.from_object(BytesIO(data)) as book:
            return _read_sheets(book, parts, file)
    except PasswordError:
        return [], [Problem(code="SHEET-002", file=file)]
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, OSError, ValueError, KeyError, EOFError):
        return [], [Problem(code="SHEET-005", file=file)]


def _read_sheets(book: CalamineWorkbook, parts: dict[str, bytes], file: str) -> tuple[list[Grid], list[Problem]]:
    grids: list[Grid] = []
    problems: list[Problem] = []
    for sheet in book.sheets_metadata:
        grid, code = _read_sheet(book, sheet, parts.get(sheet.name, b""))
        if grid is not None:
            grids.append(grid)
        if code:
            severity = Severity.error if code == "SHEET-009" else Severity.info
            problems.append(Problem(code=code, severity=severity, file=file, args={"sheet": sheet.name}))
    return grids, problems


def _read_sheet(book: CalamineWorkbook, sheet: SheetMetadata, xml: bytes) -> tuple[Grid | None, str]:
    if sheet.typ != SheetTypeEnum.WorkSheet:
        return None, ""
    if sheet.visible != SheetVisibleEnum.Visible:
        return None, "SHEET-010"
    if _extent(xml) > MOST_CELLS:
        return None, "SHEET-009"
    found = book.get_sheet_by_name(sheet.name)
    rows = found.to_python(skip_empty_area=False)
    if not any(cell != "" for row in rows for cell in row):
        return None, "SHEET-015"
    ranges = found.merged_cell_ranges
    merges = None if ranges is None else tuple((top, left, low, right) for (top, left), (low, right) in ranges)
    return Grid(sheet.name, rows, merges, _error_cells(xml)), ""


def _sheet_parts(data: bytes) -> dict[str, bytes]:
    """The XML of each sheet by its name. The reader shows error cells as empty, so they are looked up here."""
    parts = {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        links = {
            link.get("Id"): (link.get("Target") or "").lstrip("/")
            for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_NAMES}sheet"):
            target = links.get(sheet.get(f"{_LINKS}id"), "")
            path = target if target.startswith("xl/") else f"xl/{target}"
            if path in names:
                parts[sheet.get("name", "")] = archive.read(path)
    return parts


def _extent(xml: bytes) -> int:
    """How many cells lie between the first and the last; the reader keeps room for each of them."""
    last = re.match(rb'<row r="(\d+)"', xml[max(xml.rfind(b'<row r="'), 0) :][:20])
    if last is None or int(last.group(1)) * WIDEST <= MOST_CELLS:
        return 0
    letters = {found.group(1) for found in re.finditer(rb'<c r="([A-Z]{1,3})', xml)}
    return int(last.group(1)) * (max(map(_column_number, letters), default=0) + 1)


def _error_cells(xml: bytes) -> frozenset[tuple[int, int]]:
    if b't="e"' not in xml:
        return frozenset()
    return frozenset((int(row) - 1, _column_number(letters)) for letters, row in _ERROR_CELL.findall(xml))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
