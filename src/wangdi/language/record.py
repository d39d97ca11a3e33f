"""The values that go into an engine and come out of it, the same for every engine.

Grain: one ``Subject`` per person (or item), one ``Event`` per form row, one ``Judgement`` per classified row,
one ``Spell`` per stretch of management by one institution, one ``Obligation`` per thing the norm asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

Cell: TypeAlias = bool | int | float | str | date | None
State = Literal["draft", "ready", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the rows are about. Missing: birth date, sex and every attribute may be unknown (None)."""

    id: str
    birth_date: date | None = None
    sex: str | None = None
    attributes: dict[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a form. ``seq`` orders rows of one day; ``form`` is a full name (``hypertension.followup``)."""

    subject_id: str
    form: str
    on: date
    seq: int
    values: dict[str, Cell]
    org: str = ""


@dataclass(frozen=True, slots=True)
class Dates:
    """A window counted out: not before ``opens``, by ``due``, failed after ``closes``."""

    opens: date
    due: date
    closes: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one row means: its class (None when no class fits), the form's own code, the referral and what is asked next."""

    subject_id: str
    seq: int
    on: date
    class_name: str | None
    form_code: Cell
    refer: str
    next: dict[str, Dates]


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of management: from the day it opens up to, not including, the day it ends (None: still open).

    ``told_on``: the day of the row that ended it; the lost stay counted until the end of that year, so it may lie earlier.
    """

    subject_id: str
    org: str
    start: date
    end: date | None
    reason: str
    told_on: date | None
    edition: str


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing the norm asks of one subject, free of any "today".

    ``rule`` says which sentence asked it: ``first``, ``missed``, ``class:<name>`` or ``year``.
    ``done_on``: the day of the row that discharged it, in time or late. ``ended_on``: the day it ceased to be asked (an
    earlier visit took its place, the subject died, moved or was no longer enrolled) with its ``reason``.
    """

    subject_id: str
    task: str
    anchor_on: date
    opens: date
    due: date
    closes: date
    rule: str
    org: str
    done_on: date | None = None
    ended_on: date | None = None
    reason: str = ""


def state_on(obligation: Obligation, day: date) -> State:
    """The state of an obligation as it stood on a day: later events are not seen.

    Rule: design §5, states as in FHIR Task; done after ``closes`` stays failed.
    """
    if obligation.ended_on is not None and obligation.ended_on <= day:
        return "cancelled"
    if obligation.done_on is not None and obligation.done_on <= min(day, obligation.closes):
        return "completed"
    if day > obligation.closes:
        return "failed"
    return "draft" if day < obligation.opens else "ready"
