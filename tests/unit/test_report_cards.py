"""Report cards one by one: late or not, entered twice, registered and never reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from wangdi.app.report_cards import Stretch
from wangdi.outbreaks.report_cards import (
    Registered,
    ReportCard,
    count_registered_cases,
    find_duplicates,
    find_unreported,
    judge_timeliness,
)

SEEN = datetime(2025, 3, 3, 8, 30)
CARD = ReportCard(1, 1, "990001", "valid", "1000", "confirmed", date(2025, 3, 1), SEEN.date(), SEEN,
                  SEEN + timedelta(hours=3), None, "东乡卫生院", "99010201", "CDC")  # fmt: skip
ROW = Registered(100, 1, "H1", "outpatient", "1", date(2025, 3, 3), "1000", None)


@pytest.mark.parametrize(
    ("disease", "hours", "late"),
    [("1000", 24.0, 0.0), ("1000", 25.5, 1.5), ("0100", 2.0, 0.0), ("0100", 2.5, 0.5), ("1900a", 3.0, 1.0)],
)
def test_late_by_how_much(disease: str, hours: float, late: float) -> None:
    judged = judge_timeliness(replace(CARD, disease=disease, reported_at=SEEN + timedelta(hours=hours)))
    assert judged is not None
    assert (judged.hours, judged.late_hours, judged.is_late) == (hours, late, late > 0)


def test_without_a_moment_a_card_is_late_and_without_entry_it_is_not_judged() -> None:
    judged = judge_timeliness(replace(CARD, diagnosed_at=None))
    assert judged is not None
    assert (judged.hours, judged.late_hours, judged.is_late) == (None, None, True)
    assert judge_timeliness(replace(CARD, reported_at=None)) is None
    assert judge_timeliness(replace(CARD, disease="W21")) is None


def _again(fact: int, days: int, **changed: object) -> ReportCard:
    assert CARD.onset_on is not None
    return replace(CARD, fact=fact, card_no=f"99{fact:04}", onset_on=CARD.onset_on + timedelta(days=days), **changed)  # type: ignore[arg-type]


def test_two_cards_within_the_window_are_one_case() -> None:
    inside, outside = _again(2, 30), _again(3, 31)
    assert find_duplicates([inside, CARD]) == [(CARD, inside)]
    assert find_duplicates([CARD, outside]) == []
    assert find_duplicates([CARD, inside, outside]) == [(CARD, inside, outside)]  # from card to card


def test_what_is_no_duplicate() -> None:
    others = [_again(2, 1, person=2), _again(3, 1, disease="3700"), _again(4, 1, state="deleted")]
    assert find_duplicates([CARD, *others]) == []


def test_subtypes_of_one_illness_are_duplicates_and_those_of_different_ones_are_not() -> None:
    lungs = [replace(CARD, disease="2600c"), _again(2, 100, disease="2600b")]
    assert find_duplicates(lungs) == [tuple(lungs)]
    livers = [replace(CARD, disease="0301"), _again(2, 1, disease="0302")]
    assert find_duplicates(livers) == []
    unnamed = [replace(CARD, disease="0300"), _again(2, 1, disease="0302")]
    assert find_duplicates(unnamed) == [tuple(unnamed)]


def test_without_an_onset_the_diagnosis_counts() -> None:
    other = replace(_again(2, 0), onset_on=None, diagnosed_on=date(2025, 3, 31))
    assert find_duplicates([CARD, other]) == [(CARD, other)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"disease": "3700"}, "no_card"),
        ({"person": 2}, "no_card"),
        ({"found_on": date(2025, 4, 2)}, None),
        ({"found_on": date(2025, 4, 3)}, "no_card"),
        ({"person": 2, "card_no": "990001"}, None),
        ({"person": 2, "card_no": "990002"}, "card_not_found"),
        ({"person": 3, "card_no": "990003"}, "card_deleted"),
    ],
)
def test_what_was_registered_is_looked_for_among_the_cards(changed: dict[str, object], reason: str | None) -> None:
    row = replace(ROW, **changed)  # type: ignore[arg-type]
    cards = [CARD, replace(CARD, fact=3, person=3, card_no="990003", state="deleted")]
    assert list(find_unreported([row], cards)) == [(row, reason)]


def test_what_is_not_notifiable_is_not_asked_for() -> None:
    rows = [replace(ROW, disease="W21"), replace(ROW, disease="W04", found_on=date(2023, 9, 19))]
    assert list(find_unreported(rows, [])) == []


def test_rows_of_one_case_are_one_case() -> None:
    rows = [ROW, replace(ROW, register="laboratory", found_on=date(2025, 3, 5)), replace(ROW, person=2)]
    rows += [replace(ROW, disease="3700"), replace(ROW, found_on=date(2025, 5, 5))]
    assert count_registered_cases(rows) == 4
    assert count_registered_cases([]) == 0


def test_a_stretch_of_days() -> None:
    march = Stretch(date(2025, 3, 1), date(2025, 3, 31))
    assert march.holds(date(2025, 3, 1))
    assert march.holds(date(2025, 3, 31))
    assert not march.holds(date(2025, 4, 1))
    assert not march.holds(None)
    assert Stretch().holds(None)
