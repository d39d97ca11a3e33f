"""What was given to one subject: which things count for which dose, and which do not and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wangdi.engines.reference.classify import row_of
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.language.ast import Expression
from wangdi.language.courses import Course, Dose
from wangdi.language.model import Offset
from wangdi.language.record import Cell, Event, Judgement, Subject
from wangdi.language.rules import Programme, Rules, add_length, measure_offset
from wangdi.language.stretches import (
    Stretch,
    dose_of,
    groups_of,
    hold_stretches,
    newest_series,
    stretch_on,
    stretches_of,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which a hold keeps products back: from ``on`` up to, not including, ``end`` (None: for good)."""

    name: str
    on: date
    row: tuple[str, int]
    end: date | None
    products: tuple[str, ...] | None
    """None: every product."""
    counts: bool
    same_day: bool

    def covers(self, product: str) -> bool:
        """Whether it keeps a product back."""
        return self.products is None or product in self.products

    def spoils(self, event: Event, product: str) -> bool:
        """Whether what was given on a day may not count because of it."""
        begun = self.on < event.on or (self.on == event.on and not self.same_day)
        lasting = self.end is None or event.on < self.end
        own = self.row == (event.form, event.seq)
        return not self.counts and not own and begun and lasting and self.covers(product)


@dataclass(slots=True)
class Taken:
    """One course of one subject: the days of the doses that count, in order, and the verdict on every row."""

    course: Course
    stretches: list[Stretch]
    counted: list[date]
    verdicts: dict[int, str]


@dataclass(frozen=True, slots=True)
class Given:
    """Everything given to one subject: the course that applies in each group, and what holds products back."""

    taken: dict[str, Taken]
    spans: list[Span]


def subject_row(subject: Subject) -> Row:
    """A subject where no row is spoken of."""
    return Row({"birth_date": subject.birth_date, "sex": subject.sex, **subject.attributes})


def read_given(programme: Programme, subject: Subject, events: Sequence[Event]) -> Given:
    """Choose the course of each group and go through what was given, in order."""
    rules, series = newest_series(programme)
    form = rules.pack.form(series.form).full_name
    rows = sorted((event for event in events if event.form == form), key=lambda event: (event.on, event.seq))
    spans = _find_spans(programme, subject, events)
    taken: dict[str, Taken] = {}
    for group, courses in groups_of(programme).items():
        course = _choose(courses, subject, events, [(row, row.values.get(series.product)) for row in rows])
        if course is not None:
            mine = [row for row in rows if row.values.get(series.product) in course.codes]
            taken[group] = _take(course, stretches_of(programme, course.name), subject, (mine, spans, series.product))
    return Given(taken, spans)


def _holds(rules: Rules, when: Expression | None, row: Row) -> bool:
    return when is None or compile_expression(when, rules.values)(row) is True


def _choose(
    courses: Sequence[tuple[Rules, Course]],
    subject: Subject,
    events: Sequence[Event],
    given: Sequence[tuple[Event, Cell]],
) -> Course | None:
    """Of a group's courses the one chosen by a record, else the one of the first thing given, else the first listed."""
    fitting = [(rules, course) for rules, course in courses if _holds(rules, course.whom, subject_row(subject))]
    for rules, course in fitting:
        if course.form:
            full = rules.pack.form(course.form).full_name
            if any(item.form == full and _holds(rules, course.when, row_of(rules, subject, item)) for item in events):
                return course
    every = {code for _, course in courses if not course.form for code in course.codes}
    first = next((product for _, product in given if product in every), None)
    return next((course for _, course in fitting if not course.form and (first is None or first in course.codes)), None)


def _find_spans(programme: Programme, subject: Subject, events: Sequence[Event]) -> list[Span]:
    found: list[Span] = []
    for stretch in hold_stretches(programme):
        rules, hold = stretch.rules, stretch.hold
        full = rules.pack.form(hold.form).full_name
        for event in events:
            inside = (stretch.first is None or stretch.first <= event.on) and (
                stretch.last is None or event.on <= stretch.last
            )
            if event.form != full or not inside or not _holds(rules, hold.when, row_of(rules, subject, event)):
                continue
            end = event.values.get(hold.until) if hold.until else None
            if hold.lasts is not None:
                end = add_length(event.on, measure_offset(hold.lasts, rules))
            named = event.values.get(hold.product_field) if hold.product_field else None
            products = hold.products or (None if named is None else (str(named),))
            if not isinstance(end, date) or end > event.on:
                last = end if isinstance(end, date) else None
                row = (event.form, event.seq)
                found.append(Span(hold.name, event.on, row, last, products, hold.counts, hold.same_day))
    return found


def _take(
    course: Course, stretches: list[Stretch], subject: Subject, given: tuple[Sequence[Event], Sequence[Span], str]
) -> Taken:
    rows, spans, product_field = given
    taken = Taken(course, stretches, [], {})
    for row in rows:
        product = str(row.values.get(product_field))
        reason = _spoiled(taken, subject.birth_date, row, (product, spans))
        if reason == "":
            taken.counted.append(row.on)
            taken.verdicts[row.seq] = f"{course.task}_{len(taken.counted)}"
        else:
            taken.verdicts[row.seq] = f"{course.task}:{reason}"
    return taken


def _spoiled(taken: Taken, birth: date | None, row: Event, given: tuple[str, Sequence[Span]]) -> str:
    """Why a thing given does not count for the next dose; empty where it does."""
    product_code, spans = given
    if birth is None:
        return "birth"
    stretch = stretch_on(taken.stretches, row.on)
    number = len(taken.counted) + 1
    dose = dose_of(stretch.course, number)
    if dose is None:
        return "extra"
    if row.on < age_day(taken, stretch, birth, dose):
        return "age"
    product = next((item for item in stretch.course.products if item.code == product_code), None)
    if product is None or not _within(stretch.rules, birth, row.on, (product.since, product.until)):
        return "product"
    if row.on < interval_day(taken, stretch.rules, dose, birth):
        return "interval"
    return min((span.name for span in spans if span.spoils(row, product_code)), default="")


def _within(rules: Rules, birth: date, on: date, ages: tuple[Offset | None, Offset | None]) -> bool:
    since, until = ages
    late_enough = since is None or on >= add_length(birth, measure_offset(since, rules))
    return late_enough and (until is None or on < add_length(birth, measure_offset(until, rules)))


def age_day(taken: Taken, stretch: Stretch, birth: date, dose: Dose) -> date:
    """The day from which a dose may be given by age: a course once begun may keep the ages it began with."""
    if stretch.course.ages == "begun" and dose.number > 1:
        began = stretch_on(taken.stretches, taken.counted[0])
        other = dose_of(began.course, dose.number)
        if other is not None:
            return add_length(birth, measure_offset(other.since, began.rules))
    return add_length(birth, measure_offset(dose.since, stretch.rules))


def interval_day(taken: Taken, rules: Rules, dose: Dose, birth: date) -> date:
    """The day from which a dose may be given by the doses before it; the birth for the first."""
    found = [birth]
    if dose.number > 1 and dose.after is not None:
        found.append(add_length(taken.counted[dose.number - 2], measure_offset(dose.after, rules)))
    if dose.number > 1 and dose.after_first is not None:
        found.append(add_length(taken.counted[0], measure_offset(dose.after_first, rules)))
    return max(found)


def judge_given(programme: Programme, subject: Subject, events: Sequence[Event]) -> list[Judgement]:
    """The verdict on every row given: ``counted`` | ``not_counted`` | ``extra`` | ``outside``, with a word for each course."""
    rules, series = newest_series(programme)
    form = rules.pack.form(series.form).full_name
    given = read_given(programme, subject, events)
    groups: Mapping[str, set[str]] = {
        name: {code for _, course in courses for code in course.codes} for name, courses in groups_of(programme).items()
    }
    judged: list[Judgement] = []
    for event in sorted((item for item in events if item.form == form), key=lambda item: (item.on, item.seq)):
        said: list[str] = []
        for group, taken in given.taken.items():
            if event.seq in taken.verdicts:
                said.append(taken.verdicts[event.seq])
            elif event.values.get(series.product) in groups[group]:
                said.append(f"{taken.course.task}:other")
        code = " ".join(sorted(said)) or None
        judged.append(Judgement(event.subject_id, event.seq, event.on, class_of(said), code, "none", {}))
    return judged


def class_of(said: Sequence[str]) -> str:
    """What the words of all courses come to."""
    if not said:
        return "outside"
    if any(":" not in word for word in said):
        return "counted"
    return "extra" if all(word.endswith(":extra") for word in said) else "not_counted"
