"""Streams a pack declares over its rows: from the registers of institutions to a signal, and back to each row."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import CLINIC_A1, CLINIC_B1, TOWN_A, TestCity, make_city, resident
from tests.journey.demo_city import ask
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.questions import stand_on
from wangdi.app.watched_area import day_number, read_area
from wangdi.app.watched_rows import read_row_streams
from wangdi.language.library import load_library

LAST = date(2025, 3, 20)
WEEKS = 12
REGISTER = "disease_report.register"


def visit(number: int, on: date, org: str, disease: str | None) -> dict[str, Any]:
    return {
        "registration_id": number, "org": org, "occurred_on": on, "register": "outpatient", "registered_no": f"{org}{number}",
        "found_on": on, "disease": disease,
    }  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    """Two clinics with twenty visits every weekday, one of diarrhoea; on the last day fourteen of them at the first."""
    made = make_city(tmp_path / "city", load_library())
    people: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, 41):
        for form, listed in resident(number, date(1980, 1, 1) + timedelta(number), CLINIC_A1).items():
            people.setdefault(form, []).extend(listed)
    made.accept(people)
    rows = []
    for back in range(7 * WEEKS):
        on = LAST - timedelta(days=back)
        if on.isoweekday() > 5:
            continue
        for org in (CLINIC_A1, CLINIC_B1):
            ill = 14 if (on, org) == (LAST, CLINIC_A1) else 1
            rows += [visit(1 + place, on, org, "3900" if place < ill else None) for place in range(20)]
    made.accept({REGISTER: rows})
    return made


def test_rows_of_a_register_are_a_stream_by_institution_and_day(made: TestCity) -> None:
    with made.city.workspace() as workspace:
        standing = stand_on(made.city, workspace, made.library)
        (stream,) = read_row_streams(standing, read_area(standing, LAST))
    assert stream.stream == "idr_outpatient_gut"
    assert [(one.code, one.name, one.place) for one in stream.sources] == [
        (CLINIC_A1, "甲一村卫生室", TOWN_A),
        (CLINIC_B1, "乙一村卫生室", "990101002000"),
    ]
    assert stream.families == frozenset({"gut"})
    column = day_number(LAST) - stream.first
    assert stream.counts[:, column].tolist() == [14, 1]
    assert stream.of[:, column].tolist() == [20, 20]
    sunday = column - LAST.isoweekday()
    assert str(stream.counts[0, sunday]) == "nan", "nobody was registered: nothing is known of the day"
    assert len(stream.facts(0, column, 1)) == 14
    assert len(stream.facts(0, column, 7)) == 18


def test_an_unusual_share_is_a_signal_that_opens_to_its_rows(made: TestCity) -> None:
    city = made.city.folder
    run = ask(city, "signals", "run", "--on", LAST, "--at", "2025-03-21T07:30:00")
    assert run["failed"] == {}
    (told,) = run["rows"]
    assert (told["subjects"], told["sites"], told["places"]) == (["idr_outpatient_gut"], ["甲一村卫生室"], [TOWN_A])
    assert (told["title"], told["observed"]) == ("门诊日志中肠道传染病的比例", 14)
    assert told["expected"] < told["bound"] < 14
    assert told["records"] == 14
    with open_pages(city) as client:
        tree = check_page(read(client, f"/signals/{told['signal']}"))
        said = words_of(tree)
        links = [str(one.get("href")) for one in tree.iter() if one.get("href")]
        assert "门诊日志中肠道传染病的比例 · 甲一村卫生室 · 按日" in said, "its curve"
        assert sum(link.startswith("/fact/") for link in links) == 14
        assert sum(link.startswith("/person/") for link in links) == 14
        assert not any(link.startswith("/watch/disease/") for link in links), "a stream has no page of a disease"
        fact = next(link for link in links if link.startswith("/fact/"))
        assert "3900" in read(client, fact)
    assert ask(city, "signals", "run", "--on", LAST, "--at", "2025-03-21T07:30:00")["opened"] == []


def test_rows_that_show_the_same_join_the_signal_of_another_stream(made: TestCity) -> None:
    """Medicine sold in the same township the day before: one event, by the family the pack names."""
    sold = []
    for back in range(7 * WEEKS):
        on = LAST - timedelta(days=back)
        number = 60 if back == 1 else 6
        said = {"stream": "drug_diarrhoea", "source": "P1", "source_name": "甲镇药店", "place": TOWN_A, "count": number}
        sold.append({"registration_id": 900, "org": CLINIC_A1, "occurred_on": on, "counted_on": on, **said})
    made.accept({"disease_streams.count": sold})
    run = ask(
        made.city.folder,
        "signals",
        "run",
        "--from",
        LAST - timedelta(days=2),
        "--to",
        LAST,
        "--at",
        "2025-03-21T07:30:00",
    )
    (told,) = run["rows"]
    assert told["subjects"] == ["drug_diarrhoea", "idr_outpatient_gut"]
    assert told["sites"] == ["甲镇药店", "甲一村卫生室"]


def test_days_are_known_as_of_then(made: TestCity) -> None:
    """Rows accepted later are no part of what was known."""
    before = made.city.latest_seq()
    made.accept({REGISTER: [visit(21, LAST + timedelta(days=1), CLINIC_A1, None)]}, datetime(2025, 3, 22, 8))
    with made.city.workspace() as workspace:
        standing = stand_on(made.city, workspace, made.library, f"{before}")
        (stream,) = read_row_streams(standing, read_area(standing, LAST + timedelta(days=1)))
        assert stream.first + stream.counts.shape[1] - 1 == day_number(LAST)
