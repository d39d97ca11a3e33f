"""The charts of a report as SVG that needs nothing else: areas as bars, months as a line. They can be read without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from wangdi.core.plotting import BARS, GRID, INK, LEVEL, LINE, Values, axis_ticks, frame_picture, runs_of

WIDTH = 760
"""Units: those of the drawing; on paper it is as wide as the type area."""
LETTER = 18
"""Of letters, which are then of size 五号."""
FONT = f"font-family=\"'Noto Sans SC','Noto Sans CJK SC',SimHei,sans-serif\" font-size=\"{LETTER}\""
LONGEST = 14
"""Characters of a name; the table beside has the whole of it."""
_TOP, _BOTTOM = 34, 36
_BAR, _GAP = 18, 10
_THIN_BAR, _THIN_GAP, _MANY = 14, 5, 12
"""Of bars; the thin ones where there are more than ``_MANY``, so that a picture takes no whole page."""
_LEFT, _RIGHT, _HEIGHT = 64, 150, 300
_VALUES = 96
"""The column of values, beside the bars, where no line crosses them."""
_ROOM = 22
"""What two labels above one another need."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Areas below one another. ``values`` with how each is ``printed``; ``level``: the goal, and how it is called."""

    title: str
    names: Sequence[str]
    values: Sequence[float]
    printed: Sequence[str]
    level: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Months beside each other: this year strong, the one before dashed, each named at its end. Missing: a gap."""

    title: str
    months: Sequence[str]
    now: Values
    before: Values
    names: tuple[str, str]
    level: tuple[float, str] | None = None


def draw_bars(bars: Bars) -> str:
    """The areas as bars from 0, each with its value; the goal as a dashed line across them."""
    ticks = axis_ticks(max([*bars.values, bars.level[0] if bars.level else 0.0, 1e-9]))
    left = 16 + LETTER * max(len(_short(name)) for name in bars.names)
    wide = WIDTH - left - _VALUES
    thick, gap = (_THIN_BAR, _THIN_GAP) if len(bars.names) > _MANY else (_BAR, _GAP)
    height = _TOP + len(bars.names) * (thick + gap) + _BOTTOM

    def x(value: float) -> float:
        return round(left + wide * value / ticks[-1], 1)

    base = height - _BOTTOM
    parts = []
    for value in ticks:
        parts.append(f'<line x1="{x(value)}" x2="{x(value)}" y1="{_TOP}" y2="{base}" stroke="{GRID}"/>')
        parts.append(_text(x(value), base + 24, f"{value:g}", "middle"))
    for place, (name, bar, printed) in enumerate(zip(bars.names, bars.values, bars.printed, strict=True)):
        y = _TOP + gap / 2 + place * (thick + gap)
        baseline = y + thick / 2 + LETTER * 0.36
        parts.append(_text(left - 8, baseline, _short(name), "end"))
        parts.append(
            f'<rect x="{left}" y="{y:g}" width="{round(x(bar) - left, 1)}" height="{thick}" fill="{BARS}" stroke="{LINE}"/>'
        )
        parts.append(_text(WIDTH - 4, baseline, printed, "end"))
    if bars.level is not None:
        at = x(bars.level[0])
        parts.append(f'<line x1="{at}" x2="{at}" y1="{_TOP - 4}" y2="{base}" {_dashed(LEVEL)}/>')
        parts.append(_text(at, _TOP - 12, bars.level[1], "end" if at > WIDTH * 0.7 else "middle"))
    return frame_picture((WIDTH, height), bars.title, parts, FONT)


def draw_lines(lines: Lines) -> str:
    """The months of two years, the goal as a dashed line."""
    known = [value for part in (lines.now, lines.before) for value in part if value is not None]
    ticks = axis_ticks(max([*known, lines.level[0] if lines.level else 0.0, 1e-9]))

    def at(month: int, value: float) -> tuple[float, float]:
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * month / max(1, len(lines.months) - 1)
        return round(x, 1), round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP / 2 - _BOTTOM) * value / ticks[-1], 1)

    parts = []
    for value in ticks:
        y = at(0, value)[1]
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{GRID}"/>')
        parts.append(_text(_LEFT - 8, y + 6, f"{value:g}", "end"))
    parts += [_text(at(place, 0)[0], _HEIGHT - 10, name, "middle") for place, name in enumerate(lines.months)]
    ends: list[tuple[float, float, str]] = []
    if lines.level is not None:
        x, y = at(len(lines.months) - 1, lines.level[0])
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" {_dashed(LEVEL)}/>')
        ends.append((x, y, lines.level[1]))
    drawn = ((lines.before, lines.names[1], _dashed(INK), "#fff"), (lines.now, lines.names[0], _solid(LINE), LINE))
    for values, name, style, fill in drawn:
        runs = [[at(*one) for one in run] for run in runs_of(values)]
        for run in runs:
            parts.append(f'<polyline points="{" ".join(f"{x},{y}" for x, y in run)}" fill="none" {style}/>')
            parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{fill}" stroke="{INK}"/>' for x, y in run]
        if runs:
            ends.append((*runs[-1][-1], name))
    parts += _name_ends(ends)
    return frame_picture((WIDTH, _HEIGHT), lines.title, parts, FONT)


def _name_ends(ends: Sequence[tuple[float, float, str]]) -> Iterator[str]:
    """The lines' names beside their ends, moved apart where they would lie over each other."""
    free = 0.0
    for x, y, name in sorted(ends, key=lambda end: (end[1], end[2])):
        free = max(free + _ROOM, y)
        yield _text(x + 12, free + 6, name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{round(x, 1):g}" y="{round(y, 1):g}" text-anchor="{anchor}">{escape(text)}</text>'


def _dashed(colour: str) -> str:
    return f'stroke="{colour}" stroke-width="2" stroke-dasharray="6 5"'


def _solid(colour: str) -> str:
    return f'stroke="{colour}" stroke-width="3"'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
