"""A report as a Word file in the layout of official documents, with a bookmark at every number and a table of figures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.printing.official_layout import (
    BODY_SIZE,
    BOTTOM,
    HEIGHT,
    LEFT,
    NUMBER_BELOW,
    NUMBER_SIZE,
    RIGHT,
    TOP,
    WIDTH,
)
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.exhibits import place_exhibits, refer_pieces
from wangdi.reports.writing.headings import number_headings, title_lines
from wangdi.reports.writing.model import Piece, Report
from wangdi.reports.writing.rendered_html import address_of_piece
from wangdi.reports.writing.showing import draw_picture, tabulate
from wangdi.reports.writing.table import list_rows
from wangdi.reports.writing.word_exhibits import add_figure_table, add_picture, add_table
from wangdi.reports.writing.word_parts import (
    BODY,
    CLOSER,
    HEADING,
    LATIN,
    LINE,
    PLAIN,
    SUBHEADING,
    TITLE,
    Sheet,
    add_run,
    link_out,
    link_run,
    make_element,
    mark_part,
    qualify,
    set_child,
    write_line,
)

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.text.paragraph import Paragraph

_WHEN = (1980, 1, 1, 0, 0, 0)
"""When the parts of the file were written: the same report gives the same file."""


def render_document(report: Report, pages: str) -> bytes:
    """The Word file. ``pages``: the address at which Wangdi is served. Errors: REPORT-008, REPORT-009."""
    from docx import Document as open_file  # noqa: N813 -- a function of theirs

    document = open_file()
    document.core_properties.title = report.title
    document.core_properties.author = ""
    _lay_page(document)
    sheet = Sheet(document)
    for line in title_lines(report):
        write_line(sheet, line, TITLE, centred=True)
    write_line(sheet, "", BODY)
    _write_text(sheet, report, pages)
    for one in place_exhibits(report):
        if one.is_table:
            add_table(sheet, tabulate(report, one), pages)
    add_figure_table(sheet, report, pages)
    return _settle(document)


def _write_text(sheet: Sheet, report: Report, pages: str) -> None:
    """Headings and paragraphs, each with its picture below; every number leads to its row in the table of figures."""
    placed = place_exhibits(report)
    rows = {figure: number for number, (figure, _) in enumerate(list_rows(report), start=1)}
    for heading, _, paragraphs in number_headings(report):
        if heading:
            write_line(sheet, heading, HEADING).paragraph_format.keep_with_next = True
        for begins, paragraph in paragraphs:
            line = write_line(sheet, begins, SUBHEADING)
            _write_pieces((sheet, line), refer_pieces(paragraph, placed), rows, pages)
            for one in placed:
                if one.picture is not None and one.paragraph == paragraph.id:
                    add_picture(sheet, draw_picture(report, one, one.picture))
    write_line(sheet, load_lexicon("writing")["table"]["notes"] + "".join(report.notes), BODY)


def _write_pieces(
    where: tuple[Sheet, Paragraph], pieces: Iterable[Piece], rows: Mapping[ToldFigure, int], pages: str
) -> None:
    sheet, line = where
    for piece in pieces:
        run = add_run(line, piece.text, BODY)
        if piece.exhibit:
            link_run(run, piece.exhibit)
        elif piece.figure is not None:
            link = link_run(run, f"row_{rows[piece.figure]}")
            mark_part(sheet, link, f"number_{next(sheet.numbers)}")
        elif piece.page:
            link_out(sheet, run, address_of_piece(piece, pages))


def _lay_page(document: Document) -> None:
    from docx.shared import Mm, Pt

    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(BODY_SIZE), LATIN
    properties = normal.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qualify("eastAsia"), BODY)
    set_child(properties, "spacing", {"val": CLOSER})
    # Where an official face is not installed, this decides whose shapes stand in.
    set_child(properties, "lang", {"val": "en-US", "eastAsia": "zh-CN"})
    section = document.sections[0]
    section.page_width, section.page_height = Mm(WIDTH), Mm(HEIGHT)
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.footer_distance = Mm(BOTTOM - NUMBER_BELOW - 3)
    set_child(section._sectPr, "docGrid", {"type": "lines", "linePitch": LINE})
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
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(NUMBER_SIZE)
        add_run(line, "— ", PLAIN, NUMBER_SIZE)
        run = add_run(line, "", PLAIN, NUMBER_SIZE)
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            run.append(make_element("fldChar", {"fldCharType": kind}) if kind else make_element("instrText", {}, text))
        add_run(line, " —", PLAIN, NUMBER_SIZE)


def _settle(document: Document) -> bytes:
    """The file's bytes, without the clock."""
    written, settled = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():
            out.writestr(zipfile.ZipInfo(name, _WHEN), parts.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()
