"""Which days a contact is to be checked, and how each stands: one check a day from the day after the last exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from wangdi.outbreaks.investigation.values import DONE, OPEN, Check, Contact, Investigation

READY, COMPLETED, MISSED = "ready", "completed", "failed"


@dataclass(frozen=True, slots=True)
class Due:
    """One check of one contact. ``state``: ready, completed, or failed where the contact could not be reached or the day passed."""

    contact: int
    day: date
    state: str
    first: date
    last: date
    check: Check | None = None


def follow_until(contact: Contact, days: int) -> date | None:
    """The last day of following. Missing: None where the last exposure is not known."""
    if contact.until is not None:
        return contact.until
    return contact.last_exposure_on + timedelta(days=days) if contact.last_exposure_on else None


def is_followed(contact: Contact) -> bool:
    """Whether somebody is followed: still a contact, and no case yet, who is followed as a patient."""
    return not contact.withdrawn and contact.became is None


def due_on(found: Investigation, days: int, on: date) -> list[Due]:
    """The checks of one day, in order of contact. ``days``: how long contacts are followed.

    Rule: the day after the last exposure is the first; a closed event asks for nothing. Missing: contacts whose last exposure
    nobody knows are asked for from the day the event opened until somebody says so.
    """
    if found.event.state != OPEN:
        return []
    due = []
    for number, contact in sorted(found.contacts.items()):
        first = contact.last_exposure_on + timedelta(days=1) if contact.last_exposure_on else found.event.opened_on
        last = follow_until(contact, days) or max(on, first)
        if not is_followed(contact) or not first <= on <= last:
            continue
        check = find_check(found.checks.get(number, ()), on)
        state = READY if check is None else COMPLETED if check.state == DONE else MISSED
        due.append(Due(number, on, state, first, last, check))
    return due


def find_check(checks: tuple[Check, ...], day: date) -> Check | None:
    """The check of a day."""
    return next((one for one in checks if one.day == day), None)


def count_followed(found: Investigation, days: int, on: date) -> Mapping[str, int]:
    """How following stands on a day: people followed, done following, days that should have been checked by now, days that were."""
    asked = done = followed = finished = 0
    for number, contact in found.contacts.items():
        last = follow_until(contact, days)
        if not is_followed(contact) or contact.last_exposure_on is None or last is None:
            continue
        first = contact.last_exposure_on + timedelta(days=1)
        end = min(on, last)
        followed += first <= on <= last
        finished += on > last
        asked += max(0, (end - first).days + 1)
        done += sum(first <= one.day <= end and one.state == DONE for one in found.checks.get(number, ()))
    return {"followed": followed, "finished": finished, "days_asked": asked, "days_done": done}
