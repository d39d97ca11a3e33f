"""A report as a Word file in the layout of official documents, with a bookmark at every number and a table of figures.

Rule: GB/T 9704—2012: A4 with a type area of 156 × 225 mm, 22 lines of 28 characters; title in 小标宋 of size 二号; headings in 黑体
and 楷体, body in 仿宋, all of 三号; page numbers of 四号 between dashes, on the outer side.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Piece, Report
from wangdi.reports.writing.rendered_html import address_of
from wangdi.reports.writing.table import COLUMNS, NUMBERS, list_rows

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

LATIN = "Times New Roman"
TITLE, HEADING, SUBHEADING, BODY, PLAIN = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
_SIZES = {TITLE: 22, HEADING: 16, SUBHEADING: 16, BODY: 16, PLAIN: 9}
_PAGE_NUMBER = 14
_WIDTH, _HEIGHT = 210, 297
_TOP, _LEFT, _RIGHT, _BOTTOM = 37, 28, 26, 35
"""Units: millimetres."""
_LINES, _CHARACTERS = 22, 28
_POINTS = 72 / 25.4
_LINE = int((_HEIGHT - _TOP - _BOTTOM) * _POINTS * 20 / _LINES)
"""Units: twentieths of a point, rounded down so that the last line still fits."""
_CLOSER = int(((_WIDTH - _LEFT - _RIGHT) * _POINTS / _CHARACTERS - _SIZES[BODY]) * 20) - 1
"""What is taken from the space of each character so that just so many stand in a line: 28 of 16 points are wider than it.

Not left to a grid of characters, for which LibreOffice gives a letter wider than its cell two. Units: twentieths of a point.
"""
_COLUMN_WIDTHS = (48, 22, 20, 20, 20, 20, 46, 20, 16)
"""Of the table, on a page across. Units: millimetres."""
_WHEN = (1980, 1, 1, 0, 0, 0)
"""When the parts of the file were written: the same report gives the same file."""


def render_document(report: Report, pages: str) -> bytes:
    """The Word file. ``pages``: the address at which Wangdi is served."""
    from docx import Document as open_file  # noqa: N813 -- a function of theirs

    document = open_file()
    document.core_properties.title = report.title
    document.core_properties.author = ""
    _lay_page(document)
    _write(document, report.title, TITLE, centred=True)
    _write(document, "", BODY)
    rows = {figure: number for number, (figure, _) in enumerate(list_rows(report), start=1)}
    marks = 0
    for heading, _, paragraphs in number_headings(report):
        if heading:
            _write(document, heading, HEADING)
        for begins, paragraph in paragraphs:
            line = _write(document, begins, SUBHEADING)
            for piece in (piece for one in paragraph.sentences for piece in one.pieces):
                if piece.figure is None:
                    _add_run(line, piece.text, BODY)
                else:
                    marks += 1
                    _add_number(line, piece, marks, rows[piece.figure])
    _write(document, load_lexicon("writing")["table"]["notes"] + "".join(report.notes), BODY)
    _write_table(document, report, pages)
    return _settle(document)


def _lay_page(document: Document) -> None:
    from docx.shared import Mm, Pt

    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(_SIZES[BODY]), LATIN
    properties = normal.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(_name("eastAsia"), BODY)
    _set(properties, "spacing", {"val": _CLOSER})
    # Where an official face is not installed, this decides whose shapes stand in.
    _set(properties, "lang", {"val": "en-US", "eastAsia": "zh-CN"})
    section = document.sections[0]
    section.page_width, section.page_height = Mm(_WIDTH), Mm(_HEIGHT)
    section.top_margin, section.bottom_margin = Mm(_TOP), Mm(_BOTTOM)
    section.left_margin, section.right_margin = Mm(_LEFT), Mm(_RIGHT)
    section.footer_distance = Mm(_BOTTOM - 10)
    _set(section._sectPr, "docGrid", {"type": "lines", "linePitch": _LINE})
    document.settings.odd_and_even_pages_header_footer = True
    _number_pages(section)


def _number_pages(section: Section) -> None:
    """— 1 —, on the outer side of the page, a character from its edge."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        line = footer.paragraphs[0]
        line.alignment = side
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(_PAGE_NUMBER)
        _add_run(line, "— ", PLAIN, _PAGE_NUMBER)
        run = _add_run(line, "", PLAIN, _PAGE_NUMBER)
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            run.append(_element("fldChar", {"fldCharType": kind}) if kind else _element("instrText", {}, text))
        _add_run(line, " —", PLAIN, _PAGE_NUMBER)


def _write(document: Document, text: str, face: str, centred: bool = False) -> Paragraph:
    """A line of the body: two characters in, as high as a 22nd of the page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.JUSTIFY
    properties = line._p.get_or_add_pPr()
    height = max(_LINE, round(_SIZES[face] * 1.6 * 20))
    _set(properties, "spacing", {"before": 0, "after": 0, "line": height, "lineRule": "exact"})
    if not centred:
        _set(properties, "ind", {"firstLineChars": 200, "firstLine": 2 * _SIZES[BODY] * 20})
    if text:
        _add_run(line, text, face)
    return line


def _add_run(line: Paragraph, text: str, face: str, size: int = 0) -> Any:
    from docx.shared import Pt

    run = line.add_run(text)
    run.font.size = Pt(size or _SIZES[face])
    run.font.name = LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(_name("eastAsia"), face)
    return run._r


def _add_number(line: Paragraph, piece: Piece, mark: int, row: int) -> None:
    """A number between the ends of its bookmark, leading to its row in the table."""
    run = _add_run(line, piece.text, BODY)
    link = _element("hyperlink", {"anchor": f"row_{row}", "history": "1"})
    run.addprevious(link)
    link.append(run)
    link.addprevious(_element("bookmarkStart", {"id": mark, "name": f"number_{mark}"}))
    link.addnext(_element("bookmarkEnd", {"id": mark}))


def _write_table(document: Document, report: Report, pages: str) -> None:
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    words = load_lexicon("writing")["table"]
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(_HEIGHT), Mm(_WIDTH)
    _write(document, words["caption"], HEADING)
    rows = list_rows(report)
    table = document.add_table(rows=1, cols=len(COLUMNS), style="Table Grid")
    table.autofit = False
    for cell, name in zip(table.rows[0].cells, COLUMNS, strict=True):
        _add_run(_in_cell(cell), words[name], HEADING, _SIZES[PLAIN])
    table.rows[0]._tr.get_or_add_trPr().append(_element("tblHeader", {}))
    first_mark = sum(piece.figure is not None for one in report.sentences() for piece in one.pieces) + 1
    for number, (figure, row) in enumerate(rows, start=1):
        cells = table.add_row().cells
        for cell, name in zip(cells, COLUMNS, strict=True):
            line = _in_cell(cell)
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if name in NUMBERS else WD_ALIGN_PARAGRAPH.LEFT
            run = _add_run(line, row[name], PLAIN)
            if name == COLUMNS[0]:
                _link_row(document, run, number, first_mark + number, address_of(figure, pages))
    for column, width in zip(table.columns, _COLUMN_WIDTHS, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _in_cell(cell: _Cell) -> Paragraph:
    """The line of a cell, as high as its letters and off the grid of the body."""
    line: Paragraph = cell.paragraphs[0]
    properties = line._p.get_or_add_pPr()
    _set(properties, "snapToGrid", {"val": 0})
    _set(properties, "spacing", {"before": 0, "after": 0, "line": 240, "lineRule": "auto"})
    return line


def _link_row(document: Document, run: Any, row: int, mark: int, address: str) -> None:
    """A row's name, as what the numbers lead to, and leading to the figure's page itself."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    link = _element("hyperlink", {})
    relation = document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", relation)
    run.addprevious(link)
    link.append(run)
    link.addprevious(_element("bookmarkStart", {"id": mark, "name": f"row_{row}"}))
    link.addnext(_element("bookmarkEnd", {"id": mark}))


def _element(tag: str, attributes: Mapping[str, object], text: str = "") -> Any:
    from docx.oxml.parser import OxmlElement

    found = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        found.set(_name(name), str(value))
    if text:
        found.text = text
    return found


def _set(parent: Any, tag: str, attributes: Mapping[str, object]) -> None:
    """Attributes of a child, which is made where there is none."""
    child = parent.find(_name(tag))
    if child is None:
        child = _element(tag, {})
        parent.append(child)
    for name, value in attributes.items():
        child.set(_name(name), str(value))


def _name(name: str) -> str:
    from docx.oxml.ns import qn

    return qn(f"w:{name}")


def _settle(document: Document) -> bytes:
    """The file's bytes, without the clock."""
    written, settled = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():
            out.writestr(zipfile.ZipInfo(name, _WHEN), parts.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()
