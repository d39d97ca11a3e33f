"""A batch is accepted whole or not at all, and stays what it was."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.contract.store_cases import (
    DAY,
    FOLLOWUP,
    RESIDENT,
    Row,
    changed,
    current,
    day,
    everything,
    files,
    send,
    stage,
    stage_retirements,
    stage_rows,
)
from wangdi.catalog.tables import FormTable
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.store.city import City
from wangdi.store.problems import write_problems
from wangdi.store.records import BatchFile, BatchRecord
from wangdi.store.verify import check_city
from wangdi.store.writer import Writer

RECORD = BatchRecord(org="org", received_at=DAY)


def test_numbers_are_one_sequence_for_everything(city: City) -> None:
    with city.writer("test") as writer:
        assert writer.next_seq == 1
        first = send(writer, [Row(1), Row(2)])
        second = send(writer, [Row(3)])
    assert (first.first_seq, first.last_seq, second.first_seq, second.last_seq) == (1, 2, 3, 3)
    assert city.latest_seq() == 3
    assert current(city) == [1, 2, 3]
    assert current(city, 1) == [1]
    assert current(city, 2) == [1, 2]
    assert current(city, 0) == []


def test_facts_come_back_as_they_were_sent(city: City) -> None:
    sent = Row(7, 141, date(2024, 2, 29), "头晕、“心悸”; it's")
    with city.writer("test") as writer:
        send(writer, [sent])
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, FOLLOWUP, 1)
        (found,) = workspace.dicts(f"select * from ({sql})")
        types = dict(workspace.columns(sql))
    assert found == {
        "seq": 1, "registration_id": 7, "occurred_on": date(2024, 2, 29), "occurred_at": None, "entered_at": None,
        "org": "org", "recorder": "doctor", "source_file": 1, "source_line": 2, "source_part": None, "sbp": 141, "weight": 60.5,
        "note": sent.note, "refer": None, "next_date": date(2025, 4, 1),
    }  # fmt: skip
    assert types == {"seq": "BIGINT", **dict(FOLLOWUP.all_columns()[1:])}


def test_a_form_without_facts_is_an_empty_relation_with_its_types(city: City) -> None:
    with city.workspace() as workspace:
        for sql in (city.facts_sql(workspace, FOLLOWUP, 0), city.all_facts_sql(workspace, FOLLOWUP, 0)):
            assert workspace.rows(sql) == []
        assert dict(workspace.columns(city.facts_sql(workspace, FOLLOWUP, 0)))["sbp"] == "BIGINT"
        assert workspace.rows(city.changed_since(workspace, FOLLOWUP, 0, 0)) == []


def test_known_is_a_day_a_moment_or_a_number(city: City) -> None:
    with city.writer("test") as writer:
        send(writer, [Row(1)], day(0))
        send(writer, [Row(2)], day(1))
    asked: list[str | int | date | None] = [
        "2024-12-31",
        "2025-01-01",
        date(2025, 1, 1),
        "2025-01-02T07:59:59",
        "2025-01-02T08:00",
        "1",
        1,
        99,
        None,
    ]
    assert [city.seq_known(known) for known in asked] == [0, 1, 1, 1, 2, 1, 1, 2, 2]
    for wrong in ("yesterday", "2025-13-01", "2025-01-02T08:00+08:00"):
        with pytest.raises(Refusal) as refused:
            city.seq_known(wrong)
        assert refused.value.problem.code == "STORE-022"


def test_the_log_never_runs_backwards(city: City) -> None:
    with city.writer("实习生") as writer:
        send(writer, [Row(1)], day(5))
        late = send(writer, [Row(2)], day(3))
    assert late.accepted_at == day(5)
    assert late.record.received_at == day(3)
    (log,) = city.acceptance(2)
    assert (log.accepted_at, log.given_at, log.actor, log.kind, log.ref) == (day(5), day(3), "实习生", "batch", "2")
    assert city.seq_known("2025-01-04") == 0
    assert city.seq_known("2025-01-06") == 2


def test_every_batch_has_its_audit_record(city: City) -> None:
    with city.writer("钱会计") as writer:
        send(writer, [Row(1)])
        writer.record_audit("export", "all", {"rows": 1}, day(1))
    export, accepted = city.audit()
    assert (accepted.actor, accepted.action, accepted.ref) == ("钱会计", "accept_batch", "1")
    assert (export.action, export.at, export.detail) == ("export", day(1), {"rows": 1})
    assert city.audit(limit=1, before=export.id) == [accepted]
    assert city.latest_seq() == 1


def test_an_empty_batch_has_its_place(city: City) -> None:
    with city.writer("test") as writer:
        batch = writer.accept(BatchRecord(org="org", received_at=DAY, received=3, duplicates=3), [])
    assert (batch.first_seq, batch.last_seq) == (1, 1)
    assert city.batches() == [batch]
    assert city.batches(0) == []


def test_forms_of_one_batch_share_its_numbers(city: City) -> None:
    resident = (2, 9, date(2025, 1, 1), None, None, "org", None, 1, 4, None, "测试人", datetime(2025, 1, 1, 9, 30))
    with city.writer("test") as writer:
        staged = [stage_rows(writer, [Row(1), Row(2)]), stage(writer, RESIDENT, [resident])]
        batch = writer.accept(RECORD, staged)
        assert writer.next_seq == 4
    assert (batch.first_seq, batch.last_seq) == (1, 3)
    assert current(city, None, RESIDENT) == [3]
    assert {path.split("/")[0] for path in files(city)} == {"facts", "identities"}
    with city.workspace() as workspace:
        found = city.find_fact(workspace, 3)
        assert city.find_fact(workspace, 4) is None
    assert found is not None
    assert (found["form"], found["name"], found["opened"]) == (RESIDENT.name, "测试人", datetime(2025, 1, 1, 9, 30))


def test_a_batch_supersedes_and_withdraws(city: City) -> None:
    with city.writer("test") as writer:
        send(writer, [Row(1), Row(2), Row(3)])
        staged = stage_rows(writer, [Row(2, 150)])
        ends = stage_retirements(writer, [(0, 2, "superseded"), (1, 3, "withdrawn")], [FOLLOWUP.name])
        writer.accept(BatchRecord(org="org", received_at=DAY, superseded=1, withdrawn=1), [staged, ends])
    assert current(city) == [1, 4]
    assert current(city, 3) == [1, 2, 3]
    assert current(city, 4) == [1, 3, 4]
    assert everything(city) == [(1, None, None), (2, 4, "superseded"), (3, 5, "withdrawn"), (4, None, None)]
    assert everything(city, 3) == [(1, None, None), (2, None, None), (3, None, None)]
    assert changed(city, 0, 3) == [1, 2, 3]
    assert changed(city, 3, 5) == [2, 3]
    assert changed(city, 4, 5) == [3]
    assert changed(city, 5, 5) == []


def test_a_column_an_older_edition_lacked_is_null(city: City) -> None:
    older = FormTable(FOLLOWUP.name, (("sbp", "BIGINT"), ("weight", "BIGINT"), ("gone", "VARCHAR")))
    with city.writer("test") as writer:
        standard = (0, 1, date(2025, 1, 1), None, None, "org", None, 1, 2, None)
        writer.accept(RECORD, [stage(writer, older, [(*standard, 120, 61, "x")])])
        send(writer, [Row(2)])
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, FOLLOWUP, 2)
        assert workspace.rows(f"select seq, sbp, weight, note from ({sql}) order by seq") == [
            (1, 120, 61.0, None),
            (2, 130, 60.5, "随访"),
        ]


def test_originals_are_kept_byte_for_byte_and_once(city: City, tmp_path: Path) -> None:
    content = "姓名,收缩压\r\n".encode("gb18030") + bytes(range(256))
    sent = tmp_path / "随访.csv"
    sent.write_bytes(content)
    with city.writer("test") as writer:
        first = writer.add_original(sent, "随访.csv", "a", DAY, "gb18030")
        again = writer.add_original(sent, "again.csv", "a", DAY)
        other = writer.add_original(sent, "forwarded.csv", "b", DAY)
        assert writer.original_path(first).read_bytes() == content
        mapping = writer.add_mapping("township-a", "form: hypertension.followup\n")
        file = BatchFile(original=first.id, name="随访.csv", rows=3, mapping="township-a", mapping_sha256=mapping)
        writer.accept(BatchRecord(org="a", received_at=DAY, files=(file,)), [])
    assert (first.already, again.already, other.already) == (False, True, False)
    assert (again.id, other.id) == (first.id, first.id + 1)
    assert len(files(city)) == 1
    kept = city.original(first.id)
    assert kept is not None
    assert (kept.name, kept.size, kept.encoding, kept.org) == ("随访.csv", len(content), "gb18030", "a")
    assert city.original_path(kept).read_bytes() == content
    assert city.batches()[0].record.files == (file,)
    assert city.mapping_text(mapping) == ("township-a", "form: hypertension.followup\n")
    with city.writer("test") as writer:
        assert writer.add_original(sent, "later.csv", "b", day(3)).already
        writer.add_mapping("township-a", "form: hypertension.followup\n")
        writer.accept(RECORD, [])
    assert city.original(99) is None
    assert city.mapping_text("0" * 64) is None


def test_originals_that_no_batch_took_are_gone(city: City, tmp_path: Path) -> None:
    sent = tmp_path / "a.csv"
    sent.write_bytes(b"a")
    with city.writer("test") as writer:
        writer.add_original(sent, "a.csv", "a", DAY)
    assert files(city) == set()
    assert list((city.folder / "staging").iterdir()) == []
    assert city.original(1) is None


def test_problems_are_read_a_page_at_a_time(city: City) -> None:
    def at(line: int) -> Problem:
        return Problem(code="STORE-020", severity=Severity.warning, file="a.csv", line=line, args={"seq": str(line)})

    with city.writer("test") as writer:
        writer.accept(RECORD, [], [at(1)])
        path = writer.staging / "many.parquet"
        write_problems(writer.workspace, (at(line) for line in range(120_000)), path)
        writer.accept(RECORD, [], path)
        writer.accept(RECORD, [])
    assert city.problems(1) == [at(1)]
    assert city.problems(2, limit=2, offset=70_000) == [at(70_000), at(70_001)]
    assert city.problems(None, limit=2) == [at(1), at(0)]
    assert city.problems(3) == []
    assert city.problem_counts() == [("warning", "STORE-020", 120_001)]
    assert city.problem_counts(3) == []


def test_a_segment_with_absolute_numbers(city: City) -> None:
    with city.writer("test") as writer:
        send(writer, [Row(1)])
        staged = stage_rows(writer, [Row(2)], first=writer.next_seq)
        writer.accept(RECORD, [replace(staged, absolute=True)])
        old = replace(stage_rows(writer, [Row(3)], first=1), absolute=True)
        with pytest.raises(ValueError, match="given out before"):
            writer.accept(RECORD, [old])
    assert current(city) == [1, 2]
    assert any("/base=0/" in path for path in files(city))
    assert check_city(city) == []


def test_numbers_may_be_left_out(city: City) -> None:
    """A sender's duplicates are taken out after numbering: the stretch stays, the numbers are nobody's."""
    with city.writer("test") as writer:
        staged = stage_rows(writer, [Row(1), Row(2)], first=3)
        writer.accept(RECORD, [replace(staged, first_offset=0, last_offset=9)])
        send(writer, [Row(3)])
    assert current(city) == [4, 5, 11]
    assert current(city, 4) == [4]
    assert current(city, 3) == []
    assert check_city(city) == []


def test_a_moment_has_no_time_zone(city: City) -> None:
    with city.writer("test") as writer, pytest.raises(ValueError, match="time zone"):
        send(writer, [Row(1)], datetime.fromisoformat("2025-01-01T00:00+08:00"))


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere")


def after(calls: int, real: Callable[..., object]) -> Callable[..., object]:
    """The real thing so many times, then a full disk."""
    left = iter(range(calls))

    def call(*args: object) -> object:
        if next(left, None) is None:
            full_disk()
        return real(*args)

    return call


@pytest.mark.parametrize("calls", range(12))
def test_a_full_disk_at_any_sync_leaves_nothing(sqlite_city: City, tmp_path: Path, calls: int) -> None:
    with sqlite_city.writer("test") as writer:
        send(writer, [Row(1)])
    before = files(sqlite_city)
    refused = _accept_on_full_disk(sqlite_city, tmp_path, "os.fsync", after(calls, os.fsync))
    if refused:
        assert files(sqlite_city) == before
        assert current(sqlite_city) == [1]
        assert sqlite_city.original(1) is None
    _still_works(sqlite_city, refused)


@pytest.mark.parametrize("calls", range(5))
def test_a_full_disk_at_any_rename_leaves_nothing(sqlite_city: City, tmp_path: Path, calls: int) -> None:
    with sqlite_city.writer("test") as writer:
        send(writer, [Row(1)])
    before = files(sqlite_city)
    refused = _accept_on_full_disk(sqlite_city, tmp_path, "pathlib.Path.rename", after(calls, Path.rename))
    if refused:
        assert files(sqlite_city) == before
        assert current(sqlite_city) == [1]
    _still_works(sqlite_city, refused)


def _accept_on_full_disk(city: City, tmp_path: Path, what: str, full: Callable[..., object]) -> bool:
    sent = tmp_path / "b.csv"
    sent.write_bytes(b"bytes")
    refused = None
    with city.writer("test") as writer, pytest.MonkeyPatch.context() as patch:
        staged = stage_rows(writer, [Row(2), Row(3)])
        patch.setattr(what, full)
        try:
            writer.add_original(sent, "b.csv", "b", DAY)
            writer.accept(RECORD, [staged], [Problem(code="STORE-006")])
        except Refusal as error:
            refused = error.problem.code
    assert refused in (None, "STORE-005")
    return refused is not None


def _still_works(city: City, refused: bool) -> None:
    assert check_city(city) == []
    with city.writer("test") as writer:
        send(writer, [Row(4)])
    assert current(city) == ([1, 2] if refused else [1, 2, 3, 4])
    assert check_city(city) == []
    assert not (city.folder / "intent.json").exists()


def test_a_database_that_fails_to_commit_leaves_nothing(city: City) -> None:
    with city.writer("test") as writer:
        send(writer, [Row(1)])
    before = files(city)

    def fail(_connection: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with city.writer("test") as writer:
        event.listen(city.engine, "commit", fail)
        try:
            with pytest.raises(Refusal):
                _send_only(writer)
        finally:
            event.remove(city.engine, "commit", fail)
        assert files(city) == before
        send(writer, [Row(4)])
    assert current(city) == [1, 2]
    assert check_city(city) == []


def test_a_full_disk_under_sqlite_leaves_nothing(sqlite_city: City) -> None:
    with sqlite_city.writer("test") as writer:
        send(writer, [Row(1)])
    before = files(sqlite_city)
    with sqlite_city.writer("test") as writer:
        pages = writer._connection.exec_driver_sql("pragma page_count").scalar_one()
        writer._connection.exec_driver_sql(f"pragma max_page_count = {pages}")
        writer._connection.rollback()
        with pytest.raises(Refusal) as refused:
            writer.record_audit("note", "1", {"text": "x" * 100_000}, DAY)
        assert refused.value.problem.code == "STORE-004"
        with pytest.raises(Refusal):
            writer.accept(replace(RECORD, forms={"f" * 100_000: 1}), [stage_rows(writer, [Row(2)])])
        assert files(sqlite_city) == before
        writer._connection.exec_driver_sql("pragma max_page_count = 1000000")
        writer._connection.rollback()
        send(writer, [Row(4)])
    assert current(sqlite_city) == [1, 2]
    assert check_city(sqlite_city) == []


def _send_only(writer: Writer) -> None:
    staged = stage_rows(writer, [Row(2)])
    writer.accept(RECORD, [staged])
