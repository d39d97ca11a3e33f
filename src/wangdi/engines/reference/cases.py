"""The reference engine as the tools of the language call it: many cases one after the other, compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from wangdi.core.periods import Period
from wangdi.engines.reference.classify import compile_programme, compile_rules, judge_rows, with_terms
from wangdi.engines.reference.expression import compile_expression
from wangdi.engines.reference.given import judge_given
from wangdi.engines.reference.indicators import History, judge_membership
from wangdi.engines.reference.items import value_item
from wangdi.engines.reference.obligations import build_obligations
from wangdi.language.ast import Expression
from wangdi.language.engine import Ask, Case, Engine, Standing, place_item, place_person
from wangdi.language.model import Items
from wangdi.language.record import Cell, Judgement, Obligation, Spell
from wangdi.language.rules import Programme, Rules
from wangdi.language.stretches import has_series


def judge_cases(programme: Programme, cases: Sequence[Case]) -> Iterator[Sequence[Judgement]]:
    """The classified rows of each case, lazily."""
    if has_series(programme):
        yield from (judge_given(programme, case.subject, case.events) for case in cases)
        return
    compiled = compile_programme(programme)
    for case in cases:
        yield judge_rows(programme, case.subject, case.events, compiled)


def build_cases(
    programme: Programme, cases: Sequence[Case], horizon: date
) -> Iterator[tuple[Sequence[Spell], Sequence[Obligation]]]:
    """Spells and obligations of each case, lazily."""
    for case in cases:
        yield build_obligations(programme, case.subject, case.events, horizon)


def stand_cases(
    programme: Programme, cases: Sequence[Case], asks: Sequence[Sequence[Ask]]
) -> Iterator[Sequence[Standing]]:
    """The places each case was asked for, as it stood at the end of each period, lazily."""
    indicators = programme.newest.pack.indicators
    for case, mine in zip(cases, asks, strict=True):
        horizon = max(period.end for _, period in mine)
        people = any(not isinstance(indicators[name].count, Items) for name, _ in mine)
        spells, obligations = build_obligations(programme, case.subject, case.events, horizon) if people else ([], [])
        history = History(case.subject, case.events, spells, obligations)
        yield [_stand(programme, name, history, period) for name, period in mine]


def _stand(programme: Programme, name: str, history: History, period: Period) -> Standing:
    """By the edition in force on the last day of the period, as figures are."""
    rules = programme.in_force(period.end) or programme.newest
    indicator = rules.pack.indicators.get(name, programme.newest.pack.indicators[name])
    if isinstance(indicator.count, Items):
        counted = value_item(rules, indicator.count, history, period)
        whole = value_item(rules, indicator.of, history, period) if isinstance(indicator.of, Items) else counted
        return place_item(counted, whole)
    member = judge_membership(programme, indicator, history, period, period.end)
    return place_person(member.clauses if member.counted else None, member.value)


def evaluate_cases(rules: Rules, form: str, node: Expression, cases: Sequence[Case]) -> Iterator[Sequence[Cell]]:
    """The value of an expression on each row of a form, lazily."""
    compiled, evaluate = compile_rules(rules), compile_expression(node, rules.values)
    for case in cases:
        rows = sorted((event for event in case.events if event.form == form), key=lambda event: (event.on, event.seq))
        values: list[Cell] = []
        for place, event in enumerate(rows):
            values.append(evaluate(with_terms(compiled, case.subject, event, rows[place - 1] if place else None)))
        yield values


REFERENCE = Engine("reference", judge_cases, build_cases, stand_cases, evaluate_cases)
