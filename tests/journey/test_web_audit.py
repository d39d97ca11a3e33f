"""The page on which a report is checked: files in, the report marked up out; nothing is kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cities import TestCity, make_city
from tests.pages import check_page, open_pages, read, words_of
from wangdi.core.problem import LANGUAGES
from wangdi.language.library import load_library

REPORT = (
    "某县2031年卫生健康工作总结\n2031年,全县新生儿死亡率3.20‰,婴儿死亡率2.10‰。\n全县出生3000人,较去年2000人上升20%。\n"
)
PLAN = "2031年工作要点\n2031年,全县孕产妇系统管理率达到95%以上。\n"
RESULT = "2031年工作总结\n2031年,全县孕产妇系统管理率92.5%。\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    made: TestCity = make_city(tmp_path_factory.mktemp("audit") / "city", load_library())
    with open_pages(made.city.folder) as opened:
        yield opened


def send(client: TestClient, *files: tuple[str, bytes], lang: str = "zh", status: int = 200, **fields: str) -> str:
    answer = client.post(f"/audit?lang={lang}", files=[("files", one) for one in files], data=fields)
    assert answer.status_code == status, answer.text[:1000]
    return answer.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_says_what_can_be_given(client: TestClient, lang: str) -> None:
    assert "DOCX" in words_of(check_page(read(client, f"/audit?lang={lang}")))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_report_comes_back_marked_with_what_does_not_fit(client: TestClient, encoding: str) -> None:
    tree = check_page(send(client, ("总结.txt", REPORT.encode(encoding))))
    said = words_of(tree)
    assert "不可能 1" in said
    assert "算错 1" in said
    assert "新生儿死亡率" in said
    marked = {
        one.text for one in tree.iter("span") if "impossible" in (one.get("class") or "").split() and one.get("title")
    }
    assert marked == {"3.20‰", "2.10‰"}
    readings = [one.get("title") for one in tree.iter("span") if one.get("title") and one.text == "20%"]
    assert readings
    assert "实际" in readings[0]


def test_a_plan_is_held_against_its_result(client: TestClient) -> None:
    said = words_of(check_page(send(client, ("计划.txt", PLAN.encode()), ("总结.txt", RESULT.encode()), lang="en")))
    assert "92.5" in said
    assert "计划.txt" in said


def test_a_report_in_which_all_fits_says_so(client: TestClient) -> None:
    assert "没有发现对不上的" in words_of(check_page(send(client, ("总结.txt", RESULT.encode()))))


def test_the_word_file_has_a_comment_for_each_verdict(client: TestClient) -> None:
    answer = client.post("/audit", files=[("files", ("总结.txt", REPORT.encode()))], data={"docx": "1"})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.read("word/comments.xml").decode().count("<w:comment ") >= 2


def test_the_marked_page_can_be_taken_away(client: TestClient) -> None:
    answer = client.post("/audit", files=[("files", ("总结.txt", REPORT.encode()))], data={"html": "1", "data": "1"})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.count("<aside") == 2
    assert "对不上指标" in answer.text


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.txt", b"", "AUDIT-002"),
        ("broken.docx", b"PK\x03\x04 no zip", "AUDIT-004"),
        ("broken.pdf", b"%PDF-1.7 nothing", "AUDIT-004"),
        ("table.xlsx", b"abc", "AUDIT-007"),
        ("bytes.txt", bytes(range(128, 256)) * 3, "AUDIT-003"),
    ],
)
def test_what_cannot_be_read_is_said_on_the_form(client: TestClient, name: str, data: bytes, code: str) -> None:
    said = words_of(check_page(send(client, (name, data), status=400)))
    assert code in said
    assert name in said


def test_nothing_chosen_and_too_much(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.post("/audit", files=[("files", ("", b""))])
    assert answer.status_code == 400
    assert "WEB-040" in words_of(check_page(answer.text))
    monkeypatch.setattr("wangdi.web.pages.audit.DOCUMENT_BYTES", 10)
    assert "WEB-041" in words_of(check_page(send(client, ("总结.txt", REPORT.encode()), status=413)))


def test_what_is_in_a_report_stays_text(client: TestClient) -> None:
    hostile = '2031年,全县<script>alert(1)</script>婴儿死亡率2.10‰,“"><img src=x>”\n'
    tree = check_page(send(client, ("<b>.txt", hostile.encode())))
    assert not list(tree.iter("img"))
    assert "<script>alert(1)</script>" in words_of(tree)


def test_nothing_is_left_behind(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    send(client, ("总结.txt", REPORT.encode()))
    assert list(tmp_path.iterdir()) == []


def test_with_the_citys_data_a_result_is_held_against_its_figure(client: TestClient) -> None:
    report = "2031年工作总结\n2031年,全县健康档案使用率88.5%,家庭医生签约率40%。\n"
    said = words_of(check_page(send(client, ("总结.txt", report.encode()), data="1", period="2031")))
    assert "与数据相符 0 与数据不符 0 对不上指标 2" in said
    assert "与数据相符" not in send(client, ("总结.txt", report.encode()))
    assert "DATE-001" in send(client, ("总结.txt", report.encode()), data="1", period="x", status=400)
    asked = send(client, ("总结.txt", report.encode()), data="1", period="2031", known="x", status=400)
    assert "STORE-022" in asked
    page = send(client, ("总结.txt", report.encode()), data="1", period="2031", own="1")
    assert "对不上指标 2" in words_of(check_page(page))
    assert 'value="2031"' in page
