"""A report as a PDF in the layout of official documents: bookmarks, tags, and every number a link to the table of figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.printing.official_layout import FIGURE_WIDTHS
from wangdi.reports.printing.paper import TEMPLATE, tell_day, tell_layout
from wangdi.reports.printing.typesetting import set_document
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.exhibits import Placed, place_exhibits, refer_pieces
from wangdi.reports.writing.headings import number_headings, title_lines
from wangdi.reports.writing.model import Piece, Report
from wangdi.reports.writing.rendered_html import address_of, address_of_piece
from wangdi.reports.writing.showing import Tabulated, draw_picture, tabulate
from wangdi.reports.writing.table import COLUMNS, NUMBERS, list_rows

Block = dict[str, Any]
UNCUT_ROWS, UNCUT_ITEMS = 30, 14
"""Rows of a table by area, and of one of items with their longer texts, that surely fit on a page."""


def render_pdf(report: Report, pages: str) -> bytes:
    """The PDF. ``pages``: the address at which Wangdi is served. Errors: REPORT-008, REPORT-009."""
    document = {
        "title": report.title,
        "date": tell_day(report.day),
        "layout": tell_layout(),
        "blocks": [{"kind": "title", "lines": title_lines(report)}, *_blocks(report, pages)],
    }
    return set_document(TEMPLATE, document)


def _blocks(report: Report, pages: str) -> Iterator[Block]:
    rows = {figure: number for number, (figure, _) in enumerate(list_rows(report), start=1)}
    placed = place_exhibits(report)
    for heading, _, paragraphs in number_headings(report):
        if heading:
            yield {"kind": "heading", "text": heading}
        for begins, paragraph in paragraphs:
            pieces = [_piece(one, rows, pages) for one in refer_pieces(paragraph, placed)]
            yield {"kind": "paragraph", "head": begins, "pieces": pieces}
            yield from (_picture(report, one) for one in placed if one.paragraph == paragraph.id and one.picture)
    words = load_lexicon("writing")["table"]
    yield {"kind": "paragraph", "head": "", "pieces": [{"text": words["notes"] + "".join(report.notes)}]}
    tables = [_exhibit(tabulate(report, one), pages) for one in placed if one.is_table]
    yield {"kind": "annex", "blocks": tables}
    yield {"kind": "across", "blocks": [_figure_table(report, pages)]}


def _piece(piece: Piece, rows: Mapping[ToldFigure, int], pages: str) -> dict[str, str]:
    if piece.exhibit:
        return {"text": piece.text, "to": piece.exhibit}
    if piece.figure is not None:
        return {"text": piece.text, "to": f"row_{rows[piece.figure]}"}
    return {"text": piece.text} | ({"url": address_of_piece(piece, pages)} if piece.page else {})


def _picture(report: Report, placed: Placed) -> Block:
    assert placed.picture is not None
    drawn = draw_picture(report, placed, placed.picture)
    return {"kind": "picture", "mark": drawn.mark, "caption": drawn.caption, "svg": drawn.svg, "alt": drawn.says}


def _exhibit(table: Tabulated, pages: str) -> Block:
    head = [[{"text": cell.text, "across": cell.across, "down": cell.down} for cell in row] for row in table.head]
    rows = [
        [
            {"text": piece.text, "number": number}
            | ({"url": address} if (address := address_of_piece(piece, pages)) else {})
            for piece, number in zip(row, table.numbers, strict=True)
        ]
        for row in table.rows
    ]
    uncut = len(rows) <= (UNCUT_ROWS if len(table.head) > 1 else UNCUT_ITEMS)
    return _table(table.mark, table.caption, table.widths, (head, rows)) | {"uncut": uncut}


def _figure_table(report: Report, pages: str) -> Block:
    words = load_lexicon("writing")["table"]
    rows: list[list[Block]] = []
    for number, (figure, row) in enumerate(list_rows(report), start=1):
        cells: list[Block] = [{"text": row[name], "number": name in NUMBERS} for name in COLUMNS]
        cells[0] |= {"mark": f"row_{number}", "url": address_of(figure, pages)}
        rows.append(cells)
    head = [[{"text": words[name]} for name in COLUMNS]]
    return _table("figures", words["caption"], FIGURE_WIDTHS, (head, rows))


def _table(
    mark: str, caption: str, widths: Sequence[float], parts: tuple[list[list[Block]], list[list[Block]]]
) -> Block:
    head, rows = parts
    told = {"kind": "table", "mark": mark, "caption": caption, "widths": list(widths), "head": head, "rows": rows}
    return told | {"uncut": False}
