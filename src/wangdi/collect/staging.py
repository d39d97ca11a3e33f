"""One chunk after the other: typed, checked, written as segments, its keys and people remembered.

Nothing is accepted here. Numbers within the batch are given in the order of the files: the rows of a chunk, then what the
chunk said for the first time about people. A row that is refused leaves a gap.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from wangdi.catalog.tables import REGISTRATION_TABLE, FormTable
from wangdi.collect.inspect_sql import render_blank, render_problems, render_total
from wangdi.collect.loading import NO_PART, RawRows
from wangdi.collect.pass_sql import render_pass
from wangdi.collect.people_sql import DOUBT, PEOPLE_COLUMNS, PERSON_FRAME, render_people, render_persons
from wangdi.collect.plan import FormPlan
from wangdi.collect.request import FormCount
from wangdi.collect.typed_rows import Typed, day_of, frame_column, suspects_sql, type_rows
from wangdi.collect.writing import SegmentWriter
from wangdi.core.problem import Problem
from wangdi.store.manifest import PARQUET
from wangdi.store.problems import PROBLEM_COLUMNS
from wangdi.store.records import StagedSegment
from wangdi.store.workspace import Workspace, sql_name

TOTAL_ROW = "ROW-018"


@dataclass(slots=True)
class FormStage:
    """What is staged of one form."""

    table: FormTable
    key: tuple[str, ...]
    """The record key's columns, ``registration_id`` among them."""
    keys: str
    """Table of every accepted row's key, day, number and file."""
    refused_keys: str
    segments: list[StagedSegment] = field(default_factory=list)
    count: FormCount = field(default_factory=FormCount)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the staging: the next number, and the counts so far."""

    offset: int
    counts: dict[str, FormCount]


@dataclass(slots=True)
class Stage:
    """What is staged of one sending, in a workspace of its own and the writer's staging folder. Lives as long as both."""

    workspace: Workspace
    folder: Path
    writer: SegmentWriter
    turn: int = 0
    """Which of two tables the next rows are typed into: the other one may still be being written."""
    offset: int = 0
    """The next free number within the batch."""
    forms: dict[str, FormStage] = field(default_factory=dict)
    people: list[StagedSegment] = field(default_factory=list)
    retirements: list[StagedSegment] = field(default_factory=list)

    def mark(self) -> Mark:
        """Where things stand, to come back to."""
        return Mark(self.offset, {name: form.count for name, form in self.forms.items()})

    def undo(self, mark: Mark) -> None:
        """Forget what was staged since: a file turned out to be unreadable in its middle."""
        self.writer.wait()
        tables = ["seen", "told"]
        for name, form in self.forms.items():
            form.count = mark.counts.get(name, FormCount())
            tables += [form.keys, form.refused_keys]
        for segments in (self.people, *(form.segments for form in self.forms.values())):
            segments[:] = [segment for segment in segments if segment.first_offset < mark.offset]
        for table in tables:
            self.workspace.run(f"delete from {table} where r >= {mark.offset}")


@contextmanager
def open_stage(workspace: Workspace, folder: Path, organisations: Iterable[tuple[str, str]]) -> Iterator[Stage]:
    """An empty stage. ``organisations``: every word that names an organisation, and its code."""
    workspace.create_table("organisation_words", {"word": "VARCHAR", "code": "VARCHAR"}, organisations)
    workspace.create_table("sources", {"file": "INTEGER", "name": "VARCHAR"})
    workspace.create_table("problems", PROBLEM_COLUMNS)
    workspace.create_table("seen", {"registration_id": "BIGINT", "about": "UBIGINT", "r": "BIGINT"})
    workspace.create_table("told", {"registration_id": "BIGINT", "said": "UBIGINT", "r": "BIGINT"})
    with SegmentWriter(workspace) as writer:
        yield Stage(workspace, folder, writer)


def add_problems(stage: Stage, problems: Iterable[Problem]) -> None:
    """Keep problems that Python found."""
    rows = [
        (
            one.code,
            str(one.severity),
            one.file,
            one.line,
            one.field,
            json.dumps(dict(one.args), ensure_ascii=False) if one.args else None,
        )
        for one in problems
    ]
    if rows:
        stage.workspace.create_table("problems_found", PROBLEM_COLUMNS, rows)
        stage.workspace.run("insert into problems select * from problems_found")


def name_source(stage: Stage, file: int, name: str) -> None:
    """Remember how an original is called in messages."""
    stage.workspace.run("insert into sources values (?, ?)", [file, name])


def count_refused(stage: Stage, plan: FormPlan, rows: int) -> None:
    """Count rows of a form that were refused before their cells could be looked at."""
    form = _form_stage(stage, plan)
    form.count = form.count.plus(FormCount(received=rows, refused=rows))


def stage_rows(stage: Stage, plan: FormPlan, raw: RawRows) -> bool:
    """Take raw rows through the pass into a segment.

    Missing: False when ``raw`` is not what it seemed (some line is not exactly one row): nothing was staged then.
    """
    typed = type_rows(stage.workspace, plan, raw, f"typed_{stage.turn}")
    if typed is None:
        return False
    plan, dropped = typed.plan, f"dropped_{stage.turn}"
    stage.turn = 1 - stage.turn
    workspace, base = stage.workspace, stage.offset
    form = _form_stage(stage, plan)
    skipped, refused = _inspect(stage, typed, dropped) if typed.suspects else (0, 0)
    kept = typed.sql if skipped + refused == 0 else f"(select * from {typed.sql} anti join {dropped} using (row))"
    stage.offset += typed.rows
    received, accepted = typed.rows - skipped, typed.rows - skipped - refused
    form.count = form.count.plus(FormCount(received=received, accepted=accepted, refused=refused))
    if refused:
        gone = f"(select * from {typed.sql} semi join (select row from {dropped} where refused) using (row))"
        workspace.run(f"insert into {form.refused_keys} {_keys_sql(form, plan, (gone, base, raw.file))}")
    if accepted == 0:
        return True
    path = stage.folder / f"facts-{base}.parquet"
    columns = _fact_columns(plan, typed, base)
    listed = ", ".join(f"{sql} as {sql_name(name)}" for name, sql in columns.items())
    stage.writer.write(f"select {listed} from {kept}", path)
    form.segments.append(_segment(plan.table, columns, path, accepted, (base, base + typed.rows - 1)))
    workspace.run(f"insert into {form.keys} {_keys_sql(form, plan, (kept, base, raw.file))}")
    if plan.is_person:
        _stage_people(stage, plan, typed, kept)
    return True


def _segment(
    table: FormTable, columns: Container[str], path: Path, rows: int, offsets: tuple[int, int]
) -> StagedSegment:
    return StagedSegment(
        table=table.name,
        path=path,
        rows=rows,
        first_offset=offsets[0],
        last_offset=offsets[1],
        identifying=table.identifying,
        columns=tuple((name, kind) for name, kind in table.all_columns() if name in columns),
    )


def _form_stage(stage: Stage, plan: FormPlan) -> FormStage:
    name = plan.form.full_name
    if name not in stage.forms:
        place = len(stage.forms)
        key = tuple("registration_id" if part == "registration" else part for part in plan.form.record_key)
        kinds = {**dict(plan.table.columns), "registration_id": "BIGINT"}
        columns = {part: kinds[part] for part in key}
        tables = f"keys_{place}", f"refused_keys_{place}"
        for table in tables:
            stage.workspace.create_table(table, {**columns, "day": "DATE", "r": "BIGINT", "file": "INTEGER"})
        stage.forms[name] = FormStage(plan.table, key, *tables)
    return stage.forms[name]


def _filled(plan: FormPlan) -> set[str]:
    return {item.target.name for item in plan.items if item.key.startswith("f.")}


def _keys_sql(form: FormStage, plan: FormPlan, rows: tuple[str, int, str]) -> str:
    relation, base, file = rows
    there = _filled(plan) | {"registration_id"}
    key = [sql_name(part) if part in there else "null" for part in form.key]
    return f"select {', '.join(key)}, {day_of(plan)}, row + {base}, {file} from {relation}"


def _fact_columns(plan: FormPlan, typed: Typed, base: int) -> dict[str, str]:
    """The columns of a form's segment, as SQL: what a file has nothing for is left out, and read as null."""
    filled, raw, org = _filled(plan), typed.raw, frame_column(plan, "org")
    if org == plan.sender:  # a constant is written faster as the only member of a list
        org = f"cast({org} as enum({org}))"
    standard = {
        "seq_offset": f"row + {base}",
        "registration_id": "registration_id",
        "occurred_on": day_of(plan),
        "occurred_at": frame_column(plan, "occurred_at"),
        "entered_at": frame_column(plan, "entered_at"),
        "org": org,
        "recorder": frame_column(plan, "recorder"),
        "source_file": f"cast({raw.file} as integer)",
        "source_line": f"cast({raw.line} as integer)",
        "source_part": "" if raw.part == NO_PART else raw.part,
    }
    fields = {name: sql_name(name) for name, _ in plan.table.columns if name in filled}
    return {name: sql for name, sql in {**standard, **fields}.items() if sql}


# ---- suspects --------------------------------------------------------------------------------------------------------
def _inspect(stage: Stage, typed: Typed, dropped: str) -> tuple[int, int]:
    """Look at the suspect rows exactly: tell their problems, fill ``dropped``. Answers how many are skipped and refused."""
    workspace, plan = stage.workspace, typed.plan
    cells = [f"c{column}" for column in range(plan.columns.width)]
    passed = render_pass(plan, suspects_sql(typed), "any", ["row", "line", "file", *cells])
    workspace.run(
        f"create or replace temp table odd as select row, line, file, {render_blank(plan)} as is_blank, "
        f"{render_total(plan)} as is_total, {render_problems(plan, typed.unsound)} as problems from ({passed})"
    )
    severities = "list_transform(problems, lambda problem: problem.severity)"
    workspace.run(
        f"create or replace table {dropped} as "
        "select row, line, file, is_total and not is_blank as is_total, not (is_blank or is_total) as refused from odd "
        f"where is_blank or is_total or list_contains({severities}, 'error')"
    )
    told = "select line, file, unnest(problems) as problem from odd where not (is_blank or is_total)"
    shown = "problem.code, problem.severity, name, line, problem.field, problem.args"
    workspace.run(f"insert into problems select {shown} from ({told}) join sources using (file)")
    total = (
        f"select '{TOTAL_ROW}', 'info', name, line, null, null from {dropped} join sources using (file) where is_total"
    )
    workspace.run(f"insert into problems {total}")
    counted = workspace.one(
        f"select count(*) filter (where not refused), count(*) filter (where refused) from {dropped}"
    )
    return (counted[0], counted[1]) if counted else (0, 0)


# ---- people ----------------------------------------------------------------------------------------------------------
def _stage_people(stage: Stage, plan: FormPlan, typed: Typed, kept: str) -> None:
    """Write what the rows say about people for the first time as registrations; what was said before adds nothing.

    ``seen`` remembers the cells (cheap, and nearly always the same), ``told`` what they meant.
    """
    workspace, base = stage.workspace, stage.offset
    workspace.run(
        "create or replace temp table fresh as select registration_id, about, min(row) as row "
        f"from {kept} anti join seen using (registration_id, about) group by all"
    )
    workspace.run(f"insert into seen select registration_id, about, {base} from fresh")
    chosen = (
        f"(select *, registration_id as number, {day_of(plan)} as happened_on, {frame_column(plan, 'org')} as said_by, "
        f"cast({typed.raw.file} as integer) as file, cast({typed.raw.line} as integer) as line, "
        f"{typed.raw.part} as part "
        f"from {typed.sql} where row in (select row from fresh))"
    )
    workspace.run(f"create or replace temp table persons as {render_persons(plan, chosen, PERSON_FRAME)}")
    if workspace.one("select 1 from persons where odd limit 1"):  # numbers that the rows themselves had no need of
        plan = replace(plan, thorough=plan.thorough | {"s.id_no"})
        workspace.run(f"create or replace temp table persons as {render_persons(plan, chosen, PERSON_FRAME)}")
    workspace.run(
        "create or replace temp table newcomers as select *, row_number() over (order by row) as place "
        "from (select number, said, min(row) as row "
        "from persons anti join told on told.registration_id = number and told.said = persons.said group by all)"
    )
    workspace.run(f"insert into told select number, said, {base} from newcomers")
    workspace.run(
        "insert into problems select doubt, 'warning', sources.name, line, 'id_no', null "
        f"from (select {DOUBT} as doubt, file, line from persons) join sources using (file) where doubt is not null"
    )
    path = stage.folder / f"people-{base}.parquet"
    rows = workspace.copy(render_people(base), path, PARQUET)
    if rows:
        stage.offset += rows
        stage.people.append(_segment(REGISTRATION_TABLE, PEOPLE_COLUMNS, path, rows, (base, base + rows - 1)))
