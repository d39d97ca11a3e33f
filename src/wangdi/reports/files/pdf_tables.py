"""Tables on a page of a PDF: those drawn with lines, and those whose columns only stand apart."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wangdi.reports.files.pdf_glyphs import Glyph, Page, Piece, Rule, find_rows, find_words

_NEAR = 3.0
"""Points: lines this near are one, and so is the corner where they meet."""
_SHORTEST = 6.0
_MOST_RULES = 1000
"""Of a drawing with more lines than this nothing is a table."""
_NUMBER = re.compile(r"[-−－+]?[\d,]+(?:\.\d+)?\s?[%‰]?|[-—–/]+")
_FAR_IN = 3
"""Signs: how far from the left edge of a table a line of one cell must begin to belong to its header."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table where it stands. ``rows``: the text of every cell; of merged cells the first holds it and the others are empty."""

    top: float
    bottom: float
    left: float
    right: float
    rows: tuple[tuple[str, ...], ...]

    def holds(self, one: Glyph) -> bool:
        """Whether a sign stands in it."""
        across, down = _middle(one)
        return self.top < down < self.bottom and self.left < across < self.right


def _middle(one: Glyph) -> tuple[float, float]:
    return (one.left + one.right) / 2, one.base - one.size / 3


def find_drawn(page: Page) -> list[Table]:
    """The tables of a page that are drawn with lines.

    Missing: a frame around text, and what has one column only.
    """
    if len(page.across) + len(page.down) > 20 * _MOST_RULES:
        return []
    across, down = _merge(page.across), _merge(page.down)
    if len(across) + len(down) > _MOST_RULES:
        return []
    return [table for group in _connect(across, down) if (table := _read_grid(page, *group)) is not None]


def _merge(rules: Iterable[Rule]) -> list[Rule]:
    """Lines on one height, or of one column, that touch are one line: every cell draws its own border."""
    found: list[Rule] = []
    for level in _cluster(sorted(rules, key=lambda rule: rule.at)):
        at = level[len(level) // 2].at
        start, end = 0.0, -1.0
        for one in sorted(level, key=lambda rule: rule.start):
            if end < start or one.start > end + _NEAR:
                if end > start:
                    found.append(Rule(at, start, end))
                start, end = one.start, one.end
            end = max(end, one.end)
        found.append(Rule(at, start, end))
    return [one for one in found if one.end - one.start > _SHORTEST]


def _cluster(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    level: list[Rule] = []
    for one in rules:
        if level and one.at - level[0].at > _NEAR:
            yield level
            level = []
        level.append(one)
    if level:
        yield level


def _connect(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Lines that cross or touch each other, directly or through others."""
    groups: list[tuple[list[Rule], list[Rule]]] = []
    left = list(down)
    waiting = list(across)
    while waiting:
        group: tuple[list[Rule], list[Rule]] = ([], [])
        rows, columns = [waiting.pop()], list[Rule]()
        while rows or columns:
            if rows:
                row = rows.pop()
                group[0].append(row)
                met = [one for one in left if _meet(row, one)]
                left = [one for one in left if not _meet(row, one)]
                columns += met
            else:
                column = columns.pop()
                group[1].append(column)
                rows += [one for one in waiting if _meet(one, column)]
                waiting = [one for one in waiting if not _meet(one, column)]
        groups.append(group)
    return groups


def _meet(row: Rule, column: Rule) -> bool:
    crosses = row.start - _NEAR <= column.at <= row.end + _NEAR
    return crosses and column.start - _NEAR <= row.at <= column.end + _NEAR


def _edges(rules: Sequence[Rule], others: Sequence[Rule]) -> list[float]:
    """Where the cells end one way: at the lines, and where the lines of the other way end in the open."""
    found = sorted({one.at for one in rules})
    edges = [at for place, at in enumerate(found) if place == 0 or at - found[place - 1] > _NEAR]
    first, last = min(one.start for one in others), max(one.end for one in others)
    if edges and first < edges[0] - 2 * _NEAR:
        edges.insert(0, first)
    if edges and last > edges[-1] + 2 * _NEAR:
        edges.append(last)
    return edges


Lines = list[Piece]


def _read_grid(page: Page, across: Sequence[Rule], down: Sequence[Rule]) -> Table | None:
    if len(across) < 2 or not down:
        return None
    rows, columns = _edges(across, down), _edges(down, across)
    if len(rows) < 2 or len(columns) < 3:
        return None
    inside: dict[tuple[int, int], list[Glyph]] = {}
    heads = _merged(rows, columns, across, down)
    held = [one for one in page.glyphs if rows[0] < _middle(one)[1] < rows[-1] and not one.text.isspace()]
    for word in find_words(held):
        row = bisect_right(rows, _middle(word[0])[1]) - 1
        column = bisect_right(columns, (word[0].left + word[-1].right) / 2) - 1
        if 0 <= column < len(columns) - 1:
            inside.setdefault(heads[row, column], []).extend(word)
    cells = {place: [_one_line(pieces) for pieces in find_rows(glyphs)] for place, glyphs in inside.items()}
    told = tuple(
        line for row in range(len(rows) - 1) for line in _tell_row(cells, heads, row, len(columns) - 1) if any(line)
    )
    return Table(rows[0], rows[-1], columns[0], columns[-1], told) if told else None


def _one_line(pieces: Sequence[Piece]) -> Piece:
    first, last = pieces[0], pieces[-1]
    text = "".join(piece.text for piece in pieces) if not first.text.isascii() else " ".join(one.text for one in pieces)
    return Piece(text, first.left, last.right, first.base, first.size)


def _merged(
    rows: Sequence[float], columns: Sequence[float], across: Sequence[Rule], down: Sequence[Rule]
) -> dict[tuple[int, int], tuple[int, int]]:
    """For every cell the first of those it is one with: no line is drawn between them."""
    heads: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            middle = (rows[row] + rows[row + 1]) / 2, (columns[column] + columns[column + 1]) / 2
            heads[row, column] = row, column
            if row and not _is_drawn(across, rows[row], middle[1]):
                heads[row, column] = heads[row - 1, column]
            elif column and not _is_drawn(down, columns[column], middle[0]):
                heads[row, column] = heads[row, column - 1]
    return heads


def _is_drawn(rules: Iterable[Rule], at: float, place: float) -> bool:
    return any(abs(one.at - at) <= _NEAR and one.start <= place <= one.end for one in rules)


def _tell_row(
    cells: dict[tuple[int, int], Lines], heads: dict[tuple[int, int], tuple[int, int]], row: int, width: int
) -> list[tuple[str, ...]]:
    """A row of a grid as it is read; as several where no line parts the numbers that stand one under the other in its cells."""
    own = [cells.get((row, column), []) if heads[row, column] == (row, column) else [] for column in range(width)]
    numbered = [lines for lines in own if len(lines) > 1 and all(_NUMBER.fullmatch(line.text) for line in lines)]
    if len(numbered) < 2 or len({len(lines) for lines in numbered}) > 1:
        return [tuple(_join_lines(lines) for lines in own)]
    levels = [line.base for line in numbered[0]]
    told = [["" for _ in own] for _ in levels]
    for column, lines in enumerate(own):
        for line in lines:
            level = min(range(len(levels)), key=lambda place: abs(levels[place] - line.base))
            told[level][column] = join_text(told[level][column], line.text)
    return [tuple(one) for one in told]


def _join_lines(lines: Iterable[Piece]) -> str:
    text = ""
    for line in lines:
        text = join_text(text, line.text)
    return text


def join_text(text: str, more: str) -> str:
    """Two lines of one paragraph as one: Latin words stay apart, Chinese needs no space."""
    apart = text[-1:].isascii() and text[-1:].isalpha() and more[:1].isascii() and more[:1].isalnum()
    return f"{text} {more}" if apart else text + more


def tell_spaced(rows: Sequence[Sequence[Piece]]) -> list[tuple[str, ...]] | None:
    """Rows of pieces as a table by where they stand; None where they are none.

    Rule: rows with a number behind their first piece are the body, and tell the columns. A piece over several is the first's.
    """
    body = [row for row in rows if is_body(row)]
    if len(rows) < 2 or not body:
        return None
    columns = _find_columns(body)
    if len(columns) < 2:
        return None
    told = []
    for row in rows:
        cells = ["" for _ in columns]
        for one in row:
            place = _column_of(columns, one)
            cells[place] = f"{cells[place]} {one.text}".strip()
        told.append(tuple(cells))
    return told


def _find_columns(rows: Iterable[Sequence[Piece]]) -> list[tuple[float, float]]:
    columns: list[tuple[float, float]] = []
    for left, right in sorted((one.left, one.right) for row in rows for one in row):
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(right, columns[-1][1])
        else:
            columns.append((left, right))
    return columns


def _column_of(columns: Sequence[tuple[float, float]], one: Piece) -> int:
    """The first column a piece stands over, else the nearest."""
    over = [place for place, (left, right) in enumerate(columns) if one.left < right and left < one.right]
    middle = (one.left + one.right) / 2
    return over[0] if over else min(range(len(columns)), key=lambda place: abs(sum(columns[place]) / 2 - middle))


def find_spaced(rows: Sequence[Sequence[Piece]]) -> list[tuple[int, int]]:
    """Runs of rows, first and behind the last, that may be a table: each in pieces, or a line of its header under one above."""
    runs: list[tuple[int, int]] = []
    start = None
    for place, row in enumerate(rows):
        next_parted = place + 1 < len(rows) and len(rows[place + 1]) > 1
        inside = start is not None and next_parted and row[0].left > rows[start][0].left + _FAR_IN * row[0].size
        ends = start is not None and (not (len(row) > 1 or inside) or _begins_anew(rows, place))
        if ends and start is not None:
            runs.append((start, place))
            start = None
        if start is None and len(row) > 1:
            start = place
    if start is not None:
        runs.append((start, len(rows)))
    return [(start, end) for start, end in runs if end - start > 1]


def _begins_anew(rows: Sequence[Sequence[Piece]], place: int) -> bool:
    """Whether a row without numbers stands between two that have some: the header of another table."""
    if place == 0 or place + 1 == len(rows):
        return False
    return is_body(rows[place - 1]) and not is_body(rows[place]) and len(rows[place]) > 1 and is_body(rows[place + 1])


def is_body(row: Sequence[Piece]) -> bool:
    """Whether a row has a number behind its first piece."""
    return any(_NUMBER.fullmatch(one.text) for one in row[1:])


def drop_repeated(rows: Sequence[tuple[str, ...]], before: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """A table that goes on from the page before, without the header it repeats."""
    same = 0
    for one, other in zip(rows, before, strict=False):
        if one != other:
            break
        same += 1
    return tuple(rows[same:])
