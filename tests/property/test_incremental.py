"""One corrected record changes every figure it touches on the next question, and what is worked out bit by bit equals a rebuild."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, TestCity, id_number, make_city, resident
from wangdi.app import derivation
from wangdi.app.derivation import Derived, derive
from wangdi.app.questions import compute_figures, stand_on
from wangdi.core.periods import Period, parse_period
from wangdi.language.library import load_library
from wangdi.programmes.tables import PROGRAMME_TABLES
from wangdi.store.derived import remove_derived

ON = date(2025, 12, 31)
CLINICS = (CLINIC_A1, CLINIC_A2, CLINIC_B1)
LIBRARY = load_library()


def _year() -> Period:
    period = parse_period("2025")
    assert isinstance(period, Period)
    return period


def _random_rows(chance: random.Random, people: int) -> dict[str, list[dict[str, Any]]]:
    """A few rows of every kind about a few people."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for _ in range(chance.randrange(1, 6)):
        registration = chance.randrange(1, people + 1)
        day = date(2023, 6, 1) + timedelta(days=chance.randrange(900))
        common = {"registration_id": registration, "occurred_on": day, "org": chance.choice(CLINICS)}
        kind = chance.choice(("visit", "visit", "visit", "diagnosis", "departure", "examination", "renumbered"))
        if kind == "visit":
            reading = {"sbp": chance.choice((128, 145, 155, 185, None)), "dbp": chance.choice((78, 92, None))}
            rows.setdefault("hypertension.followup", []).append({**common, "contact_date": day, "way": "1", **reading})
        elif kind == "diagnosis":
            said = {"diagnosed_on": day, "disease": "essential_hypertension", "revoked": chance.random() < 0.1}
            rows.setdefault("health_record.diagnosis", []).append({**common, **said})
        elif kind == "departure":
            reason = chance.choice(("died", "moved_out", "lost"))
            rows.setdefault("health_record.departure", []).append({**common, "departed_on": day, "reason": reason})
        elif kind == "examination":
            rows.setdefault("health_record.examination", []).append({**common, "exam_date": day})
        else:  # the institution corrects a number: the registration leaves one person and may join another
            other = chance.randrange(1, people + 1)
            birth = date(1950, 1, 1 + other % 28)
            said = {"id_type": "01", "id_no": id_number(birth, other % 1000), "birth_date": birth}
            rows.setdefault("system.registration", []).append({**common, **said})
    return rows


def _contents(derived: Derived) -> dict[str, list[tuple[Any, ...]]]:
    workspace = derived.standing.workspace
    tables = {"link": derived.links, "person": derived.people}
    for programme in derived.standing.enrolling:
        tables |= {f"{programme}.{name}": derived.table(programme, name) for name in PROGRAMME_TABLES}
    return {name: sorted(workspace.rows(f"SELECT * FROM {sql}"), key=repr) for name, sql in tables.items()}


def _retire_something(chance: random.Random, test: TestCity, facts: list[tuple[str, int, dict[str, Any]]]) -> None:
    form, fact, row = facts.pop(chance.randrange(len(facts)))
    if chance.random() < 0.5:
        test.accept({form: [{**row, "withdraws": fact}]})
    else:
        changed = (
            {**row, "sbp": 129, "dbp": 77, "replaces": fact}
            if form == "hypertension.followup"
            else {**row, "replaces": fact}
        )
        first = test.accept({form: [changed]})
        facts.append((form, first, {key: value for key, value in changed.items() if key != "replaces"}))


@pytest.mark.parametrize("seed", range(6))
def test_incremental_equals_rebuild(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each batch, correction or withdrawal the layered tables and the figures are those of a rebuild from nothing."""
    monkeypatch.setattr(derivation, "REBUILD_SHARE", 2.0)  # always a change, never a rebuild in disguise
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        test = make_city(Path(folder) / "city", LIBRARY)
        people = 12
        first: dict[str, list[dict[str, Any]]] = {}
        for number in range(1, people + 1):
            for form, listed in resident(number, date(1950, 1, 1 + number % 28), chance.choice(CLINICS)).items():
                first.setdefault(form, []).extend(listed)
        test.accept(first)
        facts: list[tuple[str, int, dict[str, Any]]] = []
        with test.city as city, city.workspace() as workspace:
            derive(stand_on(city, workspace, LIBRARY, on=ON))
            for _ in range(8):
                rows = _random_rows(chance, people)
                start = test.accept(rows)
                for form, listed in rows.items():
                    if form != "system.registration":
                        facts += [(form, start + place, row) for place, row in enumerate(listed)]
                    start += len(listed)
                if facts and chance.random() < 0.6:
                    _retire_something(chance, test, facts)
                standing = stand_on(city, workspace, LIBRARY, on=ON)
                layered = derive(standing)
                step_by_step = _contents(layered), compute_figures(standing, [_year()], ["county", "village"]).figures
                assert layered.layers.change is not None
                remove_derived(city.folder)
                again = derive(standing)
                assert again.layers.change is None
                assert step_by_step[0] == _contents(again)
                assert step_by_step[1] == compute_figures(standing, [_year()], ["county", "village"]).figures
