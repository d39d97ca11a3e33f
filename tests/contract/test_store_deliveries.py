"""Deliveries on either database: one number is one batch; what was kept is there whole, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City
from wangdi.store.database import open_engine, resolve_url
from wangdi.store.deliveries import (
    DELIVERIES,
    WaitingDelivery,
    describe_draft,
    forget_waiting,
    keep_draft,
    list_waiting,
    mark_failed,
    open_draft,
    read_waiting,
    remove_partial,
    waiting_files,
)
from wangdi.store.migrate import alembic_config, read_version
from wangdi.store.records import BatchRecord
from wangdi.store.schema import HEAD

AT = datetime(2025, 3, 5, 9)


def accept(city: City, delivery: str | None) -> int:
    with city.writer("test") as writer:
        return writer.accept(BatchRecord(org="A", received_at=AT, delivery=delivery), []).id


def test_a_delivery_is_one_batch(city: City) -> None:
    assert city.delivered("d1") is None
    number = accept(city, "d1")
    accept(city, None)
    accept(city, None)
    found = city.delivered("d1")
    assert found is not None
    assert (found.id, found.record.delivery) == (number, "d1")
    with pytest.raises(IntegrityError):
        accept(city, "d1")
    assert [batch.record.delivery for batch in city.batches()] == ["d1", None, None]
    assert accept(city, "d2") == 4


def test_batches_of_an_older_city_are_kept(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(resolve_url(database_url, tmp_path))
    counts = "received, accepted, refused, duplicates, superseded, withdrawn"
    row = "1, 1, 2, 'A', 'add', '2025-01-01', '2025-01-01', 3, 3, 0, 0, 0, 0, '{}', '[]', 0, 'x'"
    columns = f"id, first_seq, last_seq, org, mode, received_at, accepted_at, {counts}, forms, files, problems, actor"
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "v0001")
        connection.execute(text(f"insert into batch ({columns}) values ({row})"))
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "head")
    with engine.connect() as connection, connection.begin():
        assert read_version(connection) == HEAD
        assert connection.execute(text("select id, accepted, delivery from batch")).all() == [(1, 3, None)]
        command.downgrade(alembic_config(connection), "v0001")
    with engine.connect() as connection:
        assert "delivery" not in {column["name"] for column in inspect(connection).get_columns("batch")}
    engine.dispose()


def keep(city: Path, number: str, *names: str, at: datetime = AT) -> WaitingDelivery:
    draft = open_draft(city)
    for name in names:
        draft.new_file(name).write_bytes(name.encode())
    delivery = describe_draft(draft, WaitingDelivery(id=number, org="A", received_at=at, mapping="m"))
    assert keep_draft(draft, delivery)
    return delivery


def test_what_was_kept_is_there_in_order_until_it_is_a_batch(sqlite_city: City) -> None:
    folder = sqlite_city.folder
    assert list_waiting(folder) == []
    second = keep(folder, "b" * 24, "x.csv")
    first = keep(folder, "a" * 24, "y.csv", "../y.csv", "..", at=datetime(2025, 3, 4))
    assert list_waiting(folder) == [first, second]
    assert [path.name for path in waiting_files(folder, first)] == ["y.csv", "y (2).csv", "delivery"]
    assert all(path.is_file() for path in waiting_files(folder, first))
    forget_waiting(folder, first.id)
    mark_failed(folder, second, Problem(code="FILE-005", file="x.csv"))
    assert list_waiting(folder) == []
    failed = read_waiting(folder, second.id)
    assert failed is not None
    assert failed.failed == Problem(code="FILE-005", file="x.csv")
    assert read_waiting(folder, first.id) is None
    assert waiting_files(folder, failed)[0].exists() is False


def test_the_same_number_is_kept_once(sqlite_city: City) -> None:
    keep(sqlite_city.folder, "a" * 24, "x.csv")
    draft = open_draft(sqlite_city.folder)
    draft.new_file("other.csv").write_bytes(b"other")
    other = describe_draft(draft, WaitingDelivery(id="a" * 24, org="A", received_at=AT))
    assert keep_draft(draft, other) is False
    draft.discard()
    found = read_waiting(sqlite_city.folder, "a" * 24)
    assert found is not None
    assert found.content() != other.content()
    assert [file.name for file in found.files] == ["x.csv"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\用户\\随访.csv", "随访.csv"),
        ("../../etc/passwd", "passwd"),
        (".hidden.csv", "hidden.csv"),
        ("~$lock.xlsx", "lock.xlsx"),
        ("a\nb\x00.csv", "ab.csv"),
        ("", "delivery"),
        ("...", "delivery"),
        ("字" * 300 + ".csv", "字" * 65 + ".csv"),
    ],
)
def test_a_name_becomes_one_plain_entry(sqlite_city: City, given: str, kept: str) -> None:
    draft = open_draft(sqlite_city.folder)
    path = draft.new_file(given)
    path.write_bytes(b"")
    draft.discard()
    assert path.name == kept


def test_what_a_dead_process_had_begun_is_removed(sqlite_city: City) -> None:
    child = "import sys; from pathlib import Path; from wangdi.store.deliveries import open_draft; open_draft(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", child, str(sqlite_city.folder)], check=True, env=dict(os.environ))
    mine = open_draft(sqlite_city.folder)
    assert remove_partial(sqlite_city.folder) == 1
    assert [entry.name for entry in (sqlite_city.folder / DELIVERIES).iterdir()] == [mine.folder.name]
    assert list_waiting(sqlite_city.folder) == []


def test_a_disk_that_does_not_take_it(sqlite_city: City) -> None:
    (sqlite_city.folder / DELIVERIES).write_text("no folder")
    with pytest.raises(Refusal) as refused:
        open_draft(sqlite_city.folder)
    assert refused.value.problem.code == "STORE-005"
