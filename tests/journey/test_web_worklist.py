"""Worklists on pages: how much is due where, whom to visit and why, what can be narrowed, printed and taken along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, CLINIC_A2, COUNTY, HOSPITAL, TOWN_A, TOWN_B, TestCity
from tests.journey.visited_city import AS_OF, PHONE, make_visited_city
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.cities import open_library
from wangdi.app.derivation import Standing
from wangdi.app.questions import read_places, stand_on
from wangdi.app.visits import NO_VILLAGE, ORDERS, Wish, count_villages, gather_visits
from wangdi.app.worklists import find_due, find_reach
from wangdi.app.workload import Load, count_due, find_next_opening

ON = date(2025, 6, 30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    return make_visited_city(tmp_path_factory.mktemp("worklist") / "city")


@pytest.fixture(scope="module")
def client(made: TestCity) -> Iterator[TestClient]:
    with open_pages(made.city.folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def standing(made: TestCity) -> Iterator[Standing]:
    with made.city.workspace("1GB") as workspace:
        yield stand_on(made.city, workspace, open_library(made.city))


def rows_of(tree: Any) -> list[str]:
    """What each row of a page's first table body says."""
    return [" ".join(" ".join(row.itertext()).split()) for row in next(tree.iter("tbody")).iter("tr")]


def test_counts_of_every_place_are_those_of_its_list(standing: Standing) -> None:
    places = read_places(standing.city, standing.known)
    for within in (0, 90):
        counted = count_due(standing, places, ON, within)
        for org in places.organisations.rows:
            found = find_due(standing, org, ON, within)
            due = {row.person_id for row in found if row.state == "ready"}
            overdue = {row.person_id for row in found if row.overdue}
            opening = {row.person_id for row in found if row.state == "draft"}
            assert counted.get(org, Load()) == Load(len(due), len(overdue), len(opening), len(found))
        assert counted[COUNTY] == counted[TOWN_A].plus(counted[TOWN_B])
    assert counted[COUNTY].opening > 0, "somebody's next visit opens within ninety days"


def test_what_is_due_until_one_day_always_stands_in_one_order(standing: Standing) -> None:
    found = find_due(standing, HOSPITAL, ON, 365)
    said = [(row.trip, row.closes, row.programme, row.task) for row in found]
    assert said == sorted(said)
    assert len({(trip, closes, task) for trip, closes, _, task in said}) < len(said), "two programmes ask for one day"


def test_somebody_whom_two_clinics_look_after_counts_once_above_both(tmp_path: Path) -> None:
    made = make_visited_city(tmp_path / "city")
    day = date(2025, 1, 5)
    event = {"registration_id": 1, "org": CLINIC_A2, "occurred_on": day}
    made.accept({"health_record.diagnosis": [{**event, "disease": "type_2_diabetes", "diagnosed_on": day}]}, AS_OF)
    with made.city.workspace("1GB") as workspace:
        standing = stand_on(made.city, workspace, open_library(made.city))
        places = read_places(made.city, standing.known)
        counted = count_due(standing, places, ON, 200)
        apart = [find_due(standing, org, ON, 200) for org in (CLINIC_A1, CLINIC_A2)]
    people = [{row.person_id for row in found} for found in apart]
    assert people[0] & people[1], "the same person stands on both lists"
    assert counted[HOSPITAL].tasks == len(apart[0]) + len(apart[1])
    due = [{row.person_id for row in found if row.state == "ready"} for found in apart]
    assert counted[HOSPITAL].due == len(due[0] | due[1]) < len(due[0]) + len(due[1])


def test_choosing_where(client: TestClient) -> None:
    tree = check_page(read(client, "/worklist"))
    assert "应做 4 人，其中超期 4 人" in words_of(tree)
    rows = rows_of(tree)
    assert [row.split()[0] for row in rows] == ["甲镇卫生院", "甲一村卫生室", "甲二村卫生室", "乙一村卫生室"]
    assert rows[0].split()[2:] == ["3", "3", "0", "10"]
    below = check_page(read(client, f"/worklist?area={TOWN_B}"))
    assert [row.split()[0] for row in rows_of(below)] == ["乙一村卫生室"]
    table = list(csv.reader(io.StringIO(read(client, "/worklist?format=csv").lstrip("\ufeff"))))
    assert [row[2] for row in table[1:]] == ["3", "2", "1", "1"]


def test_a_person_is_one_row_with_everything_due(client: TestClient) -> None:
    page = read(client, f"/worklist?org={HOSPITAL}")
    tree = check_page(page)
    assert "<b>一</b>" not in page
    rows = rows_of(tree)
    assert len(rows) == 3
    assert "3 人，10 件事" in words_of(tree)
    second = next(row for row in rows if row.startswith("钱二"))
    assert second.count("年度健康检查 可做") == 2
    assert "女 73 岁" in second
    first = next(row for row in rows if row.startswith("赵"))
    assert PHONE in first
    assert "试验县1组" in first
    assert "上次未成：外出" in first
    assert "高血压随访 已超期 67 天 2025-04-24 起可做" in first
    assert "上一次高血压随访过期未做，须补做" in first
    assert "甲一村卫生室" in first, "who looks after them, where the list is of the organisation above"
    links = {one.get("href") for one in tree.iter("a")}
    assert f"tel:{PHONE}" in links
    assert any(link and link.startswith("/person/P") for link in links)


def test_the_clause_says_what_it_rests_on(client: TestClient) -> None:
    tree = check_page(read(client, f"/worklist?org={CLINIC_A1}&within=90&programme=hypertension"))
    second = next(row for row in rows_of(tree) if row.startswith("钱二"))
    assert "依据 2025-06-28 的记录" in second
    assert "收缩压 130" in second
    assert "天后可做" in second
    assert any("/fact/" in (one.get("href") or "") for one in tree.iter("a"))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("sort=name", ["孙三", "赵", "钱二"]),
        ("sort=due&village=990101001101", ["钱二", "赵"]),
        ("programme=diabetes", ["钱二"]),
        ("village=990101001102", ["孙三"]),
        ("late=1&programme=diabetes", ["钱二"]),
    ],
)
def test_a_list_can_be_narrowed_and_ordered(client: TestClient, asked: str, names: list[str]) -> None:
    rows = rows_of(check_page(read(client, f"/worklist?org={HOSPITAL}&{asked}")))
    assert len(rows) == len(names)
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True)), rows


def test_nothing_that_fits_is_said(client: TestClient) -> None:
    said = words_of(check_page(read(client, f"/worklist?org={CLINIC_A2}&village={NO_VILLAGE}")))
    assert "这样筛选没有人；清单上共有 1 人" in said


def test_an_empty_list_says_when_the_next_thing_opens(client: TestClient, standing: Standing) -> None:
    first = find_next_opening(standing, [CLINIC_A1], date(2010, 1, 1))
    assert first is not None
    day = first - timedelta(days=1)
    page = read(client, f"/worklist?org={CLINIC_A1}&on={day}&within=0")
    opening = find_next_opening(standing, [CLINIC_A1], day)
    assert f"最近的一件 {opening} 开始" in words_of(check_page(page))
    assert f"on={opening}" in page
    nobody = words_of(check_page(read(client, f"/worklist?org={CLINIC_A1}&known=10")))
    assert "这个机构没有管理中的人" in nobody


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/worklist?org=nobody", 404, "nobody"),
        ("/worklist?on=yesterday", 400, "日期不对：yesterday"),
        ("/worklist?on=2027-01-01", 400, "2026-12-31"),
        ("/worklist?known=tomorrow", 400, "tomorrow"),
        ("/worklist/sheet?org=nobody", 404, "nobody"),
    ],
)
def test_a_wrong_question_says_what_to_do(client: TestClient, address: str, status: int, says: str) -> None:
    assert says in words_of(check_page(read(client, address, status)))


def test_the_sheet_has_place_day_and_knowledge_on_every_page(client: TestClient) -> None:
    tree = check_page(read(client, f"/worklist/sheet?org={HOSPITAL}&village=990101001101"))
    head = words_of(next(tree.iter("thead")))
    for text in ("甲镇卫生院", "2025-06-30", "数据截至：2025-06-30", "完成", "签名"):
        assert text in head, text
    said = words_of(tree)
    assert "钱二" in said
    assert "孙三" not in said, "the sheet is of what was chosen on the page"
    assert said.count("□") == 7


def test_the_file_has_a_row_for_each_thing(client: TestClient) -> None:
    table = list(csv.reader(io.StringIO(read(client, f"/worklist?org={HOSPITAL}&format=csv").lstrip("\ufeff"))))
    assert len(table) == 11
    row = dict(zip(table[0], next(row for row in table if "糖尿病随访" in row), strict=True))
    assert (row["姓名"], row["性别"], row["年龄"], row["村居"], row["机构"]) == (
        "钱二",
        "女",
        "73",
        "甲一村",
        "甲一村卫生室",
    )
    book = client.get(f"/worklist?org={HOSPITAL}&format=xlsx")
    assert book.content[:2] == b"PK"


def test_in_english_it_is_english(client: TestClient) -> None:
    said = words_of(check_page(read(client, f"/worklist?org={HOSPITAL}&lang=en")))
    assert "overdue by 67 days" in said
    assert "Last attempt failed: away" in said


def test_visits_hold_together(standing: Standing) -> None:
    found = find_due(standing, HOSPITAL, ON, 90)
    for order in ORDERS:
        visits = gather_visits(found, Wish(order=order), find_reach(standing, found))
        assert sorted(row for visit in visits for row in map(id, visit.tasks)) == sorted(map(id, found))
        assert all(len({row.person_id for row in visit.tasks}) == 1 for visit in visits)
    late = gather_visits(found, Wish(overdue=True))
    assert all(visit.overdue for visit in late)
    assert any(not row.overdue for visit in late for row in visit.tasks), "one trip serves what is not late as well"
    assert sum(count_villages(found).values()) == len({row.person_id for row in found})


def test_a_long_list_is_turned_page_by_page(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.web.pages.worklist.PAGE_VISITS", 2)
    first = check_page(read(client, f"/worklist?org={HOSPITAL}&within=8"))
    assert len(rows_of(first)) == 2
    assert "第 1 页，共 2 页" in words_of(first)
    (after,) = [one.get("href") for one in first.iter("a") if one.get("rel") == "next"]
    second = check_page(read(client, after))
    assert len(rows_of(second)) == 1
    assert set(rows_of(first)).isdisjoint(rows_of(second))
    assert any(one.get("rel") == "prev" for one in second.iter("a"))
    beyond = check_page(read(client, f"/worklist?org={HOSPITAL}&within=8&page=99"))
    assert rows_of(beyond) == rows_of(second), "a page that is not there is the last one"
