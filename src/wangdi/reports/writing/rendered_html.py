"""A report as a page of its own: every number leads to its figure; needs no script, and prints as an official document."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.exhibits import Placed, place_exhibits, refer_pieces
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Piece, Report
from wangdi.reports.writing.showing import Tabulated, draw_picture, tabulate
from wangdi.reports.writing.table import COLUMNS, NUMBERS, list_rows

_STYLE = """
body{font:1rem/1.9 FangSong,"仿宋_GB2312",STFangsong,"Noto Serif CJK SC",serif;margin:2rem auto;max-width:46rem;padding:0 1rem}
h1{font:700 1.6rem/1.5 "方正小标宋简体","Noto Serif CJK SC",serif;text-align:center}
h2{font:700 1.1rem/1.9 SimHei,"黑体","Noto Sans CJK SC",sans-serif;margin:1rem 0 0;text-indent:2em}
p{margin:0;text-align:justify;text-indent:2em}
.head{font-family:KaiTi,"楷体_GB2312",STKaiti,"Noto Serif CJK SC",serif;font-weight:700}
a{color:inherit;text-decoration:underline dotted;text-underline-offset:.25em}
.notes{border-top:1px solid #6b7280;font-size:.85rem;line-height:1.6;margin-top:1.5rem;padding-top:.5rem}
table{border-collapse:collapse;font-size:.8rem;line-height:1.5;margin-top:1rem;width:100%}
caption{font-weight:700;padding:.4rem}
th,td{border:1px solid #6b7280;padding:.15rem .4rem;text-align:left}
figure{margin:.5rem 0;break-inside:avoid}figcaption{font-weight:700;text-align:center}svg{width:100%}
th[scope=colgroup]{text-align:center}
td.number{font-variant-numeric:tabular-nums;text-align:right}
@media print{body{max-width:none;margin:0}a{text-decoration:none}@page{size:A4;margin:37mm 26mm 35mm 28mm}}
"""
_NUMBER = ' class="number"'


def render_page(report: Report, pages: str) -> str:
    """The page. ``pages``: the address at which Wangdi is served."""
    body = [f"<h1>{escape(report.title)}</h1>"]
    placed = place_exhibits(report)
    for heading, section, paragraphs in number_headings(report):
        body.append(f'<h2 id="{escape(section.id)}">{escape(heading)}</h2>' if heading else "")
        for begins, paragraph in paragraphs:
            head = f'<span class="head">{escape(begins)}</span>' if begins else ""
            pieces = refer_pieces(paragraph, placed)
            text = "".join(_link(piece, pages) for piece in pieces)
            body.append(f'<p id="{escape(paragraph.id)}">{head}{text}</p>')
            body += [_figure(report, one) for one in placed if one.paragraph == paragraph.id]
    tables = "".join(_exhibit(tabulate(report, one), pages) for one in placed if one.is_table)
    notes = escape(load_lexicon("writing")["table"]["notes"] + "".join(report.notes))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(report.title)}</title>'
    return (
        f'<!doctype html>\n<html lang="zh"><head>{head}<style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(part for part in body if part)
        + f'\n<p class="notes">{notes}</p>\n{tables}{_table(report, pages)}\n</body></html>\n'
    )


def address_of(figure: ToldFigure, pages: str) -> str:
    """The page of a figure, at what was known when the report was written."""
    query = urlencode({"area": figure.area, "period": figure.period, "known": figure.known})
    return f"{pages.rstrip('/')}/indicator/{figure.indicator}?{query}"


def address_of_piece(piece: Piece, pages: str) -> str:
    """Where a part of a text leads: the page of its figure, else of the item it tells of. Missing: empty."""
    if piece.figure is not None:
        return address_of(piece.figure, pages)
    return f"{pages.rstrip('/')}{piece.page}" if piece.page else ""


def _figure(report: Report, placed: Placed) -> str:
    if placed.picture is None:
        return ""
    drawn = draw_picture(report, placed, placed.picture)
    caption = f"<figcaption>{escape(drawn.caption)}</figcaption>"
    return f'<figure id="{drawn.mark}" aria-label="{escape(drawn.says)}">{drawn.svg}{caption}</figure>'


def _link(piece: Piece, pages: str) -> str:
    if piece.exhibit:
        return f'<a href="#{piece.exhibit}">{escape(piece.text)}</a>'
    address = address_of_piece(piece, pages)
    return f'<a href="{escape(address)}">{escape(piece.text)}</a>' if address else escape(piece.text)


def _exhibit(table: Tabulated, pages: str) -> str:
    """Rows and columns are told apart for readers that speak: a head of one or two rows, and a head for each row."""
    heads = [
        "".join(
            f'<th scope="{"colgroup" if one.across > 1 else "col"}" colspan="{one.across}" rowspan="{one.down}">'
            f"{escape(one.text)}</th>"
            for one in row
        )
        for row in table.head
    ]
    rows = [
        f'<tr><th scope="row">{_link(row[0], pages)}</th>'
        + "".join(
            f"<td{_NUMBER if number else ''}>{_link(cell, pages)}</td>"
            for cell, number in zip(row[1:], table.numbers[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    ]
    head = "".join(f"<tr>{one}</tr>" for one in heads)
    return (
        f'<table id="{table.mark}"><caption>{escape(table.caption)}</caption>'
        f"<thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>\n"
    )


def _table(report: Report, pages: str) -> str:
    words = load_lexicon("writing")["table"]
    heads = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in COLUMNS)
    rows = []
    for figure, row in list_rows(report):
        cells = [
            f'<td class="number">{escape(row[name])}</td>' if name in NUMBERS else f"<td>{escape(row[name])}</td>"
            for name in COLUMNS[1:]
        ]
        first = f'<td><a href="{escape(address_of(figure, pages))}">{escape(row[COLUMNS[0]])}</a></td>'
        rows.append(f"<tr>{first}{''.join(cells)}</tr>")
    caption = f"<caption>{escape(words['caption'])}</caption>"
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
