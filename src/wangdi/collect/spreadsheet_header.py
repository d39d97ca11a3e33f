"""Finds the header of a sheet as an office lays it out: below titles, one to three rows, groups above sub-columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wangdi.collect.spreadsheet_cells import header_key, read_cell
from wangdi.collect.spreadsheet_files import Grid, Merge

SEARCHED_ROWS = 40
DEEPEST = 3
_NOT_A_NAME = re.compile(r"[-+]?[\d.,%/:\- ]+|\d{4}[-/.年]\d{1,2}.*|\d{14,17}[\dXx]|.{41,}")
_LABELLED = re.compile(r".+[:：].*")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a sheet. ``top`` and ``bottom`` count rows from 0.

    ``joined``: 血压/收缩压; ``leaf``: 收缩压. Missing: a column without a name has an empty text.
    """

    top: int
    bottom: int
    joined: tuple[str, ...]
    leaf: tuple[str, ...]


def find_header(grid: Grid, expected: frozenset[str]) -> Header | None:
    """The rows that name the columns, or None.

    Rule: names that a mapping knows (``expected``, as :func:`header_key` gives them) count most; then how many columns
    are named, that names are texts and that they differ; of equals the upper row.
    """
    texts = [[read_cell(cell)[0] or "" for cell in row] for row in grid.rows[: SEARCHED_ROWS + DEEPEST]]
    width = max((_last(row) for row in texts), default=0)
    texts = [list(row[:width]) + [""] * (width - len(row)) for row in texts]
    best: tuple[float, Header] | None = None
    for top in range(min(len(texts), SEARCHED_ROWS)):
        for depth in range(1, DEEPEST + 1):
            if top + depth > len(texts) or not all(
                _is_group_row(texts, row, grid) for row in range(top, top + depth - 1)
            ):
                break
            header = _header(texts, grid, top, depth)
            score = _score(header, expected, width) - 0.05 * top
            if score > 0 and (best is None or score > best[0]):
                best = score, header
    return None if best is None else best[1]


def _last(row: Sequence[str]) -> int:
    return max((index + 1 for index, text in enumerate(row) if text), default=0)


def is_name(text: str) -> bool:
    """Whether a cell may name a column: no number, date or identity number, and not a paragraph."""
    return bool(text) and _NOT_A_NAME.fullmatch(text) is None


def _score(header: Header, expected: frozenset[str], width: int) -> float:
    """How much a row looks like a header; not above 0 means it cannot be one."""
    named = [text for text in header.leaf if text]
    if not named or len(named) < min(2, width):
        return -1.0
    matched = sum(
        1
        for leaf, joined in zip(header.leaf, header.joined, strict=True)
        if leaf and (header_key(leaf) in expected or header_key(joined) in expected)
    )
    names = sum(1 for text in named if is_name(text) and not _LABELLED.fullmatch(text)) / len(named)
    if matched < 2 and (names < 0.75 or len(named) * 2 < width or len(named) == 1 > matched):
        return -1.0
    differ = len({text for text in header.joined if text}) / len(named)
    return 5.0 * matched + 4.0 * names * len(named) / width + 2.0 * differ


def _spans(texts: list[list[str]], row: int, grid: Grid) -> list[Merge]:
    """Groups on a row: merged cells over several columns; where merges are unknown, a name and gaps above names."""
    if grid.merges is not None:
        return [merge for merge in grid.merges if merge[0] == row == merge[2] and merge[3] > merge[1]]
    spans = []
    column, width = 0, len(texts[row])
    while column < width:
        right = column
        if texts[row][column]:
            while right + 1 < width and not texts[row][right + 1] and texts[row + 1][right + 1]:
                right += 1
            if right > column:
                spans.append((row, column, row, right))
        column = right + 1
    return spans


def _is_group_row(texts: list[list[str]], row: int, grid: Grid) -> bool:
    """Whether the next row names the sub-columns of this one: it fills in only below groups, and only with names.

    A row of data below a plain header has something below columns that are no groups.
    """
    if row + 1 >= len(texts):
        return False
    spans = _spans(texts, row, grid)
    below = texts[row + 1]
    grouped = {column for _, left, _, right in spans for column in range(left, min(right + 1, len(below)))}
    if not any(below[column] for column in grouped) or len([text for text in texts[row] if text]) < 2:
        return False
    if any(_LABELLED.fullmatch(text) for text in texts[row] if text):
        return False
    return all(
        is_name(text) and (column in grouped or not texts[row][column]) for column, text in enumerate(below) if text
    )


def _header(texts: list[list[str]], grid: Grid, top: int, depth: int) -> Header:
    """The names of the columns below so many rows of header."""
    filled = [list(row) for row in texts[top : top + depth]]
    for offset in range(depth - 1):
        for _, left, _, right in _spans(texts, top + offset, grid):
            for column in range(left, min(right + 1, len(filled[offset]))):
                filled[offset][column] = texts[top + offset][left]
    joined, leaf = [], []
    for column in range(len(filled[0])):
        parts: list[str] = []
        for row in filled:
            if row[column] and (not parts or parts[-1] != row[column]):
                parts.append(row[column])
        joined.append("/".join(parts))
        leaf.append(parts[-1] if parts else "")
    return Header(top, top + depth - 1, tuple(joined), tuple(leaf))


def name_columns(header: Header) -> tuple[tuple[str, ...], dict[str, int], dict[str, int]]:
    """The names of the columns, an index of every name that means one column, and names that mean several (how many).

    Rule: the leaf name where it is unique, else the joined one. A name that means several columns is in no index.
    """
    leaves = Counter(header_key(text) for text in header.leaf if text)
    wholes = Counter(header_key(text) for text in header.joined if text)
    names = tuple(
        leaf if leaves[header_key(leaf)] == 1 else joined
        for leaf, joined in zip(header.leaf, header.joined, strict=True)
    )
    index: dict[str, int] = {}
    for column, (leaf, joined) in enumerate(zip(header.leaf, header.joined, strict=True)):
        for text, counts in ((joined, wholes), (leaf, leaves)):
            if text and counts[header_key(text)] == 1:
                index.setdefault(header_key(text), column)
    several = {
        joined: wholes[header_key(joined)] for joined in dict.fromkeys(header.joined) if wholes[header_key(joined)] > 1
    }
    return names, index, several
