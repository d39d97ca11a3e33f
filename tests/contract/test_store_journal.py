"""A form entered in Wangdi: once, at once, corrected and withdrawn, read through the same door before and after rolling."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from tests.contract.store_cases import (
    DAY,
    FOLLOWUP,
    RESIDENT,
    Row,
    changed,
    current,
    day,
    entry,
    everything,
    send,
    stage_retirements,
    stage_rows,
)
from wangdi.catalog.tables import RETIREMENT_TABLE, FormTable
from wangdi.core.problem import Refusal
from wangdi.store import schema
from wangdi.store.city import City
from wangdi.store.records import BatchRecord, Scalar, Withdrawal
from wangdi.store.verify import check_city

EVERY_VALUE: dict[str, Scalar] = {
    "sbp": 151, "weight": 60, "note": "“晨起”头晕", "refer": True, "next_date": date(2025, 2, 28)
}  # fmt: skip


def withdrawal(*facts: int, at: datetime = DAY) -> Withdrawal:
    return Withdrawal(form=FOLLOWUP.name, facts=facts, reason="录错人", actor="doctor", at=at)


def test_an_entry_is_a_fact_at_once(city: City) -> None:
    given = replace(entry("k1", EVERY_VALUE, registration=9), occurred_at=datetime(2025, 1, 1, 8, 5), recorder="李")
    with city.writer("doctor") as writer:
        assert writer.enter(given, FOLLOWUP) == 1
    with city.workspace() as workspace:
        (found,) = workspace.dicts(f"select * from ({city.facts_sql(workspace, FOLLOWUP, 1)})")
        assert city.find_fact(workspace, 1) == {"form": FOLLOWUP.name, **found}
    assert found == {
        "seq": 1, "registration_id": 9, "occurred_on": date(2025, 1, 1), "occurred_at": datetime(2025, 1, 1, 8, 5),
        "entered_at": DAY, "org": "org", "recorder": "李", "source_file": None, "source_line": None,
        "source_part": None, **EVERY_VALUE,
    }  # fmt: skip
    row = city.journal_row(1)
    assert row is not None
    assert row.rolled_into is None
    assert replace(row.entry, idempotency_key="k1") == given
    assert row.entry.values == EVERY_VALUE
    assert city.audit()[0].action == "enter_form"
    assert city.journal_row(2) is None


def test_the_same_form_sent_twice_is_entered_once(city: City) -> None:
    with city.writer("doctor") as writer:
        assert [writer.enter(entry("k"), FOLLOWUP) for _ in range(3)] == [1, 1, 1]
        assert writer.enter(entry("other"), FOLLOWUP) == 2
    assert current(city) == [1, 2]


def test_rolling_changes_where_facts_are_and_nothing_else(city: City) -> None:
    with city.writer("doctor") as writer:
        writer.enter(entry("a", EVERY_VALUE), FOLLOWUP)
        send(writer, [Row(2)])
        writer.enter(entry("b", registration=2, supersedes=2), FOLLOWUP)
        writer.enter(entry("c", registration=3), FOLLOWUP)
        writer.withdraw(withdrawal(4), FOLLOWUP)
    seen = [everything(city, known) for known in range(6)]
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, FOLLOWUP, 5)
        before = workspace.rows(f"select * from ({sql}) order by seq")
        assert city.waiting_entries() == {FOLLOWUP.name: 3, RETIREMENT_TABLE.name: 2}
        with city.writer("night") as writer:
            assert writer.roll_journal([FOLLOWUP, RESIDENT]) == {FOLLOWUP.name: 3, RETIREMENT_TABLE.name: 2}
            assert writer.roll_journal([FOLLOWUP]) == {}
        assert city.waiting_entries() == {}
        assert workspace.rows(f"select * from ({sql}) order by seq") == before, "SQL made earlier still reads the same"
        again = city.facts_sql(workspace, FOLLOWUP, 5)
        assert workspace.rows(f"select * from ({again}) order by seq") == before
    assert [everything(city, known) for known in range(6)] == seen
    assert current(city) == [1, 3]
    row = city.journal_row(3)
    assert row is not None
    assert row.rolled_into is not None
    assert row.entry.supersedes == 2
    with city.workspace() as workspace:
        found = city.find_fact(workspace, 3)
    assert found is not None
    assert (found["form"], found["source_file"], found["sbp"]) == (FOLLOWUP.name, None, 150)
    assert check_city(city) == []


def test_a_form_no_pack_at_hand_knows_stays_in_the_journal(city: City) -> None:
    with city.writer("doctor") as writer:
        writer.enter(entry("a"), FOLLOWUP)
        assert writer.roll_journal([RESIDENT]) == {}
    assert city.waiting_entries() == {FOLLOWUP.name: 1}


def test_a_correction_ends_the_fact_it_corrects(city: City) -> None:
    with city.writer("doctor") as writer:
        writer.enter(entry("a", registration=1), FOLLOWUP)
        writer.enter(entry("b", registration=1, supersedes=1), FOLLOWUP)
        writer.enter(entry("c", registration=1, supersedes=2), FOLLOWUP)
    assert [current(city, known) for known in range(4)] == [[], [1], [2], [3]]
    assert everything(city) == [(1, 2, "superseded"), (2, 3, "superseded"), (3, None, None)]


def test_a_correction_of_what_never_was_or_is_over_is_refused(city: City) -> None:
    with city.writer("doctor") as writer:
        send(writer, [Row(1), Row(2), Row(3)])
        writer.enter(entry("a", supersedes=1), FOLLOWUP)
        ends = stage_retirements(writer, [(0, 2, "withdrawn")])
        writer.accept(BatchRecord(org="org", received_at=DAY), [ends])
        for wrong, code in ((1, "STORE-021"), (2, "STORE-021"), (5, "STORE-020"), (6, "STORE-020"), (0, "STORE-020")):
            with pytest.raises(Refusal) as refused:
                writer.enter(entry(f"x{wrong}", supersedes=wrong), FOLLOWUP)
            assert refused.value.problem.code == code
        for number in (1, 2):
            with pytest.raises(Refusal) as refused:
                writer.withdraw(withdrawal(3, number), FOLLOWUP)
            assert refused.value.problem.code == "STORE-021"
        assert writer.next_seq == 6
        writer.enter(entry("x1"), FOLLOWUP)
    assert current(city) == [3, 4, 6]
    assert check_city(city) == []


def test_a_withdrawal_is_accepted_too(city: City) -> None:
    with city.writer("doctor") as writer:
        send(writer, [Row(1), Row(2), Row(3)])
        assert writer.withdraw(withdrawal(3, 1, at=day(1)), FOLLOWUP) == 4
    assert everything(city) == [(1, 5, "withdrawn"), (2, None, None), (3, 4, "withdrawn")]
    assert changed(city, 3, 4) == [3]
    assert changed(city, 3, 5) == [1, 3]
    assert city.seq_known("2025-01-01") == 3
    (log,) = city.acceptance(4)
    assert (log.kind, log.last_seq) == ("withdrawal", 5)


def test_a_second_end_of_a_fact_in_a_batch_changes_nothing(city: City) -> None:
    """Two institutions may withdraw the same record; the first end is the one that is told."""
    with city.writer("doctor") as writer:
        send(writer, [Row(1), Row(2)])
        for _ in range(2):
            ends = stage_retirements(writer, [(0, 1, "withdrawn")], [FOLLOWUP.name])
            writer.accept(BatchRecord(org="org", received_at=DAY), [ends])
    assert everything(city) == [(1, 3, "withdrawn"), (2, None, None)]
    assert current(city) == [2]


def test_ends_of_another_form_do_not_touch_this_one(city: City) -> None:
    with city.writer("doctor") as writer:
        send(writer, [Row(1), Row(2)])
        ends = stage_retirements(writer, [(0, 2, "withdrawn")], [RESIDENT.name])
        writer.accept(BatchRecord(org="org", received_at=DAY), [ends, stage_rows(writer, [Row(5)], first=1)])
    assert current(city) == [1, 2, 4]


def test_identifying_values_stand_apart(city: City) -> None:
    given = replace(entry("k", {"name": "测试人", "opened": datetime(2025, 1, 1, 9)}), form=RESIDENT.name)
    with city.writer("doctor") as writer:
        writer.enter(given, RESIDENT)
        with city.reading() as connection:
            assert connection.execute(select(schema.journal.c.entry)).scalar_one() is None
            assert connection.execute(select(func.count()).select_from(schema.journal_identity)).scalar_one() == 1
        with city.workspace() as workspace:
            sql = city.facts_sql(workspace, RESIDENT, 1)
            assert workspace.rows(f"select name, opened from ({sql})") == [("测试人", datetime(2025, 1, 1, 9))]
        writer.roll_journal([RESIDENT])
    (segment,) = city.segments()
    assert segment.identifying
    assert segment.path.startswith("identities/")
    row = city.journal_row(1)
    assert row is not None
    assert row.entry.values["name"] == "测试人"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pulse": 70}, "no field pulse"),
        ({"sbp": "150"}, "not str"),
        ({"sbp": True}, "not bool"),
        ({"sbp": 150.5}, "not float"),
        ({"next_date": datetime(2025, 1, 1)}, "not datetime"),
        ({"note": 3}, "not int"),
    ],
)
def test_values_the_form_does_not_have_never_get_in(city: City, values: dict[str, Scalar], said: str) -> None:
    with city.writer("doctor") as writer:
        with pytest.raises(ValueError, match=said):
            writer.enter(replace(entry("k"), values=values), FOLLOWUP)
        with pytest.raises(ValueError, match="given with the table"):
            writer.enter(entry("k"), FormTable("other.form", ()))
        assert writer.next_seq == 1
    assert city.audit() == []
