"""Rows of somebody's database as a delimited original: what was read is kept as it was read, and says where it is from."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from wangdi.collect.source_line import EXTRACT_NOTE
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.store.disk import naming
from wangdi.store.foreign import Foreign, ForeignQuery

BUFFERED_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was read of one view. ``sha256``: of header and rows, without the line that says when. Grain: ``rows`` read."""

    name: str
    path: Path
    rows: int
    sha256: str
    query: ForeignQuery
    problems: tuple[Problem, ...] = ()


class _Cells:
    """Values as text: dates in ISO, numbers as they were written, nothing for NULL."""

    def __init__(self, columns: Sequence[str], encoding: str) -> None:
        self._columns = columns
        self._encoding = encoding
        self.binary: dict[str, None] = {}
        self.broken: dict[str, None] = {}

    def render(self, row: Sequence[Any]) -> list[str]:
        """One row."""
        return [self._cell(place, value) for place, value in enumerate(row)]

    def _cell(self, place: int, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value.replace("\0", "")
        if isinstance(value, bool):
            return "1" if value else "0"
        if isinstance(value, Decimal):
            return format(value, "f") if value.is_finite() else ""
        if isinstance(value, float):
            return "" if value != value else repr(value)  # NaN is no number either
        if isinstance(value, datetime):
            return value.isoformat(" ")
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, bytes | bytearray | memoryview):
            return self._decode(place, bytes(value))
        return str(value).replace("\0", "")

    def _decode(self, place: int, value: bytes) -> str:
        """Bytes that are text in the source's encoding; anything else is left out and told."""
        name = self._columns[place]
        try:
            text = value.decode(self._encoding)
        except UnicodeDecodeError:
            text = value.decode(self._encoding, "replace")
            if _is_binary(text):
                self.binary[name] = None
                return ""
            self.broken[name] = None
            return text
        if _is_binary(text):
            self.binary[name] = None
            return ""
        return text


def _is_binary(text: str) -> bool:
    """Whether what came out of bytes is no text: signs that steer, or hardly a sign that was understood."""
    odd = sum(sign == "\ufffd" or (not sign.isprintable() and sign not in "\r\n\t") for sign in text)
    return odd * 10 > len(text)


def write_extract(foreign: Foreign, query: ForeignQuery, note: str, folder: Path, encoding: str) -> Extracted:
    """Stream what a query reads into ``folder/NAME.csv``, a first line saying where it is from.

    Rule: memory is bounded whatever the number of rows. Errors: WAY-011 where the reading fails, also half-way; WAY-012 the
    window's or the order's column is not there.
    """
    columns = foreign.columns(query)
    check_columns(query, columns, [name for name in (query.window, *query.order) if name])
    path = folder / f"{query.name}.csv"
    cells = _Cells(columns, encoding)
    digest = hashlib.sha256()
    count = 0
    with naming(path), path.open("wb") as target:
        target.write(_render([[note]]))
        target.write(head := _render([columns]))
        digest.update(head)
        for rows in _grouped(foreign.rows(query)):
            part = _render(map(cells.render, rows))
            target.write(part)
            digest.update(part)
            count += len(rows)
    return Extracted(
        query.name, path, count, digest.hexdigest(), query, tuple(_told(query.name, cells, count, encoding))
    )


def write_sample(foreign: Foreign, query: ForeignQuery, path: Path, encoding: str, limit: int) -> None:
    """The first rows of a view, for drafting a mapping. Errors: WAY-011."""
    columns = foreign.columns(query)
    cells = _Cells(columns, encoding)
    path.write_bytes(_render([columns, *(cells.render(row) for row in foreign.rows(query, limit))]))


def check_columns(query: ForeignQuery, columns: Sequence[str], wanted: Iterable[str]) -> None:
    """Whether columns are there; databases do not tell great letters from small. Errors: WAY-012 (as Refusal)."""
    known = {name.casefold() for name in columns}
    missing = [name for name in dict.fromkeys(wanted) if name.casefold() not in known]
    if missing:
        args = {"extract": query.name, "columns": "、".join(missing), "known": "、".join(columns)}
        raise Refusal(Problem(code="WAY-012", args=args))


def describe_extract(source: str, origin: str, query: ForeignQuery, read_at: datetime) -> str:
    """The line that says where the rows are from."""
    window = (
        f"{query.window} from {query.since or 'the beginning'} to {query.until or 'now'}" if query.window else "none"
    )
    what = "view" if query.view else "query"
    return f"{EXTRACT_NOTE} {source}, extract {query.name}, {what}: {origin}, window: {window}, read at {read_at.isoformat()}"


def _grouped(rows: Iterable[Sequence[Any]]) -> Iterable[list[Sequence[Any]]]:
    group: list[Sequence[Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == BUFFERED_ROWS:
            yield group
            group = []
    if group:
        yield group


def _render(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _told(name: str, cells: _Cells, count: int, encoding: str) -> Iterable[Problem]:
    if cells.binary:
        args = {"extract": name, "columns": "、".join(cells.binary)}
        yield Problem(code="WAY-013", severity=Severity.warning, file=name, args=args)
    if cells.broken:
        args = {"extract": name, "columns": "、".join(cells.broken), "encoding": encoding}
        yield Problem(code="WAY-014", severity=Severity.warning, file=name, args=args)
    if not count:
        yield Problem(code="WAY-015", severity=Severity.info, file=name, args={"extract": name})
