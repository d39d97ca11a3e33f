"""Chunks of a file for the workspace: as a relation with one row per source row, every cell as text, with its line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wangdi.collect.delimited import Chunk
from wangdi.collect.exact import ExactRow, write_rows
from wangdi.collect.value_sql import Blanks
from wangdi.store.workspace import Workspace, sql_text

RAW = "raw"
NO_PART = "cast(null as varchar)"
"""The place of rows in a source that has no parts: a line is enough."""
_OPTIONS = "auto_detect = false, header = false, quote = '\"', escape = '\"', strict_mode = true"
_BUFFER_BYTES = 16_000_000
"""What one thread of the reader takes at a time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is laid out: its original's number, delimiter and number of columns."""

    file: int
    delimiter: str
    width: int


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows of text in the order of their source: a relation with the columns c0, c1 ... and nothing else.

    ``line``, ``file``, ``part``: SQL of a row's place over a relation that has these columns and ``row`` (counted from 0).
    ``expected``: how many rows there are if every line is exactly one; None where that is certain.
    """

    sql: str
    line: str
    file: str
    part: str = NO_PART
    blanks: Blanks = "any"
    expected: int | None = None


def plain_rows(chunk: Chunk, layout: Layout) -> RawRows:
    """A chunk of which every line seems to be one row. Nothing is read yet."""
    options = f"delim = {sql_text(layout.delimiter)}, buffer_size = {_BUFFER_BYTES}"
    names = [f"c{place}" for place in range(layout.width)]
    return RawRows(
        sql=_reading(chunk.path, names, options),
        line=f"row + {chunk.first_line}",
        file=str(layout.file),
        blanks=chunk.blanks,
        expected=chunk.lines,
    )


def parsed_rows(
    workspace: Workspace, rows: Iterable[ExactRow], width: int, path: Path, blanks: Blanks = "any"
) -> tuple[RawRows, int]:
    """Rows that were parsed one by one, by way of the file ``path``; answers how many they are.

    ``blanks``: those that may still stand around the texts; whoever parsed them has mostly tidied them.
    """
    count = write_rows(rows, path)
    names = [*(f"c{place}" for place in range(width)), "source_line", "source_file", "source_part"]
    options = "delim = ',', parallel = false, max_line_size = 16000000"
    workspace.run(f"create or replace temp table {RAW} as select * from {_reading(path, names, options)}")
    part = "nullif(source_part, '')"
    return RawRows(RAW, "cast(source_line as bigint)", "cast(source_file as integer)", part, blanks), count


def _reading(path: Path, names: list[str], options: str) -> str:
    described = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    return f"read_csv({sql_text(path)}, columns = {{{described}}}, {options}, {_OPTIONS})"
