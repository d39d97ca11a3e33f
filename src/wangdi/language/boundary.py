"""The values on which a rule turns: every threshold with one step below, at and above it, every code, and missing.

A comparison of a field with a number changes its answer only at that number, so rows over these values meet every way a
rule can go. Where fields are compared with one another or added up, the values are samples around the middle.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from wangdi.catalog.codelists import load_codelists
from wangdi.core.dates import add_months
from wangdi.language.ast import (
    Among,
    Arithmetic,
    Case,
    Compare,
    Constant,
    Expression,
    Field,
    Parameter,
    Previous,
    Term,
    walk,
)
from wangdi.language.engine import Case as SubjectCase
from wangdi.language.model import Form, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.rules import Rules

SAMPLE_DAY = date(2025, 6, 15)
"""The day of a row made up here; any day on which the edition applies would do."""
ROW_LIMIT = 6_000
"""More combinations than this are sampled, always in the same way."""
Values = Mapping[str, Cell]


@dataclass(slots=True)
class _Turns:
    """Numbers and days a field is compared with, and the finest step written."""

    numbers: dict[float, float] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    beside_fields: bool = False


def expressions_behind(pack: Pack, nodes: Iterable[Expression]) -> list[Expression]:
    """The expressions themselves and every term they rest on, on this row or the previous one."""
    found: list[Expression] = []
    waiting, seen = list(nodes), set()
    while waiting:
        node = waiting.pop()
        found.append(node)
        for part in walk(node):
            if isinstance(part, Term | Previous) and part.name in pack.terms and part.name not in seen:
                seen.add(part.name)
                waiting.append(pack.terms[part.name].expression)
    return found


def boundary_values(rules: Rules, form: Form, nodes: Sequence[Expression]) -> dict[str, list[Cell]]:
    """For each field the expressions rest on: missing first, then the values around everything it is compared with."""
    pack = rules.pack
    every = expressions_behind(pack, nodes)
    turns: dict[str, _Turns] = {}
    for node in every:
        for part in walk(node):
            if isinstance(part, Field):
                turns.setdefault(part.name, _Turns())
    for node in every:
        for part in walk(node):
            if isinstance(part, Compare):
                _note_comparison(rules, part, turns)
            elif isinstance(part, Among):
                _note(turns, _fields_of(pack, part.operand), [(choice.value, 1.0) for choice in part.choices])
    return {name: _values(form, name, turn) for name, turn in sorted(turns.items())}


def _note_comparison(rules: Rules, node: Compare, turns: dict[str, _Turns]) -> None:
    left, right = _fields_of(rules.pack, node.left), _fields_of(rules.pack, node.right)
    _note(turns, left, _constants(rules, node.right))
    _note(turns, right, _constants(rules, node.left))
    if left and right:
        for name in left | right:
            turns[name].beside_fields = True


def _note(turns: dict[str, _Turns], names: set[str], constants: Iterable[tuple[Cell, float]]) -> None:
    for value, step in constants:
        for name in names:
            turn = turns.setdefault(name, _Turns())
            if isinstance(value, str):
                turn.texts.add(value)
            elif isinstance(value, date):
                turn.days.add(value)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                turn.numbers[float(value)] = min(step, turn.numbers.get(float(value), step))


def _fields_of(pack: Pack, node: Expression) -> set[str]:
    """Fields whose value an expression hands on (not those it only asks about on the way)."""
    match node:
        case Field(name):
            return {name}
        case Term(name) | Previous(name):
            return _fields_of(pack, pack.terms[name].expression) if name in pack.terms else set()
        case Arithmetic(_, left, right):
            return _fields_of(pack, left) | _fields_of(pack, right)
        case Case(arms, otherwise):
            parts = [then for _, then in arms] + [otherwise]
            return {name for part in parts for name in _fields_of(pack, part)}
        case _:
            return set()


def _constants(rules: Rules, node: Expression) -> list[tuple[Cell, float]]:
    """Values an expression may hand on without looking at a field, each with its step."""
    match node:
        case Constant(value):
            return [] if value is None else [(value, _step(value))]
        case Parameter(name):
            return [(rules.values[name], rules.pack.parameters[name].step)]
        case Term(name) | Previous(name):
            return _constants(rules, rules.pack.terms[name].expression) if name in rules.pack.terms else []
        case Case(arms, otherwise):
            return [pair for part in (*(then for _, then in arms), otherwise) for pair in _constants(rules, part)]
        case Arithmetic(operator, left, right):
            pairs = itertools.product(_constants(rules, left), _constants(rules, right))
            return [(_combine(operator, one, other), min(a, b)) for (one, a), (other, b) in pairs]
        case _:
            return []


def _combine(operator: str, one: Cell, other: Cell) -> Cell:
    assert isinstance(one, int | float)
    assert isinstance(other, int | float)
    if operator == "*":
        return one * other
    return one + other if operator == "+" else one - other


def _step(value: Cell) -> float:
    return 1.0 if not isinstance(value, float) else float(10 ** -len(repr(value).partition(".")[2]))


def _values(form: Form, name: str, turn: _Turns) -> list[Cell]:
    declared = form.fields.get(name)
    kind = declared.type if declared else _ATTRIBUTE_KINDS.get(name, "text")
    if kind == "boolean":
        return [None, False, True]
    if kind in ("code", "codes"):
        return [None, *load_codelists()[declared.codes].codes] if declared else [None, *sorted(turn.texts)]
    if kind in ("integer", "decimal"):
        return [None, *_numbers(turn, whole=kind == "integer")]
    if kind in ("date", "datetime"):
        return [
            None,
            *(day + timedelta(days=count) for day in sorted(turn.days or {SAMPLE_DAY}) for count in (-1, 0, 1)),
        ]
    return [None, *sorted(turn.texts), "其他"]


_ATTRIBUTE_KINDS = {"age_years": "integer", "is_resident": "boolean", "birth_date": "date", "sex": "sex"}


def _numbers(turn: _Turns, *, whole: bool) -> list[Cell]:
    found: set[float] = set()
    for at, step in turn.numbers.items():
        by = 1.0 if whole else min(step, 0.1)
        found |= {round(at - by, 6), at, round(at + by, 6)}
    if turn.beside_fields or not found:
        found |= {99.0, 100.0, 101.0}
    return [int(value) if whole and value.is_integer() else value for value in sorted(found) if value >= 0]


# ---- rows over the values ---------------------------------------------------------------------------------------------
def combinations(values: Mapping[str, Sequence[Cell]], limit: int = ROW_LIMIT) -> Iterator[dict[str, Cell]]:
    """Every combination of the values, or a sample of ``limit`` of them that is always the same."""
    names = list(values)
    total = 1
    for name in names:
        total *= len(values[name])
    if total <= limit:
        for row in itertools.product(*(values[name] for name in names)):
            yield dict(zip(names, row, strict=True))
        return
    chance = random.Random(total)
    for _ in range(limit):
        yield {name: chance.choice(list(values[name])) for name in names}


def is_exhaustive(values: Mapping[str, Sequence[Cell]], limit: int = ROW_LIMIT) -> bool:
    """Whether ``combinations`` gives all of them."""
    total = 1
    for name in values:
        total *= len(values[name])
    return total <= limit


def day_within(pack: Pack) -> date:
    """A day on which the edition applies, the sample day where it does."""
    if pack.valid_from <= SAMPLE_DAY and (pack.valid_to is None or pack.valid_to >= SAMPLE_DAY):
        return SAMPLE_DAY
    return pack.valid_to or pack.valid_from


def case_of(pack: Pack, form: Form, values: Values, previous: Values | None = None) -> SubjectCase:
    """One subject with one row that has these values, after a previous row of the same form where one is given.

    ``age_years`` becomes a birth date; other attributes go to the subject, fields to the row.
    """
    day = day_within(pack)
    attributes = {
        name: value for name, value in values.items() if name in SUBJECT_ATTRIBUTES and name not in form.fields
    }
    age = attributes.pop("age_years", None)
    birth = attributes.pop("birth_date", None)
    if isinstance(age, int):
        # Two months past the birthday, so that the previous row sees the same age.
        birth = add_months(day, -12 * age - 2)
    sex = attributes.pop("sex", None)
    known_birth = birth if isinstance(birth, date) else None
    subject = Subject("case", known_birth, None if sex is None else str(sex), attributes)
    rows = [values] if previous is None else [previous, values]
    events = []
    for place, row in enumerate(rows):
        on = day if place == len(rows) - 1 else day - timedelta(days=14)
        cells = {form.occurred_on: on} | {name: value for name, value in row.items() if name in form.fields}
        events.append(Event("case", form.full_name, on, place + 1, cells))
    return SubjectCase(subject, tuple(events))


def only_terms(rules: Rules, nodes: Sequence[Expression]) -> Rules:
    """The rules with only the terms that the expressions rest on: what is not asked need not be worked out."""
    pack = rules.pack
    wanted: set[str] = set()
    for node in expressions_behind(pack, nodes):
        wanted |= {part.name for part in walk(node) if isinstance(part, Term | Previous)}
    return Rules(replace(pack, terms={name: term for name, term in pack.terms.items() if name in wanted}), rules.values)
