"""A made-up yearly return of a county, to try everything on before the superior's own arrives. It copies no form in use."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

MADE = datetime(2000, 1, 1)
"""What a workbook says of when it was made: the same content is the same bytes."""
_FIRST = 2
"""The column of the first indicator, counted from 0, after the number of the line and the area."""
_HEAD, _BODY = 2, 4
"""The first row of the heading, and the first row of areas."""
_PARTS = 3
_TITLE_HIGH = 30
"""Units: points."""
_A4 = 9
"""What xlsxwriter calls it."""


@cache
def load_example() -> Mapping[str, Any]:
    """The words and indicators of the example."""
    return tomllib.loads(files("wangdi.returns").joinpath("data", "example.toml").read_text(encoding="utf-8"))


def write_example(areas: Sequence[str], titles: Sequence[str]) -> bytes:
    """The example with a line for each area and a last line that its own formulas sum.

    The heading has two rows: the indicator, and under it numerator, denominator and rate. The rates of the last line are
    formulas too.
    """
    said = load_example()
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": MADE})
        looks = {
            "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
            "head": book.add_format(
                {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1}
            ),
            "cell": book.add_format({"align": "center", "border": 1}),
            "rate": book.add_format({"align": "center", "border": 1, "num_format": "0.00"}),
        }
        sheet = book.add_worksheet(said["sheet"])
        last = _FIRST + _PARTS * len(titles) - 1
        end = _BODY + len(areas)
        sheet.merge_range(0, 0, 0, last, said["title"], looks["title"])
        sheet.write(1, 0, said["filled_by"])
        sheet.write(1, _FIRST + 1, said["period"])
        _write_heading(sheet, looks, said, titles)
        for number, area in enumerate(areas, start=1):
            _write_line(sheet, looks, _BODY + number - 1, (number, area, len(titles)))
        _write_whole(sheet, looks, end, (said["whole"], len(titles)))
        sheet.write(end + 1, 0, said["foot"])
        sheet.write(end + 1, _FIRST + 2, said["dated"])
        sheet.set_row(0, _TITLE_HIGH)
        sheet.set_column(1, 1, 18)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD, _BODY - 1)
        sheet.print_area(0, 0, end + 1, last)
        sheet.freeze_panes(_BODY, _FIRST)
    return out.getvalue()


def _write_heading(sheet: Any, looks: Mapping[str, Any], said: Mapping[str, Any], titles: Sequence[str]) -> None:
    for column, word in enumerate(said["columns"]):
        sheet.merge_range(_HEAD, column, _HEAD + 1, column, word, looks["head"])
    for place, title in enumerate(titles):
        left = _FIRST + place * _PARTS
        sheet.merge_range(_HEAD, left, _HEAD, left + _PARTS - 1, title, looks["head"])
        sheet.write_row(_HEAD + 1, left, said["parts"], looks["head"])


def _write_line(sheet: Any, looks: Mapping[str, Any], row: int, told: tuple[int, str, int]) -> None:
    number, area, titles = told
    sheet.write(row, 0, number, looks["cell"])
    sheet.write(row, 1, area, looks["cell"])
    for place in range(titles):
        left = _FIRST + place * _PARTS
        for column, look in zip(range(left, left + _PARTS), ("cell", "cell", "rate"), strict=True):
            sheet.write_blank(row, column, None, looks[look])


def _write_whole(sheet: Any, looks: Mapping[str, Any], end: int, told: tuple[str, int]) -> None:
    word, titles = told
    sheet.write_blank(end, 0, None, looks["cell"])
    sheet.write(end, 1, word, looks["cell"])
    for place in range(titles):
        left = _FIRST + place * _PARTS
        over, of = (xl_col_to_name(left + part) for part in range(2))
        for column, letter in ((left, over), (left + 1, of)):
            sheet.write_formula(end, column, f"=SUM({letter}{_BODY + 1}:{letter}{end})", looks["cell"])
        rate = f'=IF({of}{end + 1}=0,"",ROUND({over}{end + 1}/{of}{end + 1}*100,2))'
        sheet.write_formula(end, left + 2, rate, looks["rate"])
