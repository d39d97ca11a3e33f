"""The places of a city: regions and organisations, and the CSV files that bring them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from wangdi.catalog.sheets import Columns, SheetRow, read_sheet
from wangdi.catalog.trees import (
    LEVELS,
    UNALLOCATED,
    Organisation,
    Place,
    PlaceTree,
    Region,
    current_region,
    is_valid_on,
    plant_tree,
    starts_on,
)
from wangdi.core.identifiers import Division, parse_division
from wangdi.core.problem import Problem, Severity

__all__ = [
    "LEVELS",
    "UNALLOCATED",
    "Organisation",
    "PlaceTree",
    "Region",
    "check_places",
    "current_region",
    "is_valid_on",
    "plant_tree",
    "read_organisations",
    "read_regions",
]

EASTMOST, NORTHMOST = 180.0, 90.0
"""Degrees from which there is no further place on earth."""

_LEVEL_WORDS = {
    "市": "city",
    "地级市": "city",
    "县": "county",
    "区": "county",
    "区县": "county",
    "县区": "county",
    "乡镇": "township",
    "街道": "township",
    "乡镇街道": "township",
    "村": "village",
    "村居": "village",
    "社区": "village",
}


_REGION_COLUMNS = Columns(
    {
        "code": ("区划代码", "行政区划代码", "代码"),
        "name": ("区划名称", "行政区划名称", "名称"),
        "level": ("级别", "层级"),
        "parent": ("上级代码", "上级区划代码", "上级"),
        "valid_from": ("启用日期", "生效日期"),
        "valid_to": ("停用日期", "失效日期"),
        "successor": ("继任代码", "并入代码", "后继代码"),
        "lon": ("经度",),
        "lat": ("纬度",),
    },
    required=("code", "name"),
)

_ORGANISATION_COLUMNS = Columns(
    {
        "code": ("机构代码", "代码"),
        "name": ("机构名称", "名称"),
        "kind": ("机构类别", "类别", "机构类型"),
        "level": ("级别", "层级"),
        "region": ("所在区划", "区划代码", "行政区划代码"),
        "parent": ("上级机构代码", "上级机构", "上级代码"),
        "valid_from": ("启用日期", "生效日期"),
        "valid_to": ("停用日期", "失效日期"),
    },
    required=("code", "name", "region"),
)


def read_regions(path: Path) -> tuple[list[Region], list[Problem]]:
    """The regions of a CSV file: code, name, level, parent, valid_from, valid_to, successor, lon and lat of the centre.

    Rule: codes of 6 or 9 digits are filled up to 12; an empty level is the code's own; an empty parent is the code's
    own parent where the file has it.
    Errors: those of :func:`check_places`, of the file's shape, ID-010, ID-011, CAT-016 an unknown successor, CAT-017 no such
    place on earth (warnings).
    """
    sheet, problems = read_sheet(path, _REGION_COLUMNS)
    rows: list[tuple[SheetRow, Region]] = []
    inferred: dict[str, str] = {}
    for row in sheet:
        division, wrong = _division(row, "code")
        level, wrong_level = _level(row, "" if division is None else division.level)
        parent, wrong_parent = _division(row, "parent")
        successor, wrong_successor = _division(row, "successor")
        (lon, lat), wrong_centre = _centre(row)
        problems += wrong_centre
        (start, wrong_start), (end, wrong_end) = row.day("valid_from"), row.day("valid_to")
        found = [*wrong, *wrong_level, *wrong_parent, *wrong_successor, *wrong_start, *wrong_end]
        problems += found
        if found or division is None:
            continue
        if parent is None and division.parent is not None:
            inferred[division.code] = division.parent
        above = None if parent is None else parent.code
        after = None if successor is None else successor.code
        rows.append((row, Region(division.code, row.cells["name"], level, above, start, end, after, lon, lat)))
    known = {region.code for _, region in rows}
    placed = [(row, _with_parent(region, inferred.get(region.code), known)) for row, region in rows]
    kept, wrong_tree = check_places(placed)
    problems += wrong_tree
    problems += [
        row.problem("CAT-016", "successor", Severity.warning, code=region.successor)
        for row, region in placed
        if region.successor is not None and region.successor not in known
    ]
    return kept, problems


def read_organisations(path: Path, regions: Iterable[Region]) -> tuple[list[Organisation], list[Problem]]:
    """The organisations of a CSV file: code, name, kind, level, region, parent, valid_from, valid_to.

    Rule: an empty level is the level of its region. Errors: those of :func:`check_places`, of the file's shape, and
    CAT-010 a region that is not in ``regions``.
    """
    sheet, problems = read_sheet(path, _ORGANISATION_COLUMNS)
    levels = {region.code: region.level for region in regions}
    rows: list[tuple[SheetRow, Organisation]] = []
    for row in sheet:
        division, wrong = _division(row, "region")
        code = "" if division is None else division.code
        if division is not None and code not in levels:
            wrong = [row.problem("CAT-010", "region", code=code)]
        level, wrong_level = _level(row, levels.get(code, LEVELS[0]))
        (start, wrong_start), (end, wrong_end) = row.day("valid_from"), row.day("valid_to")
        found = [*wrong, *wrong_level, *wrong_start, *wrong_end]
        problems += found
        if not found:
            cells = row.cells
            parent = cells["parent"] or None
            rows.append(
                (row, Organisation(cells["code"], cells["name"], cells["kind"], level, code, parent, start, end))
            )
    kept, wrong_tree = check_places(rows)
    return kept, problems + wrong_tree


def check_places(rows: Sequence[tuple[SheetRow, Place]]) -> tuple[list[Place], list[Problem]]:
    """The rows that can stand in one tree, and what is wrong with the others.

    Rule: a row under one that is refused is refused with it.
    Errors: CAT-004 the same code twice at the same time, CAT-005 a parent that is not there, CAT-006 a circle of
    parents, CAT-014 an end before its start.
    """
    problems: list[Problem] = []
    kept: list[tuple[SheetRow, Place]] = []
    by_code: dict[str, list[Place]] = {}
    for row, place in rows:
        if place.valid_from and place.valid_to and place.valid_to < place.valid_from:
            problems.append(row.problem("CAT-014", "valid_to", code=place.code))
        elif any(_overlap(place, other) for other in by_code.get(place.code, ())):
            problems.append(row.problem("CAT-004", "code", code=place.code))
        else:
            by_code.setdefault(place.code, []).append(place)
            kept.append((row, place))
    circular = _codes_in_circles({code: [place.parent for place in places] for code, places in by_code.items()})
    problems += [row.problem("CAT-006", "parent", code=place.code) for row, place in kept if place.code in circular]
    kept = [(row, place) for row, place in kept if place.code not in circular]
    while True:
        known = {place.code for _, place in kept}
        orphans = [(row, place) for row, place in kept if place.parent is not None and place.parent not in known]
        if not orphans:
            return [place for _, place in kept], problems
        problems += [row.problem("CAT-005", "parent", code=str(place.parent)) for row, place in orphans]
        kept = [(row, place) for row, place in kept if place.parent is None or place.parent in known]


def _overlap(one: Region | Organisation, other: Region | Organisation) -> bool:
    """Whether the two rows hold on some same day."""
    return starts_on(one) <= (other.valid_to or date.max) and starts_on(other) <= (one.valid_to or date.max)


def _codes_in_circles(parents: dict[str, list[str | None]]) -> set[str]:
    """Codes that are their own ancestor, whatever the dates."""
    found: set[str] = set()
    for code in parents:
        seen: set[str] = set()
        waiting = [parent for parent in parents[code] if parent]
        while waiting and code not in seen:
            above = waiting.pop()
            if above not in seen:
                seen.add(above)
                waiting += [parent for parent in parents.get(above, ()) if parent]
        if code in seen:
            found.add(code)
    return found


def _division(row: SheetRow, field: str) -> tuple[Division | None, list[Problem]]:
    """The cell as a division; empty is none."""
    if not row.cells[field]:
        return None, []
    found = parse_division(row.cells[field])
    return (None, [row.place(found, field)]) if isinstance(found, Problem) else (found, [])


def _centre(row: SheetRow) -> tuple[tuple[float | None, float | None], list[Problem]]:
    """The centre in degrees, east and north; a warning where the cells are no such place. Errors: CAT-017."""
    texts = row.cells["lon"], row.cells["lat"]
    if not any(texts):
        return (None, None), []
    try:
        lon, lat = (float(text) for text in texts)
    except ValueError:
        lon, lat = math.nan, math.nan
    if abs(lon) <= EASTMOST and abs(lat) <= NORTHMOST:
        return (lon, lat), []
    return (None, None), [row.problem("CAT-017", "lon", Severity.warning, text=", ".join(texts))]


def _level(row: SheetRow, default: str) -> tuple[str, list[Problem]]:
    """The cell as a level, or the default where it is empty. Errors: CAT-009."""
    text = row.cells["level"] or default
    level = _LEVEL_WORDS.get(text, text)
    return (level, []) if level in LEVELS or not text else (level, [row.problem("CAT-009", "level", text=text)])


def _with_parent(region: Region, parent: str | None, known: set[str]) -> Region:
    return replace(region, parent=parent) if parent is not None and parent in known else region
