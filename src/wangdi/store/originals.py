"""Files as received: kept byte for byte, by hash, the same bytes once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, insert, select

from wangdi.store.commit import next_id
from wangdi.store.disk import Move, copy_hashed
from wangdi.store.records import Original
from wangdi.store.schema import original


def original_target(sha256: str) -> str:
    """Where in the city the bytes of this hash are."""
    return f"originals/{sha256[:2]}/{sha256}"


class PendingOriginals:
    """The files added since the last accept: on the disk in staging, in the manifest only once a batch names them."""

    def __init__(self, folder: Path, staging: Path) -> None:
        self._folder = folder
        self._staging = staging
        self._rows: dict[tuple[str, str], Original] = {}
        self._staged: dict[str, Path] = {}

    def add(self, connection: Connection, source: Path, given: Original) -> Original:
        """Take a file in; ``given`` holds what is known of it but its hash, size and id."""
        draft = self._staging / f"original-{len(self._rows)}"
        sha256, size = copy_hashed(source, draft)
        known = self._find(connection, sha256, given.org)
        if known is not None:
            draft.unlink()
            return replace(known, already=True)
        if sha256 in self._staged or (self._folder / original_target(sha256)).exists():
            draft.unlink()  # somebody else's receipt already keeps these bytes
        else:
            self._staged[sha256] = draft.rename(self._staging / sha256)
        number = next_id(connection, original.c.id) + len(self._rows)
        row = replace(given, id=number, sha256=sha256, size=size)
        self._rows[sha256, given.org] = row
        return row

    def _find(self, connection: Connection, sha256: str, org: str) -> Original | None:
        if (sha256, org) in self._rows:
            return self._rows[sha256, org]
        found = select(original).where(original.c.sha256 == sha256, original.c.org == org)
        row = connection.execute(found).mappings().first()
        return None if row is None else Original(**row)

    def path(self, row: Original) -> Path:
        """Where the bytes can be read now, before or after the accept."""
        return self._staged.get(row.sha256) or self._folder / original_target(row.sha256)

    def moves(self) -> list[Move]:
        """The renames that make the pending bytes real."""
        return [Move(path, original_target(sha256)) for sha256, path in self._staged.items()]

    def insert(self, connection: Connection) -> None:
        """Write the pending rows, inside the transaction that accepts them."""
        columns = [column.name for column in original.columns]
        if self._rows:
            rows = [{name: getattr(row, name) for name in columns} for row in self._rows.values()]
            connection.execute(insert(original), rows)

    def clear(self) -> None:
        """They are accepted (or the batch was given up)."""
        self._rows.clear()
        self._staged.clear()


def read_original(connection: Connection, number: int) -> Original | None:
    """One receipt by its id."""
    row = connection.execute(select(original).where(original.c.id == number)).mappings().first()
    return None if row is None else Original(**row)
