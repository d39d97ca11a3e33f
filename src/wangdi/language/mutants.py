"""Every small wrong turn a pack could have taken, each as a pack of its own.

A mutant differs from the pack in one place: a comparison, an ``and``, an arm, a code, a parameter by one unit in its last
place, a day of a window, the order of two classes. Whoever wrote enough examples notices every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from wangdi.language.courses import ReachesAge, TaskApplies, TaskAsked, TaskDone, TaskDoneBefore
from wangdi.language.expression import render_text
from wangdi.language.model import (
    AfterTask,
    Basis,
    ClassRow,
    Clause,
    ContactTask,
    CountedClause,
    Ending,
    EnoughRows,
    Form,
    FormCheck,
    Indicator,
    Items,
    LatestRow,
    NotEnded,
    ObligationsMet,
    Offset,
    OffsetPart,
    Pack,
    Parameter,
    People,
    PeriodTask,
    RowsComplete,
    SomeRows,
    Window,
)
from wangdi.language.mutants_record import (
    Change,
    named_in_records,
    vary_after_rows,
    vary_at_age,
    vary_latest,
    vary_quality,
    vary_slips,
    vary_some,
)
from wangdi.language.mutants_series import vary_length, vary_series
from wangdi.language.variants import vary_expression

Reach = Literal["examples", "walks", "figure", "entry"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong turn: where, what, and the pack that took it.

    ``change`` needs no language: ``a → b`` puts b for a, ``− a`` leaves a out, ``a ⇄ b`` changes their order.

    ``reach``: where it can show first: classified rows, walks, one figure's walks, or what a form answers.
    ``by_rows``: whether rows over the boundary values can prove that it changes nothing.
    """

    place: str
    change: str
    line: int
    pack: Pack
    reach: Reach
    figure: str = ""
    by_rows: bool = True

    @property
    def what(self) -> str:
        """The change in words, with its place."""
        return f"{self.place}: {self.change}"


def make_mutants(pack: Pack) -> Iterator[Mutant]:
    """Every mutant of a pack, block by block in the order of the file."""
    for make in _BLOCKS:
        # What stands in the edition below (line 0) is tried there.
        yield from (mutant for mutant in make(pack) if mutant.line)


# ---- blocks -----------------------------------------------------------------------------------------------------------
def _vary_parameters(pack: Pack) -> Iterator[Mutant]:
    for parameter in pack.parameters.values():
        for value in _other_numbers(parameter):
            changed = replace(parameter, value=value)
            parameters = pack.parameters | {parameter.name: changed}
            change = f"{parameter.value} → {value}"
            place = f"parameters.{parameter.name}"
            by_rows = _seen_by_rows_only(pack, parameter.name)
            yield Mutant(
                place, change, parameter.line, replace(pack, parameters=parameters), "examples", by_rows=by_rows
            )


def _other_numbers(parameter: Parameter) -> Iterator[bool | int | float | str | date]:
    value = parameter.value
    if isinstance(value, date):
        yield from (value - timedelta(days=1), value + timedelta(days=1))
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    elif isinstance(value, float):
        yield from (round(value - parameter.step, 9), round(value + parameter.step, 9))


def _seen_by_rows_only(pack: Pack, name: str) -> bool:
    """Whether a parameter speaks in sentences about one row only, not in windows, switches or yearly counts."""
    windows = [
        row_window for row in (pack.classify.rows if pack.classify else ()) for row_window in row.windows.values()
    ]
    for task in pack.schedule.values():
        if isinstance(task, ContactTask):
            windows += [task.first, task.missed]
    offsets = [offset for window in windows for offset in (window.opens, window.due, window.closes)]
    if any(part.parameter == name for offset in offsets for part in offset.parts):
        return False
    for indicator in pack.indicators.values():
        for counted in indicator.clauses:
            if counted.only_if == name:
                return False
            if isinstance(counted.clause, EnoughRows) and name in render_text(counted.clause.per_year):
                return False
    return not named_in_records(pack, name)


def _vary_enrol(pack: Pack) -> Iterator[Mutant]:
    enrol = pack.enrol
    if enrol is None:
        return
    if enrol.when is not None:
        for change, when in vary_expression(pack, enrol.when, pack.form(enrol.form)):
            yield Mutant("enrol.when", change, enrol.line, replace(pack, enrol=replace(enrol, when=when)), "walks")
    for place, ending in enumerate(enrol.ends):
        name = f"enrol.ends.{ending.name}"
        rest = enrol.ends[:place] + enrol.ends[place + 1 :]
        without = replace(pack, enrol=replace(enrol, ends=rest))
        yield Mutant(name, "−", ending.line, without, "walks", by_rows=False)
        for change, changed, by_rows in _vary_ending(pack, ending):
            ends = (*enrol.ends[:place], changed, *enrol.ends[place + 1 :])
            mutated = replace(pack, enrol=replace(enrol, ends=ends))
            yield Mutant(name, change, ending.line, mutated, "walks", by_rows=by_rows)


def _vary_ending(pack: Pack, ending: Ending) -> Iterator[tuple[str, Ending, bool]]:
    at, by = ("year" if ending.at == "day" else "day"), ("anyone" if ending.by == "managing_org" else "managing_org")
    yield f"at: {ending.at} → {at}", replace(ending, at=at), False  # type: ignore[arg-type]
    yield f"by: {ending.by} → {by}", replace(ending, by=by), False  # type: ignore[arg-type]
    if pack.schedule or ending.reason == "died" or _asks_endings(pack):
        reason = "moved" if ending.reason != "moved" else "lost"
        yield f"reason: {ending.reason} → {reason}", replace(ending, reason=reason), False
    if ending.when is not None:
        for change, when in vary_expression(pack, ending.when, pack.form(ending.form)):
            yield change, replace(ending, when=when), True


def _asks_endings(pack: Pack) -> bool:
    """Whether some figure looks at why somebody is no longer managed; a death matters always: nobody is enrolled after it."""
    clauses = (counted.clause for indicator in pack.indicators.values() for counted in indicator.clauses)
    return any(isinstance(clause, NotEnded) for clause in clauses)


def _vary_checks(pack: Pack) -> Iterator[Mutant]:
    for form in pack.forms.values():
        for at, check in enumerate(form.checks):
            place = f"forms.{form.name}.checks"
            for change, rule in vary_expression(pack, check.rule, form):
                yield Mutant(place, change, check.line, _with_check(pack, form, at, replace(check, rule=rule)), "entry")
            other = replace(check, refuse=not check.refuse)
            change = f"{check.text} refuse: {check.refuse} → {not check.refuse}".lower()
            yield Mutant(place, change, check.line, _with_check(pack, form, at, other), "entry", by_rows=False)


def _with_check(pack: Pack, form: Form, at: int, check: FormCheck) -> Pack:
    checks = (*form.checks[:at], check, *form.checks[at + 1 :])
    return replace(pack, forms=pack.forms | {form.name: replace(form, checks=checks)})


def _vary_terms(pack: Pack) -> Iterator[Mutant]:
    form = pack.form(pack.classify.form) if pack.classify else next(iter(pack.forms.values()), None)
    if form is None:
        return
    for term in pack.terms.values():
        for change, expression in vary_expression(pack, term.expression, form):
            terms = pack.terms | {term.name: replace(term, expression=expression)}
            yield Mutant(f"terms.{term.name}", change, term.line, replace(pack, terms=terms), "examples")


def _vary_classes(pack: Pack) -> Iterator[Mutant]:
    classify = pack.classify
    if classify is None:
        return
    form = pack.form(classify.form)
    for at, row in enumerate(classify.rows):
        place = f"classify.{row.name}"
        for change, when in vary_expression(pack, row.when, form):
            yield _with_row(pack, at, replace(row, when=when), (f"{place}.when", change))
        for other in ("urgent", "advise", "none"):
            if other != row.refer:
                change = f"refer: {row.refer} → {other}"
                yield _with_row(pack, at, replace(row, refer=other), (place, change), by_rows=False)
        for task, window in row.windows.items():
            for change, changed in vary_window(window):
                windows = row.windows | {task: changed}
                yield _with_row(pack, at, replace(row, windows=windows), (f"{place}.{task}", change), by_rows=False)
        rest = classify.rows[:at] + classify.rows[at + 1 :]
        yield Mutant(place, "−", row.line, replace(pack, classify=replace(classify, rows=rest)), "examples")
    for at, (one, other_row) in enumerate(pairwise(classify.rows)):
        rows = (*classify.rows[:at], other_row, one, *classify.rows[at + 2 :])
        change = f"{one.name} ⇄ {other_row.name}"
        yield Mutant(
            "classify.rows", change, one.line, replace(pack, classify=replace(classify, rows=rows)), "examples"
        )


def _with_row(pack: Pack, at: int, row: ClassRow, said: tuple[str, str], *, by_rows: bool = True) -> Mutant:
    assert pack.classify is not None
    rows = (*pack.classify.rows[:at], row, *pack.classify.rows[at + 1 :])
    mutated = replace(pack, classify=replace(pack.classify, rows=rows))
    return Mutant(said[0], said[1], row.line, mutated, "examples", by_rows=by_rows)


def vary_window(window: Window) -> Iterator[tuple[str, Window]]:
    """Each edge a day earlier and later, and by one unit where it is written in weeks, months or years."""
    for edge in ("opens", "due", "closes"):
        offset: Offset = getattr(window, edge)
        for days in (-1, 1):
            moved = replace(offset, parts=(*offset.parts, OffsetPart(days, "day")))
            yield f"{edge}: {offset.text} {days:+d} day", replace(window, **{edge: moved})
        for at, part in enumerate(offset.parts):
            if part.unit != "day" and not part.parameter:
                for count in (part.count - 1, part.count + 1):
                    parts = (*offset.parts[:at], replace(part, count=count), *offset.parts[at + 1 :])
                    yield (
                        f"{edge}: {part.count} → {count} {part.unit}",
                        replace(window, **{edge: replace(offset, parts=parts)}),
                    )


def _vary_schedule(pack: Pack) -> Iterator[Mutant]:
    for task in pack.schedule.values():
        place = f"schedule.{task.name}"
        if isinstance(task, ContactTask):
            for name in ("first", "missed"):
                for change, window in vary_window(getattr(task, name)):
                    changed = replace(task, **{name: window})  # type: ignore[arg-type]
                    mutated = replace(pack, schedule=pack.schedule | {task.name: changed})
                    yield Mutant(f"{place}.{name}", change, task.line, mutated, "walks", by_rows=False)
        elif isinstance(task, PeriodTask) and task.where is not None:
            for change, where in [*vary_expression(pack, task.where, pack.form(task.done_by)), ("− where", None)]:
                mutated = replace(pack, schedule=pack.schedule | {task.name: replace(task, where=where)})
                yield Mutant(place, change, task.line, mutated, "walks", by_rows=where is not None)
        rest = {name: other for name, other in pack.schedule.items() if name != task.name}
        if isinstance(task, AfterTask):
            yield from _vary_after(pack, task, place)
        if isinstance(task, PeriodTask | AfterTask):  # a dose goes with its series
            yield Mutant(place, "−", task.line, replace(pack, schedule=rest), "walks", by_rows=False)


def _vary_after(pack: Pack, task: AfterTask, place: str) -> Iterator[Mutant]:
    windows = ((change, replace(task, window=window), False) for change, window in vary_window(task.window))
    for change, changed, by_rows in (*windows, *vary_after_rows(pack, task)):
        mutated = replace(pack, schedule=pack.schedule | {task.name: changed})
        yield Mutant(place, change, task.line, mutated, "walks", by_rows=by_rows)


def _vary_at_age(pack: Pack) -> Iterator[Mutant]:
    return (_from_change(change, "walks") for change in vary_at_age(pack))


def _vary_answers(pack: Pack) -> Iterator[Mutant]:
    return (_from_change(change, "entry") for change in (*vary_quality(pack), *vary_slips(pack)))


def _from_change(change: Change, reach: Reach) -> Mutant:
    place, words, line, pack, by_rows = change
    return Mutant(place, words, line, pack, reach, by_rows=by_rows)


def _vary_series(pack: Pack) -> Iterator[Mutant]:
    for place, change, line, series, by_rows in vary_series(pack):
        yield Mutant(place, change, line, replace(pack, series=series), "examples", by_rows=by_rows)


def _vary_indicators(pack: Pack) -> Iterator[Mutant]:
    # Indicators written out for every dose stand on one line and are one sentence: the first speaks for all.
    written = {indicator.line: indicator for indicator in reversed(pack.indicators.values())}
    for indicator in reversed(written.values()):
        place = f"indicators.{indicator.id}"
        for side in ("of", "count"):
            for change, basis, by_rows in _vary_basis(pack, getattr(indicator, side)):
                changed = replace(indicator, **{side: basis})  # type: ignore[arg-type]
                yield _with_indicator(pack, changed, f"{place}.{side}", change, by_rows=by_rows)
        if indicator.mean:
            yield _with_indicator(pack, replace(indicator, mean=""), f"{place}.count", "− mean", by_rows=False)
        for side in ("of_clauses", "clauses"):
            clauses: tuple[CountedClause, ...] = getattr(indicator, side)
            for at, counted in enumerate(clauses):
                before, after = clauses[:at], clauses[at + 1 :]
                name = f"{place}.{counted.id}"
                without = replace(indicator, **{side: before + after})  # type: ignore[arg-type]
                yield _with_indicator(pack, without, name, "−", by_rows=False)
                for change, other, by_rows in _vary_clause(pack, counted):
                    changed = replace(indicator, **{side: (*before, other, *after)})  # type: ignore[arg-type]
                    yield _with_indicator(pack, changed, name, change, by_rows=by_rows)


def _with_indicator(pack: Pack, indicator: Indicator, place: str, change: str, *, by_rows: bool) -> Mutant:
    mutated = replace(pack, indicators=pack.indicators | {indicator.id: indicator})
    return Mutant(place, change, indicator.line, mutated, "figure", indicator.id, by_rows)


def _vary_basis(pack: Pack, basis: Basis | None) -> Iterator[tuple[str, Basis, bool]]:
    if isinstance(basis, People):
        other = "period_end" if basis.when == "any_day" else "any_day"
        yield f"{basis.when} → {other}", replace(basis, when=other), False  # type: ignore[arg-type]
    if isinstance(basis, Items):
        take = "earliest" if basis.take == "latest" else "latest"
        yield f"{basis.take} → {take}", replace(basis, take=take), False  # type: ignore[arg-type]
        if basis.by:
            yield f"− by {basis.by}", replace(basis, by=""), False
        if basis.having:
            yield f"− having {basis.having}", replace(basis, having=""), False
        if basis.where is not None:
            yield "− where", replace(basis, where=None), False
            for change, where in vary_expression(pack, basis.where, pack.form(basis.form)):
                yield change, replace(basis, where=where), True
        numbers = [name for name, field in pack.form(basis.form).fields.items() if field.type in ("integer", "decimal")]
        for name in numbers:
            if name != basis.sum_field:
                yield f"sum: {basis.sum_field or '*'} → {name}", replace(basis, sum_field=name), False
        if basis.sum_field:
            yield f"sum: {basis.sum_field} → *", replace(basis, sum_field=""), False


def _vary_clause(pack: Pack, counted: CountedClause) -> Iterator[tuple[str, CountedClause, bool]]:
    if counted.only_if:
        yield "− only_if", replace(counted, only_if=""), False
    for change, clause, by_rows in _vary_phrase(pack, counted.clause):
        yield change, replace(counted, clause=clause), by_rows


def _vary_phrase(pack: Pack, clause: Clause) -> Iterator[tuple[str, Clause, bool]]:
    match clause:
        case LatestRow():
            take = "earliest" if clause.take == "latest" else "latest"
            yield f"{clause.take} → {take}", replace(clause, take=take), False  # type: ignore[arg-type]
            yield from vary_latest(pack, clause)
        case ObligationsMet():
            for dropped in clause.tasks or tuple(pack.schedule):
                tasks = tuple(name for name in clause.tasks or tuple(pack.schedule) if name != dropped)
                if tasks:
                    yield f"− {dropped}", replace(clause, tasks=tasks), False
        case RowsComplete():
            for dropped in clause.fields:
                yield f"− {dropped}", replace(clause, fields=tuple(n for n in clause.fields if n != dropped)), False
        case EnoughRows():
            for change, per_year in vary_expression(pack, clause.per_year, pack.form(clause.form)):
                yield change, replace(clause, per_year=per_year), False
        case SomeRows():
            yield from vary_some(pack, clause)
        case NotEnded():
            for dropped in clause.reasons:
                reasons = tuple(name for name in clause.reasons if name != dropped)
                if reasons:
                    yield f"− {dropped}", replace(clause, reasons=reasons), False
        case _:
            yield from ((change, other, False) for change, other in _vary_course_clause(clause))
    if isinstance(clause, LatestRow | EnoughRows) and clause.where is not None:
        yield "− where", replace(clause, where=None), False
        for change, where in vary_expression(pack, clause.where, pack.form(clause.form)):
            yield change, replace(clause, where=where), True


def _vary_course_clause(clause: Clause) -> Iterator[tuple[str, Clause]]:
    if isinstance(clause, TaskDoneBefore | ReachesAge):
        yield from ((change, replace(clause, age=age)) for change, age in vary_length(clause.age))
    if isinstance(clause, TaskApplies | TaskAsked | TaskDone | TaskDoneBefore):
        for dropped in clause.tasks if len(clause.tasks) > 1 else ():
            yield f"− {dropped}", replace(clause, tasks=tuple(name for name in clause.tasks if name != dropped))


_BLOCKS: tuple[Callable[[Pack], Iterator[Mutant]], ...] = (
    _vary_parameters,
    _vary_enrol,
    _vary_at_age,
    _vary_checks,
    _vary_terms,
    _vary_classes,
    _vary_series,
    _vary_schedule,
    _vary_answers,
    _vary_indicators,
)
