"""Identity numbers that were legitimately changed: one person at once and for ever after, taken back, seen as of a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, HOSPITAL, TestCity, id_number, make_city
from tests.journey.small_city import ask, call
from tests.journey.test_linking import DAY, link, people_of, rows_of, stand, together
from tests.pages import check_page, open_pages, read, words_of
from tests.people_records import write_rows
from wangdi.app import derivation
from wangdi.app.changed_numbers import read_changes
from wangdi.app.derivation import derive
from wangdi.app.link_decisions import By, Outcome, decide_pair, undo_decision
from wangdi.app.newcomer_matching import gather_everybody, match_newcomer
from wangdi.app.persons import show_person
from wangdi.app.rebuilding import check_derived
from wangdi.app.successions import record_changes
from wangdi.core.problem import Refusal
from wangdi.language.library import load_library
from wangdi.link.people import show_person as show_number
from wangdi.link.successions import NumberChanges, follow_successions, person_of_number
from wangdi.store.records import OPEN, SUCCEEDED

WRONG, RIGHT = date(1990, 3, 7), date(1990, 3, 8)
OLD, NEW, LATEST = id_number(WRONG, 11), id_number(RIGHT, 11), id_number(RIGHT, 13)
"""A birthday corrected by the police changes the number; the number is given out anew a second time."""


def said(number: str, born: date, **more: object) -> dict[str, object]:
    return {"name": "陈立", "sex": "1", "id_no": number, "birth_date": born, **more}


@pytest.fixture(autouse=True)
def _step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derived tables are changed, not made anew, however small the city."""
    monkeypatch.setattr(derivation, "REBUILD_SHARE", 1.0)


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    made = make_city(tmp_path / "city", load_library())
    made.accept(rows_of([(1, CLINIC_A1, said(OLD, WRONG)), (2, HOSPITAL, said(NEW, RIGHT, name="陈利"))]))
    return made


def change(made: TestCity, *changes: tuple[str, str], days: int = 1) -> Outcome | None:
    with made.city.workspace("1GB") as workspace:
        by = By("test", "更正出生日期", DAY + timedelta(days=days))
        return record_changes(stand(made.city, workspace), changes, by)


def undo(made: TestCity, number: int, days: int = 5) -> None:
    with made.city.workspace("1GB") as workspace:
        undo_decision(stand(made.city, workspace), number, By("test", "弄错了", DAY + timedelta(days=days)))


def check_tables(made: TestCity) -> None:
    with made.city.workspace("1GB") as workspace:
        assert check_derived(made.city, workspace, made.library) == []


@pytest.mark.parametrize("linked", [False, True])
def test_both_numbers_are_one_person_at_once_and_after_every_run(made: TestCity, linked: bool) -> None:
    if linked:
        link(made)
    before, known = people_of(made), made.city.latest_seq()
    assert before[1] != before[2]
    outcome = change(made, (OLD, NEW))
    assert outcome is not None
    assert people_of(made) == {1: before[1], 2: before[1]}, "who was known first keeps the number"
    check_tables(made)
    link(made, DAY + timedelta(days=2))
    assert people_of(made) == {1: before[1], 2: before[1]}
    assert people_of(made, known) == before, "what was known then stays so"


def test_whoever_registers_later_with_either_number_is_that_person(made: TestCity) -> None:
    before = people_of(made)
    change(made, (OLD, NEW))
    later = [(3, CLINIC_A2, said(OLD, WRONG)), (4, CLINIC_A2, said(NEW, RIGHT))]
    made.accept(rows_of(later), DAY + timedelta(days=2))
    assert set(people_of(made).values()) == {before[1]}
    check_tables(made)
    link(made, DAY + timedelta(days=3))
    assert set(people_of(made).values()) == {before[1]}


def test_a_number_nobody_has_yet_waits_for_whoever_brings_it(made: TestCity) -> None:
    change(made, (NEW, LATEST))
    assert len(set(people_of(made).values())) == 2
    made.accept(rows_of([(5, CLINIC_A2, said(LATEST, RIGHT))]), DAY + timedelta(days=2))
    people = people_of(made)
    assert people[5] == people[2] != people[1]
    change(made, (OLD, NEW), days=3)
    assert len(set(people_of(made).values())) == 1, "a chain of changes leads to the last"
    check_tables(made)
    link(made, DAY + timedelta(days=4))
    assert len(set(people_of(made).values())) == 1


def test_several_numbers_are_given_up_for_one_that_nobody_carries(made: TestCity) -> None:
    change(made, (OLD, LATEST), (NEW, LATEST))
    assert together(made) == {frozenset({1, 2})}
    link(made, DAY + timedelta(days=2))
    assert together(made) == {frozenset({1, 2})}


@pytest.mark.parametrize("linked", [False, True])
def test_a_change_is_taken_back(made: TestCity, linked: bool) -> None:
    before = people_of(made)
    outcome = change(made, (OLD, NEW))
    assert outcome is not None
    made.accept(rows_of([(3, CLINIC_A2, said(NEW, RIGHT))]), DAY + timedelta(days=2))
    people_of(made)  # tables of the city while the change held
    if linked:
        link(made, DAY + timedelta(days=3))
    undo(made, outcome.number)
    ((_, first), (_, taken)) = made.city.every_link_decision()
    assert (first.verdict, taken.verdict, taken.one) == (SUCCEEDED, OPEN, first.one), "old and new keep their places"
    assert made.city.successions() == {}
    people = people_of(made)
    assert (people[1], people[2]) == (before[1], before[2])
    check_tables(made)
    link(made, DAY + timedelta(days=6))
    assert together(made) == {frozenset({1}), frozenset({2, 3})}


def test_taking_back_the_first_of_two_changes_parts_only_its_bearers(made: TestCity) -> None:
    first = change(made, (OLD, NEW))
    change(made, (NEW, LATEST), days=2)
    made.accept(
        rows_of([(3, CLINIC_A2, said(LATEST, RIGHT)), (4, CLINIC_A2, said(OLD, WRONG))]), DAY + timedelta(days=3)
    )
    assert len(set(people_of(made).values())) == 1
    assert first is not None
    undo(made, first.number)
    check_tables(made)
    link(made, DAY + timedelta(days=6))
    assert together(made) == {frozenset({1, 4}), frozenset({2, 3})}


def test_an_earlier_answer_that_they_are_two_gives_way_and_a_later_one_holds(made: TestCity) -> None:
    def decide(verdict: str, days: int) -> None:
        with made.city.workspace("1GB") as workspace:
            decide_pair(stand(made.city, workspace), (1, 2), verdict, By("test", "?", DAY + timedelta(days=days)))

    link(made)
    decide("apart", 1)
    outcome = change(made, (OLD, NEW), days=2)
    link(made, DAY + timedelta(days=3))
    assert together(made) == {frozenset({1, 2})}
    assert outcome is not None
    undo(made, outcome.number, days=4)
    decide("apart", 5)
    change(made, (OLD, LATEST), days=6)
    link(made, DAY + timedelta(days=7))
    assert together(made) == {frozenset({1}), frozenset({2})}


def test_what_contradicts_is_refused_and_what_is_known_is_not_recorded_twice(made: TestCity) -> None:
    change(made, (OLD, NEW))
    known = made.city.latest_seq()
    assert change(made, (OLD, NEW), days=2) is None
    for wrong, code in (((OLD, LATEST), "LINK-011"), ((NEW, OLD), "LINK-012")):
        with pytest.raises(Refusal, match=code):
            change(made, wrong, days=2)
    assert made.city.latest_seq() == known


def test_the_number_of_a_person_that_became_another_leads_on(made: TestCity) -> None:
    change(made, (OLD, NEW))
    number = person_of_number(made.city.salt, NEW[:17])
    with made.city.workspace("1GB") as workspace:
        standing = stand(made.city, workspace)
        assert standing.successions == {person_of_number(made.city.salt, OLD[:17]): number}
        with pytest.raises(Refusal, match="FIG-008"):
            show_person(standing, number)
        assert "990101" not in str(made.city.every_link_decision()), "no identity number is kept beside decisions"
        assert workspace.one(f"SELECT count(DISTINCT given) FROM {derive(standing).links}") == (1,)


def test_a_newcomer_is_known_by_the_old_number_and_the_new(made: TestCity) -> None:
    made.accept(rows_of([(3, CLINIC_A2, said(OLD, WRONG))]))
    change(made, (OLD, NEW), (NEW, LATEST))
    with made.city.workspace("1GB") as workspace:
        everybody = gather_everybody(stand(made.city, workspace))
    for number, born in ((OLD, WRONG), (NEW, RIGHT), (LATEST, RIGHT)):
        found = match_newcomer(everybody, {"name": "陈立", "birth": f"{born}", "sex": "1", "id_no": number})
        assert [one.same_number for one in found.likely][:1] == [True]


def test_successions_are_followed_to_their_end() -> None:
    assert follow_successions({1: 2, 2: 3, 5: 6, 4: 2}) == {1: 3, 2: 3, 4: 3, 5: 6}
    for circle in ({1: 1}, {1: 2, 2: 1}, {1: 2, 2: 3, 3: 2}):
        with pytest.raises(ValueError, match="circle"):
            follow_successions(circle)
    assert NumberChanges().follow(17) == 17


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "变更.csv"
    path.write_text(f"旧号码,新号码,备注\n{OLD},{NEW},更正\n\n {NEW} ,{LATEST}\n{OLD},{NEW}\n", encoding=encoding)
    assert read_changes(path) == [(OLD, NEW), (NEW, LATEST)]
    path.write_text("", encoding=encoding)
    assert read_changes(path) == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f"{OLD},{NEW}\n{OLD},{LATEST}\n", "LINK-011", 2),
        (f"{OLD},{NEW}\n{NEW},{OLD}\n", "LINK-012", None),
        (f"{OLD},{OLD}\n", "LINK-010", 1),
        (f"{OLD[:17]}x,{NEW}\n" if OLD[17] != "X" else f"{OLD[:17]}0,{NEW}\n", "LINK-010", 1),
        (f"旧,新\n{OLD}\n", "LINK-010", 2),
        (f'{OLD},{NEW},"{"x" * 200_000}"\n', "LINK-001", None),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=code) as caught:
        read_changes(path)
    assert caught.value.problem.line == line
    assert OLD not in caught.value.problem.message("zh")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"\xff\xfe\xff\x00\x80")
    with pytest.raises(Refusal, match="LINK-001"):
        read_changes(path)
    with pytest.raises(Refusal, match="LINK-001"):
        read_changes(tmp_path / "nothing.csv")


def test_the_command_records_lists_and_takes_back(made: TestCity, tmp_path: Path) -> None:
    folder = made.city.folder
    assert "LINK-013" in call("person", "succeed", OLD, "123", "--why", "?", city=folder).output
    assert "LINK-026" in call("person", "succeed", OLD, NEW, "--why", " ", city=folder).output
    answer = ask(folder, "person", "succeed", OLD, NEW, "--why", "公安更正出生日期")
    assert {row["registration"] for row in answer["registrations"]} == {"1", "2"}
    ((row),) = ask(folder, "person", "decisions")["rows"]
    assert (row["number"], row["verdict"], row["reason"]) == (answer["number"], "succeeded", "公安更正出生日期")
    assert row["one"] == show_number(person_of_number(made.city.salt, OLD[:17]))
    assert row["other"] == show_number(person_of_number(made.city.salt, NEW[:17]))
    listed = tmp_path / "变更.csv"
    listed.write_text(f"old_id,new_id\n{OLD},{NEW}\n{NEW},{LATEST}\n", encoding="gb18030")
    assert ask(folder, "person", "successions", listed, "--why", "清单")["number"] > answer["number"]
    again = call("person", "successions", listed, "--why", "清单", "--lang", "zh", city=folder)
    assert (again.exit_code, "没有新的" in again.output) == (0, True)
    assert "LINK-001" in call("person", "successions", tmp_path / "x.csv", "--why", "清单", city=folder).output
    ask(folder, "person", "undo", answer["number"], "--why", "弄错了")
    assert [row["reason"] for row in ask(folder, "person", "decisions")["rows"]] == ["清单"]


def test_the_page_lists_a_change_and_takes_it_back(made: TestCity) -> None:
    link(made)
    outcome = change(made, (OLD, NEW))
    assert outcome is not None
    with open_pages(made.city.folder) as client:
        said_there = words_of(check_page(read(client, "/who")))
        assert "证件号变更" in said_there
        assert "更正出生日期" in said_there
        assert "identity number changed" in words_of(check_page(read(client, "/who?lang=en")))
        assert client.post(f"/who/undo/{outcome.number}").status_code == 200
        assert "证件号变更" not in words_of(check_page(read(client, "/who")))
    assert made.city.successions() == {}


def test_a_list_is_heeded_when_a_file_is_matched(tmp_path: Path) -> None:
    rows = [
        {"name": "陈立", "sex": "1", "birth": f"{WRONG}", "id_no": OLD},
        {"name": "林涛", "sex": "1", "birth": f"{RIGHT}", "id_no": LATEST},
    ]
    path = write_rows(tmp_path / "records.csv", rows)
    listed = tmp_path / "s.csv"
    listed.write_text(f"{NEW},{LATEST}\n{OLD},{NEW}\n", encoding="utf-8")
    people = {}
    for name, more in (("alone", ()), ("followed", ("--successions", listed))):
        out = tmp_path / f"{name}.csv"
        said_there = call("match", path, "--out", out, *more, "--quiet")
        assert said_there.exit_code == 0, said_there.output
        people[name] = {line.rpartition(",")[2] for line in out.read_text(encoding="utf-8").split()[1:]}
    assert (len(people["alone"]), len(people["followed"])) == (2, 1)
