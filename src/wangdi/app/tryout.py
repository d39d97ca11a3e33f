"""What somebody who opens the demo may send in: a late record that moves a figure, and a sheet with mistakes to mend.

Both are made from what an institution has sent before, in its own columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from wangdi.app.derivation import Standing
from wangdi.app.people import Asked, list_people
from wangdi.app.persons import show_person
from wangdi.app.traces import pair_cells, trace_fact
from wangdi.collect.mapping import Mapping as SourceMapping
from wangdi.collect.mapping_reading import read_mappings
from wangdi.core.periods import Period
from wangdi.indicators.figures import Figure
from wangdi.link.people import parse_person

FOLDER = "try"
LATE_FILE, SHEET_FILE = "late-record.csv", "with-mistakes.xlsx"
INDICATOR, FORM, PACK = "htn_ctrl", "hypertension.followup", "hypertension"
ROWS = 5
"""Rows of the sheet with mistakes."""
WITHIN = 10
"""The late visit lies so many days after the last one that is known."""
BELOW = 12
"""How far below the goal its readings are."""


@dataclass(frozen=True, slots=True)
class Tryout:
    """The files, who would send them, and whom the late record is about."""

    org: str
    person: str
    late: Path
    sheet: Path


@dataclass(frozen=True, slots=True)
class _Line:
    """One record as an institution sent it: its cells by column, and the mapping that reads them."""

    org: str
    header: list[str]
    cells: dict[str, str]
    mapping: SourceMapping

    def column(self, field: str) -> str:
        """The column of a field; empty where the institution has none."""
        rule = self.mapping.fields.get(field)
        return rule.column if rule is not None else ""


def write_tryout(standing: Standing, figure: Figure, period: Period, folder: Path) -> Tryout | None:
    """Write both files into ``folder``; None where nobody is missing from the figure for a reading.

    Rule: the late record is a visit of somebody whose last readings of the period missed the goal, some days later and
    below it: collected, it moves the numerator of :data:`INDICATOR` by one.
    """
    listed = list_people(standing, Asked(INDICATOR, period, figure.area, "missing", 200), figure.level)
    mappings, _ = read_mappings((standing.city.folder / "mappings",), standing.library.newest)
    for one in listed:
        number = parse_person(one.person_id) or 0
        visits = [fact for fact in show_person(standing, number)["facts"] if fact["form"] == FORM]
        inside = [fact for fact in visits if fact["occurred_on"] and period.contains(fact["occurred_on"])]
        day = inside[-1]["occurred_on"] + timedelta(days=WITHIN) if inside else None
        if day is None or not period.contains(day):
            continue
        last = _read_line(standing, mappings, visits[-1])
        if last is not None and (row := _late_row(standing, last, day)) is not None:
            folder.mkdir(exist_ok=True)
            late, sheet = folder / LATE_FILE, folder / SHEET_FILE
            _write_csv(late, last.header, [row])
            read = (_read_line(standing, mappings, fact) for fact in visits[:ROWS])
            lines = [line.cells for line in read if line is not None and line.header == last.header]
            _write_sheet(sheet, last, list(_mistaken(last, lines or [last.cells])))
            return Tryout(last.org, one.person_id, late, sheet)
    return None


def _read_line(standing: Standing, mappings: Mapping[str, SourceMapping], fact: Mapping[str, Any]) -> _Line | None:
    """The line of a delimited file a record came from; None for any other source."""
    source = trace_fact(standing.city, standing.workspace, standing.library, fact["fact_id"])["source"]
    pairs = pair_cells(source)
    if not pairs or not str(source["file"]).endswith(".csv"):
        return None
    titles = [title for title, _ in pairs]
    fitting = [
        one
        for one in mappings.values()
        if one.form == FORM and set(one.recognise) <= {title.strip() for title in titles}
    ]
    if not fitting:
        return None
    return _Line(source["sent_by"], titles, dict(pairs), fitting[0])


def _late_row(standing: Standing, line: _Line, day: date) -> dict[str, str] | None:
    goals = standing.programmes[PACK].newest.values
    said = {
        "contact_date": day.isoformat(),
        "sbp": f"{_number(goals['sbp_goal']) - BELOW:g}",
        "dbp": f"{_number(goals['dbp_goal']) - BELOW:g}",
    }
    if not all(line.column(field) in line.cells for field in said) or line.column("sbp") == line.column("dbp"):
        return None
    entered = line.mapping.entered_at.column if line.mapping.entered_at is not None else ""
    moment = {entered: f"{day.isoformat()} 16:00:00"} if entered in line.cells else {}
    return {**line.cells, **moment, **{line.column(field): text for field, text in said.items()}}


def _number(value: object) -> float:
    assert isinstance(value, int | float), "a goal is a number"
    return float(value)


def _mistaken(line: _Line, rows: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """The rows with what clerks really do to them: a day that is none, readings the wrong way round, no day at all."""
    day, high, low = line.column("contact_date"), line.column("sbp"), line.column("dbp")
    mistakes: tuple[dict[str, str], ...] = (
        {},
        {day: f"{date.max.year}-02-30"},
        {high: rows[0].get(low, ""), low: rows[0].get(high, "")},
        {day: ""},
    )
    for place, mistake in enumerate(mistakes):
        yield {**rows[place % len(rows)], **mistake}


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="gb18030", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        writer.writerows([row.get(title, "") for title in header] for row in rows)


def _write_sheet(path: Path, line: _Line, rows: Sequence[Mapping[str, str]]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, line.mapping.name)
        for place, row in enumerate([dict(zip(line.header, line.header, strict=True)), *rows], start=1):
            for column, title in enumerate(line.header):
                sheet.write_string(place, column, row.get(title, ""))
