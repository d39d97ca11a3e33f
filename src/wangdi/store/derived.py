"""Derived tables on disk: disposable Parquet, in layers, made real by one rename.

A *base* is everything worked out whole at one knowledge number. A *change* lies on one base: the subjects about whom
anything was accepted or retired between the base's number and a later one, worked out anew. Deleting the folder loses
nothing but time.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wangdi.store.disk import sync_file, sync_folder
from wangdi.store.workspace import sql_text

KEEP_BASES = 3
MAKING = ".making-"
"""What the folders that somebody is filling begin with."""


class Hold:
    """Keeps folders from being swept, by this process or another, for as long as it lives."""

    def __init__(self, handles: list[int]) -> None:
        self._handles = handles

    def add(self, handle: int) -> None:
        """Close this one, too, at the end."""
        self._handles.append(handle)

    def __del__(self) -> None:
        while self._handles:
            os.close(self._handles.pop())


@dataclass(frozen=True, slots=True)
class Layers:
    """Where the tables of one question stand: a base, and the change on top of it when there is one."""

    base: Path
    change: Path | None
    hold: Hold | None = field(default=None, compare=False)
    """Keeps both folders there for as long as these layers are asked; null for tables nobody else can sweep."""

    def table_sql(self, name: str, key: str = "subject_id") -> str:
        """SQL, to stand in FROM, of a table as it is at the question's number. ``key``: what a change replaces by."""
        base = f"read_parquet({sql_text(self.base / f'{name}.parquet')})"
        if self.change is None:
            return base
        gone = sql_text(self.change / f"changed_{key}.parquet")
        change = f"read_parquet({sql_text(self.change / f'{name}.parquet')})"
        return (
            f"(SELECT b.* FROM {base} b ANTI JOIN read_parquet({gone}) c ON b.{key} = c.{key}"
            f" UNION ALL SELECT * FROM {change})"
        )


@dataclass(frozen=True, slots=True)
class DerivedFolder:
    """The derived tables of one set of rules: ``<city>/derived/<rules>/base-<n>`` and ``change-<n0>-<n1>`` beside it."""

    root: Path

    def bases(self) -> list[int]:
        """Knowledge numbers of the bases there are, ascending."""
        return sorted(int(path.name.removeprefix("base-")) for path in self.root.glob("base-*"))

    def base(self, known: int) -> Path:
        """The folder of a base."""
        return self.root / f"base-{known:012d}"

    def change(self, base: int, known: int) -> Path:
        """The folder of a change."""
        return self.root / f"change-{base:012d}-{known:012d}"

    def make(self, folder: Path, fill: Callable[[Path], None]) -> Path:
        """Fill a folder aside and make it real by one rename, once its files are on the disk.

        Somebody else's, made meanwhile, is as good as ours. What a killed process left aside is removed.
        """
        if folder.exists():
            return folder
        self.root.mkdir(parents=True, exist_ok=True)
        with self._aside() as aside:
            fill(aside)
            for path in aside.iterdir():
                sync_file(path)
            sync_folder(aside)
            try:
                aside.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
            sync_folder(self.root)
        return folder

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        """A folder to fill. While it is being filled it is locked: so others know that somebody still is at it."""
        with _locked(self.root):
            for left in self.root.glob(f"{MAKING}*"):
                _remove_left(left)
            aside = Path(tempfile.mkdtemp(prefix=MAKING, dir=self.root))
            handle = os.open(aside, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            aside.chmod(0o755)
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            os.close(handle)

    def sweep(self) -> None:
        """Remove the oldest bases, and changes whose base is gone or that later ones replace; never one that is held."""
        bases = self.bases()
        for known in bases[:-KEEP_BASES]:
            _remove_left(self.base(known))
        kept = set(self.bases())
        changes = sorted(self.root.glob("change-*"))
        for place, path in enumerate(changes):
            base = int(path.name.split("-")[1])
            replaced = any(int(other.name.split("-")[1]) == base for other in changes[place + KEEP_BASES :])
            if base not in kept or replaced:
                _remove_left(path)


def hold_layers(base: Path, change: Path | None) -> Layers | None:
    """The layers of a base and a change, held. Missing: null when somebody has swept one of them this moment."""
    hold = Hold([])
    for folder in (base, change):
        if folder is None:
            continue
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            return None
        hold.add(handle)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if not folder.exists():
            return None
    return Layers(base, change, hold)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_left(folder: Path) -> None:
    """Remove a folder that nobody fills or holds."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # gone this moment
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(handle)


def remove_derived(city: Path) -> None:
    """Forget every derived table of a city; the next question works them out again."""
    shutil.rmtree(city / "derived", ignore_errors=True)
