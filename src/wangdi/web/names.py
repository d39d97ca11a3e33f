"""Names beside numbers: who a person is, what an organisation is called."""

from __future__ import annotations

from collections.abc import Sequence

from wangdi.app.identities import find_names
from wangdi.web.door import Door
from wangdi.web.where import Here


def name_people(door: Door, known: int, numbers: Sequence[str]) -> dict[str, str]:
    """Names by person number, as the registrations have them. Missing: nobody's name is left out."""
    if not numbers:
        return {}
    with door.standing(known) as standing:
        return find_names(standing, numbers)


def organisation_name(here: Here, code: str) -> str:
    """An organisation's name on the period's last day."""
    return here.places.organisations.name(code, here.period.end)
