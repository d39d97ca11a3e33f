"""Relations within a table: rows and columns with their totals, and a column that is one divided by another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation
from wangdi.reports.relations.ratios import fits, judge_ratio
from wangdi.reports.relations.sums import add_up, is_one_slip, judge_sum, severity_of_all

_MOST = 3, 4
"""A quotient is a table's own where three of four of its rows keep it, and two at least."""
_FEWEST = 2
_LONGEST = 60
"""Rows of a table in which one wrong number may be looked for: of more, some number always fits."""
_NEAR = 6
"""Columns before a rate, and the first, that it may be made from."""

Grid = dict[tuple[int, int], int]
"""Row and column of each number, with its claim."""


def find_tabled_relations(ground: Ground) -> list[Relation]:
    """Rule: a total that half the columns keep and a quotient that most rows keep are the table's own; what breaks them is wrong.

    A total that none keeps may be of more than the rows; it is a question, and only where one slip of the pen would make it.
    """
    grids: dict[int, Grid] = {}
    for index, one in enumerate(ground.claims):
        if one.cell is not None:
            grids.setdefault(one.cell.table, {})[one.cell.row, one.cell.column] = index
    return [one for grid in grids.values() for one in (*_find_sums(ground, grid), *_find_quotients(ground, grid))]


def _find_sums(ground: Ground, grid: Grid) -> Iterator[Relation]:
    """Down a column to the row of totals, and along a row to the column of totals."""
    for across in (False, True):
        lines: dict[int, list[int]] = {}
        for (row, column), index in sorted(grid.items()):
            lines.setdefault(row if across else column, []).append(index)
        sums = [found for line in lines.values() if (found := _read_line(ground, line, across)) is not None]
        holding = [one for one in sums if add_up(ground, one[1]).meets(ground.claims[one[0]].interval)]
        if holding and 2 * len(holding) >= len(sums):
            yield from (judge_sum(ground, *one, severity_of_all(ground, *one)) for one in sums)
        elif not holding:
            yield from (judge_sum(ground, *one, UNVERIFIABLE) for one in sums if _is_slip_of(ground, *one))


def _is_rule(kept: int, of: int) -> bool:
    return kept >= _FEWEST and kept * _MOST[1] >= of * _MOST[0]


def _read_line(ground: Ground, line: list[int], across: bool) -> tuple[int, tuple[int, ...]] | None:
    """The one total of a line and all its other numbers of the same unit; None where it has none or several."""
    cells = [(index, cell) for index in line if (cell := ground.claims[index].cell) is not None]
    totals = [index for index, cell in cells if (cell.total_column if across else cell.total_row)]
    if len(totals) != 1 or not ground.is_amount(totals[0]):
        return None
    parts = tuple(
        index
        for index, _ in cells
        if index != totals[0]
        and ground.is_amount(index)
        and ground.claims[index].norm_unit == ground.claims[totals[0]].norm_unit
    )
    whole = len(parts) == len(cells) - 1 if not across else True
    return (totals[0], parts) if len(parts) > 1 and whole else None


def _is_slip_of(ground: Ground, total: int, parts: tuple[int, ...]) -> bool:
    return len(parts) <= _LONGEST and any(is_one_slip(ground, total, parts, index) for index in (total, *parts))


def _find_quotients(ground: Ground, grid: Grid) -> Iterator[Relation]:
    """A column of rates with the two columns it is made from, those that most of its rows fit."""
    rows = sorted({row for row, _ in grid})
    columns = sorted({column for _, column in grid})
    for rate in columns:
        if not any(ground.claims[grid[row, rate]].measure == "rate" for row in rows if (row, rate) in grid):
            continue
        near = {*columns[:1], *[column for column in columns if column < rate][-_NEAR:]}
        found = [
            (_list_rows(ground, grid, rows, (over, base, rate)), base, over)
            for over, base in permutations(sorted(near), 2)
        ]
        told = max(found, key=lambda one: (_count_fitting(ground, one[0]), one[1:]), default=None)
        if told is not None and _is_rule(_count_fitting(ground, told[0]), len(told[0])):
            yield from (judge_ratio(ground, members, True) for members in told[0])


def _list_rows(
    ground: Ground, grid: Grid, rows: list[int], columns: tuple[int, int, int]
) -> list[tuple[int, int, int]]:
    """Numerator, denominator and rate of every row that has all three."""
    found = []
    for row in rows:
        if all((row, column) in grid for column in columns):
            over, base, rate = (grid[row, column] for column in columns)
            told = ground.is_amount(over) and ground.is_amount(base) and ground.claims[rate].measure == "rate"
            if told and ground.claims[base].exact > 0:
                found.append((over, base, rate))
    return found


def _count_fitting(ground: Ground, rows: list[tuple[int, int, int]]) -> int:
    return sum(fits(ground, *members) for members in rows)
