"""Schedule cases worked out from the words of the norm, each citing its row, on every engine.

``vaccination/schedule.csv``: what is asked next on a day (``task`` with ``opens`` and ``last_day``, the last day in time;
``standing`` early, open or overdue; ``none``: nothing of the course is asked), or the ``verdict`` on the thing given last.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.language.engine import Case
from wangdi.language.library import load_library
from wangdi.language.record import Cell, Event, Obligation, Subject, state_on
from wangdi.language.rules import Programme

FILE = Path(__file__).parent / "vaccination" / "schedule.csv"


@cache
def programme() -> Programme:
    return programme_of(load_library().packs["vaccination"])


@cache
def cases() -> list[dict[str, str]]:
    return list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines()))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _record(text: str, seq: int) -> Event:
    """``hiv_exposed 2025-01-20 over 2025-02-10``, or ``deferral deferred 2025-03-20 ipv until 2025-06-01``."""
    words = text.split()
    if words[0] == "deferral":
        on = date.fromisoformat(words[2])
        values: dict[str, Cell] = {"decided_on": on, "kind": words[1], "vaccine": None if words[3] == "-" else words[3]}
        values["until_on"] = _day(words[5] if "until" in words else "")
        return Event("child", "vaccination.deferral", on, seq, values)
    on = date.fromisoformat(words[1])
    over = _day(words[3] if "over" in words else "")
    return Event("child", "vaccination.condition", on, seq, {"found_on": on, "condition": words[0], "over_on": over})


def read_case(row: dict[str, str]) -> Case:
    birth = _day(row["birth_date"])
    events = [_record(text, 100 + at) for at, text in enumerate(filter(None, row["records"].split("; ")))]
    for at, text in enumerate(filter(None, row["given"].split("; "))):
        product, on = text.split()
        values: dict[str, Cell] = {"given_on": date.fromisoformat(on), "vaccine": product}
        events.append(Event("child", "vaccination.dose", date.fromisoformat(on), 200 + at, values))
    if birth is not None:
        values = {"opened_on": birth, "is_resident": True}
        events.append(Event("child", "health_record.resident", birth, 1, values, "clinic"))
    return Case(Subject("child", birth, row["sex"] or None), tuple(events))


def _said(row: dict[str, str], obligations: list[Obligation]) -> tuple[str, str, str, str]:
    on = date.fromisoformat(row["asked_on"])
    task = row["task"]
    asked = [
        item
        for item in obligations
        if item.anchor_on <= on and state_on(item, on) in ("draft", "ready") and (item.task == task or _of(item, task))
    ]
    if not asked:
        return task, "", "", "none"
    (item,) = asked
    standing = "early" if on < item.opens else "overdue" if on > item.due else "open"
    return item.task, item.opens.isoformat(), item.due.isoformat(), standing


def _of(item: Obligation, course: str) -> bool:
    return item.task.startswith(f"{course}_") and course[-1:].isalpha()


def test_there_are_enough_cases_and_each_cites_its_row() -> None:
    assert len(cases()) >= 200
    assert len({row["case"] for row in cases()}) == len(cases())
    assert [row["case"] for row in cases() if not row["row"].startswith("§")] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_asked_next(engine: str) -> None:
    rows = [row for row in cases() if row["task"]]
    built = ENGINES[engine].build(programme(), [read_case(row) for row in rows], date(2040, 12, 31))
    wrong = []
    for row, (_, obligations) in zip(rows, built, strict=True):
        wanted = (row["task"], row["opens"], row["last_day"], row["standing"])
        said = _said(row, list(obligations))
        if said != wanted:
            wrong.append((row["case"], wanted, said))
    assert wrong == []


@pytest.mark.parametrize("engine", ENGINES)
def test_whether_the_last_thing_given_counts(engine: str) -> None:
    rows = [row for row in cases() if row["verdict"]]
    judged = ENGINES[engine].judge(programme(), [read_case(row) for row in rows])
    wrong = []
    for row, judgements in zip(rows, judged, strict=True):
        last = judgements[-1]
        said = last.form_code or last.class_name
        if said != row["verdict"]:
            wrong.append((row["case"], row["verdict"], said))
    assert wrong == []
