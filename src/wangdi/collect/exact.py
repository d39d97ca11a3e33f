"""The exact way through a chunk that is not plain: quoted line ends, blank lines, rows of the wrong width, stray quotes.

Slower than the plain way, and taken only where that one cannot be sure which line a row is on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wangdi.core.problem import Problem
from wangdi.store.disk import naming

LONGEST_RECORD = 1 << 20
"""Characters in one row. Longer is a quotation mark that was never closed, or no row at all."""


@dataclass(frozen=True, slots=True)
class ExactRow:
    """A row and the line it begins on."""

    line: int
    cells: Sequence[str]
    file: int
    """The original's number."""
    part: str = ""
    """The sheet of a workbook, or the place in a bundle, where a line alone does not say."""


@dataclass(slots=True)
class ExactReader:
    """Parses chunk after chunk of one file; a row that a chunk breaks off in is finished with the next one.

    Errors: FILE-010 wrong number of columns, FILE-011 quotation mark never closed, FILE-012 control characters, FILE-013 too
    long. Each is a refused row.
    """

    file: int
    name: str
    delimiter: str
    columns: int
    blank_lines: int = 0
    refused: list[Problem] = field(default_factory=list)
    _carried: list[str] = field(default_factory=list)
    _carried_line: int = 0

    @property
    def carries(self) -> bool:
        """The last chunk ended inside a row."""
        return bool(self._carried)

    def read(self, text: str, first_line: int, *, last: bool) -> Iterator[ExactRow]:
        """The rows of a chunk."""
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if self._carried:
            lines, first_line = self._carried + lines, self._carried_line
            self._carried = []
        place = 0
        while place < len(lines):
            number, line = first_line + place, lines[place].removesuffix("\r")
            if '"' not in line:
                place += 1
                row = self._accept(number, line.split(self.delimiter), line)
            else:
                taken, cells = self._quoted(lines, place)
                if taken == 0 and not last and _size(lines, place) <= LONGEST_RECORD:
                    self._carried, self._carried_line = lines[place:], number
                    return
                place += max(taken, 1)
                row = None if cells is None else self._accept(number, cells, line)
                if cells is None:
                    self._refuse("FILE-011", number)
            if row is not None:
                yield row

    def _quoted(self, lines: list[str], place: int) -> tuple[int, list[str] | None]:
        """Lines taken by the row that begins here, and its cells; (0, None) when its quotation mark is never closed.

        A mark left open swallows the rows below it until the next mark: when what comes out has the wrong width and more than
        one line, only the first line is given up and reading goes on with the second.
        """
        supply = _Supply(lines, place)
        try:
            cells = next(csv.reader(supply, delimiter=self.delimiter))
        except csv.Error:
            return 1, None
        if supply.ran_out:
            return 0, None
        if supply.taken > 1 and _width(cells, self.columns) != self.columns:
            return 1, None
        if cells:
            cells[-1] = cells[-1].removesuffix("\r")
        return supply.taken, cells

    def _accept(self, number: int, cells: list[str], line: str) -> ExactRow | None:
        if not any(cell.strip(" \t\r\n\u3000") for cell in cells):
            self.blank_lines += 1
            return None
        if len(line) > LONGEST_RECORD or sum(map(len, cells)) > LONGEST_RECORD:
            self._refuse("FILE-013", number)
        elif any("\0" in cell for cell in cells):
            self._refuse("FILE-012", number)
        elif _width(cells, self.columns) != self.columns:
            self._refuse("FILE-010", number, found=str(len(cells)), expected=str(self.columns))
        else:
            return ExactRow(number, cells[: self.columns], self.file)
        return None

    def _refuse(self, code: str, line: int, **args: str) -> None:
        self.refused.append(Problem(code=code, file=self.name, line=line, args=args))


class _Supply:
    """Hands lines to ``csv.reader`` and remembers how many it took and whether it asked for more than there were."""

    def __init__(self, lines: list[str], place: int) -> None:
        self._lines, self._place, self._size = lines, place, 0
        self.taken, self.ran_out = 0, False

    def __iter__(self) -> _Supply:
        return self

    def __next__(self) -> str:
        if self._place + self.taken >= len(self._lines) or self._size > LONGEST_RECORD:
            self.ran_out = True
            raise StopIteration
        line = self._lines[self._place + self.taken]
        self.taken += 1
        self._size += len(line) + 1
        return line + "\n"


def _size(lines: list[str], place: int) -> int:
    return sum(len(line) + 1 for line in lines[place:])


def _width(cells: list[str], columns: int) -> int:
    """Columns a row has; empty ones beyond the header's do not count (spreadsheets write them)."""
    width = len(cells)
    while width > columns and not cells[width - 1].strip():
        width -= 1
    return width


def write_rows(rows: Iterable[ExactRow], path: Path) -> int:
    """Rows as a canonical file: every cell in quotes, then the line, the file's number and the part. Answers how many."""
    count = 0
    with naming(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in rows:
            writer.writerow((*row.cells, row.line, row.file, row.part))
            count += 1
    return count
