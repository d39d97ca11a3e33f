"""Two cases everybody can look up: one resident under three spellings at four institutions, and two brothers with one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, year_month_day
from wangdi.demo.forms import World
from wangdi.demo.hospital import HospitalVisits, add_visits
from wangdi.demo.places import Places
from wangdi.demo.population import Population
from wangdi.demo.registrations import OWN, SECOND
from wangdi.demo.settings import WorldSettings, load_model
from wangdi.demo.spellings import Spellings
from wangdi.demo.texts import Writing, local_id_text, person_texts
from wangdi.demo.written_names import write_homophone, write_traditional

_GROWN = 35
_APART = 10 * 365
"""Days between the brothers' births, at most."""
_COLD = 0
"""The reason of their visits, by its place in the model."""


@dataclass(frozen=True, slots=True)
class Showcase:
    """Who they are. ``resident`` goes to both ``hospitals``; the ``brother`` to the first, with the ``owner``'s number.

    Missing: -1 where a small county has nobody who would do.
    """

    resident: int
    owner: int
    brother: int
    hospitals: tuple[int, int]


def choose_showcase(world: World, visits: HospitalVisits) -> Showcase:
    """The first who will do: grown, living here all the time, in care for high blood pressure if there is such a one."""
    people, registrations = world.population, world.registrations
    places = people.places
    stays = (people.entered == people.first_day) & (people.died_on == NEVER) & (people.moved_on == NEVER)
    stays &= people.resident & (people.phones > 0) & (people.ages(people.last_day) >= _GROWN)
    kept = np.bincount(registrations.person[registrations.why == OWN], minlength=people.size) > 0
    patient = np.zeros(people.size, dtype=bool)
    patient[world.care["hypertension"].person] = True
    usable = stays & kept
    twice = registrations.person[registrations.why == SECOND]
    _, month, day = year_month_day(people.birth[twice])
    twice = twice[usable[twice] & ((month > 1) | (day > 1))]  # a birthday on 1 January looks made up
    names = people.names(twice).tolist()
    spelt = [
        len(name) == 3 and write_homophone(name, 0) != name and write_traditional(name, 0) != name for name in names
    ]
    twice = twice[np.array(spelt, dtype=bool)]
    order = np.argsort(~patient[twice], kind="stable")
    quiet = usable & ~_seen(people, visits) & ~patient & (people.ages(people.last_day) < load_model()["elderly"]["age"])
    owner, brother = _choose_brothers(people, quiet)
    hospitals = places.hospitals[0], places.hospitals[min(len(places.counties), len(places.hospitals) - 1)]
    return Showcase(int(twice[order[0]]) if len(twice) else -1, owner, brother, hospitals)


def send_to_hospital(
    settings: WorldSettings, places: Places, visits: HospitalVisits, showcase: Showcase
) -> HospitalVisits:
    """The visits that the two cases need, in the first and the second half of the year."""
    first, second = showcase.hospitals
    last = int(visits.day.max())
    planned = [(showcase.resident, first, last - 260), (showcase.resident, second, last - 100)]
    planned += [(showcase.brother, first, last - 220), (showcase.brother, first, last - 60)]
    planned = [visit for visit in planned if visit[0] >= 0]
    columns = np.array(planned, dtype=np.int32).reshape(-1, 3)
    return add_visits(settings, places, visits, ((columns[:, 0], columns[:, 1], columns[:, 2]), _COLD))


def dress(spellings: Spellings, showcase: Showcase) -> None:
    """Write down of them what the two cases need, and nothing else that is wrong."""
    world = spellings.world
    people, registrations = world.population, world.registrations
    for person in (showcase.resident, showcase.owner, showcase.brother):
        spellings.clean(np.flatnonzero(registrations.person == person))
    first, second = showcase.hospitals
    if showcase.resident >= 0:
        (twice,) = np.flatnonzero((registrations.person == showcase.resident) & (registrations.why == SECOND)).tolist()
        spellings.rename(twice, "name_homophone", 0)
        seen = _registered(world, showcase.resident, second)
        spellings.rename(int(seen[0]), "name_traditional", 0)
        spellings.drop_number(seen)
    if showcase.brother >= 0:
        seen = _registered(world, showcase.brother, first)
        spellings.borrow(seen, np.array([showcase.owner]), "id_family")
        spellings.birth[seen] = people.birth[showcase.owner]
        spellings.phones[seen] = people.phones[showcase.owner]
        spellings.mark(seen, "birth_of_number")
        spellings.mark(seen, "phone_shared")


def tell_showcase(writing: Writing, showcase: Showcase) -> dict[str, Any]:
    """Both cases for ``truth/story.json``; null where there is none."""
    registrations = writing.world.registrations
    one = showcase.resident
    mine = np.flatnonzero(registrations.person == one)
    case = {"person": one, "registrations": [_tell(writing, at) for at in mine.tolist()]} if one >= 0 else None
    if showcase.brother < 0:
        return {"one_resident": case, "wrong_merge": None}
    (borrowed,) = _registered(writing.world, showcase.brother, showcase.hospitals[0]).tolist()
    both = np.flatnonzero(np.isin(registrations.person, (showcase.owner, showcase.brother))).tolist()
    wrong = {
        "person": showcase.brother,
        "taken_for": showcase.owner,
        "registration": borrowed,
        "registrations": [_tell(writing, at) for at in both],
    }
    return {"one_resident": case, "wrong_merge": wrong}


def _tell(writing: Writing, at: int) -> dict[str, Any]:
    registrations, organisations = writing.world.registrations, writing.world.population.places.organisations
    sender, index = int(registrations.sender[at]), np.array([at])
    style = organisations[sender].style
    local_id = local_id_text(writing, style, int(registrations.village[at]), int(registrations.serial[at]))
    return {
        "registration": at,
        "person": int(registrations.person[at]),
        "sender": organisations[sender].code,
        "institution": organisations[sender].name,
        "local_id": local_id,
        **{name: np.asarray(person_texts(writing, name, index)).tolist()[0] for name in ("name", "id_no")},
        "defects": str(writing.spellings.told_defects(index, {})[0]),
    }


def _choose_brothers(people: Population, quiet: NDArray[np.bool_]) -> tuple[int, int]:
    """Two men of one surname and the same first character of the given name, of one village if there are such.

    ``quiet``: who has nothing to do with a clinic, so that nobody but the brother has the owner's record used.
    """
    men = np.flatnonzero(quiet & people.male & (people.families.twin < 0) & (people.given % 420 >= 20))
    men = men[~people.of_minority(men.astype(np.int32))]
    found: list[tuple[bool, int, int]] = []
    groups: dict[tuple[int, int], list[int]] = {}
    for man in men.tolist():
        groups.setdefault((int(people.surname[man]), int(people.given[man]) // 20), []).append(man)
    for group in groups.values():
        # Of a great city's thousands the first few will do.
        for place, one in enumerate(group[:40]):
            for other in group[place + 1 : 40]:
                near = abs(int(people.birth[one]) - int(people.birth[other])) <= _APART
                if near and people.given[one] != people.given[other]:
                    found.append((bool(people.village[one] != people.village[other]), one, other))
    if not found:
        return -1, -1
    _, owner, brother = min(found)
    return owner, brother


def _seen(people: Population, visits: HospitalVisits) -> NDArray[np.bool_]:
    seen = np.zeros(people.size, dtype=bool)
    seen[visits.person] = True
    return seen


def _registered(world: World, person: int, sender: int) -> NDArray[np.intp]:
    return np.flatnonzero((world.registrations.person == person) & (world.registrations.sender == sender))
