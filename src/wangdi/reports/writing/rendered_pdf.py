"""A report as a PDF in the layout of official documents: bookmarks, tags, and every number a link to the table of figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wangdi.catalog.figures import ToldFigure
from wangdi.reports import official_layout as layout
from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.typesetting import set_document
from wangdi.reports.writing.exhibits import Placed, place_exhibits, refer_pieces
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Piece, Report
from wangdi.reports.writing.rendered_html import address_of
from wangdi.reports.writing.showing import Tabulated, draw_picture, tabulate_areas
from wangdi.reports.writing.table import COLUMNS, NUMBERS, list_rows

Block = dict[str, Any]


def render_pdf(report: Report, pages: str) -> bytes:
    """The PDF. ``pages``: the address at which Wangdi is served. Errors: REPORT-008, REPORT-009."""
    day = report.day
    document = {
        "title": report.title,
        "date": [] if day is None else [day.year, day.month, day.day],
        "layout": _tell_layout(),
        "blocks": [{"kind": "title", "text": report.title}, *_blocks(report, pages)],
    }
    return set_document("report.typ", document)


def _tell_layout() -> Mapping[str, float]:
    named = ("TOP", "LEFT", "RIGHT", "BOTTOM", "NUMBER_BELOW", "LINES", "CHARACTERS", "TYPE_WIDTH", "TYPE_HEIGHT",
             "TITLE_SIZE", "BODY_SIZE", "NUMBER_SIZE", "CAPTION_SIZE", "TABLE_SIZE", "TITLE_HEIGHT")  # fmt: skip
    return {name.lower(): getattr(layout, name) for name in named}


def _blocks(report: Report, pages: str) -> Iterator[Block]:
    rows = {figure: number for number, (figure, _) in enumerate(list_rows(report), start=1)}
    placed = place_exhibits(report)
    for heading, _, paragraphs in number_headings(report):
        if heading:
            yield {"kind": "heading", "text": heading}
        for begins, paragraph in paragraphs:
            pieces = [_piece(one, rows) for one in refer_pieces(paragraph, placed)]
            yield {"kind": "paragraph", "head": begins, "pieces": pieces}
            yield from (_picture(report, one) for one in placed if one.paragraph == paragraph.id and one.picture)
    words = load_lexicon("writing")["table"]
    yield {"kind": "paragraph", "head": "", "pieces": [{"text": words["notes"] + "".join(report.notes)}]}
    tables = [_area_table(tabulate_areas(report, one, one.table)) for one in placed if one.table is not None]
    yield {"kind": "annex", "blocks": tables}
    yield {"kind": "across", "blocks": [_figure_table(report, pages)]}


def _piece(piece: Piece, rows: Mapping[ToldFigure, int]) -> dict[str, str]:
    if piece.exhibit:
        return {"text": piece.text, "to": piece.exhibit}
    return {"text": piece.text} if piece.figure is None else {"text": piece.text, "to": f"row_{rows[piece.figure]}"}


def _picture(report: Report, placed: Placed) -> Block:
    assert placed.picture is not None
    drawn = draw_picture(report, placed, placed.picture)
    return {"kind": "picture", "mark": drawn.mark, "caption": drawn.caption, "svg": drawn.svg, "alt": drawn.says}


def _area_table(table: Tabulated) -> Block:
    head = [[{"text": cell.text, "across": cell.across, "down": cell.down} for cell in row] for row in table.head]
    rows = [[{"text": text, "number": place > 0} for place, text in enumerate(row)] for row in table.rows]
    return _table(table.mark, table.caption, table.widths, (head, rows))


def _figure_table(report: Report, pages: str) -> Block:
    words = load_lexicon("writing")["table"]
    rows: list[list[Block]] = []
    for number, (figure, row) in enumerate(list_rows(report), start=1):
        cells: list[Block] = [{"text": row[name], "number": name in NUMBERS} for name in COLUMNS]
        cells[0] |= {"mark": f"row_{number}", "url": address_of(figure, pages)}
        rows.append(cells)
    head = [[{"text": words[name]} for name in COLUMNS]]
    return _table("figures", words["caption"], layout.FIGURE_WIDTHS, (head, rows))


def _table(
    mark: str, caption: str, widths: Sequence[float], parts: tuple[list[list[Block]], list[list[Block]]]
) -> Block:
    head, rows = parts
    return {"kind": "table", "mark": mark, "caption": caption, "widths": list(widths), "head": head, "rows": rows}
