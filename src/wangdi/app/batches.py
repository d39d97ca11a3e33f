"""What came in: batches newest first, who sent nothing, and one batch with its files and what was wrong in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wangdi.catalog.trees import Organisation
from wangdi.collect.mapping_reading import parse_mapping
from wangdi.core.dates import month_end
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Places
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.records import Batch, BatchFile, Original

EXAMPLES = 3
"""Problems of one kind that are shown before somebody asks for all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which batches: of a sender, received in a month (``2025-11``), with refused rows."""

    org: str = ""
    month: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Silent:
    """An institution from which nothing came in a month; ``last`` is its newest batch, None where there never was one."""

    organisation: Organisation
    last: Batch | None


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a batch: as received, and the batch in which this sender had sent the same bytes before."""

    file: BatchFile
    original: Original
    earlier: Batch | None

    @property
    def read(self) -> bool:
        """Whether anything read it: a mapping, or the FHIR reader."""
        return bool(self.file.mapping)


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """All problems of a batch that are of one kind and about one field, with the first of them."""

    severity: str
    code: str
    field: str | None
    count: int
    examples: tuple[Problem, ...]


def list_batches(batches: Sequence[Batch], wanted: Wanted) -> list[Batch]:
    """The batches that are wanted, newest first."""
    return [
        one
        for one in reversed(batches)
        if (not wanted.org or one.record.org == wanted.org)
        and (not wanted.month or f"{one.record.received_at:%Y-%m}" == wanted.month)
        and (not wanted.refused or one.record.refused)
    ]


def list_silent(batches: Sequence[Batch], places: Places, month: date) -> list[Silent]:
    """The institutions from which nothing came in the month that begins on ``month``.

    Rule: who has ever sent and did not; and who never sent, unless somebody above sends for it. Of those that are open on
    the month's last day. Order: the longest silence last, those that never sent at the end.
    """
    on = month_end(month)
    last: dict[str, Batch] = {}
    heard: set[str] = set()
    for batch in batches:
        if batch.record.received_at.date() <= on:
            last[batch.record.org] = batch
        if f"{batch.record.received_at:%Y-%m}" == f"{month:%Y-%m}":
            heard.add(batch.record.org)
    tree = places.organisations
    found: list[Silent] = []
    for code in tree.rows:
        organisation = tree.find(code, on)
        if organisation is None or code in heard:
            continue
        if code in last or not any(over.code in last for over in tree.ancestors(code, on)):
            found.append(Silent(organisation, last.get(code)))
    return sorted(found, key=lambda one: (one.last is None, -one.last.id if one.last else 0, one.organisation.code))


def open_batch(city: City, number: int) -> Batch:
    """One batch. Errors: CITY-009."""
    found = next((one for one in city.batches() if one.id == number), None)
    if found is None:
        raise Refusal(Problem(code="CITY-009", args={"batch": str(number)}))
    return found


def list_received(city: City, batch: Batch) -> list[ReceivedFile]:
    """The files of a batch, each with what is kept of it."""
    sent: dict[int, Batch] = {}
    for one in city.batches():
        if one.id < batch.id:
            for file in one.record.files:
                sent.setdefault(file.original, one)
    received = []
    for file in batch.record.files:
        original = city.original(file.original)
        assert original is not None, "a batch names originals that are in the store"
        received.append(ReceivedFile(file, original, sent.get(file.original)))
    return received


def list_kinds(city: City, batch: int) -> list[ProblemKind]:
    """What is wrong in a batch by kind and field: what was refused first, the most frequent before the rest."""
    kinds = [
        ProblemKind(str(first[0].severity), first[0].code, first[0].field, count, tuple(first))
        for count, first in city.problem_kinds(batch, EXAMPLES)
    ]
    order = ("error", "warning", "info")
    return sorted(kinds, key=lambda kind: (order.index(kind.severity), -kind.count, kind.code, kind.field or ""))


def name_columns(city: City, library: Library, batch: Batch) -> dict[tuple[str, str], str]:
    """What a field is called in a file of the batch, by file name and field: the column its mapping reads it from."""
    found: dict[tuple[str, str], str] = {}
    for file in batch.record.files:
        kept = city.mapping_text(file.mapping_sha256) if file.mapping_sha256 else None
        mapping = parse_mapping(kept[1], kept[0], library.newest)[0] if kept is not None else None
        if mapping is not None:
            rules = {**mapping.fields, **mapping.subject}
            found |= {(file.name, field): rule.column for field, rule in rules.items() if rule.column}
    return found
