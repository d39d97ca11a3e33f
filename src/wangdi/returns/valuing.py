"""What each bound cell says for a period: figures scaled and rounded, sums of what is printed, words; and formulas' results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from wangdi.catalog.figures import ToldFigure
from wangdi.returns.formulas import DividedByZero, Evaluator, NotEvaluated
from wangdi.returns.model import (
    FIGURE,
    PARTS,
    SUM,
    Binding,
    Cell,
    Override,
    Place,
    Template,
    Value,
    parse_box,
    split_sheet,
)

DECIMALS = 2
"""Of a rate, where neither the binding nor the cell's format says."""
PERCENT_PLACES = 2
"""A cell that shows per cent holds the hundredth part: it needs so many decimals more than it shows."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a return is filled from. Missing: a figure that does not exist is None."""

    figure: Callable[[Binding], ToldFigure | None]
    texts: Mapping[str, str]
    overrides: Mapping[Place, Override]


def compute_values(template: Template, bindings: Mapping[Place, Binding], given: Given) -> dict[Place, Value]:
    """Every bound cell's value, in order of place. Rule: a sum adds what is printed, so that the return adds up.

    Missing: a figure without value leaves its cell empty, and ``note`` is the code of the reason.
    """
    values: dict[Place, Value] = {}
    for place, binding in sorted(bindings.items()):
        override = given.overrides.get(place)
        if binding.kind == FIGURE:
            figure = given.figure(binding)
            computed, note = _figure_value(template.at(place), binding, figure)
            values[place] = Value(place, binding, computed, note, figure, override)
        elif binding.kind != SUM:
            values[place] = Value(place, binding, given.texts.get(binding.text), "", None, override)
    for place in order_sums(bindings):
        computed = sum_of(template, values, place, bindings[place])
        values[place] = Value(place, bindings[place], computed, "", None, given.overrides.get(place))
    return dict(sorted(values.items()))


def order_sums(bindings: Mapping[Place, Binding]) -> list[Place]:
    """Sums after the sums they add. Missing: one that adds itself, however far round, is left out."""
    waiting = {place: set(added_places(place, one)) for place, one in bindings.items() if one.kind == SUM}
    ordered: list[Place] = []
    while ready := [place for place, added in waiting.items() if not added & waiting.keys()]:
        ordered += ready
        for place in ready:
            del waiting[place]
    return ordered


def added_places(place: Place, binding: Binding) -> Iterator[Place]:
    """The cells a sum adds: ``B5:B9`` or several of these with commas, of its own sheet where none is named."""
    for stretch in binding.over.split(","):
        sheet, cells = split_sheet(stretch.strip())
        box = parse_box(cells)
        for row, column in box.cells() if box is not None else ():
            yield Place(sheet or place.sheet, row, column)


def sum_of(template: Template, values: Mapping[Place, Value], place: Place, binding: Binding) -> Decimal | None:
    """The sum of what is printed. Missing: None where none of the cells has a number."""
    numbers = []
    for added in added_places(place, binding):
        found = values[added].printed if added in values else template.at(added).number
        if isinstance(found, Decimal):
            numbers.append(found)
    return sum(numbers, Decimal(0)) if numbers else None


def _figure_value(cell: Cell, binding: Binding, figure: ToldFigure | None) -> tuple[Decimal | None, str]:
    """A figure as the cell prints it, or the code of why there is nothing to print."""
    if figure is None:
        return None, "RETURN-050"
    if figure.silent:
        return None, "RETURN-053"
    if binding.part == PARTS[0]:
        exact: Fraction | None = Fraction(figure.numerator)
    elif binding.part == PARTS[1]:
        exact = None if figure.denominator is None else Fraction(figure.denominator)
    else:
        exact = figure.exact
    if exact is None:
        return None, "RETURN-051" if figure.denominator is None else "RETURN-052"
    counted = binding.part != PARTS[2] or figure.denominator_kind == "none"
    if not counted:
        exact /= Fraction(figure.per)
    scaled = exact * scale_of(cell, binding, figure, counted)
    return round_exact(scaled, decimals_of(cell, binding, counted, scaled)), ""


def scale_of(cell: Cell, binding: Binding, figure: ToldFigure, counted: bool) -> Fraction:
    """What the ratio or count is multiplied by: as bound; a cell that shows per cent by itself holds the plain ratio."""
    if binding.scale:
        return Fraction(binding.scale)
    return Fraction(1) if counted or cell.percent else Fraction(figure.per)


def decimals_of(cell: Cell, binding: Binding, counted: bool, exact: Fraction) -> int:
    """How many decimals are printed: as bound, else as the cell's format shows, else none of a count and two of a rate."""
    if binding.decimals is not None:
        return binding.decimals
    if cell.percent:
        return (cell.decimals or 0) + PERCENT_PLACES
    if counted:
        return 0 if exact.denominator == 1 else DECIMALS
    return DECIMALS if cell.decimals is None else cell.decimals


def round_exact(value: Fraction, decimals: int) -> Decimal:
    """Rounded half away from zero, from the exact ratio: 0.125 is 0.13, -0.125 is -0.13."""
    raised = abs(value) * 10**decimals
    whole = int(raised + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


@dataclass(frozen=True, slots=True)
class Result:
    """What a formula of the template comes to. Missing: ``value`` is None where it is not evaluated, ``open_at`` says at what."""

    value: Decimal | str | None
    open_at: str = ""


def evaluate_formulas(template: Template, values: Mapping[Place, Value]) -> dict[Place, Result]:
    """Every formula of the template over what is filled in."""

    def filled(place: Place) -> Decimal | str | None:
        return values[place].printed if place in values else None

    evaluator = Evaluator(template, filled)
    found: dict[Place, Result] = {}
    for place, _ in template.formulas():
        try:
            value = evaluator.result(place)
        except NotEvaluated as unknown:
            found[place] = Result(None, str(unknown) or "?")
        except DividedByZero:
            found[place] = Result(None, "#DIV/0!")
        else:
            found[place] = Result(Decimal(int(value)) if isinstance(value, bool) else value)
    return found
