"""Merging segments changes how quick a city is, and no answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.contract.store_cases import (
    DAY,
    FOLLOWUP,
    Row,
    current,
    current_in,
    everything,
    files,
    send,
    stage,
    stage_retirements,
)
from wangdi.catalog.tables import RETIREMENT_TABLE, FormTable
from wangdi.core.problem import Refusal
from wangdi.store.city import City
from wangdi.store.disk import INTENT
from wangdi.store.records import BatchRecord
from wangdi.store.upkeep import CompactPolicy
from wangdi.store.verify import check_city
from wangdi.store.writer import Writer

RECORD = BatchRecord(org="org", received_at=DAY)


def fill(writer: Writer, batches: int) -> None:
    for number in range(batches):
        send(writer, [Row(5 - number), Row(50)])


def test_merging_keeps_every_answer(city: City) -> None:
    with city.writer("night") as writer:
        fill(writer, 3)
        for offset, fact in ((0, 2), (0, 5)):
            ends = stage_retirements(writer, [(offset, fact, "withdrawn")], [FOLLOWUP.name])
            writer.accept(RECORD, [ends])
        seen = [everything(city, known) for known in range(9)]
        assert writer.compact(FOLLOWUP.name) == 3
        assert writer.compact(RETIREMENT_TABLE.name) == 2
        assert writer.compact(FOLLOWUP.name) == 0
        assert writer.compact("no.such_form") == 0
    assert [everything(city, known) for known in range(9)] == seen
    assert current(city) == [1, 3, 4, 6]
    (merged,) = city.segments(FOLLOWUP.name)
    assert (merged.rows, merged.base, merged.first_seq, merged.last_seq) == (6, 0, 1, 6)
    (ends_now,) = city.segments(RETIREMENT_TABLE.name)
    assert (ends_now.retires, ends_now.first_retired, ends_now.last_retired) == ((FOLLOWUP.name,), 2, 5)
    with city.workspace() as workspace:
        rows = workspace.rows(f"select registration_id from read_parquet('{city.folder / merged.path}')")
    assert [registration for (registration,) in rows] == [3, 4, 5, 50, 50, 50]
    assert check_city(city) == []


def test_readers_that_began_before_a_merge_end_in_peace(city: City) -> None:
    with city.workspace() as workspace, city.writer("night") as writer:
        fill(writer, 3)
        sql = city.facts_sql(workspace, FOLLOWUP, 6)
        writer.compact(FOLLOWUP.name)
        assert len(workspace.rows(sql)) == 6
        assert len(files(city)) == 4
        fill(writer, 2)
        writer.compact(FOLLOWUP.name)
        assert len(files(city)) == 1 + 3, "the first merge's sources are gone, the second's are not yet"
        assert current_in(workspace, city) == list(range(1, 11))
        assert writer.remove_replaced() == 3
        assert len(files(city)) == 1
        assert current_in(workspace, city) == list(range(1, 11))
        assert writer.remove_replaced() == 0
    assert check_city(city) == []


def test_segments_are_merged_by_size(city: City) -> None:
    policy = CompactPolicy(many=3, tier_rows=5, growth=2)
    with city.writer("night") as writer:
        for _ in range(3):
            send(writer, [Row(1)] * 2)
            assert writer.maybe_compact(policy) == {}
        send(writer, [Row(1)] * 2)
        assert writer.maybe_compact(policy) == {FOLLOWUP.name: 4}
        for _ in range(3):
            for _ in range(4):
                send(writer, [Row(1)] * 2)
            assert writer.maybe_compact(policy) == {FOLLOWUP.name: 4}
        assert [segment.rows for segment in city.segments()] == [8, 8, 8, 8]
        assert writer.maybe_compact(policy) == {FOLLOWUP.name: 4}
        assert [segment.rows for segment in city.segments()] == [32]
        assert writer.maybe_compact() == {}
    assert len(current(city)) == 32


def test_columns_of_other_editions_are_kept(city: City) -> None:
    standard = (0, 1, date(2025, 1, 1), None, None, "org", None, 1, 2, None)
    older = FormTable(FOLLOWUP.name, (("sbp", "BIGINT"), ("gone", "VARCHAR")))
    other = FormTable(FOLLOWUP.name, (("sbp", "VARCHAR"),))
    with city.writer("night") as writer:
        writer.accept(RECORD, [stage(writer, older, [(*standard, 120, "x")])])
        writer.accept(RECORD, [stage(writer, other, [(*standard, "121")])])
        send(writer, [Row(2)])
        assert writer.compact(FOLLOWUP.name) == 2, "a column whose type changed stays in its own segment"
    assert {segment.rows for segment in city.segments()} == {1, 2}
    (table,) = city.form_tables()
    assert set(table.columns) == {*FOLLOWUP.columns, ("gone", "VARCHAR")}
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, table, 3)
        assert workspace.rows(f"select seq, sbp, gone from ({sql}) order by 1") == [
            (1, 120, "x"),
            (2, 121, None),
            (3, 130, None),
        ]


def test_a_merge_that_fails_changes_nothing(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with city.writer("night") as writer:
        fill(writer, 3)
        before = files(city)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", full)
            with pytest.raises(Refusal):
                writer.compact(FOLLOWUP.name)
        assert files(city) == before
        assert not (city.folder / INTENT).exists()
        assert writer.compact(FOLLOWUP.name) == 3
    assert current(city) == list(range(1, 7))


def test_tiers() -> None:
    policy = CompactPolicy(many=2, tier_rows=10, growth=10)
    assert [policy.tier(rows) for rows in (0, 10, 11, 100, 101)] == [0, 0, 1, 1, 2]
