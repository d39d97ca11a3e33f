"""Things given in order, as values: the ``series`` block of a pack, and the clauses that count over it.

A *course* is a number of doses of some products, each not before an age and some time after the one before. A *hold* puts
doses off: after one thing another may not be given for a while, or for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wangdi.language.ast import Expression
    from wangdi.language.model import Offset


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a course. ``give``: the products the programme gives for it.

    ``since``: not before this age. ``after``: this long after the dose before; ``after_first``: this long after the first.
    ``by``: to be completed before this age (the last day is the day before); ``by_first``: before this long after the first.
    A dose with neither has the next one's.
    """

    number: int
    since: Offset
    after: Offset | None
    after_first: Offset | None
    by: Offset | None
    by_first: Offset | None
    give: tuple[str, ...]
    source: str
    doubt: str = ""
    line: int = 0
    own_since: bool = True
    """False: the age is that of the dose before, or of the edition below."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product that counts for a course, where it does so only from an age on (``since``) or before one (``until``)."""

    code: str
    since: Offset | None = None
    until: Offset | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """A number of doses, one after the other. Its tasks are ``<task>_<number>``.

    ``group``: of the courses of a group one applies: the first whose ``when`` holds for some row of ``form``; else the one
    to which the first thing given belongs; else the first listed. ``whom``: whom it is for. ``until``: not asked from this
    age on. ``ages``: by the edition of the ``day``, or, once begun, of the edition under which it was ``begun``.
    """

    name: str
    task: str
    title: str
    group: str
    form: str
    when: Expression | None
    when_text: str
    whom: Expression | None
    whom_text: str
    products: tuple[Product, ...]
    until: Offset
    ages: Literal["day", "begun"]
    doses: tuple[Dose, ...]
    source: str
    doubt: str = ""
    line: int = 0

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the products that count."""
        return tuple(product.code for product in self.products)


@dataclass(frozen=True, slots=True)
class Hold:
    """From the day of a row of ``form`` for which ``when`` holds, some products are not given.

    ``lasts``: how long; or until the day in the field ``until``; neither, or an empty field: for good. ``products``: which;
    ``product_field``: the one the row itself names (empty: every one). ``counts``: whether what is given meanwhile counts
    all the same. ``same_day``: whether giving it on the row's own day is right.
    """

    name: str
    title: str
    form: str
    when: Expression | None
    when_text: str
    lasts: Offset | None
    until: str
    products: tuple[str, ...]
    product_field: str
    counts: bool
    same_day: bool
    source: str
    doubt: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The ``series`` block: each row of ``form`` is one thing given; its field ``product`` says what."""

    form: str
    product: str
    courses: dict[str, Course]
    holds: dict[str, Hold]
    line: int = 0

    def by_task(self) -> list[Course]:
        """The courses in the order in which they speak for a task they share: those nobody has to be chosen for first."""
        return sorted(self.courses.values(), key=lambda course: bool(course.form))

    def groups(self) -> dict[str, list[Course]]:
        """The courses by group, in the order of the file."""
        found: dict[str, list[Course]] = {}
        for course in self.courses.values():
            found.setdefault(course.group, []).append(course)
        return found


@dataclass(frozen=True, slots=True)
class DoseTask:
    """A dose as something asked: what the schedule lists for each dose of each course."""

    name: str
    title: str
    done_by: str
    number: int
    source: str
    line: int = 0


# ---- clauses ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class TaskAsked:
    """One of the tasks is asked on some day of the period: it opens by its end, and was not done, closed or ended before."""

    tasks: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TaskApplies:
    """One of the tasks was or will be asked of the subject, as far as is known by the end of the period."""

    tasks: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TaskDone:
    """One of the tasks was done in the period."""

    tasks: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TaskDoneBefore:
    """One of the tasks was done before the subject reached an age. Missing: no birth date, not so."""

    tasks: tuple[str, ...]
    age: Offset
    text: str


@dataclass(frozen=True, slots=True)
class ReachesAge:
    """The subject reaches an age on a day of the period. Missing: no birth date, not so."""

    age: Offset
    text: str


@dataclass(frozen=True, slots=True)
class RowsCounted:
    """Every thing given in the period counts for some course (or none knows it, or it is one more than asked)."""

    form: str
    text: str


@dataclass(frozen=True, slots=True)
class HasRow:
    """There is a row of ``form`` on or before the last day of the period."""

    form: str
    text: str
