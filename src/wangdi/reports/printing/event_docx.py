"""An investigation report as a Word file: headings, paragraphs, tables, and the epidemic curve as squares of a table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from wangdi.reports.files.word_files import NOT_XML

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

AUTHOR = "Wangdi"
FONT = "SimSun"
"""宋体, which Word and WPS have in China; others take their own."""
SQUARE, BLANK = "0B5559", "FFFFFF"
TALLEST = 16
"""Squares above one another; where there are more cases a square stands for several."""
PAGE_CM, MOST_CM, LABEL_CM = 15.0, 0.9, 1.6
"""Of the curve: its width, a column's at most, and what a label needs."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption. Grain: every row has as many cells as the header."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Squares:
    """A curve: each bin's label and count. ``each``: the sentence that says what a square stands for, with ``{cases}``."""

    caption: str
    bins: Sequence[tuple[str, int]]
    each: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order: paragraphs, curve, tables."""

    heading: str
    paragraphs: Sequence[str] = ()
    curve: Squares | None = None
    tables: Sequence[Table] = field(default=())


def render_event_report(title: str, lines: Sequence[str], sections: Sequence[Section]) -> bytes:
    """The report. ``lines``: what stands under its title, such as who made it and when."""
    from docx import Document as open_file  # noqa: N813 -- a function of theirs
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = open_file()
    document.core_properties.author, document.core_properties.title = AUTHOR, _plain(title)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    for style in ("Title", "Heading 1"):
        properties = document.styles[style].element.get_or_add_rPr()
        properties.get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    document.add_heading(_plain(title), 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in lines:
        document.add_paragraph(_plain(line)).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in sections:
        document.add_heading(_plain(section.heading), 1)
        for paragraph in section.paragraphs:
            document.add_paragraph(_plain(paragraph)).paragraph_format.first_line_indent = Pt(22)
        if section.curve is not None and section.curve.bins:
            _add_squares(document, section.curve)
        for table in section.tables:
            _add_table(document, table)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _plain(text: str) -> str:
    return NOT_XML.sub(" ", text)


def _add_table(document: Document, table: Table) -> None:
    from docx.shared import Pt

    _add_caption(document, table.caption)
    grid = document.add_table(len(table.rows) + 1, len(table.header), style="Table Grid")
    for line, row in zip(grid.rows, [table.header, *table.rows], strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.paragraphs[0].add_run(_plain(text)).font.size = Pt(9)
    for cell in grid.rows[0].cells:
        _shade(cell, "E6EFEF")
    document.add_paragraph()


def _add_squares(document: Document, curve: Squares) -> None:
    """Each bin a column, each square so many cases: the first row is the top of the highest column."""
    from docx.enum.table import WD_ROW_HEIGHT_RULE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    bins = list(curve.bins)
    most = max(count for _, count in bins)
    each = max(1, -(-most // TALLEST))
    high = -(-most // each)
    _add_caption(document, f"{curve.caption}（{curve.each.format(cases=each)}）")
    width = Cm(min(MOST_CM, PAGE_CM / (len(bins) + 1)))
    grid = document.add_table(high + 1, len(bins) + 1)
    grid.autofit = False
    for column in grid.columns:
        column.width = width
    every = max(1, ceil(LABEL_CM / width.cm))
    for place, row in enumerate(grid.rows):
        row.height, row.height_rule = (
            Cm(0.4),
            WD_ROW_HEIGHT_RULE.AT_LEAST if place == high else WD_ROW_HEIGHT_RULE.EXACTLY,
        )
        cells, level = row.cells, high - place
        for cell in cells:
            cell.width = width
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        said = str(level * each) if level else ""
        if not level:
            _label_bins(cells[1:], [label for label, _ in bins], every)
        cells[0].paragraphs[0].add_run(said).font.size = Pt(7)
        for cell, (_, count) in zip(cells[1:], bins, strict=True):
            if level and count > (level - 1) * each:
                _shade(cell, SQUARE, edge=True)
    document.add_paragraph()


def _label_bins(cells: Sequence[_Cell], labels: Sequence[str], every: int) -> None:
    """Below the columns the label of every so many, over the cells up to the next."""
    from docx.shared import Pt

    for first in range(0, len(cells), every):
        cell = cells[first].merge(cells[min(first + every, len(cells)) - 1])
        cell.paragraphs[0].add_run(_plain(labels[first])).font.size = Pt(7)


def _add_caption(document: Document, text: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(_plain(text)).bold = True


def _shade(cell: _Cell, colour: str, edge: bool = False) -> None:
    """Fill a cell; ``edge``: with a white line around it, so that squares can be counted."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    if edge:
        borders = OxmlElement("w:tcBorders")
        for side in ("top", "left", "bottom", "right"):
            line = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "6"), ("color", BLANK)):
                line.set(qn(f"w:{name}"), value)
            borders.append(line)
        properties.append(borders)
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)
