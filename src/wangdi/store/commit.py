"""The one commit point: numbers, the acceptance that gives them, and the audit record, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, Connection, func, insert, select, update

from wangdi.store.database import WRITES, answering_refusals
from wangdi.store.schema import acceptance, audit, counter


@dataclass(slots=True)
class Commit:
    """One transaction of the writer. Grain: everything in it is accepted together or not at all."""

    connection: Connection
    actor: str
    given_at: datetime
    accepted_at: datetime
    """``given_at``, or the last moment anything was accepted where that is later: the log never runs backwards."""
    next_seq: int
    _taken: list[dict[str, object]] = field(default_factory=list)

    def take(self, count: int, kind: str, ref: str) -> int:
        """Take ``count`` (at least one) numbers for something accepted; answers the first."""
        first = self.next_seq
        self.next_seq += max(count, 1)
        self._taken.append(
            {
                "first_seq": first,
                "last_seq": self.next_seq - 1,
                "kind": kind,
                "ref": ref,
                "accepted_at": self.accepted_at,
                "given_at": self.given_at,
                "actor": self.actor,
            }
        )
        return first

    def record(self, action: str, ref: str, detail: Mapping[str, object] | None = None) -> None:
        """Write the audit record of this transaction."""
        number = next_id(self.connection, audit.c.id)
        text = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str)
        row = {"id": number, "at": self.accepted_at, "actor": self.actor, "action": action, "ref": ref, "detail": text}
        self.connection.execute(insert(audit).values(**row))

    def finish(self) -> None:
        """Write what was taken; the transaction ends after this."""
        if not self._taken:
            return
        self.connection.execute(insert(acceptance), self._taken)
        self.connection.execute(update(counter).values(next_seq=self.next_seq, last_at=self.accepted_at))


@contextmanager
def committing(connection: Connection, actor: str, at: datetime | None) -> Iterator[Commit]:
    """One transaction that accepts things at ``at`` (the moment the caller gives: a replay gives past ones).

    Missing: upkeep that accepts nothing gives no moment; its audit record bears that of the last acceptance.
    Errors: a moment with a time zone is a programmer's error; a database that cannot write is refused.
    """
    if at is not None and at.tzinfo is not None:
        raise ValueError("moments are the city's local time, without a time zone")
    with answering_refusals():
        connection.execution_options(**{WRITES: True})
        transaction = connection.begin()
        try:
            row = connection.execute(select(counter.c.next_seq, counter.c.last_at).with_for_update()).one()
            given = row.last_at if at is None else at
            commit = Commit(connection, actor, given, max(given, row.last_at), row.next_seq)
            yield commit
            commit.finish()
            transaction.commit()
        except BaseException:
            roll_back(connection)
            raise


def roll_back(connection: Connection) -> None:
    """Leave no transaction open, even where it was the commit itself that failed."""
    connection.rollback()
    if not connection.invalidated:
        connection.connection.rollback()


@contextmanager
def looking(connection: Connection) -> Iterator[Connection]:
    """Read through the writer's own connection, leaving nothing behind."""
    with answering_refusals():
        connection.begin()
        try:
            yield connection
        finally:
            roll_back(connection)


def next_id(connection: Connection, column: Column[int]) -> int:
    """The next number of a table that only the writer fills."""
    largest = connection.execute(select(func.max(column))).scalar_one()
    return int(largest or 0) + 1
