"""Accepting a batch: staged files become real in the transaction that writes their manifest rows and the batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, RowMapping, insert, select

from wangdi.catalog.tables import RETIREMENT_TABLE
from wangdi.store import schema
from wangdi.store.commit import Commit, next_id
from wangdi.store.disk import Move, hash_file, run_moves
from wangdi.store.manifest import describe_segment, insert_segment, place_segment, retired_range
from wangdi.store.originals import PendingOriginals
from wangdi.store.records import Batch, BatchFile, BatchRecord, StagedSegment
from wangdi.store.workspace import Workspace

_COUNTS = ("received", "accepted", "refused", "duplicates", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class Sending:
    """All that one accept makes real together."""

    record: BatchRecord
    segments: Sequence[StagedSegment]
    problems: tuple[Path, int] | None
    """The staged file of problems and how many it holds."""
    originals: PendingOriginals
    mappings: Mapping[str, tuple[str, str]]
    """Mapping files read, by hash: name and text."""


def accept_sending(commit: Commit, city: Path, workspace: Workspace, sending: Sending) -> Batch:
    """Give the batch its numbers, make its files real and write its rows. The caller's transaction commits it.

    Grain: one batch. It takes at least one number, so that an empty one has its place in the order too.
    Errors: a full disk or a refused rename raises OSError and the transaction is rolled back.
    """
    connection = commit.connection
    staged = [describe_segment(workspace, segment) for segment in sending.segments if segment.rows]
    number = next_id(connection, schema.batch.c.id)
    base = commit.next_seq
    last = max([base, *(_last_seq(segment, base) for segment in staged)])
    commit.take(last - base + 1, "batch", str(number))
    record = sending.record
    batch = Batch(
        id=number, record=record, accepted_at=commit.accepted_at, first_seq=base, last_seq=last, actor=commit.actor
    )
    moves = sending.originals.moves()
    sending.originals.insert(connection)
    _insert_mappings(connection, sending.mappings)
    connection.execute(insert(schema.batch).values(**_batch_row(batch, sending.problems[1] if sending.problems else 0)))
    moves += _insert_segments(connection, workspace, staged, batch)
    if sending.problems is not None:
        moves.append(_insert_problems(connection, number, *sending.problems))
    commit.record("accept_batch", str(number), {"org": record.org, "first_seq": base, "last_seq": last})
    run_moves(city, moves)
    return batch


def _last_seq(segment: StagedSegment, base: int) -> int:
    first, last = segment.first_offset, segment.last_offset
    if segment.absolute:
        first, last = first - base, last - base
    if first < 0:
        raise ValueError(f"a segment of {segment.table} takes numbers that were given out before")
    return base + last


def _insert_segments(
    connection: Connection, workspace: Workspace, staged: Sequence[StagedSegment], batch: Batch
) -> list[Move]:
    moves = []
    first = next_id(connection, schema.segment.c.id)
    for place, segment in enumerate(staged):
        row, move = place_segment(segment, first + place, batch.first_seq)
        if segment.table == RETIREMENT_TABLE.name:
            smallest, largest = retired_range(workspace, segment.path)
            row = replace(row, first_retired=smallest, last_retired=largest)
        insert_segment(connection, row, batch.id)
        moves.append(move)
    return moves


def _insert_problems(connection: Connection, batch: int, path: Path, rows: int) -> Move:
    target = f"problems/{batch}.parquet"
    values = {"batch": batch, "path": target, "rows": rows, "size": path.stat().st_size, "sha256": hash_file(path)}
    connection.execute(insert(schema.problem_file).values(**values))
    return Move(path, target)


def _insert_mappings(connection: Connection, mappings: Mapping[str, tuple[str, str]]) -> None:
    table = schema.mapping_file
    known = set(connection.execute(select(table.c.sha256).where(table.c.sha256.in_(list(mappings)))).scalars())
    rows = [
        {"sha256": sha256, "name": name, "body": body}
        for sha256, (name, body) in mappings.items()
        if sha256 not in known
    ]
    if rows:
        connection.execute(insert(table), rows)


def _batch_row(batch: Batch, problems: int) -> dict[str, object]:
    record = batch.record
    return {
        "id": batch.id,
        "first_seq": batch.first_seq,
        "last_seq": batch.last_seq,
        "org": record.org,
        "mode": record.mode,
        "received_at": record.received_at,
        "accepted_at": batch.accepted_at,
        **{name: getattr(record, name) for name in _COUNTS},
        "forms": json.dumps(dict(record.forms), ensure_ascii=False),
        "files": json.dumps([asdict(file) for file in record.files], ensure_ascii=False),
        "problems": problems,
        "actor": batch.actor,
        "delivery": record.delivery,
    }


def read_batches(connection: Connection, known: int) -> list[Batch]:
    """The batches accepted by ``known``, oldest first."""
    query = select(schema.batch).where(schema.batch.c.first_seq <= known).order_by(schema.batch.c.id)
    return [_batch(row) for row in connection.execute(query).mappings()]


def find_delivery(connection: Connection, delivery: str) -> Batch | None:
    """The batch a delivery became; nothing where it was not taken in yet."""
    row = connection.execute(select(schema.batch).where(schema.batch.c.delivery == delivery)).mappings().first()
    return None if row is None else _batch(row)


def _batch(row: RowMapping) -> Batch:
    record = BatchRecord(
        org=row["org"],
        received_at=row["received_at"],
        mode=row["mode"],
        files=tuple(BatchFile(**file) for file in json.loads(row["files"])),
        forms=json.loads(row["forms"]),
        delivery=row["delivery"],
        **{name: row[name] for name in _COUNTS},
    )
    return Batch(
        id=row["id"],
        record=record,
        accepted_at=row["accepted_at"],
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        actor=row["actor"],
    )
