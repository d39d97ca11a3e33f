"""A report as a PDF: laid out by the standard, tagged, linked, the same bytes each time, and no text is markup."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import struct
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from tests.reports import draw_commission
from wangdi.core.problem import Refusal
from wangdi.reports.files.documents import read_document
from wangdi.reports.printing.typesetting import check_faces, find_faces, set_picture
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.composing import compose_report
from wangdi.reports.writing.exhibits import place_exhibits
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Report
from wangdi.reports.writing.rendered_html import address_of
from wangdi.reports.writing.rendered_pdf import render_pdf
from wangdi.reports.writing.showing import tabulate

PAGES = "http://127.0.0.1:8000"
MARKUP = '#panic("x") *粗* _斜_ $x^2$ `码` <标> @引 \\ // [括] "引" = 题 ]#{'


@pytest.fixture(scope="module")
def drawn() -> Report:
    return compose_report(draw_commission(7, "2025", opening=(f"{MARKUP}一段。",)))


@pytest.fixture(scope="module")
def written(drawn: Report) -> bytes:
    return render_pdf(drawn, PAGES)


@pytest.fixture(scope="module")
def opened(written: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(written))


# ---- faces ------------------------------------------------------------------------------------------------------------
def characters_of(font: bytes) -> set[int]:
    """The code points a TrueType face has a glyph for, by its table of groups (format 12)."""
    tables = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * font[5], 16)}
    cmap = tables[b"cmap"]
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * number)
        if (platform, encoding) == (3, 10):
            (groups,) = struct.unpack_from(">I", font, cmap + offset + 12)
            spans = (struct.unpack_from(">III", font, cmap + offset + 16 + 12 * each) for each in range(groups))
            return {point for first, last, glyph in spans for point in range(first, last + 1) if glyph}
    raise AssertionError("no table of groups")


def gb2312() -> Iterator[str]:
    """Every character of GB 2312: 7445 of them."""
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue


def test_every_face_has_every_character_of_gb_2312() -> None:
    wanted = list(gb2312())
    assert len(wanted) == 7445
    faces = sorted(find_faces().glob("*.ttf"))
    assert len(faces) == 2
    for face in faces:
        known = characters_of(face.read_bytes())
        assert [one for one in wanted if ord(one) not in known] == [], face.name


def test_the_faces_are_those_that_came_and_stand_with_their_licences() -> None:
    folder = find_faces()
    listed: dict[str, str] = load_lexicon("fonts")["sha256"]
    assert listed == {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.glob("*.ttf")}
    for name in listed:
        licence = (folder / f"{name.partition('_')[0]}-OFL.txt").read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE" in licence


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_face_is_told(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "fonts"
    shutil.copytree(find_faces(), folder)
    check_faces(folder)
    face = folder / "NotoSerifSC_400Regular.ttf"
    if damage == "cut":
        face.write_bytes(face.read_bytes()[:1000])
    else:
        face.unlink()
    with pytest.raises(Refusal) as refused:
        check_faces(folder)
    assert (refused.value.problem.code, refused.value.problem.file) == ("REPORT-009", face.name)


def test_without_typst_it_is_said_what_to_do(drawn: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(Refusal) as refused:
        render_pdf(drawn, PAGES)
    assert refused.value.problem.code == "REPORT-008"


# ---- what is in it ----------------------------------------------------------------------------------------------------
def test_no_text_is_markup(opened: PdfReader) -> None:
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in opened.pages))
    assert re.sub(r"\s", "", MARKUP) in text


def test_the_same_report_gives_the_same_file_dated_by_its_data(
    drawn: Report, written: bytes, opened: PdfReader
) -> None:
    assert render_pdf(drawn, PAGES) == written
    assert opened.metadata is not None
    assert opened.metadata.title == drawn.title
    assert str(opened.metadata["/CreationDate"]).startswith("D:20260120")
    assert render_pdf(replace(drawn, day=date(2026, 1, 21)), PAGES) != written


def test_it_can_be_read_aloud(drawn: Report, opened: PdfReader) -> None:
    root: Any = opened.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "zh-CN"
    said = [one for one in alternatives(root["/StructTreeRoot"]) if "图" in one]
    pictures = [one for one in place_exhibits(drawn) if one.picture]
    assert pictures
    for one in pictures:
        assert any(text.startswith(one.name) and "甲镇" in text for text in said)


def alternatives(element: Any) -> Iterator[str]:
    """What stands for pictures in the tree of a tagged PDF."""
    element = element.get_object()
    if not isinstance(element, dict):
        return
    if "/Alt" in element:
        yield str(element["/Alt"])
    kids = element.get("/K", [])
    for one in kids if isinstance(kids, list) else [kids]:
        yield from alternatives(one)


def test_bookmarks_are_the_headings(drawn: Report, opened: PdfReader) -> None:
    def titles(entries: list[Any]) -> Iterator[str]:
        for one in entries:
            if isinstance(one, list):
                yield from titles(one)
            else:
                yield str(one.title)

    expected = [
        text
        for heading, _, paragraphs in number_headings(drawn)
        for text in (heading, *(begins for begins, _ in paragraphs))
        if text
    ]
    assert list(titles(opened.outline)) == expected


def test_every_number_leads_to_the_table_and_every_row_to_its_figure(drawn: Report, opened: PdfReader) -> None:
    inside, outside = set(), set()
    for page in opened.pages:
        for one in page.get("/Annots", []):
            link = one.get_object()
            action = link.get("/A", {})
            if "/URI" in action:
                outside.add(str(action["/URI"]))
            else:
                target = link.get("/Dest", action.get("/D"))
                inside.add(str(target))
    # A number that is cut by the end of a line has two links, one that stands twice in the text leads to one row.
    assert len(inside) == len(drawn.figures()) + len(place_exhibits(drawn))
    cells = [
        cell.figure
        for one in place_exhibits(drawn)
        if one.is_table
        for row in tabulate(drawn, one).rows
        for cell in row
    ]
    shown = {figure for figure in (*drawn.figures(), *cells) if figure is not None}
    assert outside == {address_of(one, PAGES) for one in shown}


# ---- how it is laid out -----------------------------------------------------------------------------------------------
def lines_of(page: PageObject) -> dict[float, list[tuple[float, str]]]:
    """What stands on each line of a page, by its height: where it begins, and its text."""
    found: dict[float, list[tuple[float, str]]] = {}

    def visit(text: str, outer: list[float], inner: list[float], _font: Any, _size: float) -> None:
        if text.strip():
            x = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
            y = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
            found.setdefault(round(y, 1), []).append((round(x, 1), text.strip()))

    page.extract_text(visitor_text=visit)
    return found


def test_a_page_takes_22_lines_of_28_characters_and_its_number_stands_outside() -> None:
    report = compose_report(draw_commission(7, "2025", opening=("国" * 3000,)))
    pages = PdfReader(io.BytesIO(render_pdf(report, PAGES))).pages
    full = [lines_of(page) for page in pages[1:4]]
    for number, lines in enumerate(full, start=2):
        body = {y: "".join(text for _, text in parts) for y, parts in lines.items() if "国" in parts[0][1]}
        assert len(body) == 22
        assert {len(text) for text in body.values()} == {28}
        pitch = (max(body) - min(body)) / 21 / 72 * 25.4
        assert pitch == pytest.approx(225 / 22, abs=0.01)
        foot = [(x, text) for y, parts in lines.items() for x, text in parts if y < min(body)]
        assert re.sub(r"\s", "", "".join(text for _, text in foot)) == f"—{number}—"
        first, left, right = min(x for x, _ in foot), 28 / 25.4 * 72, (210 - 26) / 25.4 * 72
        assert first == pytest.approx(left + 14, abs=1) if number % 2 == 0 else right - 60 < first < right - 14


def test_an_empty_report_and_one_with_no_day_can_be_printed(drawn: Report) -> None:
    nothing = replace(drawn, sections=(), pictures=(), tables=(), day=None)
    assert len(PdfReader(io.BytesIO(render_pdf(nothing, PAGES))).pages) >= 1


def test_what_it_shows_is_not_accused(written: bytes, tmp_path: Path) -> None:
    """Pictures, captions and tables are read by whoever checks the file."""
    path = tmp_path / "report.pdf"
    path.write_bytes(written)
    ground, relations = check_text(read_document(path))
    assert len(ground.claims) > 100
    assert [one.told.message("en") for one in relations if one.severity in (IMPOSSIBLE, ARITHMETIC)] == []


def test_a_picture_is_as_wide_as_asked() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><text x="9" y="50">甲镇</text></svg>'
    picture = set_picture(svg, 156)
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert width == pytest.approx(156 / 25.4 * 220, abs=1)
    assert height == pytest.approx(width / 3, abs=1)
    assert set_picture(svg, 156) == picture
