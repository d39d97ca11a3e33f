"""Whose mother, guardian or family somebody is: found with the lines that say it, following links and days, merging nobody."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, TestCity, id_number, make_city
from tests.journey.small_city import ask, call
from tests.journey.test_linking import DAY, link, people_of, rows_of, stand
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app import relations
from wangdi.app.link_decisions import By, merge_people
from wangdi.app.relations import find_relations, refresh_keys
from wangdi.language.library import load_library
from wangdi.link.people import show_person as show_number
from wangdi.link.relations import kin_keys_of, plan_kin_keys, plan_near
from wangdi.store.derived import remove_derived
from wangdi.store.workspace import Workspace

MOTHER_BORN, BABY_BORN = date(1990, 5, 5), date(2024, 11, 3)
MOTHERS = id_number(MOTHER_BORN, 22)
HOME, PHONE = "试验县朝阳巷69号10-202", "13900000021"
MOTHER, CHILD_AT_CLINIC, NEWBORN, FATHER, STRANGER = 1, 2, 3, 4, 5
FAMILY = (
    (MOTHER, CLINIC_A1, {"name": "王芳", "sex": "2", "id_no": MOTHERS, "birth_date": MOTHER_BORN, "phone": PHONE}),
    (CHILD_AT_CLINIC, CLINIC_A2, {"name": "李小宝", "sex": "1", "id_no": MOTHERS, "birth_date": BABY_BORN}),
    (NEWBORN, HOSPITAL, {"name": "王芳之子", "sex": "1", "birth_date": BABY_BORN, "phone": f"+86 {PHONE}", "address": HOME}),
    (FATHER, CLINIC_B1, {"name": "李强", "sex": "1", "birth_date": date(1988, 2, 1), "phone": PHONE, "address": HOME}),
    (STRANGER, CLINIC_B1, {"name": "王芳", "sex": "2", "birth_date": date(1991, 1, 2), "phone": "13900000099"}),
)  # fmt: skip
"""A mother; her child, once with her number and once under her name; the father; a namesake who is nobody's mother here."""


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    made = make_city(tmp_path / "city", load_library())
    made.accept(rows_of(FAMILY))
    return made


def relations_of(made: TestCity, registration: int, known: int | None = None) -> list[dict[str, Any]]:
    person = people_of(made, known)[registration]
    with made.city.workspace("1GB") as workspace:
        return find_relations(stand(made.city, workspace, known), person)


def told(made: TestCity, registration: int, known: int | None = None) -> dict[int, tuple[str, list[str]]]:
    """Registration of the other -> their role and the signs."""
    people = people_of(made, known)
    return {
        one: (row["role"], [sign["sign"] for sign in row["evidence"]])
        for row in relations_of(made, registration, known)
        for one, person in people.items()
        if show_number(person) == row["person_id"]
    }


def test_each_relation_says_what_it_rests_on(made: TestCity) -> None:
    assert told(made, MOTHER) == {CHILD_AT_CLINIC: ("ward", ["guardian_number"]), NEWBORN: ("child", ["newborn_name"])}
    assert told(made, CHILD_AT_CLINIC) == {MOTHER: ("guardian", ["guardian_number"])}
    assert told(made, NEWBORN) == {MOTHER: ("mother", ["newborn_name"]), FATHER: ("household", ["household"])}
    assert told(made, FATHER) == {NEWBORN: ("household", ["household"])}
    assert told(made, STRANGER) == {}


def test_evidence_names_the_lines_on_both_sides(made: TestCity) -> None:
    (ward, child) = sorted(relations_of(made, MOTHER), key=lambda row: str(row["role"]), reverse=True)
    assert (ward["name"], child["name"]) == ("李小宝", "王芳之子")
    (sign,) = child["evidence"]
    assert sign["shared"] == ["phone"]
    assert (sign["own"]["registration_id"], sign["own"]["org"]) == (MOTHER, CLINIC_A1)
    assert (sign["other"]["registration_id"], sign["other"]["org"]) == (NEWBORN, HOSPITAL)
    with made.city.workspace("1GB") as workspace:
        fact = made.city.find_fact(workspace, sign["other"]["fact_id"])
    assert fact is not None
    assert fact["name"] == "王芳之子"


def test_the_fact_is_the_one_that_says_it(made: TestCity) -> None:
    """A later version that says nothing of the number is not where the number is said."""
    common = {"registration_id": CHILD_AT_CLINIC, "org": CLINIC_A2, "occurred_on": date(2025, 1, 2)}
    later = made.accept({"system.registration": [{**common, "phone": "13900000077"}]})
    (row,) = relations_of(made, CHILD_AT_CLINIC)
    assert row["evidence"][0]["own"]["fact_id"] < later


def test_relations_follow_links_and_never_make_one_person(made: TestCity) -> None:
    link(made)
    people, known = people_of(made), made.city.latest_seq()
    assert len(set(people.values())) == len(FAMILY), "kin stay people of their own"
    with made.city.workspace("1GB") as workspace:
        by = By("test", "出生医学证明", DAY + timedelta(days=1))
        merge_people(stand(made.city, workspace), people[CHILD_AT_CLINIC], people[NEWBORN], by)
    ((row),) = relations_of(made, MOTHER)
    assert (row["role"], [sign["sign"] for sign in row["evidence"]]) == ("child", ["newborn_name", "guardian_number"])
    assert row["person_id"] == show_number(people_of(made)[NEWBORN])
    assert told(made, MOTHER, known)[CHILD_AT_CLINIC][0] == "ward", "as it was known then"


def test_what_was_not_known_yet_is_no_relation(made: TestCity) -> None:
    known = made.city.latest_seq()
    sister = {"name": "李小妹", "sex": "2", "id_no": MOTHERS, "birth_date": date(2020, 6, 7)}
    made.accept(rows_of([(6, CLINIC_A2, sister)]))
    assert 6 in told(made, MOTHER)
    assert 6 not in told(made, MOTHER, known)


def test_a_number_of_ones_own_age_is_family_and_ones_own_name_is_not(made: TestCity) -> None:
    others = [
        (6, CLINIC_A2, {"name": "王丽", "sex": "2", "id_no": MOTHERS, "birth_date": date(1993, 8, 9)}),
        (7, CLINIC_B1, {"name": "王方", "sex": "2", "id_no": MOTHERS, "birth_date": date(1971, 1, 6)}),
    ]
    made.accept(rows_of(others))
    found = told(made, MOTHER)
    assert found[6] == ("family", ["family_number"])
    assert 7 not in found, "the same name under one number is herself, written down wrongly"


def test_a_clinics_telephone_and_a_village_make_nobody_kin(made: TestCity) -> None:
    said = {"sex": "2", "phone": "13900000055", "address": HOME}
    many = [(10 + at, CLINIC_A1, {"name": f"刘{at}", "birth_date": date(1950 + at, 1, 1), **said}) for at in range(8)]
    village = {"address": "试验县下湾村", "birth_date": date(1960, 2, 3), "sex": "2"}
    made.accept(rows_of(many))
    made.accept(
        rows_of([(30, CLINIC_A1, {"name": "赵敏", **village}), (31, HOSPITAL, {"name": "赵敏之女", **village})])
    )
    assert told(made, 10) == {}
    assert told(made, 31) == {}


def test_a_mother_is_a_woman_a_generation_older(made: TestCity) -> None:
    at_home = {"phone": "13900000066", "address": HOME}
    people = [
        (20, HOSPITAL, {"name": "孙宁之女", "sex": "2", "birth_date": BABY_BORN, **at_home}),
        (21, CLINIC_A1, {"name": "孙宁", "sex": "1", "birth_date": date(1989, 1, 2), **at_home}),
        (22, CLINIC_A2, {"name": "孙宁", "sex": "2", "birth_date": date(2019, 1, 2), **at_home}),
        (23, CLINIC_B1, {"name": "孙寧", "sex": "2", "birth_date": date(1992, 1, 2), **at_home}),
    ]
    made.accept(rows_of(people))
    found = told(made, 20)
    assert found[23] == ("mother", ["newborn_name", "household"])
    assert {found[21][0], found[22][0]} == {"household"}


def test_a_mother_is_found_by_her_home_alone(made: TestCity) -> None:
    made.accept(
        rows_of(
            [
                (20, HOSPITAL, {"name": "周洁之女", "birth_date": BABY_BORN, "address": "试验县朝阳巷71号1-101"}),
                (21, CLINIC_A1, {"name": "周洁", "sex": "2", "address": "朝阳巷71号1-101"}),
            ]
        )
    )
    assert told(made, 21) == {20: ("child", ["newborn_name"])}


def test_kept_keys_find_what_looking_through_finds(made: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {one: relations_of(made, one) for one in people_of(made)}
    monkeypatch.setattr(relations, "LARGE", 0)
    with made.city.workspace("1GB") as workspace:
        refresh_keys(stand(made.city, workspace))
    kept = list((made.city.folder / "derived").glob("kin-*/base-*/keys.parquet"))
    assert len(kept) == 1
    assert {one: relations_of(made, one) for one in plain} == plain
    known = made.city.latest_seq()
    aunt = {"name": "王英", "sex": "2", "id_no": MOTHERS, "birth_date": date(1985, 6, 7)}
    made.accept(rows_of([(6, CLINIC_A2, aunt)]))
    assert 6 in told(made, MOTHER), "what is newer than the keys is found too"
    common = {"registration_id": NEWBORN, "org": HOSPITAL, "occurred_on": date(2025, 1, 2)}
    made.accept({"system.registration": [{**common, "name": "李小宝"}]})
    assert NEWBORN not in told(made, MOTHER), "a newborn that has a name says no mother any more"
    assert NEWBORN in told(made, MOTHER, known), "as it was known then"
    with made.city.workspace("1GB") as workspace:
        refresh_keys(stand(made.city, workspace))
    assert len(list((made.city.folder / "derived").glob("kin-*/base-*/keys.parquet"))) == 2
    everything = {one: relations_of(made, one) for one in people_of(made)}
    remove_derived(made.city.folder)
    assert {one: relations_of(made, one) for one in people_of(made)} == everything, "they are disposable"


def test_a_small_city_keeps_no_keys(made: TestCity) -> None:
    link(made)
    assert not list((made.city.folder / "derived").glob("kin-*"))


def test_the_command_and_the_page_tell_them(made: TestCity) -> None:
    person = show_number(people_of(made)[NEWBORN])
    mother = show_number(people_of(made)[MOTHER])
    found = ask(made.city.folder, "person", "show", person)
    assert [(row["role"], row["name"]) for row in found["relations"]] == [("mother", "王芳"), ("household", "李强")]
    assert found["relations"][0]["evidence"][0]["shared"] == ["phone"]
    for lang, words in (("zh", "以母亲姓名登记的新生儿"), ("en", "a newborn registered under the mother's name")):
        said = call("person", "show", person, "--lang", lang, city=made.city.folder)
        assert said.exit_code == 0, said.output
        assert words in said.output.replace("\n", "")
    with open_pages(made.city.folder) as client:
        whole = check_page(read(client, f"/person/{person}"))
        (part,) = [one.get("data-hx-get") for one in whole.iter("section") if one.get("data-hx-get")]
        assert "母亲 王芳" in words_of(html5lib.parseFragment(read(client, part), namespaceHTMLElements=False))
        assert any(one.get("href", "").startswith(f"/person/{person}/relations") for one in whole.iter("a"))
        page = check_page(read(client, f"/person/{person}/relations"))
        said_on_page = words_of(page)
        assert "母亲 王芳 以母亲姓名登记的新生儿（电话相同）" in said_on_page
        assert any(link.get("href", "").startswith(f"/person/{mother}") for link in page.iter("a"))
        sign = found["relations"][0]["evidence"][0]
        for side in ("own", "other"):
            assert any(one.get("href", "").startswith(f"/fact/{sign[side]['fact_id']}") for one in page.iter("a"))
        assert "Family and guardians" in words_of(check_page(read(client, f"/person/{person}/relations?lang=en")))
        stranger = show_number(people_of(made)[STRANGER])
        assert "看不出和谁有关" in words_of(check_page(read(client, f"/person/{stranger}/relations")))
        read(client, "/person/nobody/relations", 404)


@pytest.mark.parametrize(
    "fields",
    [
        {"id_no": MOTHERS},
        {"id_no": MOTHERS[:6] + MOTHERS[8:17]},
        {"id_no": "E12345678", "phone": "0531-88886666"},
        {"phone": "123456"},
        {"name": "王芳之子", "address": "朝阳巷69号10-202"},
        {"name": "JOHN SMITH", "address": "下湾村"},
        {"name": "王芳", "address": "1", "phone": "+8613900000021", "id_no": "9"},
        {},
    ],
)
def test_keys_are_the_same_however_they_are_worked_out(fields: dict[str, str]) -> None:
    """The keys kept in order come from the database, those of whoever is asked about from Python; and none is passed over."""
    columns = dict.fromkeys(("name", "id_no", "phone", "address"), "VARCHAR")
    with Workspace() as workspace:
        workspace.create_table("said", {"registration_id": "BIGINT", **columns}, [(1, *map(fields.get, columns))])
        kept = {key for (key,) in workspace.rows(f"SELECT key FROM ({plan_kin_keys('FROM said')})")}
        near = workspace.rows(f"FROM said WHERE {plan_near([fields])}")
    assert kin_keys_of([fields]) == kept
    assert bool(near) >= bool(kept)
