"""One table of calendar cases holds for every runtime: here as the set engine counts them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from wangdi.engines.duck.expression import age_sql
from wangdi.language.rules import Length, add_length
from wangdi.store.workspace import Workspace

CASES = list(csv.DictReader((Path(__file__).parent / "dates.csv").read_text(encoding="utf-8").splitlines()))


def _of(function: str) -> list[tuple[list[str], str]]:
    return [(case["args"].split(";"), case["expected"]) for case in CASES if case["function"] == function]


def test_months_are_added_alike() -> None:
    with Workspace() as workspace:
        wrong = []
        for (day, months), expected in _of("add_months"):
            row = workspace.one(f"SELECT (DATE '{day}' + to_months({months}::INTEGER))::DATE")
            told = add_length(date.fromisoformat(day), Length(int(months), 0))
            if row != (date.fromisoformat(expected),) or told != date.fromisoformat(expected):
                wrong.append((day, months, expected, row))
    assert wrong == []


def test_completed_years_are_counted_alike() -> None:
    with Workspace() as workspace:
        wrong = []
        for (birth, on), expected in _of("age_years"):
            row = workspace.one(f"SELECT {age_sql(f'DATE {birth!r}', f'DATE {on!r}')}")
            if row != (int(expected),):
                wrong.append((birth, on, expected, row))
    assert wrong == []


def test_days_are_added_alike() -> None:
    with Workspace() as workspace:
        for (day, days), expected in _of("add_days"):
            assert workspace.one(f"SELECT DATE '{day}' + {days}") == (date.fromisoformat(expected),)
            assert add_length(date.fromisoformat(day), Length(0, int(days))) == date.fromisoformat(expected)
