"""The relational database of a city: opening it, reading from one moment of it, writing under the writer's lock."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from wangdi.core.problem import Problem, Refusal

SQLITE_FILE = "city.sqlite"
ENVIRONMENT = "env:"
"""A database_url of ``env:NAME`` is read from that environment variable, so that no password stands in a file."""

WRITES = "wangdi_writes"
"""Execution option: this transaction will write (SQLite takes its write lock at the beginning, not half-way)."""


def resolve_url(database_url: str, folder: Path) -> URL:
    """The database a city.toml names: ``sqlite`` (a file in the folder), a URL, or ``env:NAME``.

    Errors: an environment variable that is not set, a text that is no URL.
    """
    text = database_url
    if text.startswith(ENVIRONMENT):
        name = text.removeprefix(ENVIRONMENT)
        if not (text := os.environ.get(name, "")):
            raise Refusal(Problem(code="STORE-002", args={"variable": name}))
    if text == "sqlite":
        return URL.create("sqlite", database=str(folder / SQLITE_FILE))
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise Refusal(Problem(code="STORE-003")) from error
    if url.get_backend_name() == "postgresql" and "+" not in url.drivername:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise Refusal(Problem(code="STORE-003"))
    return url


def open_engine(url: URL) -> Engine:
    """Connect to SQLite or PostgreSQL with the settings a commit point needs."""
    if url.get_backend_name() == "postgresql":
        return create_engine(url, isolation_level="REPEATABLE READ", pool_size=4)
    engine = create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN would leave reads outside of any transaction; ours follow.
    connection.isolation_level = None
    # What is erased is overwritten in the file, too, not only unlisted.
    wanted = (
        "busy_timeout = 30000",
        "journal_mode = wal",
        "synchronous = full",
        "foreign_keys = on",
        "secure_delete = on",
    )
    for pragma in wanted:
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent moment of the database: what commits meanwhile is not seen."""
    with answering_refusals(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def answering_refusals() -> Iterator[None]:
    """Turn a database that cannot be reached or written into a refusal with its reason."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError"):
            raise Refusal(Problem(code="STORE-004", args={"reason": _first_line(error.orig)})) from error
        raise
    except OSError as error:
        raise refuse_file(error) from error


def refuse_file(error: OSError) -> Refusal:
    """The refusal for a file or disk that does not allow it."""
    name = Path(error.filename).name if isinstance(error.filename, str) else ""
    return Refusal(Problem(code="STORE-005", args={"file": name, "reason": error.strerror or str(error)}))


def _first_line(error: Any) -> str:
    return str(error).strip().split("\n", 1)[0]
