"""Somebody else's database, read and never written: its views' columns and rows, in bounded memory.

What the rest of Wangdi sees is plain values; which driver and dialect there is behind stays here. No message carries a
password.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, CursorResult, Engine, bindparam, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from wangdi.core.problem import Problem, Refusal

ROWS_AT_ONCE = 2000
CONNECT_SECONDS = 15
LONGEST_REASON = 300
DRIVERS = {
    "sqlite": ("sqlite", "sqlite3"),
    "postgresql": ("postgresql+psycopg", "psycopg[binary]"),
    "oracle": ("oracle+oracledb", "oracledb"),
    "mssql": ("mssql+pymssql", "pymssql"),
    "mysql": ("mysql+pymysql", "pymysql"),
    "mariadb": ("mariadb+pymysql", "pymysql"),
    "dm": ("dm+dmPython", "dmPython dmSQLAlchemy"),
}
"""Kinds of database, the driver each is read with unless the address names another, and the package it comes in."""
READ_ONLY = {
    "oracle": "set transaction read only",
    "dm": "set transaction read only",
    "mysql": "set session transaction read only",
    "mariadb": "set session transaction read only",
}
"""What tells a database that nothing will be written, where neither driver nor connection can be told."""
_SECRETS = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_WRITES = re.compile(r";|^\s*(?!select\b|with\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignQuery:
    """What is read: a view (``schema.view``) or one select, the rows of a window of days, in an order.

    ``until`` is a day that still belongs to the window. ``format``: how the window's column writes a day, where it is text.
    """

    name: str
    view: str = ""
    query: str = ""
    window: str = ""
    since: date | None = None
    until: date | None = None
    format: str = ""
    order: tuple[str, ...] = ()


def parse_address(address: str) -> URL:
    """A database's address with the driver it is read with. Errors: WAY-007."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise Refusal(Problem(code="WAY-007")) from error
    kind = url.get_backend_name()
    if kind not in DRIVERS or (kind == "sqlite" and not url.database):
        raise Refusal(Problem(code="WAY-007"))
    return url if "+" in url.drivername else url.set(drivername=DRIVERS[kind][0])


def has_password(address: str) -> bool:
    """Whether a secret stands in an address."""
    url = parse_address(address)
    return bool(url.password) or any(_SECRETS.search(key) for key in url.query)


def shown_address(address: str) -> tuple[str, str]:
    """Kind and place of a database as they may be told: no user, no password, no options."""
    url = parse_address(address)
    kind = url.get_backend_name()
    if kind == "sqlite":
        return kind, Path(str(url.database)).name
    return kind, f"{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def check_query(query: str) -> None:
    """Refuse what is not one select. A hint for honest people; what keeps a database safe is a read-only account.

    Errors: WAY-009.
    """
    if _WRITES.search(query.strip()):
        raise Refusal(Problem(code="WAY-009"))


class Foreign:
    """An open read-only connection; everything read through it is of one moment where the database can do that."""

    def __init__(self, connection: Connection, url: URL, source: str) -> None:
        self._connection, self._url, self._source = connection, url, source

    def columns(self, query: ForeignQuery) -> list[str]:
        """The columns of what is read, none of its rows. Errors: WAY-011."""
        with self._told(query):
            result = self._connection.execute(text(f"select * from {self._relation(query)} where 1 = 0"))
            return list(map(str, result.keys()))

    def rows(self, query: ForeignQuery, limit: int | None = None) -> Iterator[Sequence[Any]]:
        """The rows of the window, one after the other. Errors: WAY-011, also half-way."""
        with self._told(query):
            result = self._execute(query)
            left = limit
            try:
                for rows in result.partitions(ROWS_AT_ONCE):
                    for row in rows:
                        if left == 0:
                            return
                        left = None if left is None else left - 1
                        yield tuple(row)
            finally:
                result.close()

    def _execute(self, query: ForeignQuery) -> CursorResult[Any]:
        sql, values = f"select * from {self._relation(query)}", {}
        column = self._name(query.window) if query.window else ""
        conditions = []
        if column and query.since is not None:
            conditions.append(f"{column} >= :since")
            values["since"] = _moment(query.since, query.format)
        if column and query.until is not None:
            conditions.append(f"{column} < :until")
            values["until"] = _moment(query.until + timedelta(days=1), query.format)
        if conditions:
            sql += f" where {' and '.join(conditions)}"
        if query.order:
            sql += f" order by {', '.join(map(self._name, query.order))}"
        statement = text(sql).bindparams(*(bindparam(name, value) for name, value in values.items()))
        return self._connection.execute(statement, execution_options={"stream_results": True})

    def _relation(self, query: ForeignQuery) -> str:
        if query.view:
            return ".".join(self._name(part) for part in query.view.split("."))
        # A colon in somebody's query is a colon, no place for a value of ours.
        return f"({query.query.strip().replace(':', chr(92) + ':')}) wangdi_rows"

    def _name(self, name: str) -> str:
        return self._connection.dialect.identifier_preparer.quote(name).replace(":", r"\:")

    @contextmanager
    def _told(self, query: ForeignQuery) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, UnicodeError, OSError, ValueError) as error:
            args = {"extract": query.name, "reason": _reason(error, self._url)}
            raise Refusal(Problem(code="WAY-011", file=self._source, args=args)) from error


def _moment(day: date, form: str) -> object:
    return day.strftime(form) if form else day


@contextmanager
def open_foreign(address: str, source: str, encoding: str = "utf-8") -> Iterator[Foreign]:
    """Connect read-only; at the end everything is rolled back and the connection closed.

    ``encoding``: of a SQLite file's texts; other databases turn theirs into Unicode by themselves.
    Errors: WAY-007, WAY-008 the driver is missing, WAY-010 it cannot be reached.
    """
    url = parse_address(address)
    engine = _make_engine(url, encoding)
    try:
        try:
            connection = engine.connect()
            _forbid_writing(connection, url)
        except Exception as error:  # a driver may fail with anything of its own
            args = {"source": source, "reason": _reason(error, url)}
            raise Refusal(Problem(code="WAY-010", file=source, args=args)) from error
        try:
            yield Foreign(connection, url, source)
        finally:
            _close(connection)
    finally:
        engine.dispose()


def _close(connection: Connection) -> None:
    try:
        connection.rollback()
        connection.close()
    except SQLAlchemyError:
        connection.invalidate()


def _make_engine(url: URL, encoding: str) -> Engine:
    kind = url.get_backend_name()
    if kind == "sqlite":
        return create_engine("sqlite://", creator=lambda: _open_sqlite(str(url.database), encoding), poolclass=NullPool)
    try:
        if kind == "postgresql":
            return create_engine(
                url,
                poolclass=NullPool,
                isolation_level="REPEATABLE READ",
                connect_args={"connect_timeout": CONNECT_SECONDS} if url.drivername.endswith("psycopg") else {},
            ).execution_options(postgresql_readonly=True)
        return create_engine(url, poolclass=NullPool)
    except (ImportError, NoSuchModuleError) as error:
        args = {"kind": kind, "package": DRIVERS[kind][1]}
        raise Refusal(Problem(code="WAY-008", args=args)) from error
    except (SQLAlchemyError, TypeError) as error:
        raise Refusal(Problem(code="WAY-007")) from error


def _open_sqlite(path: str, encoding: str) -> sqlite3.Connection:
    """Only a file that is there, and only to read."""
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, check_same_thread=False)
    connection.execute("pragma query_only = on")
    connection.text_factory = str if encoding == "utf-8" else bytes
    return connection


def _forbid_writing(connection: Connection, url: URL) -> None:
    said = READ_ONLY.get(url.get_backend_name())
    if said is not None:
        connection.exec_driver_sql(said)
    if url.get_backend_name() in ("mysql", "mariadb"):
        connection.commit()  # it holds from the next transaction on


def _reason(error: BaseException, url: URL) -> str:
    """What a driver says, on one line, without any secret of the address."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = " ".join(str(origin).split()) or type(origin).__name__
    secrets = [url.password or "", *(_each(url, key) for key in url.query if _SECRETS.search(key))]
    for secret in secrets:
        for written in {secret, quote(secret), quote(secret, safe="")} - {""}:
            said = said.replace(written, "***")
    return said[:LONGEST_REASON]


def _each(url: URL, key: str) -> str:
    value = url.query[key]
    return value if isinstance(value, str) else ",".join(value)
