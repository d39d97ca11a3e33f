"""A sheet of a return as the page draws it: merged cells as they are, what stands in each, its state and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from wangdi.app.return_filling import Filled, state_of
from wangdi.core.problem import Problem
from wangdi.returns.model import COMPUTED, FIGURE, REPORTED, Place, Sheet, Template, Value

SIGNS = {COMPUTED: "●", REPORTED: "✎", "kept": "◐", "empty": "○", "wrong": "✖", "formula": "ƒ"}
"""A state is a sign before it is a colour."""
MOST_ROWS = 300
"""Rows drawn; a longer sheet is opened in its own program."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cell. ``state``: of what is bound, the key of its sign; ``figure``: indicator and area of the figure it leads to."""

    place: str
    text: str
    across: int
    down: int
    state: str = ""
    note: str = ""
    figure: tuple[str, str] | None = None
    free: bool = False
    """It is an empty cell of the table: it can be bound."""
    heading: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class DrawnSheet:
    """A sheet's rows with their numbers. ``more``: how many rows are not drawn."""

    name: str
    letters: Sequence[str]
    rows: Sequence[tuple[int, Sequence[Drawn]]]
    more: int


def draw_sheet(sheet: Sheet, template: Template, filled: Filled | None, lang: str) -> DrawnSheet:
    """A sheet as it looks, with what is filled in."""
    spans = {(box.top, box.left): box for box in sheet.merges}
    wrong = {one.place for one in filled.wrong} if filled is not None else set()
    rows: list[tuple[int, Sequence[Drawn]]] = []
    for row in range(1, min(sheet.rows, MOST_ROWS) + 1):
        cells = []
        for column in range(1, sheet.columns + 1):
            if (row, column) in sheet.owner:
                continue
            box = spans.get((row, column))
            span = (box.right - box.left + 1, min(box.bottom, MOST_ROWS) - box.top + 1) if box else (1, 1)
            place = Place(sheet.name, row, column)
            value = filled.values.get(place) if filled is not None else None
            cells.append(_draw(template, place, span, (value, filled, place in wrong, lang)))
        rows.append((row, cells))
    letters = [Place("", 1, column).cell.rstrip("1") for column in range(1, sheet.columns + 1)]
    return DrawnSheet(sheet.name, letters, rows, max(0, sheet.rows - MOST_ROWS))


def _draw(
    template: Template, place: Place, span: tuple[int, int], told: tuple[Value | None, Filled | None, bool, str]
) -> Drawn:
    (across, down), (value, filled, wrong, lang) = span, told
    cell = template.at(place)
    if value is not None:
        binding = value.binding
        note = value.override.reason if value.override is not None else ""
        note = note or (Problem(code=value.note).message(lang) if value.note else "")
        return Drawn(
            place=str(place),
            text=show_printed(value.printed),
            across=across,
            down=down,
            state="wrong" if wrong else state_of(value),
            note=note,
            figure=(binding.indicator, binding.area) if binding.kind == FIGURE else None,
            number=isinstance(value.printed, Decimal),
        )
    if cell.formula:
        result = filled.results[place].value if filled is not None else None
        return Drawn(str(place), show_printed(result), across, down, "formula", f"={cell.formula}", number=True)
    return Drawn(
        str(place),
        cell.text,
        across,
        down,
        free=cell.drawn and not cell.text,
        heading=cell.bold,
        number=cell.number is not None,
    )


def show_printed(value: Decimal | str | None) -> str:
    """A value as the page shows it."""
    return "" if value is None else f"{value:,f}" if isinstance(value, Decimal) else value
