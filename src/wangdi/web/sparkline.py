"""A trend as a line the size of a word, drawn without a script."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 96, 22, 2
LEAST = 0.05
"""The share of the largest value that a line's height stands for at least; as in the charts."""


def plot_points(values: Sequence[float | None], target: float | None = None) -> dict[str, object]:
    """Where the line, its last point and the target's line run, in the picture's own units.

    Missing: a gap in the values is a gap in the line. An empty dictionary where there is nothing to draw.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return {}
    everything = [*known, target] if target is not None else known
    low, high = min(everything), max(everything)
    # A steady rate is a level line: what rounding moves is no rise.
    span = max(high - low, max(abs(low), abs(high)) * LEAST) or 1.0
    low -= (span - (high - low)) / 2
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return round(MARGIN + place * step, 1), round(HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN), 1)

    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(at(place, value))
    lines = [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1]
    last = next(place for place in range(len(values) - 1, -1, -1) if values[place] is not None)
    x, y = at(last, values[last] or 0.0)
    target_y = at(0, target)[1] if target is not None else None
    return {"lines": lines, "x": x, "y": y, "target_y": target_y, "width": WIDTH, "height": HEIGHT}
