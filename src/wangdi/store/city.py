"""A city: one folder with its relational database, its facts, identities and originals. Reading goes through here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, insert, select

from wangdi.catalog.places import Organisation, Region
from wangdi.catalog.populations import PopulationRow
from wangdi.catalog.tables import FormTable
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.store import citylog, facts, ledger, links, managed, schema
from wangdi.store.batches import find_delivery, read_batches
from wangdi.store.cityfile import CITY_FILE, CityFile, read_city_file, write_city_file
from wangdi.store.database import open_engine, reading, resolve_url
from wangdi.store.disk import STAGING
from wangdi.store.journal import read_entry, waiting_entries
from wangdi.store.lock import Tell, hold_writer_lock
from wangdi.store.manifest import read_segments
from wangdi.store.migrate import known_versions, make_schema, read_version, upgrade_schema
from wangdi.store.originals import original_target, read_original
from wangdi.store.problems import count_problems, read_kinds, read_problems
from wangdi.store.records import (
    Acceptance,
    AuditRecord,
    Batch,
    DeclaredCount,
    FormOwner,
    JournalRow,
    LedgerRow,
    LinkDecision,
    LinkModel,
    Original,
    ParameterOverride,
    Segment,
)
from wangdi.store.workspace import Workspace
from wangdi.store.writer import Writer

WAIT_SECONDS = 60.0
TEMPORARY = "tmp"
KEPT_ROWS = 12
"""Tables of regions, organisations and the like, each as it stood at a number, kept in memory."""
WRITER_MEMORY = "1GB"
"""For merging segments beside whatever its caller has open; more than this goes to the disk."""


class City:
    """An open city. Reading from several threads is safe; each thread has its own Workspace."""

    def __init__(self, folder: Path, file: CityFile, engine: Engine) -> None:
        self.folder = folder
        self.id = file.id
        self.name = file.name
        self.database = file.database
        self.engine = engine
        with reading(engine) as connection:
            self.salt = str(connection.execute(select(schema.city.c.salt)).scalar_one())
        self._rows_at: dict[tuple[str, int], list[Any]] = {}

    @classmethod
    def create(
        cls, folder: Path | str, *, name: str, now: datetime, database_url: str | None = None, salt: str | None = None
    ) -> City:
        """Make a city in an empty or new folder.

        ``database_url``: null or ``sqlite`` for a file in the folder, ``postgresql://...``, or ``env:NAME`` to read the
        URL from an environment variable, where a password belongs.
        Missing: without a ``salt`` one is derived from name and moment; whoever may read randomness gives a better one.
        Errors: STORE-006 where a city is already, STORE-008 where the folder holds anything else.
        """
        folder = Path(folder)
        number = hashlib.sha256(f"{name}|{now.isoformat()}|{salt or ''}".encode()).hexdigest()
        file = CityFile(id=number[:16], name=name, database=database_url or "sqlite")
        _make_folder(folder)
        engine = open_engine(resolve_url(file.database, folder))
        try:
            with reading(engine) as connection:
                make_schema(connection)
                row = {"id": file.id, "name": name, "salt": salt or number[16:48], "made_at": now}
                connection.execute(insert(schema.city).values(**row))
                connection.execute(insert(schema.counter).values(id=1, next_seq=1, last_at=datetime.min))
        except Refusal:
            engine.dispose()
            raise
        write_city_file(folder, file)
        return cls(folder, file, engine)

    @classmethod
    def open(cls, folder: Path | str, *, tell: Tell | None = None, wait_seconds: float = WAIT_SECONDS) -> City:
        """Open a city; an older Wangdi's database is brought up to date first, and ``tell`` hears that it was.

        Errors: STORE-001 no city here, STORE-002 to STORE-004 its database cannot be reached, STORE-009 the database is
        another city's, STORE-012 it was written by a newer Wangdi.
        """
        folder = Path(folder)
        file = read_city_file(folder)
        engine = open_engine(resolve_url(file.database, folder))
        try:
            _upgrade(engine, folder, tell, wait_seconds)
            with reading(engine) as connection:
                found = connection.execute(select(schema.city.c.id)).scalar_one_or_none()
            if found != file.id:
                raise Refusal(Problem(code="STORE-009", args={"folder": folder.name}))
            return cls(folder, file, engine)
        except BaseException:
            engine.dispose()
            raise

    def workspace(self, memory: str = "2GB", threads: int = 2) -> Workspace:
        """A DuckDB session that spills into the city's own disk."""
        return Workspace(memory, threads, self.folder / TEMPORARY)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the relational database, for this package's own modules."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def writer(self, who: str, wait_seconds: float = WAIT_SECONDS, tell: Tell | None = None) -> Iterator[Writer]:
        """Become the one writer; while somebody else is, wait, and ``tell`` once who that is.

        Errors: STORE-010 when it takes longer than ``wait_seconds``.
        """
        with hold_writer_lock(self.engine, self.folder, who, wait_seconds, tell) as connection:
            writer = Writer(self.folder, connection, who, lambda: self.workspace(WRITER_MEMORY))
            try:
                yield writer
            finally:
                writer.close()

    # facts

    def facts_sql(self, workspace: Workspace, table: FormTable, known: int) -> str:
        """SQL, to stand in ``from (...)``, of a form's facts that hold at ``known``.

        Rule: segments and journal through one door, minus what was superseded or withdrawn by then.
        Grain: one row per current fact. Columns: ``seq``, the standard ones but the offset, the form's own.
        The SQL belongs to this workspace and stays good until the form's segments are merged twice.
        """
        return facts.current_sql(self._sources(workspace, table, known))

    def every_form(self, workspace: Workspace, tables: Iterable[FormTable], known: int) -> dict[str, facts.FactSources]:
        """Where the facts of several forms are, by name, all from one moment of the database, which is read once.

        ``facts.current_sql`` makes SQL of each.
        """
        tables = list(tables)
        with self.reading() as connection:
            found = {
                part.table.name: part for part in facts.find_kept(connection, workspace, self.folder, tables, known)
            }
        return {
            table.name: found.get(table.name) or facts.FactSources(self.folder, table, known, (), None, (), None)
            for table in tables
        }

    def facts_about(
        self, workspace: Workspace, registrations: Sequence[int], tables: Iterable[FormTable], known: int
    ) -> dict[str, str]:
        """SQL, by the form's name, of what holds at ``known`` about some registrations: columns as ``facts_sql`` has them.

        All from one moment of the database, which is read once and not once a form. Missing: a form that nobody ever sent.
        """
        with self.reading() as connection:
            found = facts.find_kept(connection, workspace, self.folder, tables, known)
        return {part.table.name: facts.current_sql(replace(part, about=registrations)) for part in found}

    def all_facts_sql(
        self, workspace: Workspace, table: FormTable, known: int, about: Sequence[int] | None = None
    ) -> str:
        """The same with superseded and withdrawn facts kept, ``retired_by`` and ``retired_kind`` beside them.

        ``about``: only of these registrations; null: of everybody.
        """
        return facts.all_sql(replace(self._sources(workspace, table, known), about=about))

    def changed_since(self, workspace: Workspace, table: FormTable, n0: int, n1: int) -> str:
        """SQL of the registration_ids about which this form had anything accepted or retired in (n0, n1]."""
        return facts.changed_sql(self._sources(workspace, table, n1), n0)

    def _sources(self, workspace: Workspace, table: FormTable, known: int) -> facts.FactSources:
        with self.reading() as connection:
            return facts.find_sources(connection, workspace, self.folder, table, known)

    def find_fact(self, workspace: Workspace, seq: int) -> dict[str, Any] | None:
        """The fact of a number, retired or not, as column -> value with its ``form``; null where it is no fact's.

        A fact whose ``source_file`` is null was entered in Wangdi: its source line is ``journal_row(seq)``.
        """
        with self.reading() as connection:
            return facts.find_fact(connection, workspace, self.folder, seq)

    def segments(self, table: str | None = None) -> list[Segment]:
        """The manifest: the Parquet files a reader sees now, of one form or of all."""
        with self.reading() as connection:
            return read_segments(connection, table)

    def form_tables(self) -> list[FormTable]:
        """The forms that have segments, with every column any of them has."""
        return facts.stored_tables(self.segments())

    def waiting_entries(self) -> dict[str, int]:
        """How many journal rows of each form are in no segment yet."""
        with self.reading() as connection:
            return waiting_entries(connection)

    def journal_row(self, seq: int) -> JournalRow | None:
        """A form entry as it was accepted, by its number."""
        with self.reading() as connection:
            return read_entry(connection, seq)

    # the order of acceptance

    def latest_seq(self) -> int:
        """The last number given out; 0 in a city that has accepted nothing."""
        with self.reading() as connection:
            return citylog.latest_seq(connection)

    def seq_known(self, known: str | int | date | None) -> int:
        """Turn ``known`` into a number: a date is the end of that day, a timestamp that moment, null is everything.

        Errors: STORE-022 for a text that is none of these.
        """
        with self.reading() as connection:
            return citylog.seq_known(connection, known)

    def facts_known(self, known: int) -> int:
        """The last number by then under which facts came: what is written in the ledger moves no figure."""
        with self.reading() as connection:
            return citylog.facts_known(connection, known)

    def acceptance(self, first: int, last: int | None = None) -> list[Acceptance]:
        """The acceptance log for the numbers ``first`` to ``last`` (null: that one number)."""
        with self.reading() as connection:
            return citylog.read_acceptance(connection, first, first if last is None else last)

    def audit(self, limit: int = 100, before: int | None = None) -> list[AuditRecord]:
        """The audit records, newest first, a page at a time."""
        with self.reading() as connection:
            return citylog.read_audit(connection, limit, before)

    # batches, originals, problems

    def batches(self, known: int | None = None) -> list[Batch]:
        """The batches accepted by ``known`` (null: all), oldest first."""
        with self.reading() as connection:
            return read_batches(connection, citylog.seq_known(connection, known))

    def delivered(self, delivery: str) -> Batch | None:
        """The batch that a delivery (by its receipt's number) became, once it was taken in."""
        with self.reading() as connection:
            return find_delivery(connection, delivery)

    def problems(
        self, batch: int | None = None, limit: int | None = None, offset: int = 0, code: str | None = None
    ) -> list[Problem]:
        """A page of the problems of one batch, or of all in the order of their batches; ``code``: only those."""
        paths = self._problem_files(batch)
        if not paths:
            return []
        with self.workspace() as workspace:
            return read_problems(workspace, paths, limit, offset, code)

    def problem_kinds(self, batch: int, each: int) -> list[tuple[int, list[Problem]]]:
        """How many problems of each kind (severity, code and field) a batch has, and the first so many of each."""
        paths = self._problem_files(batch)
        if not paths:
            return []
        with self.workspace() as workspace:
            return read_kinds(workspace, paths, each)

    def problem_counts(self, batch: int | None = None) -> list[tuple[str, str, int]]:
        """How many problems of each kind: severity, code, number; the most frequent first."""
        paths = self._problem_files(batch)
        if not paths:
            return []
        with self.workspace() as workspace:
            return count_problems(workspace, paths)

    def _problem_files(self, batch: int | None) -> list[Path]:
        table = schema.problem_file
        query = select(table.c.path).order_by(table.c.batch)
        if batch is not None:
            query = query.where(table.c.batch == batch)
        with self.reading() as connection:
            return [self.folder / path for path in connection.execute(query).scalars()]

    def original(self, number: int) -> Original | None:
        """One received file by the id that facts carry as ``source_file``."""
        with self.reading() as connection:
            return read_original(connection, number)

    def original_path(self, row: Original) -> Path:
        """Where the received bytes are."""
        return self.folder / original_target(row.sha256)

    def original_file(self, sha256: str) -> Path | None:
        """Where the received bytes of a hash are; None where nobody sent such."""
        with self.reading() as connection:
            found = connection.execute(
                select(schema.original.c.sha256).where(schema.original.c.sha256 == sha256)
            ).scalar()
        return None if found is None else self.folder / original_target(found)

    def mapping_text(self, sha256: str) -> tuple[str, str] | None:
        """Name and text of a mapping file that once read something."""
        table = schema.mapping_file
        with self.reading() as connection:
            row = connection.execute(select(table.c.name, table.c.body).where(table.c.sha256 == sha256)).first()
        return None if row is None else (row.name, row.body)

    # rows kept by hand

    def regions(self, known: int | None = None) -> list[Region]:
        """The regions at ``known``: of rows with the same code and beginning the newest holds."""
        return self._managed(managed.REGIONS, known)

    def organisations(self, known: int | None = None) -> list[Organisation]:
        """The organisations at ``known``."""
        return self._managed(managed.ORGANISATIONS, known)

    def populations(self, known: int | None = None) -> list[PopulationRow]:
        """The population figures at ``known``, one per area, year, kind and source."""
        return self._managed(managed.POPULATIONS, known)

    def numbered_populations(self, known: int | None = None) -> list[tuple[int, PopulationRow]]:
        """The same with each row's accepted_seq: what a denominator opens to, and which source came last."""
        with self.reading() as connection:
            seq = citylog.seq_known(connection, known)
            return managed.numbered_rows(connection, managed.POPULATIONS, seq)

    def every_population(self, known: int | None = None) -> list[tuple[int, PopulationRow]]:
        """Every population row accepted by ``known`` with its number, replaced ones among them, oldest first."""
        with self.reading() as connection:
            return managed.every_row(connection, managed.POPULATIONS, citylog.seq_known(connection, known))

    def parameter_overrides(self, known: int | None = None) -> list[ParameterOverride]:
        """The city's own values at ``known``; those that went back to the pack's are left out."""
        return [row for row in self._managed(managed.PARAMETER_OVERRIDES, known) if row.value is not None]

    def numbered_overrides(self, known: int | None = None) -> list[tuple[int, ParameterOverride]]:
        """The same with each row's accepted_seq, which says when the city decided so."""
        with self.reading() as connection:
            rows = managed.numbered_rows(connection, managed.PARAMETER_OVERRIDES, citylog.seq_known(connection, known))
        return [(seq, row) for seq, row in rows if row.value is not None]

    def form_owners(self, known: int | None = None) -> list[FormOwner]:
        """Which system keeps each form's record at ``known``; a form without a row was never decided."""
        return self._managed(managed.FORM_OWNERS, known)

    def declared_counts(self, known: int | None = None) -> list[DeclaredCount]:
        """The counts the owners of forms declared, at ``known``."""
        return self._managed(managed.DECLARED_COUNTS, known)

    def link_decisions(self, known: int | None = None) -> list[tuple[int, LinkDecision]]:
        """What people decided about pairs of registrations at ``known``, with the numbers, the newest first."""
        with self.reading() as connection:
            return links.read_decisions(connection, citylog.seq_known(connection, known))

    def every_link_decision(self, known: int | None = None) -> list[tuple[int, LinkDecision]]:
        """Every decision accepted by ``known``, those replaced or taken back among them, oldest first."""
        with self.reading() as connection:
            return managed.every_row(connection, managed.LINK_DECISIONS, citylog.seq_known(connection, known))

    def successions(self, known: int | None = None) -> dict[int, int]:
        """Identity numbers given up -> their successors at ``known``, as the persons they make by themselves."""
        with self.reading() as connection:
            return links.read_successions(connection, citylog.seq_known(connection, known))

    def link_model(self, known: int | None = None) -> LinkModel | None:
        """The weights people are told apart by at ``known``; null before any were learnt."""
        with self.reading() as connection:
            return links.read_model(connection, citylog.seq_known(connection, known))

    def ledger(self, kind: str, known: int | None = None, beginning: str = "") -> list[tuple[int, LedgerRow]]:
        """What was written down of a kind and holds at ``known``, with its numbers, in order of key."""
        with self.reading() as connection:
            return ledger.current_ledger(connection, kind, citylog.seq_known(connection, known), beginning)

    def ledger_history(self, kind: str, known: int | None = None, beginning: str = "") -> list[tuple[int, LedgerRow]]:
        """Every version of it accepted by ``known``, oldest first."""
        with self.reading() as connection:
            return ledger.ledger_history(connection, kind, citylog.seq_known(connection, known), beginning)

    def _managed(self, kind: managed.Managed[managed.Value], known: int | None) -> list[managed.Value]:
        with self.reading() as connection:
            key = kind.table.name, citylog.seq_known(connection, known)
            rows = self._rows_at.get(key)
            if rows is None:  # what holds at a number never changes: it is read once
                rows = managed.current_rows(connection, kind, key[1])
                if len(self._rows_at) >= KEPT_ROWS:
                    self._rows_at.pop(next(iter(self._rows_at)), None)
                self._rows_at[key] = rows
        return list(rows)

    def close(self) -> None:
        """Give back the database's connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_folder(folder: Path) -> None:
    if (folder / CITY_FILE).exists():
        raise Refusal(Problem(code="STORE-006"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir()]
        if others:
            raise Refusal(Problem(code="STORE-008", args={"folder": folder.name, "found": sorted(others)[0]}))
        (folder / STAGING).mkdir()
        (folder / TEMPORARY).mkdir()
    except OSError as error:
        raise Refusal(Problem(code="STORE-005", args={"file": folder.name, "reason": str(error.strerror)})) from error


def _upgrade(engine: Engine, folder: Path, tell: Tell | None, wait_seconds: float) -> None:
    """Run missing migrations under the writer's lock. A version this package never had is a newer Wangdi's."""
    with reading(engine) as connection:
        version = read_version(connection)
    if version == schema.HEAD:
        return
    if version is None:
        raise Refusal(Problem(code="STORE-009", args={"folder": folder.name}))
    if version not in known_versions():
        raise Refusal(Problem(code="STORE-012", args={"version": version}))
    with hold_writer_lock(engine, folder, "upgrade", wait_seconds, tell) as connection, connection.begin():
        upgrade_schema(connection)
    if tell is not None:
        args = {"before": version, "after": schema.HEAD}
        tell(Problem(code="STORE-013", severity=Severity.info, args=args))
