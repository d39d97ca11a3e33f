"""The template's own formulas: the few functions that returns use, evaluated over what is filled in.

What a return needs beyond these is left to the spreadsheet program and said to be so; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import log10

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

from wangdi.returns.model import Box, Place, Template, parse_box, split_sheet

Scalar = Fraction | str | bool | None
"""Numbers are exact ratios: a third times three is one, and what is rounded is rounded from the true value."""
Result = Decimal | str | bool | None
Read = Callable[[Place], Decimal | str | None]
DEEPEST = 40
"""Formulas that stand on formulas and brackets in brackets, together."""
MOST_CELLS = 20_000
LARGEST, DIGITS = 300, 15
"""Decimal exponent of a number, and significant digits of a result, as spreadsheets have them."""
_ORDER = (("=", "<>", "<", "<=", ">", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",))


class NotEvaluated(Exception):  # noqa: N818 -- an answer
    """A formula that only a spreadsheet program evaluates. Carries what it stands on."""


class DividedByZero(Exception):  # noqa: N818
    """What a spreadsheet shows as #DIV/0!."""


@dataclass(frozen=True, slots=True)
class _Range:
    sheet: str
    box: Box


_Value = Scalar | _Range


class Evaluator:
    """The formulas of one template over the values of one filling; each is evaluated once."""

    def __init__(self, template: Template, filled: Read) -> None:
        self._template, self._filled = template, filled
        self._known: dict[Place, Scalar | NotEvaluated | DividedByZero] = {}
        self.depth = 0

    def result(self, place: Place) -> Result:
        """What a cell shows. Errors: raises NotEvaluated, DividedByZero."""
        found = self.value(place)
        return show_fraction(found) if isinstance(found, Fraction) else found

    def value(self, place: Place) -> Scalar:
        """What a cell comes to, exactly. Errors: as above."""
        formula = self._template.at(place).formula
        if not formula:
            return self._plain(place)
        if place not in self._known:
            self._known[place] = NotEvaluated("↻")  # what stands on itself
            self._known[place] = self._evaluate(place, formula)
        found = self._known[place]
        if isinstance(found, NotEvaluated | DividedByZero):
            raise found
        return found

    def _plain(self, place: Place) -> Scalar:
        cell = self._template.at(place)
        found = self._filled(place)
        if found is None:
            found = cell.number if cell.number is not None else cell.text or None
        return Fraction(found) if isinstance(found, Decimal) else found

    def _evaluate(self, place: Place, formula: str) -> Scalar | NotEvaluated | DividedByZero:
        if self.depth >= DEEPEST:
            return NotEvaluated(formula)
        before = self.depth
        self.depth += 1
        try:
            tokens = [one for one in Tokenizer(f"={formula}").items if one.type != Token.WSPACE]
            return _Reading(self, place.sheet, tokens).whole()
        except (NotEvaluated, DividedByZero) as answer:
            return answer
        except (TokenizerError, InvalidOperation, IndexError):
            return NotEvaluated(formula)
        finally:
            self.depth = before

    def cells(self, stretch: _Range) -> Iterator[Scalar]:
        """What the cells of a stretch show."""
        if stretch.sheet not in self._template.sheets or stretch.box.size > MOST_CELLS:
            raise NotEvaluated(stretch.sheet)
        for row, column in stretch.box.cells():
            yield self.value(Place(stretch.sheet, row, column))


class _Reading:
    """One formula from left to right. Lives for one evaluation."""

    def __init__(self, evaluator: Evaluator, sheet: str, tokens: list[Token]) -> None:
        self._evaluator, self._sheet, self._tokens = evaluator, sheet, tokens
        self._next = 0

    def whole(self) -> Scalar:
        found = self._scalar(self._operation(0))
        if self._next < len(self._tokens):
            raise NotEvaluated(str(self._tokens[self._next].value))
        return found

    def _peek(self, kind: str, subtype: str = "") -> bool:
        if self._next >= len(self._tokens):
            return False
        token = self._tokens[self._next]
        return token.type == kind and (not subtype or token.subtype == subtype)

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _operation(self, level: int) -> _Value:
        if level == len(_ORDER):
            return self._signed()
        found = self._operation(level + 1)
        while self._peek(Token.OP_IN) and self._tokens[self._next].value in _ORDER[level]:
            sign = str(self._take().value)
            found = _join(sign, self._scalar(found), self._scalar(self._operation(level + 1)))
        return found

    def _signed(self) -> _Value:
        if self._peek(Token.OP_PRE):
            sign, operand = self._take().value, _number(self._scalar(self._deeper(self._signed)))
            return -operand if sign == "-" else operand
        found = self._operand()
        while self._peek(Token.OP_POST):
            self._take()
            found = _number(self._scalar(found)) / 100
        return found

    def _deeper(self, read: Callable[[], _Value]) -> _Value:
        """Read what is in brackets."""
        if self._evaluator.depth >= DEEPEST:
            raise NotEvaluated("(")
        self._evaluator.depth += 1
        found = read()
        self._evaluator.depth -= 1
        return found

    def _operand(self) -> _Value:
        token = self._take()
        if token.type == Token.PAREN and token.subtype == Token.OPEN:
            found = self._deeper(lambda: self._operation(0))
            self._take()
            return found
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            return self._function(str(token.value)[:-1].upper())
        if token.type != Token.OPERAND:
            raise NotEvaluated(str(token.value))
        text = str(token.value)
        if token.subtype == Token.NUMBER:
            return _sized(Fraction(Decimal(text)) if abs(Decimal(text).adjusted()) < LARGEST else None)
        if token.subtype == Token.TEXT:
            return text[1:-1].replace('""', '"')
        if token.subtype == Token.LOGICAL:
            return text.upper() == "TRUE"
        sheet, cells = split_sheet(text)
        box = parse_box(cells)
        if box is None or token.subtype != Token.RANGE:  # a name, a whole column, a link to another workbook
            raise NotEvaluated(text)
        return _Range(sheet or self._sheet, box)

    def _function(self, name: str) -> _Value:
        if name in ("IF", "IFERROR"):
            return self._choice(name)
        given = self._arguments()
        if name == "ROUND" and len(given) == 2:
            number, places = (_number(self._scalar(one)) for one in given)
            return round_half(number, int(places))
        if name == "ABS" and len(given) == 1:
            return abs(_number(self._scalar(given[0])))
        numbers = [one for value in given for one in self._numbers(value)]
        if name == "SUM":
            return sum(numbers, Fraction(0))
        if name == "COUNT":
            return Fraction(len(numbers))
        if name == "AVERAGE":
            if not numbers:
                raise DividedByZero
            return sum(numbers, Fraction(0)) / len(numbers)
        if name in ("MAX", "MIN"):
            return (max if name == "MAX" else min)(numbers, default=Fraction(0))
        raise NotEvaluated(name)

    def _arguments(self) -> list[_Value]:
        given: list[_Value] = []
        while not self._peek(Token.FUNC, Token.CLOSE):
            given.append(self._deeper(lambda: self._operation(0)))
            if self._peek(Token.SEP):
                self._take()
        self._take()
        return given

    def _choice(self, name: str) -> _Value:
        """IF and IFERROR evaluate only the branch they show."""
        parts = self._split()
        if name == "IFERROR" and len(parts) == 2:
            depth = self._evaluator.depth
            try:
                return self._part(parts[0])
            except DividedByZero:
                self._evaluator.depth = depth
                return self._part(parts[1])
        if name == "IF" and len(parts) in (2, 3):
            chosen = 1 if self._part(parts[0]) else 2
            return self._part(parts[chosen]) if chosen < len(parts) else False
        raise NotEvaluated(name)

    def _part(self, tokens: list[Token]) -> Scalar:
        inner = _Reading(self._evaluator, self._sheet, tokens)
        found = self._deeper(inner.whole)
        assert not isinstance(found, _Range), "a whole formula comes to one value"
        return found

    def _split(self) -> list[list[Token]]:
        """The arguments of a function as they are written."""
        parts: list[list[Token]] = [[]]
        open_brackets = 0
        while True:
            token = self._take()
            if token.subtype == Token.OPEN:
                open_brackets += 1
            elif token.subtype == Token.CLOSE:
                if not open_brackets:
                    return parts
                open_brackets -= 1
            if token.type == Token.SEP and not open_brackets:
                parts.append([])
            else:
                parts[-1].append(token)

    def _scalar(self, value: _Value) -> Scalar:
        if not isinstance(value, _Range):
            return value
        if value.box.size > 1:
            raise NotEvaluated("#VALUE!")
        return next(self._evaluator.cells(value))

    def _numbers(self, value: _Value) -> Iterator[Fraction]:
        """What a function over numbers takes: of a stretch the numbers alone."""
        if isinstance(value, _Range):
            yield from (one for one in self._evaluator.cells(value) if isinstance(one, Fraction))
        else:
            yield _number(value)


def _join(sign: str, one: Scalar, other: Scalar) -> Scalar:
    if sign == "&":
        return f"{_text(one)}{_text(other)}"
    if sign in _ORDER[0]:
        return _compare(sign, one, other)
    left, right = _number(one), _number(other)
    if sign == "/":
        if not right:
            raise DividedByZero
        return left / right
    if sign == "^":
        return _power(left, right)
    return _sized(left + right if sign == "+" else left - right if sign == "-" else left * right)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """A whole power; roots are no business of returns."""
    if exponent.denominator != 1 or abs(exponent) > DIGITS:
        raise NotEvaluated("^")
    if not base and exponent < 0:
        raise DividedByZero
    return _sized(base ** int(exponent))


def _sized(number: Fraction | None) -> Fraction:
    """A number of a size that spreadsheets have: larger ones would grow without end."""
    limit = 10**LARGEST
    if number is None or abs(number) > limit or number.denominator > limit:
        raise NotEvaluated("#NUM!")
    return number


def round_half(value: Fraction, places: int) -> Fraction:
    """Rounded half away from zero; negative places round before the point."""
    if abs(places) > DIGITS:
        raise NotEvaluated("ROUND")
    raised = abs(value) * Fraction(10) ** places
    whole = Fraction(int(raised + Fraction(1, 2))) / Fraction(10) ** places
    return whole if value >= 0 else -whole


def show_fraction(value: Fraction) -> Decimal:
    """A number with the digits a spreadsheet keeps."""
    if not value:
        return Decimal(0)
    size = int(log10(abs(value.numerator)) - log10(value.denominator))
    places = DIGITS - size
    scaled = abs(value) * Fraction(10) ** places
    whole = int(scaled + Fraction(1, 2))
    shown = Decimal(whole if value > 0 else -whole).scaleb(-places).normalize()
    return shown.quantize(Decimal(1)) if shown == shown.to_integral_value() and size < DIGITS else shown


def _compare(sign: str, one: Scalar, other: Scalar) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        same = _text(one) == _text(other)
        if sign not in ("=", "<>"):
            raise NotEvaluated(sign)
        return same if sign == "=" else not same
    left, right = _number(one), _number(other)
    held = {"=": left == right, "<>": left != right, "<": left < right, ">": left > right}
    held |= {"<=": left <= right, ">=": left >= right}
    return held[sign]


def _text(value: Scalar) -> str:
    return "" if value is None else f"{show_fraction(value):f}" if isinstance(value, Fraction) else str(value)


def _number(value: Scalar) -> Fraction:
    if value is None:
        return Fraction(0)
    if isinstance(value, bool):
        return Fraction(int(value))
    if isinstance(value, Fraction):
        return value
    raise NotEvaluated(value)
