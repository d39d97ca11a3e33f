"""Whether one subject counts in one indicator, and which clause fails: the oracle of every figure over people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeAlias

from wangdi.core.periods import Period
from wangdi.engines.reference.classify import compile_rules, with_terms
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.engines.reference.given import judge_given
from wangdi.language.ast import Expression
from wangdi.language.courses import HasRow, ReachesAge, RowsCounted, TaskApplies, TaskAsked, TaskDone, TaskDoneBefore
from wangdi.language.model import (
    Clause,
    CountedClause,
    CourseClause,
    EnoughRows,
    Indicator,
    LatestRow,
    NotEnded,
    ObligationsMet,
    Offset,
    People,
    RowsComplete,
    SomeRows,
)
from wangdi.language.quality import FULL, points_asked, points_met
from wangdi.language.record import Event, Obligation, Spell, Subject
from wangdi.language.rules import Length, Programme, Rules, add_length, measure_offset


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
    value: float = 1.0
    """What the subject adds to the numerator when every clause holds."""

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
    standing = _Standing(programme, rules, history, period, as_of)
    if not all(_judge(standing, indicator.of_clauses).values()):
        return Membership(False)
    value = _score(rules, indicator.mean, history, period) if indicator.mean else 1.0
    return Membership(True, _judge(standing, indicator.clauses), value)


def _score(rules: Rules, name: str, history: History, period: Period) -> float:
    """The score of the latest row by the end of the period: no row, or nothing asked of it, is no points."""
    quality = rules.pack.quality[name]
    rows = _rows(rules, quality.form, None, history, _until(period))
    if not rows:
        return 0.0
    met, asked = (compile_expression(node(quality), rules.values)(rows[-1]) for node in (points_met, points_asked))
    assert isinstance(met, int)
    assert isinstance(asked, int)
    return float(met * FULL // asked) if asked else 0.0


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a clause is asked of: a subject's history, over a period, as it stood on a day."""

    programme: Programme
    rules: Rules
    history: History
    period: Period
    as_of: date

    @property
    def last(self) -> date:
        """The last day seen."""
        return min(self.period.end, self.as_of)


def _judge(standing: _Standing, clauses: Sequence[CountedClause]) -> dict[str, bool]:
    """By id whether each clause that is switched on holds."""
    return {
        counted.id: _holds(standing, counted.clause)
        for counted in clauses
        if not counted.only_if or standing.rules.values[counted.only_if] is True
    }


def _lasts(spell: Spell, day: date) -> bool:
    return spell.end is None or spell.end > day


def _holds(standing: _Standing, clause: Clause) -> bool:
    rules, history, period, as_of = standing.rules, standing.history, standing.period, standing.as_of
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
            rows = _rows(rules, form, where, history, _until(period) if clause.by_end else _days(period))
            place = -1 if clause.take == "latest" else 0
            return bool(rows) and compile_expression(holds, rules.values)(rows[place]) is True
        case RowsComplete(form, fields):
            rows = _rows(rules, form, None, history, _days(period))
            return all(row.fields.get(name) is not None for row in rows for name in fields)
        case EnoughRows(form, per_year, where):
            rows = _rows(rules, form, where, history, _days(period))
            return len(rows) >= _visits_asked(rules, per_year, history.spells, period)
        case SomeRows():
            return _some_rows(rules, clause, history, period)
        case _:
            return _holds_given(standing, clause)


def _some_rows(rules: Rules, clause: SomeRows, history: History, period: Period) -> bool:
    """Enough rows in the period, or in the stretch before its end."""
    days = _days(period)
    if clause.span is not None:
        back = measure_offset(clause.span, rules)
        days = add_length(period.end + timedelta(days=1), Length(-back.months, -back.days)), period.end
    rows = [row for form in clause.forms for row in _rows(rules, form, clause.where, history, days)]
    filled = [row for row in rows if all(row.fields.get(name) is not None for name in clause.fields)]
    count = compile_expression(clause.count, rules.values)(Row({}))
    return len(filled) >= float(count)  # type: ignore[arg-type]


def _holds_given(standing: _Standing, clause: CourseClause) -> bool:
    """The clauses about things given in order."""
    history, first, last = standing.history, standing.period.start, standing.last
    done = {item.task: item.done_on for item in history.obligations if item.done_on is not None}
    match clause:
        case TaskAsked(tasks):
            return any(item.task in tasks and _is_asked(item, first, last) for item in history.obligations)
        case TaskApplies(tasks):
            return any(item.task in tasks and item.anchor_on <= last for item in history.obligations)
        case TaskDone(tasks):
            return any(first <= done[task] <= last for task in tasks if task in done)
        case TaskDoneBefore(tasks, age):
            limit = _birthday(standing, age)
            return limit is not None and any(
                done[task] < limit and done[task] <= last for task in tasks if task in done
            )
        case ReachesAge(age):
            limit = _birthday(standing, age)
            return limit is not None and first <= limit <= last
        case RowsCounted():
            judged = judge_given(standing.programme, history.subject, history.events)
            return all(row.class_name != "not_counted" for row in judged if first <= row.on <= last)
        case HasRow(form):
            full = standing.rules.pack.form(form).full_name
            return any(event.form == full and event.on <= last for event in history.events)


def _is_asked(item: Obligation, first: date, last: date) -> bool:
    begun = item.opens <= last and item.closes >= first
    waiting = item.done_on is None or item.done_on >= first
    return begun and waiting and (item.ended_on is None or item.ended_on > last)


def _birthday(standing: _Standing, age: Offset) -> date | None:
    birth = standing.history.subject.birth_date
    return None if birth is None else add_length(birth, measure_offset(age, standing.rules))


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


Days: TypeAlias = tuple[date, date]
"""The first and the last day rows may lie on."""


def _days(period: Period) -> Days:
    return period.start, period.end


def _until(period: Period) -> Days:
    """The latest by an end may be of any age."""
    return date.min, period.end


def _rows(rules: Rules, form: str, where: Expression | None, history: History, days: Days) -> list[Row]:
    """Rows of a form on these days with their terms, in order, for which ``where`` is true."""
    compiled = compile_rules(rules)
    full = rules.pack.form(form).full_name
    mine = sorted((event for event in history.events if event.form == full), key=lambda event: (event.on, event.seq))
    rows: list[Row] = []
    for place, event in enumerate(mine):
        if days[0] <= event.on <= days[1]:
            row = with_terms(compiled, history.subject, event, mine[place - 1] if place else None)
            if where is None or compile_expression(where, rules.values)(row) is True:
                rows.append(row)
    return rows
