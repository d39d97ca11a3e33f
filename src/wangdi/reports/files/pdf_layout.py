"""The text of a PDF from where its signs stand: without running headers and page numbers, by columns, in paragraphs and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wangdi.reports.files.pdf_glyphs import Page, Piece, find_rows
from wangdi.reports.files.pdf_tables import Table, drop_repeated, find_drawn, find_spaced, join_text, tell_spaced

_MARGIN = 0.12
"""Of a page's height, above and below: where running headers and page numbers stand."""
_OFTEN = 0.4
"""Of the pages, and two at least: what stands there so often is running."""
_MOST_RUNNING = 3
"""Lines that a running header or footer has."""
_PAGE_NUMBER = re.compile(
    r"[-—–·•.\s]*(?:第?\s*\d{1,4}\s*页?(?:\s*[,，/／|]?\s*共?\s*\d{1,4}\s*页?)?|[ivxlc]{1,6}|Page \d+(?: of \d+)?)[-—–·.\s]*"
)
_MIDDLE = 0.25, 0.75
"""Of the width of what stands on a page: where a gutter may be."""
_NARROWEST = 0.7
"""Of a sign's height: a narrower strip is no gutter."""
_MOST_GUTTERS = 6
_FEWEST_LINES, _FEWEST_SIGNS, _FILLED = 3, 8, 0.55
"""Columns of prose have so many lines each, with so many signs, over so much of the width; a table's have fewer."""
_INDENT, _FURTHEST = 0.8, 3.5
"""Of a sign's height: a line that begins further in begins a paragraph; one much further in is centred and ends with its line."""
_OTHER_SIZE = 0.15
_APART = 1.3
"""Times the usual distance of lines: a paragraph ends before a wider one."""
_SHARED = 0.15
_TOKEN = re.compile(r"[0-9A-Za-z.,%‰/]+[，。；：、！？）》”,.;:!?)]*|.[，。；：、！？）》”,.;:!?)]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column. ``left``, ``right``: the edges of the column; ``tight``: nothing parts it from the line above."""

    pieces: tuple[Piece, ...]
    left: float
    right: float
    tight: bool = True

    @property
    def text(self) -> str:
        """Its pieces with a space between them."""
        return " ".join(one.text for one in self.pieces)


Item = Piece | Table
Row = list[Piece]


def read_layout(pages: Sequence[Page]) -> str:
    """The text of a document: a line for each paragraph, a row of a table a line with a tab between its cells."""
    laid = [_lay_out(page) for page in pages]
    running = _find_running(pages, [rows for rows, _ in laid])
    parts = _Text()
    for number, (rows, tables) in enumerate(laid):
        parts.parts += [_tell(rows[place]) for place in running.first.get(number, ())]
        kept = [row for place, row in enumerate(rows) if (number, place) not in running.all]
        items: list[Item] = [*(piece for row in kept for piece in row), *tables]
        for column in _find_columns(items):
            parts.add_column(column)
    return parts.tell()


def _lay_out(page: Page) -> tuple[list[Row], list[Table]]:
    tables = find_drawn(page)
    free = [one for one in page.glyphs if not any(table.holds(one) for table in tables)]
    return find_rows(free), tables


def _tell(row: Row) -> str:
    return " ".join(one.text for one in row)


@dataclass(frozen=True, slots=True)
class _Running:
    """Page and row of what runs along the edges. ``first``: of headers, where each is first seen: there it is read."""

    all: set[tuple[int, int]]
    first: dict[int, list[int]]


def _find_running(pages: Sequence[Page], laid: Sequence[list[Row]]) -> _Running:
    """Page numbers, and what stands at the edges of many pages."""
    running = _Running(set(), {})
    places: dict[tuple[str, int, bool], list[tuple[int, int]]] = {}
    for number, (page, rows) in enumerate(zip(pages, laid, strict=True)):
        edges = _find_edges(rows)
        for place, row in enumerate(rows):
            above = row[0].base < _MARGIN * page.height
            if not above and row[0].base < (1 - _MARGIN) * page.height:
                continue
            text = _tell(row)
            if _PAGE_NUMBER.fullmatch(text):
                running.all.add((number, place))
            elif place in edges:
                key = re.sub(r"\d+|\s+", "", text), round(row[0].base / 6), above
                places.setdefault(key, []).append((number, place))
    for (_, _, above), found in places.items():
        often = len({number for number, _ in found})
        if often > 1 and often >= _OFTEN * len(pages):
            running.all.update(found)
            if above:
                running.first.setdefault(found[0][0], []).append(found[0][1])
    return running


def _find_edges(rows: Sequence[Row]) -> set[int]:
    """The rows at the top and bottom of a page that do not stand from the rest as its lines stand from each other."""
    gaps = [below[0].base - above[0].base for above, below in pairwise(rows)]
    steps = Counter(round(gap) for gap in gaps)
    step = max(steps, key=lambda one: steps[one], default=0)
    limit = _APART * step if steps[step] >= _FEWEST_LINES else 0.0
    most = min(_MOST_RUNNING, len(gaps))
    top = next((place for place in reversed(range(most)) if gaps[place] > limit), -1)
    low = next((place for place in reversed(range(most)) if gaps[-1 - place] > limit), -1)
    return {*range(top + 1), *range(len(rows) - 1 - low, len(rows))} if gaps else set(range(len(rows)))


def _find_columns(items: Sequence[Item]) -> Iterator[list[Item]]:
    """What stands on a page in the order it is read: over the full width, or column by column between what spans them."""
    for gutter in _find_gutters(items):
        bands = [(band, _part_at(band, gutter)) for band in _join_bands(_find_bands(items, gutter), gutter)]
        if any(sides is not None for _, sides in bands):
            break
    else:
        yield sorted(items, key=lambda one: one.top)
        return
    whole: list[Item] = []
    for band, sides in bands:
        if sides is None:
            whole += band
            continue
        if whole:
            yield sorted(whole, key=lambda one: one.top)
        whole = []
        for side in sides:
            yield from _find_columns(side)
    if whole:
        yield sorted(whole, key=lambda one: one.top)


def _find_bands(items: Sequence[Item], gutter: float) -> list[list[Item]]:
    """What stands between one strip without anything and the next, and alone what spans the gutter."""
    bands: list[list[Item]] = []
    bottom, spans = 0.0, False
    for one in sorted(items, key=lambda item: item.top):
        own = one.left < gutter < one.right
        room = one.size if isinstance(one, Piece) else 0.0
        if not bands or own or spans or one.top > bottom + room:
            bands.append([])
        bands[-1].append(one)
        bottom, spans = max(bottom, one.bottom), own
    return bands


def _join_bands(bands: Sequence[list[Item]], gutter: float) -> Iterator[list[Item]]:
    """Bands of columns as one where only headings stand between them: a column goes on past a strip that is empty by chance."""
    waiting: list[Item] = []
    between: list[Item] = []
    for band in bands:
        if _part_at(band, gutter) is not None:
            waiting += [*between, *band]
            between = []
        elif waiting and not any(one.left < gutter < one.right for one in band) and _may_go_on(band, gutter):
            between += band
        else:
            for one in (waiting, between, band):
                if one:
                    yield one
            waiting, between = [], []
    if waiting or between:
        yield [*waiting, *between]


def _may_go_on(band: Sequence[Item], gutter: float) -> bool:
    """Whether a band may belong to columns above it: headings, or what stands in one of them alone."""
    heading = all(isinstance(one, Piece) for one in band) and len({round(one.top) for one in band}) < _FEWEST_LINES
    return heading or all(one.right <= gutter for one in band) or all(one.left >= gutter for one in band)


def _part_at(band: Sequence[Item], gutter: float) -> tuple[list[Item], list[Item]] | None:
    """The columns on either side of a gutter; None where it does not part columns of prose."""
    left, right = [one for one in band if one.right <= gutter], [one for one in band if one.left >= gutter]
    whole = len(left) + len(right) == len(band)
    if not whole or not any(isinstance(one, Piece) for one in band):
        return None
    return (left, right) if _are_columns(left) and _are_columns(right) else None


def _are_columns(side: Sequence[Item]) -> bool:
    """Whether a side is a column of prose, or several, or a table that prose stands beside."""
    if _is_prose(side) or (side and all(isinstance(one, Table) for one in side)):
        return True
    return any(_part_at(side, gutter) is not None for gutter in _find_gutters(side))


def _find_gutters(items: Sequence[Item]) -> list[float]:
    """The middles of the strips that may part columns, first those that least stands over, then the widest."""
    pieces = [one for one in items if isinstance(one, Piece)]
    if len(pieces) < 2 * _FEWEST_LINES:
        return []
    left, right = min(one.left for one in pieces), max(one.right for one in pieces)
    low, high = (left + share * (right - left) for share in _MIDDLE)
    changes = Counter[float]()
    for one in items:
        if one.right > low and one.left < high:
            changes[max(one.left, low)] += 1
            changes[min(one.right, high)] -= 1
    over, strips = 0, []
    sizes = sorted(one.size for one in pieces)
    for start, end in pairwise(sorted({low, high, *changes})):
        over += changes[start]
        if end - start >= _NARROWEST * sizes[len(sizes) // 2]:
            strips.append((over, start - end, (start + end) / 2))
    return [middle for _, _, middle in sorted(strips)[:_MOST_GUTTERS]]


def _is_prose(side: Sequence[Item]) -> bool:
    pieces = [one for one in side if isinstance(one, Piece)]
    if len(pieces) < _FEWEST_LINES:
        return False
    width = max(one.right for one in side) - min(one.left for one in side)
    filled = sum(one.right - one.left for one in pieces) / len(pieces)
    return filled >= _FILLED * width and sum(len(one.text) for one in pieces) >= _FEWEST_SIGNS * len(pieces)


class _Text:
    """A document's text as it grows, column after column, over the ends of pages."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.last: Line | None = None
        self.header: tuple[tuple[str, ...], ...] = ()

    def add_column(self, items: Sequence[Item]) -> None:
        """Add what stands in a column, from above to below."""
        run: list[Piece] = []
        for one in items:
            if isinstance(one, Piece):
                run.append(one)
                continue
            self._add_pieces(run)
            run = []
            self._add_table(one.rows)
        self._add_pieces(run)

    def _add_pieces(self, pieces: Sequence[Piece]) -> None:
        lines = _find_lines(pieces)
        rows = [line.pieces for line in lines]
        place = 0
        for start, end in find_spaced(rows):
            told = tell_spaced(rows[start:end])
            if told is not None:
                self._add_lines(lines[place:start])
                self._add_table(tuple(told))
                place = end
        self._add_lines(lines[place:])

    def _add_lines(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if self.last is not None and _goes_on(self.last, line):
                self.parts[-1] = join_text(self.parts[-1], line.text)
            else:
                self.parts.append(line.text)
            self.last, self.header = line, ()

    def _add_table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Add a table, or what of one the page before left over."""
        self.parts += ["\t".join(row) for row in drop_repeated(rows, self.header)]
        self.last, self.header = None, self.header or rows

    def tell(self) -> str:
        """The text so far."""
        return "\n".join(self.parts)


def _find_lines(pieces: Sequence[Piece]) -> list[Line]:
    """Pieces of one column as its lines, each with the edges of the column's prose."""
    rows: list[Row] = []
    for one in pieces:
        if rows and abs(one.base - rows[-1][0].base) < 0.1 * one.size + 1:
            rows[-1].append(one)
        else:
            rows.append([one])
    if not rows:
        return []
    sizes = Counter(round(one.size) for row in rows for one in row for _ in one.text)
    usual = sizes.most_common(1)[0][0]
    prose = [row for row in rows if len(row) == 1 and round(row[0].size) == usual] or rows
    left = _find_edge([min(one.left for one in row) for row in prose], usual)
    right = -_find_edge([-max(one.right for one in row) for row in prose], usual)
    step = _usual_step(rows, usual)
    lines, before = [], None
    for row in rows:
        tight = before is None or 0 < row[0].base - before <= _APART * step
        lines.append(Line(tuple(sorted(row, key=lambda one: one.left)), left, right, tight))
        before = row[0].base
    return _narrow(lines)


def _narrow(lines: Sequence[Line]) -> list[Line]:
    """Lines with the edges of the block they stand in, where two of three end alike: text set narrower than its page."""
    blocks: list[list[Line]] = []
    for line in lines:
        if not blocks or not line.tight:
            blocks.append([])
        blocks[-1].append(line)
    narrowed = []
    for block in blocks:
        ends = sorted((line.pieces[-1].right for line in block), reverse=True)
        size = block[0].pieces[0].size
        alike = ends[0] - ends[1] <= size if len(ends) > 2 else False
        edge = ends[0] if alike else block[0].right
        narrowed += [replace(line, right=edge) for line in block]
    return narrowed


def _usual_step(rows: Sequence[Row], usual: int) -> float:
    """How far below a line of a paragraph the next stands: what is seen most often between lines that are in one piece."""
    steps = Counter(
        round(below[0].base - above[0].base)
        for above, below in pairwise(rows)
        if len(above) == len(below) == 1 and round(below[0].size) == usual and below[0].base > above[0].base
    )
    return float(max(steps, key=lambda step: (steps[step], -step), default=0))


def _find_edge(starts: Sequence[float], size: float) -> float:
    """Where the lines of a column begin: the outermost place where a share of them do. One that stands out tells nothing."""
    for one in sorted(starts):
        if sum(one <= other <= one + size for other in starts) >= max(2, _SHARED * len(starts)):
            return one
    return min(starts)


def _goes_on(last: Line, line: Line) -> bool:
    """Whether a line goes on the paragraph of the one before.

    Rule: it is of the same size, not indented against it, not set apart, and its first word had no room there.
    """
    before, first = last.pieces[-1], line.pieces[0]
    same = abs(before.size - first.size) <= _OTHER_SIZE * first.size
    indented = (first.left - line.left) - (last.pieces[0].left - last.left) > _INDENT * first.size
    centred = last.pieces[0].left - last.left > _FURTHEST * first.size
    begins = first.left - line.left > _INDENT * first.size and last.pieces[0].left - last.left > _INDENT * first.size
    if not same or indented or begins or centred or not line.tight:
        return False
    token = _TOKEN.match(first.text)
    share = len(token.group()) / max(1, len(first.text)) if token else 1.0
    return share * (first.right - first.left) > last.right - before.right - 0.3 * first.size
