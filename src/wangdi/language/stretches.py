"""Which edition a dose is judged by: the numbers of a course over time.

Rule: what was given is judged by the edition of its day; what is still asked, by the edition in force on the day it opens.
A course that an edition does not have is judged by the nearest one that has it. What a course is (whom it is for, how it is
chosen) is what the newest edition that has it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from wangdi.language.courses import Course, Dose, Hold, Series
from wangdi.language.model import Offset
from wangdi.language.rules import Length, Programme, Rules, measure_offset


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which one edition's numbers of a course apply: from ``first`` to ``last`` (None: no such end)."""

    rules: Rules
    course: Course
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class HoldStretch:
    """Days on which one edition's words of a hold apply."""

    rules: Rules
    hold: Hold
    first: date | None
    last: date | None


def has_series(programme: Programme) -> bool:
    """Whether any edition speaks of things given."""
    return any(rules.pack.series is not None for rules in programme.editions)


def newest_series(programme: Programme) -> tuple[Rules, Series]:
    """The newest edition that speaks of things given."""
    for rules in reversed(programme.editions):
        if rules.pack.series is not None:
            return rules, rules.pack.series
    raise ValueError("a programme without a series")


def courses_of(programme: Programme) -> dict[str, tuple[Rules, Course]]:
    """Every course of any edition, as the newest edition that has it says; the newest edition's order first."""
    found: dict[str, tuple[Rules, Course]] = {}
    for rules in reversed(programme.editions):
        for name, course in rules.pack.series.courses.items() if rules.pack.series is not None else ():
            found.setdefault(name, (rules, course))
    return found


def groups_of(programme: Programme) -> dict[str, list[tuple[Rules, Course]]]:
    """The courses of :func:`courses_of` by group."""
    found: dict[str, list[tuple[Rules, Course]]] = {}
    for rules, course in courses_of(programme).values():
        found.setdefault(course.group, []).append((rules, course))
    return found


def stretches_of(programme: Programme, name: str) -> list[Stretch]:
    """The editions that have a course, oldest first, each with its days."""
    found = []
    for rules in programme.editions:
        series = rules.pack.series
        if series is not None and name in series.courses:
            found.append(Stretch(rules, series.courses[name], *programme.days_of(rules)))
    return found


def hold_stretches(programme: Programme) -> list[HoldStretch]:
    """Every hold of every edition, with its days."""
    return [
        HoldStretch(rules, hold, *programme.days_of(rules))
        for rules in programme.editions
        if rules.pack.series is not None
        for hold in rules.pack.series.holds.values()
    ]


def judging(stretches: list[Stretch]) -> list[Stretch]:
    """The same, widened so that every day has one: a day between or outside belongs to the later, at last to the last."""
    return [
        replace(stretch, first=None, last=stretch.last if place + 1 < len(stretches) else None)
        for place, stretch in enumerate(stretches)
    ]


def stretch_on(stretches: list[Stretch], day: date) -> Stretch:
    """The stretch a given thing of a day is judged by."""
    return next(item for item in judging(stretches) if item.last is None or day <= item.last)


def dose_of(course: Course, number: int) -> Dose | None:
    """A dose of a course by its number, if it has so many."""
    return course.doses[number - 1] if number <= len(course.doses) else None


def most_doses(stretches: list[Stretch]) -> int:
    """The most doses any edition asks."""
    return max(len(item.course.doses) for item in stretches)


def measure(rules: Rules, offset: Offset | None) -> Length | None:
    """A length with parameters filled in; none stays none."""
    return None if offset is None else measure_offset(offset, rules)
