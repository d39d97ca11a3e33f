"""Population figures that indicators are divided by: their kinds, and the CSV file that brings them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from wangdi.catalog.datafile import read_data
from wangdi.catalog.sheets import Columns, SheetRow, read_sheet
from wangdi.core.problem import Problem


@dataclass(frozen=True, slots=True)
class PopulationKind:
    """What a population figure counts. ``id`` is what an indicator names as its denominator."""

    id: str
    zh: str
    en: str
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PopulationRow:
    """A published or decided figure. ``area``: a region's or an organisation's code.

    Grain: one row per area, year, kind and source; a later row replaces an earlier one, both are kept.
    Missing: an unknown day of publication is null.
    """

    area: str
    year: int
    kind: str
    value: float
    source: str
    published_on: date | None = None


@cache
def load_population_kinds() -> dict[str, PopulationKind]:
    """The kinds of population, by id, in the order they are listed to people."""
    return {name: PopulationKind(id=name, **entry) for name, entry in read_data("populations.yaml").items()}


_COLUMNS = Columns(
    {
        "area": ("区划代码", "行政区划代码", "机构代码", "地区"),
        "year": ("年份", "年度"),
        "kind": ("口径", "人口口径"),
        "value": ("人数", "数值"),
        "source": ("来源", "资料来源"),
        "published_on": ("公布日期", "发布日期"),
    },
    required=("area", "year", "kind", "value", "source"),
)


def read_populations(path: Path, areas: Collection[str] = ()) -> tuple[list[PopulationRow], list[Problem]]:
    """The population rows of a CSV file: area, year, kind, value, source, published_on.

    Rule: ``areas`` are the codes of regions and organisations an area may be; a region written with 6 or 9 digits is
    filled up to 12 where that is one of them; with none given any area is taken as written. A kind may be its id or its
    Chinese title. Errors: CAT-010 area, CAT-015 year, CAT-011 kind, CAT-012 value, CAT-007 date, CAT-013 twice.
    """
    sheet, problems = read_sheet(path, _COLUMNS)
    rows: list[PopulationRow] = []
    seen: set[tuple[str, int, str, str]] = set()
    for line in sheet:
        row, wrong = _population_row(line, areas)
        problems += wrong
        if row is None:
            continue
        key = (row.area, row.year, row.kind, row.source)
        if key in seen:
            problems.append(line.problem("CAT-013", "value", area=row.area, year=str(row.year), kind=row.kind))
            continue
        seen.add(key)
        rows.append(row)
    return rows, problems


def _population_row(line: SheetRow, areas: Collection[str]) -> tuple[PopulationRow | None, list[Problem]]:
    """One line as a row, or everything that is wrong with it."""
    cells = line.cells
    problems: list[Problem] = []
    area = cells["area"]
    if areas and area not in areas:
        area = area.ljust(12, "0")
        if area not in areas:
            problems.append(line.problem("CAT-010", "area", code=cells["area"]))
    if not (cells["year"].isascii() and cells["year"].isdigit() and len(cells["year"]) == 4):
        problems.append(line.problem("CAT-015", "year", text=cells["year"]))
    kinds = load_population_kinds()
    kind = next((one.id for one in kinds.values() if cells["kind"] in (one.id, one.zh)), None)
    if kind is None:
        problems.append(line.problem("CAT-011", "kind", text=cells["kind"], known="、".join(kinds)))
    value = _count(cells["value"])
    if value is None:
        problems.append(line.problem("CAT-012", "value", text=cells["value"]))
    published_on, wrong = line.day("published_on")
    problems += wrong
    if problems or kind is None or value is None:
        return None, problems
    return PopulationRow(area, int(cells["year"]), kind, value, cells["source"], published_on), []


def _count(text: str) -> float | None:
    """A number of people, written with or without thousands separators; estimates may have decimals."""
    plain = text.replace(",", "").replace("，", "")
    parts = plain.split(".")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return float(plain)
