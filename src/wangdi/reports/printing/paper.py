"""Text, pictures and tables as a PDF in the layout of official documents, for what is no work report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.reports.printing import official_layout as layout
from wangdi.reports.printing.typesetting import set_document

TEMPLATE = "report.typ"
UNCUT_ROWS, UNCUT_ACROSS = 14, 8
"""Rows of a table that surely fit on a page, high or across."""
LEAST_WIDE, MOST_WIDE = 4, 24
"""Of a column, in characters, when the columns share the page."""
_LATIN = 0x2000
_NUMBER = re.compile(r"[-+±≥≤<]?[\d.,]+\s?[%‰]?|—|")


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a part, with its number where it has one."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; ``centred``: a line below the title or in place of a table."""

    text: str
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with the caption below it, which is also what it says to those who do not see it."""

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under its caption. Grain: every row has as many cells as the header."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


Block = Heading | Words | Drawing | Grid


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed. ``across``: on pages wider than high; ``lang``: that of its texts, for readers that speak."""

    title: str
    blocks: Sequence[Block]
    day: date | None
    lang: str = "zh"
    across: bool = False


def print_paper(paper: Paper) -> bytes:
    """The PDF: the same paper gives the same bytes. Errors: REPORT-008, REPORT-009."""
    wide = layout.HEIGHT - layout.LEFT - layout.RIGHT if paper.across else layout.TYPE_WIDTH
    document = {
        "title": paper.title,
        "date": tell_day(paper.day),
        "lang": paper.lang,
        "across": paper.across,
        "layout": tell_layout(),
        "blocks": [{"kind": "title", "lines": [paper.title]}, *_tell(paper.blocks, wide)],
    }
    return set_document(TEMPLATE, document)


def tell_layout() -> Mapping[str, float]:
    """The measures of an official document as the template asks for them."""
    named = ("TOP", "LEFT", "RIGHT", "BOTTOM", "NUMBER_BELOW", "LINES", "CHARACTERS", "TYPE_WIDTH", "TYPE_HEIGHT",
             "TITLE_SIZE", "BODY_SIZE", "NUMBER_SIZE", "CAPTION_SIZE", "TABLE_SIZE", "TITLE_HEIGHT")  # fmt: skip
    return {name.lower(): getattr(layout, name) for name in named}


def tell_day(day: date | None) -> list[int]:
    """A day as the template takes it; empty where there is none."""
    return [] if day is None else [day.year, day.month, day.day]


def _tell(blocks: Sequence[Block], wide: float) -> Iterator[dict[str, Any]]:
    for place, one in enumerate(blocks):
        match one:
            case Heading(text):
                yield {"kind": "heading", "text": text}
            case Words(text, centred):
                yield {"kind": "line", "text": text} if centred else _paragraph(text)
            case Drawing(svg, caption):
                yield {"kind": "picture", "mark": f"part_{place}", "caption": caption, "svg": svg, "alt": caption}
            case Grid():
                yield _table(one, f"part_{place}", wide)


def _paragraph(text: str) -> dict[str, Any]:
    return {"kind": "paragraph", "head": "", "pieces": [{"text": text}]}


def _table(grid: Grid, mark: str, wide: float) -> dict[str, Any]:
    numbers = [all(_NUMBER.fullmatch(row[column]) for row in grid.rows) for column in range(len(grid.header))]
    return {
        "kind": "table",
        "mark": mark,
        "caption": grid.caption,
        "widths": share_width(grid, wide),
        "head": [[{"text": text} for text in grid.header]],
        "rows": [
            [{"text": text, "number": number} for text, number in zip(row, numbers, strict=True)] for row in grid.rows
        ],
        "uncut": len(grid.rows) <= (UNCUT_ROWS if wide == layout.TYPE_WIDTH else UNCUT_ACROSS),
    }


def share_width(grid: Grid, wide: float) -> list[float]:
    """How wide each column is: by its longest text, within bounds, together as wide as the page. Units: as given."""
    longest = [max(_width(text) for text in column) for column in zip(grid.header, *grid.rows, strict=True)]
    shares = [min(max(one, LEAST_WIDE), MOST_WIDE) for one in longest]
    return [wide * one / sum(shares) for one in shares]


def _width(text: str) -> float:
    """Units: characters; those of Latin take half of one."""
    return sum(1.0 if ord(one) > _LATIN else 0.5 for one in text)
