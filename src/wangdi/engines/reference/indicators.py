"""Whether one subject counts in one indicator, and which clause fails: the oracle of every figure over people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from wangdi.core.periods import Period
from wangdi.engines.reference.classify import compile_rules, with_terms
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.language.ast import Expression
from wangdi.language.model import (
    Clause,
    EnoughRows,
    Indicator,
    LatestRow,
    NotEnded,
    ObligationsMet,
    People,
    RowsComplete,
)
from wangdi.language.record import Event, Obligation, Spell, Subject
from wangdi.language.rules import Programme, Rules


@dataclass(frozen=True, slots=True)
class History:
    """Everything known of one subject in one programme."""

    subject: Subject
    events: Sequence[Event]
    spells: Sequence[Spell]
    obligations: Sequence[Obligation]


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a subject stands: in the denominator or not, and by clause id whether it holds."""

    counted: bool
    clauses: dict[str, bool] = field(default_factory=dict)

    @property
    def in_numerator(self) -> bool:
        """In the denominator with every clause true."""
        return self.counted and all(self.clauses.values())


def judge_membership(
    programme: Programme, indicator: Indicator, history: History, period: Period, as_of: date
) -> Membership:
    """Place a subject in an indicator over people for a period, as it stood on ``as_of``.

    Rule: obligations count once they have closed, on the last day of the period or on ``as_of``, whichever is earlier.
    """
    inside = [spell for spell in history.spells if spell.start <= period.end and _lasts(spell, period.start)]
    basis = indicator.of if isinstance(indicator.of, People) else indicator.count
    if not isinstance(basis, People):
        return Membership(False)
    if basis.when == "period_end":
        inside = [spell for spell in inside if _lasts(spell, period.end)]
    if not inside:
        return Membership(False)
    rules = programme.in_force(period.end) or programme.newest
    clauses = {
        counted.id: _holds(rules, counted.clause, history, period, as_of)
        for counted in indicator.clauses
        if not counted.only_if or rules.values[counted.only_if] is True
    }
    return Membership(True, clauses)


def _lasts(spell: Spell, day: date) -> bool:
    return spell.end is None or spell.end > day


def _holds(rules: Rules, clause: Clause, history: History, period: Period, as_of: date) -> bool:
    match clause:
        case ObligationsMet(tasks):
            closed = [
                item
                for item in history.obligations
                if period.start <= item.closes <= min(period.end, as_of) and (not tasks or item.task in tasks)
            ]
            return all(item.done_on is not None or item.ended_on is not None for item in closed)
        case NotEnded(reasons):
            return not any(
                spell.reason in reasons and spell.told_on is not None and period.start <= spell.told_on <= period.end
                for spell in history.spells
            )
        case LatestRow(form, where, holds):
            rows = _rows(rules, form, where, history, period)
            place = -1 if clause.take == "latest" else 0
            return bool(rows) and compile_expression(holds, rules.values)(rows[place]) is True
        case RowsComplete(form, fields):
            rows = _rows(rules, form, None, history, period)
            return all(row.fields.get(name) is not None for row in rows for name in fields)
        case EnoughRows(form, per_year, where):
            rows = _rows(rules, form, where, history, period)
            return len(rows) >= _visits_asked(rules, per_year, history.spells, period)


def _visits_asked(rules: Rules, per_year: Expression, spells: Sequence[Spell], period: Period) -> int:
    """ceil(visits a year x enrolled days in the period / days of the year of the period's end)."""
    visits = compile_expression(per_year, rules.values)(Row({}))
    days = 0
    for spell in spells:
        first = max(spell.start, period.start)
        after = date.fromordinal(period.end.toordinal() + 1)
        last = after if spell.end is None else min(spell.end, after)
        days += max(0, (last - first).days)
    year = period.end.year
    year_days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return math.ceil(float(visits) * days / year_days)  # type: ignore[arg-type]


def _rows(rules: Rules, form: str, where: Expression | None, history: History, period: Period) -> list[Row]:
    """Rows of a form in the period with their terms, in order, for which ``where`` is true."""
    compiled = compile_rules(rules)
    full = rules.pack.form(form).full_name
    mine = sorted((event for event in history.events if event.form == full), key=lambda event: (event.on, event.seq))
    rows: list[Row] = []
    for place, event in enumerate(mine):
        if period.start <= event.on <= period.end:
            row = with_terms(compiled, history.subject, event, mine[place - 1] if place else None)
            if where is None or compile_expression(where, rules.values)(row) is True:
                rows.append(row)
    return rows
