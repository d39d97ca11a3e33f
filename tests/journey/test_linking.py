"""Who is who in a city: found, decided by people, taken back; and what follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, VILLAGE_A1, TestCity, id_number, make_city
from wangdi.app.cities import open_library
from wangdi.app.derivation import Standing, derive
from wangdi.app.link_decisions import By, decide_pair, find_successors, merge_people, split_person, undo_decision
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.persons import show_person
from wangdi.app.questions import compute_figures, stand_on
from wangdi.app.reviewing import Wanted, explain_pair, list_review
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Refusal
from wangdi.language.library import load_library
from wangdi.link.people import parse_person
from wangdi.store.city import City

BORN, SISTERS = date(1952, 3, 4), date(1960, 7, 8)
NUMBER, SISTER = id_number(BORN, 11), id_number(SISTERS, 22)
DAY = datetime(2025, 3, 1, 9)
HOME = "试验县朝阳巷69号10-202"

Said = Mapping[str, Any]
WANG: Sequence[tuple[int, str, Said]] = (
    (1, CLINIC_A1, {"name": "王建国", "sex": "1", "id_no": NUMBER, "birth_date": BORN, "phone": "13900000001", "address": HOME}),
    (2, HOSPITAL, {"name": "王健国", "sex": "1", "birth_date": BORN, "phone": "13900000001", "address": HOME}),
    (3, CLINIC_A2, {"name": "王建國", "sex": "1", "id_no": NUMBER, "birth_date": BORN}),
    (4, CLINIC_B1, {"name": "王 建国", "sex": "1", "birth_date": BORN, "phone": "13900000001"}),
)  # fmt: skip
"""One resident under three spellings at four institutions, at two of them without a number."""
SISTERS_SAID: Sequence[tuple[int, str, Said]] = (
    (5, CLINIC_A1, {"name": "李秀英", "sex": "2", "id_no": SISTER, "birth_date": SISTERS, "phone": "13900000002"}),
    (6, HOSPITAL, {"name": "李秀兰", "sex": "2", "id_no": SISTER, "birth_date": SISTERS, "phone": "13900000003"}),
)
"""Two sisters: the second came to the hospital with the first one's number, and nothing on the record speaks against it."""


def rows_of(people: Sequence[tuple[int, str, Said]]) -> dict[str, list[dict[str, Any]]]:
    """Registrations with their resident records, as rows to accept."""
    found: dict[str, list[dict[str, Any]]] = {"system.registration": [], "health_record.resident": []}
    for number, org, said in people:
        common = {"registration_id": number, "org": org, "occurred_on": date(2020, 1, 1)}
        found["system.registration"].append({**common, **said})
        record = {"is_resident": True, "resident_kind": "1", "division": VILLAGE_A1, "opened_on": date(2020, 1, 1)}
        found["health_record.resident"].append({**common, **record})
    return found


def followup(number: int, org: str, day: date) -> dict[str, Any]:
    return {
        "registration_id": number,
        "org": org,
        "occurred_on": day,
        "contact_date": day,
        "way": "1",
        "sbp": 130,
        "dbp": 80,
    }


def diagnosis(number: int, org: str, day: date) -> dict[str, Any]:
    said = {"disease": "essential_hypertension", "diagnosed_on": day}
    return {"registration_id": number, "org": org, "occurred_on": day, **said}


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    made = make_city(tmp_path / "city", load_library())
    rows = rows_of([*WANG, *SISTERS_SAID])
    day = date(2024, 12, 20)
    rows["health_record.diagnosis"] = [
        diagnosis(1, CLINIC_A1, day),
        diagnosis(5, CLINIC_A1, day),
        diagnosis(6, HOSPITAL, day),
    ]
    rows["hypertension.followup"] = [
        followup(1, CLINIC_A1, date(2025, 1, 10)),
        followup(2, HOSPITAL, date(2025, 1, 12)),
        followup(4, CLINIC_B1, date(2025, 1, 14)),
    ]
    made.accept(rows)
    return made


def stand(city: City, workspace: Any, known: int | None = None) -> Standing:
    return stand_on(city, workspace, open_library(city), known)


def link(made: TestCity, at: datetime = DAY) -> dict[str, Any]:
    with made.city.workspace("1GB") as workspace:
        return link_city(stand(made.city, workspace), LinkRun("test", at))


def people_of(made: TestCity, known: int | None = None) -> dict[int, int]:
    """Registration -> person, as derived."""
    with made.city.workspace("1GB") as workspace:
        links = derive(stand(made.city, workspace, known)).links
        return dict(workspace.rows(f"SELECT registration_id, person_id FROM {links}"))


def together(made: TestCity, known: int | None = None) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for registration, person in people_of(made, known).items():
        groups.setdefault(person, set()).add(registration)
    return {frozenset(group) for group in groups.values()}


def managed(made: TestCity, known: int | None = None) -> float:
    """People managed in 2025: the numerator of the rate whose denominator is everybody known."""
    period = parse_period("2025")
    assert isinstance(period, Period)
    with made.city.workspace("1GB") as workspace:
        figures = compute_figures(stand(made.city, workspace, known), [period], ["county"], ["htn_std"]).figures
        return sum(one.denominator or 0 for one in figures)


def decide(made: TestCity, action: Any, *given: Any, at: datetime = DAY + timedelta(days=1)) -> Any:
    with made.city.workspace("1GB") as workspace:
        return action(stand(made.city, workspace), *given, By("test", "看过户口簿", at))


def test_three_spellings_at_four_institutions_are_one_timeline(made: TestCity) -> None:
    assert frozenset({2}) in together(made), "by number alone the hospital's is somebody else"
    before = made.city.latest_seq()
    found = link(made)
    assert found["moved"] == 2
    assert together(made) == {frozenset({1, 2, 3, 4}), frozenset({5, 6})}
    number = people_of(made)[1]
    assert number == people_of(made, before)[1], "whoever was known first keeps the number"
    with made.city.workspace("1GB") as workspace:
        shown = show_person(stand(made.city, workspace), number)
    assert {row["name"] for row in shown["registrations"]} == {"王建国", "王健国", "王建國", "王 建国"}
    assert [fact["occurred_on"] for fact in shown["facts"] if fact["form"] == "hypertension.followup"] == [
        date(2025, 1, 10), date(2025, 1, 12), date(2025, 1, 14),
    ]  # fmt: skip
    assert together(made, before) != together(made), "what was known before is what was known before"


def test_linking_again_changes_nothing_and_takes_no_number(made: TestCity) -> None:
    link(made)
    known = made.city.latest_seq()
    assert link(made, DAY + timedelta(days=3))["changed"] == 0
    assert made.city.latest_seq() == known


def test_a_city_without_anybody_is_linked_without_ado(tmp_path: Path) -> None:
    empty = make_city(tmp_path / "city", load_library())
    known = empty.city.latest_seq()
    found = link(empty)
    assert (found["registrations"], found["people"], found["changed"], found["review"]) == (0, 0, 0, 0)
    assert empty.city.latest_seq() == known


def test_a_small_city_keeps_the_shipped_weights_until_it_can_learn(
    made: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(made)
    assert made.city.link_model() is None
    monkeypatch.setattr("wangdi.app.linking.TEACHERS", 1)
    assert link(made, DAY + timedelta(days=1))["weights"] != "shipped"
    assert made.city.link_model() is not None
    known = made.city.latest_seq()
    assert link(made, DAY + timedelta(days=2))["changed"] == 0
    assert made.city.latest_seq() == known, "weights once learnt stay"


def test_splitting_a_wrong_merge_changes_the_figures_that_counted_it(made: TestCity) -> None:
    link(made)
    before = made.city.latest_seq()
    person = people_of(made)[5]
    assert people_of(made)[6] == person
    counted = managed(made)
    decide(made, split_person, person, [6])
    assert managed(made) == counted + 1 == managed(made, before) + 1
    assert people_of(made)[5] == person, "the registration known first keeps the number"
    assert people_of(made)[6] != person
    assert link(made, DAY + timedelta(days=2))["moved"] == 0, "a later run honours what was decided"
    assert frozenset({6}) in together(made)


def test_a_split_can_be_taken_back(made: TestCity) -> None:
    link(made)
    linked = people_of(made)
    outcome = decide(made, split_person, linked[5], [6])
    decide(made, undo_decision, outcome.number, at=DAY + timedelta(days=2))
    assert people_of(made) == linked
    assert made.city.link_decisions() == []
    with pytest.raises(Refusal, match="LINK-025"):
        decide(made, undo_decision, outcome.number, at=DAY + timedelta(days=3))


def test_whoever_is_merged_stays_merged_and_the_old_number_leads_on(made: TestCity) -> None:
    link(made)
    linked = people_of(made)
    outcome = decide(made, merge_people, linked[5], linked[1])
    assert together(made) == {frozenset({1, 2, 3, 4, 5, 6})}
    assert people_of(made)[5] == linked[1], "who was known first keeps the number"
    link(made, DAY + timedelta(days=2))
    assert together(made) == {frozenset({1, 2, 3, 4, 5, 6})}, "two proved numbers are one person by decision"
    with made.city.workspace("1GB") as workspace:
        assert find_successors(stand(made.city, workspace), linked[5]) == [linked[1]]
    decide(made, undo_decision, outcome.number, at=DAY + timedelta(days=3))
    assert people_of(made) == linked


def test_a_late_record_with_a_known_number_goes_where_linking_put_its_bearer(made: TestCity) -> None:
    link(made)
    person = people_of(made)[1]
    decide(made, merge_people, people_of(made)[5], person)
    made.accept(rows_of([(7, CLINIC_B1, SISTERS_SAID[0][2])]))
    assert people_of(made)[7] == person, "before linking runs again"
    link(made, DAY + timedelta(days=5))
    assert people_of(made)[7] == person


def test_what_is_in_doubt_waits_for_people(made: TestCity) -> None:
    twins = {"birth_date": date(2019, 5, 6), "sex": "1", "phone": "13900000009", "address": HOME}
    made.accept(rows_of([(8, CLINIC_A1, {"name": "赵子轩", **twins}), (9, HOSPITAL, {"name": "赵子涵", **twins})]))
    assert link(made)["review"] == 1
    with made.city.workspace("1GB") as workspace:
        standing = stand(made.city, workspace)
        queue = list_review(standing, Wanted())
        (pair,) = queue.pairs
        assert (pair.one.registration, pair.other.registration, pair.kin) == (8, 9, True)
        assert dict(queue.by_org) == {CLINIC_A1: 1, HOSPITAL: 1}
        assert sum(part["weight"] for part in explain_pair(standing, pair)) == pytest.approx(pair.weight, abs=0.01)
        assert list_review(standing, Wanted(org=CLINIC_B1)).count == 0
    decide(made, decide_pair, (8, 9), "unsure")
    with made.city.workspace("1GB") as workspace:
        (pair,) = list_review(stand(made.city, workspace), Wanted(unsure=True)).pairs
        assert pair.unsure
    decide(made, decide_pair, (8, 9), "apart", at=DAY + timedelta(days=2))
    with made.city.workspace("1GB") as workspace:
        assert list_review(stand(made.city, workspace), Wanted()).count == 0
    link(made, DAY + timedelta(days=3))
    with made.city.workspace("1GB") as workspace:
        assert list_review(stand(made.city, workspace), Wanted()).count == 0, "never asked again"


def test_accepting_a_pair_makes_one_person(made: TestCity) -> None:
    twins = {"birth_date": date(2019, 5, 6), "sex": "1", "phone": "13900000009", "address": HOME}
    made.accept(rows_of([(8, CLINIC_A1, {"name": "赵子轩", **twins}), (9, HOSPITAL, {"name": "赵子涵", **twins})]))
    link(made)
    decide(made, decide_pair, (9, 8), "together")
    assert frozenset({8, 9}) in together(made)


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        (merge_people, (5, 5), "LINK-022"),
        (merge_people, (5, 123456), "LINK-021"),
        (split_person, (5, [1]), "LINK-023"),
        (split_person, (5, [5, 6]), "LINK-024"),
        (split_person, (5, []), "LINK-024"),
        (decide_pair, ((5, 6), "apart"), "LINK-022"),
        (decide_pair, ((5, 77), "apart"), "LINK-023"),
        (undo_decision, (3,), "LINK-025"),
    ],
)
def test_what_cannot_be_decided_is_told(made: TestCity, action: Any, given: tuple[Any, ...], code: str) -> None:
    link(made)
    linked = people_of(made)
    known = made.city.latest_seq()
    people = {5: linked[5], 123456: 123456}
    if action in (merge_people, split_person):
        given = tuple(people.get(one, one) if isinstance(one, int) else one for one in given)
    with pytest.raises(Refusal, match=code):
        decide(made, action, *given)
    assert made.city.latest_seq() == known


def test_a_decision_needs_a_reason(made: TestCity) -> None:
    link(made)
    with made.city.workspace("1GB") as workspace, pytest.raises(Refusal, match="LINK-026"):
        split_person(stand(made.city, workspace), people_of(made)[5], [6], By("test", " ", DAY))


def test_a_number_reads_as_it_is_written() -> None:
    assert parse_person("P0000000000000001") == 1
