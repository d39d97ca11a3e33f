"""Equal tiles in place of a map, laid roughly as the areas lie on the ground. No map service is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROOM = 1.3
"""Cells for each tile: some stay empty, so that a coast or a bend is still seen."""


@dataclass(frozen=True, slots=True)
class Site:
    """An area and its centre in degrees. Missing: None where nobody said where it is."""

    code: str
    lon: float | None = None
    lat: float | None = None


def lay_map(sites: Sequence[Site]) -> dict[str, tuple[int, int]]:
    """Column and row (from the north-west) of each area's tile; no two share one.

    Rule: the pair of area and free cell that lie nearest is taken first, and so on; empty rows and columns are left out.
    Without the centre of every area: in the order of their codes, row by row.
    """
    placed = [(one.code, one.lon, one.lat) for one in sites if one.lon is not None and one.lat is not None]
    if len(placed) < len(sites) or len(sites) < 2:
        width = max(1, math.ceil(math.sqrt(len(sites))))
        codes = sorted(one.code for one in sites)
        return {code: (place % width, place // width) for place, code in enumerate(codes)}
    points, columns, rows = _scale(placed)
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    pairs = sorted(
        ((x - column) ** 2 + (y - row) ** 2, code, (column, row))
        for code, (x, y) in points.items()
        for column, row in cells
    )
    found: dict[str, tuple[int, int]] = {}
    taken: set[tuple[int, int]] = set()
    for _, code, cell in pairs:
        if code not in found and cell not in taken:
            found[code] = cell
            taken.add(cell)
    return _close_up(found)


def _scale(placed: Sequence[tuple[str, float, float]]) -> tuple[dict[str, tuple[float, float]], int, int]:
    """Centres in units of tiles, y to the south, and how many columns and rows there are."""
    shrink = math.cos(math.radians(sum(lat for _, _, lat in placed) / len(placed)))
    flat = {code: (lon * shrink, -lat) for code, lon, lat in placed}
    lows = [min(point[axis] for point in flat.values()) for axis in (0, 1)]
    spans = [max(point[axis] for point in flat.values()) - low for axis, low in zip((0, 1), lows, strict=True)]
    widest = max(spans) or 1.0
    shape = [max(span, widest / len(placed)) for span in spans]
    side = math.sqrt(shape[0] * shape[1] / (len(placed) * ROOM))
    counts = [max(1, math.ceil(one / side)) for one in shape]
    if spans[0] == widest:
        counts[0] = max(counts[0], math.ceil(len(placed) / counts[1]))
    else:
        counts[1] = max(counts[1], math.ceil(len(placed) / counts[0]))
    scale = [(count - 1) / (span or 1.0) for count, span in zip(counts, spans, strict=True)]
    points = {code: ((point[0] - lows[0]) * scale[0], (point[1] - lows[1]) * scale[1]) for code, point in flat.items()}
    return points, counts[0], counts[1]


def _close_up(cells: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    columns = {column: place for place, column in enumerate(sorted({cell[0] for cell in cells.values()}))}
    rows = {row: place for place, row in enumerate(sorted({cell[1] for cell in cells.values()}))}
    return {code: (columns[column], rows[row]) for code, (column, row) in cells.items()}
