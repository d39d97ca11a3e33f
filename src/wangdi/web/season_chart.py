"""The years of a disease laid over each other, week by week, as an SVG that needs no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil

from wangdi.outbreaks.spread.chart import BARS, LEVEL, LINE

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 280, 44, 70, 14, 30
WEEK_TICKS = (1, 10, 20, 30, 40, 50)
LABEL_ROOM = 15
"""Units a year's name needs."""

Values = Sequence[float | None]
Point = tuple[float, float]
Place = Callable[[int, float], Point]


def render_seasons(title: str, years: Mapping[int, Values], bound: Values, bound_name: str) -> str:
    """The last year strong, those before it faint, the threshold dashed; each line named at its end.

    Missing: a gap in a line. Empty where there is nothing to draw.
    """
    known = [value for values in (*years.values(), bound) for value in values if value is not None]
    if not known:
        return ""
    top = max(1.0, ceil(max(known) * 1.05))
    weeks = max(len(values) for values in years.values())

    def at(week: int, value: float) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * week / max(1, weeks - 1)
        return round(x, 1), round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    parts = [f"<title>{escape(title)}</title>"]
    for share in (0.0, 0.5, 1.0):
        y = at(0, top * share)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e4e7ea"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{top * share:g}</text>')
    parts += [
        f'<text x="{at(week - 1, 0)[0]}" y="{HEIGHT - 10}" text-anchor="middle">{week}</text>' for week in WEEK_TICKS
    ]
    last, names = max(years), []
    for year, values in sorted(years.items()):
        colour, width = (LINE, 2.5) if year == last else (BARS, 1.2)
        parts += _lines(values, at, f'stroke="{colour}" stroke-width="{width}"')
        names.append((_end(values, at), str(year), LINE if year == last else "#5d6a72"))
    parts += _lines(bound, at, f'stroke="{LEVEL}" stroke-width="1.5" stroke-dasharray="5 4"')
    names.append((_end(bound, at), bound_name, LEVEL))
    parts += _spread_names(names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif"'
        f' font-size="12" fill="#333" class="plot">{"".join(parts)}</svg>'
    )


def _lines(values: Values, at: Place, style: str) -> list[str]:
    runs: list[list[str]] = [[]]
    for week, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            x, y = at(week, value)
            runs[-1].append(f"{x},{y}")
    return [f'<polyline points="{" ".join(run)}" fill="none" {style}/>' for run in runs if len(run) > 1]


def _end(values: Values, at: Place) -> Point | None:
    place = next((week for week in range(len(values) - 1, -1, -1) if values[week] is not None), None)
    return None if place is None else at(place, values[place] or 0.0)


def _spread_names(names: Sequence[tuple[Point | None, str, str]]) -> list[str]:
    """The lines' names beside their ends, moved apart where they would lie over each other."""
    parts, free = [], 0.0
    ended = [(end, name, colour) for end, name, colour in names if end is not None]
    for end, name, colour in sorted(ended, key=lambda one: one[0][1]):
        free = max(free + LABEL_ROOM, end[1])
        parts.append(f'<text x="{end[0] + 5}" y="{round(free + 4, 1)}" fill="{colour}">{escape(name)}</text>')
    return parts
