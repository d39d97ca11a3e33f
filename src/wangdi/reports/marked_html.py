"""A report as a page of its own: claims underlined, their reading on hover, verdicts in the margin. Needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from wangdi.reports.ground import IMPOSSIBLE, Ground
from wangdi.reports.marking import Piece, Verdict, mark_paragraphs, tell_reading

_STYLE = """
:root{color-scheme:light dark}
body{font:1rem/1.8 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
.row{display:grid;grid-template-columns:minmax(0,1fr) 22rem;gap:1.5rem}
p{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.claim{border-bottom:1px solid #6b7280;text-decoration:none}
.impossible{background:#fecaca;color:#450a0a}.arithmetic{background:#fed7aa;color:#431407}
.bases{background:#fef08a;color:#422006}.unverifiable{background:#dbeafe;color:#172554}
aside{font-size:.85rem;line-height:1.5;border-left:3px solid #9ca3af;padding-left:.6rem;margin:.4rem 0}
aside q{display:block;opacity:.8}
@media(max-width:60rem){.row{grid-template-columns:minmax(0,1fr)}}
@media print{body{max-width:none;margin:0}.row{grid-template-columns:minmax(0,1fr) 16rem}}
"""


def render_html(ground: Ground, verdicts: Sequence[Verdict], words: Mapping[str, str]) -> str:
    """The page. ``words``: ``lang``, ``title``, ``summary``, and a word for each severity and part of a claim's reading."""
    rows = []
    for paragraph in mark_paragraphs(ground, verdicts):
        text = "".join(_mark(piece, words) for piece in paragraph.pieces)
        notes = "".join(_note(number, verdict, words) for number, verdict in paragraph.notes)
        rows.append(f'<div class="row"><p>{text}</p><div>{notes}</div></div>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(words["title"])}</title>'
    return (
        f'<!doctype html>\n<html lang="{escape(words["lang"])}"><head>{head}<style>{_STYLE}</style></head>\n'
        f"<body><h1>{escape(words['title'])}</h1><p>{escape(words['summary'])}</p>\n"
        + "\n".join(rows)
        + "\n</body></html>\n"
    )


def _mark(piece: Piece, words: Mapping[str, str]) -> str:
    if piece.claim is None:
        return escape(piece.text)
    kind = f"claim {piece.worst}".rstrip()
    return f'<span class="{kind}" tabindex="0" title="{escape(tell_reading(piece.claim, words))}">{escape(piece.text)}</span>'


def _note(number: int, one: Verdict, words: Mapping[str, str]) -> str:
    quotes = "".join(f"<q>{escape(quote)}</q>" for quote in one.quotes)
    hint = f" {escape(one.hint)}" if one.hint else ""
    strong = f"{number}. {words[one.severity]}"
    role = ' role="alert"' if one.severity == IMPOSSIBLE else ""
    return f'<aside class="{one.severity}"{role}><strong>{escape(strong)}</strong> {escape(one.text)}{hint}{quotes}</aside>'
