"""What the norm asks of one subject, and what became of it: one obligation after the other, free of any "today"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from wangdi.engines.reference.classify import judge_rows, row_of
from wangdi.engines.reference.doses import build_doses
from wangdi.engines.reference.expression import compile_expression
from wangdi.engines.reference.spells import build_spells
from wangdi.language.model import AfterTask, ContactTask, PeriodTask
from wangdi.language.record import Event, Judgement, Obligation, Spell, Subject
from wangdi.language.rules import Programme, Rules, add_length, count_window, measure_offset
from wangdi.language.stretches import has_series

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Course:
    """One spell of one subject, and how far ahead repeated tasks are written out."""

    programme: Programme
    spell: Spell
    horizon: date


def build_obligations(
    programme: Programme, subject: Subject, events: Sequence[Event], horizon: date
) -> tuple[list[Spell], list[Obligation]]:
    """The spells and obligations of one subject.

    ``horizon``: repeated and yearly tasks are written out while they open on or before this day.
    """
    spells = build_spells(programme, subject, events)
    judged = judge_rows(programme, subject, events)
    obligations: list[Obligation] = []
    for spell in spells:
        course = _Course(programme, spell, horizon)
        inside = [row for row in judged if spell.start <= row.on and (spell.end is None or row.on < spell.end)]
        for task in programme.newest.pack.schedule.values():
            if isinstance(task, ContactTask):
                obligations += _contact_chain(course, task, inside)
            elif isinstance(task, AfterTask):
                obligations += _after_rows(course, task, subject, events)
            elif isinstance(task, PeriodTask):
                obligations += _yearly(course, task, _days_done(programme.newest, task, subject, events))
    if has_series(programme):
        obligations += build_doses(programme, subject, events, spells)
    return spells, sorted(obligations, key=_place)


def _place(item: Obligation) -> tuple[date | str, ...]:
    """Where a thing asked stands among those of one subject: of two visits of one day, what is done comes first."""
    settled = item.done_on or date.max, item.ended_on or date.max
    return item.anchor_on, item.task, item.opens, item.closes, item.rule, *settled


def _contact_chain(course: _Course, task: ContactTask, judged: Sequence[Judgement]) -> list[Obligation]:
    """Enrolment and each row anchor a window; the next row answers it, replaces it or leaves it failed."""
    programme, spell = course.programme, course.spell
    first_rules = programme.in_force(spell.start) or programme.newest
    anchors = [(spell.start, count_window(task.first, spell.start, first_rules), "first")]
    anchors += [(row.on, row.next[task.name], f"class:{row.class_name}") for row in judged if task.name in row.next]
    visits = [row.on for row in judged if task.name in row.next]
    found: list[Obligation] = []
    for place, (on, dates, rule) in enumerate(anchors):
        visit = visits[place] if place < len(visits) else None
        rules = programme.in_force(on) or programme.newest
        asked = Obligation(spell.subject_id, task.name, on, dates.opens, dates.due, dates.closes, rule, spell.org)
        found.append(_settle(asked, spell, visit))
        found += _misses(course, rules, asked, visit)
    return found


def _settle(asked: Obligation, spell: Spell, visit: date | None) -> Obligation:
    """What became of one window: done, replaced by an earlier visit, ended with the spell, or left open or failed."""
    if visit is not None and visit < asked.opens:
        return replace(asked, ended_on=visit, reason="replaced")
    if visit is not None and visit <= asked.closes:
        return replace(asked, done_on=visit)
    if spell.end is not None and spell.end <= asked.closes:
        return replace(asked, ended_on=spell.end, reason=spell.reason)
    return asked


def _misses(course: _Course, rules: Rules, missed: Obligation, visit: date | None) -> list[Obligation]:
    """A window that passed with nothing done is asked again from the next day, until a visit, the end or the horizon.

    On the day the spell ends nothing is asked any more.
    The k-th closing is counted from the first in one step: twelve times "one month" after 31 January is 31 January.
    """
    spell = course.spell
    task = rules.pack.schedule.get(missed.task) or course.programme.newest.pack.schedule[missed.task]
    assert isinstance(task, ContactTask), "only contacts are asked again"
    opens_after, due_after, closes_after = (
        measure_offset(offset, rules) for offset in (task.missed.opens, task.missed.due, task.missed.closes)
    )
    last_day = None if spell.end is None else spell.end - _DAY
    stop = min(day for day in (visit, last_day, course.horizon) if day is not None)
    found: list[Obligation] = []
    last = missed.closes
    while last < stop:
        asked = replace(
            missed,
            anchor_on=last + _DAY,
            opens=add_length(last, opens_after),
            due=add_length(last, due_after),
            closes=add_length(missed.closes, closes_after, len(found) + 1),
            rule="missed",
        )
        found.append(_settle(asked, spell, visit))
        last = asked.closes
    return found


def _days_done(rules: Rules, task: PeriodTask, subject: Subject, events: Sequence[Event]) -> list[date]:
    form = rules.pack.form(task.done_by).full_name
    where = None if task.where is None else compile_expression(task.where, rules.values)
    return sorted(
        event.on
        for event in events
        if event.form == form and (where is None or where(row_of(rules, subject, event)) is True)
    )


def _yearly(course: _Course, task: PeriodTask, done: Sequence[date]) -> list[Obligation]:
    """Once in each calendar year in which the subject is managed, done by any row of that year."""
    spell = course.spell
    last = course.horizon if spell.end is None else min(course.horizon, spell.end - _DAY)
    found: list[Obligation] = []
    for year in range(spell.start.year, last.year + 1):
        opens, closes = date(year, 1, 1), date(year, 12, 31)
        visit = next((on for on in done if opens <= on <= closes), None)
        if visit is not None and spell.end is not None and visit >= spell.end:
            visit = None
        anchor = max(opens, spell.start)
        asked = Obligation(spell.subject_id, task.name, anchor, opens, closes, closes, "year", spell.org)
        found.append(_settle(asked, spell, visit))
    return found


def _after_rows(course: _Course, task: AfterTask, subject: Subject, events: Sequence[Event]) -> list[Obligation]:
    """One window after each day of the spell with a row that asks for it, by the edition of that day."""
    programme, spell = course.programme, course.spell
    done = sorted(event.on for event in events if event.form == programme.newest.pack.form(task.done_by).full_name)
    found: list[Obligation] = []
    for on in sorted({event.on for event in events if _asks_after(programme, task.name, subject, event)}):
        if on < spell.start or (spell.end is not None and on >= spell.end):
            continue
        rules = programme.in_force(on) or programme.newest
        declared = rules.pack.schedule[task.name]
        assert isinstance(declared, AfterTask), "a task keeps its kind from edition to edition"
        dates = count_window(declared.window, on, rules)
        visit = next((day for day in done if day >= dates.opens), None)
        asked = Obligation(spell.subject_id, task.name, on, dates.opens, dates.due, dates.closes, "after", spell.org)
        if visit is not None and spell.end is not None and visit >= spell.end:
            visit = None
        found.append(_settle(asked, spell, visit))
    return found


def _asks_after(programme: Programme, name: str, subject: Subject, event: Event) -> bool:
    rules = programme.in_force(event.on)
    task = None if rules is None else rules.pack.schedule.get(name)
    if rules is None or not isinstance(task, AfterTask) or event.form != rules.pack.form(task.form).full_name:
        return False
    return task.when is None or compile_expression(task.when, rules.values)(row_of(rules, subject, event)) is True
