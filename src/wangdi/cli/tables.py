"""Tables that fit the terminal: widths count Chinese characters as two, and what is optional goes before a line wraps."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wangdi.cli.answer import Grid
from wangdi.cli.numbers import show_cell
from wangdi.cli.words import column_title

GAP = 2
FLOORS = (20, 6)
"""Wide columns are squeezed first, to the first of these: names and numbers stay whole as long as there is room."""
NUMBERS = (int, float)
NAMES = ("fact_id", "batch", "line", "known", "retired_by", "year", "supersedes", "population_seq", "fact")
"""Numbers that name something: no thousands separators, so that they can be typed again."""
WRITTEN = ("value", "before_value", "after_value", "numerator", "denominator", "before", "after")
"""Numbers that come with their signs already: on the right like other numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column ready to be drawn."""

    name: str
    title: str
    right: bool
    cells: tuple[str, ...]
    width: int


def terminal_width() -> int | None:
    """The width to keep to; None where the output is no terminal and nobody named one."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size().columns
    return None


def render_grid(grid: Grid, lang: str, width: int | None) -> str:
    """A table as text, lines no wider than ``width``; an empty one says so with its heading alone."""
    columns = fit_columns([_column(grid, name, lang) for name in grid.columns], grid.spare, width)
    lines = [grid.title] if grid.title else []
    lines += _draw_row([column.title for column in columns], columns)
    lines.append((" " * GAP).join("─" * column.width for column in columns))
    for place in range(len(grid.rows)):
        lines += _draw_row([column.cells[place] for column in columns], columns)
    return "\n".join(lines)


def _column(grid: Grid, name: str, lang: str) -> Column:
    from rich.cells import cell_len

    values = [row.get(name) for row in grid.rows]
    known = [value for value in values if value is not None]
    right = bool(known) and all(isinstance(value, NUMBERS) and not isinstance(value, bool) for value in known)
    right = right or name in WRITTEN
    shown = (str(value) if name in NAMES and value is not None else show_cell(value) for value in values)
    cells = tuple(show_plainly(text) for text in shown)
    title = column_title(lang, name)
    return Column(name, title, right, cells, max(cell_len(text) for text in (title, *cells)))


def fit_columns(columns: list[Column], spare: Sequence[str], width: int | None) -> list[Column]:
    """Drop optional columns, then squeeze the widest ones, until a line fits."""
    if width is None:
        return columns
    going = list(spare)
    while _line_width(columns) > width and going:
        gone = going.pop(0)
        columns = [column for column in columns if column.name != gone]
    for floor in FLOORS:
        columns = _squeeze(columns, width, floor)
    return columns


def _squeeze(columns: list[Column], width: int, floor: int) -> list[Column]:
    """Take from the widest columns, none below ``floor``, what a line has too much."""
    while (over := _line_width(columns) - width) > 0:
        widest = max(columns, key=lambda column: column.width)
        if widest.width <= floor:
            break
        second = max((column.width for column in columns if column is not widest), default=0)
        new = max(widest.width - over, min(max(floor, second), widest.width - 1))
        columns = [replace(column, width=new) if column is widest else column for column in columns]
    return columns


def _line_width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * max(0, len(columns) - 1)


def _draw_row(cells: Sequence[str], columns: Sequence[Column]) -> list[str]:
    parts = [fold_text(cell, column.width) for cell, column in zip(cells, columns, strict=True)]
    lines = []
    for place in range(max((len(part) for part in parts), default=0)):
        pieces = [
            pad_text(part[place] if place < len(part) else "", column.width, column.right)
            for part, column in zip(parts, columns, strict=True)
        ]
        lines.append((" " * GAP).join(pieces).rstrip())
    return lines


def pad_text(text: str, width: int, right: bool = False) -> str:
    """Text filled with blanks to a width in terminal cells."""
    from rich.cells import cell_len

    blank = " " * max(0, width - cell_len(text))
    return blank + text if right else text + blank


def fold_text(text: str, width: int) -> list[str]:
    """Text in lines of at most ``width`` cells; broken at a blank where there is one in the second half."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    while cell_len(text) > width:
        first = chop_cells(text, width)[0]
        blank = first.rfind(" ")
        if blank > len(first) // 2 and not text[len(first)].isspace():
            first = first[:blank]
        lines.append(first.rstrip())
        text = text[len(first) :].lstrip()
    return [*lines, text]


def show_plainly(text: str) -> str:
    """Text on one line; characters that would steer a terminal are shown as blanks."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
