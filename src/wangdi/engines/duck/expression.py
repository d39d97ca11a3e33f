"""An expression as SQL: SQL's own three-valued logic is the language's, numbers are doubles or 64-bit integers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

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
from wangdi.store.workspace import sql_name, sql_text


def term_column(name: str) -> str:
    """The column a term of this row is worked out into."""
    return sql_name(f"term.{name}")


def previous_column(name: str) -> str:
    """The column that holds a term of the previous row."""
    return sql_name(f"previous.{name}")


def render_constant(value: Cell) -> str:
    """A literal. Fractions are doubles, never decimals, and whole numbers 64 bits wide: every engine must count alike."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value!r}::DOUBLE"
    if isinstance(value, int):
        return f"{value}::BIGINT"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return sql_text(str(value))


def render_sql(node: Expression, columns: Mapping[str, str], values: Mapping[str, Cell]) -> str:
    """The SQL of a tree. ``columns``: SQL text for each field name; ``values``: parameters.

    Missing: a field without a column is null, as in the reference engine.
    """

    def render(part: Expression) -> str:
        return render_sql(part, columns, values)

    match node:
        case Constant(value):
            return render_constant(value)
        case Parameter(name):
            return render_constant(values[name])
        case Field(name):
            return columns.get(name, "NULL")
        case Term(name):
            return term_column(name)
        case Previous(name):
            return previous_column(name)
        case Not(operand):
            return f"(NOT {render(operand)})"
        case IsNull(operand):
            return f"({render(operand)} IS NULL)"
        case Logic(word, operands):
            return "(" + f" {word.upper()} ".join(map(render, operands)) + ")"
        case Compare(symbol, left, right) | Arithmetic(symbol, left, right):
            return f"({render(left)} {symbol} {render(right)})"
        case Among(operand, choices):
            return f"({render(operand)} IN ({', '.join(map(render, choices))}))"
        case Call(function, arguments):
            return _CALLS[function].format(*map(render, arguments))
        case Case(arms, otherwise):
            said = " ".join(f"WHEN {render(when)} THEN {render(then)}" for when, then in arms)
            return f"(CASE {said} ELSE {render(otherwise)} END)"


_CALLS = {
    "hours_between": "(date_diff('second', ({0})::TIMESTAMP, ({1})::TIMESTAMP) / 3600.0::DOUBLE)",
    "digits": "(CASE WHEN regexp_full_match({0}, '[0-9]+') THEN length({0}) WHEN {0} IS NOT NULL THEN 0 END)",
}


def age_sql(birth: str, on: str) -> str:
    """Completed years on a day; a birthday on 29 February falls on the 28th in common years."""
    years = f"date_diff('year', {birth}, {on})"
    return f"({years} - CASE WHEN {birth} + to_years({years}::INTEGER) > {on} THEN 1 ELSE 0 END)"
