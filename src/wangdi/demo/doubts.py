"""Pairs that nobody can settle from what is written down: twins, newborns, and movers of whom there are two of one name.

They are what a review queue is for. Some are one person and some are two; truth tells which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER
from wangdi.demo.population import Population
from wangdi.demo.registrations import MOVED, OWN
from wangdi.demo.settings import load_model, random_stream
from wangdi.demo.spellings import Spellings
from wangdi.demo.tables import ColumnFile
from wangdi.demo.written_names import name_newborn

_OF = 10_000
"""People for whom the model says how many pairs there are."""

Ends = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Two registrations of each pair."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Grain: one element per pair. ``one`` is the registration without a number; ``other`` the one it may belong with."""

    kind: NDArray[np.object_]
    one: NDArray[np.intp]
    other: NDArray[np.intp]


def plant_doubts(spellings: Spellings) -> Doubts:
    """Write down of some what leaves in doubt who they are; answers the pairs.

    Rule: ``twins`` have shown no number anywhere; ``newborn`` twins are called after their mother where they were born;
    ``moved`` people showed no number where they moved to and have another telephone since, and where they came from there is
    somebody else of their name and birthday.
    """
    kinds: dict[str, Callable[[Spellings], Ends]] = {
        "twins": _hide_twins,
        "newborn": _name_after_mother,
        "moved": _move_without_papers,
    }
    found = {kind: plant(spellings) for kind, plant in kinds.items()}
    return Doubts(
        np.concatenate([np.full(len(one), kind, dtype=object) for kind, (one, _) in found.items()]),
        np.concatenate([one for one, _ in found.values()]),
        np.concatenate([other for _, other in found.values()]),
    )


def write_doubts(folder: Path, spellings: Spellings, doubts: Doubts) -> None:
    """``truth/doubts.csv``: the pairs whose number is still missing, and whether they are one person."""
    kept = np.flatnonzero(spellings.has(doubts.one, "id_missing"))
    one, other = doubts.one[kept], doubts.other[kept]
    person = spellings.world.registrations.person
    with ColumnFile(folder / "truth" / "doubts.csv", ("kind", "one", "other", "same")) as file:
        file.add([doubts.kind[kept], one, other, person[one] == person[other]])


def _pick(spellings: Spellings, kind: str, count: int) -> NDArray[np.intp]:
    """Places of as many of ``count`` as the model has of a kind, in order; one at least where there is one."""
    settings = spellings.world.settings
    wanted = max(1, round(load_model()["doubt"][kind] * settings.people / _OF))
    order = random_stream(settings, f"doubts {kind}").permutation(count)
    return np.sort(order[:wanted])


def _homes(spellings: Spellings) -> NDArray[np.int64]:
    """Everybody's first registration where they live; -1 for who has none."""
    registrations = spellings.world.registrations
    home = np.full(spellings.world.population.size, -1, dtype=np.int64)
    own = np.flatnonzero(registrations.why == OWN)
    home[registrations.person[own]] = own
    return home


def _hide_twins(spellings: Spellings) -> Ends:
    home, twin = _homes(spellings), spellings.world.population.families.twin
    male = spellings.world.population.male
    first = np.flatnonzero((twin > np.arange(len(twin))) & (home >= 0))
    first = first[(home[twin[first]] >= 0) & (male[first] == male[twin[first]])]
    first = first[_pick(spellings, "twins", len(first))]
    both = np.concatenate([first, twin[first]])
    _forget_number(spellings, np.flatnonzero(np.isin(spellings.world.registrations.person, both)))
    return home[first], home[twin[first]]


def _name_after_mother(spellings: Spellings) -> Ends:
    world, home = spellings.world, _homes(spellings)
    people, registrations = world.population, world.registrations
    twin, mother = people.families.twin, people.families.mother
    at_birth = registrations.opened - people.birth[registrations.person] < load_model()["spelling"]["newborn_days"]
    born = at_birth & np.isin(registrations.sender, people.places.hospitals)
    able = (twin >= 0) & (mother >= 0) & (home >= 0) & (home[twin] >= 0) & ~people.of_minority(mother)
    seen = np.flatnonzero(born & able[registrations.person])
    seen = seen[_pick(spellings, "newborn", len(seen))]
    _forget_number(spellings, seen)
    for one in seen.tolist():
        person = registrations.person[one]
        (called,) = people.names(mother[[person]]).tolist()
        spellings.renamed[one] = name_newborn(called, male=bool(people.male[person]))
    spellings.mark(seen, "name_newborn")
    person = registrations.person[seen]
    return np.concatenate([seen, seen]), np.concatenate([home[person], home[twin[person]]])


def _move_without_papers(spellings: Spellings) -> Ends:
    """Known only where they lived and where they moved to, while somebody of their name and birthday stayed."""
    world, home = spellings.world, _homes(spellings)
    people, registrations = world.population, world.registrations
    mover, namesake = _find_namesakes(people)
    at = np.full(people.size, -1, dtype=np.int64)
    there = np.flatnonzero(registrations.why == MOVED)
    at[registrations.person[there]] = there
    known = np.bincount(registrations.person, minlength=people.size)
    # Whatever else was known of either would settle it.
    able = (at[mover] >= 0) & (known[mover] == 2) & (known[namesake] == 1)
    able &= (home[mover] >= 0) & (home[namesake] >= 0) & (people.phones[mover] > 0) & (people.phones[namesake] > 0)
    mover, namesake = mover[able], namesake[able]
    chosen = _pick(spellings, "moved", len(mover))
    mover, namesake = mover[chosen], namesake[chosen]
    for sound in (home[mover], home[namesake]):
        spellings.clean(sound)
    moved = at[mover]
    _forget_number(spellings, moved)
    spellings.change_phone(moved, random_stream(world.settings, "doubts phones"))
    return np.concatenate([moved, moved]), np.concatenate([home[mover], home[namesake]])


def _find_namesakes(people: Population) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Who moved, and somebody of one sex, name and birthday who did not."""
    order = np.lexsort((people.birth, people.male, people.given, people.surname))
    keys = np.stack([column[order] for column in (people.surname, people.given, people.male, people.birth)])
    same = np.flatnonzero((keys[:, 1:] == keys[:, :-1]).all(axis=0))
    one, other = order[same], order[same + 1]
    moves = people.moved_on < NEVER
    one, other = np.where(moves[one], one, other), np.where(moves[one], other, one)
    kept = moves[one] & ~moves[other]
    return one[kept], other[kept]


def _forget_number(spellings: Spellings, registration: NDArray[np.intp]) -> None:
    """Write down what is so, but no number."""
    spellings.clean(registration)
    spellings.drop_number(registration)
