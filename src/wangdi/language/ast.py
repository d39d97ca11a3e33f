"""The expression tree of the pack language: thirteen kinds of node, all frozen, all serialisable.

An expression sees one row. Grain and time are not here: they are keys of the pack with fixed phrases.
Each node is a value; what one can ask of a tree (its type, its SQL, its result on a row, its text) is a function elsewhere,
so that a new renderer joins without touching this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None
Comparator = Literal["=", "<>", "<", "<=", ">", ">="]
Operator = Literal["+", "-", "*"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text in quotes, true, false or null as written."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form's row, or an attribute of its subject (``age_years``, ``sex``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Term:
    """A named sentence of the pack, on this row."""

    name: str


@dataclass(frozen=True, slots=True)
class Previous:
    """A named sentence of the pack, on the subject's previous row of the same form."""

    name: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number of the pack, written ``:name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` / ``or`` over two or more operands, three-valued (Kleene)."""

    operator: Literal["and", "or"]
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; null when either side is null."""

    comparator: Comparator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Among:
    """``x in (a, b)``; null when x is null."""

    operand: Expression
    choices: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """``x is null``; never null itself. ``is not null`` is ``Not(IsNull(x))``."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Case:
    """``case when a then b ... else c end``: the first arm that is true; unknown is not true; no else is null."""

    arms: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language, ``hours_between(a, b)``; null when an argument is null. Which there are: ``FUNCTIONS``."""

    function: str
    arguments: tuple[Expression, ...]


FUNCTIONS: dict[str, tuple[str, ...]] = {"hours_between": ("date", "date"), "digits": ("text",)}
"""The type of each argument; every function gives a number.

``hours_between``: hours from the first moment to the second, with fractions, negative when it is the earlier one; a day is its
midnight. ``digits``: of how many digits a text consists; 0 when anything else stands in it.
"""

Expression: TypeAlias = (
    Constant | Field | Term | Previous | Parameter | Not | Logic | Compare | Arithmetic | Among | IsNull | Case | Call
)


def children(node: Expression) -> tuple[Expression, ...]:
    """The direct operands of a node, in the order they are written."""
    match node:
        case Not(operand) | IsNull(operand):
            return (operand,)
        case Logic(_, operands) | Call(_, operands):
            return operands
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Among(operand, choices):
            return (operand, *choices)
        case Case(arms, otherwise):
            return (*(part for arm in arms for part in arm), otherwise)
        case _:
            return ()


def walk(node: Expression) -> list[Expression]:
    """Every node of the tree, parents before children."""
    found = [node]
    for child in children(node):
        found.extend(walk(child))
    return found


def as_json(node: Expression) -> dict[str, Any]:
    """The tree as plain JSON: what a Spark renderer or a browser interpreter would be handed."""
    kind = type(node).__name__.lower()
    match node:
        case Constant(value):
            return {"node": kind, "value": value}
        case Field(name) | Term(name) | Previous(name) | Parameter(name):
            return {"node": kind, "name": name}
        case Not(operand) | IsNull(operand):
            return {"node": kind, "operand": as_json(operand)}
        case Logic(operator, operands):
            return {"node": kind, "operator": operator, "operands": [as_json(part) for part in operands]}
        case Compare(operator, left, right) | Arithmetic(operator, left, right):
            return {"node": kind, "operator": operator, "left": as_json(left), "right": as_json(right)}
        case Among(operand, choices):
            return {"node": kind, "operand": as_json(operand), "choices": [choice.value for choice in choices]}
        case Call(function, arguments):
            return {"node": kind, "function": function, "arguments": [as_json(part) for part in arguments]}
        case Case(arms, otherwise):
            pairs = [{"when": as_json(when), "then": as_json(then)} for when, then in arms]
            return {"node": kind, "arms": pairs, "otherwise": as_json(otherwise)}


def from_json(tree: dict[str, Any]) -> Expression:
    """The inverse of :func:`as_json`."""
    kind = tree["node"]
    match kind:
        case "constant":
            return Constant(tree["value"])
        case "field":
            return Field(tree["name"])
        case "term":
            return Term(tree["name"])
        case "previous":
            return Previous(tree["name"])
        case "parameter":
            return Parameter(tree["name"])
        case "not":
            return Not(from_json(tree["operand"]))
        case "isnull":
            return IsNull(from_json(tree["operand"]))
        case "logic":
            return Logic(tree["operator"], tuple(from_json(part) for part in tree["operands"]))
        case "compare":
            return Compare(tree["operator"], from_json(tree["left"]), from_json(tree["right"]))
        case "arithmetic":
            return Arithmetic(tree["operator"], from_json(tree["left"]), from_json(tree["right"]))
        case "among":
            return Among(from_json(tree["operand"]), tuple(Constant(value) for value in tree["choices"]))
        case "call":
            return Call(tree["function"], tuple(from_json(part) for part in tree["arguments"]))
        case "case":
            arms = tuple((from_json(arm["when"]), from_json(arm["then"])) for arm in tree["arms"])
            return Case(arms, from_json(tree["otherwise"]))
    raise ValueError(f"not an expression node: {kind!r}")
