"""What an expression may name, and the nearest name when it names something else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

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
    walk,
)
from wangdi.language.model import Form, FormField, Pack

ValueType = Literal["number", "boolean", "text", "date", "null", "unknown"]

SUBJECT_ATTRIBUTES: dict[str, ValueType] = {
    "birth_date": "date",
    "sex": "text",
    "age_years": "number",
    "is_resident": "boolean",
    "resident_kind": "text",
}
"""What is known of a person beside the row: completed years and the rest on the day of the row. All may be missing."""

_TYPE_OF_FIELD: dict[str, ValueType] = {
    "integer": "number",
    "decimal": "number",
    "boolean": "boolean",
    "text": "text",
    "code": "text",
    "codes": "text",
    "date": "date",
    "datetime": "date",
}


def value_type(field: FormField) -> ValueType:
    """The type a field has inside an expression."""
    return _TYPE_OF_FIELD[field.type]


def visible_names(pack: Pack, form: Form) -> dict[str, ValueType]:
    """Names an expression about a row of ``form`` may use: its fields and, for persons, the subject's attributes."""
    names: dict[str, ValueType] = {name: value_type(field) for name, field in form.fields.items()}
    if pack.subject == "person":
        names |= {name: kind for name, kind in SUBJECT_ATTRIBUTES.items() if name not in names}
    return names


def resolve_terms(node: Expression, terms: Iterable[str]) -> Expression:
    """Bare names that are terms become ``Term``: the parser cannot know which names are."""
    known = frozenset(terms)

    def turn(part: Expression) -> Expression:
        match part:
            case Field(name):
                return Term(name) if name in known else part
            case Not(operand):
                return Not(turn(operand))
            case IsNull(operand):
                return IsNull(turn(operand))
            case Logic(operator, operands):
                return Logic(operator, tuple(map(turn, operands)))
            case Compare(operator, left, right):
                return Compare(operator, turn(left), turn(right))
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, turn(left), turn(right))
            case Among(operand, choices):
                return Among(turn(operand), choices)
            case Call(function, arguments):
                return Call(function, tuple(map(turn, arguments)))
            case Case(arms, otherwise):
                return Case(tuple((turn(when), turn(then)) for when, then in arms), turn(otherwise))
            case _:
                return part

    return turn(node)


def nearest_name(name: str, candidates: Iterable[str]) -> str:
    """The candidate most like ``name``; empty when none is near."""
    found = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return found[0] if found else ""


def used_parameters(node: Expression) -> set[str]:
    """Names of the parameters an expression speaks of."""
    return {part.name for part in walk(node) if isinstance(part, Parameter)}


def used_fields(node: Expression) -> set[str]:
    """Names of the fields and attributes an expression speaks of itself (not through terms)."""
    return {part.name for part in walk(node) if isinstance(part, Field)}


def used_terms(node: Expression) -> set[str]:
    """Terms spoken of on this row."""
    return {part.name for part in walk(node) if isinstance(part, Term)}


def used_previous(node: Expression) -> set[str]:
    """Terms spoken of on the previous row."""
    return {part.name for part in walk(node) if isinstance(part, Previous)}


def is_null_constant(node: Expression) -> bool:
    """Whether an expression is the bare word null."""
    return isinstance(node, Constant) and node.value is None


def term_order(pack: Pack) -> list[str]:
    """Terms so that each stands after the terms it uses. A circle (refused by ``check``) is left out."""
    order: list[str] = []
    waiting = dict(pack.terms)
    while waiting:
        ready = [name for name, term in waiting.items() if not (used_terms(term.expression) & waiting.keys())]
        if not ready:
            break
        for name in ready:
            order.append(name)
            del waiting[name]
    return order


def fields_behind(pack: Pack, node: Expression) -> set[str]:
    """Fields an expression rests on on this row, through terms."""
    found = used_fields(node)
    for name in used_terms(node):
        if name in pack.terms:
            found |= fields_behind(pack, pack.terms[name].expression)
    return found


def previous_behind(pack: Pack, node: Expression) -> set[str]:
    """Terms of the previous row an expression rests on, through terms of this row."""
    found = used_previous(node)
    for name in used_terms(node):
        if name in pack.terms:
            found |= previous_behind(pack, pack.terms[name].expression)
    return found
