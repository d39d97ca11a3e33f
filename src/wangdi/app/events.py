"""Investigations (流调): opening an event, writing down and correcting what belongs to it, closing, reading it whole.

Everything is a row of the ledger: ``event`` under ``ID/``, what belongs to it under ``ID/NUMBER/``, a contact's checks under
``ID/CONTACT/DAY/``. Names stand in ``event.who`` alone, under ``ID/case|contact|answer/NUMBER/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from wangdi.app.questions import read_places
from wangdi.core.problem import Problem, Refusal
from wangdi.language.names import nearest_name
from wangdi.link.people import check_person, show_person
from wangdi.outbreaks.investigation.bodies import KINDS, read_body
from wangdi.outbreaks.investigation.following import follow_until
from wangdi.outbreaks.investigation.monitoring import Monitoring, find_monitoring
from wangdi.outbreaks.investigation.saying import read_said
from wangdi.outbreaks.investigation.values import CLOSED, OPEN, Event, Investigation, Who
from wangdi.store.city import City
from wangdi.store.records import LedgerRow
from wangdi.store.writer import Writer

EVENT, CASE, CONTACT, WHO, CHECK, PLACE, ANSWER, SAMPLE, TEAM, NOTE = KINDS
NUMBERED = (CASE, CONTACT, PLACE, ANSWER, SAMPLE, TEAM, NOTE)
"""Kinds that are counted from 1 within an event."""
NAMED = {CASE: "case", CONTACT: "contact", ANSWER: "answer"}
"""Kinds that are about somebody, with how their names are filed."""
ERASE_DAYS = 180
"""Days from closing to erasing where nobody says otherwise: the norms ask for erasing and name no number."""
LATEST_DAY = date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes something down, and when."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to be written: its kind, its number (none: a new one), what is said of it and of whom. Texts as people write them.

    ``foods``: of a questionnaire, the code of the answer to each exposure.
    """

    kind: str
    said: Mapping[str, str]
    number: int | None = None
    who: Mapping[str, str] = field(default_factory=dict)
    foods: Mapping[str, str] = field(default_factory=dict)


# ---- reading ----------------------------------------------------------------------------------------------------------
def find_events(city: City, known: int | None = None) -> list[tuple[str, Event]]:
    """Every event, the one opened last first."""
    rows = [(row.key.rstrip("/"), read_row(row)) for _, row in city.ledger(EVENT, known)]
    return sorted(rows, key=lambda one: (one[1].opened_on, one[0]), reverse=True)


def count_members(city: City, known: int | None = None) -> dict[str, tuple[int, int]]:
    """How many cases and contacts each event has that were not withdrawn. Missing: events without any."""
    counts: dict[str, list[int]] = {}
    for place, kind in enumerate((CASE, CONTACT)):
        for _, row in city.ledger(kind, known):
            if not (row.body or {}).get("withdrawn"):
                counts.setdefault(row.key.partition("/")[0], [0, 0])[place] += 1
    return {event: (cases, contacts) for event, (cases, contacts) in counts.items()}


def read_event(city: City, event: str, known: int | None = None) -> Investigation:
    """An event with all that holds of it. Errors: EVENT-001 there is no such event."""
    found = [row for _, row in city.ledger(EVENT, known, f"{event}/")] if event and "/" not in event else []
    if not found:
        near = nearest_name(event, [one for one, _ in find_events(city, known)]) or "—"
        raise Refusal(Problem(code="EVENT-001", args={"event": event[:40], "nearest": near}))
    numbered = {kind: _numbered(city, kind, event, known) for kind in NUMBERED}
    who = {}
    for _, row in city.ledger(WHO, known, f"{event}/"):
        _, whose, number, *_ = row.key.split("/")
        who[whose, int(number)] = read_row(row)
    checks: dict[int, list[Any]] = {}
    for _, row in city.ledger(CHECK, known, f"{event}/"):
        checks.setdefault(int(row.key.split("/")[1]), []).append(read_row(row))
    return Investigation(
        id=event,
        event=read_row(found[0]),
        cases=numbered[CASE],
        contacts=numbered[CONTACT],
        who=who,
        checks={number: tuple(sorted(held, key=lambda one: one.day)) for number, held in checks.items()},
        places=numbered[PLACE],
        answers=numbered[ANSWER],
        samples=numbered[SAMPLE],
        team=numbered[TEAM],
        notes=numbered[NOTE],
    )


def read_row(row: LedgerRow) -> Any:
    """The value of a row. A row that cannot be read again was never written by this: it is a programmer's error."""
    assert row.body is not None, "erased rows are left out"
    value, problems = read_body(KINDS[row.kind], row.body)
    if value is None:
        raise ValueError(f"{row.kind} {row.key}: {problems[0].text('en')}")
    return value


def _numbered(city: City, kind: str, event: str, known: int | None) -> dict[int, Any]:
    rows = ((int(row.key.split("/")[1]), read_row(row)) for _, row in city.ledger(kind, known, f"{event}/"))
    return dict(sorted(rows))


def set_for(event: Event) -> tuple[Monitoring, int]:
    """What is set for the event's disease, and how long its contacts are followed."""
    monitoring = find_monitoring(event.disease)
    return monitoring, event.monitor_days if event.monitor_days is not None else monitoring.days


# ---- opening and closing ----------------------------------------------------------------------------------------------
def open_event(city: City, said: Mapping[str, str], author: Author) -> str:
    """Open an event; answers its id. ``said``: title, disease, region, lead, opened_on, grade, erase_days, monitor_days, signal.

    Errors: FIG-002 a place or organisation nobody knows, and those of a body.
    """
    given = {name: text for name, text in said.items() if text}
    given = {"opened_on": author.at.date().isoformat(), "erase_days": str(ERASE_DAYS)} | given
    body = check_body(EVENT, given)
    with city.writer(author.who) as writer:
        year = body["opened_on"][:4]
        used = [row.key for _, row in city.ledger_history(EVENT, beginning=f"E{year}-")]
        last = max((int(key.rstrip("/").rpartition("-")[2]) for key in used), default=0)
        event = f"E{year}-{last + 1:03d}"
        _check_places(city, body)
        writer.put_ledger([LedgerRow(EVENT, f"{event}/", body, author.who)], author.at)
    return event


def change_event(city: City, event: str, said: Mapping[str, str], author: Author) -> None:
    """Correct what an event says of itself. Errors: EVENT-002 it is closed, EVENT-005 nothing is said."""
    with _writing(city, event, author) as (writer, found):
        _put_event(city, writer, found, read_changes(EVENT, said), author)


def close_event(city: City, event: str, on: date, author: Author) -> Event:
    """Close an event; its contacts are followed no longer. Errors: EVENT-002, EVENT-006 before it was opened."""
    with _writing(city, event, author) as (writer, found):
        if on < found.event.opened_on:
            raise Refusal(Problem(code="EVENT-006", args={"opened": f"{found.event.opened_on}"}))
        return _put_event(city, writer, found, {"state": CLOSED, "closed_on": on.isoformat()}, author)


def reopen_event(city: City, event: str, author: Author) -> Event:
    """Open a closed event again. Errors: EVENT-003 it is open, EVENT-011 its names are erased."""
    with city.writer(author.who) as writer:
        found = read_event(city, event)
        if found.event.state == OPEN:
            raise Refusal(Problem(code="EVENT-003", args={"event": event}))
        if found.event.erased_on is not None:
            raise Refusal(Problem(code="EVENT-011", args={"event": event, "day": f"{found.event.erased_on}"}))
        return _put_event(city, writer, found, {"state": OPEN, "closed_on": None}, author)


def _put_event(city: City, writer: Writer, found: Investigation, changes: Mapping[str, Any], author: Author) -> Event:
    body = merge_body(EVENT, _held_body(city, EVENT, f"{found.id}/") or {}, changes)
    if {"region", "lead"} & changes.keys():
        _check_places(city, body)
    row = LedgerRow(EVENT, f"{found.id}/", body, author.who)
    writer.put_ledger([row], author.at)
    value: Event = read_row(row)
    return value


# ---- writing down -----------------------------------------------------------------------------------------------------
def write_down(city: City, event: str, draft: Draft, author: Author) -> int:
    """Add a row to an event, or correct the one of that number; answers the number.

    Errors: EVENT-001, EVENT-002, EVENT-004 there is none of that number, EVENT-005 nothing is said, EVENT-101 to EVENT-108, ID-001
    to ID-004, FIG-002, FIG-004.
    """
    return write_all(city, event, [draft], author)[0]


def write_all(city: City, event: str, drafts: Sequence[Draft], author: Author) -> list[int]:
    """Several rows at once, together or not at all; answers their numbers."""
    for org in sorted({draft.said.get("org", "") for draft in drafts if draft.kind == CONTACT}):
        _check_places(city, {"lead": org})
    with _writing(city, event, author) as (writer, found):
        rows: list[LedgerRow] = []
        numbers = []
        following = {kind: next_number(city, event, kind) for kind in {draft.kind for draft in drafts}}
        for draft in drafts:
            number = draft.number
            if number is None:
                number = following[draft.kind]
                following[draft.kind] += 1
            numbers.append(number)
            rows += _plan_rows(city, found, draft, number, author.who)
        if rows:
            writer.put_ledger(rows, author.at)
        return numbers


def _plan_rows(city: City, found: Investigation, draft: Draft, number: int, who: str) -> Iterator[LedgerRow]:
    """The rows a draft becomes: what it is, and who."""
    key = f"{found.id}/{number}/"
    held = _held_body(city, draft.kind, key) if draft.number is not None else {}
    if held is None:
        raise Refusal(Problem(code="EVENT-004", args={"number": str(number), "event": found.id}))
    about = {name: text for name, text in draft.who.items() if text or draft.number is not None}
    if draft.number is not None and not draft.said and not about:
        raise Refusal(Problem(code="EVENT-005"))
    foods = {"foods": dict(draft.foods)} if draft.foods else {}
    body = merge_body(draft.kind, held, _read(draft.kind, draft.said) | foods)
    _check_named(found, draft, body)
    if draft.said or draft.number is None:
        yield LedgerRow(draft.kind, key, body, who)
    if about:
        key = f"{found.id}/{NAMED[draft.kind]}/{number}/"
        known = _held_body(city, WHO, key) if draft.number is not None else None
        yield LedgerRow(WHO, key, merge_body(WHO, known or {}, _read_who(about)), who)


def _read_who(about: Mapping[str, str]) -> dict[str, Any]:
    """Errors: FIG-004 no person number. Whom somebody named is no longer only perhaps."""
    changes = _read(WHO, about)
    if changes.get("person_id"):
        changes |= {"person_id": show_person(check_person(changes["person_id"])), "perhaps": changes.get("perhaps", [])}
    return changes


def write_check(city: City, event: str, contact: int, said: Mapping[str, str], author: Author) -> str:
    """Write down a day's check of a contact, or correct it; answers its key.

    Errors: EVENT-004 no such contact, EVENT-007 a day on which the contact is not followed, and those of :func:`write_down`.
    """
    with _writing(city, event, author) as (writer, found):
        one = found.contacts.get(contact)
        if one is None or one.withdrawn:
            raise Refusal(Problem(code="EVENT-004", args={"number": str(contact), "event": event}))
        given = {"day": author.at.date().isoformat()} | {name: text for name, text in said.items() if text}
        body = check_body(CHECK, given)
        day = date.fromisoformat(body["day"])
        last = follow_until(one, set_for(found.event)[1]) or LATEST_DAY
        if day > last or (one.last_exposure_on is not None and day <= one.last_exposure_on) or day > author.at.date():
            args = {"day": f"{day}", "first": f"{one.last_exposure_on or found.event.opened_on}", "last": f"{last}"}
            raise Refusal(Problem(code="EVENT-007", args=args))
        key = f"{event}/{contact}/{day}/"
        writer.put_ledger([LedgerRow(CHECK, key, body, author.who)], author.at)
    return key


def next_number(city: City, event: str, kind: str) -> int:
    """A number nobody ever had."""
    used = (int(row.key.split("/")[1]) for _, row in city.ledger_history(kind, beginning=f"{event}/"))
    return max(used, default=0) + 1


@contextmanager
def _writing(city: City, event: str, author: Author) -> Iterator[tuple[Writer, Investigation]]:
    """The one writer with the event as it is now. Errors: EVENT-001, EVENT-002 it is closed."""
    with city.writer(author.who) as writer:
        found = read_event(city, event)
        if found.event.state != OPEN:
            raise Refusal(Problem(code="EVENT-002", args={"event": event}))
        yield writer, found


# ---- bodies -----------------------------------------------------------------------------------------------------------
def read_changes(kind: str, said: Mapping[str, str]) -> dict[str, Any]:
    """What is to be changed. Errors: EVENT-005 nothing, and those of a text that cannot be read."""
    if not said:
        raise Refusal(Problem(code="EVENT-005"))
    return _read(kind, said)


def _read(kind: str, said: Mapping[str, str]) -> dict[str, Any]:
    body, problems = read_said(KINDS[kind], said)
    if problems:
        raise Refusal(problems[0])
    return body


def check_body(kind: str, said: Mapping[str, str]) -> dict[str, Any]:
    """The body of a new row. Errors: the first that is wrong with it."""
    return merge_body(kind, {}, _read(kind, said))


def merge_body(kind: str, held: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A body with changes; what is cleared is left out. Errors: EVENT-101 to EVENT-105."""
    merged = {name: item for name, item in {**held, **changes}.items() if item not in (None, "", [], {})}
    _, problems = read_body(KINDS[kind], merged)
    if problems:
        raise Refusal(problems[0])
    return merged


def _held_body(city: City, kind: str, key: str) -> dict[str, Any] | None:
    return next((dict(row.body or {}) for _, row in city.ledger(kind, beginning=key) if row.key == key), None)


def _check_named(found: Investigation, draft: Draft, body: Mapping[str, Any]) -> None:
    """Whatever a row names must be there. Errors: EVENT-004, EVENT-110."""
    for name in ("of", "became", "infector"):
        number = body.get(name)
        if isinstance(number, int) and number not in found.cases:
            raise Refusal(Problem(code="EVENT-004", field=name, args={"number": str(number), "event": found.id}))
    if draft.kind == CASE and draft.number is not None and body.get("infector") == draft.number:
        raise Refusal(Problem(code="EVENT-110", args={"case": str(draft.number)}))


def _check_places(city: City, body: Mapping[str, Any]) -> None:
    """Errors: FIG-002 a code that no area or organisation has, with the nearest."""
    if not (body.get("region") or body.get("lead")):
        return
    places = read_places(city, city.latest_seq())
    for code, rows in ((body.get("region"), places.regions.rows), (body.get("lead"), places.organisations.rows)):
        if code and code not in rows:
            near = nearest_name(code, rows)
            raise Refusal(Problem(code="FIG-002", args={"code": f"{code}（{near}？）" if near else code}))


def name_of(found: Investigation, whose: str, number: int) -> Who:
    """Who somebody of an event is; nobody where it was not said, or is erased."""
    return found.who.get((whose, number), Who())
