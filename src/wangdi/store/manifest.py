"""The manifest: which Parquet files are a form's facts, and how a staged file gets its place in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from wangdi.catalog.tables import FormTable
from wangdi.store import schema
from wangdi.store.disk import Move, hash_file
from wangdi.store.records import Segment, StagedSegment
from wangdi.store.schema import segment
from wangdi.store.workspace import Workspace, sql_text

PARQUET = "format parquet, parquet_version v2, compression lz4_raw"
"""Of version 2 because its pages of numbers are smaller and twice as quick to read one person's rows from."""
WIDE = 100
"""Columns of a form above which its row groups stay large: planning counts each column of each of them."""
ROW_GROUP, WIDE_ROW_GROUP = 40_960, 122_880
"""Fifty people's rows are read from small row groups in two thirds of the time."""


def stage_segment(workspace: Workspace, table: FormTable, query: str, path: Path) -> StagedSegment:
    """Write a query's rows (the columns of ``table.all_columns()``, by name) as a segment waiting to be accepted."""
    columns = table.all_columns()
    listed = ", ".join(f'"{name}"::{kind} as "{name}"' for name, kind in columns)
    size = WIDE_ROW_GROUP if len(columns) > WIDE else ROW_GROUP
    rows = workspace.copy(f"select {listed} from ({query})", path, f"{PARQUET}, row_group_size {size}")
    found = workspace.one(f"select min(seq_offset), max(seq_offset) from read_parquet({sql_text(path)})")
    first, last = found if found and found[0] is not None else (0, -1)
    return StagedSegment(
        table=table.name,
        path=path,
        rows=rows,
        first_offset=first,
        last_offset=last,
        identifying=table.identifying,
        columns=columns,
    )


def place_segment(staged: StagedSegment, number: int, base: int) -> tuple[Segment, Move]:
    """The manifest row of a staged file, and the rename that makes it real."""
    added = 0 if staged.absolute else base
    top = "identities" if staged.identifying else "facts"
    target = f"{top}/{staged.table}/base={added}/{number}.parquet"
    row = Segment(
        id=number,
        table=staged.table,
        path=target,
        base=added,
        first_seq=added + staged.first_offset,
        last_seq=added + staged.last_offset,
        rows=staged.rows,
        size=staged.path.stat().st_size,
        sha256=hash_file(staged.path),
        columns=staged.columns,
        identifying=staged.identifying,
        retires=tuple(sorted(staged.retires)),
    )
    return row, Move(staged.path, target)


def describe_segment(workspace: Workspace, staged: StagedSegment) -> StagedSegment:
    """Fill in a staged segment's columns from its file, where the caller gave none."""
    if staged.columns:
        return staged
    return replace(staged, columns=workspace.columns(f"select * from read_parquet({sql_text(staged.path)})"))


def retired_range(workspace: Workspace, path: Path) -> tuple[int | None, int | None]:
    """The smallest and the largest fact number a retirement segment names."""
    found = workspace.one(f"select min(fact_seq), max(fact_seq) from read_parquet({sql_text(path)})")
    return (found[0], found[1]) if found else (None, None)


def insert_segment(connection: Connection, row: Segment, batch: int | None = None) -> None:
    """Write one manifest row."""
    values = {
        "id": row.id,
        "table_name": row.table,
        "columns": json.dumps(row.columns),
        "retires": json.dumps(row.retires),
        "batch": batch,
        **{name: getattr(row, name) for name in _PLAIN},
    }
    connection.execute(insert(segment).values(**values))


_PLAIN = (
    "path", "base", "first_seq", "last_seq", "rows", "size", "sha256", "identifying", "first_retired", "last_retired",
)  # fmt: skip


def read_segments(connection: Connection, table: str | None = None, known: int | None = None) -> list[Segment]:
    """The segments a reader sees, oldest first: of one form or of all, begun by ``known`` or all."""
    query = select(segment).where(segment.c.replaced_by.is_(None)).order_by(segment.c.first_seq, segment.c.id)
    if table is not None:
        query = query.where(segment.c.table_name == table)
    if known is not None:
        query = query.where(segment.c.first_seq <= known)
    return [_segment(row) for row in connection.execute(query).mappings()]


def read_replaced(connection: Connection, table: str | None = None) -> list[Segment]:
    """Segments that were merged into others and may still lie on the disk for readers that began earlier."""
    query = select(segment).where(segment.c.replaced_by.is_not(None)).order_by(segment.c.id)
    if table is not None:
        query = query.where(segment.c.table_name == table)
    return [_segment(row) for row in connection.execute(query).mappings()]


def replace_segments(connection: Connection, numbers: Iterable[int], by: int) -> None:
    """Point readers to the merged segment instead of these."""
    connection.execute(update(segment).where(segment.c.id.in_(list(numbers))).values(replaced_by=by))


def forget_segments(connection: Connection, numbers: Iterable[int]) -> None:
    """Take replaced segments off the manifest, after their files are gone."""
    connection.execute(delete(segment).where(segment.c.id.in_(list(numbers)), segment.c.replaced_by.is_not(None)))


def manifest_paths(connection: Connection, paths: Iterable[str]) -> set[str]:
    """Which of these files the database knows."""
    wanted = list(paths)
    found: set[str] = set()
    for table in (schema.segment, schema.problem_file):
        found |= set(connection.execute(select(table.c.path).where(table.c.path.in_(wanted))).scalars())
    hashes = {path.rsplit("/", 1)[-1]: path for path in wanted if path.startswith("originals/")}
    kept = select(schema.original.c.sha256).where(schema.original.c.sha256.in_(list(hashes)))
    return found | {hashes[sha256] for sha256 in connection.execute(kept).scalars()}


def _segment(row: RowMapping) -> Segment:
    return Segment(
        id=row["id"],
        table=row["table_name"],
        columns=tuple((name, kind) for name, kind in json.loads(row["columns"])),
        retires=tuple(json.loads(row["retires"])),
        **{name: row[name] for name in _PLAIN},
    )
