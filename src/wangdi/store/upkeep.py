"""Keeping a city quick: rolling journal entries into segments, merging small segments. It changes nothing accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection

from wangdi.catalog.tables import RETIREMENT_TABLE, FormTable
from wangdi.store.commit import Commit, next_id
from wangdi.store.disk import STAGING, Move, remove_file, run_moves
from wangdi.store.facts import FactSources, all_sql, stored_tables
from wangdi.store.journal import load_entries, mark_rolled, waiting_entries
from wangdi.store.manifest import (
    forget_segments,
    insert_segment,
    place_segment,
    read_replaced,
    replace_segments,
    retired_range,
    stage_segment,
)
from wangdi.store.records import Segment, StagedSegment
from wangdi.store.schema import segment
from wangdi.store.workspace import Workspace, sql_name

SORTED = "order by registration_id, occurred_on, seq_offset"


@dataclass(frozen=True, slots=True)
class CompactPolicy:
    """When small segments are merged. Segments of about one size are a tier; ``many`` of a tier become one.

    So a fact is rewritten about once per tier: a city of 40 million facts a year rewrites each perhaps three times.
    """

    many: int = 12
    tier_rows: int = 50_000
    """Rows up to which a segment is of the lowest tier."""
    growth: int = 8
    """How many times larger the next tier is."""

    def tier(self, rows: int) -> int:
        """The tier of a segment with so many rows."""
        found, limit = 0, self.tier_rows
        while rows > limit:
            found, limit = found + 1, limit * self.growth
        return found

    def plan(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments to merge now: the first tier that is too full, with the smaller ones beside it; or none."""
        tiers = sorted(segments, key=lambda s: self.tier(s.rows))
        smaller: list[Segment] = []
        for _, group in groupby(tiers, key=lambda s: self.tier(s.rows)):
            same = list(group)
            smaller += same
            if len(same) > self.many:
                return smaller
        return []


def roll_entries(commit: Commit, city: Path, workspace: Workspace, tables: Iterable[FormTable]) -> dict[str, int]:
    """Write the waiting journal rows of these forms, and all retirements, into segments; answers how many of each.

    Rule: in one transaction readers stop reading the rows there and begin to read them here. The journal rows stay:
    they are their facts' source lines.
    """
    waiting = waiting_entries(commit.connection)
    known = commit.next_seq - 1
    moves: list[Move] = []
    for table in {table.name: table for table in (*tables, RETIREMENT_TABLE)}.values():
        entries = load_entries(commit.connection, workspace, table, known) if table.name in waiting else None
        if entries is None:
            continue
        query = f"select seq as seq_offset, * exclude seq from {sql_name(entries.name)} {SORTED}"
        staged = stage_segment(workspace, table, query, city / STAGING / f"roll-{len(moves)}.parquet")
        forms = tuple(entries.names)
        moves.append(_insert(commit.connection, workspace, replace(staged, absolute=True, retires=forms)))
        mark_rolled(commit.connection, table.name, next_id(commit.connection, segment.c.id) - 1)
        waiting[table.name] = staged.rows
    rolled = {table.name: waiting[table.name] for table in (*tables, RETIREMENT_TABLE) if table.name in waiting}
    if rolled:
        commit.record("roll_journal", "", dict(rolled))
        run_moves(city, moves)
    return rolled


def merge_segments(commit: Commit, city: Path, workspace: Workspace, chosen: Sequence[Segment]) -> int:
    """Merge segments of one form into one sorted by person and date; answers how many went into it.

    Rule: retired rows stay, because an earlier ``known`` still sees them. Segments whose columns have other types than
    the newest's (another edition of the pack) are left as they are.
    """
    chosen = _same_types(chosen)
    if len(chosen) < 2:
        return 0
    (table,) = stored_tables(chosen)
    known = commit.next_seq - 1
    sources = FactSources(city, table, known, chosen, None, (), None)
    query = f"select seq as seq_offset, * exclude (seq, retired_by, retired_kind) from ({all_sql(sources)}) {SORTED}"
    staged = stage_segment(workspace, table, query, city / STAGING / "merged.parquet")
    if staged.rows != sum(part.rows for part in chosen):
        raise RuntimeError(f"merging {table.name} read {staged.rows} rows where the manifest has another number")
    forms = {form for part in chosen for form in part.retires}
    retires = tuple(forms) if all(part.retires for part in chosen) else ()
    move = _insert(commit.connection, workspace, replace(staged, absolute=True, retires=retires))
    number = next_id(commit.connection, segment.c.id) - 1
    replace_segments(commit.connection, [part.id for part in chosen], number)
    commit.record("compact", str(number), {"table": table.name, "segments": len(chosen), "rows": staged.rows})
    run_moves(city, [move])
    return len(chosen)


def remove_replaced(commit: Commit, city: Path, table: str | None = None) -> int:
    """Remove files that earlier merges replaced; answers how many.

    A merge never removes its own sources: a reader may hold SQL that names them. The next merge of the form does.
    """
    gone = read_replaced(commit.connection, table)
    for part in gone:
        remove_file(city / part.path)
    forget_segments(commit.connection, [part.id for part in gone])
    return len(gone)


def _insert(connection: Connection, workspace: Workspace, staged: StagedSegment) -> Move:
    row, move = place_segment(staged, next_id(connection, segment.c.id), 0)
    if staged.table == RETIREMENT_TABLE.name:
        smallest, largest = retired_range(workspace, staged.path)
        row = replace(row, first_retired=smallest, last_retired=largest)
    insert_segment(connection, row)
    return move


def _same_types(segments: Sequence[Segment]) -> list[Segment]:
    if not segments:
        return []
    newest = dict(max(segments, key=lambda part: part.last_seq).columns)
    return [part for part in segments if all(newest.get(name, kind) == kind for name, kind in part.columns)]
