"""A report as a page of its own: claims underlined, their reading on hover, verdicts in the margin. Needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from wangdi.reports.claims import Claim
from wangdi.reports.ground import IMPOSSIBLE, SEVERITIES, Ground

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said in the margin. ``claims``: places of the claims it is about; ``quotes``: the sentences they stand in."""

    claims: tuple[int, ...]
    severity: str
    text: str
    hint: str
    quotes: tuple[str, ...]


def render_html(ground: Ground, verdicts: Sequence[Verdict], words: Mapping[str, str]) -> str:
    """The page. ``words``: ``lang``, ``title``, ``summary``, and a word for each severity and part of a claim's reading."""
    worst = _worst_of(verdicts)
    beside: dict[int, list[str]] = {}
    for number, verdict in enumerate(verdicts, start=1):
        beside.setdefault(verdict.claims[0], []).append(_note(number, verdict, words))
    rows = []
    for paragraph in ground.layout.paragraphs:
        text = ground.text[paragraph.start : paragraph.end].rstrip("\r\n")
        if not text.strip():
            continue
        inside = range(ground.first_from(paragraph.start), ground.first_from(paragraph.end))
        marked = _mark(text, paragraph.start, [(index, ground.claims[index]) for index in inside], worst, words)
        notes = "".join(note for index in inside for note in beside.get(index, ()))
        rows.append(f'<div class="row"><p>{marked}</p><div>{notes}</div></div>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(words["title"])}</title>'
    return (
        f'<!doctype html>\n<html lang="{escape(words["lang"])}"><head>{head}<style>{_STYLE}</style></head>\n'
        f"<body><h1>{escape(words['title'])}</h1><p>{escape(words['summary'])}</p>\n"
        + "\n".join(rows)
        + "\n</body></html>\n"
    )


def _worst_of(verdicts: Sequence[Verdict]) -> dict[int, str]:
    """The gravest severity that a claim is part of."""
    worst: dict[int, str] = {}
    for one in verdicts:
        for claim in one.claims:
            known = worst.get(claim)
            if known is None or SEVERITIES.index(one.severity) < SEVERITIES.index(known):
                worst[claim] = one.severity
    return worst


def _mark(
    text: str, start: int, claims: Sequence[tuple[int, Claim]], worst: Mapping[int, str], words: Mapping[str, str]
) -> str:
    parts, place = [], 0
    for index, one in claims:
        low, high = one.start - start, one.end - start
        if low < place:
            continue
        parts.append(escape(text[place:low]))
        kind = f"claim {worst[index]}" if index in worst else "claim"
        parts.append(
            f'<span class="{kind}" tabindex="0" title="{escape(_reading(one, words))}">{escape(text[low:high])}</span>'
        )
        place = high
    return "".join(parts) + escape(text[place:])


def _reading(one: Claim, words: Mapping[str, str]) -> str:
    """A claim as it was read, for the hover."""
    per = f" / {one.per}" if one.per else ""
    lines = (
        (words["indicator"], one.indicator),
        (
            words["value"],
            f"{one.comparator} {one.value:g}{'' if one.value_hi is None else f'—{one.value_hi:g}'} {one.unit}{per}",
        ),
        (words["status"], words[one.status]),
        (words["period"], one.period.text()),
        (words["region"], one.region),
    )
    return "\n".join(f"{name}: {value}" for name, value in lines if value.strip())


def _note(number: int, one: Verdict, words: Mapping[str, str]) -> str:
    quotes = "".join(f"<q>{escape(quote)}</q>" for quote in one.quotes)
    hint = f" {escape(one.hint)}" if one.hint else ""
    strong = f"{number}. {words[one.severity]}"
    role = ' role="alert"' if one.severity == IMPOSSIBLE else ""
    return f'<aside class="{one.severity}"{role}><strong>{escape(strong)}</strong> {escape(one.text)}{hint}{quotes}</aside>'
