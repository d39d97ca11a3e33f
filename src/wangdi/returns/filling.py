"""Writes values into a workbook and leaves everything else of it as it is, byte for byte.

Only the sheets that hold a value, and one attribute of the workbook that has its program count anew, are written; drawings,
seals, drop-down lists, print settings and what no library knows stay as they came.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from wangdi.returns.model import Place, parse_cell

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_BEFORE_COUNTING = ("sheets", "functionGroups", "externalReferences", "definedNames")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Written = Decimal | str | None


def fill_template(data: bytes, values: Mapping[Place, Written], results: Mapping[Place, Written]) -> bytes:
    """The workbook with values in its cells. The same values give the same bytes.

    ``results``: what the template's formulas come to, for programs that do not count themselves. Missing: None empties a cell;
    a formula's result that is None is left to be counted.
    """
    changed = _changed_parts(data, values, results)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            target.writestr(member, changed.get(member.filename, source.read(member)), member.compress_type)
    return out.getvalue()


def _changed_parts(data: bytes, values: Mapping[Place, Written], results: Mapping[Place, Written]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = _sheet_parts(archive)
        changed = {_BOOK: _with_counting(archive.read(_BOOK))}
        for name in sorted({place.sheet for place in (*values, *results)}):
            root = _parse(archive.read(parts[name]))
            here = {(one.row, one.column): value for one, value in values.items() if one.sheet == name}
            counted = {(one.row, one.column): value for one, value in results.items() if one.sheet == name}
            _write_sheet(root, here, counted)
            changed[parts[name]] = _text_of(root)
    return changed


def _parse(xml: bytes) -> Any:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _text_of(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet by its name."""
    targets = {one.get("Id"): one.get("Target", "") for one in _parse(archive.read(_LINKS))}
    return {
        one.get("name"): posixpath.normpath(posixpath.join("/xl", targets[one.get(_LINK)])).lstrip("/")
        for one in _parse(archive.read(_BOOK)).iter(f"{MAIN}sheet")
    }


def _with_counting(xml: bytes) -> bytes:
    """The workbook, told to evaluate its formulas when it is opened."""
    root = _parse(xml)
    found = root.find(f"{MAIN}calcPr")
    if found is None:
        found = etree.Element(f"{MAIN}calcPr")
        before = [one for name in _BEFORE_COUNTING for one in root.findall(f"{MAIN}{name}")]
        before[-1].addnext(found)
    found.set("fullCalcOnLoad", "1")
    return _text_of(root)


def _write_sheet(
    root: Any, values: Mapping[tuple[int, int], Written], results: Mapping[tuple[int, int], Written]
) -> None:
    table = root.find(f"{MAIN}sheetData")
    rows = dict(_numbered(table, lambda one: int(one.get("r", 0))))
    for row in sorted({row for row, _ in (*values, *results)}):
        if row not in rows:
            rows[row] = _insert(table, rows, row, etree.Element(f"{MAIN}row", r=str(row)))
        cells = dict(_numbered(rows[row], lambda one: (parse_cell(one.get("r", "")) or (0, 0))[1]))
        for (at, column), value in sorted(values.items()):
            if at == row:
                if column not in cells:
                    fresh = etree.Element(f"{MAIN}c", r=Place("", row, column).cell)
                    cells[column] = _insert(rows[row], cells, column, fresh)
                _put_value(cells[column], value)
        for (at, column), value in results.items():
            if at == row and column in cells:
                _put_result(cells[column], value)


def _numbered(parent: Any, number: Any) -> Iterator[tuple[int, Any]]:
    """Rows, or cells, by their number; one that does not say it stands after the one before."""
    last = 0
    for one in parent.iterchildren(tag=etree.Element):
        last = number(one) or last + 1
        yield last, one


def _insert(parent: Any, known: Mapping[int, Any], number: int, element: Any) -> Any:
    """Put an element where its number belongs."""
    after = max((one for one in known if one < number), default=None)
    if after is None:
        parent.insert(0, element)
    else:
        known[after].addnext(element)
    return element


def _put_value(cell: Any, value: Written) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    if isinstance(value, Decimal):
        etree.SubElement(cell, f"{MAIN}v").text = f"{value:f}"
    elif value is not None:
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, f"{MAIN}is"), f"{MAIN}t")
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text.text = _NOT_XML.sub(" ", value)


def _put_result(cell: Any, value: Written) -> None:
    """What a formula comes to, beside the formula."""
    formula = cell.find(f"{MAIN}f")
    for child in cell.findall(f"{MAIN}v"):
        cell.remove(child)
    cell.attrib.pop("t", None)
    if value is not None and formula is not None:
        if isinstance(value, str):
            cell.set("t", "str")
        shown = etree.Element(f"{MAIN}v")
        shown.text = f"{value:f}" if isinstance(value, Decimal) else _NOT_XML.sub(" ", value)
        formula.addnext(shown)
