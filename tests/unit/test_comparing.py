"""Why somebody moves a figure: a late record, a correction, other rules, time going by, or who is who."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cities import HOSPITAL, TestCity, make_city, resident
from wangdi.app.comparing import Moved, compare_known, explain_moves, find_moves
from wangdi.app.questions import compute_figures, stand_on
from wangdi.core.periods import Period, parse_period
from wangdi.language.library import load_library
from wangdi.store.records import ParameterOverride
from wangdi.store.workspace import Workspace

LIBRARY = load_library()
ENROLLED, DONE = 1, 2


def _period(text: str) -> Period:
    period = parse_period(text)
    assert isinstance(period, Period)
    return period


YEAR = _period("2025")


def visit(person: int, day: date, sbp: int = 130, **more: Any) -> dict[str, list[dict[str, Any]]]:
    row = {"registration_id": person, "occurred_on": day, "org": HOSPITAL, "contact_date": day, "way": "1"}
    return {"hypertension.followup": [row | {"sbp": sbp, "dbp": 80} | more]}


@pytest.fixture
def test_city(tmp_path: Path) -> Iterator[TestCity]:
    """Two people with a diagnosis of January 2025, each seen once in good time."""
    made = make_city(tmp_path / "city", LIBRARY)
    for person in (ENROLLED, DONE):
        diagnosis = {"diagnosed_on": date(2025, 1, 10), "disease": "essential_hypertension"}
        common = {"registration_id": person, "occurred_on": date(2025, 1, 10), "org": HOSPITAL}
        rows = resident(person, date(1950, 3, person), HOSPITAL)
        made.accept(rows | {"health_record.diagnosis": [common | diagnosis]}, datetime(2025, 1, 20))
        made.accept(visit(person, date(2025, 1, 20)), datetime(2025, 1, 25))
    with made.city:
        yield made


def compare(made: TestCity, before: int, after: int | None = None) -> dict[str, Moved]:
    with made.city.workspace() as one, made.city.workspace() as other:
        old, new = stand_on(made.city, one, LIBRARY, before), stand_on(made.city, other, LIBRARY, after)
        return {moved.after.indicator: moved for moved in compare_known(old, new, YEAR, "county")}


def causes(moved: Moved) -> set[tuple[str, tuple[str, ...]]]:
    return {(person["cause"], tuple(person["moves"])) for person in moved.people}


def test_a_late_record_and_a_correction_are_named(test_city: TestCity) -> None:
    before = test_city.city.latest_seq()
    late = test_city.accept(visit(ENROLLED, date(2025, 1, 24), 170), datetime(2025, 1, 26))
    moved = compare(test_city, before)["htn_ctrl"]
    assert causes(moved) == {("late", ("left_numerator",))}
    assert [record["fact_id"] for record in moved.people[0]["records"]] == [late]
    middle = test_city.city.latest_seq()
    test_city.accept(visit(ENROLLED, date(2025, 1, 24), 130, replaces=late), datetime(2025, 1, 27))
    assert causes(compare(test_city, middle)["htn_ctrl"]) == {("corrected", ("entered_numerator",))}
    assert "htn_ctrl" not in compare(test_city, before), "there and back again"


def test_time_goes_by_when_nothing_was_accepted_about_somebody(test_city: TestCity) -> None:
    """In December nothing of next year was due yet; a year later it was not done. No rule changed over New Year."""
    person, day = 3, date(2024, 12, 20)
    common = {"registration_id": person, "occurred_on": day, "org": HOSPITAL}
    diagnosis = {"health_record.diagnosis": [common | {"diagnosed_on": day, "disease": "essential_hypertension"}]}
    made = make_city(test_city.city.folder.parent / "other", LIBRARY)
    with made.city as city:
        made.accept(resident(person, date(1950, 3, 3), HOSPITAL) | diagnosis, datetime(2025, 1, 2))
        with city.workspace() as workspace:
            before = stand_on(city, workspace, LIBRARY)
            assert before.horizon.year == 2025
            made.accept(resident(9, date(1950, 3, 9), HOSPITAL), datetime(2026, 1, 10))
            after = stand_on(city, workspace, LIBRARY)
            assert after.horizon.year == 2026
            explained = explain_moves(before, after, YEAR, {"P0000000000000003": ["left_numerator"]})
            assert [one["cause"] for one in explained] == ["time"]
            ended = explain_moves(before, after, _period("2024"), {"P0000000000000003": ["left_numerator"]})
            assert [one["cause"] for one in ended] == ["relinked"], "a period that was over cannot have moved by time"


def test_a_rule_that_the_city_changed_is_the_cause(test_city: TestCity) -> None:
    before = test_city.city.latest_seq()
    changed = ParameterOverride("hypertension", "sbp_goal_elderly", "120", "工作组", "更严")
    with test_city.city.writer("test") as writer:
        writer.put_parameter_override(changed, datetime(2025, 1, 25))
    moved = compare(test_city, before)["htn_ctrl"]
    assert causes(moved) == {("rules", ("left_numerator",))}


def test_figures_alone_need_no_people_and_share_one_engine(test_city: TestCity) -> None:
    before = test_city.city.latest_seq()
    test_city.accept(visit(ENROLLED, date(2025, 1, 24), 170), datetime(2025, 1, 26))
    whole = compare(test_city, before)
    with Workspace() as engine:
        old, new = (stand_on(test_city.city, engine, LIBRARY, known) for known in (before, None))
        figures = {one.indicator: one for one in compute_figures(new, [YEAR], ["county"]).figures}
        for name, moved in whole.items():
            expected = {person["person_id"]: person["moves"] for person in moved.people}
            assert find_moves(old, new, YEAR, figures[name]) == expected
    assert whole
