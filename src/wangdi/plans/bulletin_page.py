"""The page of a round as one HTML file that needs nothing beside it: to be sent, printed or put on a notice board."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

FIRST, LAST = ("turns", "owners", "scores"), ("items", "steps")
"""Tables before the rankings and after them: who is behind is read first, every item may be looked up."""
SIGNS = {"done": "✔", "green": "●", "amber": "▲", "red": "✖", "grey": "○", "closed": "✔", "open": "↺"}
"""A light is its shape and word before it is a colour."""
PRINTED_SIGNS = {**SIGNS, "done": "√", "red": "×", "closed": "√", "open": "○"}
"""The same in signs of GB 2312, which every face of Chinese print has."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its light (empty: none) and its texts."""

    light: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A table of its own under a title."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One round's texts. ``between``: its first and last day; ``tables``: by name; ``rankings``: a table for each item."""

    every: str
    area: str
    between: tuple[str, str]
    tables: Mapping[str, tuple[Line, ...]]
    rankings: tuple[Block, ...]


@cache
def bulletin_words(lang: str) -> Mapping[str, str]:
    """The words of a round's page: titles, and columns between bars."""
    text = files("wangdi.plans").joinpath("data", "bulletin.toml").read_text(encoding="utf-8")
    found: Mapping[str, str] = tomllib.loads(text)[lang]
    return found


def title_of(page: Page, lang: str) -> str:
    """What a round's page is called."""
    return bulletin_words(lang)[f"title_{page.every}"].format(area=page.area)


def page_json(page: Page) -> dict[str, Any]:
    """A page as the ledger keeps it."""
    return asdict(page)


def page_from_json(body: Mapping[str, Any]) -> Page:
    """A page from the ledger."""
    first, last = body["between"]
    tables = {name: _lines(rows) for name, rows in body["tables"].items()}
    rankings = tuple(Block(one["title"], _lines(one["lines"])) for one in body["rankings"])
    return Page(body["every"], body["area"], (first, last), tables, rankings)


def _lines(rows: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    return tuple(Line(row["light"], tuple(row["texts"])) for row in rows)


def render_bulletin(page: Page, lang: str) -> str:
    """The page. Everything that comes from outside is escaped."""
    words = bulletin_words(lang)
    title = title_of(page, lang)
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(page.between[0])} — {escape(page.between[1])}</p>"]
    parts += _sections(page, FIRST, words)
    if page.rankings:
        ranked = [_table(block.title, words["rankings_columns"], block.lines, words) for block in page.rankings]
        parts += [f"<h2>{escape(words['rankings'])}</h2>", "<div class='rankings'>", *ranked, "</div>"]
    parts += _sections(page, LAST, words)
    if not page.tables["items"]:
        parts.append(f"<p>{escape(words['nothing'])}</p>")
    body = "\n".join([*parts, f"<p class='note'>{escape(words['note'])}</p>"])
    code = "zh-CN" if lang == "zh" else "en"
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{_STYLE}</style>"
    return f"<!DOCTYPE html>\n<html lang='{code}'><head>{head}</head><body><main>\n{body}\n</main></body></html>\n"


def _sections(page: Page, names: Sequence[str], words: Mapping[str, str]) -> list[str]:
    return [
        f"<h2>{escape(words[name])}</h2>\n{_table('', words[f'{name}_columns'], page.tables[name], words)}"
        for name in names
        if page.tables[name]
    ]


def _table(caption: str, columns: str, lines: Sequence[Line], words: Mapping[str, str]) -> str:
    lit = any(line.light for line in lines)
    heads = [*([words["light"]] if lit else []), *columns.split("|")]
    rows = []
    for line in lines:
        cells = "".join(f"<td>{escape(text)}</td>" for text in line.texts)
        if lit:
            sign, word = SIGNS.get(line.light, ""), words.get(f"light_{line.light}", "")
            cells = f"<td class='{escape(line.light)}'><b>{sign}</b> {escape(word)}</td>{cells}"
        rows.append(f"<tr>{cells}</tr>")
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in heads)
    return f"<table>{told}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


_STYLE = """
body{font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;margin:0;color:#1d2429;background:#fff}
main{max-width:86rem;margin:0 auto;padding:1.5rem}
table{border-collapse:collapse;width:100%;margin:0 0 1.2rem;font-variant-numeric:tabular-nums}
th,td{border:1px solid #bbb;padding:.3rem .55rem;text-align:left;vertical-align:top}
th{background:#f4f2ec;white-space:nowrap}caption{text-align:left;font-weight:600;padding:.3rem 0}
.red{color:#9b1c16}.amber{color:#7a4b00}.green,.done,.closed{color:#24602c}.grey{color:#5b656b}.open{color:#9b1c16}
.rankings{display:grid;grid-template-columns:repeat(auto-fill,minmax(34rem,1fr));gap:0 1.5rem;align-items:start}
td:first-child{white-space:nowrap}.note{color:#5b656b}
@media print{main{padding:0}tr{break-inside:avoid}@page{margin:14mm}}
"""
