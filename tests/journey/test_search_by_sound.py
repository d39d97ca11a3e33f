"""Somebody without a Chinese keyboard at hand types letters, and finds whom they mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.cities import CLINIC_A1, CLINIC_B1, VILLAGE_B1, TestCity, make_city
from tests.journey.test_linking import rows_of
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app import name_sounds
from wangdi.app.cities import open_library
from wangdi.app.derivation import Standing
from wangdi.app.questions import read_places, stand_on
from wangdi.app.searching import FoundPeople, find_people, read_words
from wangdi.language.library import load_library

PEOPLE = [
    (1, CLINIC_A1, {"name": "王建国", "birth_date": date(1950, 1, 2), "local_id": "wjg", "address": "朝阳巷1号"}),
    (2, CLINIC_A1, {"name": "汪金贵", "birth_date": date(1951, 1, 2)}),
    (3, CLINIC_B1, {"name": "王 健國", "birth_date": date(1952, 1, 2)}),
    (4, CLINIC_B1, {"name": "单雄信", "birth_date": date(1953, 1, 2)}),
    (5, CLINIC_B1, {"name": "Wang Lee", "birth_date": date(1954, 1, 2)}),
    (6, CLINIC_B1, {"birth_date": date(1955, 1, 2), "local_id": "abc"}),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    made = make_city(tmp_path_factory.mktemp("sound") / "city", load_library())
    rows = rows_of(PEOPLE)
    for row in rows["health_record.resident"]:
        row["division"] = VILLAGE_B1 if row["org"] == CLINIC_B1 else row["division"]
    made.accept(rows)
    return made


@pytest.fixture(scope="module")
def standing(made: TestCity) -> Iterator[Standing]:
    with made.city.workspace("1GB") as workspace:
        yield stand_on(made.city, workspace, open_library(made.city))


def search(standing: Standing, typed: str) -> FoundPeople:
    return find_people(standing, read_words(typed), read_places(standing.city, standing.known))


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("wjg", {"王建国", "汪金贵", "王 健國"}),
        ("ＷＪＧ", {"王建国", "汪金贵", "王 健國"}),
        ("wangjianguo", {"王建国", "王 健國"}),
        ("wang jianguo", {"王建国", "王 健國"}),
        ("Wang jian guo", {"王建国", "王 健國"}),
        ("jianguo", {"王建国", "王 健國"}),
        ("shanxiongxin", {"单雄信"}),
        ("danxiongxin", {"单雄信"}),
        ("sxx", {"单雄信"}),
        ("wjg 乙一村", {"王 健國"}),
        ("wjg 朝阳巷", {"王建国"}),
        ("wang 建", {"王建国"}),
        ("王 jianguo", {"王建国", "王 健國"}),
        ("wjg 甲二村", set()),
        ("Lee", {"Wang Lee"}),
        ("abc", {""}),
        ("xyz", set()),
        ("wangjianguo sxx", set()),
    ],
)
@pytest.mark.parametrize("written", [200, 0])
def test_letters_find_people(
    standing: Standing, typed: str, names: set[str], written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether names are written into the question or stand in a table beside it."""
    lettered = all(word.isascii() for word in read_words(typed))  # then they are always written
    monkeypatch.setattr(name_sounds, "MOST_NAMES", 200 if lettered else written)
    found = search(standing, typed)
    assert {one.name for one in found.people} == names
    assert not found.more


def test_it_is_told_how_somebody_was_found(standing: Standing) -> None:
    assert {one.name: one.matched for one in search(standing, "wjg").people} == {
        "王建国": "local_id",
        "汪金贵": "sound",
        "王 健國": "sound",
    }


def test_a_question_without_letters_does_not_make_the_list(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Standing) -> None:
        raise AssertionError("the list of names was made")

    monkeypatch.setattr(name_sounds, "read_names", refuse)
    for typed in ("王", "0001", "D-3", "13900000001", "王 甲一村", ""):
        search(standing, typed)


def test_more_names_than_are_asked_about_is_said(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_sounds, "MOST_NAMES", 1)
    found = search(standing, "wjg")
    assert found.more
    assert [one.name for one in found.people] == ["汪金贵", "王建国"], "the first by name, and whose own number it is"


def test_new_names_are_heard(made: TestCity) -> None:
    with made.city.workspace("1GB") as workspace:
        before = stand_on(made.city, workspace, open_library(made.city))
        assert search(before, "ouyangfeng").people == ()
        made.accept(rows_of([(9, CLINIC_A1, {"name": "欧阳锋", "birth_date": date(1960, 1, 2)})]))
        after = stand_on(made.city, workspace, open_library(made.city))
        assert [one.name for one in search(after, "ouyangfeng").people] == ["欧阳锋"]
        assert search(before, "ouyangfeng").people == ()


def test_the_page_says_it(made: TestCity) -> None:
    with open_pages(made.city.folder) as client:
        said = words_of(check_page(read(client, "/search?q=wangjianguo")))
        assert "王 健國" in said
        assert "姓名读音" in said
        assert "首字母" in words_of(check_page(read(client, "/search?q=无此人")))
        assert "sound of the name" in words_of(check_page(read(client, "/search?q=wangjianguo&lang=en")))
