"""Investigations and bulletins as PDF: laid out as documents are, tagged, the same bytes each time, every sign in the faces."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader

from tests.unit.test_report_pdf import characters_of
from wangdi.app.bulletins import print_page
from wangdi.plans.bulletin_page import FIRST, LAST, PRINTED_SIGNS, Block, Line, Page
from wangdi.reports.printing.paper import Drawing, Grid, Heading, Paper, Words, print_paper, share_width
from wangdi.reports.printing.typesetting import find_faces

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
MARKUP = '#panic("x") *粗* $x$ [括]'
PAPER = Paper(
    "某校腹泻调查报告",
    [
        Words("某疾控中心　2025-04-10", centred=True),
        Heading("一、基本情况"),
        Words(f"报告病例 40 例。{MARKUP}"),
        Drawing(SVG, "图 1 流行曲线"),
        Grid("病例的年龄分布", ["年龄（岁）", "男", "合计"], [["5–9", "12", "20"], ["不详", "—", "1"]]),
    ],
    date(2025, 4, 10),
)


def test_a_paper_says_all_of_it_and_no_text_is_markup() -> None:
    written = print_paper(PAPER)
    reader = PdfReader(io.BytesIO(written))
    text = "".join(page.extract_text() for page in reader.pages)
    for said in ("某校腹泻调查报告", "一、基本情况", MARKUP, "图 1 流行曲线", "年龄（岁）", "不详"):
        assert said.replace(" ", "") in text.replace(" ", "").replace("\n", "")
    assert written == print_paper(PAPER)
    assert str(reader.root_object["/Lang"]) == "zh-CN"
    assert "/StructTreeRoot" in reader.root_object, "it is tagged"
    width, height = (float(reader.pages[0].mediabox[side]) for side in (2, 3))
    assert width < height


def test_columns_share_the_page_by_what_stands_in_them() -> None:
    widths = share_width(Grid("", ["短", "长"], [["1", "很长的一段文字说明进度"]]), 156)
    assert sum(widths) == pytest.approx(156)
    assert widths[0] < widths[1]


def line(light: str, *texts: str) -> Line:
    return Line(light, texts)


ITEMS = tuple(
    line(light, f"事项{number}", "≥75%", "71.82%", "基层科", "2025-12-31", "61", "按本月进度到期 68.37%")
    for number, light in enumerate(("done", "green", "amber", "red", "grey") * 6)
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bulletin_is_printed_across_with_its_lights_in_words(lang: str) -> None:
    tables = {name: ITEMS if name == "items" else () for name in (*FIRST, *LAST)}
    ranked = (Block("高血压患者规范管理率", (line("red", "1", "上渡镇", "70%", "+1.00", "3", "基层科"),)),)
    page = Page("month", "栖云县", ("2025-10-01", "2025-10-31"), tables, ranked)
    reader = PdfReader(io.BytesIO(print_page(page, lang)))
    text = "".join(each.extract_text() for each in reader.pages)
    assert ("× 滞后" if lang == "zh" else "× behind") in text
    assert all(f"事项{number}" in text for number in range(30)), "rows go on to the next page"
    assert "事项0" in reader.pages[0].extract_text(), "the first page is not left to the title"
    width, height = (float(reader.pages[0].mediabox[side]) for side in (2, 3))
    assert width > height
    empty = Page("week", "栖云县", ("2025-10-06", "2025-10-12"), dict.fromkeys((*FIRST, *LAST), ()), ())
    assert print_page(empty, lang)[:5] == b"%PDF-"


def test_every_sign_of_a_light_has_a_letter() -> None:
    faces = [characters_of(one.read_bytes()) for one in find_faces().glob("*.ttf")]
    assert all(ord(sign) in face for sign in PRINTED_SIGNS.values() for face in faces)
