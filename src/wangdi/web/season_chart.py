"""The years of a disease laid over each other, week by week, as an SVG that needs no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil

from wangdi.core.plotting import BARS, LEVEL, LINE, Values, runs_of, tick_step

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 280, 44, 70, 14, 30
WEEK_TICKS = (1, 10, 20, 30, 40, 50)
LABEL_ROOM = 15
"""Units a year's name needs."""

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
    step = tick_step(top)
    for count in range(int(top / step) + 1):
        y = at(0, step * count)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e4e7ea"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{step * count:g}</text>')
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
    drawn = (
        " ".join("{},{}".format(*at(week, value)) for week, value in run) for run in runs_of(values) if len(run) > 1
    )
    return [f'<polyline points="{points}" fill="none" {style}/>' for points in drawn]


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
