"""Which mapping fits a file: by name, or by the columns it has."""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass

from wangdi.collect.delimited import HeadRow
from wangdi.collect.mapping import Mapping
from wangdi.collect.spreadsheet_cells import header_key
from wangdi.core.problem import Problem
from wangdi.language.names import nearest_name

REASON_COLUMNS = ("退回原因", "如何更正", "原文件", "原行号")
"""What stands behind the refused rows that were given back; passed over when they are sent again."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The mapping that fits, and where the header is among the first rows of which reading of the file."""

    mapping: Mapping
    reading: int
    header: HeadRow


Readings = Sequence[Sequence[HeadRow]]
"""The first rows of a file, read in each of several ways (one per delimiter)."""


def recognise(name: str, readings: Readings, mappings: Names[str, Mapping], wanted: str | None) -> Recognised | Problem:
    """The one mapping whose columns a row of the file has. ``name``: the file's, for messages.

    Errors: MAP-020 there is no mapping of that name; MAP-021 none fits, with what each misses; MAP-022 several fit.
    """
    if wanted is not None:
        if wanted not in mappings:
            near = nearest_name(wanted, mappings) or "、".join(mappings)
            return Problem(code="MAP-020", file=name, args={"name": wanted, "nearest": near or "-"})
        candidates = {wanted: mappings[wanted]}
    else:
        candidates = {key: mapping for key, mapping in mappings.items() if mapping.recognise}
    keyed = [[(frozenset(map(header_key, row.cells)), row) for row in rows] for rows in readings]
    fitting = [found for mapping in candidates.values() if (found := _fit(mapping, keyed)) is not None]
    fitting = [found for found in fitting if not found.mapping.shipped] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        names = "、".join(found.mapping.name for found in fitting)
        return Problem(code="MAP-022", file=name, args={"candidates": names})
    misses = [
        f"{mapping.name}（{'、'.join(missing_columns(mapping, readings)[:6])}）" for mapping in candidates.values()
    ]
    return Problem(code="MAP-021", file=name, args={"candidates": "；".join(misses[:8]) or "-"})


def _fit(mapping: Mapping, keyed: Sequence[Sequence[tuple[frozenset[str], HeadRow]]]) -> Recognised | None:
    needed = set(map(header_key, _needed(mapping)))
    for place, rows in enumerate(keyed):
        for keys, row in rows:
            if needed <= keys:
                return Recognised(mapping, place, row)
    return None


def _needed(mapping: Mapping) -> Sequence[str]:
    return mapping.recognise or mapping.columns()


def missing_columns(mapping: Mapping, readings: Readings) -> list[str]:
    """What the best row of the file lacks to be this mapping's header."""
    needed = list(_needed(mapping))
    rows = [set(map(header_key, row.cells)) for reading in readings for row in reading] or [set()]
    best = max(rows, key=lambda cells: sum(header_key(column) in cells for column in needed))
    return [column for column in needed if header_key(column) not in best]


def unread_columns(mapping: Mapping, header: HeadRow) -> list[str]:
    """Columns of the file that the mapping neither reads nor ignores."""
    known = {header_key(name) for name in (*mapping.columns(), *mapping.ignore, *REASON_COLUMNS, "")}
    return [column for column in dict.fromkeys(header.cells) if header_key(column) not in known]


def absent_columns(mapping: Mapping, header: HeadRow) -> list[str]:
    """Columns the mapping reads that the file does not have; of several that stand for one another the first, if none is there."""
    there = set(map(header_key, header.cells))
    absent = [
        rule.column
        for rule in mapping.rules()
        if rule.column and not there & set(map(header_key, (rule.column, *rule.otherwise)))
    ]
    return list(dict.fromkeys(absent))
