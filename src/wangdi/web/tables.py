"""A table once, for the page and for the file: columns with their units, cells with where they lead."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from wangdi.app.numbers import NOTHING, show_number, show_value
from wangdi.core.formulas import defuse

Kind = Literal["text", "number", "rate", "day", "figure", "code"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, heading, what kind of value it holds, the unit its heading says, and the heading above it."""

    key: str
    title: str
    kind: Kind = "text"
    unit: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that leads somewhere, or has something small beside it. ``door``: opens in the side panel."""

    value: Any
    href: str = ""
    small: str = ""
    tone: str = ""
    door: bool = True
    svg: Mapping[str, object] = field(default_factory=dict)
    """A line the size of a word (:func:`wangdi.web.sparkline.plot_points`), shown instead of the value."""
    text: str = ""
    """How the page shows the value, where the column does not say it (a unit of its own)."""
    links: Sequence[tuple[str, str]] = ()
    """The value in parts, each with where it leads; shown instead of it, while a file has the value."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by column key. ``total``: a last row that the others sum to. ``name``: what a file of it is called."""

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any] | None = None
    name: str = "wangdi"
    empty: str = ""
    """What to do when there are no rows."""

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Headings above the columns and how many columns each spans; none where no column has one."""
        if not any(column.group for column in self.columns):
            return []
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and column.group and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found


def show(column: Column, cell: Any) -> str:
    """The text of a cell."""
    value = plain(cell)
    if value is None:
        return NOTHING
    if isinstance(cell, Cell) and cell.text:
        return cell.text
    if column.kind == "rate":
        return show_value(value, column.unit)
    if column.kind == "number" and isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def plain(cell: Any) -> Any:
    """What a cell holds, without where it leads."""
    return cell.value if isinstance(cell, Cell) else cell


def export_table(request: Request, table: Table) -> Response | None:
    """The table as the file that ``?format=csv|xlsx`` asks for; None where a page is asked for."""
    asked = request.query_params.get("format", "")
    if asked not in EXPORTS:
        return None
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{asked}"'}
    if asked == "csv":
        return StreamingResponse(write_csv(table), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(write_xlsx(table), media_type=XLSX, headers=headers)


def _headings(table: Table) -> list[str]:
    return [f"{column.group} {column.title}".strip() for column in table.columns]


def _all_rows(table: Table) -> Iterable[Mapping[str, Any]]:
    return [*table.rows, *([table.total] if table.total is not None else [])]


def write_csv(table: Table) -> Iterator[str]:
    """The table as CSV, a row at a time, with the mark by which a spreadsheet knows that it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_headings(table))
    yield "\ufeff" + out.getvalue()
    for row in _all_rows(table):
        out.seek(0)
        out.truncate()
        values = (plain(row.get(column.key)) for column in table.columns)
        writer.writerow([defuse(value) if isinstance(value, str) else value for value in values])
        yield out.getvalue()


def write_xlsx(table: Table) -> bytes:
    """The table as a workbook, its first row frozen, numbers as numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, _headings(table), bold)
        sheet.freeze_panes(1, 0)
        for place, row in enumerate(_all_rows(table), start=1):
            for column_place, column in enumerate(table.columns):
                value = plain(row.get(column.key))
                if isinstance(value, date):
                    sheet.write_datetime(place, column_place, value, day)
                elif value is not None:
                    sheet.write(place, column_place, value if isinstance(value, int | float) else str(value))
        sheet.autofit()
    return out.getvalue()
