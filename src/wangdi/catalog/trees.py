"""Regions and organisations as trees whose branches have validity dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

LEVELS = ("city", "county", "township", "village")
"""From the widest to the narrowest."""

REGION_DIGITS = 12
UNALLOCATED = "unallocated"
"""The area of what cannot be placed, so that parts always sum to the whole."""


@dataclass(frozen=True, slots=True)
class Region:
    """A place that a figure can be about. ``code``: 12 digits.

    Grain: one row per code and stretch of validity; both ends belong to it. Missing: an open end is null.
    """

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    """The code that took over when this one was cancelled."""
    lon: float | None = None
    lat: float | None = None
    """Its centre, in degrees: for distances and maps."""


def widen_region_code(code: str) -> str:
    """A region's code of 6, 8, 9 or 12 digits as the 12 digits regions are known by; any other text as it is.

    Rule: 6 digits name a county, 9 a township (two of the three digits behind the county where only 8 are written, as report
    cards have them); the rest is filled with 0.
    """
    match len(code):
        case 8:
            code = f"{code[:6]}0{code[6:]}"
        case 6 | 9:
            pass
        case _:
            return code
    return code.ljust(REGION_DIGITS, "0")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An institution that sends records, manages people, or runs others. ``region``: 12 digits.

    Grain: one row per code and stretch of validity; both ends belong to it. Missing: an open end is null.
    """

    code: str
    name: str
    kind: str
    level: str
    region: str
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None


Place = TypeVar("Place", Region, Organisation)


def starts_on(place: Region | Organisation) -> date:
    """The first day the row holds; the beginning of time where none is given."""
    return place.valid_from or date.min


def is_valid_on(place: Region | Organisation, on: date) -> bool:
    """Whether the row holds on that day."""
    return (place.valid_from is None or place.valid_from <= on) and (place.valid_to is None or on <= place.valid_to)


@dataclass(frozen=True, slots=True)
class PlaceTree(Generic[Place]):
    """Rows by code, each code's rows in order of validity."""

    rows: dict[str, tuple[Place, ...]]
    under: dict[str, tuple[Place, ...]]
    """Rows by their parent's code, in order of code."""

    def find(self, code: str, on: date) -> Place | None:
        """The row of that code that holds on that day."""
        return next((row for row in self.rows.get(code, ()) if is_valid_on(row, on)), None)

    def name(self, code: str, on: date) -> str:
        """What a place is called on that day; else its latest name, and its code where nobody named it."""
        place = self.find(code, on)
        rows = self.rows.get(code, ())
        return place.name if place is not None else rows[-1].name if rows else code

    def latest_names(self) -> dict[str, str]:
        """The latest name of every code."""
        return {code: rows[-1].name for code, rows in self.rows.items()}

    def ancestors(self, code: str, on: date) -> tuple[Place, ...]:
        """What the place belongs to on that day, nearest first; the place itself is not among them."""
        found: list[Place] = []
        seen = {code}
        place = self.find(code, on)
        while place is not None and place.parent is not None and place.parent not in seen:
            seen.add(place.parent)
            place = self.find(place.parent, on)
            if place is not None:
                found.append(place)
        return tuple(found)

    def at_level(self, code: str, level: str, on: date) -> Place | None:
        """The place itself or the nearest one above it that is of this level on that day."""
        place = self.find(code, on)
        if place is None or place.level == level:
            return place
        return next((row for row in self.ancestors(code, on) if row.level == level), None)

    def children(self, code: str, on: date) -> tuple[Place, ...]:
        """What lies directly under the place on that day, in order of code."""
        return tuple(row for row in self.under.get(code, ()) if is_valid_on(row, on))

    def descendants(self, code: str, on: date) -> tuple[Place, ...]:
        """Everything under the place on that day, parents before children."""
        found: list[Place] = []
        seen = {code}
        waiting = [code]
        while waiting:
            for child in self.children(waiting.pop(0), on):
                if child.code not in seen:
                    seen.add(child.code)
                    found.append(child)
                    waiting.append(child.code)
        return tuple(found)


def plant_tree(rows: Iterable[Place]) -> PlaceTree[Place]:
    """The tree of these rows."""
    by_code: dict[str, list[Place]] = {}
    by_parent: dict[str, list[Place]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
        if row.parent is not None:
            by_parent.setdefault(row.parent, []).append(row)
    return PlaceTree(
        {code: tuple(sorted(found, key=starts_on)) for code, found in by_code.items()},
        {code: tuple(sorted(found, key=lambda row: row.code)) for code, found in by_parent.items()},
    )


def current_region(tree: PlaceTree[Region], code: str, on: date) -> Region | None:
    """The region a code stands for on that day: itself, or the one that took over (and so on).

    Rule: a code cancelled by then is followed to its successor; a code not yet valid is followed nowhere.
    """
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        found = tree.find(code, on)
        if found is not None:
            return found
        ended = [row for row in tree.rows.get(code, ()) if row.valid_to is not None and row.valid_to < on]
        if not ended or ended[-1].successor is None:
            return None
        code = ended[-1].successor
    return None
