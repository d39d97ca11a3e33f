"""The pages of returns: a template kept, its sheet drawn, cells bound and corrected, a period locked and handed out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.cities import TestCity
from tests.journey.returning import NAME, make_county, visit
from tests.pages import check_page, open_pages, read, words_of
from tests.workbooks import two_row_template
from wangdi.core.problem import LANGUAGES

PATH = f"/return/{quote(NAME)}"
PAGE = f"{PATH}?period=2025"


@pytest.fixture
def county(tmp_path: Path) -> TestCity:
    return make_county(tmp_path / "city")


@pytest.fixture
def client(county: TestCity) -> Iterator[TestClient]:
    with open_pages(county.city.folder) as opened:
        yield opened


@pytest.fixture
def bound(client: TestClient) -> TestClient:
    """The pages with a template kept and all its cells bound from the headings."""
    upload(client)
    post(client, act="draft")
    return client


def upload(client: TestClient) -> Any:
    template = {"files": ("年报.xlsx", two_row_template(title="<b>某县</b>"))}
    return client.post("/returns", data={"name": NAME, "by": "李四"}, files=template, follow_redirects=False)


def said_by(page: str) -> str:
    return words_of(check_page(page)).replace(" ", "")


def post(client: TestClient, status: int = 303, **said: str) -> Any:
    answer = client.post(PAGE, data={"by": "李四", **said}, follow_redirects=False)
    assert answer.status_code == status, answer.text[:500]
    return answer


def test_a_template_is_kept_and_drawn(client: TestClient) -> None:
    assert "还没有报表" in said_by(read(client, "/returns"))
    empty = client.post("/returns", files={"files": ("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")})
    assert empty.status_code == 400
    assert "另存为.xlsx" in said_by(empty.text)
    assert upload(client).status_code == 303
    for lang in LANGUAGES:
        page = read(client, f"{PAGE}&lang={lang}")
        assert 'colspan="3"' in page
        assert 'rowspan="2"' in page
        assert "<b>某县</b>" in said_by(page), "what a workbook says is shown and not obeyed"
    assert NAME in said_by(read(client, "/returns"))


def test_cells_are_bound_from_headings_and_every_number_is_a_door(bound: TestClient) -> None:
    page = read(bound, PAGE)
    assert 'href="/indicator/htn_ctrl?area=990101001000&amp;period=2025"' in page
    assert "is-computed" in page
    assert "都合得上" in said_by(page)
    chosen = said_by(read(bound, f"{PAGE}&cell={quote('表1!E4')}"))
    assert "计算值6" in chosen
    read(bound, "/indicator/htn_ctrl?area=990101001000&period=2025")


def test_a_cell_is_bound_by_the_form(bound: TestClient) -> None:
    cell = "表1!A1"
    post(bound, cell=cell, act="bind", kind="text", text="organisation")
    assert "●测试县" in said_by(read(bound, PAGE))
    post(bound, cell=cell, act="unbind")
    wrong = {"cell": "表1!B6", "act": "bind", "kind": "figure", "indicator": "htn_std", "part": "value", "area": "x"}
    assert "FIG-002" in post(bound, 400, **wrong).text
    assert "RETURN-016" in post(bound, 400, **{**wrong, "area": "990101000000", "decimals": "many"}).text
    assert "RETURN-014" in post(bound, 400, cell="表1!B6", act="bind", kind="sum", over="B6").text
    assert "RETURN-034" in post(bound, 400, act="dance").text
    post(bound, cell="表1!B6", act="bind", kind="sum", over="B4:B5")


def test_a_reported_value_is_shown_beside_the_computed_one(bound: TestClient) -> None:
    assert "RETURN-026" in post(bound, 400, cell="表1!E4", act="set", value="7").text
    post(bound, cell="表1!E4", act="set", value="7", choose="reported", reason="系统外1人")
    page = read(bound, PAGE)
    said = said_by(page)
    assert "有2处合不上" in said
    assert "✎" in said
    assert 'title="系统外1人"' in page
    assert "RETURN-031" in post(bound, 400, act="lock").text
    post(bound, cell="表1!E4", act="clear", reason="核实")
    assert "都合得上" in said_by(read(bound, PAGE))


def test_a_period_is_locked_handed_out_and_compared(bound: TestClient, county: TestCity) -> None:
    filled = bound.get(f"{PAGE}&format=xlsx").content
    post(bound, act="lock")
    said = said_by(read(bound, PAGE))
    assert "本期已锁定" in said
    assert "web李四" in said
    sent = bound.get(f"{PAGE}&format=sent&edition=1")
    assert sent.content == filled
    assert hashlib.sha256(filled).hexdigest() in said
    assert "RETURN-030" in post(bound, 400, cell="表1!E4", act="set", value="7", reason="x").text
    assert "每一格都相同" in said_by(read(bound, f"{PATH}/changes?period=2025"))
    county.accept({"hypertension.followup": [visit(2, date(2025, 12, 20), 130)]}, datetime(2026, 1, 9))
    for lang in LANGUAGES:
        changes = said_by(read(bound, f"{PATH}/changes?period=2025&lang={lang}"))
        assert "表1!E4667" in changes, "sent 6, computed then 6, now 7"
    assert bound.get(f"{PAGE}&format=sent").content == filled
    post(bound, act="reopen", reason="退回")
    assert "重新打开" in said_by(read(bound, PAGE))


def test_a_plain_table_is_drawn_and_handed_out(client: TestClient) -> None:
    asked = "/returns/table?indicator=htn_std&indicator=htn_ctrl&by=township&period=2025"
    assert "<table" not in read(client, "/returns/table")
    for lang in LANGUAGES:
        page = read(client, f"{asked}&lang={lang}")
        assert 'colspan="3"' in page
        assert "甲镇" in said_by(page)
    assert "合计" in said_by(read(client, asked))
    for form, begin in (("xlsx", b"PK"), ("docx", b"PK"), ("html", b"<!DOCTYPE html>")):
        file = client.get(f"{asked}&format={form}")
        assert file.content.startswith(begin)
        assert "attachment" in file.headers["content-disposition"]
    assert "RETURN-040" in read(client, f"{asked}&format=pdf", 400)
    assert "FIG-001" in read(client, "/returns/table?indicator=nothing", 404)


def test_what_is_not_there_is_answered(bound: TestClient) -> None:
    assert "RETURN-020" in read(bound, "/return/no", 404)
    assert "RETURN-032" in read(bound, f"{PATH}?period=2019&format=sent", 404)
    assert "RETURN-010" in read(bound, f"{PAGE}&cell=nowhere", 400)
    assert "DATE-001" in read(bound, f"{PATH}?period=x", 400)
    assert bound.post("/return/no", data={"act": "lock"}).status_code == 404
    assert bound.post(PAGE, data={"act": "lock"}, headers={"origin": "http://elsewhere"}).status_code == 403
