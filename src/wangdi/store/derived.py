"""Derived tables on disk: disposable Parquet, in layers, made real by one rename.

A *base* is everything worked out whole at one knowledge number. A *change* lies on one base: the subjects about whom
anything was accepted or retired between the base's number and a later one, worked out anew. Deleting the folder loses
nothing but time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wangdi.store.workspace import sql_text

KEEP_BASES = 3


@dataclass(frozen=True, slots=True)
class Layers:
    """Where the tables of one question stand: a base, and the change on top of it when there is one."""

    base: Path
    change: Path | None

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
        """Fill a folder aside and make it real by one rename. Somebody else's, made meanwhile, is as good as ours."""
        if folder.exists():
            return folder
        self.root.mkdir(parents=True, exist_ok=True)
        aside = self.root / f".making-{os.getpid()}-{folder.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            fill(aside)
            try:
                aside.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return folder

    def sweep(self, in_use: Path | None) -> None:
        """Remove the oldest bases, and changes whose base is gone or that a later one replaces; never the one in use."""
        bases = self.bases()
        for known in bases[:-KEEP_BASES]:
            if self.base(known) != in_use:
                shutil.rmtree(self.base(known), ignore_errors=True)
        kept = set(self.bases())
        changes = sorted(self.root.glob("change-*"))
        for place, path in enumerate(changes):
            base = int(path.name.split("-")[1])
            replaced = any(int(other.name.split("-")[1]) == base for other in changes[place + KEEP_BASES :])
            if base not in kept or replaced:
                shutil.rmtree(path, ignore_errors=True)


def remove_derived(city: Path) -> None:
    """Forget every derived table of a city; the next question works them out again."""
    shutil.rmtree(city / "derived", ignore_errors=True)
