"""Templates are opened with care: what is hostile or no .xlsx is refused with the next step, and nothing of it is run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from tests.workbooks import decorated_template, make_workbook, parts_of, rewrite, two_row_template
from wangdi.core.problem import Refusal
from wangdi.returns.filling import fill_template
from wangdi.returns.labels import find_labels
from wangdi.returns.model import Box, Place, parse_box, parse_cell, parse_place
from wangdi.returns.workbooks import MOST_CELLS, open_template

SHEET = "xl/worksheets/sheet1.xml"


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as told:
        open_template(data, "表.xlsx")
    assert told.value.problem.hint("zh")
    assert told.value.problem.hint("en")
    return told.value.problem.code


def replacing(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new)

    return change


def test_a_two_row_heading_is_read_with_its_merged_cells() -> None:
    template = open_template(two_row_template(), "表.xlsx")
    sheet = template.sheets["表1"]
    assert (sheet.rows, sheet.columns) == (6, 7)
    assert Box(2, 2, 2, 4) in sheet.merges
    assert find_labels(template, Place("表1", 4, 2)) == ("甲镇", "高血压患者规范管理率", "分子")
    assert find_labels(template, Place("表1", 4, 4)) == ("甲镇", "高血压患者规范管理率", "率（%）")
    assert find_labels(template, Place("表1", 6, 7)) == ("合计", "管理人群血压控制率", "率（%）")
    assert sheet.at(2, 3).text == "高血压患者规范管理率", "a merged heading stands in all it spans"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("B5", (5, 2)),
        ("$B$5", (5, 2)),
        ("xfd1048576", (1048576, 16384)),
        ("XFE1", None),
        ("B0", None),
        ("B", None),
        ("", None),
    ],
)
def test_cells_are_named_as_spreadsheets_name_them(text: str, found: tuple[int, int] | None) -> None:
    assert parse_cell(text) == found


def test_stretches_and_places() -> None:
    template = open_template(two_row_template(), "表.xlsx")
    assert parse_box("C9:B5") == Box(5, 2, 9, 3)
    assert parse_place("B4", template) == parse_place("'表1'!b4", template) == Place("表1", 4, 2)
    assert parse_place("别的!B4", template) is None


def test_what_is_no_xlsx_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old: Any = xlwt.Workbook()
    old.add_sheet("表").write(0, 0, "甲")
    old.save(str(tmp_path / "old.xls"))
    assert refused((tmp_path / "old.xls").read_bytes()) == "RETURN-001"
    assert refused(b"") == "RETURN-001"
    assert refused("甲,乙\n".encode("gb18030")) == "RETURN-001"
    assert refused(b"<html><table></table></html>") == "RETURN-001"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    assert refused(out.getvalue()) == "RETURN-001"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")) == "RETURN-002"


def test_macros_are_refused_whatever_the_name() -> None:
    whole = two_row_template()
    assert refused(rewrite(whole, {}, {"xl/vbaProject.bin": b"\0"})) == "RETURN-003"
    change = replacing(b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml")
    assert refused(rewrite(whole, {"[Content_Types].xml": change})) == "RETURN-003"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-30] + b"\0" * 30,
        lambda data: rewrite(data, {SHEET: lambda xml: xml[:200]}),
        lambda data: rewrite(data, {"xl/workbook.xml": lambda _: b"<a/>"}),
        lambda data: rewrite(data, {"xl/workbook.xml": lambda _: b"\xff\xfe\0"}),
        lambda data: rewrite(data, {SHEET: replacing(b'r="A1"', b'r="ZZZZZ1"')}),
        lambda data: rewrite(data, {SHEET: replacing(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')}),
        lambda data: rewrite(data, {SHEET: replacing(b'ref="A1:G1"', b'ref="A1:no"')}),
        lambda data: rewrite(data, {"xl/styles.xml": lambda _: b""}),
    ],
)
def test_a_damaged_workbook_is_refused_and_not_a_crash(damage: Callable[[bytes], bytes]) -> None:
    assert refused(damage(two_row_template())) in ("RETURN-001", "RETURN-004", "RETURN-006")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts_of(two_row_template()).items():
            archive.writestr(name, content)
        with archive.open("xl/media/huge.bin", "w") as member:
            for _ in range(200):
                member.write(b"\0" * (1 << 20))
    assert len(out.getvalue()) < 1 << 20
    assert refused(out.getvalue()) == "RETURN-005"


def test_100_000_rows_and_merged_cells_without_end_are_refused() -> None:
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><v>1</v></c><c r="B%d"><v>1</v></c></row>' % (n, n, n) for n in range(1, 100_001)
    )
    whole = make_workbook(lambda _, sheet: sheet.write(0, 0, "甲"))
    change = replacing(b'<row r="1" spans="1:1"><c r="A1" t="s"><v>0</v></c></row>', rows)
    assert refused(rewrite(whole, {SHEET: change})) == "RETURN-005"
    endless = replacing(b'ref="A1:G1"', b'ref="A1:XFD1048576"')
    assert refused(rewrite(two_row_template(), {SHEET: endless})) == "RETURN-005"
    far = make_workbook(lambda _, sheet: sheet.write(900_000, 5, "far"))
    assert refused(far) == "RETURN-005"
    assert MOST_CELLS < 1_048_576


def test_hidden_sheets_alone_are_nothing() -> None:
    hidden = replacing('name="表1"'.encode(), 'name="表1" state="hidden"'.encode())
    assert refused(rewrite(two_row_template(), {"xl/workbook.xml": hidden})) == "RETURN-006"


def test_a_link_to_another_workbook_is_kept_and_not_followed() -> None:
    def draw(_: Any, sheet: Any) -> None:
        sheet.write("A1", "甲")
        sheet.write_formula("B1", "='[1]Sheet1'!A1+1")

    template = open_template(make_workbook(draw), "表.xlsx")
    assert template.at(Place("表1", 1, 2)).formula == "'[1]Sheet1'!A1+1"


def test_filling_keeps_every_other_part_byte_for_byte() -> None:
    """What a library that reads and writes whole workbooks loses: pictures, charts, text boxes."""
    whole = decorated_template()
    at = Place("表1", 1, 2)
    filled = fill_template(whole, {at: Decimal("0.5")}, {Place("表1", 3, 2): Decimal("0.5")})
    before, after = parts_of(whole), parts_of(filled)
    changed = {name for name in before if before[name] != after[name]}
    assert before.keys() == after.keys()
    assert changed == {SHEET, "xl/workbook.xml"}
    assert {"xl/media/image1.png", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml"} <= before.keys()
    for kept in (b"dataValidation", b"conditionalFormatting", b"sheetProtection", b"mergeCell", b"legacyDrawing"):
        assert before[SHEET].count(kept) == after[SHEET].count(kept) > 0
    assert filled == fill_template(whole, {at: Decimal("0.5")}, {Place("表1", 3, 2): Decimal("0.5")})
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_values_stand_where_other_programs_read_them() -> None:
    values = {Place("表1", 1, 2): Decimal("0.125"), Place("表1", 2, 2): None, Place("表1", 20, 30): "<新&行>"}
    filled = fill_template(decorated_template(), values, {Place("表1", 3, 2): Decimal("0.125")})
    counted = openpyxl.load_workbook(io.BytesIO(filled), data_only=True).active
    written = openpyxl.load_workbook(io.BytesIO(filled)).active
    assert counted is not None
    assert written is not None
    assert counted["B1"].value == 0.125
    assert counted["B2"].value is None
    assert counted["AD20"].value == "<新&行>"
    assert (counted["B3"].value, written["B3"].value) == (0.125, "=SUM(B1:B2)")
    assert written["B1"].number_format == "0.0%"


def test_rows_and_cells_without_their_numbers_are_filled_too() -> None:
    """Some programs leave them out, as the standard allows."""

    def unnumbered(xml: bytes) -> bytes:
        for name in (b"A", b"B"):
            for row in (b"1", b"2", b"3"):
                xml = xml.replace(b' r="' + name + row + b'"', b"")
        return xml.replace(b'<row r="1"', b"<row").replace(b'<row r="2"', b"<row")

    bare = rewrite(decorated_template(), {SHEET: unnumbered})
    filled = fill_template(bare, {Place("表1", 2, 2): Decimal(7)}, {})
    sheet = openpyxl.load_workbook(io.BytesIO(filled)).active
    assert sheet is not None
    assert sheet["B2"].value == 7
    assert sheet["A2"].value == "乙"
