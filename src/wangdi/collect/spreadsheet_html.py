"""Reads the tables of an HTML page, which many systems export under the name of a spreadsheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser

Table = tuple[list[list[str]], tuple[tuple[int, int, int, int], ...]]
"""Rows of cells, and the merged ranges (first row, first column, last row, last column; from 0)."""
MOST_SPAN = 1000


def parse_html_tables(data: bytes) -> list[Table]:
    """Every table that holds no other table, as a grid with its merged cells."""
    parser = _TableParser()
    parser.feed(_decode(data))
    parser.close()
    return [_lay_out(rows) for rows in parser.tables if rows]


def _decode(data: bytes) -> str:
    """By byte order mark, else as the page declares, else UTF-8, else GB18030."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    declared = re.search(rb"charset=[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    names = [] if declared is None else [declared.group(1).decode("ascii", errors="ignore").lower()]
    for name in [*("gb18030" if name in ("gb2312", "gbk") else name for name in names), "utf-8-sig", "gb18030"]:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("gb18030", errors="replace")


_Cell = tuple[str, int, int]


class _TableParser(HTMLParser):
    """Collects rows of (text, colspan, rowspan)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[_Cell]]] = []
        self.open: list[list[list[_Cell]]] = []
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self.open.append([])
        elif tag == "tr" and self.open:
            self._end_cell()
            self.open[-1].append([])
        elif tag in ("td", "th") and self.open:
            self._end_cell()
            named = dict(attrs)
            self.spans = (_span(named.get("colspan")), _span(named.get("rowspan")))
            self.cell = []
        elif tag in ("br", "p", "div") and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if tag == "table" and self.open:
            self.tables.append(self.open.pop())

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()
        while self.open:
            self.tables.append(self.open.pop())

    def _end_cell(self) -> None:
        if self.cell is not None and self.open:
            if not self.open[-1]:
                self.open[-1].append([])
            self.open[-1][-1].append(("".join(self.cell).strip(), *self.spans))
        self.cell = None


def _span(text: str | None) -> int:
    return min(int(text), MOST_SPAN) if text is not None and text.isdecimal() and int(text) > 0 else 1


def _lay_out(rows: list[list[_Cell]]) -> Table:
    """Cells at their places, with room left under those that span."""
    grid: list[list[str]] = [[] for _ in rows]
    merges = []
    taken: set[tuple[int, int]] = set()
    for top, cells in enumerate(rows):
        left = 0
        for text, wide, high in cells:
            while (top, left) in taken:
                left += 1
            low, right = min(top + high, len(rows)) - 1, left + wide - 1
            if low > top or right > left:
                merges.append((top, left, low, right))
                taken.update((row, column) for row in range(top, low + 1) for column in range(left, right + 1))
            grid[top].extend([""] * (left - len(grid[top])))
            grid[top].append(text)
            left = right + 1
    return grid, tuple(merges)
