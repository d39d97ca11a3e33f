"""Export files as institutions make them: delimited text and workbooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xlsxwriter

from wangdi.demo.days import Texts
from wangdi.demo.rows import DEFECT_NUMBER, Rows
from wangdi.demo.texts import FormExport, Style, Writing, column_texts

_TITLE_ROWS = 2
_EXCEL_EPOCH = datetime(1970, 1, 1)


def write_export(path: Path, writing: Writing, style: Style, export: FormExport, rows: Rows) -> int:
    """Write one file of one form; answers the line (or spreadsheet row) of its first row."""
    cells = [column_texts(writing, style, column, rows) for column in export.columns]
    if style.suffix == "xlsx":
        return _write_workbook(path, writing, (style, export), rows, cells)
    delimiter = "\t" if style.suffix == "tsv" else ","
    lines = [delimiter.join(parts) for parts in zip(*(column.tolist() for column in cells), strict=True)]
    for at in np.flatnonzero(rows.defect == DEFECT_NUMBER["ragged_line"]).tolist():
        lines[at] = lines[at].rsplit(delimiter, 2)[0]
    header = delimiter.join(column.name for column in export.columns)
    text = "\r\n".join([header, *lines, ""])
    path.write_bytes(text.encode(style.encoding))
    return 2


def _write_workbook(
    path: Path, writing: Writing, form: tuple[Style, FormExport], rows: Rows, cells: list[Texts]
) -> int:
    """A sheet with a title, a line about the period, one or two header rows, the rows, 合计 and who filled it in."""
    style, export = form
    book = xlsxwriter.Workbook(str(path), {"constant_memory": False, "strings_to_numbers": False})
    # The moment of making would make two runs differ.
    book.set_properties({"created": datetime(2020, 1, 1)})
    sheet = book.add_worksheet(export.file)
    bold = book.add_format({"bold": True, "align": "center"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, len(cells) - 1, export.file, bold)
    sheet.write_string(1, 0, f"{style.title}　单位：见代码")
    depth = 2 if any("|" in column.header for column in export.columns) else 1
    _write_header(sheet, export, depth, bold)
    first = _TITLE_ROWS + depth
    for number, (column, texts) in enumerate(zip(export.columns, cells, strict=True)):
        for at, text in enumerate(texts.tolist()):
            if text:
                sheet.write_string(first + at, number, text)
        if column.source == "-":
            sheet.write_column(first, number, range(1, rows.size + 1))
        if column.source == "id_no":
            for at in np.flatnonzero(rows.defect == DEFECT_NUMBER["rounded_id_number"]).tolist():
                sheet.write_number(first + at, number, _round_number(writing, int(rows.registration[at])))
        if column.source in ("contact_date", "exam_date"):
            # Some days are real dates of the spreadsheet, the others were typed as text.
            for at in np.flatnonzero((rows.occurred % 5 == 0) & (rows.status == 0)).tolist():
                sheet.write_datetime(first + at, number, _EXCEL_EPOCH + timedelta(days=int(rows.occurred[at])), day)
    last = first + rows.size
    sheet.write_string(last, 0, "合计")
    sheet.write_string(last, 1, f"{rows.size}")
    sheet.write_string(last + 1, 0, "填表人：张三　　审核人：李四")
    book.close()
    return first + 1


def _round_number(writing: Writing, registration: int) -> float:
    """What a spreadsheet leaves of somebody's own identity number."""
    person = writing.world.registrations.person[registration]
    return float(int(writing.world.population.id_numbers[person][:15] + b"000"))


def _write_header(sheet: xlsxwriter.worksheet.Worksheet, export: FormExport, depth: int, bold: object) -> None:
    headers = [column.header.split("|") for column in export.columns]
    number = 0
    while number < len(headers):
        words = headers[number]
        if depth == 1:
            sheet.write_string(_TITLE_ROWS, number, words[0], bold)
        elif len(words) == 1:
            sheet.merge_range(_TITLE_ROWS, number, _TITLE_ROWS + 1, number, words[0], bold)
        else:
            last = number
            while last + 1 < len(headers) and len(headers[last + 1]) == 2 and headers[last + 1][0] == words[0]:
                last += 1
            sheet.merge_range(_TITLE_ROWS, number, _TITLE_ROWS, last, words[0], bold)
            for at in range(number, last + 1):
                sheet.write_string(_TITLE_ROWS + 1, at, headers[at][1], bold)
            number = last
        number += 1
