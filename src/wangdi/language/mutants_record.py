"""Small wrong turns of what records need: items of a score, lines of a slip, ages, tasks that follow a row, counted rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wangdi.language.ast import Constant, Expression, Parameter
from wangdi.language.model import AfterTask, CountedClause, LatestRow, Offset, Pack, SomeRows
from wangdi.language.quality import Quality, QualityItem, all_filled, scores_at_least
from wangdi.language.variants import vary_expression

Change = tuple[str, str, int, Pack, bool]
"""Place, change, line, the pack that took it, and whether boundary rows can prove that it changes nothing."""


def named_in_records(pack: Pack, name: str) -> bool:
    """Whether a parameter speaks where rows over boundary values cannot show it: an age, a window, a span, a number of rows."""
    at_age = pack.enrol.at_age if pack.enrol is not None else None
    if at_age is not None and (at_age.whole_year == name or at_age.years == Parameter(name)):
        return True
    offsets: list[Offset] = []
    for task in pack.schedule.values():
        if isinstance(task, AfterTask):
            offsets += [task.window.opens, task.window.due, task.window.closes]
    for indicator in pack.indicators.values():
        for counted in (*indicator.of_clauses, *indicator.clauses):
            clause = counted.clause
            if counted.only_if == name:
                return True
            if isinstance(clause, SomeRows):
                if clause.count == Parameter(name):
                    return True
                offsets += [clause.span] if clause.span is not None else []
            if isinstance(clause, LatestRow) and clause.level == Parameter(name):
                return True
    return any(part.parameter == name for offset in offsets for part in offset.parts)


def vary_at_age(pack: Pack) -> Iterator[Change]:
    """Without the age, and without the whole year."""
    enrol = pack.enrol
    if enrol is None or enrol.at_age is None:
        return
    line = enrol.at_age.line
    yield "enrol.at_age", "−", line, replace(pack, enrol=replace(enrol, at_age=None)), False
    if enrol.at_age.whole_year:
        changed = replace(enrol, at_age=replace(enrol.at_age, whole_year=""))
        yield "enrol.at_age", "− whole_year", line, replace(pack, enrol=changed), False


def vary_after_rows(pack: Pack, task: AfterTask) -> Iterator[tuple[str, AfterTask, bool]]:
    """Which rows ask for it."""
    if task.when is not None:
        yield "− when", replace(task, when=None), False
        for change, when in vary_expression(pack, task.when, pack.form(task.form)):
            yield change, replace(task, when=when), True


def vary_quality(pack: Pack) -> Iterator[Change]:
    """Each item's weight one up and down, its fields, its sentences, and without it."""
    for quality in pack.quality.values():
        for at, item in enumerate(quality.items):
            place = f"quality.{quality.name}.{item.id}"
            rest = quality.items[:at] + quality.items[at + 1 :]
            if rest:
                yield place, "−", item.line, with_quality(pack, replace(quality, items=rest)), False
            for change, changed, by_rows in _vary_item(pack, quality, item):
                items = (*quality.items[:at], changed, *quality.items[at + 1 :])
                yield place, change, item.line, with_quality(pack, replace(quality, items=items)), by_rows


def _vary_item(pack: Pack, quality: Quality, item: QualityItem) -> Iterator[tuple[str, QualityItem, bool]]:
    for weight in (item.weight - 1, item.weight + 1):
        yield f"weight: {item.weight} → {weight}", replace(item, weight=weight), False
    for dropped in item.fields:
        fields = tuple(name for name in item.fields if name != dropped)
        if fields or item.rule is not None:
            yield f"− {dropped}", replace(item, fields=fields), False
    form = pack.form(quality.form)
    if item.rule is not None:
        for change, rule in vary_expression(pack, item.rule, form):
            yield change, replace(item, rule=rule), True
        if item.fields:
            yield "− rule", replace(item, rule=None), False
    if item.only_when is not None:
        yield "− only_when", replace(item, only_when=None), False
        for change, when in vary_expression(pack, item.only_when, form):
            yield change, replace(item, only_when=when), True


def with_quality(pack: Pack, quality: Quality) -> Pack:
    """The pack with one way of scoring replaced, in the clauses that ask for a score too."""

    def turn(counted: CountedClause) -> CountedClause:
        clause = counted.clause
        if not isinstance(clause, LatestRow) or clause.quality != quality.name or clause.level is None:
            return counted
        return replace(counted, clause=replace(clause, holds=scores_at_least(quality, clause.level)))

    indicators = {
        name: replace(
            indicator,
            clauses=tuple(map(turn, indicator.clauses)),
            of_clauses=tuple(map(turn, indicator.of_clauses)),
        )
        for name, indicator in pack.indicators.items()
    }
    return replace(pack, quality=pack.quality | {quality.name: quality}, indicators=indicators)


def vary_slips(pack: Pack) -> Iterator[Change]:
    """Each line's sentence, and without it."""
    for slip in pack.slips.values():
        for at, line in enumerate(slip.lines):
            place = f"slip.{slip.name}.{line.id}"
            rest = slip.lines[:at] + slip.lines[at + 1 :]
            without = replace(pack, slips=pack.slips | {slip.name: replace(slip, lines=rest)})
            yield place, "−", line.line, without, False
            for change, when in vary_expression(pack, line.when, pack.form(slip.form)):
                lines = (*slip.lines[:at], replace(line, when=when), *slip.lines[at + 1 :])
                mutated = replace(pack, slips=pack.slips | {slip.name: replace(slip, lines=lines)})
                yield place, change, line.line, mutated, True


def vary_latest(pack: Pack, clause: LatestRow) -> Iterator[tuple[str, LatestRow, bool]]:
    """Which row is taken, and what it must say."""
    other = "in period" if clause.by_end else "by period end"
    yield f"→ {other}", replace(clause, by_end=not clause.by_end), False
    if clause.fields:
        for dropped in clause.fields:
            fields = tuple(name for name in clause.fields if name != dropped)
            yield f"− {dropped}", replace(clause, fields=fields, holds=all_filled(fields)), False
    elif clause.level is not None:
        quality = pack.quality[clause.quality]
        for change, level in _vary_number(clause.level):
            yield change, replace(clause, level=level, holds=scores_at_least(quality, level)), False
    else:
        for change, holds in vary_expression(pack, clause.holds, pack.form(clause.form)):
            yield change, replace(clause, holds=holds), True


def _vary_number(node: Expression) -> Iterator[tuple[str, Expression]]:
    if isinstance(node, Constant) and isinstance(node.value, int):
        for value in (node.value - 1, node.value + 1):
            yield f"{node.value} → {value}", Constant(value)


def vary_some(pack: Pack, clause: SomeRows) -> Iterator[tuple[str, SomeRows, bool]]:
    """How many rows, of which forms, with what filled, and how far back."""
    for change, count in _vary_number(clause.count):
        yield change, replace(clause, count=count), False
    for dropped in clause.fields:
        yield f"− {dropped}", replace(clause, fields=tuple(name for name in clause.fields if name != dropped)), False
    if len(clause.forms) > 1:
        for dropped in clause.forms:
            yield f"− {dropped}", replace(clause, forms=tuple(name for name in clause.forms if name != dropped)), False
    if clause.span is not None:
        yield "→ in period", replace(clause, span=None), False
        for at, part in enumerate(clause.span.parts):
            for number in (part.count - 1, part.count + 1) if not part.parameter else ():
                parts = (*clause.span.parts[:at], replace(part, count=number), *clause.span.parts[at + 1 :])
                changed = replace(clause, span=replace(clause.span, parts=parts))
                yield f"span: {part.count} → {number} {part.unit}", changed, False
    if clause.where is not None:
        yield "− where", replace(clause, where=None), False
        for change, where in vary_expression(pack, clause.where, pack.form(clause.forms[0])):
            yield change, replace(clause, where=where), True
