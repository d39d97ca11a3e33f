"""Deliveries: acknowledged, kept, taken in once, and answered by a receipt, whichever way they came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from wangdi.app.cities import mapping_folders
from wangdi.app.sendings import take_in
from wangdi.collect.request import CollectRequest
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.deliveries import (
    DeliveryDraft,
    WaitingDelivery,
    describe_draft,
    forget_waiting,
    keep_draft,
    list_waiting,
    mark_failed,
    open_draft,
    read_waiting,
    remove_partial,
    waiting_files,
)
from wangdi.store.records import Batch

State = Literal["receiving", "done", "failed"]
PASSING = ("STORE-", "CLI-")
"""Problems of the surroundings, by their beginning: the same delivery may well be taken in later."""

__all__ = ["DeliveryDraft", "list_waiting", "mark_failed", "open_draft", "remove_partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFile:
    """One file of a receipt. Missing: form and mapping are empty until the file was read, and where none fits it."""

    name: str
    sha256: str
    size: int
    rows: int = 0
    form: str = ""
    mapping: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a sender is told of a delivery.

    ``batch``: what it came to, once it is ``done``. ``failed``: why nothing of it could be taken in.
    Grain: the batch's counts are source rows.
    """

    id: str
    org: str
    state: State
    received_at: datetime
    files: tuple[ReceiptFile, ...]
    batch: Batch | None = None
    failed: Problem | None = None
    problems: tuple[Problem, ...] = ()
    """The first of them."""
    problem_count: int = 0


def number_delivery(org: str, key: str) -> str:
    """The number of the delivery that a sender calls by this key: the same key is the same delivery."""
    return hashlib.sha256(f"{org}\n{key}".encode()).hexdigest()[:24]


def new_delivery(number: str, org: str, received_at: datetime, mapping: str | None, mode: str) -> WaitingDelivery:
    """A delivery before its files are looked at."""
    return WaitingDelivery(id=number, org=org, received_at=received_at, mapping=mapping, mode=mode)


def acknowledge(draft: DeliveryDraft, given: WaitingDelivery, city: City) -> tuple[Receipt, bool]:
    """Keep what has arrived; from here on it is not lost. Answers its receipt, and whether it is new.

    Rule: the same number with the same content is the same delivery.
    Errors: WAY-101 the same number with other content; WAY-102 there is no file in it; STORE-005.
    """
    try:
        delivery = describe_draft(draft, given)
        if not delivery.files:
            raise Refusal(Problem(code="WAY-102"))
        before = find_receipt(city, delivery.org, delivery.id)
        if before is None and keep_draft(draft, delivery):
            return _waiting_receipt(delivery), True
    finally:
        draft.discard()
    before = before or find_receipt(city, delivery.org, delivery.id)
    if before is None or _content(city, before) != delivery.content():
        raise Refusal(Problem(code="WAY-101"))
    return before, False


def _content(city: City, receipt: Receipt) -> tuple[str, ...]:
    waiting = read_waiting(city.folder, receipt.id)
    if receipt.batch is None and waiting is not None:
        return waiting.content()
    mode = receipt.batch.record.mode if receipt.batch else ""
    return (mode, *sorted({file.sha256 for file in receipt.files}))


def take_waiting(city: City, library: Library, number: str, actor: str) -> Receipt | None:
    """Take in a delivery that was acknowledged; answers its receipt. Taken in already, it is only answered.

    Rule: what the surroundings forbid (a full disk, another writer) raises Refusal and the delivery waits on; what can never
    be taken in is marked so, with its reason.
    """
    delivery = read_waiting(city.folder, number)
    if delivery is None or delivery.failed is not None:
        return None
    request = CollectRequest(
        org=delivery.org,
        received_at=delivery.received_at,
        mapping=delivery.mapping,
        mode="replace-period" if delivery.mode == "replace-period" else "add",
        mappings=mapping_folders(city),
        delivery=number,
        actor=actor,
    )
    try:
        take_in(city, library, waiting_files(city.folder, delivery), request)
    except Refusal as refusal:
        if city.delivered(number) is None and not refusal.problem.code.startswith(PASSING):
            if read_waiting(city.folder, number) is not None:
                mark_failed(city.folder, delivery, refusal.problem)
            return find_receipt(city, delivery.org, number)
        if city.delivered(number) is None:
            raise
    forget_waiting(city.folder, number)
    return find_receipt(city, delivery.org, number)


def find_receipt(city: City, org: str, number: str, shown: int = 20) -> Receipt | None:
    """The receipt of a number, with its first problems; nothing where this sender has none of that number."""
    batch = city.delivered(number)
    if batch is not None:
        return batch_receipt(city, batch, shown) if batch.record.org == org else None
    waiting = read_waiting(city.folder, number)
    return _waiting_receipt(waiting) if waiting is not None and waiting.org == org else None


def _waiting_receipt(waiting: WaitingDelivery) -> Receipt:
    files = tuple(ReceiptFile(name=file.name, sha256=file.sha256, size=file.size) for file in waiting.files)
    failed = waiting.failed
    return Receipt(
        id=waiting.id,
        org=waiting.org,
        state="receiving" if failed is None else "failed",
        received_at=waiting.received_at,
        files=files,
        failed=failed,
        problems=() if failed is None else (failed,),
        problem_count=0 if failed is None else 1,
    )


def batch_receipt(city: City, batch: Batch, shown: int = 20) -> Receipt:
    """The receipt of what was taken in."""
    files = []
    for file in batch.record.files:
        original = city.original(file.original)
        assert original is not None, "a batch names the originals there are"
        files.append(
            ReceiptFile(
                name=file.name,
                sha256=original.sha256,
                size=original.size,
                rows=file.rows,
                form=file.form,
                mapping=file.mapping,
            )
        )
    return Receipt(
        id=batch.record.delivery or "",
        org=batch.record.org,
        state="done",
        received_at=batch.record.received_at,
        files=tuple(files),
        batch=batch,
        problems=tuple(city.problems(batch.id, shown)) if shown else (),
        problem_count=sum(count for _, _, count in city.problem_counts(batch.id)),
    )


def receipt_json(receipt: Receipt, lang: str = "zh") -> dict[str, Any]:
    """A receipt as it is written beside a file and answered."""
    batch = receipt.batch
    counts = ("received", "accepted", "refused", "duplicates", "superseded", "withdrawn")
    return {
        "id": receipt.id,
        "org": receipt.org,
        "state": receipt.state,
        "received_at": receipt.received_at.isoformat(),
        "batch": None if batch is None else batch.id,
        **{name: 0 if batch is None else getattr(batch.record, name) for name in counts},
        "forms": {} if batch is None else dict(batch.record.forms),
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "size": file.size,
                "rows": file.rows,
                "form": file.form,
                "mapping": file.mapping,
            }
            for file in receipt.files
        ],
        "problem_count": receipt.problem_count,
        "problems": [problem.as_json(lang) for problem in receipt.problems],
    }


def is_sender(city: City, org: str) -> bool:
    """Whether an organisation may send: it is one of the city's, or the city lists none."""
    organisations = city.organisations()
    return not organisations or any(one.code == org for one in organisations)
