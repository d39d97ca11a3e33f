"""Workbooks for tests: small made-up templates, and files as somebody who means harm would send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import xlsxwriter

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


def make_workbook(draw: Callable[[Any, Any], None], sheet: str = "表1") -> bytes:
    """A workbook of one sheet that a function draws on."""
    out = io.BytesIO()
    book: Any
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        draw(book, book.add_worksheet(sheet))
    return out.getvalue()


def two_row_template(towns: tuple[str, ...] = ("甲镇", "乙镇"), title: str = "某县年报") -> bytes:
    """Two indicators over 分子, 分母 and 率, a line for each town, and a line for the whole without formulas."""

    def draw(book: Any, sheet: Any) -> None:
        box = book.add_format({"border": 1})
        sheet.merge_range("A1:G1", title, box)
        sheet.merge_range("A2:A3", "乡镇", box)
        for left, indicator in ((1, "高血压患者规范管理率"), (4, "管理人群血压控制率")):
            sheet.merge_range(1, left, 1, left + 2, indicator, box)
            sheet.write_row(2, left, ["分子", "分母", "率（%）"], box)
        for row, town in enumerate((*towns, "合计"), start=3):
            sheet.write(row, 0, town, box)
            for column in range(1, 7):
                sheet.write_blank(row, column, None, box)

    return make_workbook(draw)


def decorated_template() -> bytes:
    """A template with what a form in use has beside its cells: a picture, a chart, a text box, a drop-down list, a print area."""

    def draw(book: Any, sheet: Any) -> None:
        box = book.add_format({"border": 1, "num_format": "0.0%"})
        sheet.write_column("A1", ["甲", "乙", "合计"], box)
        for row in range(2):
            sheet.write_blank(row, 1, None, box)
        sheet.write_formula("B3", "=SUM(B1:B2)", box, 0)
        sheet.write("D9", "说明：保留")
        sheet.merge_range("C1:E2", "合并", box)
        sheet.insert_image("G2", "seal.png", {"image_data": io.BytesIO(PIXEL)})
        chart: Any = book.add_chart({"type": "column"})
        chart.add_series({"values": "=表1!$B$1:$B$2"})
        sheet.insert_chart("G6", chart)
        sheet.insert_textbox("L2", "填表须知")
        sheet.data_validation("B1", {"validate": "list", "source": ["1", "2"]})
        sheet.conditional_format("B1:B2", {"type": "cell", "criteria": ">", "value": 5, "format": box})
        sheet.write_comment("B1", "批注")
        sheet.print_area("A1:E9")
        sheet.protect("secret")

    return make_workbook(draw)


def rewrite(
    data: bytes, changes: Mapping[str, Callable[[bytes], bytes]], more: Mapping[str, bytes] | None = None
) -> bytes:
    """A workbook with some of its parts changed and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content, change = source.read(member), changes.get(member.filename)
            target.writestr(member.filename, content if change is None else change(content))
        for name, content in (more or {}).items():
            target.writestr(name, content)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}
