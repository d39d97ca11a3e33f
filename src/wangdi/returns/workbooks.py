"""Opens the workbook of a superior: refuses what is no plain .xlsx or would fill the memory, and reads its cells.

Why so strict: a template comes by mail. Nothing of it is run, no link in it is followed, and its size is known before it is read.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from wangdi.core.problem import Problem, Refusal
from wangdi.returns.model import Box, Cell, Sheet, Template, parse_box

MOST_BYTES = 20 << 20
MOST_UNPACKED = 100 << 20
MOST_CELLS = 100_000
"""Of all sheets together, as they are written and as they are drawn."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL_TAG = re.compile(rb"<(?:\w+:)?c[\s>/]")
_STRETCH_TAG = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=[\"']([^\"']*)[\"']")
_PLACES = re.compile(r"\.(0+)")


def open_template(data: bytes, name: str) -> Template:
    """The cells of a workbook. ``name``: what it is called, for messages.

    Errors: RETURN-001 no .xlsx, RETURN-002 it has a password, RETURN-003 it has macros, RETURN-004 it is damaged, RETURN-005
    it is too large.
    """
    check_package(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl does not keep: it only reads here
            book = load_workbook(io.BytesIO(data), keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, OSError) as error:
        raise Refusal(Problem(code="RETURN-004", file=name)) from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, EOFError) as error:
        # What openpyxl raises over a package with parts missing or of another kind.
        raise Refusal(Problem(code="RETURN-004", file=name)) from error
    sheets = {one.title: _read_sheet(one) for one in book.worksheets if one.sheet_state == "visible"}
    if not sheets or not any(one.cells for one in sheets.values()):
        raise Refusal(Problem(code="RETURN-006", file=name))
    if sum(one.rows * one.columns for one in sheets.values()) > MOST_CELLS:
        raise _too_large(name)
    return Template(sheets)


def check_package(data: bytes, name: str) -> None:
    """Refuse a file before anything is unpacked into memory. Errors: as :func:`open_template`."""
    if data.startswith(_OLE):
        raise Refusal(Problem(code="RETURN-002" if _ENCRYPTED in data else "RETURN-001", file=name))
    if not data.startswith(b"PK\x03\x04"):
        raise Refusal(Problem(code="RETURN-001", file=name))
    if len(data) > MOST_BYTES:
        raise _too_large(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            # The declared size is the most that zipfile ever reads of a member.
            if sum(one.file_size for one in members) > MOST_UNPACKED:
                raise _too_large(name)
            names = {one.filename for one in members}
            if "xl/workbook.xml" not in names:
                raise Refusal(Problem(code="RETURN-001", file=name))
            if any(one.endswith("vbaProject.bin") for one in names):
                raise Refusal(Problem(code="RETURN-003", file=name))
            if b"macroEnabled" in archive.read("[Content_Types].xml"):
                raise Refusal(Problem(code="RETURN-003", file=name))
            _check_parts((archive.read(one) for one in sorted(names) if _SHEET_PART.fullmatch(one)), name)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise Refusal(Problem(code="RETURN-004", file=name)) from error


def _check_parts(parts: Iterable[bytes], name: str) -> None:
    """Count what reading makes: a merged stretch becomes a cell for each of its places."""
    cells = 0
    for xml in parts:
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise Refusal(Problem(code="RETURN-004", file=name))
        cells += sum(1 for _ in _CELL_TAG.finditer(xml))
        for found in _STRETCH_TAG.finditer(xml):
            box = parse_box(found[1].decode("ascii", "replace"))
            if box is None:
                raise Refusal(Problem(code="RETURN-004", file=name))
            cells += box.size
        if cells > MOST_CELLS:
            raise _too_large(name)


def _too_large(name: str) -> Refusal:
    args = {"size": f"{MOST_BYTES >> 20} MB", "cells": f"{MOST_CELLS:,}"}
    return Refusal(Problem(code="RETURN-005", file=name, args=args))


def _read_sheet(sheet: Any) -> Sheet:
    merges = tuple(Box(one.min_row, one.min_col, one.max_row, one.max_col) for one in sheet.merged_cells.ranges)
    merges = tuple(sorted(merges, key=lambda box: (box.top, box.left)))
    owner = {place: (box.top, box.left) for box in merges for place in box.cells() if place != (box.top, box.left)}
    cells = {
        (cell.row, cell.column): found
        for cell in sheet._cells.values()  # what was written: iterating over rows makes every cell up to the last one
        if not isinstance(cell, MergedCell) and (found := _read_cell(cell)) is not None
    }
    rows = max((row for row, _ in cells), default=0)
    columns = max((column for _, column in cells), default=0)
    for box in merges:
        rows, columns = max(rows, box.bottom), max(columns, box.right)
    return Sheet(sheet.title, cells, merges, rows, columns, owner)


def _read_cell(cell: Any) -> Cell | None:
    """A cell that says something or is drawn; None for the others."""
    value = cell.value
    if isinstance(value, ArrayFormula | DataTableFormula):
        value = f"={getattr(value, 'text', '') or ''}".replace("==", "=", 1)
    formula = value[1:] if cell.data_type == "f" and isinstance(value, str) else ""
    drawn = any(getattr(cell.border, side).style for side in ("left", "right", "top", "bottom"))
    if value is None and not drawn:
        return None
    number = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
    shown = str(cell.number_format).partition(";")[0]
    places = _PLACES.search(shown)
    return Cell(
        text="" if value is None or formula else str(value),
        number=number,
        formula=formula,
        percent="%" in shown,
        decimals=len(places[1]) if places else 0 if "0" in shown else None,
        bold=bool(cell.font.b),
        align=str(cell.alignment.horizontal or ""),
        drawn=drawn,
    )
