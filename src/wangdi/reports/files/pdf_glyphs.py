"""Signs on a page and the lines they stand in: what every reading of a PDF begins with. Lengths are in points, downwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SAME_LINE = 0.4
"""Of a sign's height: baselines nearer than this are one line."""
_PARTED = 0.8
"""Of a sign's height: a wider gap parts two pieces of a line. Justified Chinese is stretched by half of that at most."""
_SPACED = 0.55
"""A gap that a reader sees as a space even beside a Chinese sign; beside Latin ones a narrower one is."""
_SPACED_LATIN = 0.15
_DRAWN_TWICE, _TOUCHING = 0.2, 0.1
_LATIN = re.compile(r"[!-~]")


class Glyph(NamedTuple):
    """A sign, from left to right edge, on its baseline. ``size``: its height."""

    text: str
    left: float
    right: float
    base: float
    size: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line. ``at``: how far down it lies, or how far right it stands; from ``start`` to ``end`` the other way."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """What is drawn on a page: its signs, and its lines across and down."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Signs of one line without a gap that parts them."""

    text: str
    left: float
    right: float
    base: float
    size: float

    @property
    def top(self) -> float:
        """Where it begins from above."""
        return self.base - self.size

    @property
    def bottom(self) -> float:
        """Where it ends below: its baseline."""
        return self.base


def group_rows(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Signs as rows from above to below, each from left to right."""
    rows: list[list[Glyph]] = []
    for one in sorted(glyphs, key=lambda glyph: glyph.base):
        if not rows or one.base - rows[-1][0].base > _SAME_LINE * max(one.size, rows[-1][0].size):
            rows.append([])
        rows[-1].append(one)
    return [sorted(row, key=lambda glyph: glyph.left) for row in rows]


def find_rows(glyphs: Iterable[Glyph]) -> list[list[Piece]]:
    """Signs as rows from above to below, each with its pieces from left to right."""
    return [pieces for row in group_rows(glyphs) if (pieces := _find_pieces(row))]


def find_words(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Signs that touch each other: what nobody reads apart, even where a line of a table runs through it."""
    words: list[list[Glyph]] = []
    for row in group_rows(glyphs):
        right = None
        for one in row:
            if right is None or one.left - right > _TOUCHING * one.size:
                words.append([])
            words[-1].append(one)
            right = one.right
    return words


def _find_pieces(row: Sequence[Glyph]) -> list[Piece]:
    pieces: list[list[Glyph]] = []
    right, spaced = 0.0, False
    for one in row:
        if one.text.isspace():
            spaced = True
            continue
        last = pieces[-1][-1] if pieces else None
        if last and one.text == last.text and one.left - last.left < _DRAWN_TWICE * one.size:
            continue  # bold by drawing twice
        gap = (one.left - right) / one.size
        if last is None or gap > _PARTED:
            pieces.append([])
        elif gap > _SPACED or ((spaced or gap > _SPACED_LATIN) and _are_latin(last, one)):
            pieces[-1].append(Glyph(" ", right, one.left, one.base, one.size))
        pieces[-1].append(one)
        right, spaced = max(right, one.right) if last else one.right, False
    return [_join(one) for one in pieces]


def _are_latin(*glyphs: Glyph) -> bool:
    return all(_LATIN.match(one.text) for one in glyphs)


def _join(glyphs: Sequence[Glyph]) -> Piece:
    sizes = sorted(one.size for one in glyphs)
    text = "".join(one.text for one in glyphs)
    bases = sorted(one.base for one in glyphs)
    middle = len(glyphs) // 2
    return Piece(text, glyphs[0].left, max(one.right for one in glyphs), bases[middle], sizes[middle])
