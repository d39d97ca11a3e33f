"""A curve over time with its band, as an SVG that needs nothing else: no script, no style sheet, no font."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from wangdi.core.plotting import BARS, GRID, LEVEL, LINE, MARKED, Values, axis_ticks, frame_picture, runs_of

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 40, 40


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, all by the same times. ``line`` with its band from ``low`` to ``high``; ``bars`` behind them; ``level``: a
    value worth a line of its own. ``legend``: what line, band and bars are called. ``marked``: the bars drawn darker.

    Missing: a gap in line and band; no bar. What has no value at all is not in the legend.
    """

    title: str
    times: Sequence[str]
    line: Values
    low: Values
    high: Values
    legend: Sequence[str]
    bars: Values = ()
    level: float | None = None
    marked: Sequence[bool] = ()


def render_chart(chart: Chart) -> str:
    """The picture as SVG text."""
    known = [value for part in (chart.line, chart.high, chart.bars) for value in part if value is not None]
    top = max([*known, chart.level or 0.0, 1e-9])
    ticks = axis_ticks(top)
    frame = _Frame(len(chart.times), ticks[-1])
    parts = [*_draw_axes(chart, frame, ticks), *_draw_bars(chart, frame), *_draw_band(chart, frame)]
    if chart.level is not None:
        y = frame.y(chart.level)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{LEVEL}" stroke-dasharray="5 4"/>'
        )
    for run in runs_of(chart.line):
        points = " ".join(f"{x},{frame.y(value)}" for x, value in frame.spread(run))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    parts += _draw_legend(chart)
    return frame_picture((WIDTH, HEIGHT), chart.title, parts, 'font-family="sans-serif" font-size="12"')


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a time and a value stand in the picture."""

    count: int
    ceiling: float

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / max(1, self.count)

    def x(self, place: int) -> float:
        return round(LEFT + (place + 0.5) * self.step, 1)

    def spread(self, run: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
        """Where the values of a stretch stand; one that stands alone is as wide as a bar, or it could not be seen."""
        if len(run) > 1:
            return [(self.x(place), value) for place, value in run]
        (place, value), half = run[0], self.bar / 2
        return [(round(self.x(place) - half, 1), value), (round(self.x(place) + half, 1), value)]

    @property
    def bar(self) -> float:
        return round(self.step * 0.8, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.ceiling * (HEIGHT - TOP - BOTTOM), 1)


def _draw_axes(chart: Chart, frame: _Frame, ticks: Sequence[float]) -> Iterator[str]:
    for value in ticks:
        y = frame.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>'
    every = max(1, -(-len(chart.times) // 8))
    for place in range(0, len(chart.times), every):
        yield (
            f'<text x="{frame.x(place)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{escape(chart.times[place])}</text>"
        )


def _draw_bars(chart: Chart, frame: _Frame) -> Iterator[str]:
    width = frame.bar
    for place, value in enumerate(chart.bars):
        if value:
            y = frame.y(value)
            x = round(frame.x(place) - width / 2, 1)
            height = round(HEIGHT - BOTTOM - y, 1)
            colour = MARKED if place < len(chart.marked) and chart.marked[place] else BARS
            yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>'


def _draw_band(chart: Chart, frame: _Frame) -> Iterator[str]:
    both = [None if low is None or high is None else high for low, high in zip(chart.low, chart.high, strict=True)]
    for run in runs_of(both):
        above = [f"{x},{frame.y(high)}" for x, high in frame.spread(run)]
        lows = [(place, chart.low[place] or 0.0) for place, _ in run]
        below = [f"{x},{frame.y(low)}" for x, low in reversed(frame.spread(lows))]
        yield f'<polygon points="{" ".join([*above, *below])}" fill="{LINE}" fill-opacity="0.2"/>'


def _draw_legend(chart: Chart) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{escape(chart.title)}</text>'
    x = LEFT
    drawn = ((chart.line, LINE, 1), (chart.high, LINE, 0.2), (chart.bars, BARS, 1))
    for name, (values, colour, opacity) in zip(chart.legend, drawn, strict=False):
        if all(value is None for value in values):
            continue
        yield f'<rect x="{x}" y="26" width="12" height="8" fill="{colour}" fill-opacity="{opacity}"/>'
        yield f'<text x="{x + 16}" y="34">{escape(name)}</text>'
        x += 36 + 12 * len(name) if not name.isascii() else 36 + 7 * len(name)
