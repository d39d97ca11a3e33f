"""The words beside a cell: the headings above it and those of its row, merged headings counted for all they span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wangdi.returns.model import Place, Sheet, Template

_ASKING = (":", "：")
"""How a line ends that asks who fills a return, and when: it heads no column."""
_Words = Mapping[int, list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of a sheet: of each column by row, of each row by column; a merged heading stands in all it spans."""

    columns: _Words
    rows: _Words

    def above(self, row: int, column: int) -> tuple[str, ...]:
        """The headings over a cell from the outermost in."""
        return _once(text for at, text in self.columns.get(column, ()) if at < row)

    def left(self, row: int, column: int) -> tuple[str, ...]:
        """The words of a cell's row before it, from the outermost in."""
        return _once(text for at, text in self.rows.get(row, ()) if at < column)


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def read_labels(sheet: Sheet) -> Labels:
    """The words of a sheet. Rule: a row that says one thing only is a title or a note and heads no column."""
    words = {place: "".join(cell.text.split()) for place, cell in sheet.cells.items() if cell.number is None}
    words = {place: text for place, text in words.items() if text}
    told: dict[int, int] = {}
    for row, _ in words:
        told[row] = told.get(row, 0) + 1
    spans = {(box.top, box.left): box for box in sheet.merges}
    columns: dict[int, list[tuple[int, str]]] = {}
    rows: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in sorted(words.items()):
        box = spans.get((row, column))
        for across in range(column, (box.right if box else column) + 1):
            if told[row] > 1 and not text.endswith(_ASKING):
                columns.setdefault(across, []).append((row, text))
        for down in range(row, (box.bottom if box else row) + 1):
            rows.setdefault(down, []).append((column, text))
    return Labels(columns, {row: sorted(found) for row, found in rows.items()})


def find_labels(template: Template, place: Place) -> tuple[str, ...]:
    """All the words by which a cell is known: those of its row, then those above it."""
    labels = read_labels(template.sheets[place.sheet])
    return (*labels.left(place.row, place.column), *labels.above(place.row, place.column))
