"""A report as a page of its own: claims underlined, their reading on hover, verdicts in the margin. Needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from wangdi.reports.marked.marking import Comparison, MarkedParagraph, Piece, Verdict, group_rows, tell_piece
from wangdi.reports.matching.against_data import UNMATCHED
from wangdi.reports.matching.against_data import VERDICTS as DATA_VERDICTS
from wangdi.reports.relations.ground import IMPOSSIBLE, SEVERITIES

_MOST_NOTES = 4
"""Numbers of verdicts behind one claim; a figure that many relations doubt needs no longer list."""

_STYLE = """
:root{color-scheme:light dark}
body{font:1rem/1.8 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
.row{display:grid;grid-template-columns:minmax(0,1fr) 22rem;gap:1.5rem}
p{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.claim{border-bottom:1px solid #6b7280;text-decoration:none}
.impossible{background:#fecaca;color:#450a0a}.arithmetic{background:#fed7aa;color:#431407}
.bases{background:#fef08a;color:#422006}.unverifiable{background:#dbeafe;color:#172554}
.agrees{border-bottom:3px double #15803d}.differs{border-bottom:3px solid #b45309}.unmatched{border-bottom:1px dashed #6b7280}
sup{font-size:.7em;color:#6b7280;margin-left:.1em}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;line-height:1.4;margin:.4rem 0}
td.verdict{white-space:nowrap}td,th{border:1px solid #9ca3af;padding:.15rem .5rem;text-align:left}
aside{font-size:.85rem;line-height:1.5;border-left:3px solid #9ca3af;padding-left:.6rem;margin:.4rem 0}
aside q,aside small{display:block;margin-top:.2rem}aside q{quotes:none;opacity:.8}
@media(max-width:60rem){.row{grid-template-columns:minmax(0,1fr)}}
@media print{body{max-width:none;margin:0}.row{grid-template-columns:minmax(0,1fr) 16rem}}
"""


def render_html(
    paragraphs: Sequence[MarkedParagraph], comparisons: Sequence[Comparison], words: Mapping[str, str]
) -> str:
    """The page. ``words``: ``lang``, ``title``, ``summary``, one for each severity, part of a reading and verdict of the data.

    ``comparisons``: what the data say of every result; empty without a city.
    """
    rows = [_rows(group, words) for group in group_rows(paragraphs)]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(words["title"])}</title>'
    told = "".join(f"<p>{escape(line)}</p>\n" for line in words["summary"].split("\n"))
    return (
        f'<!doctype html>\n<html lang="{escape(words["lang"])}"><head>{head}<style>{_STYLE}</style></head>\n'
        f"<body><h1>{escape(words['title'])}</h1>{told}<p>{_legend(words, bool(comparisons))}</p>\n"
        + "\n".join(rows)
        + _compare(comparisons, words)
        + "\n</body></html>\n"
    )


def _legend(words: Mapping[str, str], with_data: bool) -> str:
    """What each mark means."""
    kinds = [*SEVERITIES, *(DATA_VERDICTS if with_data else ())]
    return " ".join(f'<span class="claim {kind}">{escape(words[kind])}</span>' for kind in kinds)


def _rows(group: Sequence[MarkedParagraph], words: Mapping[str, str]) -> str:
    """A paragraph, or a table, with its verdicts beside it."""
    notes = "".join(_note(number, verdict, words) for one in group for number, verdict in one.notes)
    told = [["".join(_mark(piece, words) for piece in cell) for cell in one.cells] for one in group]
    if len(told[0]) == 1:
        text = f"<p>{told[0][0]}</p>"
    else:
        lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in told)
        text = f'<div class="wide"><table>{lines}</table></div>'
    return f'<div class="row">{text}<div>{notes}</div></div>'


def _mark(piece: Piece, words: Mapping[str, str]) -> str:
    if piece.claim is None:
        return escape(piece.text)
    kind = " ".join(one for one in ("claim", piece.data[0], piece.worst) if one)
    numbers = f"<sup>{' '.join(map(str, piece.notes[:_MOST_NOTES]))}</sup>" if piece.notes else ""
    shown = escape(tell_piece(piece, words))
    return f'<span class="{kind}" tabindex="0" title="{shown}">{escape(piece.text)}</span>{numbers}'


def _note(number: int, one: Verdict, words: Mapping[str, str]) -> str:
    quotes = "".join(f"<q>{escape(quote)}</q>" for quote in one.quotes)
    hint = f"<small>{escape(one.hint)}</small>" if one.hint else ""
    strong = f"{number}. {words[one.severity]}"
    role = ' role="alert"' if one.severity == IMPOSSIBLE else ""
    return f'<aside class="{one.severity}"{role}><strong>{escape(strong)}</strong> {escape(one.text)}{hint}{quotes}</aside>'


def _compare(comparisons: Sequence[Comparison], words: Mapping[str, str]) -> str:
    """What the data say of every result; what is matched to no indicator is folded away."""
    if not comparisons:
        return ""
    matched = [one for one in comparisons if one.verdict != UNMATCHED]
    others = [one for one in comparisons if one.verdict == UNMATCHED]
    folded = f"<details><summary>{escape(words[UNMATCHED])} {len(others)}</summary>{_tabulate(others, words)}</details>"
    return f"\n<h2>{escape(words['against'])}</h2>{_tabulate(matched, words)}{folded if others else ''}"


def _tabulate(comparisons: Sequence[Comparison], words: Mapping[str, str]) -> str:
    head = "".join(f"<th>{escape(words[name])}</th>" for name in ("claimed", "verdict", "data"))
    lines = "".join(
        f'<tr><td>{escape(one.claimed)}</td><td class="verdict">{escape(words[one.verdict])}</td><td>{escape(one.told)}</td></tr>'
        for one in comparisons
    )
    return f'<div class="wide"><table><tr>{head}</tr>{lines}</table></div>' if comparisons else ""
