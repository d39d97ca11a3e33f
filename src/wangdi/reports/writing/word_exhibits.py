"""Pictures and tables of a report in a Word file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wangdi.reports.printing.official_layout import CAPTION_SIZE, FIGURE_WIDTHS, HEIGHT, TABLE_SIZE, TYPE_WIDTH, WIDTH
from wangdi.reports.printing.typesetting import set_picture
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.model import Report
from wangdi.reports.writing.rendered_html import address_of, address_of_piece
from wangdi.reports.writing.showing import Drawn, HeadCell, Tabulated
from wangdi.reports.writing.table import COLUMNS, NUMBERS, list_rows
from wangdi.reports.writing.word_parts import (
    HEADING,
    PLAIN,
    Sheet,
    add_run,
    leave_grid,
    link_out,
    make_element,
    mark_part,
    open_cell,
    set_child,
)

if TYPE_CHECKING:
    from docx.table import _Cell

_AROUND = 4
"""Free space between text, picture and caption. Units: points."""
_BESIDE = 57
"""Free space in a cell beside its text. Units: twentieths of a point."""


def add_picture(sheet: Sheet, drawn: Drawn) -> None:
    """A picture with its caption below, on one page. Errors: REPORT-008, REPORT-009."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    line = sheet.document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.keep_with_next = True
    leave_grid(line, before=_AROUND)
    shape = line.add_run().add_picture(io.BytesIO(set_picture(drawn.svg, TYPE_WIDTH)), width=Mm(TYPE_WIDTH))
    shape._inline.docPr.set("descr", drawn.says)
    _add_caption(sheet, drawn.caption, drawn.mark, above=False)


def add_table(sheet: Sheet, table: Tabulated, pages: str) -> None:
    """A table under its caption, with a header that stands on every page; its cells lead to what they come from."""
    _add_caption(sheet, table.caption, table.mark, above=True)
    rows = _add_grid(sheet, len(table.head) + len(table.rows), table.widths)
    # Rows that fit on a page stay together, and with their caption.
    for row in rows[:-1]:
        for cell in row:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    for cells, pieces in zip(rows[len(table.head) :], table.rows, strict=True):
        for cell, piece, number in zip(cells, pieces, table.numbers, strict=True):
            run = _write_cell(cell, piece.text, number)
            if address := address_of_piece(piece, pages):
                link_out(sheet, run, address)
    _write_head(rows, table.head)


def add_figure_table(sheet: Sheet, report: Report, pages: str) -> None:
    """The table of figures, on pages across: each row is what the numbers lead to, and leads to the figure itself."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    words = load_lexicon("writing")["table"]
    section = sheet.document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(HEIGHT), Mm(WIDTH)
    _add_caption(sheet, words["caption"], "figures", above=True)
    listed = list_rows(report)
    rows = _add_grid(sheet, 1 + len(listed), FIGURE_WIDTHS)
    _write_head(rows, [[HeadCell(words[name]) for name in COLUMNS]])
    for number, (cells, (figure, row)) in enumerate(zip(rows[1:], listed, strict=True), start=1):
        for cell, name in zip(cells, COLUMNS, strict=True):
            run = _write_cell(cell, row[name], number=name in NUMBERS)
            if name == COLUMNS[0]:
                mark_part(sheet, link_out(sheet, run, address_of(figure, pages)), f"row_{number}")


def _add_caption(sheet: Sheet, text: str, mark: str, above: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = sheet.document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.keep_with_next = above
    leave_grid(line, before=CAPTION_SIZE if above else 0, after=_AROUND)
    mark_part(sheet, add_run(line, text, HEADING, CAPTION_SIZE), mark)


def _add_grid(sheet: Sheet, rows: int, widths: Sequence[float]) -> list[tuple[_Cell, ...]]:
    """An empty table with columns so wide, no row of which is cut by a page: the cells of its rows."""
    from docx.shared import Mm

    grid = sheet.document.add_table(rows=rows, cols=len(widths), style="Table Grid")
    grid.autofit = False
    margins = make_element("tblCellMar", {})
    for side in ("left", "right"):
        margins.append(make_element(side, {"w": _BESIDE, "type": "dxa"}))
    grid._tbl.tblPr.append(margins)
    lengths = [Mm(width) for width in widths]
    for column, length in zip(grid.columns, lengths, strict=True):
        column.width = length
    made = []
    for row in grid.rows:
        set_child(row._tr.get_or_add_trPr(), "cantSplit", {})
        made.append(row.cells)
        for cell, length in zip(row.cells, lengths, strict=True):
            cell.width = length
    return made


def _write_head(rows: Sequence[Sequence[_Cell]], head: Sequence[Sequence[HeadCell]]) -> None:
    """The rows of a header, which stand on every page; cells over several columns or rows are made one."""
    from docx.enum.table import WD_ALIGN_VERTICAL
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    taken: set[tuple[int, int]] = set()
    for down, (cells, row) in enumerate(zip(rows, head, strict=False)):
        across = 0
        set_child(cells[0]._tc.getparent().get_or_add_trPr(), "tblHeader", {})
        for one in row:
            while (down, across) in taken:
                across += 1
            taken |= {(down + y, across + x) for y in range(one.down) for x in range(one.across)}
            cell = cells[across]
            if one.down * one.across > 1:
                cell = cell.merge(rows[down + one.down - 1][across + one.across - 1])
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
            line = open_cell(cell)
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
            add_run(line, one.text, HEADING, TABLE_SIZE)


def _write_cell(cell: _Cell, text: str, number: bool) -> object:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = open_cell(cell)
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if number else WD_ALIGN_PARAGRAPH.LEFT
    return add_run(line, text, PLAIN)
