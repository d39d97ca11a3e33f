"""What a Word file of a report is made of: lines, runs in the official faces, cells, links and bookmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from wangdi.reports.printing.official_layout import (
    BODY_SIZE,
    CHARACTERS,
    LINES,
    TABLE_SIZE,
    TITLE_HEIGHT,
    TITLE_SIZE,
    TYPE_HEIGHT,
    TYPE_WIDTH,
)

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

LATIN = "Times New Roman"
TITLE, HEADING, SUBHEADING, BODY, PLAIN = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
_SIZES = {TITLE: TITLE_SIZE, HEADING: BODY_SIZE, SUBHEADING: BODY_SIZE, BODY: BODY_SIZE, PLAIN: TABLE_SIZE}
_POINTS = 72 / 25.4
LINE = int(TYPE_HEIGHT * _POINTS * 20 / LINES)
"""Units: twentieths of a point, rounded down so that the last line still fits."""
CLOSER = int((TYPE_WIDTH * _POINTS / CHARACTERS - BODY_SIZE) * 20) - 1
"""What is taken from the space of each character so that just so many stand in a line: 28 of 16 points are wider than it.

Not left to a grid of characters, for which LibreOffice gives a letter wider than its cell two. Units: twentieths of a point.
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A Word file that is being written, the numbers of its bookmarks, and those of the numbers in its text."""

    document: Document
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


# ---- lines ------------------------------------------------------------------------------------------------------------
def write_line(sheet: Sheet, text: str, face: str, centred: bool = False) -> Paragraph:
    """A line of the body: two characters in, as high as a 22nd of the page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = sheet.document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.JUSTIFY
    properties = line._p.get_or_add_pPr()
    if centred:
        # Its own height, not two lines of the grid.
        set_child(properties, "snapToGrid", {"val": 0})
    height = max(LINE, round(_SIZES[face] * TITLE_HEIGHT * 20))
    set_child(properties, "spacing", {"before": 0, "after": 0, "line": height, "lineRule": "exact"})
    if not centred:
        set_child(properties, "ind", {"firstLineChars": 200, "firstLine": 2 * BODY_SIZE * 20})
    if text:
        add_run(line, text, face)
    return line


def add_run(line: Paragraph, text: str, face: str, size: int = 0) -> Any:
    """Text in a face, of the size of its role where none is named."""
    from docx.shared import Pt

    run = line.add_run(text)
    run.font.size = Pt(size or _SIZES[face])
    run.font.name = LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qualify("eastAsia"), face)
    return run._r


def open_cell(cell: _Cell) -> Paragraph:
    """The line of a cell, as high as its letters."""
    line: Paragraph = cell.paragraphs[0]
    leave_grid(line)
    return line


def leave_grid(line: Paragraph, before: int = 0, after: int = 0) -> None:
    """Make a line as high as what is in it, off the grid of the body. ``before``, ``after``: free space, in points."""
    properties = line._p.get_or_add_pPr()
    set_child(properties, "snapToGrid", {"val": 0})
    spacing = {"before": before * 20, "after": after * 20, "line": 240, "lineRule": "auto"}
    set_child(properties, "spacing", spacing)


# ---- links and bookmarks ----------------------------------------------------------------------------------------------
def link_run(run: Any, mark: str) -> Any:
    """A run that leads to a bookmark."""
    return _enclose(run, make_element("hyperlink", {"anchor": mark, "history": "1"}))


def link_out(sheet: Sheet, run: Any, address: str) -> Any:
    """A run that leads to an address."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    link = make_element("hyperlink", {})
    relation = sheet.document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", relation)
    return _enclose(run, link)


def _enclose(run: Any, link: Any) -> Any:
    run.addprevious(link)
    link.append(run)
    return link


def mark_part(sheet: Sheet, part: Any, name: str) -> None:
    """A bookmark around a run or a link."""
    number = next(sheet.ids)
    part.addprevious(make_element("bookmarkStart", {"id": number, "name": name}))
    part.addnext(make_element("bookmarkEnd", {"id": number}))


# ---- elements ---------------------------------------------------------------------------------------------------------
def make_element(tag: str, attributes: Mapping[str, object], text: str = "") -> Any:
    """An element of a Word file with its attributes."""
    from docx.oxml.parser import OxmlElement

    found = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        found.set(qualify(name), str(value))
    if text:
        found.text = text
    return found


def set_child(parent: Any, tag: str, attributes: Mapping[str, object]) -> None:
    """Attributes of a child, which is made where there is none."""
    child = parent.find(qualify(tag))
    if child is None:
        child = make_element(tag, {})
        parent.append(child)
    for name, value in attributes.items():
        child.set(qualify(name), str(value))


def qualify(name: str) -> str:
    """A name of WordprocessingML."""
    from docx.oxml.ns import qn

    return qn(f"w:{name}")
