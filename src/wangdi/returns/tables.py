"""A plain table with a two-row heading: the indicator, under it numerator, denominator and rate; a line for each area."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

MADE = datetime(2000, 1, 1)
"""What a workbook says of when it was made: the same table is the same bytes."""


@dataclass(frozen=True, slots=True)
class Group:
    """An indicator above its columns: the heading of each, and how many decimals stand in it."""

    title: str
    columns: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An area and its values in the order of the columns. Missing: None where there is no figure."""

    area: str
    name: str
    values: tuple[Decimal | None, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class TwoRowTable:
    """The table. ``first``: the heading of the areas. ``notes``: edition, day and source of what stands in it."""

    title: str
    first: str
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    facts: Mapping[str, Any]

    def columns(self) -> Iterator[tuple[str, str, int]]:
        """Group, heading and decimals of each column."""
        for group in self.groups:
            for heading, decimals in group.columns:
                yield group.title, heading, decimals

    def flat_rows(self) -> list[dict[str, Any]]:
        """The lines with both headings joined, as a terminal and CSV give them."""
        names = [f"{group} {heading}" for group, heading, _ in self.columns()]
        return [
            {self.first: line.name, **{name: _plain(one) for name, one in zip(names, line.values, strict=True)}}
            for line in self.lines
        ]

    def as_json(self) -> dict[str, Any]:
        """The table as JSON gives it."""
        lines = [
            {
                "area": one.area,
                "area_name": one.name,
                "whole": one.whole,
                "values": [_plain(each) for each in one.values],
            }
            for one in self.lines
        ]
        groups = [{"title": one.title, "columns": [heading for heading, _ in one.columns]} for one in self.groups]
        return {"title": self.title, **self.facts, "groups": groups, "rows": lines, "notes": list(self.notes)}


def _plain(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def show_decimal(value: Decimal | None, decimals: int) -> str:
    """A number as a page and a Word file have it; nothing as ``—``."""
    return "—" if value is None else f"{value:,.{decimals}f}"


def render_xlsx(table: TwoRowTable) -> bytes:
    """The table as a workbook: numbers as numbers, both rows of the heading frozen and printed on every page."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": MADE, "title": table.title})
        box = {"border": 1, "valign": "vcenter"}
        head = book.add_format({**box, "bold": True, "align": "center", "text_wrap": True})
        text, whole = book.add_format(box), book.add_format({**box, "bold": True})
        columns = list(table.columns())
        looks = {
            (decimals, bold): book.add_format(
                {**box, "bold": bold, "num_format": f"#,##0{'.' + '0' * decimals if decimals else ''}"}
            )
            for _, _, decimals in columns
            for bold in (False, True)
        }
        sheet = book.add_worksheet()
        title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        _spread(sheet, (0, 0, 0, len(columns)), table.title, title)
        sheet.merge_range(1, 0, 2, 0, table.first, head)
        place = 1
        for group in table.groups:
            _spread(sheet, (1, place, 1, place + len(group.columns) - 1), group.title, head)
            sheet.write_row(2, place, [heading for heading, _ in group.columns], head)
            place += len(group.columns)
        for row, line in enumerate(table.lines, start=3):
            sheet.write_string(row, 0, line.name, whole if line.whole else text)
            for column, ((_, _, decimals), value) in enumerate(zip(columns, line.values, strict=True), start=1):
                look = looks[decimals, line.whole]
                _ = (
                    sheet.write_blank(row, column, None, look)
                    if value is None
                    else sheet.write_number(row, column, value, look)
                )
        for row, note in enumerate(table.notes, start=3 + len(table.lines)):
            sheet.write_string(row, 0, note)
        sheet.set_column(0, 0, 18)
        sheet.freeze_panes(3, 1)
        sheet.repeat_rows(1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


def _spread(sheet: Any, box: tuple[int, int, int, int], text: str, look: Any) -> None:
    """A heading over several columns; over one it is a plain cell."""
    top, left, bottom, right = box
    if (top, left) == (bottom, right):
        sheet.write_string(top, left, text, look)
    else:
        sheet.merge_range(top, left, bottom, right, text, look)


def render_html(table: TwoRowTable) -> str:
    """The table as a page that stands by itself."""
    groups = "".join(
        f'<th scope="colgroup" colspan="{len(one.columns)}">{html.escape(one.title)}</th>' for one in table.groups
    )
    columns = list(table.columns())
    heads = "".join(f'<th scope="col">{html.escape(heading)}</th>' for _, heading, _ in columns)
    lines = "".join(_render_line(line, [decimals for _, _, decimals in columns]) for line in table.lines)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(table.title)}</title><style>'
        "body{font-family:sans-serif}table{border-collapse:collapse}th,td{border:1px solid #777;padding:.2em .6em}"
        "td{text-align:right}tr.whole{font-weight:bold}p{color:#555;font-size:.9em}</style></head><body>"
        f"<h1>{html.escape(table.title)}</h1><table><thead><tr>"
        f'<th scope="col" rowspan="2">{html.escape(table.first)}</th>{groups}</tr><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table>{notes}</body></html>\n"
    )


def _render_line(line: Line, decimals: list[int]) -> str:
    cells = "".join(f"<td>{show_decimal(one, places)}</td>" for one, places in zip(line.values, decimals, strict=True))
    begin = '<tr class="whole">' if line.whole else "<tr>"
    return f'{begin}<th scope="row">{html.escape(line.name)}</th>{cells}</tr>'
