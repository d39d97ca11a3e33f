"""Who people are as each institution writes it down: every fault is what its name says, and truth tells of all of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from wangdi.collect.identity_sql import registration_key
from wangdi.core.identifiers import IdNumber, check_id_number, id_check_character
from wangdi.demo.days import UNKNOWN, day_number, year_month_day
from wangdi.demo.families import Families
from wangdi.demo.lunar import write_lunar
from wangdi.demo.population import Population, make_population
from wangdi.demo.settings import WorldSettings, load_model, load_spellings
from wangdi.demo.spellings import WORDS
from wangdi.demo.world import write_world
from wangdi.demo.written_names import DOT, WAYS, name_newborn, write_homophone, write_spaced, write_traditional
from wangdi.link.hanzi import load_hanzi
from wangdi.link.lunar import convert_lunar

Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("spellings"), WorldSettings(people=10_000, history_years=1)).folder


@pytest.fixture(scope="module")
def people(folder: Path) -> dict[str, Row]:
    return {row["person"]: row for row in read(folder / "truth" / "persons.csv")}


@pytest.fixture(scope="module")
def told(folder: Path) -> list[Row]:
    return read(folder / "truth" / "registrations.csv")


@pytest.fixture(scope="module")
def population() -> Population:
    return make_population(WorldSettings(people=10_000))


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_defect(told: list[Row], word: str) -> Iterator[Row]:
    found = [row for row in told if word in row["defects"].split(";")]
    assert found, word
    yield from found


# ---- writing otherwise --------------------------------------------------------------------------------------------------
def test_characters_that_sound_alike_have_one_sound() -> None:
    sound = load_hanzi().sound
    groups = load_spellings()["homophones"].split()
    assert all(len({int(sound[ord(one)]) for one in group}) == 1 for group in groups)
    assert max(Counter("".join(groups)).values()) == 1


def test_old_characters_are_those_of_the_new_ones() -> None:
    plain = load_hanzi().plain
    for new, old in load_spellings()["traditional"].split():
        assert new != old
        assert plain[ord(old)] == ord(new)


def test_a_lunar_birthday_read_as_one_is_the_true_one() -> None:
    days = np.arange(day_number(1930, 2, 1), day_number(1975, 12, 1), 17, dtype=np.int32)
    written = write_lunar(days)
    known = written != UNKNOWN
    assert known.mean() > 0.95
    year, month, day = year_month_day(written[known])
    found = convert_lunar(year * 10_000 + month * 100 + day)
    year, month, day = year_month_day(days[known])
    assert (found == year * 10_000 + month * 100 + day).all()


def test_outside_the_known_years_there_is_no_lunar_birthday() -> None:
    assert (
        write_lunar(np.array([day_number(1929, 5, 1), day_number(1980, 1, 1)], dtype=np.int32)).tolist()
        == [UNKNOWN] * 2
    )


@pytest.mark.parametrize("turn", range(8))
def test_names_are_written_otherwise_or_stay(turn: int) -> None:
    for name in ("张晓梅", "欧阳建华", "李军", "买买提·艾合买提"):
        for write in WAYS.values():
            written = write(name, turn)
            assert written == write(name, turn)
            assert written
    assert write_homophone("张晓梅", turn)[0] == "张"
    assert write_traditional("刘红华", turn) == "劉紅華"
    assert write_spaced("张晓梅", turn).replace(" ", "") == "张晓梅"
    assert DOT not in WAYS["name_dot"]("买买提·艾合买提", turn)
    assert name_newborn("李梅", male=False) == "李梅之女"


# ---- families -----------------------------------------------------------------------------------------------------------
def test_mothers_are_of_an_age_to_be_and_couples_of_one_village(population: Population) -> None:
    families: Families = population.families
    youngest, oldest = load_model()["people"]["mothers"]
    child = np.flatnonzero((families.mother >= 0) & (families.twin < 0))
    mother = families.mother[child]
    age = (population.birth[child] - population.birth[mother]) / 365
    assert len(child) > 1_000
    assert (age >= youngest - 0.1).all()
    assert (age <= oldest + 0.1).all()
    assert not population.male[mother].any()
    assert (families.father[child] == families.partner[mother]).all()
    assert (population.surname[child] == population.surname[families.father[child]]).all()
    both = np.flatnonzero(families.partner >= 0)
    assert (families.partner[families.partner[both]] == both).all()
    assert (population.village[both] == population.village[families.partner[both]]).all()
    assert (families.household[both] == families.household[families.partner[both]]).all()
    assert (families.household[child] == families.household[mother]).all()


def test_twins_share_all_but_number_and_name(population: Population) -> None:
    twin = population.families.twin
    pairs = np.flatnonzero(twin >= 0)
    assert len(pairs) >= 6
    for values in (population.birth, population.village, population.moved_on, population.surname):
        assert (values[pairs] == values[twin[pairs]]).all()
    assert (population.families.mother[pairs] == population.families.mother[twin[pairs]]).all()
    assert (population.id_numbers[pairs] != population.id_numbers[twin[pairs]]).all()
    assert (population.names(pairs.astype(np.int32)) != population.names(twin[pairs])).all()


def test_even_a_small_county_has_twins() -> None:
    assert (make_population(WorldSettings(people=600)).families.twin >= 0).sum() >= 2


# ---- what truth tells -----------------------------------------------------------------------------------------------------
def test_residents_are_known_to_several_institutions(told: list[Row]) -> None:
    times = Counter(row["person"] for row in told)
    assert 1.35 < len(told) / len(times) < 1.6
    assert max(times.values()) >= 4
    assert max(Counter((row["person"], row["sender"]) for row in told).values()) == 1


def test_every_fault_happens_and_home_is_written_best(told: list[Row]) -> None:
    found = Counter(word for row in told for word in row["defects"].split(";") if word)
    assert set(found) <= set(WORDS)
    assert set(WORDS) - set(found) <= {"birth_swapped", "name_dot", "name_glyph"}
    home = {row["registration"] for row in told if row["local_id"].startswith(("99", "JK"))}
    share = {
        at_home: np.mean([bool(row["defects"]) for row in told if (row["registration"] in home) == at_home])
        for at_home in (True, False)
    }
    assert share[True] < 0.06
    assert share[False] > 0.3


def test_a_record_without_a_fault_says_what_is_so(told: list[Row], people: dict[str, Row]) -> None:
    for row in told:
        person = people[row["person"]]
        if not row["defects"]:
            assert (row["name"], row["id_no"]) == (person["name"], person["id_no"]), row
            assert row["birth_date"] in ("", person["birth_date"])
            assert row["phone"] in ("", person["phone"])
            assert row["sex"] in ("", person["sex"])


def test_numbers_are_wrong_in_the_way_that_is_told(told: list[Row], people: dict[str, Row]) -> None:
    assert all(not row["id_no"] for row in with_defect(told, "id_missing"))
    for row in with_defect(told, "id_15"):
        checked = check_id_number(row["id_no"])
        assert len(row["id_no"]) == 15
        assert isinstance(checked, IdNumber)
        assert checked.number == people[row["person"]]["id_no"]
    for row in with_defect(told, "id_mistyped"):
        own = people[row["person"]]["id_no"]
        assert sum(one != other for one, other in zip(row["id_no"], own, strict=True)) == 1
        assert id_check_character(row["id_no"][:17]) != row["id_no"][17]
    for row in with_defect(told, "id_guardian"):
        person = people[row["person"]]
        guardian = people[person["mother"] or person["father"]]
        assert row["id_no"] == guardian["id_no"]
    for row in with_defect(told, "id_family"):
        person = people[row["person"]]
        if "birth_of_number" in row["defects"]:
            assert row["birth_date"] == check_birth(row["id_no"])
        else:
            assert row["id_no"] == people[person["partner"]]["id_no"]


def check_birth(number: str) -> str:
    checked = check_id_number(number)
    assert isinstance(checked, IdNumber)
    return checked.birth_date.isoformat()


def test_names_and_birthdays_are_wrong_in_the_way_that_is_told(told: list[Row], people: dict[str, Row]) -> None:
    plain = load_hanzi().plain
    for row in with_defect(told, "name_newborn"):
        person = people[row["person"]]
        assert row["name"] == people[person["mother"]]["name"] + ("之子" if person["sex"] == "1" else "之女")
        age = date.fromisoformat(row["opened_on"]) - date.fromisoformat(person["birth_date"])
        assert age < timedelta(days=load_model()["spelling"]["newborn_days"])
    for word in ("name_traditional", "name_space"):
        for row in with_defect(told, word):
            name = people[row["person"]]["name"]
            assert row["name"] != name
            assert "".join(chr(plain[ord(one)]) for one in row["name"] if one != " ") == name
    for row in with_defect(told, "birth_january"):
        assert row["birth_date"] == people[row["person"]]["birth_date"][:4] + "-01-01"
    for word in ("birth_lunar", "birth_january"):
        assert all("id_missing" in row["defects"] for row in with_defect(told, word))


def test_phones_and_addresses_are_wrong_in_the_way_that_is_told(told: list[Row], people: dict[str, Row]) -> None:
    assert not any(row["phone"] for row in with_defect(told, "phone_missing"))
    for word in ("phone_shared", "phone_changed", "phone_clinic"):
        for row in with_defect(told, word):
            assert row["phone"] != people[row["person"]]["phone"]
            assert row["phone"]
    assert any(people[row["person"]]["next_village"] for row in with_defect(told, "address_old"))


def test_no_institution_mixes_two_people_up_by_its_own_keys(told: list[Row]) -> None:
    """What the city numbers a registration by says one person at one institution, so that truth can be found in it."""
    keys: Counter[tuple[str, str | None]] = Counter()
    for row in told:
        born = date.fromisoformat(row["birth_date"]) if row["birth_date"] else None
        keys[row["sender"], registration_key(row, born)] += 1
    assert max(keys.values()) == 1


def test_the_files_say_what_truth_says_they_say(folder: Path, told: list[Row]) -> None:
    said = {(row["sender"], row["local_id"]): row for row in told}
    looked_at = 0
    for path in folder.glob("inbox/*/*/Patient.ndjson"):
        for line in path.read_text(encoding="utf-8").splitlines():
            patient = json.loads(line)
            row = said[path.parts[-3], patient["id"]]
            number = "".join(one["value"] for one in patient["identifier"])
            phone = "".join(one["value"] for one in patient.get("telecom", ()))
            found = (patient["name"][0]["text"], number, phone, patient["birthDate"], patient["address"][0]["text"])
            assert found == (row["name"], row["id_no"], row["phone"], row["birth_date"], row["address"])
            looked_at += 1
    for path in folder.glob("inbox/*/*/居民档案.csv"):
        for record in csv.DictReader(path.read_text(encoding="gb18030").splitlines()):
            row = said[path.parts[-3], record["档案编号"]]
            assert [record[name] for name in ("姓名", "身份证号", "联系电话", "出生日期")] == [
                row[name] for name in ("name", "id_no", "phone", "birth_date")
            ]
            looked_at += 1
    assert looked_at > 4_000


# ---- pairs in doubt -----------------------------------------------------------------------------------------------------
def test_what_is_planted_in_doubt_is_what_its_kind_says(folder: Path, told: list[Row], people: dict[str, Row]) -> None:
    said = {row["registration"]: row for row in told}
    doubts = read(folder / "truth" / "doubts.csv")
    assert set(Counter(row["kind"] for row in doubts)) == {"twins", "newborn", "moved"}
    for row in doubts:
        one, other = said[row["one"]], said[row["other"]]
        first, second = people[one["person"]], people[other["person"]]
        assert one["id_no"] == ""
        assert (row["same"] == "1") == (one["person"] == other["person"])
        if row["kind"] == "moved":
            assert (one["name"], one["birth_date"]) == (other["name"], other["birth_date"])
            assert one["phone"] != other["phone"] != ""
            assert other["id_no"] == second["id_no"]
        else:
            assert second["person"] in (first["person"], first["twin"])
        if row["kind"] == "twins":
            assert (first["sex"], first["name"][:2]) == (second["sex"], second["name"][:2])
            assert not any(entry["id_no"] for entry in told if entry["person"] in (first["person"], second["person"]))
        if row["kind"] == "newborn":
            assert "name_newborn" in one["defects"]


def test_who_moved_fits_two_of_one_name(folder: Path) -> None:
    moved = [row for row in read(folder / "truth" / "doubts.csv") if row["kind"] == "moved"]
    assert len(moved) >= 4
    by_one: dict[str, set[str]] = {}
    for row in moved:
        by_one.setdefault(row["one"], set()).add(row["same"])
    assert all(sides == {"0", "1"} for sides in by_one.values())


def test_a_household_has_one_address_and_children_a_parents_telephone(told: list[Row], people: dict[str, Row]) -> None:
    homes: dict[str, set[str]] = {}
    for row in told:
        person = people[row["person"]]
        if row["address"] and not person["moved_on"] and not row["defects"]:
            homes.setdefault(person["household"], set()).add(row["address"])
    assert sum(len(found) == 1 for found in homes.values()) > 0.9 * len(homes)
    children = [one for one in people.values() if one["birth_date"] >= "2015" and one["mother"]]
    assert len(children) > 100
    for one in children:
        parents = {people[one[kin]]["phone"] for kin in ("mother", "father") if one[kin]}
        assert one["phone"] in parents
