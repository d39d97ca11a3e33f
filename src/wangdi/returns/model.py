"""The values of a return: cells and what they look like, what each is bound to, and what stands in it for a period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from openpyxl.utils.cell import column_index_from_string, get_column_letter

from wangdi.catalog.figures import ToldFigure

Part = Literal["numerator", "denominator", "value"]
PARTS: tuple[Part, ...] = ("numerator", "denominator", "value")
FIGURE, SUM, TEXT = "figure", "sum", "text"
TEXTS = ("period", "organisation", "date")
"""What a cell of text can say: the period, who fills the return, the day up to which data were known."""
COMPUTED, REPORTED = "computed", "reported"
MOST_ROW, MOST_COLUMN = 1_048_576, 16_384
"""What a worksheet has."""
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A cell of a workbook; rows and columns are counted from 1."""

    sheet: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        """``B5``."""
        return f"{get_column_letter(self.column)}{self.row}"

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells of one sheet; both corners belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    @property
    def size(self) -> int:
        """How many cells it has."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of each cell, row by row."""
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield row, column


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a template as it looks.

    Missing: ``number`` is None where none stands in it; ``formula`` (without its sign) is empty where it is none;
    ``decimals`` is None where its format does not say.
    """

    text: str = ""
    number: Decimal | None = None
    formula: str = ""
    percent: bool = False
    decimals: int | None = None
    bold: bool = False
    align: str = ""
    drawn: bool = False
    """It has a border: it is part of a table."""


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its cells by row and column, and those that are merged."""

    name: str
    cells: Mapping[tuple[int, int], Cell]
    merges: tuple[Box, ...]
    rows: int
    columns: int
    owner: Mapping[tuple[int, int], tuple[int, int]]
    """Of each merged cell but the first, the first: the one that holds the value."""

    def at(self, row: int, column: int) -> Cell:
        """What stands at a place, in a merged cell at all of its places."""
        return self.cells.get(self.owner.get((row, column), (row, column)), EMPTY)


@dataclass(frozen=True, slots=True)
class Template:
    """A workbook as a superior issued it."""

    sheets: Mapping[str, Sheet]

    def at(self, place: Place) -> Cell:
        """What stands in a cell."""
        return self.sheets[place.sheet].at(place.row, place.column)

    def formulas(self) -> Iterator[tuple[Place, str]]:
        """Every formula, in order."""
        for sheet in self.sheets.values():
            for (row, column), cell in sorted(sheet.cells.items()):
                if cell.formula:
                    yield Place(sheet.name, row, column), cell.formula


@dataclass(frozen=True, slots=True)
class Binding:
    """What a cell is to say. ``labels``: the words that stood beside it, by which it is found again in a newer template.

    ``scale``: what a ratio, or a count, is multiplied by; empty: the indicator's own (100 of a percentage), 1 of a count.
    ``decimals``: None is what the cell's format shows.
    """

    kind: str
    indicator: str = ""
    part: Part = "value"
    area: str = ""
    scale: str = ""
    decimals: int | None = None
    over: str = ""
    text: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A value reported upward beside the computed one. ``chosen``: which of the two goes into the return."""

    value: str
    chosen: str
    reason: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in a bound cell for a period.

    Units: ``computed`` as printed, scaled and rounded. Missing: None where there is no such figure, ``note`` says why.
    """

    place: Place
    binding: Binding
    computed: Decimal | str | None
    note: str = ""
    figure: ToldFigure | None = None
    override: Override | None = None

    @property
    def printed(self) -> Decimal | str | None:
        """What goes into the return: the value chosen."""
        return self.computed if self.override is None or self.override.chosen == COMPUTED else self.reported

    @property
    def reported(self) -> Decimal | str | None:
        """The value reported upward, as a number where the cell holds one. Missing: None where nothing else was reported."""
        if self.override is None:
            return None
        number = None if self.binding.kind == TEXT else read_number(self.override.value)
        return self.override.value if number is None else number


@dataclass(frozen=True, slots=True)
class Checked:
    """One test of a filled return. ``state``: holds, differs, or open where it cannot be evaluated."""

    kind: str
    place: Place
    state: str
    found: str = ""
    expected: str = ""
    args: Mapping[str, str] = field(default_factory=dict)


def read_number(text: str) -> Decimal | None:
    """A number as people type it. Missing: None where it is none."""
    try:
        found = Decimal(text.strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 30 else None


def parse_cell(text: str) -> tuple[int, int] | None:
    """Row and column of ``B5`` or ``$B$5``. Missing: None where it is none."""
    found = _CELL.fullmatch(text.strip())
    if found is None:
        return None
    row, column = int(found[2]), column_index_from_string(found[1].upper())
    return (row, column) if row <= MOST_ROW and column <= MOST_COLUMN else None


def parse_box(text: str) -> Box | None:
    """The rectangle of ``B5:C9``, or of one cell. Missing: None where it is none."""
    first, _, last = text.partition(":")
    one, other = parse_cell(first), parse_cell(last or first)
    if one is None or other is None:
        return None
    (top, bottom), (left, right) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return Box(top, left, bottom, right)


def split_sheet(text: str) -> tuple[str, str]:
    """The sheet, without its quotes, and the cells of ``'表 1'!B5``; the sheet is empty where none is named."""
    sheet, _, cells = text.rpartition("!")
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, cells


def parse_place(text: str, template: Template) -> Place | None:
    """The cell a text names; the sheet may be left out where there is but one. Missing: None where there is no such cell."""
    sheet, cell = split_sheet(text.strip())
    if not sheet and len(template.sheets) == 1:
        sheet = next(iter(template.sheets))
    found = parse_cell(cell)
    return Place(sheet, *found) if found is not None and sheet in template.sheets else None


def write_binding(binding: Binding) -> dict[str, Any]:
    """A binding as the ledger keeps it."""
    return {name: getattr(binding, name) for name in Binding.__slots__}


def read_binding(body: Mapping[str, Any]) -> Binding:
    """The same back."""
    return Binding(**{**body, "labels": tuple(body["labels"])})
