"""Erasing the names of an event's cases, contacts and people asked, so many days after it was closed; what was counted stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from wangdi.app.events import EVENT, WHO, Author, find_events, read_event, read_row
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.investigation.bodies import KINDS, bare_type, field_hints
from wangdi.outbreaks.investigation.values import OPEN, Event, Who
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

COVER = "×"
SHORTEST_NAME, SHORTEST_NUMBER = 2, 6
"""A name of one character, a number or an address of a few, are no one's: covering them would blank other texts."""
FREE = (str, tuple, Mapping)
WHY = "erased after closing"


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing an event came to. ``people``: whose names are gone; ``covered``: other rows that named one of them."""

    event: str
    people: int
    covered: int


def erase_on(event: Event) -> date | None:
    """The day an event's names are due to be erased. Missing: None while it is open, or when they are gone."""
    if event.closed_on is None or event.erased_on is not None:
        return None
    return event.closed_on + timedelta(days=event.erase_days)


def erase_due(city: City, on: date, author: Author) -> list[Erased]:
    """Erase the names of every event whose day has come. The daily run calls this; a second run finds nothing."""
    due = [name for name, event in find_events(city) if (day := erase_on(event)) is not None and day <= on]
    return [erase_event(city, name, on, author) for name in reversed(due)]


def erase_event(city: City, event: str, on: date, author: Author) -> Erased:
    """Erase every version of every name, number, telephone and link to a resident of an event, and cover them where another of
    its rows names them.

    Rule: all in one transaction. Cases, contacts, checks, answers stay under their numbers: whatever is counted comes out as
    before. Errors: EVENT-001, EVENT-009 it is not closed.
    """
    with city.writer(author.who) as writer:
        found = read_event(city, event)
        if found.event.state == OPEN:
            raise Refusal(Problem(code="EVENT-009", args={"event": event}))
        secrets = _find_secrets(city, event)
        covered = _cover(city, event, secrets)
        body = {**_event_body(city, event, covered), "erased_on": on.isoformat()}
        instead = [row for row in covered if row.kind != EVENT]
        keys = [(WHO, f"{event}/"), *((row.kind, row.key) for row in covered)]
        rows = [*instead, LedgerRow(EVENT, f"{event}/", body, author.who)]
        writer.forget_ledger(keys, rows, WHY, author.at)
    return Erased(event, len(found.who), len(covered))


def _find_secrets(city: City, event: str) -> list[str]:
    """Every text that says who somebody is, in any version."""
    found: set[str] = set()
    for _, row in city.ledger_history(WHO, beginning=f"{event}/"):
        if row.body is not None:
            who: Who = read_row(row)
            found |= {one for one in (who.name,) if len(one) >= SHORTEST_NAME}
            numbers = (who.id_no, who.phone, who.person_id, who.address, *who.perhaps)
            found |= {one for one in numbers if len(one) >= SHORTEST_NUMBER}
    return sorted(found)


def _cover(city: City, event: str, secrets: Sequence[str]) -> list[LedgerRow]:
    """The newest version of every other row that names somebody in any version, with the names covered."""
    rows = []
    for kind, value in KINDS.items():
        if kind == WHO:
            continue
        named, newest = set(), {}
        for _, row in city.ledger_history(kind, beginning=f"{event}/"):
            if row.body is not None:
                newest[row.key] = row
                if cover_body(value, row.body, secrets) != row.body:
                    named.add(row.key)
        for key in sorted(named):
            row = newest[key]
            rows.append(LedgerRow(kind, key, cover_body(value, row.body or {}, secrets), row.who))
    return rows


def cover_body(kind: type[Any], body: Mapping[str, Any], secrets: Sequence[str]) -> dict[str, Any]:
    """A body with names covered where people write what they like, each name by a sign of its own, so that two places stay two.

    Rule: days, numbers and words of a list hold no names.
    """
    if not secrets:
        return dict(body)
    covers = {one: f"{COVER}{number}" for number, one in enumerate(sorted(secrets), 1)}
    # The longest first, and all at once: no name is covered in part, no cover a second time.
    names = re.compile("|".join(re.escape(one) for one in sorted(covers, key=len, reverse=True)))
    hints = field_hints(kind)
    free = {one.name for one in fields(kind) if "codes" not in one.metadata and bare_type(hints[one.name])[0] in FREE}

    def cover(item: Any) -> Any:
        if isinstance(item, str):
            return names.sub(lambda found: covers[found[0]], item)
        if isinstance(item, list):
            return [cover(one) for one in item]
        return {cover(name): said for name, said in item.items()}

    return {name: cover(item) if name in free else item for name, item in body.items()}


def _event_body(city: City, event: str, covered: Iterable[LedgerRow]) -> dict[str, object]:
    own = next((row for row in covered if row.kind == EVENT), None)
    row = own or next(row for _, row in city.ledger(EVENT, beginning=f"{event}/"))
    return dict(row.body or {})
