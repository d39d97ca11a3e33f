"""The year's targets of a city: ``targets.csv`` in its folder, an indicator's goal for an area and a year."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wangdi.core.periods import Period
from wangdi.core.problem import Problem

TARGETS_FILE = "targets.csv"
COLUMNS = ("indicator", "area", "year", "comparator", "value", "source")
COMPARATORS = (">=", "<=")


@dataclass(frozen=True, slots=True)
class Target:
    """What an indicator shall come to in an area by the end of a year. ``area`` empty: in every area."""

    indicator: str
    area: str
    year: int
    comparator: str
    value: float
    source: str

    def is_met(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.value if self.comparator == ">=" else value <= self.value


def read_targets(folder: Path) -> tuple[list[Target], list[Problem]]:
    """The targets of a city, and what was wrong with other lines.

    Missing: no file is no target. Errors: CITY-120 a line that is not understood; the others hold.
    """
    path = folder / TARGETS_FILE
    if not path.is_file():
        return [], []
    targets, problems = [], []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            try:
                said = {name: (row[name] or "").strip() for name in COLUMNS}
                if said["comparator"] not in COMPARATORS:
                    raise ValueError(said["comparator"])
                number = float(said["value"])
                one = Target(
                    said["indicator"], said["area"], int(said["year"]), said["comparator"], number, said["source"]
                )
                targets.append(one)
            except (KeyError, ValueError):
                problems.append(Problem(code="CITY-120", file=TARGETS_FILE, line=reader.line_num))
    return targets, problems


def find_target(folder: Path, indicator: str, area: str, period: Period) -> Target | None:
    """The target of an area in a period's year; one set for the area itself goes before one for every area."""
    path = folder / TARGETS_FILE
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    found = _index(folder, changed)
    return found.get((indicator, area, period.year)) or found.get((indicator, "", period.year))


@lru_cache(maxsize=8)
def _index(folder: Path, _changed: int) -> dict[tuple[str, str, int], Target]:
    return {(one.indicator, one.area, one.year): one for one in read_targets(folder)[0]}
