"""How complete a record is: items with weights, and the points of one row as ordinary expressions.

A pack's ``quality`` block lists what a row of a form should say. Nothing here is evaluated: the points of a row are a sum of
``case`` expressions, so every engine that knows the language knows quality, and no engine knows a weight.
"""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.language.ast import Arithmetic, Case, Compare, Constant, Expression, Field, IsNull, Logic, Not

FULL = 100
"""A row with everything that is asked of it has this many points."""


@dataclass(frozen=True, slots=True)
class QualityItem:
    """One thing a row should say: all ``fields`` filled and, where there is one, ``rule`` true.

    ``only_when``: asked only of rows for which it is true; of the others the item is neither met nor missed.
    Missing: a rule that cannot be decided is not met.
    """

    id: str
    label: str
    weight: int
    fields: tuple[str, ...]
    rule: Expression | None
    rule_text: str
    only_when: Expression | None
    when_text: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How a row of ``form`` is scored: the weights of the items it meets, over those asked of it, times 100, in whole points.

    Rule: never rounded up, so that 100 is everything and a score reaches a level exactly where its weights do.
    """

    name: str
    title: str
    form: str
    items: tuple[QualityItem, ...]
    source: str
    doubt: str = ""
    line: int = 0


def all_filled(fields: tuple[str, ...]) -> Expression:
    """True where every field is filled."""
    return _every([Not(IsNull(Field(name))) for name in fields])


def _every(tests: list[Expression]) -> Expression:
    if not tests:
        return Constant(True)
    return tests[0] if len(tests) == 1 else Logic("and", tuple(tests))


def item_met(item: QualityItem) -> Expression:
    """True where a row meets an item; null or false where it does not."""
    tests: list[Expression] = [Not(IsNull(Field(name))) for name in item.fields]
    return _every([*tests, item.rule] if item.rule is not None else tests)


def _points(when: Expression | None, weight: int) -> Expression:
    return Constant(weight) if when is None else Case(((when, Constant(weight)),), Constant(0))


def _sum(parts: list[Expression]) -> Expression:
    total: Expression = Constant(0)
    for part in parts:
        total = Arithmetic("+", total, part)
    return total


def points_met(quality: Quality) -> Expression:
    """The weights of the items a row meets, added up."""
    parts: list[Expression] = []
    for item in quality.items:
        tests = [item_met(item)] if item.only_when is None else [item.only_when, item_met(item)]
        parts.append(_points(_every(tests), item.weight))
    return _sum(parts)


def points_asked(quality: Quality) -> Expression:
    """The weights of the items that are asked of a row, added up."""
    return _sum([_points(item.only_when, item.weight) for item in quality.items])


def items_lacking(quality: Quality) -> Expression:
    """The items a row lacks, as one number: bit n for the n-th item. One expression, so that an engine is asked once."""
    parts: list[Expression] = []
    for place, item in enumerate(quality.items):
        bit, met = Constant(1 << place), (item_met(item), Constant(0))
        arms = (met,) if item.only_when is None else (met, (item.only_when, bit))
        parts.append(Case(arms, bit if item.only_when is None else Constant(0)))
    return _sum(parts)


def scores_at_least(quality: Quality, level: Expression) -> Expression:
    """True where a row's score reaches a level; no division, so every engine agrees to the last digit."""
    met = Arithmetic("*", points_met(quality), Constant(FULL))
    return Compare(">=", met, Arithmetic("*", points_asked(quality), level))
