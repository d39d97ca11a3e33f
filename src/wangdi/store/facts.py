"""One door to a form's facts: SQL over the segments and the journal at any ``known``, retired ones left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from wangdi.catalog.tables import FACT_COLUMNS, RETIREMENT_TABLE, FormTable
from wangdi.core.problem import Problem
from wangdi.store.journal import ENTRY_FACT_COLUMNS, EntryTable, load_entries, read_entry, waiting_entries
from wangdi.store.manifest import read_segments
from wangdi.store.records import Segment
from wangdi.store.workspace import Workspace, sql_name, sql_texts

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FactSources:
    """Where a form's facts are at one moment of the database. Read in one transaction, so nothing is seen twice."""

    folder: Path
    table: FormTable
    known: int
    segments: Sequence[Segment]
    entries: EntryTable | None
    retirements: Sequence[Segment]
    """Segments of ``system.retirement`` that may name facts of this form."""
    retired_entries: EntryTable | None
    about: Sequence[int] | None = None
    """Only facts about these registrations; null: about everybody."""
    near: Sequence[Range] = ()
    """Only facts about registrations in these stretches of numbers; none: about everybody."""

    def retired_ranges(self) -> list[Range]:
        """The stretches of numbers in which anything of this form may be retired."""
        ranges = [(s.first_retired, s.last_retired) for s in self.retirements]
        found = [(first, last) for first, last in ranges if first is not None and last is not None]
        if self.retired_entries is not None:
            found += self.retired_entries.names.get(self.table.name, [])
        return found


def find_sources(
    connection: Connection, workspace: Workspace, folder: Path, table: FormTable, known: int
) -> FactSources:
    """Look up a form's segments and load its journal entries into the workspace, all from one moment."""
    return FactSources(
        folder=folder,
        table=table,
        known=known,
        segments=read_segments(connection, table.name, known),
        entries=load_entries(connection, workspace, table, known),
        retirements=_retirements_of(table, read_segments(connection, RETIREMENT_TABLE.name, known)),
        retired_entries=load_entries(connection, workspace, RETIREMENT_TABLE, known),
    )


def find_kept(
    connection: Connection, workspace: Workspace, folder: Path, tables: Iterable[FormTable], known: int
) -> list[FactSources]:
    """The same for several forms, all from one moment and with the manifest read once. Missing: forms without facts."""
    segments: dict[str, list[Segment]] = {}
    for segment in read_segments(connection, None, known):
        segments.setdefault(segment.table, []).append(segment)
    waiting = waiting_entries(connection)
    retired = load_entries(connection, workspace, RETIREMENT_TABLE, known)
    return [
        FactSources(
            folder=folder,
            table=table,
            known=known,
            segments=segments.get(table.name, []),
            entries=load_entries(connection, workspace, table, known) if table.name in waiting else None,
            retirements=_retirements_of(table, segments.get(RETIREMENT_TABLE.name, [])),
            retired_entries=retired,
        )
        for table in tables
        if table.name in segments or table.name in waiting
    ]


def _retirements_of(table: FormTable, segments: Iterable[Segment]) -> list[Segment]:
    return [segment for segment in segments if not segment.retires or table.name in segment.retires]


def current_sql(sources: FactSources, fields: Iterable[str] | None = None) -> str:
    """SQL of the facts that hold at ``known``.

    Grain: one row per fact neither superseded nor withdrawn. Columns: ``seq``, the standard ones, the form's own; of these only
    ``fields`` where they are given, because a question of few columns is planned sooner.
    """
    if fields is not None:
        sources = replace(sources, table=sources.table.only(fields))
    retired = retired_sql(sources)
    parts = []
    for part, touched in _parts(sources):
        if touched and retired:
            part = f"select fact.* from ({part}) fact anti join ({retired}) gone on gone.fact_seq = fact.seq"
        parts.append(part)
    return " union all ".join(parts) if parts else empty_sql(sources.table)


def all_sql(sources: FactSources) -> str:
    """SQL of every fact ever accepted by ``known``, with ``retired_by`` and ``retired_kind`` where it was ended."""
    nothing = "null::BIGINT as retired_by, null::VARCHAR as retired_kind"
    retired = retired_sql(sources)
    first = f"select fact_seq, min(seq) as retired_by, arg_min(kind, seq) as retired_kind from ({retired}) group by 1"
    parts = []
    for part, touched in _parts(sources):
        if touched and retired:
            join = f"left join ({first}) gone on gone.fact_seq = fact.seq"
            parts.append(f"select fact.*, gone.retired_by, gone.retired_kind from ({part}) fact {join}")
        else:
            parts.append(f"select *, {nothing} from ({part})")
    return " union all ".join(parts) if parts else f"select *, {nothing} from ({empty_sql(sources.table)})"


def changed_sql(sources: FactSources, since: int) -> str:
    """SQL of the registrations about which anything was accepted or retired after ``since`` and by ``known``."""
    recent = [segment for segment in sources.segments if segment.last_seq > since]
    parts = [f"select registration_id from ({part}) where seq > {since}" for part, _ in _parts(sources, recent)]
    if retired := retired_sql(sources, since):
        parts += [
            f"select fact.registration_id from ({part}) fact semi join ({retired}) gone on gone.fact_seq = fact.seq"
            for part, touched in _parts(sources)
            if touched
        ]
    if not parts:
        return "select null::BIGINT as registration_id where false"
    return f"select distinct registration_id from ({' union all '.join(parts)})"


def retired_sql(sources: FactSources, since: int = 0) -> str:
    """SQL of what ended facts of this form (fact_seq, kind, seq), later than ``since``; empty where nothing did."""
    if not sources.retired_ranges():
        return ""
    segments = [segment for segment in sources.retirements if segment.last_seq > since]
    retirement = FactSources(
        sources.folder, RETIREMENT_TABLE, sources.known, segments, sources.retired_entries, (), None
    )
    parts = [f"select fact_seq, kind, seq from ({part}) where seq > {since}" for part, _ in _parts(retirement)]
    return " union all ".join(parts)


def check_current(workspace: Workspace, sources: FactSources, numbers: Iterable[int]) -> list[Problem]:
    """Hold the numbers that somebody means to end against the facts there are.

    Errors: STORE-020 no fact of this form has the number; STORE-021 it was ended already.
    """
    wanted = set(numbers)
    listed = ", ".join(str(int(number)) for number in sorted(wanted))
    holding = [part for part in sources.segments if any(part.first_seq <= n <= part.last_seq for n in wanted)]
    every = " union all ".join(
        f"select seq from ({part}) where seq in ({listed})" for part, _ in _parts(sources, holding)
    )
    there = {seq for (seq,) in workspace.rows(every)} if every else set()
    problems = [Problem(code="STORE-020", args={"seq": str(number)}) for number in sorted(wanted - there)]
    if retired := retired_sql(sources):
        gone = f"select fact_seq, min(seq) from ({retired}) where fact_seq in ({listed}) group by 1 order by 1"
        problems += [
            Problem(code="STORE-021", args={"seq": str(fact), "by": str(by)}) for fact, by in workspace.rows(gone)
        ]
    return problems


def _parts(sources: FactSources, segments: Sequence[Segment] | None = None) -> list[tuple[str, bool]]:
    """The pieces whose union is every fact: SQL, and whether anything in it may be retired.

    Segments of equal columns that need the same treatment are one piece: the common case is one piece, unfiltered.
    """
    ranges = sources.retired_ranges()
    chosen = sources.segments if segments is None else segments

    def treatment(segment: Segment) -> tuple[bool, bool, tuple[tuple[str, str], ...]]:
        return (
            segment.last_seq > sources.known,
            _touches((segment.first_seq, segment.last_seq), ranges),
            segment.columns,
        )

    parts = []
    for (partial, touched, columns), group in groupby(sorted(chosen, key=treatment), key=treatment):
        parts.append((_segments_sql(sources, list(group), columns, partial), touched))
    if sources.entries is not None:
        wanted = _wanted(sources, [f"seq <= {sources.known}"])
        listed = ", ".join(sql_name(name) for name, _ in fact_columns(sources.table))
        parts.append((f"select {listed} from {sql_name(sources.entries.name)}{wanted}", bool(ranges)))
    return parts


def _wanted(sources: FactSources, tests: list[str]) -> str:
    """The condition under which a stored row is one of those asked for. It stands at the innermost place: there it costs least
    to plan, which for one person's rows of a wide form takes longer than to read them.
    """
    if sources.about is not None:
        numbers = ", ".join(str(int(number)) for number in sources.about) or "null"
        tests = [*tests, f"registration_id in ({numbers})"]
    if sources.near:
        stretches = " or ".join(f"registration_id between {first} and {last}" for first, last in sources.near)
        tests = [*tests, f"({stretches})"]
    return f" where {' and '.join(tests)}" if tests else ""


def _touches(own: Range, ranges: Iterable[Range]) -> bool:
    return any(first <= own[1] and own[0] <= last for first, last in ranges)


def _segments_sql(
    sources: FactSources, segments: Sequence[Segment], columns: Iterable[tuple[str, str]], partial: bool
) -> str:
    files = sql_texts(sources.folder / segment.path for segment in segments)
    stored = dict(columns)
    listed = ["base + seq_offset as seq"]
    for name, kind in sources.table.all_columns()[1:]:
        if name not in stored:  # written by an older edition of the pack
            listed.append(f"null::{kind} as {sql_name(name)}")
        elif stored[name] != kind:
            listed.append(f"cast({sql_name(name)} as {kind}) as {sql_name(name)}")
        else:
            listed.append(sql_name(name))
    door = f"read_parquet({files}, hive_partitioning = true, hive_types = {{'base': 'BIGINT'}})"
    wanted = _wanted(sources, [f"base + seq_offset <= {sources.known}"] if partial else [])
    return f"select {', '.join(listed)} from {door}{wanted}"


def empty_sql(table: FormTable) -> str:
    """SQL of no facts at all, with the columns and types a form's facts have."""
    listed = ", ".join(f"null::{kind} as {sql_name(name)}" for name, kind in fact_columns(table))
    return f"select {listed} where false"


def fact_columns(table: FormTable) -> tuple[tuple[str, str], ...]:
    """The columns a reader sees: ``seq``, the standard ones without the offset, the form's own."""
    return (("seq", "BIGINT"), *FACT_COLUMNS[1:], *table.columns)


def find_fact(connection: Connection, workspace: Workspace, folder: Path, seq: int) -> dict[str, Any] | None:
    """The fact of a number, retired or not, with its form; searched only in segments whose numbers include it."""
    row = read_entry(connection, seq)
    if row is not None and row.rolled_into is None:
        entry = row.entry
        standard = {name: getattr(entry, name) for name in ENTRY_FACT_COLUMNS}
        source = {name: None for name, _ in FACT_COLUMNS if name.startswith("source_")}
        return {"form": entry.form, "seq": seq, **standard, **source, **entry.values}
    for segment in read_segments(connection, None, seq):
        if segment.last_seq < seq or segment.table == RETIREMENT_TABLE.name:
            continue
        (table,) = stored_tables([segment])
        sources = FactSources(folder, table, seq, [segment], None, (), None)
        part = _segments_sql(sources, [segment], segment.columns, partial=False)
        # By the stored offset: a reader passes over whole row groups by that, but not by a sum.
        for found in workspace.dicts(f"{part} where seq_offset = {int(seq) - segment.base}"):
            return {"form": segment.table, **found}
    return None


def stored_tables(segments: Iterable[Segment]) -> list[FormTable]:
    """The forms of some segments with every column any of them has, in order of name; a newer segment's type counts."""
    standard = {name for name, _ in FACT_COLUMNS}
    columns: dict[tuple[str, bool], dict[str, str]] = {}
    for segment in sorted(segments, key=lambda part: -part.last_seq):
        own = columns.setdefault((segment.table, segment.identifying), {})
        for name, kind in segment.columns:
            if name not in standard:
                own.setdefault(name, kind)
    return [FormTable(name, tuple(own.items()), identifying) for (name, identifying), own in sorted(columns.items())]
