"""``pack check``: does a pack mean what it says? Names, types, codes, missing values, windows. All problems at once.

Each check is a function ``Pack -> problems``; ``CHECKS`` is the whole list. That every row finds a class needs an engine and
is judged in ``coverage``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from wangdi.catalog.populations import load_population_kinds
from wangdi.core.problem import Problem, Severity
from wangdi.language.ast import Field, Previous, Term, walk
from wangdi.language.check_record import check_at_age, check_counting, looked_at, record_sentences
from wangdi.language.check_series import check_course_clauses, check_series, series_offsets, series_sentences
from wangdi.language.model import (
    AfterTask,
    Basis,
    ContactTask,
    CountedClause,
    EnoughRows,
    Form,
    Indicator,
    Items,
    LatestRow,
    ObligationsMet,
    Offset,
    Pack,
    PeriodTask,
    PopulationOf,
    RowsComplete,
    SomeRows,
    Window,
)
from wangdi.language.names import nearest_name, previous_behind, term_order, used_parameters, visible_names
from wangdi.language.rules import bind_pack, count_window
from wangdi.language.typing import Sentence, check_missing, check_types

_UNITS = ("day", "week", "month", "year")
_SAMPLE_DAYS = (date(2023, 1, 31), date(2024, 2, 29), date(2025, 6, 15), date(2025, 12, 31))


def check_pack(pack: Pack) -> list[Problem]:
    """Everything that can be said of a pack without running it, in the order of its lines."""
    found = [problem for check in CHECKS for problem in check(pack)]
    return sorted(found, key=lambda problem: (problem.line or 0, problem.code))


def sentences(pack: Pack) -> Iterator[Sentence]:
    """Every expression of a pack with the form whose rows it sees and the type it must give."""
    main = _main_form(pack)
    for term in pack.terms.values():
        if main is not None:
            yield Sentence(f"terms.{term.name}", term.line, main, term.expression, term.text, None)
    for form in pack.forms.values():
        for check in form.checks:
            yield Sentence(f"{form.name}.checks", check.line, form, check.rule, check.text, "boolean", False)
    if pack.classify is not None:
        form = pack.form(pack.classify.form)
        for row in pack.classify.rows:
            yield Sentence(f"classify.{row.name}", row.line, form, row.when, row.text, "boolean")
    yield from _enrol_sentences(pack)
    yield from _task_sentences(pack)
    yield from record_sentences(pack)
    yield from series_sentences(pack)
    yield from _indicator_sentences(pack)


def _task_sentences(pack: Pack) -> Iterator[Sentence]:
    for task in pack.schedule.values():
        place = f"schedule.{task.name}"
        if isinstance(task, PeriodTask) and task.where is not None:
            yield Sentence(place, task.line, pack.form(task.done_by), task.where, "", "boolean", False)
        elif isinstance(task, AfterTask) and task.when is not None and _known(pack, task.form):
            yield Sentence(place, task.line, pack.form(task.form), task.when, task.text, "boolean", False)


def _enrol_sentences(pack: Pack) -> Iterator[Sentence]:
    enrol = pack.enrol
    if enrol is None or not _known(pack, enrol.form):
        return
    if enrol.when is not None:
        yield Sentence("enrol", enrol.line, pack.form(enrol.form), enrol.when, enrol.text, "boolean", False)
    for end in enrol.ends:
        if end.when is not None and _known(pack, end.form):
            yield Sentence(
                f"enrol.ends.{end.name}", end.line, pack.form(end.form), end.when, end.text, "boolean", False
            )


def _indicator_sentences(pack: Pack) -> Iterator[Sentence]:
    for indicator in pack.indicators.values():
        place = f"indicators.{indicator.id}"
        for basis in (indicator.of, indicator.count):
            if isinstance(basis, Items) and basis.where is not None and _known(pack, basis.form):
                form = pack.form(basis.form)
                yield Sentence(place, indicator.line, form, basis.where, basis.where_text, "boolean", False)
        for counted in (*indicator.of_clauses, *indicator.clauses):
            yield from _clause_sentences(pack, place, counted)


def _clause_sentences(pack: Pack, place: str, counted: CountedClause) -> Iterator[Sentence]:
    clause, line = counted.clause, counted.line
    if isinstance(clause, SomeRows):
        if all(_known(pack, name) for name in clause.forms):
            form = pack.form(clause.forms[0])
            yield Sentence(place, line, form, clause.count, clause.text, "number")
            if clause.where is not None:
                yield Sentence(place, line, form, clause.where, "where", "boolean")
    elif isinstance(clause, LatestRow | EnoughRows) and _known(pack, clause.form):
        form = pack.form(clause.form)
        if clause.where is not None:
            yield Sentence(place, line, form, clause.where, "where", "boolean")
        if isinstance(clause, EnoughRows):
            yield Sentence(place, line, form, clause.per_year, clause.text, "number")
        elif clause.level is not None:  # a score's sentences stand under quality
            yield Sentence(place, line, form, clause.level, clause.text, "number")
        else:
            yield Sentence(place, line, form, clause.holds, clause.text, "boolean")


def _main_form(pack: Pack) -> Form | None:
    if pack.classify is not None:
        return pack.form(pack.classify.form)
    return next(iter(pack.forms.values()), None)


def _known(pack: Pack, form: str) -> bool:
    return form in pack.forms or form in pack.foreign_forms


def _tell(pack: Pack, code: str, line: int, **args: str) -> Problem:
    return Problem(code=code, file=pack.path, line=line, args=args)


def _check_names(pack: Pack) -> Iterator[Problem]:
    for sentence in sentences(pack):
        visible = visible_names(pack, sentence.form)
        candidates = {*visible, *pack.terms}
        for node in walk(sentence.expression):
            if isinstance(node, Field) and node.name not in visible:
                yield _tell(
                    pack, "PACK-014", sentence.line, name=node.name, nearest=nearest_name(node.name, candidates)
                )
            elif isinstance(node, Term | Previous) and not sentence.has_terms:
                yield _tell(pack, "PACK-033", sentence.line, place=sentence.place, name=node.name)
            elif isinstance(node, Term) and sentence.form is not _main_form(pack):
                # Terms speak about rows of the classified form; elsewhere their fields are not there.
                yield _tell(pack, "PACK-014", sentence.line, name=node.name, nearest=nearest_name(node.name, visible))
            elif isinstance(node, Previous) and node.name not in pack.terms:
                near = nearest_name(node.name, pack.terms)
                yield _tell(pack, "PACK-014", sentence.line, name=f"previous.{node.name}", nearest=near)
            elif isinstance(node, Previous) and previous_behind(pack, pack.terms[node.name].expression):
                yield _tell(pack, "PACK-022", sentence.line, name=node.name)
        for name in used_parameters(sentence.expression) - pack.parameters.keys():
            yield _tell(pack, "PACK-014", sentence.line, name=f":{name}", nearest=nearest_name(name, pack.parameters))


def _check_circles(pack: Pack) -> Iterator[Problem]:
    circle = sorted(pack.terms.keys() - set(term_order(pack)))
    if circle:
        yield _tell(pack, "PACK-024", pack.terms[circle[0]].line, names="、".join(circle))


def _check_sentences(pack: Pack) -> Iterator[Problem]:
    if any(True for _ in _check_names(pack)) or any(True for _ in _check_circles(pack)):
        return  # types of unknown names cannot be judged
    for sentence in sentences(pack):
        yield from check_types(pack, sentence)
        yield from check_missing(pack, sentence)


def _offsets(pack: Pack) -> Iterator[tuple[int, Offset]]:
    for line, _, window in windows(pack):
        for offset in (window.opens, window.due, window.closes):
            yield line, offset
    for indicator in pack.indicators.values():
        for counted in (*indicator.of_clauses, *indicator.clauses):
            if isinstance(counted.clause, SomeRows) and counted.clause.span is not None:
                yield counted.line, counted.clause.span
    yield from series_offsets(pack)


def windows(pack: Pack) -> Iterator[tuple[int, str, Window]]:
    """Every window of a pack with its line and place."""
    if pack.classify is not None:
        for row in pack.classify.rows:
            for task, window in row.windows.items():
                yield row.line, f"classify.{row.name}.{task}", window
    for declared in pack.schedule.values():
        if isinstance(declared, ContactTask):
            yield declared.line, f"schedule.{declared.name}.first", declared.first
            yield declared.line, f"schedule.{declared.name}.missed", declared.missed
        elif isinstance(declared, AfterTask):
            yield declared.line, f"schedule.{declared.name}", declared.window


def _check_offsets(pack: Pack) -> Iterator[Problem]:
    for line, offset in _offsets(pack):
        for part in offset.parts:
            parameter = pack.parameters.get(part.parameter)
            if part.parameter and parameter is None:
                near = nearest_name(part.parameter, pack.parameters)
                yield _tell(pack, "PACK-014", line, name=f":{part.parameter}", nearest=near)
            elif parameter is not None and parameter.unit not in _UNITS:
                yield _tell(pack, "PACK-026", line, name=parameter.name, unit=parameter.unit)


def _check_windows(pack: Pack) -> Iterator[Problem]:
    if any(True for _ in _check_offsets(pack)):
        return
    rules = bind_pack(pack)
    for line, place, window in windows(pack):
        for day in _SAMPLE_DAYS:
            dates = count_window(window, day, rules)
            if not dates.opens <= dates.due <= dates.closes:
                args = {"opens": window.opens.text, "due": window.due.text, "closes": window.closes.text}
                yield _tell(pack, "PACK-023", line, place=place, **args)
                break


def _check_tasks(pack: Pack) -> Iterator[Problem]:
    contacts = [task.name for task in pack.schedule.values() if isinstance(task, ContactTask)]
    if pack.classify is None:
        return
    for row in pack.classify.rows:
        for task in contacts:
            if task not in row.windows:
                yield _tell(pack, "PACK-027", row.line, name=row.name, task=task)
        for task in row.windows.keys() - set(contacts):
            yield _tell(pack, "PACK-014", row.line, name=task, nearest=nearest_name(task, contacts))
    code = pack.classify.form_code
    if code and code not in pack.terms:
        yield _tell(pack, "PACK-014", pack.classify.line, name=code, nearest=nearest_name(code, pack.terms))


def _check_indicators(pack: Pack) -> Iterator[Problem]:
    for indicator in pack.indicators.values():
        if indicator.watch and not _counts_by_day(indicator.count, indicator.of):
            yield _tell(pack, "PACK-089", indicator.line, name=indicator.id)
        if indicator.rests_on:
            yield from _check_rests_on(pack, indicator)
        for basis in (indicator.of, indicator.count):
            if isinstance(basis, PopulationOf) and basis.kind not in load_population_kinds():
                near = nearest_name(basis.kind, load_population_kinds())
                yield _tell(pack, "PACK-032", indicator.line, name=basis.kind, nearest=near)
            if isinstance(basis, Items) and _known(pack, basis.form):
                yield from _check_items(pack, indicator.line, basis)
        for counted in (*indicator.of_clauses, *indicator.clauses):
            if counted.only_if and counted.only_if not in pack.parameters:
                near = nearest_name(counted.only_if, pack.parameters)
                yield _tell(pack, "PACK-014", counted.line, name=f":{counted.only_if}", nearest=near)
            if isinstance(counted.clause, ObligationsMet):
                for task in set(counted.clause.tasks) - pack.schedule.keys():
                    yield _tell(pack, "PACK-014", counted.line, name=task, nearest=nearest_name(task, pack.schedule))
            if isinstance(counted.clause, RowsComplete | SomeRows):
                clause = counted.clause
                fields = pack.form(clause.form if isinstance(clause, RowsComplete) else clause.forms[0]).fields
                for name in sorted(set(clause.fields) - fields.keys()):
                    yield _tell(pack, "PACK-014", counted.line, name=name, nearest=nearest_name(name, fields))


def _check_rests_on(pack: Pack, indicator: Indicator) -> Iterator[Problem]:
    """It names an indicator of the pack that counts, month by month, who should have sent a return and who has."""
    other = pack.indicators.get(indicator.rests_on)
    if other is None:
        near = nearest_name(indicator.rests_on, pack.indicators)
        yield _tell(pack, "PACK-014", indicator.line, name=indicator.rests_on, nearest=near)
    elif not all(isinstance(basis, Items) and basis.take == "each_month" for basis in (other.of, other.count)):
        yield _tell(pack, "PACK-091", indicator.line, name=indicator.id, other=other.id)


def _counts_by_day(counted: Basis | None, whole: Basis | None) -> bool:
    """Whether both count every row of one form by one day at one place, so that a day has a count out of a whole."""
    if not (isinstance(counted, Items) and isinstance(whole, Items) and counted.take == whole.take == "every"):
        return False
    return (counted.form, counted.by, counted.at) == (whole.form, whole.by, whole.at)


def _check_items(pack: Pack, line: int, basis: Items) -> Iterator[Problem]:
    fields = pack.form(basis.form).fields
    kinds = {basis.sum_field: ("integer", "decimal"), basis.by: ("date", "datetime"), basis.at: ("text",)}
    for name, types in kinds.items():
        if name and (name not in fields or fields[name].type not in types):
            near = nearest_name(name, [one.name for one in fields.values() if one.type in types])
            yield _tell(pack, "PACK-014", line, name=name, nearest=near)


def _check_identifying(pack: Pack) -> Iterator[Problem]:
    """Of a field that says who somebody is, rules may ask only whether it is filled: derived tables never hold its value.

    A form's own checks are asked while the row is taken in and may look.
    """
    for sentence in sentences(pack):
        if not sentence.place.endswith(".checks"):
            hidden = {name for name, field in sentence.form.fields.items() if field.identifying}
            for name in sorted(looked_at(sentence.expression) & hidden):
                yield _tell(pack, "PACK-071", sentence.line, name=name)


def _check_unused(pack: Pack) -> Iterator[Problem]:
    used: set[str] = {name for sentence in sentences(pack) for name in used_parameters(sentence.expression)}
    used |= {part.parameter for _, offset in _offsets(pack) for part in offset.parts}
    used |= {
        counted.only_if
        for indicator in pack.indicators.values()
        for counted in (*indicator.of_clauses, *indicator.clauses)
    }
    if pack.enrol is not None and pack.enrol.at_age is not None:
        used.add(pack.enrol.at_age.whole_year)
    for parameter in pack.parameters.values():
        if parameter.name not in used:
            args = {"name": parameter.name}
            yield Problem(code="PACK-025", severity=Severity.warning, file=pack.path, line=parameter.line, args=args)


CHECKS: tuple[Callable[[Pack], Iterator[Problem]], ...] = (
    _check_names,
    _check_circles,
    _check_sentences,
    _check_offsets,
    _check_windows,
    _check_tasks,
    _check_indicators,
    check_at_age,
    check_counting,
    _check_identifying,
    check_series,
    check_course_clauses,
    _check_unused,
)
