"""Small cells hidden at the outer edge, each with a sibling, so that nobody can be counted out of a published table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wangdi.catalog.trees import UNALLOCATED

THRESHOLD = 5
"""Cells of fewer people than this are not published."""


class Cell(Protocol):
    """What of a figure decides whether it may be published."""

    @property
    def indicator(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def area(self) -> str: ...
    @property
    def numerator(self) -> float: ...
    @property
    def denominator(self) -> float | None: ...
    @property
    def denominator_kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells of one indicator, period and level, by their place in the answer."""

    cells: Mapping[int, Cell]
    sums: tuple[tuple[int, ...], ...]
    """Sets of cells whose total is published: the children of one parent, and all of the level."""


def choose_hidden(figures: Sequence[Cell], parents: Mapping[str, str | None], threshold: int = THRESHOLD) -> set[int]:
    """The places in ``figures`` that may not be published.

    Rule: a cell is small when its numerator, or the people in its denominator who are not in its numerator, are more
    than none and fewer than ``threshold``. Wherever a published total covers exactly one hidden cell, a sibling is
    hidden with it: the smallest that is not empty. ``parents``: area → the area it is part of.
    Grain: tables of one indicator, period and level are treated by themselves.
    """
    hidden: set[int] = set()
    for table in _tables(figures, parents):
        own = {place for place, cell in table.cells.items() if is_small(cell, threshold)}
        hidden |= _with_siblings(table, own)
    return hidden


def is_small(cell: Cell, threshold: int) -> bool:
    """Whether so few people stand in a cell, or in what is left of it, that they might be known."""
    rest = 0.0
    if cell.denominator is not None and cell.denominator_kind in ("people", "items"):
        rest = cell.denominator - cell.numerator
    return 0 < cell.numerator < threshold or 0 < rest < threshold


def _tables(figures: Sequence[Cell], parents: Mapping[str, str | None]) -> Iterable[_Table]:
    found: dict[tuple[str, str, str], dict[int, Cell]] = {}
    for place, cell in enumerate(figures):
        found.setdefault((cell.indicator, cell.period, cell.level), {})[place] = cell
    for cells in found.values():
        families: dict[str | None, list[int]] = {}
        for place, cell in cells.items():
            if cell.area != UNALLOCATED:
                families.setdefault(parents.get(cell.area), []).append(place)
        yield _Table(cells, (*(tuple(family) for family in families.values()), tuple(cells)))


def _with_siblings(table: _Table, hidden: set[int]) -> set[int]:
    """Hide more until no total covers exactly one hidden cell among several."""
    hidden = set(hidden)
    changed = True
    while changed:
        changed = False
        for members in table.sums:
            shown = [place for place in members if place not in hidden]
            if len(members) - len(shown) == 1 and shown:
                hidden.add(min(shown, key=lambda place: _sacrifice(table.cells[place])))
                changed = True
    return hidden


def _sacrifice(cell: Cell) -> tuple[bool, float, float, str]:
    """What is given up first: the smallest cell with anybody in it."""
    return (not cell.numerator, cell.numerator, cell.denominator or 0.0, cell.area)
