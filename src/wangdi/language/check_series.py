"""What ``pack check`` asks of the ``series`` block: codes, numbers in order, and something that says when a dose is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import load_fields
from wangdi.core.problem import Problem
from wangdi.language.courses import (
    Course,
    Hold,
    ReachesAge,
    RowsCounted,
    Series,
    TaskApplies,
    TaskAsked,
    TaskDone,
    TaskDoneBefore,
)
from wangdi.language.model import Form, FormField, Offset, Pack
from wangdi.language.names import nearest_name
from wangdi.language.read_course_clauses import completed_by
from wangdi.language.rules import Length, bind_pack, measure_offset
from wangdi.language.typing import Sentence

SUBJECT_FORM = "subject"


def subject_form(pack: Pack) -> Form:
    """What a sentence about the subject alone may see: no row, and of the subject's attributes the codes of its sex."""
    sex = FormField("sex", load_fields()["sex"].label, "code", codes=load_fields()["sex"].codes)
    return Form(pack.id, SUBJECT_FORM, SUBJECT_FORM, {"sex": sex}, (), "")


def series_sentences(pack: Pack) -> Iterator[Sentence]:
    """Every expression of the block."""
    if pack.series is None:
        return
    for course in pack.series.courses.values():
        place = f"series.{course.name}"
        if course.whom is not None:
            yield Sentence(place, course.line, subject_form(pack), course.whom, course.whom_text, "boolean", False)
        if course.when is not None and _has_form(pack, course.form):
            yield Sentence(place, course.line, pack.form(course.form), course.when, course.when_text, "boolean", False)
    for hold in pack.series.holds.values():
        if hold.when is not None and _has_form(pack, hold.form):
            form = pack.form(hold.form)
            yield Sentence(f"series.holds.{hold.name}", hold.line, form, hold.when, hold.when_text, "boolean", False)


def _has_form(pack: Pack, name: str) -> bool:
    return name in pack.forms or name in pack.foreign_forms


def series_offsets(pack: Pack) -> Iterator[tuple[int, Offset]]:
    """Every length of time of the block and of the clauses that speak of ages."""
    for course in pack.series.courses.values() if pack.series is not None else ():
        yield course.line, course.until
        for product in course.products:
            yield from _some(product.line, product.since, product.until)
        for dose in course.doses:
            yield from _some(dose.line, dose.since, dose.after, dose.after_first, dose.by, dose.by_first)
    for hold in pack.series.holds.values() if pack.series is not None else ():
        yield from _some(hold.line, hold.lasts)
    for indicator in pack.indicators.values():
        for counted in (*indicator.of_clauses, *indicator.clauses):
            if isinstance(counted.clause, TaskDoneBefore | ReachesAge):
                yield counted.line, counted.clause.age


def _some(line: int, *offsets: Offset | None) -> Iterator[tuple[int, Offset]]:
    yield from ((line, offset) for offset in offsets if offset is not None)


def _tell(pack: Pack, code: str, line: int, **args: str) -> Problem:
    return Problem(code=code, file=pack.path, line=line, args=args)


def check_series(pack: Pack) -> Iterator[Problem]:
    """Everything that can be said of the block without running it."""
    series = pack.series
    if series is None:
        return
    if pack.classify is not None:
        yield _tell(pack, "PACK-084", series.line)
    if not _has_form(pack, series.form):
        return
    fields = pack.form(series.form).fields
    if series.product not in fields:
        yield _tell(pack, "PACK-014", series.line, name=series.product, nearest=nearest_name(series.product, fields))
        return
    for course in series.courses.values():
        yield from _check_course(pack, series, course)
    for hold in series.holds.values():
        yield from _check_hold(pack, series, hold)


def _check_codes(pack: Pack, series: Series, line: int, codes: tuple[str, ...]) -> Iterator[Problem]:
    listed = load_codelists().get(pack.form(series.form).fields[series.product].codes)
    for code in codes if listed is not None else ():
        if listed is not None and code not in listed.codes:
            near = nearest_name(code, listed.codes) or "、".join(listed.codes)
            yield _tell(pack, "PACK-081", line, name=code, codes=listed.id, nearest=near)


def _check_course(pack: Pack, series: Series, course: Course) -> Iterator[Problem]:
    yield from _check_codes(pack, series, course.line, course.codes)
    for dose in course.doses:
        for code in dose.give:
            if code not in course.codes:
                near = nearest_name(code, course.codes) or "、".join(course.codes)
                yield _tell(pack, "PACK-085", dose.line, name=code, course=course.name, nearest=near)
        if completed_by(course.doses, dose.number) is None:
            yield _tell(pack, "PACK-082", dose.line, course=course.name, number=str(dose.number))
    yield from _check_ages(pack, course)


def _check_ages(pack: Pack, course: Course) -> Iterator[Problem]:
    """Ages must rise from dose to dose, and lie before the limits. Only where every length is known."""
    offsets = [
        course.until,
        *(offset for dose in course.doses for offset in (dose.since, dose.by) if offset is not None),
    ]
    if any(part.parameter and part.parameter not in pack.parameters for offset in offsets for part in offset.parts):
        return
    rules = bind_pack(pack)

    def days(offset: Offset) -> float:
        return about_days(measure_offset(offset, rules))

    for one, other in pairwise(course.doses):
        if days(other.since) < days(one.since):
            yield _tell(pack, "PACK-086", other.line, course=course.name, number=str(other.number))
    for dose in course.doses:
        limits = [course.until] if dose.by is None else [course.until, dose.by]
        if any(days(limit) <= days(dose.since) for limit in limits) or days(limits[-1]) > days(course.until):
            yield _tell(pack, "PACK-086", dose.line, course=course.name, number=str(dose.number))


def about_days(length: Length) -> float:
    """About how long; good enough to tell which of two ages is the higher."""
    return length.months * 30.4 + length.days


def _check_hold(pack: Pack, series: Series, hold: Hold) -> Iterator[Problem]:
    yield from _check_codes(pack, series, hold.line, hold.products)
    if hold.lasts is not None and hold.until:
        yield _tell(pack, "PACK-087", hold.line, name=hold.name, one="for", other="until")
    if bool(hold.products) == bool(hold.product_field):
        yield _tell(pack, "PACK-087", hold.line, name=hold.name, one="products", other="product")
    fields = pack.form(hold.form).fields if _has_form(pack, hold.form) else {}
    for name in (hold.until, hold.product_field):
        if name and fields and name not in fields:
            yield _tell(pack, "PACK-014", hold.line, name=name, nearest=nearest_name(name, fields))


def check_course_clauses(pack: Pack) -> Iterator[Problem]:
    """Tasks and forms the clauses about things given speak of."""
    given = pack.series.form if pack.series is not None else ""
    for indicator in pack.indicators.values():
        for counted in (*indicator.of_clauses, *indicator.clauses):
            clause = counted.clause
            if isinstance(clause, TaskApplies | TaskAsked | TaskDone | TaskDoneBefore):
                for task in clause.tasks:
                    if task not in pack.schedule:
                        near = nearest_name(task, pack.schedule)
                        yield _tell(pack, "PACK-014", counted.line, name=task, nearest=near)
            if isinstance(clause, RowsCounted) and clause.form != given:
                yield _tell(pack, "PACK-088", counted.line, name=clause.form, given=given or "—")
