"""Every expression that differs from a given one in one place: the wrong turns a sentence could have taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from wangdi.catalog.codelists import load_codelists
from wangdi.language.ast import (
    Among,
    Arithmetic,
    Call,
    Case,
    Comparator,
    Compare,
    Constant,
    Expression,
    Field,
    IsNull,
    Logic,
    Not,
    Operator,
    Previous,
    Term,
    walk,
)
from wangdi.language.ast import Parameter as Named
from wangdi.language.expression import render_text
from wangdi.language.model import (
    Form,
    Pack,
)

_NEIGHBOURS: dict[Comparator, tuple[Comparator, ...]] = {
    "<": ("<=", ">"),
    "<=": ("<", ">"),
    ">": (">=", "<"),
    ">=": (">", "<"),
    "=": ("<>",),
    "<>": ("=",),
}
_OTHER_SIGN: dict[Operator, Operator] = {"+": "-", "-": "+", "*": "+"}


def vary_expression(pack: Pack, node: Expression, form: Form) -> Iterator[tuple[str, Expression]]:
    """Every expression that differs in one place, with the change in words."""
    texts = sorted({part.value for part in walk(node) if isinstance(part, Constant) and isinstance(part.value, str)})
    yield from _vary(node, _Sight(form, tuple(texts), (), _other_names(pack, form)))


def _other_names(pack: Pack, form: Form) -> dict[str, str]:
    """For a field (``sbp``) or parameter (``:sbp_goal``) the next one that could be mistaken for it: of its type and unit."""
    used = {part.name for term in pack.terms.values() for part in walk(term.expression) if isinstance(part, Field)}
    kinds: dict[str, list[str]] = {}
    for field in form.fields.values():
        if field.name in used and field.unit:
            kinds.setdefault(f"{field.type} {field.unit}", []).append(field.name)
    for parameter in pack.parameters.values():
        kinds.setdefault(f":{type(parameter.value).__name__} {parameter.unit}", []).append(f":{parameter.name}")
    found: dict[str, str] = {}
    for names in kinds.values():
        if len(names) > 1:
            found |= dict(zip(names, [*names[1:], names[0]], strict=True))
    return found


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a change must know: the form's codes, the texts around a constant, the codes of the field beside it, and which
    name could be mistaken for which.
    """

    form: Form
    texts: tuple[str, ...]
    codes: tuple[str, ...]
    others: Mapping[str, str]

    def beside(self, node: Expression) -> _Sight:
        """The sight of a constant compared with this expression."""
        found = self.form.fields.get(node.name) if isinstance(node, Field) else None
        codes = tuple(load_codelists()[found.codes].codes) if found is not None and found.codes else ()
        return replace(self, codes=codes)


def _vary(node: Expression, sight: _Sight) -> Iterator[tuple[str, Expression]]:
    for changed, words in _vary_here(node, sight):
        yield words or f"{render_text(node)} → {render_text(changed)}", changed
    for child, rebuild in _places(node):
        beside = sight.beside(_partner(node, child)) if isinstance(node, Compare) else sight
        for words, changed in _vary(child, beside):
            yield words, rebuild(changed)


def _partner(node: Compare, child: Expression) -> Expression:
    return node.right if child is node.left else node.left


def _vary_here(node: Expression, sight: _Sight) -> Iterator[tuple[Expression, str]]:
    match node:
        case Compare(symbol, left, right):
            for other in _NEIGHBOURS[symbol]:
                yield Compare(other, left, right), ""
        case Logic(word, operands):
            yield Logic("or" if word == "and" else "and", operands), ""
            for place, part in enumerate(operands):
                rest = operands[:place] + operands[place + 1 :]
                yield (rest[0] if len(rest) == 1 else Logic(word, rest)), f"− {word} {render_text(part)}"
        case Not(operand):
            yield operand, ""
        case IsNull(_):
            yield Not(node), ""
        case Arithmetic(sign, left, right):
            yield Arithmetic(_OTHER_SIGN[sign], left, right), ""
        case Call(function, arguments) if len(arguments) > 1:
            yield Call(function, arguments[::-1]), ""
        case Among(operand, choices):
            yield from _vary_choices(node, operand, choices)
        case Case(arms, otherwise):
            yield from _vary_arms(arms, otherwise)
        case Previous(name):
            yield Term(name), ""
        case Field(name) if name in sight.others:
            yield Field(sight.others[name]), ""
        case Named(name) if f":{name}" in sight.others:
            yield Named(sight.others[f":{name}"][1:]), ""
        case Constant(value):
            for other_value in _other_values(value, sight):
                yield Constant(other_value), ""


def _vary_choices(node: Among, operand: Expression, choices: tuple[Constant, ...]) -> Iterator[tuple[Expression, str]]:
    if len(choices) == 1:
        yield Not(node), ""
        return
    for place, choice in enumerate(choices):
        rest = choices[:place] + choices[place + 1 :]
        yield Among(operand, rest), f"{render_text(node)} − {render_text(choice)}"


def _vary_arms(
    arms: tuple[tuple[Expression, Expression], ...], otherwise: Expression
) -> Iterator[tuple[Expression, str]]:
    for place, (when, then) in enumerate(arms):
        rest = arms[:place] + arms[place + 1 :]
        words = f"− when {render_text(when)} then {render_text(then)}"
        yield (Case(rest, otherwise) if rest else otherwise), words


def _other_values(value: object, sight: _Sight) -> Iterator[bool | int | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    elif isinstance(value, float):
        step = 10 ** -len(repr(value).partition(".")[2])
        yield from (round(value - step, 9), round(value + step, 9))
    elif isinstance(value, str):
        around = [text for text in (sight.codes or sight.texts) if text != value]
        later = [text for text in around if text > value]
        yield (later or around or [value + "~"])[0]


def _places(node: Expression) -> Iterator[tuple[Expression, Callable[[Expression], Expression]]]:
    """Each child with the function that puts another in its place."""
    match node:
        case Not(operand):
            if not isinstance(operand, IsNull):
                yield operand, Not
        case IsNull(operand):
            yield operand, IsNull
        case Logic(word, operands):
            for place, part in enumerate(operands):
                yield part, lambda new, at=place: Logic(word, (*operands[:at], new, *operands[at + 1 :]))  # type: ignore[misc]
        case Compare(symbol, left, right):
            yield left, lambda new: Compare(symbol, new, right)
            yield right, lambda new: Compare(symbol, left, new)
        case Arithmetic(sign, left, right):
            yield left, lambda new: Arithmetic(sign, new, right)
            yield right, lambda new: Arithmetic(sign, left, new)
        case Among(operand, choices):
            yield operand, lambda new: Among(new, choices)
        case Call(function, arguments):
            for place, part in enumerate(arguments):
                yield part, lambda new, at=place: Call(function, (*arguments[:at], new, *arguments[at + 1 :]))  # type: ignore[misc]
        case Case(arms, otherwise):
            for place, (when, then) in enumerate(arms):
                yield when, lambda new, at=place, then=then: Case(_with_arm(arms, at, (new, then)), otherwise)  # type: ignore[misc]
                yield then, lambda new, at=place, when=when: Case(_with_arm(arms, at, (when, new)), otherwise)  # type: ignore[misc]
            yield otherwise, lambda new: Case(arms, new)


def _with_arm(
    arms: tuple[tuple[Expression, Expression], ...], at: int, arm: tuple[Expression, Expression]
) -> tuple[tuple[Expression, Expression], ...]:
    return (*arms[:at], arm, *arms[at + 1 :])
