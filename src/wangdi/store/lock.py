"""One writer at a time. The operating system's or PostgreSQL's lock is what counts; the name beside it is a courtesy.

A writer that was killed leaves its name behind but not its lock, so a stale name never blocks anybody.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, select, text

from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.store.database import refuse_file
from wangdi.store.records import Holder
from wangdi.store.schema import writer_holder

LOCK_FILE = "writer.lock"
PAUSE_SECONDS = 0.05
Tell = Callable[[Problem], None]


@contextmanager
def hold_writer_lock(
    engine: Engine, folder: Path, who: str, wait_seconds: float, tell: Tell | None
) -> Iterator[Connection]:
    """Wait for the writer's lock, hold it, and give the one connection to write through.

    Errors: refused when somebody else still holds it after ``wait_seconds``; ``tell`` hears once who that is.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            key = _lock_key(connection)
            _wait(lambda: _try_advisory(connection, key), lambda: _read_row(connection), wait_seconds, tell)
            try:
                _write_row(connection, who)
                yield connection
            finally:
                _release_advisory(connection, key)
        return
    handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _wait(lambda: _try_file(handle), lambda: _read_file(handle), wait_seconds, tell)
        _write_file(handle, who)
        with engine.connect() as connection:
            yield connection
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _wait(attempt: Callable[[], bool], holder: Callable[[], Holder], seconds: float, tell: Tell | None) -> None:
    deadline = time.monotonic() + seconds
    told = False
    while not attempt():
        found = holder()
        args = {
            "who": found.who or "?",
            "pid": str(found.pid or "?"),
            "host": found.host or "?",
            "since": found.since or "?",
        }
        if time.monotonic() >= deadline:
            raise Refusal(Problem(code="STORE-010", args=args))
        if not told and tell is not None:
            tell(Problem(code="STORE-011", severity=Severity.info, args=args))
        told = True
        time.sleep(PAUSE_SECONDS)


@contextmanager
def hold_alone(path: Path, code: str) -> Iterator[None]:
    """Hold a file's lock, or be refused with ``code`` where somebody else has it. Errors: STORE-005 the file cannot be made."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise refuse_file(error) from error
    try:
        if not _try_file(handle):
            raise Refusal(Problem(code=code))
        yield
    finally:
        os.close(handle)


def _try_file(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_file(handle: int, who: str) -> None:
    os.ftruncate(handle, 0)
    os.utime(handle)
    # The moment is the file system's word, for people to read: nothing is computed from it.
    since = datetime.fromtimestamp(int(os.fstat(handle).st_mtime)).isoformat(sep=" ")
    note = {"who": who, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
    os.pwrite(handle, json.dumps(note, ensure_ascii=False).encode(), 0)


def _read_file(handle: int) -> Holder:
    try:
        note = json.loads(os.pread(handle, 4096, 0).decode())
        return Holder(who=str(note["who"]), pid=int(note["pid"]), host=str(note["host"]), since=str(note["since"]))
    except (ValueError, KeyError, TypeError):
        return Holder(who="", pid=0, host="", since="")  # it has the lock and is about to write its name


def _lock_key(connection: Connection) -> int:
    """A number of this database's schema: two cities in one server do not wait for each other."""
    place = connection.execute(text("select current_database() || '.' || current_schema()")).scalar_one()
    connection.rollback()
    return int.from_bytes(hashlib.md5(f"wangdi|{place}".encode()).digest()[:8], "big", signed=True)


def _try_advisory(connection: Connection, key: int) -> bool:
    taken = bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one())
    connection.commit()
    return taken


def _release_advisory(connection: Connection, key: int) -> None:
    if connection.invalidated or connection.closed:
        return  # a lost connection has already lost its lock
    connection.rollback()
    connection.execute(delete(writer_holder))
    connection.commit()  # before anybody else can have the lock: whoever has it writes over this row
    connection.execute(select(func.pg_advisory_unlock(key)))
    connection.commit()


def _write_row(connection: Connection, who: str) -> None:
    connection.execute(delete(writer_holder))
    since = func.to_char(func.now(), "YYYY-MM-DD HH24:MI:SS")
    row = {"id": 1, "who": who, "pid": os.getpid(), "host": socket.gethostname()}
    connection.execute(insert(writer_holder).values(**row, since=since))
    connection.commit()


def _read_row(connection: Connection) -> Holder:
    row = connection.execute(select(writer_holder)).first()
    connection.rollback()
    if row is None:
        return Holder(who="", pid=0, host="", since="")
    return Holder(who=row.who, pid=row.pid, host=row.host, since=row.since)
