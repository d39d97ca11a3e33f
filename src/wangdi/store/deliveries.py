"""Deliveries that were acknowledged and are not taken in yet: whole folders under ``deliveries/``, there or not there.

A delivery is written into a hidden folder and becomes real by one rename, its bytes on the disk: what a sender was told is
kept survives a power cut. The folder goes when the delivery's batch is committed; one that can never be taken in leaves its
reason.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from wangdi.core.problem import Problem, Severity
from wangdi.store.database import refuse_file
from wangdi.store.disk import hash_file, is_alive, make_folder, sync_file, sync_folder, write_synced

DELIVERIES = "deliveries"
FILES, NOTE = "files", "delivery.json"
_PARTIAL = ".partial-"
_DRAFTS = itertools.count()
"""No draft ever bears a number again: whoever is done with one removes it by name, and several threads receive at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFile:
    """One file of a delivery: the name it came under, its SHA-256 and its bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDelivery:
    """What a sender was acknowledged. ``failed``: why it can never be taken in; nothing of it was."""

    id: str
    org: str
    received_at: datetime
    mapping: str | None = None
    mode: str = "add"
    files: tuple[WaitingFile, ...] = ()
    failed: Problem | None = None

    def content(self) -> tuple[str, ...]:
        """What two deliveries have in common that are the same: how they are to be taken and their files' hashes."""
        return (self.mode, *sorted({file.sha256 for file in self.files}))


@dataclass(slots=True)
class DeliveryDraft:
    """A delivery while its files arrive. Lives until ``keep`` or ``discard``."""

    city: Path
    folder: Path
    names: list[str] = field(default_factory=list)

    def new_file(self, name: str) -> Path:
        """Where the next file is to be written. Of a name that came before, a number is put behind the second."""
        plain, number = _plain_name(name), 1
        stem, suffix = Path(plain).stem, Path(plain).suffix
        while plain in self.names:
            number += 1
            plain = f"{stem} ({number}){suffix}"
        self.names.append(plain)
        return self.folder / FILES / plain

    def discard(self) -> None:
        """Nothing of it is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _plain_name(name: str) -> str:
    """A name that is one entry of a folder, is not hidden, and fits."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in ':*?"<>|').strip(". ~$")
    stem, suffix = Path(kept or "delivery").stem, Path(kept or "delivery").suffix
    room = 200 - len(suffix.encode()[:20])
    return stem.encode()[:room].decode("utf-8", "ignore") + suffix.encode()[:20].decode("utf-8", "ignore")


def open_draft(city: Path) -> DeliveryDraft:
    """A hidden folder to write a delivery's files into. Errors: STORE-005."""
    top = city / DELIVERIES
    try:
        make_folder(top, city)
        folder = next(place for number in _DRAFTS if not (place := top / f"{_PARTIAL}{os.getpid()}-{number}").exists())
        (folder / FILES).mkdir(parents=True)
    except OSError as error:
        raise refuse_file(error) from error
    return DeliveryDraft(city, folder)


def describe_draft(draft: DeliveryDraft, given: WaitingDelivery) -> WaitingDelivery:
    """The delivery with its files as they lie in the draft."""
    files = []
    for name in draft.names:
        path = draft.folder / FILES / name
        files.append(WaitingFile(name=name, sha256=hash_file(path), size=path.stat().st_size))
    return replace(given, files=tuple(files))


def keep_draft(draft: DeliveryDraft, delivery: WaitingDelivery) -> bool:
    """Make the delivery real: it survives a power cut from here on. False where one of this number is there already.

    Errors: STORE-005 where the disk does not take it; nothing is kept then.
    """
    target = draft.city / DELIVERIES / delivery.id
    try:
        for name in draft.names:
            sync_file(draft.folder / FILES / name)
        sync_folder(draft.folder / FILES)
        write_synced(draft.folder / NOTE, _note(delivery))
        if target.exists():
            return False
        try:
            draft.folder.rename(target)
        except OSError:
            if target.exists():  # somebody else kept the same meanwhile
                return False
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise refuse_file(error) from error
    return True


def waiting_files(city: Path, delivery: WaitingDelivery) -> list[Path]:
    """Where the files of a delivery lie."""
    return [city / DELIVERIES / delivery.id / FILES / file.name for file in delivery.files]


def read_waiting(city: Path, number: str) -> WaitingDelivery | None:
    """One delivery that is waiting, or that failed."""
    try:
        return _read_note((city / DELIVERIES / number / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError):
        return None


def list_waiting(city: Path) -> list[WaitingDelivery]:
    """Every delivery still to be taken in, in the order they came."""
    top = city / DELIVERIES
    names = [entry.name for entry in top.iterdir()] if top.is_dir() else []
    found = [one for name in names if not name.startswith(".") and (one := read_waiting(city, name)) is not None]
    return sorted((one for one in found if one.failed is None), key=lambda one: (one.received_at, one.id))


def mark_failed(city: Path, delivery: WaitingDelivery, problem: Problem) -> None:
    """Keep why a delivery can never be taken in; its files go."""
    folder = city / DELIVERIES / delivery.id
    if folder.is_dir():
        write_synced(folder / NOTE, _note(replace(delivery, failed=problem)))
        shutil.rmtree(folder / FILES, ignore_errors=True)


def forget_waiting(city: Path, number: str) -> None:
    """The delivery is taken in: its batch says everything."""
    shutil.rmtree(city / DELIVERIES / number, ignore_errors=True)


def remove_partial(city: Path) -> int:
    """Remove what processes that are gone had begun to receive; answers how many."""
    removed = 0
    for folder in _partial_folders(city):
        process = folder.name.removeprefix(_PARTIAL).partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _partial_folders(city: Path) -> Iterator[Path]:
    top = city / DELIVERIES
    yield from sorted(top.glob(f"{_PARTIAL}*")) if top.is_dir() else ()


def _note(delivery: WaitingDelivery) -> str:
    failed = delivery.failed
    said: dict[str, Any] = {
        "id": delivery.id,
        "org": delivery.org,
        "received_at": delivery.received_at.isoformat(),
        "mapping": delivery.mapping,
        "mode": delivery.mode,
        "files": [{"name": file.name, "sha256": file.sha256, "size": file.size} for file in delivery.files],
        "failed": None if failed is None else {"code": failed.code, "file": failed.file, "args": dict(failed.args)},
    }
    return json.dumps(said, ensure_ascii=False, indent=1)


def _read_note(text: str) -> WaitingDelivery:
    said: Mapping[str, Any] = json.loads(text)
    failed = said["failed"]
    files: Sequence[Mapping[str, Any]] = said["files"]
    return WaitingDelivery(
        id=said["id"],
        org=said["org"],
        received_at=datetime.fromisoformat(said["received_at"]),
        mapping=said["mapping"],
        mode=said["mode"],
        files=tuple(WaitingFile(**file) for file in files),
        failed=None
        if failed is None
        else Problem(code=failed["code"], severity=Severity.error, file=failed["file"], args=failed["args"]),
    )
