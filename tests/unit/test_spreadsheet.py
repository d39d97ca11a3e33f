"""Workbooks as offices make them: where the table is, what is left out, and what each cell says."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt

from wangdi.collect.spreadsheet import (
    Sheet,
    detect_container,
    header_key,
    is_rounded_number,
    read_sheets,
    skipped_problems,
)
from wangdi.core.problem import Refusal

Rows = Sequence[Sequence[Any]]
EXPECTED = {"档案编号", "身份证号", "姓名", "随访日期", "收缩压", "舒张压", "血压（mmHg）/收缩压"}


def write_xlsx(
    path: Path, rows: Sequence[Sequence[Any]], merges: list[tuple[int, int, int, int]] | None = None
) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("随访")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, value, day)
            elif value is not None:
                sheet.write(number, column, value)
    for merge in merges or ():
        sheet.merge_range(*merge, rows[merge[0]][merge[1]])
    book.close()
    return path


def one_sheet(path: Path, expected: set[str] = EXPECTED) -> Sheet:
    sheets, problems = read_sheets(path, expected)
    assert [problem.code for problem in problems] == []
    (sheet,) = sheets
    return sheet


def cell(sheet: Sheet, line: int, column: str) -> str | None:
    (row,) = [row for row in sheet.rows if row.line == line]
    return row.cells[sheet.names[header_key(column)]]


OFFICE: list[list[Any]] = [
    ["清河镇卫生院高血压患者随访登记表"],
    ["填报单位：清河镇卫生院", None, None, None, "2025年3月"],
    [],
    ["序号", "档案编号", "姓名", "随访日期", "血压（mmHg）", None, "备注"],
    [None, None, None, None, "收缩压", "舒张压", None],
    [1, "A001", "甲 ", datetime(2025, 3, 1), 138, 88.0, "１３８／８８"],
    [2, "A002", "乙", "2025年3月2日", "142", "90", None],
    [],
    [3, "A003", "丙", 45719, 150.5, 92, None],
    [None, "合 计", None, None, 3, None, None],
    [4, None, None, None, None, None, None],
    ["填表人：丁", None, None, "审核人：戊", None, None, None],
    ["备注：本表每月 5 日前上报"],
]
OFFICE_MERGES = [
    (0, 0, 0, 6),
    (3, 0, 4, 0),
    (3, 1, 4, 1),
    (3, 2, 4, 2),
    (3, 3, 4, 3),
    (3, 4, 3, 5),
    (3, 6, 4, 6),
]


def test_office_table(tmp_path: Path) -> None:
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", OFFICE, OFFICE_MERGES))
    assert sheet.name == "随访"
    assert sheet.header_line == 5
    assert sheet.header == ("序号", "档案编号", "姓名", "随访日期", "收缩压", "舒张压", "备注")
    assert sheet.joined[4] == "血压(mmHg)/收缩压" or sheet.joined[4] == "血压（mmHg）/收缩压"
    assert sheet.names[header_key("血压（mmHg）/收缩压")] == sheet.names["收缩压"] == 4
    assert [row.line for row in sheet.rows] == [6, 7, 9]
    assert sheet.rows[0].cells == ("1", "A001", "甲", "2025-03-01", "138", "88", "138/88")
    assert cell(sheet, 7, "随访日期") == "2025-03-02"
    assert cell(sheet, 9, "随访日期") == "2025-03-03"
    assert cell(sheet, 9, "收缩压") == "150.5"
    assert sheet.skipped == [(10, "SHEET-011"), (11, "SHEET-013"), (12, "SHEET-012"), (13, "SHEET-012")]
    assert [problem.line for problem in skipped_problems(sheet, "a.xlsx")] == [10, 11, 12, 13]


@pytest.mark.parametrize("expected", [EXPECTED, set()])
def test_header_is_found_with_and_without_known_names(tmp_path: Path, expected: set[str]) -> None:
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", OFFICE, OFFICE_MERGES), expected)
    assert sheet.header_line == 5
    assert len(sheet.rows) == 3


def test_plain_table_of_texts_keeps_its_first_record(tmp_path: Path) -> None:
    rows: Rows = [["姓名", "性别", "村"], ["甲", "男", "东村"], ["乙", None, "西村"]]
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", rows), set())
    assert (sheet.header_line, [row.line for row in sheet.rows]) == (1, [2, 3])


def test_same_leaf_below_two_groups_keeps_its_joined_name(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["姓名", "第一次", None, "第二次", None],
        [None, "收缩压", "舒张压", "收缩压", "舒张压"],
        ["甲", 140, 90, 130, 80],
    ]
    merges = [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4)]
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", rows, merges))
    assert sheet.header == ("姓名", "第一次/收缩压", "第一次/舒张压", "第二次/收缩压", "第二次/舒张压")
    assert "收缩压" not in sheet.names
    assert sheet.names["第二次/舒张压"] == 4


def test_repeated_column_is_named_and_not_used(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["姓名", "血糖", "血糖", "日期"], ["甲", 5, 6, "2025-03-01"]])
    (sheet,), (problem,) = read_sheets(path)
    assert (problem.code, problem.args["column"], problem.args["count"]) == ("SHEET-008", "血糖", "2")
    assert "血糖" not in sheet.names


def test_identity_number_kept_as_number_is_marked(tmp_path: Path) -> None:
    rows: Rows = [
        ["姓名", "身份证号", "手机"],
        ["甲", 990105194912310020, 13800000000],
        ["乙", "9.90105E+17", "1.38E+10"],
    ]
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", rows))
    assert sheet.rows[0].marks == ((1, "rounded"),)
    assert sheet.rows[0].cells[2] == "13800000000"
    assert sheet.rows[1].marks == ((1, "rounded"), (2, "rounded"))


@pytest.mark.parametrize(
    ("text", "rounded"),
    [
        ("1.10105E+17", True),
        ("1.38e10", True),
        ("1E+17", True),
        ("1.2E+1", False),
        ("E17", False),
        ("1.2345678901E+10", False),
    ],
)
def test_rounded_number_texts(text: str, rounded: bool) -> None:
    assert is_rounded_number(text) is rounded


def test_error_cells_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("随访")
    sheet.write_row(0, 0, ["姓名", "收缩压", "舒张压"])
    sheet.write_row(1, 0, ["甲", None, "#N/A"])
    sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    book.close()
    row = one_sheet(path).rows[0]
    assert row.cells == ("甲", None, None)
    assert row.marks == ((1, "error"), (2, "error"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2025/3/1", "2025-03-01"),
        ("2025.3.1", "2025-03-01"),
        ("20250301", "2025-03-01"),
        (20250301, "2025-03-01"),
        ("２０２５年３月１日", "2025-03-01"),
        ("2025 年 3 月 1 日", "2025-03-01"),
        ("2025年3月1号", "2025-03-01"),
        ("二〇二五年三月二十一日", "2025-03-21"),
        ("二○二五年十二月十日", "2025-12-10"),
        ("2025、3、1", "2025-03-01"),
        ("2025-3-1 8:30", "2025-03-01 08:30"),
        (45717, "2025-03-01"),
        (45717.5, "2025-03-01 12:00"),
        ("45717", "2025-03-01"),
        ("2025年3月", "2025年3月"),
        ("25.3.1", "25.3.1"),
        ("2025-02-30", "2025-02-30"),
        (2025, "2025"),
        ("不详", "不详"),
    ],
)
def test_dates_in_a_column_of_dates(tmp_path: Path, written: str | int, said: str) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["姓名", "随访日期", "收缩压"], ["甲", written, 140]])
    assert cell(one_sheet(path), 2, "随访日期") == said


def test_numbers_elsewhere_are_no_dates(tmp_path: Path) -> None:
    rows: Rows = [["姓名", "步数", "收缩压"], ["甲", 45717, 0.1 + 0.2]]
    path = write_xlsx(tmp_path / "a.xlsx", rows)
    assert one_sheet(path).rows[0].cells == ("甲", "45717", "0.3")


def test_merged_village_holds_for_each_record(tmp_path: Path) -> None:
    rows: Rows = [["村", "姓名", "收缩压"], ["东村", "甲", 140], [None, "乙", 150], ["西村", "丙", 130]]
    sheet = one_sheet(write_xlsx(tmp_path / "a.xlsx", rows, [(1, 0, 2, 0)]))
    assert [row.cells[0] for row in sheet.rows] == ["东村", "东村", "西村"]


def test_header_repeated_on_each_printed_page_and_unnamed_column(tmp_path: Path) -> None:
    head = ["姓名", "随访日期", "收缩压", None]
    path = write_xlsx(
        tmp_path / "a.xlsx", [head, ["甲", "2025-03-01", 140, "x"], head, ["乙", "2025-03-01", 150, None]]
    )
    sheet = one_sheet(path)
    assert sheet.header[3] == "D列"
    assert sheet.skipped == [(3, "SHEET-014")]
    assert [row.line for row in sheet.rows] == [2, 4]


def test_hidden_and_empty_sheets_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for name in ("一月", "Sheet2", "旧", "二月"):
        sheet = book.add_worksheet(name)
        if name != "Sheet2":
            sheet.write_row(0, 0, ["姓名", "收缩压"])
            sheet.write_row(1, 0, [name, 140])
        if name == "旧":
            sheet.hide()
    book.close()
    sheets, problems = read_sheets(path)
    assert [sheet.name for sheet in sheets] == ["一月", "二月"]
    assert [(problem.code, problem.args["sheet"]) for problem in problems] == [
        ("SHEET-015", "Sheet2"),
        ("SHEET-010", "旧"),
    ]


def test_sheet_without_a_table(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["说明"], ["本表请于每月 5 日前上报"]])
    sheets, (problem,) = read_sheets(path, EXPECTED)
    assert (sheets, problem.code) == ((), "SHEET-007")


def test_old_excel(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("随访")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet.write_merge(0, 0, 0, 3, "登记表")
    sheet.write_merge(1, 2, 0, 0, "姓名")
    sheet.write_merge(1, 2, 1, 1, "随访日期")
    sheet.write_merge(1, 1, 2, 3, "血压")
    sheet.write(2, 2, "收缩压")
    sheet.write(2, 3, "舒张压")
    sheet.write(3, 0, "甲")
    sheet.write(3, 1, datetime(2025, 3, 1), day)
    sheet.write(3, 2, 140)
    sheet.write(3, 3, 90.5)
    path = tmp_path / "a.xls"
    book.save(str(path))
    found = one_sheet(path)
    assert found.joined == ("姓名", "随访日期", "血压/收缩压", "血压/舒张压")
    assert found.rows[0].cells == ("甲", "2025-03-01", "140", "90.5")


def write_ods(path: Path, rows: list[list[str]]) -> Path:
    """A spreadsheet of the OpenDocument kind with text cells only."""
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
            if text
            else "<table:table-cell/>"
            for text in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="随访">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def test_open_document_two_row_header_without_merges(tmp_path: Path) -> None:
    rows = [
        ["登记表"],
        ["姓名", "随访日期", "血压", ""],
        ["", "", "收缩压", "舒张压"],
        ["甲", "2025年3月1日", "140", "90"],
    ]
    sheet = one_sheet(write_ods(tmp_path / "a.ods", rows))
    assert sheet.joined == ("姓名", "随访日期", "血压/收缩压", "血压/舒张压")
    assert sheet.rows[0].cells == ("甲", "2025-03-01", "140", "90")


HTML = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body>
<table border=1><tr><td colspan=4>登记表</td></tr>
<tr><td rowspan=2>姓名</td><td rowspan=2>随访日期</td><td colspan=2>血压</td></tr><tr><td>收缩压<td>舒张压</tr>
<tr><td>甲&nbsp;</td><td>2025-3-1</td><td>140</td><td>90</td></tr></table></body></html>"""


def test_html_under_an_excel_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(HTML.encode("gb18030"))
    sheet = one_sheet(path)
    assert sheet.joined == ("姓名", "随访日期", "血压/收缩压", "血压/舒张压")
    assert [(row.line, row.cells) for row in sheet.rows] == [(4, ("甲", "2025-03-01", "140", "90"))]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SHEET-001"),
        ("姓名,收缩压\n甲,140\n".encode("gb18030"), "SHEET-003"),
        (b"PK\x03\x04 cut short", "SHEET-005"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "SHEET-005"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "SHEET-002"),
        (b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "SHEET-004"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "SHEET-004"),
    ],
)
def test_what_is_no_workbook_is_refused_with_a_remedy(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    sheets, (problem,) = read_sheets(path)
    assert sheets == ()
    assert problem.code == code
    assert problem.hint()


def test_stray_cell_far_away_is_refused_before_it_is_read(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("随访")
    sheet.write(0, 0, "姓名")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    sheets, (problem,) = read_sheets(tmp_path / "a.xlsx")
    assert (sheets, problem.code) == ((), "SHEET-009")


def test_missing_file_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        read_sheets(tmp_path / "none.xlsx")


def test_container_of_text_in_utf16() -> None:
    assert detect_container("姓名\t收缩压\n".encode("utf-16")) == "text"
    assert detect_container("<table><tr>".encode("utf-16")) == "html"


def test_many_rows_take_seconds(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    sheet = book.add_worksheet("随访")
    sheet.write_row(0, 0, ["档案编号", "姓名", "随访日期", "收缩压", "舒张压"])
    for row in range(1, 20_001):
        sheet.write_row(row, 0, [f"A{row:06d}", "甲", "2025年3月1日", 140, 90.5])
    book.close()
    path = tmp_path / "a.xlsx"
    path.write_bytes(buffer.getvalue())
    started = time.process_time()
    assert len(one_sheet(path).rows) == 20_000
    assert time.process_time() - started < 10
