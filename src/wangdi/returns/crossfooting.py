"""Whether a filled return agrees with itself: wholes and parts by rows and columns, rates and counts, sums, formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from wangdi.returns.model import FIGURE, PARTS, SUM, Checked, Place, Template, Value
from wangdi.returns.valuing import Result, decimals_of, round_exact, scale_of, sum_of

HOLDS, DIFFERS, OPEN = "holds", "differs", "open"
NUMERATOR, DENOMINATOR, RATE = PARTS


@dataclass(frozen=True, slots=True)
class Nesting:
    """How areas lie in one another. ``over``: the areas an area lies in, the nearest first. ``peers``: of a whole and one of its
    parts, every area of the part's level in the whole: only where all of them stand in a line do they come to the whole.
    """

    over: Callable[[str], Sequence[str]]
    peers: Callable[[str, str], Set[str]]


def check_values(template: Template, values: Mapping[Place, Value], nesting: Nesting) -> list[Checked]:
    """Every test of a filled return, those that hold among them."""
    return [*_check_wholes(values, nesting), *_check_rates(template, values), *_check_sums(template, values)]


def check_formulas(results: Mapping[Place, Result]) -> list[Checked]:
    """The template's own formulas: which come to a number, and which only a spreadsheet program evaluates."""
    return [
        Checked("formula", place, OPEN if one.open_at else HOLDS, _show(one.value), args={"at": one.open_at})
        for place, one in results.items()
    ]


def _check_wholes(values: Mapping[Place, Value], nesting: Nesting) -> Iterator[Checked]:
    """A count of an area against the counts of the areas in it that stand in its column, or in its row.

    Rule: each area counts towards the nearest area around it that has a cell in the line; an area that stands twice counts
    once. Areas of one level are summed together; where a line leaves some of them out, nothing is to be expected of it.
    """
    lines: dict[tuple[str, str, int, str, str], dict[str, Value]] = {}
    for one in values.values():
        if one.binding.kind == FIGURE and one.binding.part != RATE:
            what = (one.binding.indicator, str(one.binding.part))
            for way, number in (("column", one.place.column), ("row", one.place.row)):
                lines.setdefault((one.place.sheet, way, number, *what), {}).setdefault(one.binding.area, one)
    for (_, way, *_), line in lines.items():
        parts: dict[tuple[str, Set[str]], list[Value]] = {}
        for area, one in line.items():
            around = next((each for each in nesting.over(area) if each in line), None)
            if around is not None:
                parts.setdefault((around, frozenset(nesting.peers(around, area))), []).append(one)
        for (area, peers), inside in parts.items():
            if {one.binding.area for one in inside} >= peers:
                yield _compare_whole(way, line[area], inside)


def _compare_whole(way: str, whole: Value, parts: Sequence[Value]) -> Checked:
    numbers = [one.printed for one in parts if isinstance(one.printed, Decimal)]
    args = {"way": way, "parts": ", ".join(one.place.cell for one in parts)}
    if not isinstance(whole.printed, Decimal) or len(numbers) < len(parts):
        return Checked("whole", whole.place, OPEN, _show(whole.printed), "", args)
    total = sum(numbers, Decimal(0))
    state = HOLDS if total == whole.printed else DIFFERS
    return Checked("whole", whole.place, state, _show(whole.printed), _show(total), args)


def _check_rates(template: Template, values: Mapping[Place, Value]) -> Iterator[Checked]:
    """A rate against the numerator and denominator of the same indicator and area, as they are printed."""
    parts: dict[tuple[str, str, str, str], Value] = {}
    for one in values.values():
        bound = one.binding
        if bound.kind == FIGURE and bound.part != RATE and not bound.scale:
            parts.setdefault((one.place.sheet, bound.indicator, bound.area, bound.part), one)
    for one in values.values():
        bound = one.binding
        if bound.kind != FIGURE or bound.part != RATE or one.figure is None:
            continue
        over, of = (
            parts.get((one.place.sheet, bound.indicator, bound.area, each)) for each in (NUMERATOR, DENOMINATOR)
        )
        if over is None or of is None:
            continue
        args = {"numerator": over.place.cell, "denominator": of.place.cell}
        if not isinstance(over.printed, Decimal) or not isinstance(of.printed, Decimal) or not of.printed:
            yield Checked("rate", one.place, OPEN, _show(one.printed), "", args)
            continue
        cell = template.at(one.place)
        exact = Fraction(over.printed) / Fraction(of.printed) * scale_of(cell, one.binding, one.figure, False)
        expected = round_exact(exact, decimals_of(cell, one.binding, False, exact))
        yield Checked(
            "rate", one.place, HOLDS if expected == one.printed else DIFFERS, _show(one.printed), _show(expected), args
        )


def _check_sums(template: Template, values: Mapping[Place, Value]) -> Iterator[Checked]:
    """A bound sum against what it adds: it differs only where somebody reported another."""
    for one in values.values():
        if one.binding.kind == SUM:
            total = sum_of(template, values, one.place, one.binding)
            state = HOLDS if total == one.printed else DIFFERS
            yield Checked("sum", one.place, state, _show(one.printed), _show(total), {"parts": one.binding.over})


def _show(value: Decimal | str | None) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else value
