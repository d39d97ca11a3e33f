"""Contacts' daily checks as rows of a worklist, beside what the packs ask for: the organisation in charge sees both on one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from wangdi.app.derivation import Standing, derive
from wangdi.app.events import find_events, name_of, read_event, set_for
from wangdi.app.questions import read_places
from wangdi.app.rolls import read_roll
from wangdi.app.worklists import NOWHERE, Due, Reach, Told, find_due, find_reach, tell_due
from wangdi.link.people import parse_person, show_person
from wangdi.outbreaks.investigation.following import due_on
from wangdi.outbreaks.investigation.monitoring import name_disease
from wangdi.outbreaks.investigation.saying import label_code
from wangdi.outbreaks.investigation.values import OPEN, Investigation, Who

PROGRAMME, TASK, RULE = "outbreak", "contact_check", "monitoring"
TITLE = "接触者每日随访"
NOBODY = 0
"""The person number of a contact who is no resident known here."""


@dataclass(frozen=True, slots=True)
class CheckDue(Due):
    """One contact's check on the day. ``told``: what it says by itself, for no pack does. Beyond the states of other rows it may
    be ``completed`` or ``failed``: a list of checks shows what is done, too.
    """

    event: str
    contact: int
    who: Reach
    why: Mapping[str, object]

    @property
    def person_id(self) -> str:
        """The resident's number; empty where the contact is none known here."""
        return show_person(self.person) if self.person != NOBODY else ""


def find_checks(standing: Standing, orgs: Sequence[str], on: date) -> list[CheckDue]:
    """The checks of a day that these organisations have to make.

    Rule: in charge is the organisation named with the contact, else the one that manages the resident, else the event's own.
    Order: by organisation, event and contact.
    """
    city = standing.city
    following = [
        read_event(city, name, standing.known) for name, one in find_events(city, standing.known) if one.state == OPEN
    ]
    following = [found for found in following if found.contacts]
    if not following:
        return []
    people = {
        person
        for found in following
        for number in found.contacts
        if (person := parse_person(name_of(found, "contact", number).person_id)) is not None
    }
    homes = read_roll(derive(standing)).homes_of(people) if people else {}
    managed = _managing(standing, people)
    rows = []
    for found in sorted(following, key=lambda one: one.id):
        monitoring, days = set_for(found.event)
        source = monitoring.source if found.event.monitor_days is None else found.id
        for due in due_on(found, days, on):
            contact, who = found.contacts[due.contact], name_of(found, "contact", due.contact)
            person = parse_person(who.person_id) or NOBODY
            org = contact.org or managed.get(person, "") or found.event.lead
            if org not in orgs:
                continue
            rows.append(
                CheckDue(
                    person=person,
                    home=homes.get(person, NOWHERE),
                    trip=0,
                    programme=PROGRAMME,
                    task=TASK,
                    anchor_on=contact.last_exposure_on or found.event.opened_on,
                    opens=on,
                    org=org,
                    due=on,
                    closes=on,
                    state=due.state,
                    overdue=False,
                    rule=RULE,
                    event=found.id,
                    contact=due.contact,
                    who=_reach(who),
                    why=_why(found, due.contact, (due.first, due.last), (days, source)),
                )
            )
    return sorted(rows, key=lambda one: (one.org, one.event, one.contact))


def _reach(who: Who) -> Reach:
    return Reach(who.name, who.phone, who.address)


def _why(found: Investigation, number: int, window: tuple[date, date], rule: tuple[int, str]) -> dict[str, object]:
    """What asks for the check: so many days after the last exposure, set by the disease or by the event."""
    days, source = rule
    contact = found.contacts[number]
    inputs = {
        "event": found.id,
        "contact": number,
        "title": found.event.title,
        "disease": name_disease(found.event.disease),
        "kind": label_code("contact_kind", contact.kind),
        "anchor_on": contact.last_exposure_on,
        "first": window[0],
        "last": window[1],
        "days": days,
    }
    label = f"{found.event.title}：末次接触次日起每日随访 {days} 天"
    return {"rule": f"{PROGRAMME}/{TASK}/{RULE}", "label": label, "source": source, "inputs": inputs}


def _managing(standing: Standing, people: set[int]) -> dict[int, str]:
    """The organisation that manages each of these residents. Missing: people nobody manages."""
    if not people:
        return {}
    listed = ", ".join(map(str, sorted(people)))
    sql = f"SELECT person_id, org FROM {derive(standing).people} WHERE person_id IN ({listed}) AND org IS NOT NULL"
    return dict(standing.workspace.rows(sql))


def find_day(standing: Standing, org: str, on: date, within: int = 0) -> list[Due]:
    """The whole list of an organisation and those under it on a day: contacts' checks, which cannot wait, then what packs ask for.

    Rule: all rows of one person stand together. Errors: FIG-002.
    """
    found = find_due(standing, org, on, within)
    tree = read_places(standing.city, standing.known).organisations
    checks = find_checks(standing, [org, *(row.code for row in tree.descendants(org, on))], on)
    return join_checks(checks, found) if checks else found


def join_checks(checks: Sequence[CheckDue], found: Sequence[Due]) -> list[Due]:
    """Both as one list with its trips: a contact who is on the other list, too, is visited once."""
    trips = {person: list(rows) for person, rows in groupby(found, key=lambda row: row.person)}
    lists: list[list[Due]] = []
    places: dict[int, int] = {}
    for check in checks:
        if check.person in places:
            lists[places[check.person]].insert(0, check)
            continue
        if check.person != NOBODY:
            places[check.person] = len(lists)
        lists.append([check, *trips.pop(check.person, [])])
    lists += trips.values()
    return [replace(row, trip=place) for place, rows in enumerate(lists, 1) for row in rows]


def reach_day(standing: Standing, rows: Sequence[Due]) -> dict[int, Reach]:
    """Who the people of the list are. Missing: people of whom nobody said anything, and contacts who are no residents."""
    known = find_reach(standing, [row for row in rows if row.person != NOBODY])
    return {**{row.person: row.who for row in rows if isinstance(row, CheckDue) and row.person != NOBODY}, **known}


def tell_day(standing: Standing, rows: Sequence[Due], on: date) -> list[Told]:
    """The rows with who the people are and what asks for each, in their order."""
    told = iter(tell_due(standing, [row for row in rows if not isinstance(row, CheckDue)], on))
    return [Told(row, row.who, TITLE, dict(row.why), "") if isinstance(row, CheckDue) else next(told) for row in rows]
