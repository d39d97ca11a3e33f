"""What every chart shares: its colours, round steps of an axis, and stretches of a line without a gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import floor, log10

LINE, BARS, LEVEL, INK = "#0b5f8a", "#b9c6cf", "#a4341f", "#333"
MARKED = "#5d7482"
GRID = "#e4e7ea"

Values = Sequence[float | None]


def tick_step(top: float) -> float:
    """A round step that makes about five of the height: 1, 2 or 5 times a power of ten."""
    rough = top / 5
    power = 10.0 ** floor(log10(rough))
    return power * min((size for size in (1, 2, 5, 10) if power * size >= rough * (1 - 1e-9)), default=10)


def axis_ticks(top: float) -> tuple[float, ...]:
    """Round values from 0 to the first that is above the highest drawn."""
    step = tick_step(top)
    return tuple(round(step * place, 10) for place in range(floor(top / step * (1 - 1e-12)) + 2))


def runs_of(values: Values) -> Iterator[list[tuple[int, float]]]:
    """Stretches without a gap."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def frame_picture(size: tuple[float, float], title: str, parts: Sequence[str], font: str) -> str:
    """Parts of a drawing as an SVG that needs nothing else. ``font``: the attributes of its letters."""
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" {font}'
        f' fill="{INK}">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
