"""Who is who, as it is accepted: links that changed, what people decided, the weights people are told apart by."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from wangdi.catalog.tables import LINK_TABLE
from wangdi.store.commit import Commit, next_id
from wangdi.store.disk import run_moves
from wangdi.store.managed import LINK_DECISIONS, LINK_MODELS, current_rows, every_row
from wangdi.store.manifest import insert_segment, place_segment
from wangdi.store.records import OPEN, SUCCEEDED, LinkDecision, LinkModel, StagedSegment
from wangdi.store.schema import segment


def accept_links(commit: Commit, city: Path, staged: StagedSegment) -> int:
    """Accept links, one number each; answers the first. Missing: where no link changes the next number is answered."""
    if not staged.rows:
        return commit.next_seq
    first = commit.take(staged.rows, "links", f"{staged.rows}")
    row, move = place_segment(staged, next_id(commit.connection, segment.c.id), first)
    insert_segment(commit.connection, row)
    commit.record("link", str(first), {"links": staged.rows})
    run_moves(city, [move])
    return first


def links_sql(source: str, at: datetime) -> str:
    """SQL of ``LINK_TABLE``'s columns from a relation of registration_id, person_id and rule."""
    said = {name: f"null::{kind}" for name, kind in LINK_TABLE.all_columns()}
    said |= {name: name for name in ("registration_id", "person_id", "rule")}
    said |= {
        "seq_offset": "row_number() over (order by registration_id) - 1",
        "occurred_on": f"date '{at:%Y-%m-%d}'",
    }
    return (
        f"select {', '.join(f'{sql} as {name}' for name, sql in said.items())} from {source} order by registration_id"
    )


def read_decisions(connection: Connection, known: int) -> list[tuple[int, LinkDecision]]:
    """The decisions that hold at ``known`` with their numbers, the newest first; those taken back are left out."""
    newest: dict[tuple[int, int], tuple[int, LinkDecision]] = {}
    for seq, row in every_row(connection, LINK_DECISIONS, known):
        newest[row.one, row.other] = (seq, row)
    held = [(seq, row) for seq, row in newest.values() if row.verdict != OPEN]
    return sorted(held, key=lambda item: -item[0])


def read_successions(connection: Connection, known: int) -> dict[int, int]:
    """The identity numbers given up -> their successors, as the persons they make by themselves."""
    return {row.one: row.other for _, row in read_decisions(connection, known) if row.verdict == SUCCEEDED}


def read_model(connection: Connection, known: int) -> LinkModel | None:
    """The weights people are told apart by at ``known``; null before any were learnt."""
    rows = current_rows(connection, LINK_MODELS, known)
    return rows[0] if rows else None
