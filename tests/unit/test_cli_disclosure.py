"""Small cells are hidden with a sibling: from what is shown and the totals nobody can be counted out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.indicators.disclosure import choose_hidden, is_small


@dataclass(frozen=True, slots=True)
class Cell:
    area: str
    numerator: float
    denominator: float | None = 1000.0
    denominator_kind: str = "people"
    indicator: str = "htn_std"
    period: str = "2025"
    level: str = "village"


PARENTS = {f"{town}{village}": town for town in "ABC" for village in range(4)}


def hidden_areas(*cells: Cell, threshold: int = 5) -> set[str]:
    return {cells[place].area for place in choose_hidden(cells, PARENTS, threshold)}


def test_a_small_cell_takes_its_smallest_sibling_with_it() -> None:
    cells = [Cell("A0", 3), Cell("A1", 60), Cell("A2", 40), Cell("A3", 0, 0)]
    assert hidden_areas(*cells) == {"A0", "A2"}


def test_few_left_out_of_the_numerator_are_small_too() -> None:
    assert is_small(Cell("A0", 97, 100), 5)
    assert not is_small(Cell("A0", 95, 100), 5)
    assert not is_small(Cell("A0", 100, 100), 5)
    assert not is_small(Cell("A0", 0, 100), 5)


def test_what_is_left_of_a_population_says_nothing_about_patients() -> None:
    assert not is_small(Cell("A0", 97, 100, "population"), 5)
    assert is_small(Cell("A0", 4, 100, "population"), 5)


def test_two_small_siblings_need_no_third() -> None:
    assert hidden_areas(Cell("A0", 3), Cell("A1", 4), Cell("A2", 40)) == {"A0", "A1"}


def test_other_parents_children_stay() -> None:
    assert hidden_areas(Cell("A0", 3), Cell("A1", 60), Cell("B0", 7), Cell("B1", 70)) == {"A0", "A1"}


def test_tables_are_told_apart() -> None:
    cells = [Cell("A0", 3), Cell("A1", 60), Cell("A0", 30, indicator="htn_ctrl"), Cell("A1", 6, indicator="htn_ctrl")]
    assert choose_hidden(cells, PARENTS) == {0, 1}


def test_an_only_child_is_protected_at_its_level() -> None:
    """A township with one village: the level's total must not give the village away."""
    cells = [Cell("A0", 3), Cell("B0", 70), Cell("B1", 80)]
    assert hidden_areas(*cells) == {"A0", "B0", "B1"}


def test_what_is_unallocated_cannot_be_subtracted_back() -> None:
    assert hidden_areas(Cell("A0", 50), Cell("A1", 60), Cell("unallocated", 2)) == {"A0", "A1", "unallocated"}


def test_nothing_small_hides_nothing() -> None:
    assert hidden_areas(Cell("A0", 50), Cell("A1", 60)) == set()


@pytest.mark.parametrize("threshold", [0, 1])
def test_no_threshold_hides_nothing(threshold: int) -> None:
    assert hidden_areas(Cell("A0", 1), Cell("A1", 60), threshold=threshold) == set()


@given(st.dictionaries(st.sampled_from(sorted(PARENTS)), st.integers(0, 20), min_size=2), st.integers(2, 8))
def test_no_hidden_cell_can_be_worked_out(counts: dict[str, int], threshold: int) -> None:
    """Of the equations "parts sum to the published total" none, and no combination, gives a hidden cell.

    A family of one is its parent: the parent's total would be the cell, and is hidden where it is small.
    """
    cells = [Cell(area, count) for area, count in counts.items()]
    hidden = sorted(choose_hidden(cells, PARENTS, threshold))
    families = {PARENTS[cell.area] for cell in cells}
    equations = [[float(PARENTS[cells[place].area] == family) for place in hidden] for family in families]
    sizes = {family: sum(PARENTS[cell.area] == family for cell in cells) for family in families}
    equations = [row for row, family in zip(equations, families, strict=True) if sizes[family] > 1]
    equations.append([1.0] * len(hidden))
    if not hidden or len(cells) == len(hidden) == 1:
        return
    matrix = np.array(equations)
    rank = np.linalg.matrix_rank(matrix)
    for place in range(len(hidden)):
        unit = np.zeros(len(hidden))
        unit[place] = 1
        known = np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank
        assert not known or sizes[PARENTS[cells[hidden[place]].area]] == 1, cells[hidden[place]]
