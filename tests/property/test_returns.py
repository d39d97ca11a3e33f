"""Filling a return changes what is bound and nothing else: values and looks of every other cell, read by another program."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbooks import decorated_template, parts_of, two_row_template
from wangdi.returns.filling import fill_template
from wangdi.returns.model import Place

TEMPLATES = (two_row_template(), decorated_template())
NUMBERS = st.decimals(-(10**9), 10**9, places=4, allow_nan=False)
TEXTS = st.text(max_size=20)
PLACES = st.tuples(st.integers(1, 12), st.integers(1, 9))


def read(data: bytes) -> dict[tuple[int, int], tuple[Any, ...]]:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(data)).active
    merged = {(cell.row, cell.column) for one in sheet.merged_cells.ranges for row in sheet[one.coord] for cell in row}
    return {
        (row, column): (
            sheet.cell(row, column).value,
            sheet.cell(row, column).number_format,
            repr(sheet.cell(row, column).font),
            repr(sheet.cell(row, column).border),
            (row, column) in merged,
        )
        for row in range(1, 14)
        for column in range(1, 11)
    }


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(TEMPLATES), st.dictionaries(PLACES, st.one_of(NUMBERS, TEXTS, st.none()), max_size=6))
def test_everything_that_is_not_filled_stays(
    template: bytes, values: dict[tuple[int, int], Decimal | str | None]
) -> None:
    before = read(template)
    free = {
        place: value
        for place, value in values.items()
        if not before[place][4] and not str(before[place][0]).startswith("=")
    }
    filled = fill_template(template, {Place("表1", *place): value for place, value in free.items()}, {})
    after = read(filled)
    for place, was in before.items():
        if place not in free:
            assert after[place] == was
            continue
        assert after[place][1:] == was[1:], "a filled cell looks as it did"
        value = free[place]
        if isinstance(value, Decimal):
            assert Decimal(str(after[place][0])) == value or float(after[place][0]) == float(value)
    untouched = set(parts_of(template)) - {"xl/workbook.xml", "xl/worksheets/sheet1.xml"}
    assert all(parts_of(template)[name] == parts_of(filled)[name] for name in untouched)
