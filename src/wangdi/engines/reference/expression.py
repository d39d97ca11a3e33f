"""An expression on one row: three-valued, numbers as IEEE doubles, dates as dates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeAlias

from wangdi.language.ast import (
    Among,
    Arithmetic,
    Call,
    Case,
    Compare,
    Constant,
    Expression,
    Field,
    IsNull,
    Logic,
    Not,
    Parameter,
    Previous,
    Term,
)
from wangdi.language.record import Cell


@dataclass(slots=True)
class Row:
    """What an expression may look at. A name that is not there is missing (null)."""

    fields: Mapping[str, Cell]
    terms: dict[str, Cell] = field(default_factory=dict)
    previous: Mapping[str, Cell] = field(default_factory=dict)


Evaluate: TypeAlias = Callable[[Row], Cell]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def compile_expression(node: Expression, values: Mapping[str, Cell]) -> Evaluate:
    """Turn a tree into a function of a row, parameters filled in. Missing: null in, null out, except where the rule says."""
    match node:
        case Constant(value):
            return lambda row: value
        case Parameter(name):
            number = values[name]
            return lambda row: number
        case Field(name):
            return lambda row: row.fields.get(name)
        case Term(name):
            return lambda row: row.terms.get(name)
        case Previous(name):
            return lambda row: row.previous.get(name)
        case IsNull(operand):
            inner = compile_expression(operand, values)
            return lambda row: inner(row) is None
        case Not(operand):
            return _negation(compile_expression(operand, values))
        case Logic(word, operands):
            return _logic(word, [compile_expression(part, values) for part in operands])
        case Compare(symbol, left, right):
            return _comparison(_COMPARE[symbol], compile_expression(left, values), compile_expression(right, values))
        case Arithmetic(symbol, left, right):
            return _pair(_ARITHMETIC[symbol], compile_expression(left, values), compile_expression(right, values))
        case Among(operand, choices):
            return _among(compile_expression(operand, values), frozenset(choice.value for choice in choices))
        case Call(function, arguments):
            return _call(_CALLS[function], [compile_expression(part, values) for part in arguments])
        case Case(arms, otherwise):
            pairs = [(compile_expression(when, values), compile_expression(then, values)) for when, then in arms]
            return _case(pairs, compile_expression(otherwise, values))


def _negation(inner: Evaluate) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        value = inner(row)
        return None if value is None else not value

    return evaluate


def _logic(word: str, parts: list[Evaluate]) -> Evaluate:
    decides = word == "or"

    def evaluate(row: Row) -> Cell:
        unknown = False
        for part in parts:
            value = part(row)
            if value is decides:
                return decides
            unknown = unknown or value is None
        return None if unknown else not decides

    return evaluate


def _pair(combine: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        one, other = left(row), right(row)
        if one is None or other is None:
            return None
        result: Cell = combine(one, other)
        return result

    return evaluate


def _comparison(compare: Callable[[Any, Any], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        one, other = left(row), right(row)
        if one is None or other is None:
            return None
        if one.__class__ is not other.__class__ and isinstance(one, date) and isinstance(other, date):
            return compare(_moment(one), _moment(other))
        return compare(one, other)

    return evaluate


def _moment(day: date) -> datetime:
    """A day beside a moment is its midnight."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def _call(function: Callable[..., Cell], arguments: list[Evaluate]) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        found = [argument(row) for argument in arguments]
        return None if None in found else function(*found)

    return evaluate


def _hours_between(since: date, until: date) -> float:
    return (_moment(until).replace(microsecond=0) - _moment(since).replace(microsecond=0)).total_seconds() / 3600


def _digits(text: str) -> int:
    return len(text) if text.isascii() and text.isdigit() else 0


_CALLS: dict[str, Callable[..., Cell]] = {"hours_between": _hours_between, "digits": _digits}


def _among(inner: Evaluate, choices: frozenset[Any]) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        value = inner(row)
        return None if value is None else value in choices

    return evaluate


def _case(arms: list[tuple[Evaluate, Evaluate]], otherwise: Evaluate) -> Evaluate:
    def evaluate(row: Row) -> Cell:
        for when, then in arms:
            if when(row) is True:
                return then(row)
        return otherwise(row)

    return evaluate
