"""Files as another program reads them: LibreOffice opens a filled workbook and a report, and finds in them what was written.

It comes from the packages libreoffice-calc-nogui and libreoffice-writer-nogui.
"""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import openpyxl
from pypdf import PdfReader

from tests.conftest import go_without
from tests.reports import draw_commission
from tests.workbooks import decorated_template
from wangdi.reports.writing.composing import compose_report
from wangdi.reports.writing.passing import lay_text
from wangdi.reports.writing.rendered_docx import render_document
from wangdi.returns.filling import fill_template
from wangdi.returns.model import Place


def convert(path: Path, into: str, filtered: str) -> Path:
    """The file as LibreOffice writes it after reading it, with a profile of its own."""
    office = shutil.which("soffice") or go_without(
        "there is no LibreOffice here; install libreoffice-calc-nogui and -writer-nogui"
    )
    out = path.parent / "again"
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    asked = [office, profile, "--headless", "--convert-to", f"{into}{filtered}", "--outdir", str(out), str(path)]
    subprocess.run(asked, check=True, capture_output=True, timeout=300)
    return out / f"{path.stem}.{into}"


def test_every_cell_of_a_filled_workbook_is_read_as_it_was_written(tmp_path: Path) -> None:
    values: dict[Place, Decimal | str | None] = {
        Place("表1", 1, 2): Decimal("0.125"),
        Place("表1", 2, 2): Decimal("0.5"),
        Place("表1", 9, 1): "甲<乙>",
    }
    path = tmp_path / "filled.xlsx"
    path.write_bytes(fill_template(decorated_template(), values, {Place("表1", 3, 2): Decimal("0.625")}))
    again = convert(path, "xlsx", ":Calc MS Excel 2007 XML")
    ours, theirs = (openpyxl.load_workbook(one, data_only=True)["表1"] for one in (path, again))
    assert {str(one) for one in ours.merged_cells.ranges} == {str(one) for one in theirs.merged_cells.ranges}
    for row in ours.iter_rows():
        for cell in row:
            other = theirs[cell.coordinate]
            assert (cell.value, cell.number_format) == (other.value, other.number_format), cell.coordinate
            assert cell.border.left.style == other.border.left.style
    assert theirs["B3"].value == 0.625, "its own formula comes to what we wrote beside it"
    assert theirs.protection.sheet
    assert [str(one.sqref) for one in theirs.data_validations.dataValidation] == ["B1"]


def test_a_report_opens_as_it_was_written(tmp_path: Path) -> None:
    report = compose_report(draw_commission(7, "2025"))
    path = tmp_path / "report.docx"
    path.write_bytes(render_document(report, "http://127.0.0.1:8000"))
    reader = PdfReader(convert(path, "pdf", ""))
    read = "".join("".join(page.extract_text().split()) for page in reader.pages)
    first, *_, last = lay_text(report).text.splitlines()
    assert first.replace(" ", "") in read
    assert last[-20:] in read
    across = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert 0 < len(across) < len(reader.pages), "the table of figures lies across"
