"""Pages on who is who: the queue, a pair side by side, answers, undo, and parting a person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, HOSPITAL, TestCity
from tests.journey.test_linking import DAY, HOME, link, made, people_of, rows_of
from tests.pages import check_page, open_pages, read, words_of
from wangdi.core.problem import LANGUAGES
from wangdi.link.levels import FIELDS
from wangdi.link.people import show_person
from wangdi.web.words import load_words

__all__ = ["made"]
TWINS = {"birth_date": date(2019, 5, 6), "sex": "1", "phone": "13900000009", "address": HOME}


@pytest.fixture
def linked(made: TestCity) -> TestCity:
    """Two people and a pair of brothers of one birthday, linked."""
    made.accept(rows_of([(8, CLINIC_A1, {"name": "赵子轩", **TWINS}), (9, HOSPITAL, {"name": "赵子涵", **TWINS})]))
    link(made)
    return made


@pytest.fixture
def client(linked: TestCity) -> Iterator[TestClient]:
    with open_pages(linked.city.folder) as opened:
        yield opened


def test_the_queue_says_what_waits_where_and_how_old(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/who")))
    assert "待判 1 对" in said
    assert "赵子轩 / 赵子涵" in said
    assert "可能是双胞胎或兄弟姐妹" in said
    assert "1–6 岁 1" in said
    assert "甲一村卫生室 1" in said
    assert "没有待判的对" in words_of(check_page(read(client, "/who?age=65%2B")))
    assert "赵子轩" in words_of(check_page(read(client, "/who?page=0"))), "a page that is not there is the first"
    rows = list(csv.reader(io.StringIO(read(client, "/who?format=csv").lstrip("\ufeff"))))
    assert rows[1][0] == "赵子轩 / 赵子涵"


def test_a_pair_stands_side_by_side_with_what_speaks_for_and_against(client: TestClient) -> None:
    tree = check_page(read(client, "/who/pair/8-9"))
    said = words_of(tree)
    assert "是不是同一个人？" in said
    assert "13900000009" in said
    assert sum(str(one.tag).endswith("rect") for one in tree.iter()) >= 4, "a step for each thing compared"
    assert "one person with" in words_of(check_page(read(client, "/who/pair/8-9?lang=en")))


def test_an_answer_is_kept_goes_on_and_can_be_taken_back(client: TestClient, linked: TestCity) -> None:
    answer = client.post("/who/pair/8-9", data={"verdict": "apart", "why": "双胞胎"})
    assert answer.status_code == 200
    said = words_of(check_page(answer.text))
    assert "没有待判的对" in said
    assert "双胞胎" in said
    ((number, decision),) = linked.city.link_decisions()
    assert (decision.verdict, decision.who, decision.why) == ("apart", "web", "双胞胎")
    assert client.get("/who/pair/8-9").status_code == 404
    assert "待判 1 对" in words_of(check_page(client.post(f"/who/undo/{number}").text))


def test_two_answers_of_one_reason_are_two_decisions(client: TestClient, linked: TestCity) -> None:
    more = {"birth_date": date(2018, 2, 3), "sex": "2", "phone": "13900000019", "address": HOME}
    linked.accept(rows_of([(18, CLINIC_A1, {"name": "钱雨桐", **more}), (19, HOSPITAL, {"name": "钱雨彤月", **more})]))
    link(linked, DAY + timedelta(days=1))
    for pair in ("8-9", "18-19"):
        assert client.post(f"/who/pair/{pair}", data={"verdict": "apart"}).status_code == 200
    page = check_page(read(client, "/who"))
    assert [form.get("action") for form in page.iter("form") if "undo" in form.get("action", "")] == [
        f"/who/undo/{number}" for number, _ in linked.city.link_decisions()
    ]


def test_joining_makes_one_person(client: TestClient, linked: TestCity) -> None:
    client.post("/who/pair/8-9", data={"verdict": "together"})
    people = people_of(linked)
    assert people[8] == people[9]
    assert "凭对照表判断" in words_of(check_page(read(client, "/who")))
    old = show_person(9)
    answer = client.get(f"/person/{old}")
    assert answer.url.path == f"/person/{show_person(people[8])}", "the old number leads on"


def test_who_decides_is_remembered_in_the_browser_and_recorded(client: TestClient, linked: TestCity) -> None:
    client.post("/who/pair/8-9", data={"verdict": "unsure", "by": " 王  医生\u200b"})
    ((_, decision),) = linked.city.link_decisions()
    assert decision.who == "web 王 医生"
    assert 'value="王 医生"' in read(client, "/who/pair/8-9")
    client.post("/who/pair/8-9", data={"verdict": "unsure", "why": "还是拿不准"})
    assert linked.city.link_decisions()[0][1].who == "web 王 医生", (
        "a form without the field goes by the name given before"
    )
    address = f"/person/{show_person(people_of(linked)[5])}"
    assert 'value="王 医生"' in read(client, address), "kept pages too are filled in with who decided last"
    client.post("/who/pair/8-9", data={"verdict": "apart", "by": ""})
    assert linked.city.link_decisions()[0][1].who == "web"
    assert 'value="王 医生"' not in read(client, address)


@pytest.mark.parametrize("name", ["%E7%8E", "a" * 500, "<b>x</b>", "\x00"])
def test_a_strange_name_does_no_harm(client: TestClient, linked: TestCity, name: str) -> None:
    assert client.post("/who/pair/8-9", data={"verdict": "unsure", "by": name}).status_code == 200
    ((_, decision),) = linked.city.link_decisions()
    assert len(decision.who) <= 44
    assert "<b>x" not in read(client, "/who")


def test_one_number_under_two_names_is_listed_first(client: TestClient, linked: TestCity) -> None:
    tree = check_page(read(client, "/who/spellings"))
    (body,) = tree.iter("tbody")
    first, second = (words_of(row) for row in body)
    assert "李秀兰、李秀英" in first
    assert "同一证件号，两个姓名" in first
    assert "王 建国、王健国、王建国、王建國" in second
    assert "同一证件号" not in second
    rows = list(csv.reader(io.StringIO(read(client, "/who/spellings?format=csv").lstrip("\ufeff"))))
    assert len(rows) == 3
    assert "One number under two names: 1." in words_of(check_page(read(client, "/who/spellings?lang=en")))


def test_unsure_stays_at_the_end(client: TestClient) -> None:
    answer = client.post("/who/pair/8-9", data={"verdict": "unsure", "why": "问过家里再说"})
    assert "有人看过，拿不准" in words_of(check_page(answer.text))


def test_no_answer_is_told(client: TestClient, linked: TestCity) -> None:
    answer = client.post("/who/pair/8-9", data={"why": "?"})
    assert answer.status_code == 400
    assert "没有选择判断" in words_of(check_page(answer.text))
    assert linked.city.link_decisions() == []


def test_a_wrong_merge_is_parted_on_the_page_of_the_person(client: TestClient, linked: TestCity) -> None:
    person = people_of(linked)[5]
    address = f"/person/{show_person(person)}"
    assert "分出勾选的登记" in words_of(check_page(read(client, address)))
    before = linked.city.latest_seq()
    answer = client.post(f"{address}/split", data={"r6": "on", "why": "借用姐姐的身份证"})
    assert answer.status_code == 200
    assert "李秀兰" in words_of(check_page(answer.text))
    assert people_of(linked)[5] == person != people_of(linked)[6]
    compared = words_of(check_page(read(client, f"/compare?before={before}&period=2025")))
    assert "htn" in compared or "高血压" in compared


def test_nothing_is_decided_about_an_earlier_day(client: TestClient) -> None:
    tree = check_page(read(client, f"/who/pair/8-9?known={DAY:%Y-%m-%d}"))
    assert not [form for form in tree.iter("form") if form.get("class") == "verdict"]


def test_a_city_never_linked_says_what_to_do(made: TestCity, tmp_path: Path) -> None:
    with open_pages(made.city.folder) as client:
        assert "现在归并" in words_of(check_page(read(client, "/who")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_level_has_its_words(lang: str) -> None:
    words = load_words(lang)
    assert [
        f"{field.name}_{level}"
        for field in FIELDS
        for level in field.levels
        if f"who.level_{field.name}_{level}" not in words
    ] == []
