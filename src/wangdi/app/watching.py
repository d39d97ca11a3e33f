"""A watched folder: what is dropped into it is taken in once, and lies afterwards in done/ or refused/ with its receipt.

``incoming/ORG/NAME`` is claimed by one rename into ``incoming/ORG/.taking/CLAIM/``, collected as a delivery of that claim's
number, and moved with its receipt by another rename. Killed anywhere between, the next watcher goes on with the claim: a
delivery that is a batch already is only answered.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wangdi.app.cities import mapping_folders
from wangdi.app.receipts import PASSING, Receipt, batch_receipt, is_sender, number_delivery, receipt_json
from wangdi.app.sendings import take_in, write_refused
from wangdi.collect.files import show_path
from wangdi.collect.request import CollectRequest, Progress, no_progress
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.database import refuse_file
from wangdi.store.disk import write_synced
from wangdi.store.lock import hold_alone

INBOX, DONE, REFUSED, TAKING = "incoming", "done", "refused", ".taking"
LOCK = ".watch.lock"
MARKER = ".ok"
MOST_PROBLEMS = 1000
"""In a receipt beside a file; `wangdi problems --batch` lists all."""
LONGEST_NAME = 200
"""Bytes of a name, so that its receipt's name still fits."""
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".swp")
"""What programs call a file they are still writing."""
_CLAIM = re.compile(r"^(\d{8}-\d{6})-\d+$")
_STAMP = "%Y%m%d-%H%M%S"
log = logging.getLogger(__name__)

Signature = tuple[tuple[str, int, int], ...]
"""Of a file or folder: the name, size and time of change of everything in it. The same twice: nobody writes to it."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where one organisation's files are dropped."""

    folder: Path
    org: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that lies in an inbox. ``marked``: its sender says that it is complete."""

    inbox: Inbox
    name: str
    signature: Signature
    marked: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed, until it is moved on."""

    inbox: Inbox
    folder: Path

    @property
    def received_at(self) -> datetime:
        """When it was claimed: the same however often it has to be begun."""
        return datetime.strptime(self.folder.name.rpartition("-")[0], _STAMP)

    @property
    def number(self) -> str:
        """The delivery's number."""
        return number_delivery(self.inbox.org, f"watch {self.inbox.folder.resolve()} {self.folder.name}")

    def name(self) -> str:
        """What was dropped; empty where a claim was made and nothing moved into it.

        Everything that is put beside it is called by its name and something more.
        """
        return min((entry.name for entry in self.folder.iterdir() if not entry.name.startswith(".")), default="")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one thing dropped, and where it lies now with its receipt."""

    name: str
    folder: Path
    receipt: Receipt
    refused: bool


@dataclass(frozen=True, slots=True)
class Taking:
    """What taking in needs beside the claim."""

    city: City
    library: Library
    actor: str
    progress: Progress = no_progress
    lang: str = "zh"


@contextmanager
def hold_watch(folder: Path) -> Iterator[None]:
    """Be the one watcher of a folder. Errors: WAY-030 there is one, WAY-031 no such folder."""
    if not folder.is_dir():
        raise Refusal(Problem(code="WAY-031", args={"folder": str(folder)}))
    with hold_alone(folder / LOCK, "WAY-030"):
        yield


def find_inboxes(city: City, folder: Path, org: str | None) -> tuple[list[Inbox], list[Problem]]:
    """The folder itself where its organisation is named, else a folder for each organisation in it.

    Errors: WAY-032 a folder that bears no organisation's code, or an organisation named that there is none of (raised);
    WAY-037 the city itself lies in the folder, and would be moved away as if it had been dropped (raised).
    """
    if city.folder.resolve().is_relative_to(folder.resolve()):
        raise Refusal(Problem(code="WAY-037", args={"folder": str(folder), "city": str(city.folder)}))
    if org is not None:
        if not is_sender(city, org):
            raise Refusal(Problem(code="WAY-032", args={"org": org}))
        return [Inbox(folder, org)], []
    folders = sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    wrong = [one.name for one in folders if not is_sender(city, one.name)]
    problems = [Problem(code="WAY-032", severity=Severity.warning, args={"org": name}) for name in wrong]
    return [Inbox(one, one.name) for one in folders if one.name not in wrong], problems


def look_into(inbox: Inbox) -> tuple[list[Sighting], list[Problem]]:
    """What lies in an inbox, hidden and unfinished files left out. Errors: WAY-034 links are not followed."""
    found: list[Sighting] = []
    problems: list[Problem] = []
    names = {entry.name for entry in inbox.folder.iterdir()}
    for name in sorted(names):
        ours = name in (DONE, REFUSED) or name.startswith((".", "~$"))
        marks = name.endswith(MARKER) and name.removesuffix(MARKER) in names
        if ours or marks or name.lower().endswith(UNFINISHED):
            continue
        if len(os.fsencode(name)) > LONGEST_NAME:
            args = {"name": show_path(name)[:40]}
            problems.append(Problem(code="WAY-035", severity=Severity.warning, args=args))
            continue
        try:
            signature = _sign(inbox.folder / name)
        except FileNotFoundError:
            continue  # somebody took it back
        if signature is None:
            problems.append(Problem(code="WAY-034", severity=Severity.warning, args={"name": show_path(name)}))
        elif signature:
            found.append(Sighting(inbox, name, signature, name + MARKER in names))
    return found, problems


def _sign(path: Path) -> Signature | None:
    """What a file or folder looks like now; None where there is a link in it, which could lead anywhere."""
    paths = [path] if path.is_symlink() or path.is_file() else sorted(path.rglob("*"))
    if any(one.is_symlink() for one in paths):
        return None
    files = [one for one in paths if one.is_file()]
    if any(one.name.lower().endswith(UNFINISHED) for one in files):
        return ()
    states = [(one, one.stat()) for one in files]
    return tuple((one.relative_to(path.parent).as_posix(), state.st_size, state.st_mtime_ns) for one, state in states)


def claim_dropped(sighting: Sighting, now: datetime) -> Claim | None:
    """Take hold of something complete: nobody else gets it any more. None where it has gone meanwhile.

    Errors: WAY-033 it cannot be moved.
    """
    inbox = sighting.inbox
    folder = _new_claim(inbox, now)
    try:
        (inbox.folder / sighting.name).rename(folder / sighting.name)
    except FileNotFoundError:
        folder.rmdir()
        return None
    except OSError as error:
        folder.rmdir()
        args = {"name": show_path(sighting.name), "reason": error.strerror or "?"}
        raise Refusal(Problem(code="WAY-033", args=args)) from error
    if sighting.marked:
        marker = inbox.folder / (sighting.name + MARKER)
        if marker.exists():
            marker.rename(folder / marker.name)
    return Claim(inbox, folder)


def _new_claim(inbox: Inbox, now: datetime) -> Path:
    stamp, number = now.strftime(_STAMP), 1
    try:
        (inbox.folder / TAKING).mkdir(exist_ok=True)
        while any((inbox.folder / part / f"{stamp}-{number}").exists() for part in (TAKING, DONE, REFUSED)):
            number += 1
        folder = inbox.folder / TAKING / f"{stamp}-{number}"
        folder.mkdir()
    except OSError as error:
        raise refuse_file(error) from error
    return folder


def unfinished_claims(inbox: Inbox) -> list[Claim]:
    """What an earlier watcher had claimed and not moved on, oldest first."""
    top = inbox.folder / TAKING
    folders = sorted(top.iterdir()) if top.is_dir() else []
    claims = [Claim(inbox, folder) for folder in folders if folder.is_dir() and _CLAIM.match(folder.name)]
    for claim in claims:
        if not claim.name():
            claim.folder.rmdir()
    return [claim for claim in claims if claim.folder.exists()]


def take_claim(taking: Taking, claim: Claim) -> Taken:
    """Collect what was claimed, write its receipt and its refused rows beside it, and move all of it on.

    Rule: what the surroundings forbid (a full disk, another writer) raises Refusal and the claim stays to be gone on with.
    """
    name = claim.name()
    city = taking.city
    receipt = _collect(taking, claim, name)
    errors = [problem for problem in receipt.problems if problem.severity is Severity.error]
    counts = city.problem_counts(receipt.batch.id) if receipt.batch else []
    refused = bool(errors) or any(severity == Severity.error for severity, _, _ in counts)
    try:
        if receipt.batch is not None and receipt.batch.record.refused:
            write_refused(city, taking.library, receipt.batch.id, claim.folder / f"{name}.refused.csv")
        said = receipt_json(receipt, taking.lang) | {"dropped": show_path(name)}
        write_synced(claim.folder / f"{name}.receipt.json", json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        target = claim.inbox.folder / (REFUSED if refused else DONE) / claim.folder.name
        target.parent.mkdir(exist_ok=True)
        claim.folder.rename(target)
    except OSError as error:
        raise refuse_file(error) from error
    return Taken(show_path(name), target, receipt, refused)


def _collect(taking: Taking, claim: Claim, name: str) -> Receipt:
    request = CollectRequest(
        org=claim.inbox.org,
        received_at=claim.received_at,
        mappings=mapping_folders(taking.city),
        delivery=claim.number,
        actor=taking.actor,
        progress=taking.progress,
    )
    try:
        take_in(taking.city, taking.library, [claim.folder / name], request)
    except Refusal as refusal:
        if refusal.problem.code.startswith(PASSING):
            raise
        return _failed(claim, refusal.problem)
    except Exception:
        log.exception("%s could not be taken in", claim.folder)
        return _failed(claim, Problem(code="WAY-113", file=show_path(name)))
    batch = taking.city.delivered(claim.number)
    return (
        _failed(claim, Problem(code="FILE-017", file=show_path(name)))
        if batch is None
        else batch_receipt(taking.city, batch, MOST_PROBLEMS)
    )


def _failed(claim: Claim, problem: Problem) -> Receipt:
    return Receipt(
        id=claim.number,
        org=claim.inbox.org,
        state="failed",
        received_at=claim.received_at,
        files=(),
        failed=problem,
        problems=(problem,),
        problem_count=1,
    )


class Patience:
    """What was seen before, and since when it is the same: a file is complete when nobody writes to it any more."""

    def __init__(self, settle: float, only_marked: bool) -> None:
        self._settle, self._only_marked = settle, only_marked
        self._seen: dict[Path, tuple[Signature, float]] = {}

    def complete(self, sightings: Sequence[Sighting], moment: float) -> list[Sighting]:
        """Those of the sightings that are complete. ``moment``: a clock that only runs on, in seconds."""
        ready: list[Sighting] = []
        seen: dict[Path, tuple[Signature, float]] = {}
        for one in sightings:
            path = one.inbox.folder / one.name
            signature, since = self._seen.get(path, (one.signature, moment))
            if signature != one.signature:
                since = moment
            seen[path] = (one.signature, since)
            if one.marked or (not self._only_marked and moment - since >= self._settle):
                ready.append(one)
        self._seen = seen
        return ready
