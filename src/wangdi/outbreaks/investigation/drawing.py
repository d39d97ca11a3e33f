"""The epidemic curve and the chain of transmission as SVG: no script, no style sheet, no name; labels are numbers and days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from wangdi.outbreaks.investigation.curve import DAY, Curve
from wangdi.outbreaks.investigation.transmission import Chain
from wangdi.outbreaks.investigation.values import Case

INK, QUIET, LINE, BAR = "#1d2429", "#5b656b", "#d9d6cd", "#0b5559"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 260, 36, 44, 14
COLUMN, ROW, RADIUS = 120, 46, 15
SURE, UNSURE = "#0b5559", "#ffffff"
"""Confirmed cases are filled; the others are not, and drawn with dashes where only suspected: never by colour alone."""


def show_start(moment: datetime, curve: Curve) -> str:
    """What a bin is called."""
    return f"{moment:%m-%d}" if curve.width >= DAY else f"{moment:%m-%d %H}h"


def render_curve(curve: Curve, title: str) -> str:
    """Bars side by side, each case worth a line across its bar. Missing: an empty text without cases."""
    if not curve.bins:
        return ""
    most = max(one.cases for one in curve.bins)
    step = min(40.0, (WIDTH - LEFT - 8) / len(curve.bins))
    unit = (HEIGHT - TOP - BOTTOM) / most
    base = HEIGHT - BOTTOM
    width = round(LEFT + step * len(curve.bins) + 48, 1)
    parts = [_line(LEFT, base, LEFT + step * len(curve.bins), base, QUIET)]
    every = max(1, -(-most // 5))
    for value in range(0, most + 1, every):
        y = base - value * unit
        parts.append(_line(LEFT - 4, y, LEFT, y, QUIET))
        parts.append(_text(LEFT - 7, y + 4, str(value), "end"))
    apart = max(1, -(-len(curve.bins) * 46 // int(step * len(curve.bins) + 1)))
    for place, one in enumerate(curve.bins):
        x = LEFT + place * step
        if one.cases:
            parts.append(_bar(x, base, step, one.cases * unit, f"{show_start(one.start, curve)} {one.cases}"))
        if place % apart == 0:
            parts.append(_text(x + step / 2, base + 16, f"{one.start:%m-%d}", "middle"))
            if curve.width < DAY:
                parts.append(_text(x + step / 2, base + 31, f"{one.start:%H:%M}", "middle"))
    # A line for every case across all bars: it is seen on a bar only, and counts for the reader while bars are low.
    if most <= 20:
        right = LEFT + step * len(curve.bins)
        parts += [
            _line(LEFT + 1, base - value * unit, right, base - value * unit, "#ffffff") for value in range(1, most)
        ]
    return _picture(max(width, 240), HEIGHT, title, parts)


def render_chain(chain: Chain, cases: Mapping[int, Case], title: str) -> str:
    """A column for each generation, an arrow from each source. Missing: an empty text without cases."""
    if not chain.nodes:
        return ""
    at = {one.number: (30 + one.generation * COLUMN, 30 + one.row * ROW) for one in chain.nodes}
    parts = []
    for pair in chain.pairs:
        (x1, y1), (x2, y2) = at[pair.infector], at[pair.infected]
        middle = (x1 + x2) / 2
        parts.append(
            f'<path d="M{x1 + RADIUS:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - RADIUS - 5:g} {y2:g}"'
            f' fill="none" stroke="{QUIET}"/>'
        )
        parts.append(f'<path d="M{x2 - RADIUS:g} {y2:g}l-7 -4v8z" fill="{QUIET}"/>')
    for one in chain.nodes:
        x, y = at[one.number]
        parts += _node(x, y, one.number, cases[one.number])
    width = 60 + (chain.generations - 1) * COLUMN + 60
    return _picture(max(width, 240), max(70.0, 50 + chain.rows * ROW), title, parts)


def _node(x: float, y: float, number: int, case: Case) -> list[str]:
    sure = case.case_class in ("confirmed", "positive", "carrier")
    dashes = ' stroke-dasharray="3 3"' if case.case_class in ("suspected", "") else ""
    onset = f"{case.onset:%m-%d}" if case.onset else "?"
    return [
        f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}" fill="{SURE if sure else UNSURE}" stroke="{BAR}"{dashes}/>',
        _text(x, y + 4, str(number), "middle", "#ffffff" if sure else INK),
        _text(x, y + RADIUS + 12, onset, "middle", QUIET),
    ]


def _bar(x: float, base: float, step: float, height: float, said: str) -> str:
    return (
        f'<rect x="{x + 0.5:.1f}" y="{base - height:.1f}" width="{step - 1:.1f}" height="{height:.1f}" fill="{BAR}">'
        f"<title>{escape(said)}</title></rect>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, said: str, anchor: str, colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _picture(width: float, height: float, title: str, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
        f' role="img" font-family="sans-serif" font-size="12"><title>{escape(title)}</title>\n'
        + "\n".join(parts)
        + "\n</svg>"
    )
