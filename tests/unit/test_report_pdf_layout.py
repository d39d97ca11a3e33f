"""PDF files as they come: running headers, columns, tables drawn and spaced, pictures, locked and broken ones."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import typst
from pypdf import PdfWriter

from wangdi.cli.main import main
from wangdi.core.problem import Refusal
from wangdi.reports.files import pdf_files
from wangdi.reports.files.documents import read_report
from wangdi.reports.files.pdf_glyphs import Glyph, Page, Rule
from wangdi.reports.files.pdf_layout import read_layout
from wangdi.reports.printing.typesetting import find_faces
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC

FACE = '#set text(font: "Noto Serif SC", size: {size}pt, lang: "zh")\n'
PROSE = (
    "全县共有各级各类医疗卫生机构312家，其中医院12家、基层医疗卫生机构290家、专业公共卫生机构6家、其他机构4家。"
    "全县婴儿死亡率3.42‰，5岁以下儿童死亡率4.15‰。1—9月活产800人中听力筛查790人，筛查率98.75%。"
)
MORE = (
    "全县共管理高血压患者45,321人，规范管理36,257人，规范管理率80.00%；管理2型糖尿病患者12,456人，规范管理9,716人，"
    "规范管理率78.00%。65岁及以上老年人健康体检56,789人，体检率72.30%，较去年同期上升2.10个百分点。"
)
DRAWN = """#table(columns: 4, table.cell(rowspan: 2)[乡镇], table.cell(colspan: 3)[高血压],
 [管理人数（人）], [规范管理人数 \\ （人）], [规范管理率（%）], [甲镇], [1,200], [900], [75.00], [乙镇], [800], [520], [66.00],
 [丙镇], [500], [400], [80.00], [丁镇], [400], [300], [75.00])
"""
DRAWN_TEXT = (
    "乡镇\t高血压\t\t\n\t管理人数（人）\t规范管理人数（人）\t规范管理率（%）\n甲镇\t1,200\t900\t75.00\n乙镇\t800\t520\t66.00"
    "\n丙镇\t500\t400\t80.00\n丁镇\t400\t300\t75.00"
)
SPACED = """#table(columns: (1fr, 1fr, 1fr), stroke: none, align: (left, right, right),
 [地区], [机构（个）], [床位（张）], [甲县], [312], [2560], [乙县], [98], [210], [合计], [410], [2770])
"""
SPACED_TEXT = "地区\t机构（个）\t床位（张）\n甲县\t312\t2560\n乙县\t98\t210\n合计\t410\t2770"
NO_RULES_BETWEEN_ROWS = """#table(columns: (1fr, 1fr, 1fr), align: (left, right, right),
 [地区], [机构（个）], [床位（张）], [甲县 \\ 乙县 \\ 合计], [312 \\ 98 \\ 410], [2560 \\ 210 \\ 2770])
"""


def set_pdf(source: str, size: float = 12, page: str = "") -> bytes:
    text = f'#set page(paper: "a4", margin: 2.5cm{page})\n{FACE.format(size=size)}#set par(justify: true, '
    text += "first-line-indent: (amount: 2em, all: true))\n" + source
    asked: dict[str, Any] = {"font_paths": [find_faces()], "ignore_system_fonts": True}
    made: bytes = typst.compile(text.encode(), **asked)
    return made


def read(data: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(data)
    return read_report(folder / "report.pdf").text


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as caught:
        read_report(path)
    return caught.value.problem.code


def test_a_paragraph_goes_on_over_lines_and_pages_without_what_runs_between(tmp_path: Path) -> None:
    running = ", header: [某县工作总结], footer: context align(center)[— #counter(page).display() —]"
    text = read(set_pdf("\n\n".join([PROSE, MORE] * 12), 16, running), tmp_path)
    assert text == "某县工作总结\n" + "\n".join([PROSE, MORE] * 12)


@pytest.mark.parametrize(("columns", "size"), [(2, 10.5), (3, 9)])
def test_columns_are_read_one_after_the_other(tmp_path: Path, columns: int, size: float) -> None:
    parts = [f"第{number}段，{PROSE if number % 2 else MORE}" for number in range(12)]
    flipped = "true" if columns == 3 else "false"
    text = read(set_pdf("\n\n".join(parts), size, f", columns: {columns}, flipped: {flipped}"), tmp_path)
    assert text == "\n".join(parts)


def test_a_title_and_a_table_may_span_the_columns(tmp_path: Path) -> None:
    source = f"#align(center)[#text(18pt)[统计公报]]\n#columns(2)[{PROSE}\n\n{MORE}\n#colbreak()\n{MORE}\n\n{PROSE}]\n{DRAWN}"
    assert read(set_pdf(source, 10.5), tmp_path) == "\n".join(("统计公报", PROSE, MORE, MORE, PROSE, DRAWN_TEXT))


@pytest.mark.parametrize(
    ("table", "text"), [(DRAWN, DRAWN_TEXT), (SPACED, SPACED_TEXT), (NO_RULES_BETWEEN_ROWS, SPACED_TEXT)]
)
def test_a_table_keeps_its_rows_and_columns(tmp_path: Path, table: str, text: str) -> None:
    assert read(set_pdf(f"{PROSE}\n{table}\n{MORE}"), tmp_path) == f"{PROSE}\n{text}\n{MORE}"


def test_what_a_table_says_wrong_is_found_with_the_row_it_stands_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ground, relations = check_text(read(set_pdf(DRAWN), tmp_path))
    wrong = [[ground.claims[place].text for place in one.claims] for one in relations if one.severity == ARITHMETIC]
    assert wrong == [["520", "800", "66.00"]]
    assert main(["audit", str(tmp_path / "report.pdf"), "--json"]) == 13
    (told,) = [one["detail"] for one in json.loads(capsys.readouterr().out)["relations"] if one["severity"]]
    assert "乙镇 | 800 | 520 | 66.00" in told


def test_a_table_over_two_pages_has_its_header_once(tmp_path: Path) -> None:
    rows = "".join(f"[镇{number}], [{1000 + number}], [{800 + number}]," for number in range(80))
    header = "table.header([乡镇], [管理人数（人）], [规范管理人数（人）])"
    text = read(set_pdf(f"#table(columns: 3, {header}, {rows})"), tmp_path)
    assert text.split("\n") == [
        "乡镇\t管理人数（人）\t规范管理人数（人）",
        *(f"镇{number}\t{1000 + number}\t{800 + number}" for number in range(80)),
    ]


def test_a_table_across_the_paper_is_read_and_a_watermark_is_not(tmp_path: Path) -> None:
    mark = ", background: rotate(24deg, text(50pt)[内部资料99人])"
    laid = f"#page(background: none)[#rotate(-90deg, reflow: true)[#block(width: 18cm)[{DRAWN}]]]"
    assert read(set_pdf(f"{PROSE}\n{laid}", page=mark), tmp_path) == f"{PROSE}\n{DRAWN_TEXT}"


def test_a_number_wider_than_its_cell_stays_whole() -> None:
    """One that runs over the line on its left is not cut there."""
    signs = [("甲", 20, 30), *((sign, 68 + 5 * place, 73 + 5 * place) for place, sign in enumerate("459.27"))]
    signs += [("7", 50, 55), ("乙", 20, 30)]
    glyphs = [Glyph(sign, left, right, 20.0 if sign != "乙" else 40.0, 10.0) for sign, left, right in signs]
    across = tuple(Rule(at, 10.0, 100.0) for at in (5.0, 25.0, 45.0))
    down = tuple(Rule(at, 5.0, 45.0) for at in (10.0, 40.0, 70.0, 100.0))
    assert read_layout([Page(200, 200, tuple(glyphs), across, down)]) == "甲\t7\t459.27\n乙\t\t"


def test_pages_that_are_pictures_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = typst.compile(b"#set page(width: 60pt, height: 60pt)\n 3", format="png")
    (tmp_path / "scan.png").write_bytes(picture)
    (tmp_path / "mixed.typ").write_text(
        f'{FACE.format(size=12)}#image("scan.png")\n#pagebreak()\n全县有医院12家。\n#pagebreak()\n#image("scan.png")',
        encoding="utf-8",
    )
    made = typst.compile(tmp_path / "mixed.typ", font_paths=[find_faces()], ignore_system_fonts=True)
    (tmp_path / "mixed.pdf").write_bytes(made)
    found = read_report(tmp_path / "mixed.pdf")
    assert (found.text, [one.code for one in found.unread]) == ("全县有医院12家。", ["AUDIT-011"])
    assert main(["audit", str(tmp_path / "mixed.pdf")]) == 0
    assert "1、3" in capsys.readouterr().out
    assert main(["audit", str(tmp_path / "mixed.pdf"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["unread"]) == 1


def test_one_protected_against_change_is_read_and_one_with_a_password_is_not(tmp_path: Path) -> None:
    for name, password in (("open.pdf", ""), ("shut.pdf", "x")):
        writer = PdfWriter(clone_from=io.BytesIO(set_pdf("全县有医院12家。")))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        writer.write(tmp_path / name)
    assert read_report(tmp_path / "open.pdf").text == "全县有医院12家。"
    assert refused(tmp_path / "shut.pdf") == "AUDIT-005"


def test_signs_without_meaning_are_no_text(tmp_path: Path) -> None:
    """A font that says of no sign what it is: what would be read of it is not what stands there."""
    data = set_pdf("全县共有医疗卫生机构若干")
    document = pypdfium2.PdfDocument(data)
    assert document[0].get_textpage().count_chars() > 10
    broken = PdfWriter(clone_from=io.BytesIO(data))
    for page in broken.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            del font.get_object()["/ToUnicode"]
    broken.write(tmp_path / "broken.pdf")
    assert refused(tmp_path / "broken.pdf") in ("AUDIT-010", "AUDIT-002")


def test_what_breaks_its_reader_ends_that_process_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(set_pdf("全县有医院12家。"))
    monkeypatch.setattr(pdf_files, "_CHILD", "import os; os.abort()  # {places}")
    assert refused(path) == "AUDIT-004"
    monkeypatch.setattr(pdf_files, "_CHILD", "import time; time.sleep(60)  # {places}")
    monkeypatch.setattr(pdf_files, "MOST_SECONDS", 1)
    assert refused(path) == "AUDIT-004"


def test_a_drawing_of_very_many_lines_is_no_table() -> None:
    down = tuple(Rule(float(at % 600), 0.0, 700.0) for at in range(30_000))
    across = tuple(Rule(float(at % 700), 0.0, 600.0) for at in range(30_000))
    sign = Glyph("3", 20.0, 25.0, 400.0, 10.0)
    assert read_layout([Page(600, 800, (sign,), across, down)]) == "3"
