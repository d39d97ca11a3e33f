"""What goes into a city's store and what comes back, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

Scalar = str | int | float | bool | date | datetime | None
"""A value of one field of a form entry."""

SUPERSEDED = "superseded"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Original:
    """One file as received from one sender, kept byte for byte.

    Grain: one per sender and content; the bytes themselves are stored once whoever sends them.
    """

    id: int
    sha256: str
    name: str
    size: int
    org: str
    received_at: datetime
    encoding: str = ""
    already: bool = False
    """This sender had sent the same bytes before; the answer names that first receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSegment:
    """A Parquet file written under ``writer.staging`` that ``accept`` makes real.

    ``absolute``: its ``seq_offset`` already is the accepted_seq (nothing is added to it).
    ``columns``: column -> DuckDB type; read from the file where none are given.
    ``retires``: of a ``system.retirement`` segment, the forms whose facts it names; empty means it may be any.
    """

    table: str
    path: Path
    rows: int
    first_offset: int
    last_offset: int
    identifying: bool = False
    absolute: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    retires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One row of the manifest: an immutable Parquet file of one form."""

    id: int
    table: str
    path: str
    """Relative to the city's folder."""
    base: int
    first_seq: int
    last_seq: int
    rows: int
    size: int
    sha256: str
    columns: tuple[tuple[str, str], ...]
    identifying: bool = False
    retires: tuple[str, ...] = ()
    first_retired: int | None = None
    """Of a ``system.retirement`` segment: the smallest fact number it names."""
    last_retired: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """One file of a batch: which original, the name it came under this time, and the mapping that read it."""

    original: int
    name: str
    rows: int = 0
    form: str = ""
    mapping: str = ""
    mapping_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """What one sending came to. ``received = accepted + refused + duplicates`` is the sender's to hold.

    ``forms``: facts accepted by form. ``accepted_at`` is set by the store. ``delivery``: the number of the receipt its sender
    was given, where one was; no two batches bear the same.
    """

    org: str
    received_at: datetime
    mode: str = "add"
    files: tuple[BatchFile, ...] = ()
    received: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    superseded: int = 0
    withdrawn: int = 0
    forms: Mapping[str, int] = field(default_factory=dict, hash=False)
    delivery: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An accepted batch and the numbers it took: ``first_seq`` to ``last_seq``, both inclusive."""

    id: int
    record: BatchRecord
    accepted_at: datetime
    first_seq: int
    last_seq: int
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One line of the acceptance log: these numbers, for this, at that moment, by that person.

    ``accepted_at`` never runs backwards; ``given_at`` is what the caller said, where that was earlier.
    """

    first_seq: int
    last_seq: int
    kind: str
    ref: str
    accepted_at: datetime
    given_at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who did what, and when. Carries no personal data."""

    id: int
    at: datetime
    actor: str
    action: str
    ref: str
    detail: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One form filled in inside Wangdi. The journal row it becomes is its source line.

    ``idempotency_key``: made by the page that sends the form; sent twice, it is entered once.
    ``supersedes``: the fact (its accepted_seq) that this entry corrects.
    """

    form: str
    registration_id: int
    occurred_on: date
    org: str
    actor: str
    idempotency_key: str
    entered_at: datetime
    values: Mapping[str, Scalar] = field(hash=False)
    occurred_at: datetime | None = None
    recorder: str = ""
    supersedes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Facts that should never have been: each is named by its number, with the reason."""

    form: str
    facts: tuple[int, ...]
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """A form entry as it was accepted, for ever: the source line of its fact."""

    seq: int
    entry: JournalEntry
    rolled_into: int | None
    """The segment that holds its fact by now, if it was rolled."""


@dataclass(frozen=True, slots=True)
class ParameterOverride:
    """A city's own value for a pack's parameter. A null value goes back to the pack's own."""

    pack: str
    name: str
    value: str | None
    who: str
    why: str


TOGETHER, APART, UNSURE, OPEN = "together", "apart", "unsure", "open"
"""What can be decided about two registrations. ``OPEN`` takes a decision back."""
LEDGER = "ledger"
"""What people and the daily runs write down beside the records: it takes numbers, and moves no figure."""
SUCCEEDED = "succeeded"
"""What can be decided about two identity numbers: one was given up for the other. Both stand as the persons they make by
themselves, never as numbers."""


@dataclass(frozen=True, slots=True)
class LinkDecision:
    """What somebody decided about two registrations, and why. The newest about a pair holds.

    Of a succession ``one`` is the number given up and ``other`` its successor.
    """

    one: int
    other: int
    verdict: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Something written down beside the records. Of the rows of one kind and key the newest holds.

    ``kind``: what it is (``signal``, ``event.contact`` ...). ``key``: which one; what belongs together shares a beginning.
    Missing: ``body`` is null where it was erased.
    """

    kind: str
    key: str
    body: Mapping[str, Any] | None = field(hash=False)
    who: str


@dataclass(frozen=True, slots=True)
class LinkModel:
    """A weights file by which people are told apart: its text, and who had it learnt or put it there."""

    name: str
    body: str
    who: str


@dataclass(frozen=True, slots=True)
class FormOwner:
    """Which system keeps a form's record (source_of_record): ``wangdi`` or the name of an upstream one."""

    form: str
    owner: str


@dataclass(frozen=True, slots=True)
class DeclaredCount:
    """How many records the owner of a form says there are, to be held against ours."""

    form: str
    period: str
    org: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the writer's lock, and since when."""

    who: str
    pid: int
    host: str
    since: str
    """In the holder's own words (ISO); empty where it did not say."""
