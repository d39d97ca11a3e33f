"""Signals as they stand: which there are, who is in charge, which clock runs, and what was done about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wangdi.app.watched_area import day_of
from wangdi.catalog.trees import Organisation, PlaceTree, Region, plant_tree
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings
from wangdi.outbreaks.surveillance.signals import Signal
from wangdi.outbreaks.surveillance.states import CHECKED, CLOSED, OUTCOMES, SENT, STATES, WORTH
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

SIGNAL, STEP = "signal", "signal.step"
CDC = "cdc"


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did about a signal. ``state``: the state it reached; ``outcome``: what it was, of a closed one.

    ``event``: the investigation opened for it, where one was. ``number``: counted from 1 within the signal.
    """

    number: int
    state: str
    at: datetime
    who: str
    note: str
    outcome: str = ""
    event: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is written down; who did it stands beside it."""
        return {
            "state": self.state,
            "at": self.at.isoformat(),
            "note": self.note,
            "outcome": self.outcome,
            "event": self.event,
        }


@dataclass(frozen=True, slots=True)
class Handled:
    """A signal with everything done about it.

    ``level``: county or city; ``org``: who is in charge, empty where the city has no such institution. ``due_at``: when the next
    step should be done, null once closed.
    """

    signal: Signal
    sent_at: datetime
    steps: tuple[Step, ...]
    level: str
    org: str
    due_at: datetime | None

    @property
    def state(self) -> str:
        """How far it has come."""
        return self.steps[-1].state if self.steps else SENT

    @property
    def outcome(self) -> str:
        """What it was; empty while it is open."""
        return self.steps[-1].outcome if self.steps and self.state == CLOSED else ""

    def is_overdue(self, now: datetime) -> bool:
        """Whether a step should have been done by now."""
        return self.due_at is not None and self.due_at < now

    def answered_hours(self) -> float | None:
        """Hours from sending to the first step; null while nobody has answered."""
        return (self.steps[0].at - self.sent_at).total_seconds() / 3600 if self.steps else None


def signal_row(signal: Signal, sent_at: datetime, who: str) -> LedgerRow:
    """A signal as it is written down."""
    return LedgerRow(SIGNAL, signal.id, signal.to_json() | {"sent_at": sent_at.isoformat()}, who)


def read_signals(city: City, settings: SurveillanceSettings, known: int | None = None) -> list[Handled]:
    """Every signal of a city at a number, the newest first."""
    regions, organisations = plant_tree(city.regions(known)), plant_tree(city.organisations(known))
    steps: dict[str, list[Step]] = {}
    for _, row in city.ledger(STEP, known):
        name, _, number = row.key.rpartition("/")
        body = row.body or {}
        if not body.get("withdrawn"):
            at = datetime.fromisoformat(body["at"])
            steps.setdefault(name, []).append(
                Step(int(number), body["state"], at, row.who, body["note"], body["outcome"], body["event"])
            )
    found = []
    for _, row in city.ledger(SIGNAL, known):
        body = row.body or {}
        signal, sent_at = Signal.from_json(body), datetime.fromisoformat(body["sent_at"])
        level, org = find_charge(signal.places, regions, organisations, day_of(signal.day))
        handled = Handled(signal, sent_at, tuple(steps.get(signal.id, ())), level, org, None)
        found.append(replace(handled, due_at=_due_at(handled, settings)))
    return sorted(found, key=lambda one: (one.signal.day, one.signal.id), reverse=True)


def _due_at(handled: Handled, settings: SurveillanceSettings) -> datetime | None:
    """When the next step should be done: the preliminary check after sending, the field investigation after that."""
    limits = settings.signals
    if handled.state == CLOSED:
        return None
    if handled.state == SENT:
        hours = limits.urgent_hours if handled.signal.urgent else limits.hours
        return handled.sent_at + timedelta(hours=hours)
    if handled.state == CHECKED:
        return handled.steps[-1].at + timedelta(hours=limits.field_hours)
    return None


def find_charge(
    places: Sequence[str], regions: PlaceTree[Region], organisations: PlaceTree[Organisation], on: date
) -> tuple[str, str]:
    """The level in charge and its centre for disease control: the county's, or the city's where several counties have a part.

    Missing: where the county has none the city's is asked; where there is none at all the code is empty.
    """
    counties = {found.code for place in places if (found := regions.at_level(place, "county", on)) is not None}
    centres = find_centres(organisations)
    if len(counties) == 1:
        (county,) = counties
        if county in centres:
            return "county", centres[county]
    above = {code for code, rows in regions.rows.items() if rows[-1].level == "city"} or counties
    return ("city" if len(counties) != 1 else "county"), next(
        (centres[code] for code in sorted(above) if code in centres), ""
    )


def find_centres(organisations: PlaceTree[Organisation]) -> dict[str, str]:
    """The centre for disease control of each region that has one."""
    return {rows[-1].region: rows[-1].code for rows in organisations.rows.values() if rows[-1].kind == CDC}


def find_centre_above(handled: Handled, regions: PlaceTree[Region], organisations: PlaceTree[Organisation]) -> str:
    """The centre of the level above the one in charge. Missing: empty where there is none."""
    centres, on = find_centres(organisations), day_of(handled.signal.day)
    own = next((region for region, org in centres.items() if org == handled.org), "")
    return next((centres[place.code] for place in regions.ancestors(own, on) if place.code in centres), "")


def list_outbreak_cards(signals: Iterable[Handled]) -> frozenset[int]:
    """The records behind signals that were closed as an outbreak or a cluster: no part of what is usual."""
    return frozenset(fact for one in signals if one.outcome in WORTH for fact in one.signal.facts)


def choose_signals(signals: Iterable[Handled], shown: str, now: datetime) -> list[Handled]:
    """The signals of a list that was asked for (``SHOWN``): the open first, of those the urgent, then the overdue."""
    wanted: dict[str, Callable[[Handled], bool]] = {
        "all": lambda one: True,
        "open": lambda one: one.state != CLOSED,
        "overdue": lambda one: one.is_overdue(now),
        "closed": lambda one: one.state == CLOSED,
    }
    chosen = filter(wanted[shown], signals)
    return sorted(chosen, key=lambda one: (one.state == CLOSED, not one.signal.urgent, not one.is_overdue(now)))


def find_signal(city: City, settings: SurveillanceSettings, name: str, known: int | None = None) -> Handled:
    """One signal. Errors: SIGNAL-003 there is none of that name."""
    for one in read_signals(city, settings, known):
        if one.signal.id == name:
            return one
    raise Refusal(Problem(code="SIGNAL-003", args={"signal": name}))


@dataclass(frozen=True, slots=True)
class StepAsked:
    """A step somebody takes."""

    state: str
    outcome: str
    note: str
    who: str
    at: datetime
    event: str = ""


def take_step(city: City, settings: SurveillanceSettings, name: str, asked: StepAsked) -> Handled:
    """Write down a step on a signal and answer how it stands then.

    Rule: sent -> preliminary check -> field investigation -> closed; the field investigation may be left out; only closing has
    an outcome, and every closing needs one and a reason.
    Errors: SIGNAL-003 no such signal, SIGNAL-004 not a step from here, SIGNAL-005 closing without outcome or note,
    SIGNAL-006 earlier than the step before.
    """
    with city.writer(asked.who) as writer:
        handled = find_signal(city, settings, name)
        _check_step(handled, asked)
        number = 1 + max((step.number for step in handled.steps), default=_withdrawn(city, name))
        number = max(number, _withdrawn(city, name) + 1)
        step = Step(number, asked.state, asked.at, asked.who, asked.note, asked.outcome, asked.event)
        writer.put_ledger([LedgerRow(STEP, f"{name}/{number:03d}", step.to_json(), asked.who)], asked.at)
    return find_signal(city, settings, name)


def _withdrawn(city: City, name: str) -> int:
    """The largest number a step of the signal ever had."""
    return max((int(row.key.rpartition("/")[2]) for _, row in city.ledger(STEP, beginning=f"{name}/")), default=0)


def _check_step(handled: Handled, asked: StepAsked) -> None:
    allowed = STATES[STATES.index(handled.state) + 1 :] if handled.state != CLOSED else ()
    if asked.state not in allowed:
        args = {"signal": handled.signal.id, "state": asked.state, "from": handled.state}
        raise Refusal(Problem(code="SIGNAL-004", args=args))
    closing = asked.state == CLOSED
    if closing != bool(asked.outcome) or (closing and (asked.outcome not in OUTCOMES or not asked.note.strip())):
        raise Refusal(Problem(code="SIGNAL-005", args={"outcomes": ", ".join(OUTCOMES)}))
    since = handled.steps[-1].at if handled.steps else handled.sent_at
    if asked.at < since:
        raise Refusal(Problem(code="SIGNAL-006", args={"at": f"{asked.at}", "since": f"{since}"}))


def undo_step(city: City, settings: SurveillanceSettings, name: str, who: str, at: datetime) -> Handled:
    """Take back the last step of a signal. Errors: SIGNAL-003 no such signal, SIGNAL-007 nothing was done yet."""
    with city.writer(who) as writer:
        handled = find_signal(city, settings, name)
        if not handled.steps:
            raise Refusal(Problem(code="SIGNAL-007", args={"signal": name}))
        last = handled.steps[-1]
        writer.put_ledger([LedgerRow(STEP, f"{name}/{last.number:03d}", last.to_json() | {"withdrawn": True}, who)], at)
    return find_signal(city, settings, name)


def tell_signal(handled: Handled, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """A signal as it is answered. ``names``: of diseases, streams, places and institutions, by code."""
    signal, first = handled.signal, handled.signal.strongest
    return {
        "signal": signal.id,
        "day": day_of(signal.day).isoformat(),
        "last_day": day_of(signal.last).isoformat(),
        "subjects": list(signal.subjects),
        "title": names.get(signal.subjects[0], signal.subjects[0]),
        "places": list(signal.places),
        "place_names": [names.get(place, place) for place in signal.places],
        "sites": list(signal.sites),
        "methods": list(dict.fromkeys(finding.method for finding in signal.findings)),
        "urgent": signal.urgent,
        "observed": first.observed,
        "expected": first.expected,
        "bound": first.bound,
        "probability": first.probability,
        "records": len(signal.facts),
        "state": handled.state,
        "outcome": handled.outcome,
        "level": handled.level,
        "org": handled.org,
        "sent_at": handled.sent_at.isoformat(),
        "due_at": None if handled.due_at is None else handled.due_at.isoformat(),
        "overdue": handled.is_overdue(now),
        "answered_hours": handled.answered_hours(),
        "event": next((step.event for step in reversed(handled.steps) if step.event), ""),
    }
