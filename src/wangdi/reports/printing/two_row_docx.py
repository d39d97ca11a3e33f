"""A table with a two-row heading as a Word file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wangdi.reports.files.word_files import NOT_XML

if TYPE_CHECKING:
    from docx.table import _Cell

FONT = "SimSun"
"""宋体, which Word and WPS have in China; others take their own."""
BASIC = 9
"""Points."""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """What is printed. ``groups``: each upper heading with those under it.

    Grain: a row has the area and a cell for each lower heading.
    """

    title: str
    first: str
    groups: Sequence[tuple[str, Sequence[str]]]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]


def render_two_row_table(table: PrintedTable) -> bytes:
    """The table with its title above and its notes below, both rows of the heading on every page."""
    from docx import Document as open_file  # noqa: N813 -- a function of theirs
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = open_file()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(BASIC)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = heading.add_run(_plain(table.title))
    run.bold, run.font.size = True, Pt(BASIC * 1.5)
    width = 1 + sum(len(under) for _, under in table.groups)
    grid = document.add_table(2 + len(table.rows), width, style="Table Grid")
    rows = [row.cells for row in grid.rows]
    _say(rows[0][0].merge(rows[1][0]), table.first)
    place = 1
    for title, under in table.groups:
        _say(rows[0][place].merge(rows[0][place + len(under) - 1]), title)
        for number, name in enumerate(under):
            _say(rows[1][place + number], name)
        place += len(under)
    for cells, told in zip(rows[2:], table.rows, strict=True):
        for cell, text in zip(cells, told, strict=True):
            _say(cell, text)
    for row in grid.rows[:2]:
        repeated = OxmlElement("w:tblHeader")
        repeated.set(qn("w:val"), "true")
        row._tr.get_or_add_trPr().append(repeated)
    for note in table.notes:
        document.add_paragraph(_plain(note))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _say(cell: _Cell, text: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    cell.text = _plain(text)
    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _plain(text: str) -> str:
    return NOT_XML.sub(" ", text)
