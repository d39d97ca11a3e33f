"""Of everything institutions say about a person, what is taken to be so."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.cities import id_number
from wangdi.app.golden import choose_golden
from wangdi.catalog.tables import REGISTRATION_TABLE

BORN = date(1952, 3, 4)
NUMBER = id_number(BORN, 11)


def version(seq: int, registration: int, org: str, **said: Any) -> dict[str, Any]:
    names = dict.fromkeys(name for name, _ in REGISTRATION_TABLE.columns)
    return {"seq": seq, "registration_id": registration, "org": org, **names, **said}


def test_a_proved_number_knows_the_name_better_than_who_came_last() -> None:
    golden = choose_golden(
        [
            version(1, 10, "A", name="王建国", id_no=NUMBER, birth_date=BORN, sex="1", phone="1"),
            version(2, 20, "H", name="王健国", birth_date=date(1952, 4, 3), phone="2", address="朝阳巷"),
        ]
    )
    assert {name: one["value"] for name, one in golden.items()} == {
        "name": "王建国", "id_no": NUMBER, "birth_date": BORN, "sex": "1", "phone": "2", "address": "朝阳巷",
    }  # fmt: skip
    assert (golden["name"]["fact_id"], golden["name"]["org"], golden["name"]["proved"]) == (1, "A", True)
    assert (golden["phone"]["fact_id"], golden["phone"]["org"], golden["phone"]["proved"]) == (2, "H", False)


def test_a_borrowed_number_proves_nothing() -> None:
    golden = choose_golden(
        [
            version(1, 10, "A", name="王小明", id_no=NUMBER, birth_date=date(2019, 1, 2)),
            version(2, 20, "H", name="王晓明", birth_date=date(2019, 1, 2)),
        ]
    )
    assert golden["name"]["value"] == "王晓明"
    assert golden["id_no"]["value"] == NUMBER
    assert not golden["id_no"]["proved"]


def test_of_one_registration_the_latest_version_counts_and_what_it_does_not_say_stays() -> None:
    golden = choose_golden(
        [
            version(5, 10, "A", name="王建国", id_no=NUMBER, birth_date=BORN, sex="1", local_id="7"),
            version(9, 10, "A", name="王建軍"),
        ]
    )
    assert (golden["name"]["value"], golden["birth_date"]["value"]) == ("王建軍", BORN)
    assert "local_id" not in golden


def test_nobody_says_anything() -> None:
    assert choose_golden([]) == {}
