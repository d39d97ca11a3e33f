"""What is wrong with registrations, by institution: counted, listed, exported, and told what to do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, CLINIC_A2, HOSPITAL, TOWN_B, TestCity, id_number, make_city
from tests.journey.small_city import ask, call, make_small_city
from tests.journey.test_linking import link, rows_of
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.cities import open_library
from wangdi.app.identity_quality import FLAWS, Quality, judge_registrations, list_flawed
from wangdi.app.questions import stand_on
from wangdi.language.library import load_library

GROWN, CHILD, JANUARY = date(1960, 7, 8), date(2019, 5, 6), date(1971, 1, 1)
MOTHER = id_number(date(1990, 2, 3), 2)
FATHER = id_number(date(2016, 8, 9), 4)
"""A number of somebody a few years older than the child who carries it: a relative's, not a guardian's."""
SHARED = "13900000000"
HOME = "试验县朝阳巷69号10-202"


def phone(number: int) -> str:
    return f"139111{number:05}"


SAID: Mapping[int, tuple[str, Mapping[str, Any], set[str]]] = {
    1: (CLINIC_A1, {"name": "王建国", "sex": "2", "id_no": id_number(GROWN, 2), "birth_date": GROWN}, set()),
    2: (CLINIC_A1, {"name": "李芳", "sex": "2", "birth_date": GROWN}, {"no_number"}),
    3: (CLINIC_A1, {"name": "赵伟", "birth_date": GROWN, "id_no": id_number(GROWN, 6)[:-2] + "XX"}, {"invalid"}),
    4: (CLINIC_A1, {"name": "孙小", "sex": "2", "birth_date": CHILD, "id_no": MOTHER}, {"guardian"}),
    5: (CLINIC_A1, {"name": "周小", "sex": "2", "birth_date": CHILD, "id_no": FATHER}, {"family"}),
    6: (CLINIC_A1, {"name": "吴强", "birth_date": GROWN, "id_no": "1" * 18}, {"placeholder"}),
    7: (CLINIC_A1, {"name": "郑林", "sex": "2", "birth_date": GROWN, "id_no": "990101600708008"}, {"fifteen"}),
    8: (CLINIC_A1, {"name": "钱多"}, {"no_number", "no_birth"}),
    9: (CLINIC_A2, {"name": "冯二", "birth_date": JANUARY}, {"no_number", "first_january"}),
    10: (CLINIC_A2, {"name": "陈三", "sex": "2", "birth_date": JANUARY, "id_no": id_number(JANUARY, 2)}, set()),
    11: (CLINIC_A2, {"name": "褚四", "birth_date": GROWN, "phone": None}, {"no_number", "no_phone"}),
    12: (CLINIC_A2, {"name": "王芳之女", "birth_date": CHILD}, {"no_number", "newborn"}),
    13: (CLINIC_A2, {"name": "不详", "birth_date": GROWN}, {"no_number", "no_name"}),
    **{
        20 + one: (
            HOSPITAL,
            {"name": "卫生院" + name, "birth_date": GROWN + timedelta(days=one), "phone": SHARED},
            {"no_number", "shared_phone"},
        )
        for one, name in enumerate("甲乙丙丁戊己庚")
    },
}  # fmt: skip
"""By number: whose registration, what it says, and what is wrong with it."""
TWICE = {"name": "韩梅梅", "sex": "2", "birth_date": date(1983, 4, 5), "phone": "13922222222", "address": HOME}
"""Registered at two institutions without a number: one person by likeness."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    made = make_city(tmp_path_factory.mktemp("quality") / "city", load_library())
    people = [
        (number, org, {"phone": phone(number), "local_id": f"D-{number}", **said})
        for number, (org, said, _) in SAID.items()
    ]
    made.accept(rows_of([*people, (40, CLINIC_A1, TWICE), (41, HOSPITAL, TWICE)]))
    link(made, datetime(2025, 3, 1, 9))
    return made


@pytest.fixture(scope="module")
def quality(made: TestCity) -> Quality:
    with made.city.workspace("1GB") as workspace:
        return judge_registrations(stand_on(made.city, workspace, open_library(made.city)))


@pytest.fixture(scope="module")
def client(made: TestCity) -> Iterator[TestClient]:
    with open_pages(made.city.folder) as opened:
        yield opened


def table_of(client: TestClient, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(client, address).lstrip("\ufeff"))))


@pytest.mark.parametrize("number", SAID)
def test_each_registration_is_told_what_is_wrong_with_it(quality: Quality, number: int) -> None:
    assert set(quality.flaws_of(quality.registration.tolist().index(number))) == SAID[number][2]


def test_likeness_alone_is_told(quality: Quality) -> None:
    rows = [quality.registration.tolist().index(number) for number in (40, 41)]
    assert [quality.flaws_of(row) for row in rows] == [("no_number", "likeness")] * 2
    assert quality.person[rows[0]] == quality.person[rows[1]]


def test_the_counts_are_those_of_the_lists(made: TestCity, quality: Quality) -> None:
    assert [one.org for one in quality.by_org()] == [CLINIC_A1, CLINIC_A2, HOSPITAL]
    assert sum(one.registrations for one in quality.by_org()) == len(SAID) + 2
    with made.city.workspace("1GB") as workspace:
        standing = stand_on(made.city, workspace, open_library(made.city))
        for one in quality.by_org():
            for flaw in FLAWS:
                listed = list_flawed(standing, quality, quality.rows_of(one.org, flaw))
                assert len(listed) == one.counts[flaw]
                assert all(flaw in row.flaws for row in listed)
    (clinic,) = (one for one in quality.by_org() if one.org == CLINIC_A2)
    assert clinic.expected == pytest.approx(4 / 365.25), "four birthdays that no number proves"
    assert clinic.beyond == 1
    assert quality.rows_of("nobody").tolist() == []


def test_each_number_on_the_page_opens_to_as_many_registrations(client: TestClient) -> None:
    tree = check_page(read(client, "/who/quality"))
    said = words_of(tree)
    assert "3 个机构送来 22 条登记" in said
    opened = [
        (one.get("href"), "".join(one.itertext()))
        for one in tree.iter("a")
        if (one.get("href") or "").startswith("/who/quality/list") and "flaw=" in one.get("href")
    ]
    assert len(opened) >= len(FLAWS)
    for address, count in opened:
        check_page(read(client, address))
        assert len(table_of(client, f"{address}&format=csv")) == int(count), address


def test_a_clerk_reads_what_is_wrong_and_what_to_do(client: TestClient) -> None:
    (row,) = table_of(client, f"/who/quality/list?org={CLINIC_A1}&flaw=guardian&format=csv")
    assert (row["姓名"], row["机构内编号"], row["问题"]) == ("孙小", "D-4", "证件号是监护人的")
    assert "出生医学证明" in row["怎么办"]
    assert row["人员编号"].startswith("P")
    every = table_of(client, f"/who/quality/list?org={CLINIC_A1}&format=csv")
    assert {one["机构内编号"] for one in every} >= {"D-2", "D-8"}
    assert "D-1" not in {one["机构内编号"] for one in every}
    links = {one.get("href") for one in check_page(read(client, f"/who/quality/list?org={CLINIC_A1}")).iter("a")}
    assert any(link and link.startswith("/person/P") for link in links)
    book = client.get(f"/who/quality/list?org={CLINIC_A1}&format=xlsx")
    assert book.content[:2] == b"PK"


def test_the_file_has_what_stands_small_on_the_page(client: TestClient) -> None:
    rows = {row["代码"]: row for row in table_of(client, "/who/quality?format=csv")}
    assert rows[CLINIC_A2]["1 月 1 日生日超出正常的人数"] == "1"
    assert float(rows[CLINIC_A2]["无证件号占比"]) == 80.0
    assert rows[""]["登记（条）"] == "22", "together"


def test_an_area_has_its_own_institutions_only(client: TestClient) -> None:
    tree = check_page(read(client, f"/who/quality?area={CLINIC_A1}"))
    assert "1 个机构送来 9 条登记" in words_of(tree)
    nobody = words_of(check_page(read(client, f"/who/quality?area={TOWN_B}")))
    assert "还没有机构送来登记" in nobody


def test_pages_of_a_long_list(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.web.pages.identity_quality.PAGE_ROWS", 3)
    first = check_page(read(client, f"/who/quality/list?org={HOSPITAL}&flaw=shared_phone&page=0"))
    last = check_page(read(client, f"/who/quality/list?org={HOSPITAL}&flaw=shared_phone&page=99"))
    assert len(list(next(first.iter("tbody")).iter("tr"))) == 3
    assert len(list(next(last.iter("tbody")).iter("tr"))) == 1
    assert any(one.get("rel") == "next" for one in first.iter("a"))


def test_wrong_addresses_and_nothing_wrong(client: TestClient) -> None:
    assert "no_number" in words_of(check_page(read(client, f"/who/quality/list?org={CLINIC_A1}&flaw=nonsense", 400)))
    check_page(read(client, "/who/quality/list?org=NOBODY", 400))
    said = words_of(check_page(read(client, f"/who/quality/list?org={HOSPITAL}&flaw=guardian")))
    assert "不需要处理" in said


def test_in_english_it_is_english(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/who/quality?lang=en")))
    assert "3 institutions sent 22 registrations" in said
    listed = words_of(check_page(read(client, f"/who/quality/list?org={CLINIC_A1}&lang=en")))
    assert "ID number is a guardian's" in listed


def test_a_city_without_registrations_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_pages(make_small_city(tmp_path_factory.mktemp("none") / "city")) as empty:
        assert "wangdi collect" in words_of(check_page(read(empty, "/who/quality")))


def test_the_command_line_counts_and_lists(made: TestCity) -> None:
    rows = {row["org"]: row for row in ask(made.city.folder, "person", "quality")["rows"]}
    assert (rows[HOSPITAL]["registrations"], rows[HOSPITAL]["shared_phone"], rows[HOSPITAL]["guardian"]) == (8, 7, 0)
    listed = ask(made.city.folder, "person", "quality", "--org", CLINIC_A1)["rows"]
    assert {row["local_id"]: row["flaws"] for row in listed if row["name"] == "孙小"} == {"D-4": "guardian"}
    shown = call("person", "quality", city=made.city.folder)
    assert shown.exit_code == 0
    assert "证件号无效" in shown.output
    nothing = call("person", "quality", "--org", "nobody", city=made.city.folder)
    assert "没有需要核对的登记" in nothing.output
