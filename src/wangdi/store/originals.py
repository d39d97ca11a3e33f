"""Files as received: kept byte for byte, by hash, the same bytes once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, insert, select

from wangdi.store.commit import next_id
from wangdi.store.disk import Copying, Move
from wangdi.store.records import Original
from wangdi.store.schema import original


def original_target(sha256: str) -> str:
    """Where in the city the bytes of this hash are."""
    return f"originals/{sha256[:2]}/{sha256}"


@dataclass(slots=True)
class _Pending:
    """A receipt that no batch has named yet."""

    row: Original
    draft: Path | None
    """Where its bytes are in staging; nowhere when the city keeps them already."""
    copying: Copying | None = None
    """While its bytes are still being copied: whoever reads the file first copies it on the way."""


class PendingOriginals:
    """The files added since the last accept: on the disk in staging, in the manifest only once a batch names them."""

    def __init__(self, folder: Path, staging: Path) -> None:
        self._folder = folder
        self._staging = staging
        self._pending: dict[int, _Pending] = {}
        self._added = 0

    def add(self, connection: Connection, source: Path, given: Original) -> Original:
        """Take a file in; ``given`` holds what is known of it but its hash, size and id.

        The hash in the answer is empty while the bytes are not copied yet: they are by the next accept.
        """
        draft = self._staging / f"original-{self._added}"
        self._added += 1
        number = next_id(connection, original.c.id) + len(self._pending)
        copying = Copying(source, draft)
        pending = _Pending(replace(given, id=number, size=copying.expected), draft, copying)
        # A file of a size this sender never sent is a new one, whatever its hash will be.
        if self._may_be_known(connection, pending.row):
            for item in (*self._pending.values(), pending):
                self._finish(item)
            known = self._find(connection, pending.row)
            if known is not None:
                return replace(known, already=True)
        self._pending[number] = pending
        return pending.row

    def _may_be_known(self, connection: Connection, row: Original) -> bool:
        if row.size in {item.row.size for item in self._pending.values()}:
            return True
        same = select(original.c.id).where(original.c.org == row.org, original.c.size == row.size).limit(1)
        return connection.execute(same).first() is not None

    def _find(self, connection: Connection, row: Original) -> Original | None:
        for item in self._pending.values():
            if (item.row.sha256, item.row.org) == (row.sha256, row.org):
                return item.row
        found = select(original).where(original.c.sha256 == row.sha256, original.c.org == row.org)
        same = connection.execute(found).mappings().first()
        return None if same is None else Original(**same)

    def _finish(self, item: _Pending) -> None:
        """Have the whole file in staging, under its hash; not twice, and not what the city keeps already."""
        if item.copying is None:
            return
        sha256, size = item.copying.finish()
        item.copying, item.row = None, replace(item.row, sha256=sha256, size=size)
        assert item.draft is not None, "what is being copied has a draft"
        staged = self._staging / sha256
        if staged.exists() or (self._folder / original_target(sha256)).exists():
            item.draft.unlink()
            item.draft = None
        else:
            item.draft = item.draft.rename(staged)

    def path(self, row: Original) -> Path:
        """Where all the bytes can be read now, before or after the accept."""
        item = self._pending.get(row.id)
        if item is not None:
            self._finish(item)
            row = item.row
        staged = self._staging / row.sha256
        return staged if staged.exists() else self._folder / original_target(row.sha256)

    @contextmanager
    def reading(self, row: Original) -> Iterator[Copying | BinaryIO]:
        """The bytes from the first on. The first reading of a pending file is what copies it."""
        item = self._pending.get(row.id)
        if item is not None and item.copying is not None and item.copying.tell() == 0:
            yield item.copying
        else:
            with self.path(row).open("rb") as file:
                yield file

    def moves(self) -> list[Move]:
        """The renames that make the pending bytes real."""
        for item in self._pending.values():
            self._finish(item)
        return [
            Move(item.draft, original_target(item.row.sha256))
            for item in self._pending.values()
            if item.draft is not None
        ]

    def insert(self, connection: Connection) -> None:
        """Write the pending rows, inside the transaction that accepts them; after ``moves``."""
        columns = [column.name for column in original.columns]
        if self._pending:
            rows = [{name: getattr(item.row, name) for name in columns} for item in self._pending.values()]
            connection.execute(insert(original), rows)

    def clear(self) -> None:
        """They are accepted (or the batch was given up)."""
        for item in self._pending.values():
            if item.copying is not None:
                item.copying.close()
        self._pending.clear()


def read_original(connection: Connection, number: int) -> Original | None:
    """One receipt by its id."""
    row = connection.execute(select(original).where(original.c.id == number)).mappings().first()
    return None if row is None else Original(**row)
