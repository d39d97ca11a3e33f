"""Reads zones with their place, people and cases from a plain file into arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.columns import Row, read_rows
from wangdi.outbreaks.space.circles import Floats, Integers, place_on_sphere

NAMES = {
    "id": ("zone", "区划代码", "编号", "地区"),
    "x": ("横坐标",),
    "y": ("纵坐标",),
    "lon": ("longitude", "lng", "经度"),
    "lat": ("latitude", "纬度"),
    "population": ("pop", "人口", "人口数"),
    "expected": ("期望病例数",),
    "cases": ("病例数", "病例"),
    "time": ("t", "date", "日期", "时间"),
}
"""The columns understood, and what else they may be called."""
MOST_DEGREES = (180.0, 90.0)
"""Of longitude and latitude."""
MOST_STEPS = 10_000
"""Times further apart than this are a slip of the pen in one row."""


@dataclass(frozen=True, slots=True)
class Zones:
    """What a file holds. ``cases``, ``population``, ``expected``: by zone and time step. ``times``: the first step as a day or
    a number and how many there are; None where the file has no times.

    Missing: ``population`` is None without such a column, ``expected`` likewise. A zone has no cases at a time it has no row
    for, and the people of its row before (else after).
    """

    ids: tuple[str, ...]
    points: Floats
    sphere: bool
    cases: Integers
    population: Floats | None
    expected: Floats | None
    begins: date | int | None

    def name_time(self, step: int) -> date | int | None:
        """The day or number of a time step."""
        if isinstance(self.begins, date):
            return self.begins + timedelta(days=step)
        return None if self.begins is None else self.begins + step


def read_zones(path: Path) -> Zones:
    """The zones of a file, in the order they first stand in.

    Grain: rows of one zone and one time are added up.
    Errors: SPREAD-001 to SPREAD-006; SPACE-001 no cases, SPACE-002 a zone in two places, SPACE-008 no degrees,
    SPACE-009 times of two kinds or too far apart.
    """
    rows = read_rows(path, NAMES, ("id", "cases"))
    sphere = "lon" in rows[0].cells and "lat" in rows[0].cells
    across, along = ("lon", "lat") if sphere else ("x", "y")
    if across not in rows[0].cells or along not in rows[0].cells:
        args = {"names": "x, y (lon, lat)", "columns": ", ".join(rows[0].cells)}
        raise Refusal(Problem(code="SPREAD-002", file=path.name, args=args))
    places: dict[str, tuple[float, float]] = {}
    for row in rows:
        place = (row.number(across), row.number(along))
        if sphere and not (abs(place[0]) <= MOST_DEGREES[0] and abs(place[1]) <= MOST_DEGREES[1]):
            raise Refusal(Problem(code="SPACE-008", file=path.name, line=row.line))
        if places.setdefault(row.text("id"), place) != place:
            raise Refusal(Problem(code="SPACE-002", file=path.name, line=row.line))
    ids = {name: number for number, name in enumerate(places)}
    zone = np.array([ids[row.text("id")] for row in rows])
    begins, step, times = _number_times(rows)
    cases = np.zeros((len(ids), times), dtype=np.int64)
    np.add.at(cases, (zone, step), [row.count("cases") for row in rows])
    if not cases.any():
        raise Refusal(Problem(code="SPACE-001", file=path.name))
    coordinates = np.array(list(places.values()))
    return Zones(
        tuple(ids),
        place_on_sphere(coordinates[:, 0], coordinates[:, 1]) if sphere else coordinates,
        sphere,
        cases,
        _read_people(rows, "population", zone, (step, cases.shape)),
        _read_people(rows, "expected", zone, (step, cases.shape)),
        begins,
    )


def _number_times(rows: list[Row]) -> tuple[date | int | None, Integers, int]:
    """The first time, each row's step from it, and how many steps there are."""
    if "time" not in rows[0].cells:
        return None, np.zeros(len(rows), dtype=np.int64), 1
    dated = not all(row.text("time").isdigit() and len(row.text("time")) < 8 for row in rows)
    if dated:
        days = [row.day("time") for row in rows]
        if any(day is None for day in days):
            line = next(row.line for row, day in zip(rows, days, strict=True) if day is None)
            raise Refusal(Problem(code="SPACE-009", file=rows[0].file, line=line))
        numbers = np.array([day.toordinal() for day in days if day is not None])
    else:
        numbers = np.array([row.count("time") for row in rows])
    first, last = int(numbers.min()), int(numbers.max())
    if last - first >= MOST_STEPS:
        raise Refusal(Problem(code="SPACE-009", file=rows[0].file, line=rows[int(numbers.argmax())].line))
    return date.fromordinal(first) if dated else first, numbers - first, last - first + 1


def _read_people(rows: list[Row], name: str, zone: Integers, where: tuple[Integers, tuple[int, int]]) -> Floats | None:
    """A column of people by zone and time step. Errors: SPREAD-005, SPREAD-004 where it is negative."""
    if name not in rows[0].cells:
        return None
    step, shape = where
    values = np.array([row.number(name) if row.text(name) else np.nan for row in rows])
    if (values < 0).any():
        line = rows[int(np.argmax(values < 0))].line
        raise Refusal(Problem(code="SPREAD-004", file=rows[0].file, line=line, field=name))
    people = np.full(shape, np.nan)
    people[zone, step] = values
    for direction in (1, -1):
        view = people[:, ::direction]
        for later in range(1, shape[1]):
            view[:, later] = np.where(np.isnan(view[:, later]), view[:, later - 1], view[:, later])
    found: Floats = np.nan_to_num(people)
    return found
