"""Files that must survive a power cut, and the intent that makes a crash between rename and commit harmless.

A staged file becomes real by a rename inside the transaction that inserts its manifest row. Before the first rename the
targets are written to ``intent.json``; whoever writes next removes every target of an unfinished intent that the
manifest does not know. So a crash leaves no half-accepted file, and nobody needs to search the whole city for one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 20
INTENT = "intent.json"
_SYNCING = 8
_SYNC_EARLY_BYTES = 32 << 20
"""A larger copy is on its way to the disk while something else is done with it: its sync at the end is then short."""
STAGING = "staging"


@dataclass(frozen=True, slots=True)
class Move:
    """One staged file and where in the city it becomes real (relative, with forward slashes)."""

    staged: Path
    target: str


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of writing (a full disk) the file's name, which the system leaves out."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def sync_file(path: Path) -> None:
    """Return when the file's bytes are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Return when the folder's entries (creations, renames) are on the disk."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in bounded memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class Copying:
    """A file that is copied and hashed while it is read, so that reading it for another reason costs no second reading.

    What was not read yet when ``finish`` is called is copied then. One thread at a time.
    """

    def __init__(self, source: Path, target: Path) -> None:
        self.name, self._target = str(source), target
        self._reader = source.open("rb")
        try:
            self.expected = os.fstat(self._reader.fileno()).st_size
            with naming(target):
                self._writer = target.open("wb")
        except BaseException:
            self._reader.close()
            raise
        self._digest = hashlib.sha256()
        self._size = 0
        self._syncer: ThreadPoolExecutor | None = None
        self._synced: Future[None] | None = None

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end. Errors: OSError of reading the one file or writing the other."""
        chunk = self._reader.read(size)
        with naming(self._target):
            self._writer.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)
        if not chunk and self._synced is None and self._size > _SYNC_EARLY_BYTES:
            self._writer.flush()
            self._syncer = ThreadPoolExecutor(max_workers=1)
            self._synced = self._syncer.submit(os.fsync, self._writer.fileno())
        return chunk

    def tell(self) -> int:
        """Bytes read so far."""
        return self._size

    def finish(self) -> tuple[str, int]:
        """Copy the rest; answers the SHA-256 and size of the whole. Whoever makes the copy real syncs it."""
        while self.read(CHUNK_BYTES):
            pass
        self.close()
        return self._digest.hexdigest(), self._size

    def close(self) -> None:
        """Let go of both files, wherever the copy is."""
        self._reader.close()
        with naming(self._target), self._writer:
            if self._syncer is not None and self._synced is not None:
                self._syncer.shutdown()
                self._synced.result()


def write_synced(path: Path, content: str | bytes) -> None:
    """Write a small file so that it is there whole or not at all; a text as UTF-8."""
    draft = path.with_name(path.name + ".new")
    with naming(path), draft.open("wb") as handle:
        handle.write(content.encode() if isinstance(content, str) else content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path, top: Path) -> None:
    """Make a folder below ``top`` such that its existence survives a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent, top) if folder != top else None
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def run_moves(city: Path, moves: Sequence[Move]) -> None:
    """Make staged files real. The caller commits their manifest rows next, then calls ``clear_intent``."""
    if not moves:
        return
    with ThreadPoolExecutor(max_workers=_SYNCING) as pool:  # a disk syncs several files in hardly more time than one
        list(pool.map(sync_file, (move.staged for move in moves)))
    write_synced(city / INTENT, json.dumps([move.target for move in moves]))
    for move in moves:
        target = city / move.target
        make_folder(target.parent, city)
        move.staged.rename(target)
    for folder in sorted({(city / move.target).parent for move in moves}):
        sync_folder(folder)


def clear_intent(city: Path) -> None:
    """The moves are committed: nothing is left to undo."""
    (city / INTENT).unlink(missing_ok=True)


def undo_unfinished(city: Path, known: Callable[[Iterable[str]], set[str]]) -> list[str]:
    """Remove the files of an accept that never committed; answers what was removed.

    ``known`` answers which of some paths the manifest has. An intent that cannot be read was itself never finished, so
    no rename can have followed it.
    """
    intent = city / INTENT
    intent.with_name(INTENT + ".new").unlink(missing_ok=True)
    if not intent.exists():
        return []
    try:
        targets = [str(target) for target in json.loads(intent.read_text(encoding="utf-8"))]
    except ValueError:
        targets = []
    removed = sorted(target for target in set(targets) - known(targets) if (city / target).exists())
    for target in removed:
        remove_file(city / target)
    intent.unlink()
    return removed


def remove_file(path: Path) -> None:
    """Remove a file, and its ``base=`` folder when that is now empty; nothing happens when it is already gone."""
    path.unlink(missing_ok=True)
    if path.parent.name.startswith("base="):
        try:
            path.parent.rmdir()
        except OSError:
            return  # other files are still in it, or it is gone


def empty_folder(folder: Path) -> None:
    """Make the folder exist with nothing in it (staged files only: one level)."""
    folder.mkdir(exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir():
            empty_folder(entry)
            entry.rmdir()
        else:
            entry.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
