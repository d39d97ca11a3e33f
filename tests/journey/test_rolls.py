"""Who is who in memory is who is who in the files: links, homes, and after a change on top of a base."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.cities import CLINIC_A1, CLINIC_B1, COUNTY, VILLAGE_A1, VILLAGE_B1, TestCity
from tests.journey.visited_city import make_visited_city
from wangdi.app.cities import open_library
from wangdi.app.derivation import Derived, derive
from wangdi.app.people import Asked, list_people
from wangdi.app.questions import stand_on
from wangdi.app.rolls import MOST_STRETCHES, Home, find_stretches, put_registrations, read_roll
from wangdi.collect.identity_sql import numbers_begin, registration_number
from wangdi.core.periods import Period, parse_period
from wangdi.link.people import show_person


def check_roll(derived: Derived) -> int:
    """Hold a roll against the derived tables; answers how many people there are."""
    workspace, roll = derived.standing.workspace, read_roll(derived)
    links = workspace.rows(f"SELECT registration_id, person_id FROM {derived.links}")
    assert sorted(roll.registrations_of({person for _, person in links})) == sorted(links)
    people = workspace.rows(f"SELECT person_id, sex, birth_date, division FROM {derived.people}")
    assert roll.homes_of(person for person, *_ in people) == {
        person: Home(sex or "", born, division or "") for person, sex, born, division in people
    }
    return len(people)


def grown_city(made: TestCity) -> None:
    """Two clinics know the newcomer; nobody said where the other newcomer lives or when they were born."""
    known = {"occurred_on": date(2025, 2, 1), "id_no": "990101199003071536", "id_type": "01", "sex": "1"}
    resident = {"occurred_on": date(2025, 2, 1), "is_resident": True, "division": VILLAGE_B1}
    made.accept(
        {
            "system.registration": [
                {"registration_id": 901, "org": CLINIC_A1, **known, "birth_date": date(1990, 3, 7)},
                {"registration_id": 902, "org": CLINIC_B1, **known, "birth_date": date(1990, 3, 7)},
                {"registration_id": 903, "org": CLINIC_B1, "occurred_on": date(2025, 2, 1), "name": "某某"},
            ],
            "health_record.resident": [{"registration_id": 902, "org": CLINIC_B1, **resident}],
        }
    )


def test_a_roll_is_what_the_tables_say_before_and_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wangdi.app.derivation.REBUILD_SHARE", 1.0)
    made = make_visited_city(tmp_path / "city")
    with made.city.workspace("1GB") as workspace:
        before = derive(stand_on(made.city, workspace, open_library(made.city)))
        few = check_roll(before)
        assert few > 1
        grown_city(made)
        after = derive(stand_on(made.city, workspace, open_library(made.city)))
        assert after.layers.change is not None, "the change lies on the base"
        assert check_roll(after) == few + 2
        assert check_roll(before) == few, "what was known before is still what was known"
        ((person,),) = workspace.rows(f"SELECT person_id FROM {after.links} WHERE registration_id = 902")
        roll = read_roll(after)
        assert sorted(roll.registrations_of([person])) == [(901, person), (902, person)]
        assert roll.homes_of([person])[person] == Home("1", date(1990, 3, 7), VILLAGE_B1)
        assert VILLAGE_A1 in roll.names


def test_where_registrations_are_leaves_none_of_their_facts_out(tmp_path: Path) -> None:
    made = make_visited_city(tmp_path / "city")
    with made.city.workspace("1GB") as workspace:
        derived = derive(stand_on(made.city, workspace, open_library(made.city)))
        standing = derived.standing
        form = standing.form("hypertension.followup")
        people = [person for (person,) in workspace.rows(f"SELECT person_id FROM {derived.people}")]
        for asked in ([], people[:1], people):
            near = put_registrations(derived, "these", asked).near
            whose = "JOIN these t USING (registration_id) ORDER BY f.seq"
            whole = workspace.rows(f"SELECT f.seq, f.sbp FROM {standing.facts(form)} f {whose}")
            assert workspace.rows(f"SELECT f.seq, f.sbp FROM {standing.facts(form, ['sbp'], near)} f {whose}") == whole
        assert whole


def test_numbers_of_one_sender_are_one_stretch() -> None:
    begin, other = numbers_begin("salt", "one"), numbers_begin("salt", "another")
    assert begin != other
    numbers = sorted([*(registration_number("salt", "one", f"L{key}") for key in range(400)), other + 5])
    inside = [number for number in numbers if number != other + 5]
    assert set(find_stretches(numbers)) == {(inside[0], inside[-1]), (other + 5, other + 5)}
    assert find_stretches([]) == ()
    assert find_stretches([place << 56 for place in range(MOST_STRETCHES + 1)]) == (), "too many to be asked for"
    assert len(find_stretches([place << 56 for place in range(MOST_STRETCHES)])) == MOST_STRETCHES


def test_a_number_nobody_has_is_on_no_roll(tmp_path: Path) -> None:
    made = make_visited_city(tmp_path / "city")
    with made.city.workspace("1GB") as workspace:
        roll = read_roll(derive(stand_on(made.city, workspace, open_library(made.city))))
    for number in (-1, 0, (1 << 62) + 1):
        assert roll.registrations_of([number]) == []
        assert roll.homes_of([number]) == {}, show_person(number)
    assert roll.registrations_of([]) == []
    assert roll.homes_of([]) == {}


def test_many_people_behind_a_cell_are_listed_as_few_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_visited_city(tmp_path / "city")
    period = parse_period("2025")
    assert isinstance(period, Period)
    with made.city.workspace("1GB") as workspace:
        standing = stand_on(made.city, workspace, open_library(made.city))
        asked = [Asked(name, period, COUNTY, "numerator") for name in ("htn_std", "htn_ctrl", "eehr_rate")]
        few = [list_people(standing, one) for one in asked]
        monkeypatch.setattr("wangdi.app.people.FEW_PEOPLE", 0)
        assert [list_people(standing, one) for one in asked] == few
    assert any(few), "somebody is listed"
