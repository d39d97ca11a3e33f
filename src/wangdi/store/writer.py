"""The one writer of a city: it accepts batches, entries, withdrawals and managed rows, each in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, TypeVar

from sqlalchemy import Connection, select

from wangdi.catalog.places import Organisation, Region
from wangdi.catalog.populations import PopulationRow
from wangdi.catalog.tables import FormTable
from wangdi.core.problem import Problem, Refusal
from wangdi.store import managed
from wangdi.store.batches import Sending, accept_sending
from wangdi.store.commit import Commit, committing, looking
from wangdi.store.database import answering_refusals
from wangdi.store.disk import STAGING, Copying, clear_intent, empty_folder, undo_unfinished
from wangdi.store.facts import check_current, find_sources
from wangdi.store.journal import find_entry, insert_entry, withdraw_facts
from wangdi.store.ledger import erase_ledger_rows, put_ledger_rows
from wangdi.store.links import accept_links
from wangdi.store.manifest import manifest_paths, read_segments, stage_segment
from wangdi.store.originals import PendingOriginals
from wangdi.store.problems import write_problems
from wangdi.store.records import (
    Batch,
    BatchRecord,
    DeclaredCount,
    FormOwner,
    JournalEntry,
    LedgerRow,
    LinkDecision,
    LinkModel,
    Original,
    ParameterOverride,
    Segment,
    StagedSegment,
    Withdrawal,
)
from wangdi.store.schema import counter
from wangdi.store.upkeep import CompactPolicy, merge_segments, remove_replaced, roll_entries
from wangdi.store.workspace import Workspace, sql_text

Value = TypeVar("Value")


class Writer:
    """Made by ``city.writer(...)``; it lives as long as the lock is held and belongs to one thread.

    Every method that accepts something is one transaction: when it returns, what it accepted survives a power cut; when
    it raises, nothing of it is there.
    """

    def __init__(self, folder: Path, connection: Connection, who: str, workspace: Callable[[], Workspace]) -> None:
        self.folder = folder
        self.who = who
        self.staging = folder / STAGING
        """Where staged files are written: on the city's own disk, emptied when the writer opens and closes.

        Files with names of one's own go into a folder of one's own in it.
        """
        self._connection = connection
        self._make_workspace = workspace
        self._workspace: Workspace | None = None
        self._staged = 0
        self._mappings: dict[str, tuple[str, str]] = {}
        self._recover()
        self._originals = PendingOriginals(folder, self.staging)

    @property
    def workspace(self) -> Workspace:
        """The writer's own DuckDB session."""
        if self._workspace is None:
            self._workspace = self._make_workspace()
        return self._workspace

    @property
    def next_seq(self) -> int:
        """The number the next thing accepted takes; nobody else can take it while this writer holds the lock."""
        with looking(self._connection):
            return int(self._connection.execute(select(counter.c.next_seq)).scalar_one())

    def stage(self, table: FormTable, query: str, workspace: Workspace | None = None) -> StagedSegment:
        """Write a query's rows (named as ``table.all_columns()``) as a segment for ``accept``."""
        self._staged += 1
        path = self.staging / f"segment-{self._staged}.parquet"
        return stage_segment(workspace or self.workspace, table, query, path)

    def add_original(self, path: Path, name: str, org: str, received_at: datetime, encoding: str = "") -> Original:
        """Take a received file in, byte for byte. It becomes part of the city with the next ``accept``.

        ``already`` in the answer: this sender has sent exactly these bytes before.
        """
        given = Original(id=0, sha256="", name=name, size=0, org=org, received_at=received_at, encoding=encoding)
        with looking(self._connection):
            return self._originals.add(self._connection, path, given)

    def original_path(self, row: Original) -> Path:
        """Where a file's kept bytes can be read: nobody can change them between reading and accepting."""
        return self._originals.path(row)

    def reading_original(self, row: Original) -> AbstractContextManager[Copying | BinaryIO]:
        """The bytes of a file taken in, from the first on; reading them is what copies a file that is not copied yet."""
        return self._originals.reading(row)

    def add_mapping(self, name: str, body: str) -> str:
        """Keep the text of a mapping file with the next batch; answers its SHA-256."""
        sha256 = hashlib.sha256(body.encode()).hexdigest()
        self._mappings[sha256] = (name, body)
        return sha256

    def accept(
        self, record: BatchRecord, staged: Sequence[StagedSegment], problems: Sequence[Problem] | Path = ()
    ) -> Batch:
        """Accept one batch: facts, the files and mappings they came from, and the problems met, together or not at all.

        Rule: segments get ``base = next_seq``; ``received_at`` becomes ``accepted_at`` unless something was accepted
        later than that already.
        Errors: refused when the disk or database cannot take it; nothing of the batch is there then.
        """
        if isinstance(problems, Path):
            found = self.workspace.one(f"select count(*) from read_parquet({sql_text(problems)})")
            kept = (problems, int(found[0])) if found and found[0] else None
        else:
            path = self.staging / "problems.parquet"
            kept = (path, write_problems(self.workspace, problems, path)) if problems else None
        sending = Sending(record, staged, kept, self._originals, dict(self._mappings))
        with self._commit(record.received_at) as commit:
            batch = accept_sending(commit, self.folder, self.workspace, sending)
        self._originals.clear()
        self._mappings.clear()
        return batch

    def enter(self, entry: JournalEntry, table: FormTable) -> int:
        """Accept one form entry; answers its number. The same idempotency key again answers the same number.

        Errors: STORE-020 or STORE-021 when it corrects a fact that never was, or that was ended already.
        """
        with looking(self._connection):
            known = find_entry(self._connection, entry.idempotency_key)
        if known is not None:
            return known
        if entry.supersedes is not None:
            self._check_current(table, (entry.supersedes,))
        with self._commit(entry.entered_at) as commit:
            return insert_entry(commit, entry, table)

    def withdraw(self, withdrawal: Withdrawal, table: FormTable) -> int:
        """Accept that facts of a form should never have been; answers the first number taken.

        Errors: as for ``enter``.
        """
        self._check_current(table, withdrawal.facts)
        with self._commit(withdrawal.at) as commit:
            return withdraw_facts(commit, withdrawal)

    def record_audit(self, action: str, ref: str, detail: Mapping[str, object], at: datetime) -> None:
        """Write an audit record of something that accepts nothing (an export made, a record opened)."""
        with self._commit(at) as commit:
            commit.record(action, ref, detail)

    def put_regions(self, rows: Sequence[Region], at: datetime) -> int:
        """Accept regions; answers the first number taken (this holds for every ``put_``)."""
        return self._put(managed.REGIONS, rows, at)

    def put_organisations(self, rows: Sequence[Organisation], at: datetime) -> int:
        """Accept organisations."""
        return self._put(managed.ORGANISATIONS, rows, at)

    def put_populations(self, rows: Sequence[PopulationRow], at: datetime) -> int:
        """Accept rows of population tables."""
        return self._put(managed.POPULATIONS, rows, at)

    def put_parameter_override(self, row: ParameterOverride, at: datetime) -> int:
        """Accept the city's own value of a pack's parameter, with who decided it and why."""
        return self._put(managed.PARAMETER_OVERRIDES, [row], at)

    def put_form_owner(self, row: FormOwner, at: datetime) -> int:
        """Accept which system keeps a form's record."""
        return self._put(managed.FORM_OWNERS, [row], at)

    def put_declared_count(self, row: DeclaredCount, at: datetime) -> int:
        """Accept the count a form's owner declares."""
        return self._put(managed.DECLARED_COUNTS, [row], at)

    def accept_links(self, staged: StagedSegment, model: LinkModel | None, at: datetime) -> int:
        """Accept links as ``LINK_TABLE`` has them, and the weights they were found with where these are new, together or not
        at all; answers the first number of the links.
        """
        with self._commit(at) as commit:
            if model is not None:
                managed.put_rows(commit, managed.LINK_MODELS, [model])
            return accept_links(commit, self.folder, staged)

    def decide_links(self, decisions: Sequence[LinkDecision], staged: StagedSegment, at: datetime) -> int:
        """Accept what somebody decided about pairs of registrations, and the links that change by it, together or not at
        all; answers the first number of the decisions.
        """
        with self._commit(at) as commit:
            first = managed.put_rows(commit, managed.LINK_DECISIONS, decisions)
            accept_links(commit, self.folder, staged)
            return first

    def put_ledger(self, rows: Sequence[LedgerRow], at: datetime) -> int:
        """Accept what was written down, together or not at all; answers the first number taken."""
        if not rows:
            return self.next_seq
        with self._commit(at) as commit:
            return put_ledger_rows(commit, rows)

    def forget_ledger(
        self, keys: Sequence[tuple[str, str]], instead: Sequence[LedgerRow], why: str, at: datetime
    ) -> int:
        """Take away the text of every version of the rows of these kinds and beginnings of keys, and accept other rows in
        their stead, together or not at all; answers how many versions lost their text.
        """
        with self._commit(at) as commit:
            found = sum(erase_ledger_rows(commit, kind, beginning, why) for kind, beginning in keys)
            if instead:
                put_ledger_rows(commit, instead)
            return found

    def roll_journal(self, tables: Sequence[FormTable]) -> dict[str, int]:
        """Move the waiting entries of these forms into segments; answers how many of each. No number changes."""
        with self._commit(None) as commit:
            return roll_entries(commit, self.folder, self.workspace, tables)

    def compact(self, table: str) -> int:
        """Merge all segments of a form into one; answers how many there were."""
        with looking(self._connection):
            segments = read_segments(self._connection, table)
        return self._merge(segments)

    def maybe_compact(self, policy: CompactPolicy | None = None) -> dict[str, int]:
        """Merge where a form has too many segments of one size; call it after a batch. Answers what was merged."""
        policy = policy or CompactPolicy()
        with looking(self._connection):
            segments = sorted(read_segments(self._connection), key=lambda segment: segment.table)
        forms = {form: list(group) for form, group in groupby(segments, key=lambda segment: segment.table)}
        merged = {form: self._merge(policy.plan(group)) for form, group in forms.items()}
        return {form: number for form, number in merged.items() if number}

    def remove_replaced(self) -> int:
        """Remove the files that merges replaced, once no reader can still be at them; answers how many."""
        with self._commit(None) as commit:
            return remove_replaced(commit, self.folder)

    def close(self) -> None:
        """Give back what the writer used; staged files that were not accepted are gone."""
        if self._workspace is not None:
            self._workspace.close()
        self._originals.clear()
        empty_folder(self.staging)

    def _merge(self, chosen: Sequence[Segment]) -> int:
        if len(chosen) < 2:
            return 0
        with self._commit(None) as commit:
            remove_replaced(commit, self.folder, chosen[0].table)
        with self._commit(None) as commit:
            return merge_segments(commit, self.folder, self.workspace, chosen)

    def _put(self, kind: managed.Managed[Value], rows: Sequence[Value], at: datetime) -> int:
        if not rows:
            return self.next_seq
        with self._commit(at) as commit:
            return managed.put_rows(commit, kind, rows)

    def _check_current(self, table: FormTable, facts: Sequence[int]) -> None:
        """Refuse to end what is no fact of this form, or what has ended already."""
        known = self.next_seq - 1
        with looking(self._connection) as connection:
            sources = find_sources(connection, self.workspace, self.folder, table, known)
        for problem in check_current(self.workspace, sources, facts):
            raise Refusal(problem)

    @contextmanager
    def _commit(self, at: datetime | None) -> Iterator[Commit]:
        try:
            with committing(self._connection, self.who, at) as commit:
                yield commit
        except BaseException:
            self._undo()
            raise
        clear_intent(self.folder)

    def _undo(self) -> None:
        """After a failed transaction remove what it had made real; what cannot be undone now the next writer undoes."""
        self._originals.clear()
        self._mappings.clear()
        try:
            with looking(self._connection):
                undo_unfinished(self.folder, lambda paths: manifest_paths(self._connection, paths))
        except Exception:  # the failure that led here is the one to report
            return

    def _recover(self) -> None:
        with looking(self._connection):
            undo_unfinished(self.folder, lambda paths: manifest_paths(self._connection, paths))
        with answering_refusals():
            empty_folder(self.staging)
