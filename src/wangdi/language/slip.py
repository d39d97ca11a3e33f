"""The slip handed over after an examination: sentences for everything a row shows, with their clause. All of it is the pack's."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.language.ast import Arithmetic, Case, Constant, Expression


@dataclass(frozen=True, slots=True)
class SlipLine:
    """What is said where ``when`` is true of the row: the finding, plain advice, the readings it rests on and its clause.

    ``refer``: none | advise | urgent. ``programme``: the pack whose service is suggested; nobody is enrolled by it.
    """

    id: str
    when: Expression
    text: str
    finding: str
    advice: str
    values: tuple[str, ...]
    refer: str
    programme: str
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip about one row of ``form``. Every line that holds is said, in order; ``otherwise`` where none does."""

    name: str
    title: str
    form: str
    values: tuple[str, ...]
    """Readings shown on every slip, abnormal or not."""
    lines: tuple[SlipLine, ...]
    otherwise: str
    closing: str
    source: str
    line: int = 0


def lines_said(slip: Slip) -> Expression:
    """The lines said of a row, as one number: bit n for the n-th line. One expression, so that an engine is asked once."""
    total: Expression = Constant(0)
    for place, line in enumerate(slip.lines):
        total = Arithmetic("+", total, Case(((line.when, Constant(1 << place)),), Constant(0)))
    return total
