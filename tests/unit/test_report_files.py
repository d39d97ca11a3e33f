"""Reports as files: text, Word, HTML and PDF; broken, locked, huge and empty ones; the marked-up copies."""

from __future__ import annotations

import io
import json
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfWriter

from wangdi.app.auditing import audit_files, list_verdicts
from wangdi.cli.main import main
from wangdi.core.problem import Refusal
from wangdi.reports.files import word_files
from wangdi.reports.files.documents import read_document
from wangdi.reports.marked.marked_docx import render_docx
from wangdi.reports.marked.marking import Verdict
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC

WRONG = "一、2023年工作情况\n全县婴儿死亡率3.4‰,5岁以下儿童死亡率2.1‰。\n有托育园40所,其中备案12所。\n"
RIGHT = "一、2023年工作情况\n全县婴儿死亡率2.1‰,5岁以下儿童死亡率3.4‰。\n"


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as caught:
        read_document(path)
    return caught.value.problem.code


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def pdf_of(line: str) -> bytes:
    """The smallest page that says one line."""
    stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return data + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig", "utf-16"])
def test_a_text_keeps_every_character(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "report.txt", "有医院3家。\r\n诊所４家".encode(encoding))
    assert read_document(path) == "有医院3家。\r\n诊所４家"


def test_a_word_file_is_read_with_its_tables_in_their_place(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("有医院3家。")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "诊所4家", "药店5家"
    document.add_paragraph("完。")
    document.save(str(tmp_path / "report.docx"))
    assert read_document(tmp_path / "report.docx") == "有医院3家。\n诊所4家\t药店5家\n完。"


def test_a_page_is_read_as_it_is_seen(tmp_path: Path) -> None:
    page = (
        "<meta charset=gbk><style>p{margin:5px}</style><script>var a=9</script><p>有医院<b>3</b>家&nbsp;</p><p>诊所4家"
    )
    path = write(tmp_path / "report.html", page.encode("gbk"))
    assert read_document(path) == "有医院3家\n诊所4家"


def test_cells_over_several_columns_and_rows_keep_the_columns(tmp_path: Path) -> None:
    page = (
        "<table><tr><th rowspan=2>机构</th><th colspan=2>高血压</th><th>备注</th></tr>"
        "<tr><td><p>人数</p></td><td>率(%)</td><td></td></tr><tr><td rowspan=2>甲院</td><td>9</td><td>8.1</td><td></td></tr>"
        "<tr><td>7</td><td>6.2</td><td colspan=x>无</td></tr></table>完"
    )
    path = write(tmp_path / "report.html", page.encode())
    assert read_document(path) == "机构\t高血压\t\t备注\n\t人数\t率(%)\t\n甲院\t9\t8.1\t\n\t7\t6.2\t无\n完"


def test_a_page_laid_out_by_a_table_keeps_its_paragraphs(tmp_path: Path) -> None:
    first, second = "一、" + "甲" * 40 + "。", "二、" + "乙" * 40 + "。"
    path = write(tmp_path / "report.html", f"<table><tr><td><p>{first}</p><p>{second}</p></td></tr></table>".encode())
    assert read_document(path) == f"{first}\n{second}"


def test_a_merged_cell_of_a_word_file_leaves_the_others_empty(tmp_path: Path) -> None:
    document = Document()
    table = document.add_table(3, 3)
    table.cell(0, 1).merge(table.cell(0, 2)).text = "高血压"
    for place, text in {
        (0, 0): "机构",
        (1, 1): "人数（人）",
        (1, 2): "率(%)",
        (2, 0): "甲院",
        (2, 1): "40",
        (2, 2): "61.5",
    }.items():
        table.cell(*place).text = text
    document.add_paragraph("完。")
    path = tmp_path / "report.docx"
    document.save(str(path))
    text = read_document(path)
    assert text == "机构\t高血压\t\n\t人数（人）\t率(%)\n甲院\t40\t61.5\n完。"
    ground, _ = check_text(text)
    assert [(one.indicator, one.unit) for one in ground.claims] == [("甲院高血压人数", "人"), ("甲院高血压率", "%")]


def test_a_comment_on_a_cell_hangs_on_its_number(tmp_path: Path) -> None:
    document = Document()
    table = document.add_table(4, 2)
    for row, cells in enumerate((("机构", "床位（张）"), ("甲院", "40"), ("乙院", "50"), ("合计", "80"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.save(str(tmp_path / "report.docx"))
    original = (tmp_path / "report.docx").read_bytes()
    text = read_document(tmp_path / "report.docx")
    ground, _ = check_text(text)
    spans = [(one.start, one.end) for one in ground.claims]
    note = Verdict((2,), ARITHMETIC, "40 + 50 = 90", "", ("合计 80",))
    marked = Document(io.BytesIO(render_docx(text, original, spans, [(note, "90")])))
    ranges = [cell for row in marked.tables[0].rows for cell in row.cells if "commentRangeStart" in cell._tc.xml]
    assert [cell.text for cell in ranges] == ["80"]


def test_a_pdf_is_read(tmp_path: Path) -> None:
    assert read_document(write(tmp_path / "report.pdf", pdf_of("3 hospitals, 98.5%"))) == "3 hospitals, 98.5%"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.txt", b"", "AUDIT-002"),
        ("blank.txt", b" \n\n", "AUDIT-002"),
        ("binary.txt", bytes(range(256)) * 8, "AUDIT-003"),
        ("nul.txt", b"3\0\0", "AUDIT-003"),
        ("old.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "AUDIT-012"),
        ("text.docx", b"hello", "AUDIT-004"),
        ("bad.pdf", b"%PDF-1.7 nothing", "AUDIT-004"),
        ("text.pdf", b"hello", "AUDIT-004"),
        ("report.doc", b"hello", "AUDIT-007"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    assert refused(write(tmp_path / name, data)) == code


def test_what_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    assert refused(tmp_path / "none.txt") == "AUDIT-001"
    assert refused(tmp_path / "folder.txt") == "AUDIT-001"


def test_a_word_file_without_its_document_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.xml", "<a/>")
    assert refused(write(tmp_path / "report.docx", packed.getvalue())) == "AUDIT-004"


def test_a_word_file_of_entities_is_refused(tmp_path: Path) -> None:
    Document().save(str(tmp_path / "plain.docx"))
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    packed = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "plain.docx") as plain, zipfile.ZipFile(packed, "w") as archive:
        for name in plain.namelist():
            document = f'<!DOCTYPE l [<!ENTITY a "aaaa">{entities}]><l>&j;</l>'.encode()
            archive.writestr(name, document if name == "word/document.xml" else plain.read(name))
    assert refused(write(tmp_path / "report.docx", packed.getvalue())) == "AUDIT-004"


def test_a_word_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_files, "MOST_UNPACKED", 1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(2 << 20))
    assert refused(write(tmp_path / "report.docx", packed.getvalue())) == "AUDIT-006"


def test_a_locked_or_scanned_pdf_is_refused(tmp_path: Path) -> None:
    for name, password, code in (("locked.pdf", "secret", "AUDIT-005"), ("scan.pdf", "", "AUDIT-002")):
        writer = PdfWriter()
        writer.add_blank_page(200, 200)
        if password:
            writer.encrypt(password)
        writer.write(tmp_path / name)
        assert refused(tmp_path / name) == code


class Seen(HTMLParser):
    """What a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.titles += [value for name, value in attrs if name == "title" and value]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_claims_and_verdicts_and_needs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a<b>.txt", WRONG.encode())
    out = tmp_path / "marked.html"
    assert main(["audit", str(path), "--html", str(out)]) == 13
    page = out.read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(page)
    assert seen.tags.count("aside") == 1
    assert len(seen.titles) == 4
    assert "婴儿死亡率" in seen.titles[0]
    assert "不可能" in seen.text
    assert "a<b>.txt" in seen.text
    assert not {"script", "link", "img", "b"} & set(seen.tags)
    assert "http" not in page
    capsys.readouterr()


def comments_of(path: Path) -> list[tuple[str, str]]:
    """What each comment says, and the words it hangs on."""
    with zipfile.ZipFile(path) as archive:
        import xml.etree.ElementTree as Tree

        name = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
        said = {
            one.get(f"{name}id"): ("".join(one.itertext()), one.get(f"{name}date"))
            for one in Tree.fromstring(archive.read("word/comments.xml")).iter(f"{name}comment")
        }
        found = []
        for paragraph in Tree.fromstring(archive.read("word/document.xml")).iter(f"{name}p"):
            open_, words = "", ""
            for element in paragraph.iter():
                if element.tag == f"{name}commentRangeStart":
                    open_, words = element.get(f"{name}id") or "", ""
                elif element.tag == f"{name}commentRangeEnd":
                    assert said[open_][1] is None
                    found.append((said[open_][0], words))
                elif element.tag == f"{name}t":
                    words += element.text or ""
    return found


def test_comments_hang_on_the_claim_in_the_word_file_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = Document()
    document.add_paragraph("前言。")
    paragraph = document.add_paragraph("全县婴儿死亡率")
    paragraph.add_run("3.4‰,5岁以下").bold = True
    paragraph.add_run("儿童死亡率2.1‰。")
    document.save(str(tmp_path / "report.docx"))
    out = tmp_path / "commented.docx"
    assert main(["audit", str(tmp_path / "report.docx"), "--docx", str(out)]) == 13
    ((said, words),) = comments_of(out)
    assert words == "3.4‰"
    assert "不可能" in said
    assert read_document(out) == read_document(tmp_path / "report.docx")
    bold = [run.text for run in Document(str(out)).paragraphs[1].runs if run.bold]
    assert bold == ["3.4‰", ",5岁以下"]
    capsys.readouterr()


def test_a_text_becomes_a_word_file_with_comments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "report.txt", WRONG.replace("\n", "\r\n").encode())
    out = tmp_path / "commented.docx"
    assert main(["audit", str(path), "--docx", str(out)]) == 13
    assert [words for _, words in comments_of(out)] == ["3.4‰"]
    capsys.readouterr()


def test_the_answer_has_the_keys_that_were_agreed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "report.txt", WRONG.encode())
    assert main(["audit", str(path), "--json"]) == 13
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"claims", "relations"}
    reading = ["start", "end", "text", "indicator", "value", "value_hi", "unit", "norm_value", "norm_unit"]
    keys = [*reading, "comparator", "kind", "status", "period", "region"]
    assert list(found["claims"][0]) == keys
    assert all(list(one) == ["relation", "claims", "holds", "severity", "detail"] for one in found["relations"])
    (wrong,) = [one for one in found["relations"] if one["holds"] is False]
    assert (wrong["severity"], wrong["claims"]) == ("impossible", [0, 1])
    assert WRONG.splitlines()[1] in wrong["detail"]


def test_a_sound_report_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(write(tmp_path / "report.txt", RIGHT.encode()))]) == 0
    assert main(["--lang", "en", "audit", str(tmp_path / "report.txt")]) == 0
    assert "0 impossible" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_ends_with_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / "none.txt")]) == 20
    assert main(["audit", str(write(tmp_path / "empty.txt", b""))]) == 11
    assert main(["audit", str(write(tmp_path / "report.doc", b"1"))]) == 2
    assert "AUDIT-007" in capsys.readouterr().err


def test_a_plan_is_held_against_its_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = write(tmp_path / "plan.txt", "2023年工作计划\n家庭医生签约率达到50%以上,婴儿死亡率控制在5‰以下。".encode())
    result = write(tmp_path / "result.txt", "2023年工作总结\n家庭医生签约率47.2%,婴儿死亡率3.1‰。".encode())
    assert main(["audit", str(plan), str(result), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    kept = {tuple(one["claims"]): one["holds"] for one in found["relations"] if one["relation"] == "plan"}
    assert kept == {(0, 2): False, (1, 3): True}
    assert [one["file"] for one in found["claims"]] == ["plan.txt"] * 2 + ["result.txt"] * 2
    assert main(["audit", str(plan), str(result), "--html", str(tmp_path / "a.html")]) == 2
    assert "AUDIT-008" in capsys.readouterr().err


def test_verdicts_begin_with_the_gravest(tmp_path: Path) -> None:
    text = "婴幼儿死亡率3.2‰。\n新生儿死亡率3.4‰,婴儿死亡率2.1‰。"
    audit = audit_files([write(tmp_path / "report.txt", text.encode())])
    assert [one.severity for one in list_verdicts(audit.reports[0], "zh")] == ["impossible", "unverifiable"]
    assert audit.accuses()


def test_the_page_shows_a_table_as_one_and_numbers_what_its_verdicts_are_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "乡镇\t管理人数（人）\t规范管理人数（人）\t规范管理率(%)\n甲镇\t1200\t900\t75.00\n乙镇\t1500\t1200\t80.00\n"
    rows += "丙镇\t800\t520\t56.00\n合计\t3500\t2620\t74.86\n"
    out = tmp_path / "marked.html"
    assert main(["audit", str(write(tmp_path / "a.txt", rows.encode())), "--html", str(out)]) == 13
    seen = Seen()
    seen.feed(out.read_text(encoding="utf-8"))
    assert (seen.tags.count("table"), seen.tags.count("tr"), seen.tags.count("td")) == (1, 5, 20)
    assert seen.tags.count("sup") == 3
    assert "丙镇 | 800 | 520 | 56.00" in seen.text
    capsys.readouterr()
