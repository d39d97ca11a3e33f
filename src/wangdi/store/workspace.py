"""A bounded DuckDB workspace: the engine that reads facts. It stores nothing and never reaches for the network."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np

from wangdi.core.problem import Problem, Refusal

CHUNK_ROWS = 50_000
"""Rows handed over at once: enough to be fast, few enough that Python's copies stay small."""

_A_MOMENT = 0.01
"""Seconds until a statement that is being broken off is asked again whether it has ended."""

Row = tuple[Any, ...]


def sql_text(text: str | os.PathLike[str]) -> str:
    """``text`` as a quoted SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_texts(texts: Iterable[str | os.PathLike[str]]) -> str:
    """A DuckDB list of quoted literals: ``['a', 'b']``."""
    return "[" + ", ".join(sql_text(text) for text in texts) + "]"


NEEDLESS_WHEN_SMALL = "join_order, statistics_propagation"
"""Steps of planning that take a fifth of the time of a question about one person's rows, and change nothing in it."""


class Workspace:
    """One DuckDB session in memory, bounded in memory and threads, spilling big work to ``temp_dir``.

    Several sessions may be open at once; one session belongs to one thread.
    """

    def __init__(self, memory: str = "2GB", threads: int = 2, temp_dir: Path | str | None = None) -> None:
        config: dict[str, Any] = {
            "memory_limit": memory,
            "threads": threads,
            # Nothing leaves this machine: no extension is fetched, looked for or loaded by itself.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_extension_repositories": "forbidden",
            "custom_extension_repository": os.devnull,
        }
        if temp_dir is not None:
            config["temp_directory"] = str(temp_dir)
        self._connection = duckdb.connect(":memory:", config=config)
        # Segments never change once they are in the manifest, so their footers need no second reading.
        # Global, so that it holds in the sessions beside this one too.
        self._connection.execute("set global parquet_metadata_cache = true")
        self._connection.execute("set global TimeZone = 'UTC'")
        self._tables: set[str] = set()

    def beside(self) -> Workspace:
        """A second session over the same tables (not the temporary ones), for another thread. Close it before this one."""
        other = object.__new__(Workspace)
        other._connection = self._connection.cursor()
        other._tables = set()
        return other

    def _execute(self, sql: str, params: Sequence[object]) -> duckdb.DuckDBPyConnection:
        with _answering():
            return self._connection.execute(sql, list(params))

    def run(self, sql: str, params: Sequence[object] = ()) -> None:
        """Execute one statement for its effect.

        Errors: STORE-007 when the disk or memory does not allow it (this holds for every statement run here).
        """
        self._execute(sql, params)

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Every row of a query."""
        with _answering():
            return self._execute(sql, params).fetchall()

    def batches(self, sql: str, params: Sequence[object] = (), size: int = CHUNK_ROWS) -> Iterator[list[Row]]:
        """The rows of a query in order, a bounded number at a time. Run nothing else here until it is exhausted."""
        result = self._execute(sql, params)
        while True:
            with _answering():
                rows = result.fetchmany(size)
            if not rows:
                return
            yield rows

    def one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row of a query, if there is any. For questions of a row or two: all are fetched."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def numbers(self, sql: str, params: Sequence[object] = ()) -> np.ndarray:
        """The only column of a query, of numbers without nulls, as an array."""
        with _answering():
            columns = self._execute(sql, params).fetchnumpy()
        (column,) = columns.values()
        return np.asarray(column)

    def arrays(self, sql: str, params: Sequence[object] = ()) -> dict[str, np.ndarray]:
        """The columns of a query as arrays: numbers as numbers, anything else as objects. Nulls only in the latter."""
        with _answering():
            columns = self._execute(sql, params).fetchnumpy()
        return {name: np.asarray(column) for name, column in columns.items()}

    def put_arrays(self, name: str, columns: Mapping[str, np.ndarray]) -> None:
        """A table of arrays of equal length, copied; one of that name is replaced."""
        with _answering():
            self._connection.register("given_arrays", dict(columns))
            self._connection.execute(f"create or replace table {sql_name(name)} as select * from given_arrays")
            self._connection.unregister("given_arrays")
        self._tables.add(name)

    def dicts(self, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Every row of a query as column -> value."""
        with _answering():
            result = self._execute(sql, params)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def answers(self, questions: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
        """What ``dicts`` answers to each of several small questions, two of which are asked at a time.

        Such a question is mostly planning, which keeps one processor busy: the longest come first, and nothing is planned
        that only large questions gain from. Temporary tables cannot be asked about.
        """
        ordered = sorted(questions, key=lambda name: len(questions[name]), reverse=True)
        self.run(f"set disabled_optimizers = {sql_text(NEEDLESS_WHEN_SMALL)}")
        try:
            with self.beside() as other, ThreadPoolExecutor(2) as pool:
                idle: SimpleQueue[Workspace] = SimpleQueue()
                idle.put(self)
                idle.put(other)

                def ask(sql: str) -> list[dict[str, Any]]:
                    session = idle.get()
                    try:
                        return session.dicts(sql)
                    finally:
                        idle.put(session)

                return dict(zip(ordered, pool.map(ask, [questions[name] for name in ordered]), strict=True))
        finally:
            self.run("reset disabled_optimizers")

    def columns(self, sql: str) -> tuple[tuple[str, str], ...]:
        """Names and DuckDB types of a query's columns, without running it."""
        return tuple((row[0], row[1]) for row in self.rows(f"describe {sql}"))

    def copy(self, sql: str, path: Path | str, options: str = "format parquet, compression lz4_raw") -> int:
        """Write a query's rows to a file; answers how many."""
        row = self.one(f"copy ({sql}) to {sql_text(path)} ({options})")
        return int(row[0]) if row else 0

    def create_table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]] = ()) -> None:
        """A table of ``columns`` (name -> DuckDB type) filled with ``rows``; one of that name is replaced."""
        described = ", ".join(f"{sql_name(column)} {kind}" for column, kind in columns.items())
        self.run(f"create or replace table {sql_name(name)} ({described})")
        self._tables.add(name)
        # Whole columns as lists: about 300 times faster than one insert a row.
        values = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in columns.values())
        remaining = iter(rows)
        while chunk := list(islice(remaining, CHUNK_ROWS)):
            self.run(f"insert into {sql_name(name)} select {values}", list(map(list, zip(*chunk, strict=True))))

    def has_table(self, name: str) -> bool:
        """Whether ``create_table`` made this table here and it is still there."""
        return name in self._tables

    def drop_table(self, name: str) -> None:
        """Forget a table; nothing happens when there is none."""
        self.run(f"drop table if exists {sql_name(name)}")
        self._tables.discard(name)

    def close(self) -> None:
        """Give back memory and temporary files. What another thread still runs here is broken off."""
        while True:
            try:
                return self._connection.close()
            except duckdb.ResourceInUseException:
                self._connection.interrupt()
                time.sleep(_A_MOMENT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def reading_files() -> Iterator[None]:
    """Around statements over files from outside: whatever is wrong with such a file is the file's. Errors: STORE-007."""
    try:
        yield
    except duckdb.Error as error:
        first = str(error).strip().split("\n", 1)[0]
        raise Refusal(Problem(code="STORE-007", args={"reason": first})) from error


_SAID = re.compile(r'"exception_message":"((?:[^"\\]|\\.)*)"')
"""Where DuckDB puts what the system said, when it was another thread that heard it."""


@contextmanager
def _answering() -> Iterator[None]:
    """Tell the surroundings (a full disk, a vanished file, memory, Ctrl-C) from a wrong statement."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        first = str(error).strip().split("\n", 1)[0]
        said = _SAID.search(first)
        reason = said[1].replace('\\"', '"') if said else first
        raise Refusal(Problem(code="STORE-007", args={"reason": reason})) from error
    except (duckdb.InterruptException, RuntimeError) as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
