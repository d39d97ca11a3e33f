"""What is staged against what was accepted before: the same again, a correction, or gone. Done under the writer's lock.

Rule: records of one record key form a chain in the order they came, beginning with the fact that holds now. One that says
what the one before it says is a duplicate; one that says something else supersedes it. Both facts are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from wangdi.catalog.tables import FACT_COLUMNS, RETIREMENT_TABLE, FormTable
from wangdi.collect.people_sql import render_said
from wangdi.collect.staging import FormStage, Stage
from wangdi.store.manifest import PARQUET
from wangdi.store.records import SUPERSEDED, WITHDRAWN, StagedSegment
from wangdi.store.workspace import Workspace, sql_name, sql_text, sql_texts


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the city holds of one form, as SQL: the facts of now, and every fact ever."""

    current: str
    ever: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What settling needs to know of the sending: the number its first row takes, and who sent what before."""

    base: int
    replace_period: bool
    senders_files: tuple[int, ...]
    """Numbers of the originals this sender sent, these included."""
    known_files: tuple[int, ...]
    """Of the files of this sending: those the same sender had sent before, to be read by the same mapping."""


def settle_form(stage: Stage, form: FormStage, accepted: Accepted, sending: Sending) -> None:
    """Take duplicates out of a form's segments, retire what is superseded, withdraw what is missing; keep the counts."""
    workspace = stage.workspace
    chained = _find_chains(workspace, form, accepted, sending)
    workspace.create_table("duplicates", {"r": "BIGINT"})
    workspace.create_table("retired", {"fact_seq": "BIGINT", "by_r": "BIGINT", "kind": "VARCHAR"})
    if chained:
        _judge_chains(workspace, form, sending)
    withdrawn = _withdraw(stage, form, accepted, sending) if sending.replace_period else 0
    duplicates = _count(workspace, "duplicates")
    superseded = _count(workspace, "retired") - withdrawn
    if duplicates:
        _remove_duplicates(stage, form.segments)
    form.count = replace(
        form.count,
        accepted=form.count.accepted - duplicates,
        duplicates=form.count.duplicates + duplicates,
        superseded=superseded,
        withdrawn=withdrawn,
    )
    if superseded or withdrawn:
        _stage_retirements(stage, form, accepted, sending)


def staged_sql(form: FormStage) -> str:
    """SQL of everything staged of a form, as its segments have it."""
    parts = []
    for columns, group in groupby(sorted(form.segments, key=_columns_of), key=_columns_of):
        there = dict(columns)
        listed = ", ".join(
            sql_name(name) if name in there else f"cast(null as {kind}) as {sql_name(name)}"
            for name, kind in form.table.all_columns()
        )
        parts.append(f"select {listed} from read_parquet({sql_texts(segment.path for segment in group)})")
    if not parts:
        columns_sql = ", ".join(f"cast(null as {kind}) as {sql_name(name)}" for name, kind in form.table.all_columns())
        parts.append(f"select {columns_sql} where false")
    return " union all ".join(parts)


def _columns_of(segment: StagedSegment) -> tuple[tuple[str, str], ...]:
    return segment.columns


def render_content(table: FormTable) -> str:
    """What a record says, as one number: everything but when it was typed in, which a later export may change."""
    fields = ", ".join(["occurred_at", "org", "recorder", *(sql_name(name) for name, _ in table.columns)])
    return f"hash({fields})"


def _count(workspace: Workspace, table: str) -> int:
    row = workspace.one(f"select count(*) from {table}")
    return int(row[0]) if row else 0


def _same_key(form: FormStage, left: str, right: str) -> str:
    return " and ".join(f"{left}.{sql_name(part)} is not distinct from {right}.{sql_name(part)}" for part in form.key)


def _key(form: FormStage) -> str:
    return ", ".join(map(sql_name, form.key))


def _find_chains(workspace: Workspace, form: FormStage, accepted: Accepted, sending: Sending) -> bool:
    """``chained``: every row whose key stands more than once, here or among what was accepted before, with its place.

    Missing: False when there is none; the staged rows need not be read then.
    """
    workspace.run(
        f"create or replace temp table before as select seq, {_key(form)}, {render_content(form.table)} as content "
        f"from ({accepted.current}) fact semi join {form.keys} keys on {_same_key(form, 'keys', 'fact')}"
    )
    again = ""
    if (
        sending.known_files
    ):  # rows of a file that is here for the second time: accepted then, whatever became of it since
        numbers = ", ".join(map(str, sending.known_files))
        workspace.run(
            f"create or replace temp table met as select distinct {_key(form)} from ({accepted.ever}) "
            f"where registration_id in (select registration_id from {form.keys} "
            f"where file in ({numbers}))"
        )
        again = f", exists (select 1 from met where {_same_key(form, 'met', 'keys')}) and file in ({numbers})"
    _find_repeated(workspace, form)
    repeated = f"select {_key(form)} from {form.keys} where hash({_key(form)}) in (select number from repeated)"
    known = f"select {_key(form)} from before"
    several = f"select distinct {_key(form)} from ({repeated} union all {known})" if not again else ""
    chosen = f"{form.keys} keys"
    if several:
        chosen += f" semi join ({several}) several on {_same_key(form, 'several', 'keys')}"
    workspace.run(
        f"create or replace temp table places as select {_key(form)}, r{again or ', false'} as again from {chosen}"
    )
    if not _count(workspace, "places"):
        return False
    contents = f"select seq_offset as r, {render_content(form.table)} as content from ({staged_sql(form)})"
    workspace.run(
        f"create or replace temp table chained as select {_key(form)}, content, r, null::bigint as seq, r as place, again "
        f"from places join ({contents}) using (r)"
    )
    workspace.run(
        f"insert into chained select {_key(form)}, content, null, seq, seq - (select coalesce(max(seq), 0) + 1 from before), "
        "false from before"
    )
    return True


def _find_repeated(workspace: Workspace, form: FormStage) -> None:
    """``repeated``: one number for every key that stands more than once among the staged rows.

    Sorting one number a key is several times as fast as grouping the keys; whatever shares a number by chance is told apart
    by the chains.
    """
    numbers = workspace.numbers(f"select hash({_key(form)}) from {form.keys}")
    numbers.sort()
    found = np.unique(numbers[1:][numbers[1:] == numbers[:-1]])
    workspace.create_table("repeated", {"number": "UBIGINT"}, ((number,) for number in found.tolist()))


def _judge_chains(workspace: Workspace, form: FormStage, sending: Sending) -> None:
    key = _key(form)
    workspace.run("insert into duplicates select r from chained where again")
    chain = f"over (partition by {key} order by place)"
    same = f"r is not null and content is not distinct from lag(content) {chain} and lag(place) {chain} is not null"
    workspace.run(f"create or replace temp table judged as select *, {same} as same from chained where not again")
    workspace.run("insert into duplicates select r from judged where same")
    earlier = f"lag(coalesce(seq, r + {sending.base})) over (partition by {key} order by place)"
    workspace.run(
        f"insert into retired select earlier, r, '{SUPERSEDED}' from (select r, {earlier} as earlier from judged where not same) "
        "where earlier is not null and r is not null"
    )


def _withdraw(stage: Stage, form: FormStage, accepted: Accepted, sending: Sending) -> int:
    """Retire the sender's facts of the months the files cover whose key the files do not have. Answers how many.

    A row that was refused is in the file all the same: what it would have corrected stays.
    """
    workspace = stage.workspace
    files = ", ".join(map(str, sending.senders_files)) or "null"
    workspace.run(
        f"create or replace temp table covered as select date_trunc('month', min(day))::date as first, "
        f"last_day(max(day)) as last from (select day from {form.keys} union all select day from {form.refused_keys})"
    )
    workspace.run(
        f"create or replace temp table missing as select seq from ({accepted.current}) fact, covered "
        f"where occurred_on between covered.first and covered.last and source_file in ({files}) "
        f"and not exists (select 1 from {form.keys} keys where {_same_key(form, 'keys', 'fact')}) "
        f"and not exists (select 1 from {form.refused_keys} keys where {_same_key(form, 'keys', 'fact')})"
    )
    workspace.run(
        f"insert into retired select seq, {stage.offset} - 1 + row_number() over (order by seq), '{WITHDRAWN}' from missing"
    )
    count = _count(workspace, "missing")
    stage.offset += count
    return count


def _remove_duplicates(stage: Stage, segments: list[StagedSegment]) -> None:
    """Write the segments that hold duplicates again without them."""
    kept: list[StagedSegment] = []
    for segment in segments:
        here = f"select r from duplicates where r between {segment.first_offset} and {segment.last_offset}"
        if not _count(stage.workspace, f"({here})"):
            kept.append(segment)
            continue
        path = segment.path.with_name(f"kept-{segment.path.name}")
        source = f"read_parquet({sql_text(segment.path)})"
        rows = stage.workspace.copy(
            f"select fact.* from {source} fact anti join duplicates on duplicates.r = fact.seq_offset", path, PARQUET
        )
        segment.path.unlink()
        if rows:
            kept.append(replace(segment, path=path, rows=rows))
    segments[:] = kept


def _stage_retirements(stage: Stage, form: FormStage, accepted: Accepted, sending: Sending) -> None:
    """A retirement takes the number of the fact that replaces it; a withdrawal one of its own."""
    workspace, base = stage.workspace, sending.base
    path = stage.folder / f"retired-{form.keys}.parquet"
    own = f"select seq_offset + {base} as seq, {', '.join(name for name, _ in FACT_COLUMNS[1:])} from ({staged_sql(form)})"
    known = f"select seq, {', '.join(name for name, _ in FACT_COLUMNS[1:])} from ({accepted.current})"
    facts = f"{known} union all {own}"
    columns = ", ".join(f"fact.{name}" for name, _ in FACT_COLUMNS[1:])
    rows = workspace.copy(
        f"select by_r as seq_offset, {columns}, fact_seq, kind from retired join ({facts}) fact on fact.seq = fact_seq",
        path,
        PARQUET,
    )
    ends = workspace.one("select min(by_r), max(by_r) from retired")
    first, last = ends if ends else (0, 0)
    stage.retirements.append(
        StagedSegment(
            table=RETIREMENT_TABLE.name,
            path=path,
            rows=rows,
            first_offset=first,
            last_offset=last,
            columns=RETIREMENT_TABLE.all_columns(),
            retires=(form.table.name,),
        )
    )


def settle_people(stage: Stage, known: str) -> list[StagedSegment]:
    """The registrations staged, less those that say what the city knows already. ``known``: SQL of all it knows."""
    workspace = stage.workspace
    workspace.create_table("duplicates", {"r": "BIGINT"})
    if not stage.people:
        return []
    staged = f"read_parquet({sql_texts(segment.path for segment in stage.people)})"
    workspace.run(
        f"insert into duplicates select seq_offset from (select *, {render_said()} as said from {staged}) person "
        f"semi join (select registration_id, {render_said()} as said from ({known})) known using (registration_id, said)"
    )
    if _count(workspace, "duplicates"):
        _remove_duplicates(stage, stage.people)
    return stage.people
