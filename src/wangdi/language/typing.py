"""Types and missing values of expressions: what a sentence gives, and where an unknown would fall through silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from wangdi.catalog.codelists import load_codelists
from wangdi.core.problem import Problem
from wangdi.language.ast import (
    FUNCTIONS,
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
from wangdi.language.expression import render_text
from wangdi.language.model import Form, Pack
from wangdi.language.names import ValueType, fields_behind, is_null_constant, used_fields, visible_names


@dataclass(frozen=True, slots=True)
class Sentence:
    """An expression in its place: the form whose rows it sees and the type it must give (None: any).

    ``has_terms``: terms are sentences about rows of the classified form, and are worked out only where such rows are judged.
    """

    place: str
    line: int
    form: Form
    expression: Expression
    text: str
    gives: ValueType | None
    has_terms: bool = True


def type_of(pack: Pack, form: Form, node: Expression) -> ValueType:
    """The type an expression gives; ``null`` for the bare null, ``unknown`` where a name is unknown."""
    match node:
        case Constant(value):
            return _constant_type(value)
        case Parameter(name):
            parameter = pack.parameters.get(name)
            return "unknown" if parameter is None else _constant_type(parameter.value)
        case Field(name):
            return visible_names(pack, form).get(name, "unknown")
        case Term(name) | Previous(name):
            return type_of(pack, form, pack.terms[name].expression) if name in pack.terms else "unknown"
        case Arithmetic() | Call():
            return "number"
        case Case(arms, otherwise):
            kinds = [type_of(pack, form, then) for _, then in arms] + [type_of(pack, form, otherwise)]
            return next((kind for kind in kinds if kind != "null"), "null")
        case _:
            return "boolean"


def _constant_type(value: object) -> ValueType:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, date):
        return "date"
    return "text" if isinstance(value, str) else "number"


def check_types(pack: Pack, sentence: Sentence) -> Iterator[Problem]:
    """Both sides of a comparison of one kind; and/or/not over true and false; codes from their list."""
    form = sentence.form

    def tell(code: str, **args: str) -> Problem:
        return Problem(code=code, file=pack.path, line=sentence.line, args=args)

    for node in walk(sentence.expression):
        match node:
            case Compare(_, left, right) | Arithmetic(_, left, right):
                one, other = type_of(pack, form, left), type_of(pack, form, right)
                wanted = "number" if isinstance(node, Arithmetic) else one
                if "unknown" not in (one, other) and (one != wanted or other != wanted or "null" in (one, other)):
                    yield tell("PACK-015", text=render_text(node), left=one, right=other)
                yield from _check_code_pairs(pack, sentence, [(left, right), (right, left)])
            case Among(operand, choices):
                yield from _check_code_pairs(pack, sentence, [(operand, choice) for choice in choices])
            case Call(function, arguments):
                for part, expected in zip(arguments, FUNCTIONS[function], strict=True):
                    found = type_of(pack, form, part)
                    if found not in (expected, "unknown"):
                        yield tell("PACK-018", place=render_text(part), expected=expected, found=found)
            case Logic(_, operands):
                for part in operands:
                    if type_of(pack, form, part) not in ("boolean", "null", "unknown"):
                        found = type_of(pack, form, part)
                        yield tell("PACK-018", place=render_text(part), expected="boolean", found=found)
            case Not(operand) if type_of(pack, form, operand) not in ("boolean", "unknown"):
                yield tell(
                    "PACK-018", place=render_text(operand), expected="boolean", found=type_of(pack, form, operand)
                )
            case _:
                pass
        yield from _check_multiple(pack, sentence, node)
    given = type_of(pack, form, sentence.expression)
    if sentence.gives is not None and given not in (sentence.gives, "unknown"):
        yield tell("PACK-018", place=sentence.place, expected=sentence.gives, found=given)


def _check_code_pairs(pack: Pack, sentence: Sentence, pairs: list[tuple[Expression, Expression]]) -> Iterator[Problem]:
    for one, other in pairs:
        if isinstance(one, Field) and isinstance(other, Constant) and one.name in sentence.form.fields:
            field = sentence.form.fields[one.name]
            known = load_codelists()[field.codes].codes if field.codes in load_codelists() else None
            if known is not None and other.value not in known:
                args = {"codes": field.codes, "value": str(other.value), "expected": "、".join(known)}
                yield Problem(code="PACK-016", file=pack.path, line=sentence.line, args=args)


def _check_multiple(pack: Pack, sentence: Sentence, node: Expression) -> Iterator[Problem]:
    if isinstance(node, IsNull):
        return
    from wangdi.language.ast import children

    for part in children(node):
        if isinstance(part, Field):
            field = sentence.form.fields.get(part.name)
            if field is not None and field.type == "codes":
                yield Problem(code="PACK-017", file=pack.path, line=sentence.line, args={"name": part.name})


def may_be_missing(pack: Pack, form: Form, node: Expression, known: frozenset[str]) -> bool:
    """Whether an expression can be null on some row, given names known not to be missing there."""

    def missing(part: Expression) -> bool:
        return may_be_missing(pack, form, part, known)

    match node:
        case Constant() | Parameter():
            return is_null_constant(node)
        case IsNull():
            return False
        case Field(name):
            return name not in known and not (name in form.fields and form.fields[name].required)
        case Previous():
            return True  # the first row has no previous one
        case Term(name):
            return name not in known and missing(pack.terms[name].expression)
        case Not(operand) | Among(operand, _):
            return missing(operand)
        case Logic(word, operands):
            # `x is not null and x`: where x is missing the guard is false, and so is the whole.
            guard = _known_when if word == "and" else _known_after
            sure = known.union(*map(guard, operands))
            return any(may_be_missing(pack, form, part, sure) for part in operands)
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return missing(left) or missing(right)
        case Call(_, arguments):
            return any(map(missing, arguments))
        case Case(arms, otherwise):
            return _case_may_be_missing(pack, form, (arms, otherwise), known)


def _case_may_be_missing(
    pack: Pack, form: Form, case: tuple[tuple[tuple[Expression, Expression], ...], Expression], known: frozenset[str]
) -> bool:
    arms, otherwise = case
    for when, then in arms:
        if may_be_missing(pack, form, then, known | _known_when(when)):
            return True
        known |= _known_after(when)
    return may_be_missing(pack, form, otherwise, known)


def _known_after(when: Expression) -> frozenset[str]:
    """Names that are there once ``when`` was not true: after ``x is null or y is null`` both are."""
    match when:
        case IsNull(Field(name) | Term(name)):
            return frozenset((name,))
        case Logic("or", operands):
            return frozenset().union(*map(_known_after, operands))
    return frozenset()


def _known_when(when: Expression) -> frozenset[str]:
    """Names that are there where ``when`` is true."""
    match when:
        case Not(IsNull(Field(name) | Term(name))):
            return frozenset((name,))
        case Logic("and", operands):
            return frozenset().union(*map(_known_when, operands))
    return frozenset()


def check_missing(pack: Pack, sentence: Sentence) -> Iterator[Problem]:
    """A ``case`` arm whose condition may be unknown lets the row fall silently to a later arm: unknown age is not "under 65".

    Rule: every arm must be decided for every row: what it asks about was found not missing by an arm before it. Where no
    later arm gives anything but null, nothing is decided silently.
    """
    for node in walk(sentence.expression):
        if not isinstance(node, Case):
            continue
        known: frozenset[str] = frozenset()
        for place, (when, _) in enumerate(node.arms):
            after = [then for _, then in node.arms[place + 1 :]] + [node.otherwise]
            decided = not may_be_missing(pack, sentence.form, when, known)
            if not decided and not all(map(is_null_constant, after)):
                names = sorted(_missing_names(pack, sentence.form, when, known)) or sorted(used_fields(when))
                args = {"place": sentence.place, "text": render_text(when), "names": "、".join(names)}
                yield Problem(code="PACK-020", file=pack.path, line=sentence.line, args=args)
                break
            known |= _known_after(when)


def _missing_names(pack: Pack, form: Form, when: Expression, known: frozenset[str]) -> set[str]:
    return {name for name in fields_behind(pack, when) if may_be_missing(pack, form, Field(name), known)}
