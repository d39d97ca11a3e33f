"""What a plan consists of: items with their goal, owner, deadline, steps, money, and how they are broken down to areas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

DRAFT, CONFIRMED, DROPPED = "draft", "confirmed", "dropped"
STATES = (DRAFT, CONFIRMED, DROPPED)
QUANTITY, MILESTONE, INVESTMENT = "quantity", "milestone", "investment"
AT_LEAST, AT_MOST, EXACTLY, BETWEEN = ">=", "<=", "=", "between"
COMPARATORS = (AT_LEAST, AT_MOST, EXACTLY, BETWEEN)
LEVEL, CHANGE = "level", "change"
"""What a goal's value is: where the figure is to stand, or by how much it is to move from the base year."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan document as it was read. ``area``: the area whose plan it is; ``sha256``: of the text that offsets count in."""

    id: str
    title: str
    year: int
    area: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached. ``high``: the other end of a range; ``sort``: a level, or a change against ``base_value``.

    Units: ``value``, ``high`` and ``base_value`` in ``unit`` as the plan prints it; 万 is multiplied out.
    Missing: without ``base_value`` a change cannot be judged.
    """

    comparator: str
    value: float
    unit: str
    high: float | None = None
    sort: str = LEVEL
    base_year: int | None = None
    base_value: float | None = None

    @property
    def is_countable(self) -> bool:
        """Whether it can be reached one by one: no rate, and a whole number."""
        return self.unit not in ("%", "‰", "个百分点") and self.value == int(self.value)

    def bounds(self) -> tuple[float | None, float | None] | None:
        """The lowest and highest value that keep it; None where the base of a change is not known.

        Rule: "= 10" printed in a plan asks for at least 10: nobody misses a plan by doing more.
        """
        shift = 0.0
        if self.sort == CHANGE:
            if self.base_value is None:
                return None
            shift = self.base_value
        if self.comparator == AT_MOST:
            return None, self.value + shift
        if self.comparator == BETWEEN:
            return self.value + shift, None if self.high is None else self.high + shift
        return self.value + shift, None

    @property
    def level(self) -> float | None:
        """The one number that is asked for: the lower end, else the upper; None where the base of a change is not known."""
        bounds = self.bounds()
        return None if bounds is None else bounds[1] if bounds[0] is None else bounds[0]

    def is_met(self, value: float) -> bool:
        """Whether a value keeps it. Missing: a goal whose base is not known is not met."""
        bounds = self.bounds()
        if bounds is None:
            return False
        low, high = bounds
        return (low is None or value >= low) and (high is None or value <= high)


@dataclass(frozen=True, slots=True)
class Part:
    """What one area owes. ``count``: how many people or things of the whole; ``value``: the same in the goal's unit."""

    area: str
    value: float
    count: int
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an item. ``count``: how many of the things counted it brings; ``area``: where, if one area owes it.

    Done: a day and the evidence.
    """

    name: str
    due: date | None = None
    done_on: date | None = None
    evidence: str = ""
    count: int = 0
    area: str = ""

    @property
    def is_done(self) -> bool:
        """Rule: a step without evidence is not done."""
        return self.done_on is not None and bool(self.evidence)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money of one month (``2025-04``). Units: as the item's goal."""

    month: str
    planned: float
    paid: float = 0.0
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An indicator that may be meant. ``sure``: ``exact`` (its title or another name of it), ``likely``, ``possible``."""

    indicator: str
    title: str
    sure: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list: what is promised, by whom, until when, and what will prove it.

    ``start``, ``end``: the words that make it an item, in code points of the text; ``sentence``: as issued, from
    ``sentence_start``. ``name``: what it is about. ``indicator`` is empty until a person chose one.
    """

    id: str
    kind: str
    name: str
    text: str
    start: int
    end: int
    sentence: str
    sentence_start: int
    state: str = DRAFT
    goal: Goal | None = None
    indicator: str = ""
    suggested: tuple[Suggestion, ...] = ()
    deadline: date | None = None
    owner: str = ""
    cooperating: tuple[str, ...] = ()
    evidence: str = ""
    breakdown: str = ""
    parts: tuple[Part, ...] = ()
    steps: tuple[Step, ...] = ()
    payments: tuple[Payment, ...] = ()
    why: str = ""
    """The reason somebody gave for the last change."""
    heading: str = ""
    """The numbered heading of the plan it stands under; empty where there is none."""

    def part_of(self, area: str) -> Part | None:
        """What an area owes of it."""
        return next((one for one in self.parts if one.area == area), None)

    def count_done(self, area: str = "") -> int:
        """How many things the steps done so far brought, altogether or in one area."""
        return sum(one.count for one in self.steps if one.is_done and area in ("", one.area))


def put_step(steps: Iterable[Step], step: Step) -> tuple[Step, ...]:
    """The steps with one added, or changed where its name is there already; in order of the day it is due."""
    kept = [one for one in steps if one.name != step.name]
    return tuple(sorted([*kept, step], key=lambda one: (one.due or date.max, one.name)))


def drop_step(steps: Iterable[Step], name: str) -> tuple[Step, ...]:
    """The steps without the one of that name."""
    return tuple(one for one in steps if one.name != name)


def put_payment(payments: Iterable[Payment], payment: Payment) -> tuple[Payment, ...]:
    """The money of the months with one month added or changed, in order."""
    kept = [one for one in payments if one.month != payment.month]
    return tuple(sorted([*kept, payment], key=lambda one: one.month))
