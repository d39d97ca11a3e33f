"""Searching, places, populations and what the city holds, on pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, COUNTY, TOWN_A, TOWN_B, TestCity, id_number
from tests.journey.visited_city import GONE, PHONE, born, make_visited_city
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.cities import open_library
from wangdi.app.derivation import Standing
from wangdi.app.holdings import Declared, list_holdings, sum_declared
from wangdi.app.populations import check_parts, read_held
from wangdi.app.questions import read_places, stand_on
from wangdi.app.searching import find_people, read_words, same_numbers
from wangdi.app.sendings import reconcile
from wangdi.core.identifiers import upgrade_15_to_18

KIND = "residents_year_end"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    return make_visited_city(tmp_path_factory.mktemp("places") / "city")


@pytest.fixture(scope="module")
def client(made: TestCity) -> Iterator[TestClient]:
    with open_pages(made.city.folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def standing(made: TestCity) -> Iterator[Standing]:
    with made.city.workspace("1GB") as workspace:
        yield stand_on(made.city, workspace, open_library(made.city))


# ---- searching --------------------------------------------------------------------------------------------------------
SECOND = id_number(born(2), 2)


@pytest.mark.parametrize(
    ("typed", "names", "by"),
    [
        ("钱", ["钱二"], "name"),
        ("　钱二　", ["钱二"], "name"),
        ("四", ["李四"], "name"),
        (SECOND, ["钱二"], "id_no"),
        (SECOND.lower(), ["钱二"], "id_no"),
        (SECOND[:6] + SECOND[8:17], ["钱二"], "id_no"),
        (SECOND[-6:], ["钱二"], "id_no"),
        (PHONE, ["赵<b>一</b>"], "phone"),
        ("0003", ["孙三"], "phone"),
        ("１４２００１００００２", ["钱二"], "phone"),
        ("D-3", ["孙三"], "local_id"),
        ("钱 甲一村", ["钱二"], "name"),
        ("孙 试验县3组", ["孙三"], "name"),
        ("钱 乙一村", [], ""),
        ("甲一村", [], ""),
        ("%", [], ""),
        ("'", [], ""),
        ("002", [], ""),
        ("D-", [], ""),
        ("", [], ""),
    ],
)
def test_people_are_found_by_what_one_has_in_hand(standing: Standing, typed: str, names: list[str], by: str) -> None:
    found = find_people(standing, read_words(typed), read_places(standing.city, standing.known))
    assert [one.name for one in found.people] == names
    assert [one.matched for one in found.people] == ([by] if names else [])
    assert not found.more


def test_a_person_number_finds_its_person(standing: Standing) -> None:
    places = read_places(standing.city, standing.known)
    (one,) = find_people(standing, read_words("钱二"), places).people
    (again,) = find_people(standing, read_words(one.person_id.lower()), places).people
    assert (again.person_id, again.name, again.matched) == (one.person_id, "钱二", "person")
    assert (one.sex, one.birth_date, one.id_tail) == ("2", born(2), SECOND[-4:])


def test_old_and_new_identity_numbers_are_the_same() -> None:
    old = SECOND[:6] + SECOND[8:17]
    assert same_numbers(old) == (old, upgrade_15_to_18(old)) == (old, SECOND)
    assert same_numbers(SECOND) == (SECOND, old)
    later = "990101" + "20150303" + "0019"
    assert same_numbers(later) == (later,), "nobody born in this century had fifteen digits"


def test_results_stand_by_kind_and_lead_on(client: TestClient) -> None:
    page = read(client, "/search?q=甲一村")
    links = {one.get("href") for one in check_page(page).iter("a")}
    assert "/?area=990101001101" in links
    assert f"/worklist?org={CLINIC_A1}" in links
    people = check_page(read(client, "/search?q=赵"))
    assert any((one.get("href") or "").startswith("/person/P") for one in people.iter("a"))
    assert "<b>一</b>" not in read(client, "/search?q=赵")
    indicators = {one.get("href") for one in check_page(read(client, "/search?q=standard-care")).iter("a")}
    assert "/indicator/htn_std" in indicators
    record = check_page(read(client, "/search?q=12"))
    assert "/fact/12" in {one.get("href") for one in record.iter("a")}
    code = check_page(read(client, f"/search?q={COUNTY[:8]}"))
    assert "甲镇" in words_of(code)


def test_nothing_found_says_what_can_be_searched(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/search?q=无此人")))
    assert "没有找到“无此人”" in said
    assert "15 位或 18 位" in said
    assert "可以查找" in words_of(check_page(read(client, "/search")))
    assert "<script>" not in read(client, "/search?q=<script>")


# ---- places -----------------------------------------------------------------------------------------------------------
def test_the_tree_shows_what_is_and_what_was(client: TestClient) -> None:
    tree = check_page(read(client, "/places"))
    said = words_of(tree)
    assert "甲一村 990101001101" in said
    assert f"丙镇 {GONE} · 2010-01-01 起，2020-12-31 并入 甲镇" in said
    assert {one.get("href") for one in tree.iter("a")} >= {"/worklist?org=A1", "/?area=A1", "/deliveries?org=A1"}
    below = words_of(check_page(read(client, f"/places?area={TOWN_A}")))
    assert "由此并入 丙镇" in below
    assert "乙一村卫生室" not in below
    of_an_organisation = words_of(check_page(read(client, f"/places?area={CLINIC_A1}")))
    assert "甲一村：地区和机构" in of_an_organisation


def test_who_sent_last_and_for_whom(client: TestClient) -> None:
    table = list(csv.reader(io.StringIO(read(client, "/places?format=csv").lstrip("\ufeff"))))
    last = {row[0]: row[table[0].index("最近来数")] for row in table[1:]}
    assert last["甲镇卫生院"] == "2025-06-29"
    assert last["甲一村卫生室"] == "2025-06-29", "the hospital above sends for it"
    assert last["乙一村卫生室"] == ""
    said = words_of(check_page(read(client, "/places")))
    assert "由甲镇卫生院代送" in said
    assert "没有送过" in said


# ---- populations ------------------------------------------------------------------------------------------------------
def test_a_population_opens_to_its_history(client: TestClient) -> None:
    tree = check_page(read(client, f"/populations?area={COUNTY}&kind={KIND}"))
    said = words_of(tree)
    assert "995 统计局年末人口推算 2025-06-01" in said
    assert "正在使用" in said
    assert "990 统计局年末人口推算 2025-01-20" in said
    assert "已由第" in said
    assert "2024：下级合计 980，本级 995，相差 -15" in said
    assert f"/indicator/childcare_places_per_1000?area={COUNTY}" in {one.get("href") for one in tree.iter("a")}
    one_year = words_of(check_page(read(client, f"/populations?area={COUNTY}&kind={KIND}&year=2023")))
    assert "990 统计局" not in one_year
    assert "1,000 统计局" in one_year


def test_the_denominator_of_a_figure_leads_there(client: TestClient) -> None:
    page = read(client, "/indicator/childcare_places_per_1000?period=2024")
    links = {one.get("href") for one in check_page(page).iter("a")}
    assert any(link and link.startswith("/populations?") and f"kind={KIND}" in link for link in links)


def test_kinds_by_year(client: TestClient) -> None:
    table = list(csv.reader(io.StringIO(read(client, "/populations?format=csv").lstrip("\ufeff"))))
    assert table[0][1:3] == ["2023", "2024"]
    assert table[1][:3] == ["年末常住人口", "1000", "995"]
    empty = words_of(check_page(read(client, "/populations?area=990101002101")))
    assert "还没有人口数" in empty
    none = words_of(check_page(read(client, f"/populations?area=990101002101&kind={KIND}")))
    assert "除以它的指标在这里没有率" in none


def test_parts_with_a_gap_are_not_compared(standing: Standing) -> None:
    held = read_held(standing.city, standing.known)
    places = read_places(standing.city, standing.known)
    before, after = check_parts(held, places, COUNTY, KIND)
    assert (before.year, before.whole, before.given, before.difference) == (2023, 1000, 0, None)
    assert (after.whole, after.summed, after.lacking, after.difference) == (995, 980, (), -15)
    (of_town,) = check_parts(held, places, TOWN_B, KIND)
    assert (of_town.whole, of_town.lacking, of_town.difference) == (380, ("990101002101",), None)
    assert sum(one.used for one in held) == len(held) - 1


# ---- what the city holds ----------------------------------------------------------------------------------------------
def test_forms_are_counted_and_held_against_declared_counts(client: TestClient, standing: Standing) -> None:
    holdings = {one.form: one for one in list_holdings(standing)}
    followups = holdings["hypertension.followup"]
    assert (followups.records, followups.first, followups.last) == (2, date(2025, 1, 2), date(2025, 6, 28))
    assert (followups.organisations, followups.owner, followups.waiting) == (1, "省公卫平台", 0)
    assert holdings["diabetes.followup"].records == 0
    found = sum_declared(reconcile(standing.city, standing.library, None, standing.known))
    assert found["hypertension.followup"] == Declared(agree=1, differ=1, undeclared=0, difference=-2)
    said = words_of(check_page(read(client, "/data")))
    assert "省公卫平台" in said
    assert "1 行不符，1 行相符，合计差 -2" in said
    assert "市卫健委文件" in said
    assert f"{standing.known}-{standing.rules_key}" in said


def test_one_form_by_organisation_and_month(client: TestClient) -> None:
    rows = read(client, "/data?form=hypertension.followup&format=csv").lstrip("\ufeff")
    assert list(csv.reader(io.StringIO(rows)))[1:] == [
        ["甲一村卫生室", "2025-01", "1", "3", "-2"],
        ["甲一村卫生室", "2025-06", "1", "1", "0"],
    ]
    only = words_of(check_page(read(client, "/data?form=hypertension.followup&only=differ")))
    assert "2025-01" in only
    assert "2025-06 1 1" not in only
    assert "没有这样的行" in words_of(check_page(read(client, "/data?form=childcare.institution&only=differ")))
    check_page(read(client, "/data?form=no.such", 400))


@pytest.mark.parametrize(
    "address", ["/worklist", "/places", "/populations", f"/populations?kind={KIND}", "/data", "/search?q=钱"]
)
def test_in_english_it_is_english(client: TestClient, address: str) -> None:
    mark = "&" if "?" in address else "?"
    tree = check_page(read(client, f"{address}{mark}lang=en"))
    assert next(tree.iter("html")).get("lang") == "en"
    assert "Worklists" in words_of(tree)


def test_more_people_than_a_page_holds_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.app.searching.MOST_PEOPLE", 2)
    tree = check_page(read(client, "/search?q=1420010000"))
    assert len(list(next(tree.iter("tbody")).iter("tr"))) == 2
    assert "证件号后几位" in words_of(tree)
