"""Small facts and batches that the store's tests accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wangdi.catalog.tables import FACT_COLUMNS, RETIREMENT_TABLE, FormTable
from wangdi.store.city import City
from wangdi.store.records import Batch, BatchRecord, JournalEntry, Scalar, StagedSegment
from wangdi.store.workspace import Workspace
from wangdi.store.writer import Writer

FOLLOWUP = FormTable(
    "hypertension.followup",
    (("sbp", "BIGINT"), ("weight", "DOUBLE"), ("note", "VARCHAR"), ("refer", "BOOLEAN"), ("next_date", "DATE")),
)
RESIDENT = FormTable("health_record.resident", (("name", "VARCHAR"), ("opened", "TIMESTAMP")), identifying=True)
DAY = datetime(2025, 1, 1, 8)


def day(number: int) -> datetime:
    """Eight in the morning, so many days after the first."""
    return DAY + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Row:
    """One fact to send."""

    registration: int
    sbp: int | None = 130
    on: date = date(2025, 1, 1)
    note: str | None = "随访"


def stage_rows(writer: Writer, rows: Sequence[Row], first: int = 0) -> StagedSegment:
    """Stage follow-ups whose offsets begin at ``first``."""
    values = [
        (
            *(first + place, row.registration, row.on, None, None, "org", "doctor", 1, place + 2, None),
            *(row.sbp, 60.5, row.note, None, date(2025, 4, 1)),
        )
        for place, row in enumerate(rows)
    ]
    return stage(writer, FOLLOWUP, values)


def stage(writer: Writer, table: FormTable, values: Iterable[Sequence[object]]) -> StagedSegment:
    """Stage facts given as whole rows of ``table.all_columns()``."""
    writer.workspace.create_table("to_stage", dict(table.all_columns()), values)
    return writer.stage(table, "select * from to_stage")


def stage_retirements(
    writer: Writer, named: Sequence[tuple[int, int, str]], forms: Sequence[str] = ()
) -> StagedSegment:
    """Stage (offset, fact number, kind)."""
    empty = (None,) * (len(FACT_COLUMNS) - 1)
    staged = stage(writer, RETIREMENT_TABLE, [(offset, *empty, fact, kind) for offset, fact, kind in named])
    return StagedSegment(
        table=staged.table,
        path=staged.path,
        rows=staged.rows,
        first_offset=staged.first_offset,
        last_offset=staged.last_offset,
        columns=staged.columns,
        retires=tuple(forms),
    )


def send(writer: Writer, rows: Sequence[Row], at: datetime = DAY) -> Batch:
    """Accept one batch of follow-ups."""
    record = BatchRecord(
        org="org", received_at=at, received=len(rows), accepted=len(rows), forms={FOLLOWUP.name: len(rows)}
    )
    return writer.accept(record, [stage_rows(writer, rows)])


def entry(
    key: str,
    values: Mapping[str, Scalar] | None = None,
    *,
    registration: int = 1,
    at: datetime = DAY,
    supersedes: int | None = None,
) -> JournalEntry:
    """One follow-up typed in."""
    return JournalEntry(
        form=FOLLOWUP.name,
        registration_id=registration,
        occurred_on=at.date(),
        org="org",
        actor="doctor",
        idempotency_key=key,
        entered_at=at,
        values={"sbp": 150} if values is None else values,
        supersedes=supersedes,
    )


def current(city: City, known: int | None = None, table: FormTable = FOLLOWUP) -> list[int]:
    """Numbers of the facts that hold at ``known``."""
    with city.workspace() as workspace:
        return current_in(workspace, city, known, table)


def current_in(workspace: Workspace, city: City, known: int | None = None, table: FormTable = FOLLOWUP) -> list[int]:
    """The same in a workspace that stays open."""
    sql = city.facts_sql(workspace, table, city.seq_known(known))
    return [seq for (seq,) in workspace.rows(f"select seq from ({sql}) order by seq")]


def everything(city: City, known: int | None = None) -> list[tuple[int, int | None, str | None]]:
    """Every fact with what retired it."""
    with city.workspace() as workspace:
        sql = city.all_facts_sql(workspace, FOLLOWUP, city.seq_known(known))
        rows = workspace.rows(f"select seq, retired_by, retired_kind from ({sql}) order by seq")
    return [(seq, by, kind) for seq, by, kind in rows]


def changed(city: City, since: int, until: int) -> list[int]:
    """Registrations that changed in (since, until]."""
    with city.workspace() as workspace:
        sql = city.changed_since(workspace, FOLLOWUP, since, until)
        return [registration for (registration,) in workspace.rows(f"select * from ({sql}) order by 1")]


def files(city: City) -> set[str]:
    """Every accepted-looking file on the disk."""
    top = [city.folder / name for name in ("facts", "identities", "originals", "problems")]
    return {path.relative_to(city.folder).as_posix() for folder in top for path in folder.rglob("*") if path.is_file()}
