"""A return from the superior's workbook to the bytes that were sent, and what changed since, through the command line."""

from __future__ import annotations

import hashlib
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from tests.cities import TOWN_A, TOWN_B, TestCity
from tests.journey.returning import NAME, make_county, visit
from tests.journey.small_city import ask, call
from tests.workbooks import two_row_template

YEAR = ("--period", "2025")


@pytest.fixture
def county(tmp_path: Path) -> TestCity:
    return make_county(tmp_path / "city")


@pytest.fixture
def bound(county: TestCity, tmp_path: Path) -> Path:
    """The county with a template kept, all its cells bound from the headings."""
    folder = county.city.folder
    (tmp_path / "年报.xlsx").write_bytes(two_row_template())
    added = ask(folder, "return", "add", NAME, tmp_path / "年报.xlsx")
    assert (added["template_edition"], added["lost"]) == (1, [])
    drafted = ask(folder, "return", "draft", NAME, "--save")
    assert [one["not_understood"] for one in drafted["proposals"] if one["not_understood"]] == []
    assert len(drafted["proposals"]) == 18
    return folder


def sheet_of(path: Path) -> Any:
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active


def test_a_return_is_filled_with_the_figures(bound: Path, tmp_path: Path) -> None:
    filled = ask(bound, "return", "fill", NAME, *YEAR, "--out", tmp_path / "out.xlsx")
    sheet = sheet_of(tmp_path / "out.xlsx")
    figures = ask(bound, "figures", *YEAR, "--by", "township", "--indicator", "htn_ctrl")["rows"]
    by_area = {one["area"]: one for one in figures}
    for row, area in ((4, TOWN_A), (5, TOWN_B)):
        one = by_area[area]
        assert [sheet.cell(row, column).value for column in (5, 6)] == [one["numerator"], one["denominator"]]
        assert sheet.cell(row, 7).value == one["value"] == 50
    assert [sheet.cell(6, column).value for column in (5, 6, 7)] == [10, 20, 50]
    cell = next(one for one in filled["cells"] if one["cell"] == "表1!E4")
    people = ask(bound, *cell["people"].split()[1:])
    assert len(people["rows"]) == cell["numerator"] == 6
    assert cell["figure"] == f"/indicator/htn_ctrl?area={TOWN_A}&period=2025"
    checked = ask(bound, "return", "check", NAME, *YEAR)
    assert checked["counts"] == {"holds": 10, "differs": 0, "open": 0}


def test_no_figure_is_an_empty_cell_with_its_reason(bound: Path, tmp_path: Path) -> None:
    filled = ask(bound, "return", "fill", NAME, "--period", "2023", "--out", tmp_path / "out.xlsx")
    empty = [one for one in filled["cells"] if one["state"] == "empty"]
    assert {one["note"] for one in empty} == {"RETURN-052"}
    sheet = sheet_of(tmp_path / "out.xlsx")
    assert sheet["D4"].value is None
    assert sheet["B4"].value == 0
    told = call("return", "fill", NAME, "--period", "2023", "--out", tmp_path / "out.xlsx", city=bound)
    assert "分母为 0" in told.stdout


def test_what_is_reported_otherwise_needs_a_reason_and_breaks_the_sums(bound: Path) -> None:
    assert call("return", "set", NAME, "E4", "7", *YEAR, city=bound).exit_code == 2
    assert call("return", "set", NAME, "E4", "7", *YEAR, "--reason", " ", city=bound).exit_code == 2
    assert call("return", "set", NAME, "E4", "七", *YEAR, "--reason", "x", city=bound).exit_code == 2
    assert call("return", "set", NAME, "A4", "7", *YEAR, "--reason", "x", city=bound).exit_code == 2
    assert call("return", "set", NAME, "E4", *YEAR, "--reason", "x", city=bound).exit_code == 2
    ask(bound, "return", "set", NAME, "E4", "0", *YEAR, "--reason", "x")
    shown = {one["cell"]: one for one in ask(bound, "return", "show", NAME, *YEAR)["cells"]}
    assert shown["表1!E4"]["reported"] == shown["表1!E4"]["printed"] == 0
    ask(bound, "return", "set", NAME, "E4", "7", *YEAR, "--reason", "系统外1人")
    shown = {one["cell"]: one for one in ask(bound, "return", "show", NAME, *YEAR)["cells"]}
    one = shown["表1!E4"]
    assert (one["computed"], one["reported"], one["chosen"], one["printed"]) == (6, 7, "reported", 7)
    assert one["reason"] == "系统外1人"
    checked = ask(bound, "return", "check", NAME, *YEAR, code=13)
    wrong = {(one["check"], one["cell"]) for one in checked["checks"] if one["state"] == "differs"}
    assert wrong == {("whole", "表1!E6"), ("rate", "表1!G4")}
    assert call("return", "lock", NAME, *YEAR, city=bound).exit_code == 11
    ask(bound, "return", "set", NAME, "E4", "7", *YEAR, "--reason", "留作说明", "--choose", "computed")
    assert ask(bound, "return", "check", NAME, *YEAR)["counts"]["differs"] == 0


def test_what_was_sent_is_kept_and_says_what_changed(bound: Path, county: TestCity, tmp_path: Path) -> None:
    locked = ask(bound, "return", "lock", NAME, *YEAR)
    assert locked["edition"] == 1
    assert call("return", "set", NAME, "E4", "7", *YEAR, "--reason", "x", city=bound).exit_code == 11
    assert call("return", "lock", NAME, *YEAR, city=bound).exit_code == 11
    assert ask(bound, "return", "changes", NAME, *YEAR)["cells"] == []

    rows = [visit(number, date(2025, 12, 20), 130) for number in (2, 4)]
    county.accept({"hypertension.followup": rows}, datetime(2026, 1, 9))
    again = tmp_path / "again.xlsx"
    ask(bound, "return", "sent", NAME, *YEAR, "--out", again)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == locked["sha256"]
    changed = ask(bound, "return", "changes", NAME, *YEAR)["cells"]
    told = {one["cell"]: (one["before"], one["after"]) for one in changed if one["indicator"] == "htn_ctrl"}
    assert told == {"表1!E4": (6, 8), "表1!G4": (50, 66.67), "表1!E6": (10, 12), "表1!G6": (50, 60)}
    one = next(one for one in changed if one["cell"] == "表1!E4")
    assert one["causes"] == {"late": 2}
    assert {person["cause"] for person in one["people"]} == {"late"}

    assert call("return", "lock", NAME, *YEAR, "--reopen", city=bound).exit_code == 2, "a reason is asked for"
    ask(bound, "return", "lock", NAME, *YEAR, "--reopen", "--reason", "上级退回")
    second = ask(bound, "return", "lock", NAME, *YEAR)
    assert (second["edition"], second["sha256"] == locked["sha256"]) == (2, False)
    ask(bound, "return", "sent", NAME, *YEAR, "--edition", 1, "--out", again)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == locked["sha256"]
    listed = ask(bound, "return", "sent", NAME)["rows"]
    assert [(one["edition"], one["reopened"].get("why", "")) for one in listed] == [(1, "上级退回"), (2, "")]
    assert listed[0]["who"] == locked["who"]
    figures = ask(bound, "return", "fill", NAME, *YEAR, "--known", locked["known"], "--out", again)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == locked["sha256"], "filled as known then: the same bytes"
    assert figures["known"] == locked["known"]


def test_a_new_template_carries_over_what_still_fits(bound: Path, tmp_path: Path) -> None:
    assert call("return", "add", NAME, tmp_path / "年报.xlsx", city=bound).exit_code == 11, "the same edition again"
    (tmp_path / "新年报.xlsx").write_bytes(two_row_template(("甲镇", "丙镇")))
    added = ask(bound, "return", "add", NAME, tmp_path / "新年报.xlsx")
    assert (added["template_edition"], added["carried"]) == (2, 12)
    assert {one["code"] for one in added["lost"]} == {"RETURN-017"}
    assert {one["cell"] for one in added["lost"]} == {f"表1!{letter}5" for letter in "BCDEFG"}
    assert ask(bound, "return", "list")["rows"][0]["bound"] == 12


def test_cells_are_bound_by_hand(bound: Path) -> None:
    ask(bound, "return", "unbind", NAME, "表1!B6", "C6")
    ask(bound, "return", "bind", NAME, "B6", "--sum", "B4:B5")
    ask(bound, "return", "bind", NAME, "A1", "--text", "period")
    ask(
        bound,
        "return",
        "bind",
        NAME,
        "D4",
        "--indicator",
        "htn_std",
        "--area",
        TOWN_A,
        "--scale",
        "1000",
        "--decimals",
        1,
    )
    shown = {one["cell"]: one for one in ask(bound, "return", "show", NAME, *YEAR)["cells"]}
    assert shown["表1!B6"]["printed"] == shown["表1!B4"]["printed"] + shown["表1!B5"]["printed"]
    assert shown["表1!A1"]["printed"] == "2025年"
    assert "表1!C6" not in shown
    for wrong in (
        ("B4",),
        ("B4", "--indicator", "no_such"),
        ("B4", "--indicator", "htn_std", "--area", "nowhere"),
        ("B4", "--indicator", "htn_std", "--sum", "B5"),
        ("Z99", "--text", "period"),
    ):
        assert call("return", "bind", NAME, *wrong, city=bound).exit_code == 2, wrong
    assert call("return", "show", "无此表", city=bound).exit_code == 2


def test_the_citys_own_checks_and_backup_know_of_returns(bound: Path, tmp_path: Path) -> None:
    locked = ask(bound, "return", "lock", NAME, *YEAR)
    assert call("backup", tmp_path / "city.backup", city=bound).exit_code == 0
    assert call("restore", tmp_path / "city.backup", tmp_path / "again").exit_code == 0
    ask(tmp_path / "again", "return", "sent", NAME, *YEAR, "--out", tmp_path / "out.xlsx")
    assert hashlib.sha256((tmp_path / "out.xlsx").read_bytes()).hexdigest() == locked["sha256"]
    assert call("verify", city=bound).exit_code == 0
    kept = bound / "returns" / f"{locked['sha256']}.xlsx"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    verified = call("verify", city=bound)
    assert verified.exit_code == 13
    assert "RETURN-025" in verified.output
    assert call("return", "sent", NAME, *YEAR, "--out", tmp_path / "out.xlsx", city=bound).exit_code == 20


def test_a_plain_table_sums_to_its_last_line(county: TestCity, tmp_path: Path) -> None:
    folder = county.city.folder
    asked = ("return", "table", "--indicator", "htn_std", "--indicator", "htn_ctrl", "--by", "township", *YEAR)
    told = ask(folder, *asked)
    assert [one["title"] for one in told["groups"]] == ["高血压患者规范管理率", "管理人群血压控制率"]
    assert told["groups"][0]["columns"] == ["分子", "分母", "率（%）"]
    *lines, whole = told["rows"]
    assert [one["area_name"] for one in lines] == ["甲镇", "乙镇"]
    assert whole["whole"]
    for column in (0, 1, 3, 4):
        assert sum(one["values"][column] for one in lines) == whole["values"][column]
    for suffix in ("xlsx", "docx", "html"):
        ask(folder, *asked, "--out", tmp_path / f"t.{suffix}")
    sheet = sheet_of(tmp_path / "t.xlsx")
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:G1", "A2:A3", "B2:D2", "E2:G2"}
    assert sheet["E6"].value == 10
    assert "nbphs" in str(sheet["A8"].value)
    grid = docx.Document(str(tmp_path / "t.docx")).tables[0]
    assert [cell.text for cell in grid.rows[1].cells][:4] == ["地区", "分子", "分母", "率（%）"]
    assert [cell.text for cell in grid.rows[-1].cells][4:] == ["10", "20", "50.00"]
    assert 'colspan="3"' in (tmp_path / "t.html").read_text(encoding="utf-8")
    assert call(*asked, "--out", tmp_path / "t.pdf", city=folder).exit_code == 2


def test_files_that_are_no_template_are_refused(county: TestCity, tmp_path: Path) -> None:
    folder = county.city.folder
    for name, content in (("a.xlsx", b""), ("b.xls", b"x"), ("c.xlsm", b"x"), ("d.xlsx", "甲,乙".encode("gb18030"))):
        (tmp_path / name).write_bytes(content)
        told = call("return", "add", NAME, tmp_path / name, city=folder)
        assert told.exit_code == 11
        assert ".xlsx" in told.stderr
    assert call("return", "add", NAME, tmp_path / "none.xlsx", city=folder).exit_code == 20
    assert call("return", "add", "a/b", tmp_path / "a.xlsx", city=folder).exit_code == 2
    assert not (folder / "returns").exists()
    example = tmp_path / "示例.xlsx"
    ask(folder, "return", "example", "--out", example)
    ask(folder, "return", "add", NAME, example)
    assert len(ask(folder, "return", "draft", NAME, "--save")["proposals"]) == 21
    shown = ask(folder, "return", "check", NAME, *YEAR)
    assert shown["counts"]["open"] == 0
