"""What an investigation writes down, as values. Grain: one of each per row of the ledger.

Names, numbers and telephones stand in :class:`Who` alone: once that is erased everything else still counts, about nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

OPEN, CLOSED = STATES = ("open", "closed")
GRADES = ("I", "II", "III", "IV")
CASE_CLASSES = ("suspected", "clinical", "confirmed", "carrier", "positive")
CLOSE, GENERAL, CO_EXPOSED = CONTACT_KINDS = ("close", "general", "co_exposed")
"""密切接触者, 一般接触者, 共同暴露者."""
DONE, FAILED = OUTCOMES = ("done", "failed")
YES, NO, UNKNOWN = ANSWERS = ("yes", "no", "unknown")
RESULTS = ("pending", "positive", "negative", "invalid")
MEASURES, CONCLUSION, BACKGROUND, FINDING, REMARK = NOTE_KINDS = (
    "measures",
    "conclusion",
    "background",
    "finding",
    "remark",
)
SEXES = ("1", "2")


MOMENT = {"moment": True}
"""Of a field that may hold a day, or a moment where the hour counts."""


def one_of(codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Of a field that may hold one of these words, or, where it may be left out, nothing."""
    return {"codes": codes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event. ``grade``: of 突发公共卫生事件, empty where it is none. ``signal``: what it was opened from.

    ``disease``: code or name. ``region``: the place's code. ``lead``: the organisation in charge. ``erase_days``: days after
    closing at which everybody's names are erased. ``monitor_days``: how long contacts are followed here, where that differs
    from what is set by disease.
    """

    title: str
    disease: str
    region: str
    lead: str
    opened_on: date
    erase_days: int
    grade: str = field(default="", metadata=one_of(GRADES))
    signal: str = ""
    state: str = field(default=OPEN, metadata=one_of(STATES))
    closed_on: date | None = None
    monitor_days: int | None = None
    erased_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case. ``card``: the report card's number. ``onset``, ``exposed_at``: a day, or a moment where the hour counts.

    ``infector``: the number of the case it was caught from. ``withdrawn``: why it is no case after all.
    """

    card: str = ""
    case_class: str = field(default="", metadata=one_of(CASE_CLASSES))
    sex: str = field(default="", metadata=one_of(SEXES))
    age: int | None = None
    onset: date | None = field(default=None, metadata=MOMENT)
    exposed_at: date | None = field(default=None, metadata=MOMENT)
    place: str = ""
    infector: int | None = None
    died_on: date | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who met a case or what made cases ill. ``of``: that case's number. ``until``: followed to this day, where a
    person decided so. ``org``: who checks, where somebody else than the resident's own clinic does. ``became``: the case
    number of a contact that fell ill.
    """

    kind: str = field(default=CLOSE, metadata=one_of(CONTACT_KINDS))
    of: int | None = None
    relation: str = ""
    last_exposure_on: date | None = None
    until: date | None = None
    org: str = ""
    became: int | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who a case, a contact or somebody asked is. ``person_id``: the resident. ``perhaps``: residents it may be, for a person to
    confirm. Erased after the event.
    """

    name: str = ""
    id_no: str = ""
    phone: str = ""
    person_id: str = ""
    perhaps: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One day's check of a contact. ``state``: failed where the contact could not be reached. Units: degrees Celsius."""

    day: date
    state: str = field(default=DONE, metadata=one_of(OUTCOMES))
    temperature_c: float | None = None
    symptoms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of the event. ``people``: how many were there, the denominator of its attack rate."""

    name: str
    kind: str = ""
    region: str = ""
    people: int | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one person said to the questionnaire. ``foods``: by exposure yes, no or unknown. ``group``: class, table, ward."""

    ill: bool | None = None
    onset: date | None = field(default=None, metadata=MOMENT)
    group: str = ""
    foods: Mapping[str, str] = field(default_factory=dict, hash=False)
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample and its result. ``of``: what it was taken from."""

    kind: str
    of: str = ""
    taken_on: date | None = None
    lab: str = ""
    test: str = ""
    result: str = field(default="pending", metadata=one_of(RESULTS))
    agent: str = ""
    result_on: date | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on the team, for these days. ``shift``: when on the day."""

    name: str
    role: str = ""
    org: str = ""
    first_on: date | None = None
    last_on: date | None = None
    shift: str = ""
    withdrawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A paragraph for the report or the file. ``on``: the day it speaks of."""

    text: str
    kind: str = field(default=REMARK, metadata=one_of(NOTE_KINDS))
    on: date | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Investigation:
    """An event with all that holds of it, by number; ``who`` and ``checks`` by whose: ``("contact", 3)``, contact number."""

    id: str
    event: Event
    cases: Mapping[int, Case]
    contacts: Mapping[int, Contact]
    who: Mapping[tuple[str, int], Who]
    checks: Mapping[int, tuple[Check, ...]]
    places: Mapping[int, Place]
    answers: Mapping[int, Answers]
    samples: Mapping[int, Sample]
    team: Mapping[int, Member]
    notes: Mapping[int, Note]
