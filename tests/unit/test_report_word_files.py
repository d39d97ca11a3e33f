"""Word files as they come from offices: tracked changes, tags, controls, text boxes, counted headings, cells with breaks."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from wangdi.core.problem import Refusal
from wangdi.reports.files.documents import read_document
from wangdi.reports.marked.marked_docx import render_docx
from wangdi.reports.marked.marking import Verdict
from wangdi.reports.reading.telling import TARGET
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC

W = nsdecls("w")
RUN = "<w:r><w:t>{}</w:t></w:r>"


def save(body: str, path: Path, numbering: str = "") -> Path:
    """A file whose body is this."""
    document = Document()
    element = document.element.body
    for child in parse_xml(f"<w:body {W}>{body}</w:body>"):
        element.insert(len(element) - 1, child)
    if numbering:
        part = document.part.numbering_part.element
        for one in list(part):
            part.remove(one)
        for child in parse_xml(f"<w:numbering {W}>{numbering}</w:numbering>"):
            part.append(child)
    document.save(str(path))
    return path


def paragraph(*pieces: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(pieces)}</w:p>"


@pytest.mark.parametrize(
    "wrapped",
    [
        '<w:smartTag w:uri="u" w:element="chmetcnv">{}</w:smartTag>',
        '<w:ins w:id="1" w:author="a">{}</w:ins>',
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        '<w:fldSimple w:instr="REF a">{}</w:fldSimple>',
        '<w:del w:id="2" w:author="a"><w:r><w:delText>41</w:delText></w:r></w:del>{}',
    ],
)
def test_a_number_is_read_in_whatever_it_is_wrapped(tmp_path: Path, wrapped: str) -> None:
    body = paragraph(RUN.format("全县有医院"), wrapped.format(RUN.format("12")), RUN.format("家。"))
    path = save(body, tmp_path / "a.docx")
    text = read_document(path)
    assert text == "全县有医院12家。"
    marked = render_docx(text, path.read_bytes(), [(5, 8)], [(Verdict((0,), ARITHMETIC, "x", "", ()), "x")])
    with zipfile.ZipFile(io.BytesIO(marked)) as archive:
        told = archive.read("word/document.xml").decode()
    assert told.index("commentRangeStart") < told.index("<w:t>12</w:t>") < told.index("commentRangeEnd")


def test_controls_and_text_boxes_hold_paragraphs_of_their_own(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{paragraph(RUN.format('床位360张。'))}</w:txbxContent>"
    mark = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    twice = (
        f"<w:r><mc:AlternateContent {mark}><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    )
    body = f"<w:sdt><w:sdtContent>{paragraph(RUN.format('有医院3家。'))}</w:sdtContent></w:sdt>"
    body += paragraph(RUN.format("图1"), f"{twice}</mc:AlternateContent></w:r>")
    assert read_document(save(body, tmp_path / "a.docx")) == "有医院3家。\n图1\n床位360张。"


def test_a_break_in_a_cell_does_not_break_its_row(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in cells) + "</w:tr>"

    head = paragraph("<w:r><w:t>人数</w:t><w:br/><w:t>（人）</w:t></w:r>")
    body = f"<w:tbl>{row(paragraph(RUN.format('乡镇')), head)}"
    for name, number in (("甲镇", "120"), ("乙镇", "150"), ("合计", "280")):
        body += row(paragraph(RUN.format(name)), paragraph(RUN.format(number)) + paragraph())
    path = save(f"{body}</w:tbl>{paragraph(RUN.format('完。'))}", tmp_path / "a.docx")
    text = read_document(path)
    assert [line.split("\t")[0] for line in text.split("\n")] == ["乡镇", "甲镇", "乙镇", "合计", "完。"]
    ground, relations = check_text(text)
    assert [(one.text, one.unit) for one in ground.claims] == [("120", "人"), ("150", "人"), ("280", "人")]
    assert any(one.relation == "sum" and not one.holds for one in relations)


def test_counted_headings_are_told_and_a_plan_stays_a_plan_under_them(tmp_path: Path) -> None:
    def level(depth: int, format_: str, text: str) -> str:
        parts = f'<w:start w:val="1"/><w:numFmt w:val="{format_}"/><w:lvlText w:val="{text}"/>'
        return f'<w:lvl w:ilvl="{depth}">{parts}</w:lvl>'

    levels = level(0, "japaneseCounting", "%1、") + level(1, "chineseCountingThousand", "（%2）")
    numbering = f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
    numbering += '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'

    def heading(text: str, depth: int) -> str:
        told = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="3"/></w:numPr>'
        return paragraph(RUN.format(text), properties=told)

    body = heading("2025年工作情况", 0) + heading("慢病管理", 1) + paragraph(RUN.format("规范管理率80%。"))
    body += heading("2026年工作计划", 0) + heading("慢病管理", 1) + paragraph(RUN.format("规范管理率85%。"))
    text = read_document(save(body, tmp_path / "a.docx", numbering))
    assert text.split("\n") == [
        "一、2025年工作情况",
        "（一）慢病管理",
        "规范管理率80%。",
        "二、2026年工作计划",
        "（一）慢病管理",
        "规范管理率85%。",
    ]
    ground, _ = check_text(text)
    assert [one.status == TARGET for one in ground.claims] == [False, True]


def test_an_old_file_is_told_from_a_locked_one(tmp_path: Path) -> None:
    for name, inside, code in (
        ("old.docx", b"WordDocument", "AUDIT-012"),
        ("shut.docx", b"EncryptedPackage", "AUDIT-005"),
    ):
        path = tmp_path / name
        path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600) + inside.decode().encode("utf-16-le"))
        with pytest.raises(Refusal) as caught:
            read_document(path)
        assert caught.value.problem.code == code


def test_controls_in_controls_are_looked_through(tmp_path: Path) -> None:
    body = paragraph(RUN.format("医院3家"))
    for _ in range(100):
        body = f"<w:sdt><w:sdtContent>{body}</w:sdtContent></w:sdt>"
    assert read_document(save(body, tmp_path / "a.docx")) == "医院3家"
