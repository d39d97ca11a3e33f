"""The set engine as the tools of the language call it: all cases in one batch, answered case by case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import plan_terms, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.indicators import Question
from wangdi.engines.duck.run import build_set, judge_set, load_rows, members_set
from wangdi.language.ast import Expression
from wangdi.language.engine import Ask, Case, Engine, Standing, place_person
from wangdi.language.record import Cell, Event, Judgement, Obligation, Spell, Subject
from wangdi.language.rules import Programme, Rules
from wangdi.store.workspace import Workspace, sql_name


def number_cases(cases: Sequence[Case]) -> tuple[list[Subject], list[Event]]:
    """Subjects and events of all cases under their numbers: two cases may bear one name."""
    subjects = [replace(case.subject, id=_key(place)) for place, case in enumerate(cases)]
    events = [replace(event, subject_id=_key(place)) for place, case in enumerate(cases) for event in case.events]
    return subjects, events


def _key(place: int) -> str:
    return f"{place:09d}"


def judge_cases(programme: Programme, cases: Sequence[Case]) -> Iterator[Sequence[Judgement]]:
    """The classified rows of each case."""
    found: dict[str, list[Judgement]] = {}
    for judgement in judge_set(programme, *number_cases(cases)):
        found.setdefault(judgement.subject_id, []).append(judgement)
    for place, case in enumerate(cases):
        yield [replace(item, subject_id=case.subject.id) for item in found.get(_key(place), [])]


def build_cases(
    programme: Programme, cases: Sequence[Case], horizon: date
) -> Iterator[tuple[Sequence[Spell], Sequence[Obligation]]]:
    """Spells and obligations of each case."""
    spells, obligations = build_set(programme, *number_cases(cases), horizon)
    periods: dict[str, list[Spell]] = {}
    asked: dict[str, list[Obligation]] = {}
    for spell in spells:
        periods.setdefault(spell.subject_id, []).append(spell)
    for obligation in obligations:
        asked.setdefault(obligation.subject_id, []).append(obligation)
    for place, case in enumerate(cases):
        key, name = _key(place), case.subject.id
        yield (
            [replace(item, subject_id=name) for item in periods.get(key, [])],
            [replace(item, subject_id=name) for item in asked.get(key, [])],
        )


def stand_cases(
    programme: Programme, cases: Sequence[Case], asks: Sequence[Sequence[Ask]]
) -> Iterator[Sequence[Standing]]:
    """The places each case was asked for in indicators over people, as it stood at the end of each period.

    One question is put for each last day, because what has closed by then differs.
    """
    indicators = programme.newest.pack.indicators
    ends: dict[date, dict[str, Period]] = {}
    for period in (period for mine in asks for _, period in mine):
        ends.setdefault(period.end, {})[period.text] = period
    subjects, events = number_cases(cases)
    found: dict[tuple[str, str, str], tuple[dict[str, bool], float]] = {}
    for end, periods in ends.items():
        named = {name for mine in asks for name, period in mine if period.end == end}
        rules = programme.in_force(end) or programme.newest
        wanted = tuple(rules.pack.indicators.get(name, indicators[name]) for name in sorted(named))
        question = Question(rules, wanted, tuple(periods.values()), end)
        found |= members_set(programme, subjects, events, question)
    for place, mine in enumerate(asks):
        yield [place_person(*found.get((name, period.text, _key(place)), (None,))) for name, period in mine]


def evaluate_cases(rules: Rules, form: str, node: Expression, cases: Sequence[Case]) -> Iterator[Sequence[Cell]]:
    """The value of an expression on each row of a form."""
    programme = Programme(rules.pack.id, (rules,))
    found: dict[str, list[Cell]] = {}
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, *number_cases(cases))
        own = {name: sql_name(name) for name in row_columns(rules.pack, form)}
        rows = plan_terms(rules, form, [node], relations)
        sql = f"SELECT subject_id, {render_sql(node, own, rules.values)} FROM ({rows}) ORDER BY subject_id, occurred_on, seq"
        for key, value in workspace.rows(sql):
            found.setdefault(key, []).append(value)
    for place in range(len(cases)):
        yield found.get(_key(place), [])


DUCKDB = Engine("duckdb", judge_cases, build_cases, stand_cases, evaluate_cases)
