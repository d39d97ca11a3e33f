"""What one row answers: its score with what it lacks, and the lines of its slip. Whichever engine is asked."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.language.ast import Expression
from wangdi.language.engine import Case, EvaluateRows
from wangdi.language.quality import FULL, Quality, items_lacking, points_asked, points_met
from wangdi.language.rules import Rules
from wangdi.language.slip import Slip, SlipLine, lines_said


@dataclass(frozen=True, slots=True)
class RowScore:
    """A row's score (whole points, 0 to 100), the weights met and asked, and the ids of the items it lacks."""

    score: int
    met: int
    asked: int
    missing: tuple[str, ...]


def score_row(evaluate: EvaluateRows, rules: Rules, quality: Quality, case: Case) -> RowScore:
    """How complete the last row of a case is.

    Rule: an item that is not asked is neither met nor missed; where nothing is asked there are no points. Points are whole
    and never rounded up: 100 is everything, and scores of many records add up exactly.
    """

    asked_of = (points_met(quality), points_asked(quality), items_lacking(quality))
    met, asked, lacking = (_number(evaluate, rules, quality.form, node, case) for node in asked_of)
    missing = tuple(item.id for place, item in enumerate(quality.items) if lacking >> place & 1)
    return RowScore(met * FULL // asked if asked else 0, met, asked, missing)


def slip_row(evaluate: EvaluateRows, rules: Rules, slip: Slip, case: Case) -> list[SlipLine]:
    """Every line that is said of the last row of a case, in the order of the pack."""
    said = _number(evaluate, rules, slip.form, lines_said(slip), case)
    return [line for place, line in enumerate(slip.lines) if said >> place & 1]


def _number(evaluate: EvaluateRows, rules: Rules, form: str, node: Expression, case: Case) -> int:
    """A whole number about the last row."""
    (values,) = evaluate(rules, rules.pack.form(form).full_name, node, [case])
    assert isinstance(values[-1], int), "a sum of whole constants"
    return values[-1]
