"""Erasing an event leaves nobody's name anywhere in the ledger or in the database's file, and changes no count."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cities import COUNTY, HOSPITAL, make_city
from wangdi.app.event_erasing import COVER, cover_body, erase_due, erase_event
from wangdi.app.event_summary import summarise_event, tell_timeline
from wangdi.app.events import NAMED, Author, Draft, close_event, open_event, read_event, write_all, write_down
from wangdi.language.library import load_library
from wangdi.outbreaks.investigation.bodies import KINDS, read_body
from wangdi.store.city import City
from wangdi.store.verify import check_city

BY = Author("test", datetime(2025, 7, 2, 9))
SAID = {
    "title": "某校",
    "disease": "麻疹",
    "region": COUNTY,
    "lead": HOSPITAL,
    "opened_on": "2025-07-01",
    "erase_days": "30",
}
LIBRARY = load_library()
# Two signs at least of what no other text of these events holds, so that finding one means that it was left.
NAMES = st.text(st.characters(min_codepoint=0x9F00, max_codepoint=0x9FA0), min_size=2, max_size=4)
PHONES = st.integers(13_900_000_000, 13_999_999_999).map(str)
PEOPLE = st.lists(
    st.tuples(st.sampled_from(sorted(NAMED)), NAMES, PHONES, st.booleans(), st.booleans()), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    with tempfile.TemporaryDirectory(prefix="erasing-") as folder:
        yield make_city(Path(folder) / "city", LIBRARY).city


def everything(city: City) -> str:
    """Every text of the ledger and of the audit, as the database has it."""
    with sqlite3.connect(city.folder / "city.sqlite") as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        rows = [row for table in tables for row in database.execute(f"select * from {table}")]
        database.execute("pragma wal_checkpoint(truncate)")
    return "\n".join(map(str, rows))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE)
def test_no_name_is_left_and_every_count_stays(city: City, people: list[tuple[str, str, str, bool, bool]]) -> None:
    event = open_event(city, SAID, BY)
    for kind, name, phone, corrected, mentioned in people:
        said = {"event.answer": {"ill": "是"}, "event.contact": {"last_exposure_on": "2025-07-01"}}.get(
            kind, {"age": "8"}
        )
        number = write_down(city, event, Draft(kind, said, None, {"name": name, "phone": phone}), BY)
        if corrected:  # an earlier version names them, too
            write_down(city, event, Draft(kind, {}, number, {"name": f"{name}改"}), BY)
        if mentioned:
            drafts = [
                Draft("event.note", {"text": f"{name}，电话 {phone}，已隔离。"}),
                Draft("event.place", {"name": f"{name}家", "people": "5"}),
                Draft("event.sample", {"kind": "血", "of": name}),
            ]
            write_all(city, event, drafts, BY)
    close_event(city, event, date(2025, 7, 3), BY)
    before = summarise_event(read_event(city, event), date(2025, 7, 3))
    assert erase_due(city, date(2025, 8, 1), BY) == []
    (erased,) = erase_due(city, date(2025, 8, 2), BY)
    assert (erased.event, erased.people) == (event, len(people))
    assert erase_due(city, date(2026, 8, 2), BY) == []
    left, file = everything(city), (city.folder / "city.sqlite").read_bytes()
    for _, name, phone, _, _ in people:
        assert name not in left
        assert phone not in left
        assert name.encode() not in file, "not in the pages it leaves behind either"
        assert phone.encode() not in file
    after = summarise_event(read_event(city, event), date(2025, 7, 3))
    assert {name: after[name] for name in ("counts", "following", "people", "curve")} == {
        name: before[name] for name in ("counts", "following", "people", "curve")
    }
    assert [(one["ill"], one["people"]) for one in after["places"]] == [
        (one["ill"], one["people"]) for one in before["places"]
    ]
    assert tell_timeline(city, event)
    assert check_city(city) == []


def test_erasing_one_event_leaves_another_alone(city: City) -> None:
    one, other = open_event(city, SAID, BY), open_event(city, SAID, BY)
    for event in (one, other):
        write_down(city, event, Draft("event.contact", {}, None, {"name": "甲乙"}), BY)
    close_event(city, one, date(2025, 7, 3), BY)
    erase_event(city, one, date(2025, 7, 4), BY)
    assert read_event(city, one).who == {}
    assert read_event(city, other).who["contact", 1].name == "甲乙"


TEXT = st.text(max_size=20)


@given(
    st.sampled_from(sorted(KINDS)).filter(lambda kind: kind != "event.who"),
    st.dictionaries(TEXT, st.sampled_from(["yes", "no", "unknown"]), max_size=3),
    st.lists(st.text(min_size=2, max_size=6), min_size=1, max_size=4),
    TEXT,
)
def test_a_covered_body_can_still_be_read(kind: str, foods: dict[str, str], secrets: list[str], text: str) -> None:
    """Whatever a name is, days, numbers and words of a list stay what they are."""
    bodies: dict[str, dict[str, object]] = {
        "event": {**SAID, "title": text, "erase_days": 30, "state": "closed", "closed_on": "2025-07-03"},
        "event.case": {"case_class": "confirmed", "onset": "2025-07-01T08:00", "age": 8, "place": text},
        "event.contact": {"kind": "close", "last_exposure_on": "2025-07-01", "relation": text},
        "event.check": {"day": "2025-07-02", "state": "failed", "symptoms": [text]},
        "event.place": {"name": text},
        "event.answer": {"ill": True, "foods": foods},
        "event.sample": {"kind": text, "result": "positive"},
        "event.team": {"name": text, "first_on": "2025-07-02"},
        "event.note": {"text": text, "kind": "conclusion"},
    }
    covered = cover_body(KINDS[kind], bodies[kind], [*secrets, "confirmed", "2025-07-01", "closed"])
    value, problems = read_body(KINDS[kind], covered)
    assert (value is not None, problems) == (True, [])
    assert not any(one in str(covered.get("place", "")).replace(COVER, "") for one in secrets if COVER not in one)
