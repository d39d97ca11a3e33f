"""Reading an expression of the pack language: text to tree, and tree back to text.

The grammar, loosest first: ``or``, ``and``, ``not``, comparison (``= <> < <= > >= in is null``), ``+ -``, ``*``, unary ``-``,
then a number, text in single quotes, ``true false null``, a name, ``previous.name``, ``:parameter``, ``case ... end``, a function
with its arguments, or brackets.
Own parser, so that a message can point at the character and say what was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

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
)

KEYWORDS = frozenset(
    ["and", "or", "not", "in", "is", "null", "true", "false", "case", "when", "then", "else", "end", "previous"]
)
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<parameter>:[a-z][a-z0-9_]*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<symbol><>|<=|>=|[=<>()+\-*,.]))"
)


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Why a text is not an expression: the place (0-based), what stands there and what was expected there."""

    position: int
    found: str
    expected: str


class _UnexpectedError(Exception):
    def __init__(self, fault: SyntaxFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse_expression(text: str) -> Expression | SyntaxFault:
    """Read one expression. Bare names come back as ``Field``; the reader turns those that are terms into ``Term``."""
    try:
        return _Parser(_scan(text)).parse()
    except _UnexpectedError as unexpected:
        return unexpected.fault


def _scan(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            place = position + len(text[position:]) - len(text[position:].lstrip())
            raise _UnexpectedError(SyntaxFault(place, text[place], "a name, number, text or operator"))
        kind = match.lastgroup or ""
        word, place = match.group(kind), match.start(kind)
        if kind == "name" and word in KEYWORDS:
            kind = "keyword"
        tokens.append(_Token(kind, word, place))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


class _Parser:
    """One pass over the tokens, one method per level of the grammar."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def parse(self) -> Expression:
        tree = self._alternatives()
        if self._peek().kind != "end":
            self._fail("an operator or the end")
        return tree

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept(self, *words: str) -> str | None:
        token = self._peek()
        if token.kind in ("keyword", "symbol") and token.text in words:
            return self._take().text
        return None

    def _expect(self, word: str) -> None:
        if self._accept(word) is None:
            self._fail(f"“{word}”")

    def _fail(self, expected: str) -> None:
        token = self._peek()
        raise _UnexpectedError(SyntaxFault(token.position, token.text or "end", expected))

    def _alternatives(self) -> Expression:
        operands = [self._conjunction()]
        while self._accept("or"):
            operands.append(self._conjunction())
        return operands[0] if len(operands) == 1 else Logic("or", tuple(operands))

    def _conjunction(self) -> Expression:
        operands = [self._negation()]
        while self._accept("and"):
            operands.append(self._negation())
        return operands[0] if len(operands) == 1 else Logic("and", tuple(operands))

    def _negation(self) -> Expression:
        if self._accept("not"):
            return Not(self._negation())
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        token = self._peek()
        if token.kind == "symbol" and token.text in COMPARATORS:
            self._take()
            return Compare(token.text, left, self._sum())  # type: ignore[arg-type]
        if self._accept("is"):
            negated = self._accept("not") is not None
            self._expect("null")
            return Not(IsNull(left)) if negated else IsNull(left)
        if self._accept("not"):
            self._expect("in")
            return Not(Among(left, self._choices()))
        if self._accept("in"):
            return Among(left, self._choices())
        return left

    def _choices(self) -> tuple[Constant, ...]:
        self._expect("(")
        choices = [self._choice()]
        while self._accept(","):
            choices.append(self._choice())
        self._expect(")")
        return tuple(choices)

    def _choice(self) -> Constant:
        value = self._unary()
        if not isinstance(value, Constant) or value.value is None:
            self._fail("a number or text in quotes")
        assert isinstance(value, Constant)
        return value

    def _sum(self) -> Expression:
        left = self._product()
        while operator := self._accept("+", "-"):
            left = Arithmetic("+" if operator == "+" else "-", left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while self._accept("*"):
            left = Arithmetic("*", left, self._unary())
        return left

    def _unary(self) -> Expression:
        if self._accept("-"):
            operand = self._unary()
            if isinstance(operand, Constant) and isinstance(operand.value, int | float):
                return Constant(-operand.value)
            return Arithmetic("-", Constant(0), operand)
        return self._primary()

    def _primary(self) -> Expression:
        token = self._peek()
        match token.kind:
            case "number":
                self._take()
                return Constant(float(token.text) if "." in token.text else int(token.text))
            case "text":
                self._take()
                return Constant(token.text[1:-1].replace("''", "'"))
            case "parameter":
                self._take()
                return Parameter(token.text[1:])
            case "name":
                self._take()
                return self._call(token.text) if token.text in FUNCTIONS and self._accept("(") else Field(token.text)
        return self._word()

    def _call(self, function: str) -> Expression:
        arguments = [self._sum()]
        for _ in FUNCTIONS[function][1:]:
            self._expect(",")
            arguments.append(self._sum())
        self._expect(")")
        return Call(function, tuple(arguments))

    def _word(self) -> Expression:
        if self._accept("("):
            inner = self._alternatives()
            self._expect(")")
            return inner
        if word := self._accept("true", "false", "null"):
            return Constant({"true": True, "false": False, "null": None}[word])
        if self._accept("previous"):
            self._expect(".")
            if self._peek().kind != "name":
                self._fail("the name of a term")
            return Previous(self._take().text)
        if self._accept("case"):
            return self._case()
        self._fail("a name, number, text, “case” or “(”")
        raise AssertionError("unreachable")

    def _case(self) -> Expression:
        arms: list[tuple[Expression, Expression]] = []
        while self._accept("when"):
            condition = self._alternatives()
            self._expect("then")
            arms.append((condition, self._alternatives()))
        if not arms:
            self._fail("“when”")
        otherwise: Expression = self._alternatives() if self._accept("else") else Constant(None)
        self._expect("end")
        return Case(tuple(arms), otherwise)


_BINDING = {Logic: 1, Not: 3, Compare: 4, Among: 4, IsNull: 4, Arithmetic: 5}


def render_text(node: Expression) -> str:
    """The expression as a person writes it; reading it back gives the same tree."""
    match node:
        case Constant(value):
            return _render_constant(value)
        case Field(name) | Term(name):
            return name
        case Previous(name):
            return f"previous.{name}"
        case Parameter(name):
            return f":{name}"
        case Not(IsNull(operand)):
            return f"{_inside(operand, 5)} is not null"
        case Not(Among(operand, choices)):
            return f"{_inside(operand, 5)} not in ({', '.join(map(render_text, choices))})"
        case Not(operand):
            return f"not {_inside(operand, 3)}"
        case Logic(operator, operands):
            return f" {operator} ".join(_inside(part, 3 if operator == "and" else 2) for part in operands)
        case Compare(operator, left, right):
            return f"{_inside(left, 5)} {operator} {_inside(right, 5)}"
        case Arithmetic(operator, left, right):
            own = 6 if operator == "*" else 5
            return f"{_inside(left, own)} {operator} {_inside(right, own + 1)}"
        case Among(operand, choices):
            return f"{_inside(operand, 5)} in ({', '.join(map(render_text, choices))})"
        case IsNull(operand):
            return f"{_inside(operand, 5)} is null"
        case Call(function, arguments):
            return f"{function}({', '.join(map(render_text, arguments))})"
        case Case(arms, otherwise):
            said = " ".join(f"when {render_text(when)} then {render_text(then)}" for when, then in arms)
            return f"case {said} else {render_text(otherwise)} end"


def _render_constant(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else repr(value)


def _inside(node: Expression, least: int) -> str:
    """Bracketed when it binds less tightly than its place asks: ``*`` 6, ``+`` and ``-`` 5."""
    binding = _BINDING.get(type(node), 9)
    if isinstance(node, Logic):
        binding = 2 if node.operator == "and" else 1
    if isinstance(node, Arithmetic):
        binding = 6 if node.operator == "*" else 5
    if isinstance(node, Constant) and isinstance(node.value, int | float) and node.value < 0 and least > 5:
        binding = 0
    text = render_text(node)
    return text if binding >= least else f"({text})"
