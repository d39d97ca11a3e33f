"""What the terminal and files are given: widths, numbers, JSON, CSV."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from wangdi.app.numbers import plain_number, round_half_up, show_number, show_rate
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.numbers import show_cell
from wangdi.cli.output import render_csv, render_json, replace_text, write_answer
from wangdi.cli.session import Session
from wangdi.cli.tables import fold_text, render_grid, show_plainly

TOWNS: list[dict[str, Any]] = [
    {"area_name": "上渡镇", "numerator": 12345, "value": "97.69%", "fact_id": 123456, "hint": "核对后重送" * 10},
    {"area_name": "A", "numerator": None, "value": "—", "fact_id": 7, "hint": None},
]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (97.685, "percent", "97.69%"),
        (0.125, "percent", "0.13%"),
        (100.0, "percent", "100.00%"),
        (1234.5, "per_1000", "1,234.50/千人"),
        (8.0, "count", "8"),
        (12345.0, "count", "12,345"),
        (None, "percent", "—"),
        (1.5, "strange", "1.50 strange"),
    ],
)
def test_a_rate_is_told_to_two_decimals_with_its_unit(value: float | None, unit: str, shown: str) -> None:
    assert show_rate(value, unit) == shown


def test_half_is_rounded_up_as_in_a_report() -> None:
    assert [str(round_half_up(value)) for value in (0.005, 0.015, 0.025, 2.675)] == ["0.01", "0.02", "0.03", "2.68"]


def test_numbers_have_thousands_separators() -> None:
    assert [show_number(value) for value in (0, 1234567, 12.5, None)] == ["0", "1,234,567", "12.50", "—"]
    assert [plain_number(value) for value in (12.0, 12.5, None)] == [12, 12.5, None]


def test_cells_of_any_kind() -> None:
    values = (True, date(2025, 1, 2), datetime(2025, 1, 2, 3, 4), {"a": 1, "b": None}, [1, "x"], None)
    assert [show_cell(value) for value in values] == ["✓", "2025-01-02", "2025-01-02 03:04:00", "a=1", "1 x", "—"]


def test_a_table_counts_chinese_characters_as_two() -> None:
    lines = render_grid(Grid(("area_name", "numerator", "value"), TOWNS), "zh", None).splitlines()
    assert lines == [
        "地区      分子      值",
        "──────  ──────  ──────",
        "上渡镇  12,345  97.69%",
        "A            —       —",
    ]


def test_numbers_written_with_their_signs_stand_on_the_right_too() -> None:
    rows = [{"numerator": "7", "before": "1/2"}, {"numerator": "1,234", "before": "10/20"}]
    assert render_grid(Grid(("numerator", "before"), rows), "zh", None).splitlines()[2:] == [
        "    7    1/2",
        "1,234  10/20",
    ]


def test_a_number_that_names_something_can_be_typed_again() -> None:
    assert "123456" in render_grid(Grid(("fact_id",), TOWNS), "zh", None)


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
def test_a_table_keeps_to_the_terminal(width: int) -> None:
    text = render_grid(Grid(("area_name", "numerator", "value", "hint"), TOWNS), "zh", width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "上渡镇" in text
    assert text.replace("\n", "").replace(" ", "").count("核") == 10, "what wraps is not lost"


def test_what_is_optional_goes_before_anything_wraps() -> None:
    grid = Grid(("area_name", "numerator", "value", "hint"), TOWNS, spare=("hint", "value"))
    narrow = render_grid(grid, "zh", 30).splitlines()
    assert narrow[0].split() == ["地区", "分子", "值"]
    assert len(narrow) == 4


def test_lines_break_at_blanks_and_lose_nothing() -> None:
    assert fold_text("one two three", 8) == ["one two", "three"]
    assert fold_text("血压控制满意", 5) == ["血压", "控制", "满意"]
    assert fold_text("", 5) == [""]


def test_nothing_steers_the_terminal() -> None:
    assert show_plainly("a\x1b[31mred\x07\nb\tc") == "a [31mred b c"


def test_json_is_plain() -> None:
    said = json.loads(render_json({"on": date(2025, 1, 2), "path": Path("x"), "n": Decimal("1.5"), "who": "镇"}))
    assert said == {"on": "2025-01-02", "path": "x", "n": 1.5, "who": "镇"}
    with pytest.raises(TypeError):
        render_json(object())
    with pytest.raises(ValueError, match="JSON"):
        render_json(float("nan"))


def test_csv_keeps_names_and_defuses_formulas() -> None:
    rows = [{"a": "=1+1", "b": None, "c": [1, 2], "d": True, "e": date(2025, 1, 2), "f": -3}]
    assert render_csv(Grid(tuple("abcdef"), rows)) == 'a,b,c,d,e,f\r\n\'=1+1,,"[1, 2]",true,2025-01-02,-3\r\n'


def test_a_file_says_its_format_and_excel_sees_utf8(tmp_path: Path) -> None:
    answer = Answer(payload={"rows": TOWNS}, grids=(Grid(("area_name",), TOWNS),))
    write_answer(Session(format="csv", out=tmp_path / "a.csv", quiet=True), answer)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfarea_name")
    write_answer(Session(format="csv", out=tmp_path / "b.csv", quiet=True), answer, marked=False)
    assert (tmp_path / "b.csv").read_bytes().startswith(b"area_name")
    write_answer(Session(format="table", out=tmp_path / "c.txt", quiet=True), answer)
    assert (tmp_path / "c.txt").read_text(encoding="utf-8").startswith("地区")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "c.txt"]


def test_parquet_keeps_types(tmp_path: Path) -> None:
    from wangdi.store.workspace import Workspace, sql_text

    rows: list[dict[str, Any]] = [
        {"n": 1, "x": 1.5, "on": date(2025, 1, 2), "text": "镇", "why": [{"a": 1}], "mixed": 1, "none": None},
        {"n": 2, "x": 2, "on": None, "text": None, "why": [], "mixed": "a", "none": None},
    ]
    file = tmp_path / "a.parquet"
    columns = ("n", "x", "on", "text", "why", "mixed", "none")
    write_answer(Session(format="parquet", out=file, quiet=True), Answer(payload=None, rows=Grid(columns, rows)))
    with Workspace() as workspace:
        source = f"select * from read_parquet({sql_text(file)})"
        assert dict(workspace.columns(source)) == {
            "n": "BIGINT", "x": "DOUBLE", "on": "DATE", "text": "VARCHAR", "why": "VARCHAR", "mixed": "VARCHAR", "none": "VARCHAR",
        }  # fmt: skip
        assert workspace.rows(source)[1] == (2, 2.0, None, None, "[]", "a", None)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        replace_text(file, "\ud800")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
