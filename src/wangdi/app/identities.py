"""Who somebody is: names behind person numbers, and people behind names, identity numbers and places."""

from __future__ import annotations

from collections.abc import Sequence

from wangdi.app.derivation import Standing, derive
from wangdi.app.rolls import read_roll
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.link.people import parse_person, show_person


def find_names(standing: Standing, people: Sequence[str]) -> dict[str, str]:
    """The latest name any institution gave each of these people. Missing: nobody without a name is in the answer."""
    numbers = [number for one in people if (number := parse_person(one)) is not None]
    if not numbers:
        return {}
    registrations = dict(read_roll(derive(standing)).registrations_of(numbers))
    if not registrations:
        return {}
    facts = standing.city.facts_about(standing.workspace, list(registrations), [REGISTRATION_TABLE], standing.known)
    found: dict[str, str] = {}
    rows = standing.workspace.rows(
        f"SELECT registration_id, name FROM ({facts[REGISTRATION_TABLE.name]}) WHERE name IS NOT NULL ORDER BY seq"
    )
    for registration, name in rows:
        found[show_person(registrations[registration])] = name
    return found
