"""Judging the rows of one subject, in order: terms, class, the form's own code, what is asked next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wangdi.core.dates import age_years
from wangdi.engines.reference.expression import Evaluate, Row, compile_expression
from wangdi.language.model import Classify, ClassRow
from wangdi.language.names import term_order
from wangdi.language.record import Cell, Dates, Event, Judgement, Subject
from wangdi.language.rules import Programme, Rules, count_window


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The terms and classes of one edition as functions."""

    rules: Rules
    terms: tuple[tuple[str, Evaluate], ...]
    classes: tuple[tuple[ClassRow, Evaluate], ...]


def compile_rules(rules: Rules) -> CompiledRules:
    """Compile an edition once, to judge many rows."""
    pack, values = rules.pack, rules.values
    terms = tuple((name, compile_expression(pack.terms[name].expression, values)) for name in term_order(pack))
    rows = pack.classify.rows if pack.classify else ()
    return CompiledRules(rules, terms, tuple((row, compile_expression(row.when, values)) for row in rows))


def row_of(rules: Rules, subject: Subject, event: Event) -> Row:
    """A row with the subject's attributes as they are on the row's day: age in completed years.

    A field of the form hides an attribute of its name, also where the row leaves it blank.
    """
    age = None if subject.birth_date is None else age_years(subject.birth_date, event.on)
    known: dict[str, Cell] = {"birth_date": subject.birth_date, "sex": subject.sex, "age_years": age}
    own = rules.pack.form(event.form).fields
    about = {name: value for name, value in {**known, **subject.attributes}.items() if name not in own}
    return Row(about | event.values)


def with_terms(compiled: CompiledRules, subject: Subject, event: Event, previous: Event | None) -> Row:
    """The row with every term worked out, and the previous row's terms by the same edition."""
    row = row_of(compiled.rules, subject, event)
    if previous is not None:
        # A term named by `previous` may not itself look back (PACK-022), so one step is enough.
        row.previous = with_terms(compiled, subject, previous, None).terms
    for name, evaluate in compiled.terms:
        row.terms[name] = evaluate(row)
    return row


def compile_programme(programme: Programme) -> dict[str, CompiledRules]:
    """Every edition compiled, by its name."""
    return {rules.pack.edition: compile_rules(rules) for rules in programme.editions}


def judge_rows(
    programme: Programme,
    subject: Subject,
    events: Sequence[Event],
    compiled: Mapping[str, CompiledRules] | None = None,
) -> list[Judgement]:
    """Judge every row of the programme's form, each by the edition that applied on its day.

    ``compiled``: the programme compiled before, by who judges many subjects.
    Rule: classify, first true row wins; unknown is not true. Missing: no class fits → ``class_name`` is None.
    """
    compiled = compile_programme(programme) if compiled is None else compiled
    form = _classified_form(programme.newest)
    rows = sorted((event for event in events if event.form == form), key=lambda event: (event.on, event.seq))
    judged: list[Judgement] = []
    previous: Event | None = None
    for event in rows:
        rules = programme.in_force(event.on)
        if rules is not None and rules.pack.classify is not None:
            row = with_terms(compiled[rules.pack.edition], subject, event, previous)
            judged.append(_judge(compiled[rules.pack.edition], rules.pack.classify, event, row))
        previous = event
    return judged


def _classified_form(rules: Rules) -> str:
    classify = rules.pack.classify
    return "" if classify is None else rules.pack.form(classify.form).full_name


def _judge(compiled: CompiledRules, classify: Classify, event: Event, row: Row) -> Judgement:
    code = row.terms.get(classify.form_code)
    for class_row, holds in compiled.classes:
        if holds(row) is True:
            windows: dict[str, Dates] = {
                task: count_window(window, event.on, compiled.rules) for task, window in class_row.windows.items()
            }
            return Judgement(event.subject_id, event.seq, event.on, class_row.name, code, class_row.refer, windows)
    return Judgement(event.subject_id, event.seq, event.on, None, code, "none", {})
