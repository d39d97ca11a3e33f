"""The independent computation itself, on cases small enough to follow by hand."""

from __future__ import annotations

from datetime import date

import pytest

from tests.journey.independent_figures import (
    Event,
    Managed,
    Patient,
    Task,
    Visit,
    age_on,
    contact_tasks,
    count,
    judge,
    read_visit,
    stretches,
    three_months_after,
    yearly_tasks,
)

YEAR = date(2025, 1, 1), date(2025, 12, 31)


def visit(day: str, *, good: bool = True, way: str = "1", complete: bool = True) -> Visit:
    return Visit(date.fromisoformat(day), way, good, good, complete)


def managed(since: str, until: str = "", reason: str = "") -> Managed:
    return Managed("C1", date.fromisoformat(since), date.fromisoformat(until) if until else None, reason)


def told(tasks: list[Task]) -> list[tuple[str, bool]]:
    return [(task.closes.isoformat(), task.done) for task in tasks]


def test_three_months_are_clamped_at_the_end_of_the_month() -> None:
    assert three_months_after(date(2024, 11, 30)) == date(2025, 2, 28)
    assert three_months_after(date(2025, 1, 31), 2) == date(2025, 7, 31)


def test_a_birthday_on_29_february_falls_on_the_28th() -> None:
    assert age_on(date(1960, 2, 29), date(2025, 2, 27)) == 64
    assert age_on(date(1960, 2, 29), date(2025, 2, 28)) == 65
    assert age_on(date(1960, 2, 29), date(2024, 2, 28)) == 63


def test_a_satisfactory_visit_asks_for_one_between_60_days_and_three_months_and_a_week() -> None:
    tasks = contact_tasks(managed("2025-01-10"), [visit("2025-01-20"), visit("2025-04-20")], date(2025, 6, 30))
    assert told(tasks) == [("2025-01-24", True), ("2025-04-27", True)]


def test_an_early_visit_replaces_what_was_asked() -> None:
    tasks = contact_tasks(managed("2025-01-10"), [visit("2025-01-20"), visit("2025-02-20")], date(2025, 6, 30))
    assert told(tasks) == [("2025-01-24", True), ("2025-05-27", False)]


def test_an_unsatisfactory_visit_asks_for_one_within_14_days() -> None:
    row = [visit("2025-01-20", good=False), visit("2025-02-04")]
    assert told(contact_tasks(managed("2025-01-20"), row, date(2025, 3, 1))) == [
        ("2025-02-03", True),
        ("2025-02-03", False),
        # asked again from the day after: the visit of 4 February falls into it
        ("2025-05-10", True),
    ]


def test_the_visit_on_the_last_day_of_the_window_is_in_time() -> None:
    row = [visit("2025-01-20", good=False), visit("2025-02-03")]
    assert told(contact_tasks(managed("2025-01-20"), row, date(2025, 3, 1)))[-1] == ("2025-02-03", True)


def test_a_window_that_passes_is_asked_again_until_the_horizon() -> None:
    tasks = contact_tasks(managed("2025-01-01"), [], date(2025, 12, 31))
    assert told(tasks) == [("2025-01-15", False), ("2025-04-22", False), ("2025-07-29", False), ("2025-11-05", False)]


def test_what_is_open_when_management_ends_is_not_failed() -> None:
    tasks = contact_tasks(managed("2025-01-10", "2025-04-01", "died"), [visit("2025-01-20")], date(2025, 12, 31))
    assert told(tasks) == [("2025-01-24", True)]


def test_an_examination_is_asked_in_every_year_at_whose_end_somebody_is_managed() -> None:
    exams = [date(2024, 5, 1)]
    assert told(yearly_tasks(managed("2024-03-01"), exams, date(2025, 12, 31))) == [
        ("2024-12-31", True),
        ("2025-12-31", False),
    ]
    assert told(yearly_tasks(managed("2024-03-01", "2025-06-01"), exams, date(2025, 12, 31))) == [("2024-12-31", True)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("2020-01-01", "diagnosed", "A")], [("A", "2020-01-01", None, "")]),
        (
            [("2020-01-01", "diagnosed", "A"), ("2025-05-05", "died", "CDC"), ("2025-06-01", "diagnosed", "B")],
            [("A", "2020-01-01", "2025-05-05", "died")],
        ),
        (
            [("2020-01-01", "diagnosed", "A"), ("2025-05-05", "moved_out", "B")],
            [("A", "2020-01-01", None, "")],
        ),
        (
            [("2020-01-01", "diagnosed", "A"), ("2025-05-05", "moved_out", "A"), ("2025-05-20", "diagnosed", "B")],
            [("A", "2020-01-01", "2025-05-05", "moved_out"), ("B", "2025-05-20", None, "")],
        ),
        (
            [("2020-01-01", "diagnosed", "A"), ("2025-05-20", "diagnosed", "B")],
            [("A", "2020-01-01", "2025-05-20", "moved_out"), ("B", "2025-05-20", None, "")],
        ),
        ([("2020-01-01", "diagnosed", "A"), ("2025-05-05", "lost", "A")], [("A", "2020-01-01", "2026-01-01", "lost")]),
    ],
)
def test_stretches_of_management(
    events: list[tuple[str, str, str]], expected: list[tuple[str, str, str | None, str]]
) -> None:
    found = stretches(Event(date.fromisoformat(day), kind, org) for day, kind, org in events)
    assert [(m.org, m.since.isoformat(), m.until.isoformat() if m.until else None, m.reason) for m in found] == expected


def patient(*visits: Visit, events: list[Event] | None = None) -> Patient:
    diagnosed = [Event(date(2024, 12, 1), "diagnosed", "C1")]
    return Patient(events or diagnosed, list(visits), [date(2025, 4, 1)])


QUARTERLY = tuple(visit(day) for day in ("2024-12-10", "2025-03-10", "2025-06-05", "2025-09-02", "2025-11-28"))


def test_a_year_done_in_time_counts_everywhere() -> None:
    assert judge(patient(*QUARTERLY), *YEAR) == dict.fromkeys(
        ("managed", "std", "std_4", "ctrl", "ctrl_face"), ("C1", True)
    )


def test_one_missed_recheck_costs_the_standard_and_not_the_control() -> None:
    rows = (*QUARTERLY[:2], visit("2025-05-20", good=False), visit("2025-06-20"), *QUARTERLY[3:])
    found = judge(patient(*rows), *YEAR)
    assert found is not None
    assert not found["std"][1]
    assert found["ctrl"][1]


def test_an_incomplete_visit_costs_the_standard() -> None:
    found = judge(patient(*QUARTERLY[:-1], visit("2025-11-28", complete=False)), *YEAR)
    assert found is not None
    assert not found["std"][1]
    assert found["std_4"][1]


def test_visits_by_telephone_are_not_face_to_face() -> None:
    found = judge(patient(*QUARTERLY[:-1], visit("2025-11-28", way="3", good=False)), *YEAR)
    assert found is not None
    assert not found["std_4"][1]
    assert not found["ctrl"][1]
    assert found["ctrl_face"][1]


def test_the_lost_stay_in_the_denominator_and_are_not_controlled() -> None:
    events = [Event(date(2024, 12, 1), "diagnosed", "C1"), Event(date(2025, 10, 1), "lost", "C1")]
    found = judge(patient(*QUARTERLY[:-1], events=events), *YEAR)
    assert found is not None
    assert found["managed"][1]
    assert not found["ctrl"][1]


def test_a_loss_counts_from_the_day_it_is_told() -> None:
    events = [Event(date(2024, 12, 1), "diagnosed", "C1"), Event(date(2025, 8, 10), "lost", "C1")]
    before = judge(patient(*QUARTERLY, events=events), date(2025, 1, 1), date(2025, 7, 31))
    after = judge(patient(*QUARTERLY, events=events), date(2025, 1, 1), date(2025, 9, 30))
    assert before is not None
    assert after is not None
    assert before["ctrl"][1]
    assert not after["ctrl"][1]


def test_who_died_before_the_year_is_not_managed_in_it() -> None:
    events = [Event(date(2024, 1, 1), "diagnosed", "C1"), Event(date(2025, 1, 1), "died", "J")]
    assert judge(patient(events=events), *YEAR) is None


def test_people_are_counted_by_institution_and_together() -> None:
    counts = count([patient(*QUARTERLY), patient(*QUARTERLY[:2])], *YEAR)
    assert counts["managed", "C1"] == counts["managed", ""] == 2
    assert counts["std", ""] == 1


@pytest.mark.parametrize(
    ("sbp", "dbp", "birth", "danger", "at_goal", "satisfactory"),
    [
        ("139", "89", "1965-01-01", "0", True, True),
        ("140", "80", "1965-01-01", "0", False, False),
        ("149", "89", "1955-01-01", "0", True, True),
        ("150", "80", "1955-01-01", "0", False, False),
        ("130", "90", "1955-01-01", "0", False, False),
        ("130", "80", "1955-01-01", "1", True, False),
    ],
)
def test_a_blood_pressure_is_judged_by_age(
    sbp: str, dbp: str, birth: str, danger: str, at_goal: bool, satisfactory: bool
) -> None:
    row = {
        "contact_date": "2025-03-01", "way": "1", "sbp": sbp, "dbp": dbp, "danger_sign": danger, "adverse_reaction": "0",
        "new_complication": "0", "blank": "", "org": "C1",
    }  # fmt: skip
    found = read_visit("hypertension", row, date.fromisoformat(birth))
    assert (found.at_goal, found.satisfactory) == (at_goal, satisfactory)


@pytest.mark.parametrize(
    ("fpg", "at_goal", "satisfactory"),
    [
        ("6.9", True, True),
        ("7.0", False, False),
        ("3.9", True, False),
        ("16.7", False, False),
        ("6.888888889", True, True),
    ],
)
def test_a_fasting_glucose_is_judged_by_the_letter(fpg: str, at_goal: bool, satisfactory: bool) -> None:
    row = {
        "contact_date": "2025-03-01", "way": "1", "sbp": "130", "dbp": "80", "fpg": fpg, "danger_sign": "0",
        "adverse_reaction": "0", "new_complication": "0", "blank": "foot_pulse;weight", "org": "C1",
    }  # fmt: skip
    found = read_visit("diabetes", row, date(1960, 1, 1))
    assert (found.at_goal, found.satisfactory, found.complete) == (at_goal, satisfactory, False)
