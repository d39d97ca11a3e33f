"""Who belongs to whom: couples, the children they have, and twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, years_at
from wangdi.demo.settings import WorldSettings, load_model, random_stream

_GROWN = 22
"""From this age somebody has a household of their own."""
_ONE_AGE = 2 * 365
"""Days between the births of two who are made namesakes, at most: they then have one birthday."""
_YOUNG = 18
"""Twins under this age are planted: those are the ones institutions confuse."""


@dataclass(frozen=True, slots=True)
class Families:
    """Kinship. Grain: one element per person; the index of the other person, -1 for nobody.

    ``household``: the same number for who lives together.
    """

    partner: NDArray[np.int32]
    mother: NDArray[np.int32]
    father: NDArray[np.int32]
    twin: NDArray[np.int32]
    household: NDArray[np.int32]


def pair_twins(settings: WorldSettings, birth: Days, groups: tuple[int, int], last: int) -> NDArray[np.int32]:
    """Pairs of people to be made twins, as two columns: one pair at least.

    ``groups``: how many people were here at the beginning, and how many those and the ones born here since are: twins are
    both of one group.
    """
    young = np.flatnonzero(years_at(birth[: groups[1]], last) < _YOUNG).astype(np.int32)
    pairs = young[: len(young) // 2 * 2].reshape(-1, 2)
    pairs = pairs[(pairs[:, 0] < groups[0]) == (pairs[:, 1] < groups[0])]
    # Twins are two people: a share of people is the same share of pairs.
    chosen = random_stream(settings, "twins").random(len(pairs)) < load_model()["people"]["twins"]
    return np.asarray(pairs[chosen] if chosen.any() else pairs[:1])


def pair_namesakes(
    settings: WorldSettings, families: Families, alike: tuple[NDArray[Any], ...], birth: Days, moves: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Grown people to be made namesakes, as two columns: who moves away, and somebody of about the same age who stays.

    ``alike``: what both have in common already.
    """
    grown = np.flatnonzero((years_at(birth, int(birth.max())) >= _GROWN) & (families.twin < 0)).astype(np.int32)
    grown = grown[np.lexsort([birth[grown], *(column[grown] for column in alike)])]
    one, other = grown[:-1], grown[1:]
    same = (birth[other] - birth[one] < _ONE_AGE) & (moves[one] != moves[other])
    for column in alike:
        same &= column[one] == column[other]
    # Nobody is in two pairs: of two that follow each other the second is left out.
    same[1:] &= ~same[:-1]
    pairs = np.stack([np.where(moves[one], one, other), np.where(moves[one], other, one)], axis=1)[same]
    wanted = max(1, round(load_model()["people"]["namesakes"] * settings.people))
    return np.asarray(pairs[random_stream(settings, "namesakes").permutation(len(pairs))[:wanted]])


def make_families(
    settings: WorldSettings, birth: Days, male: NDArray[np.bool_], village: NDArray[np.int32], twins: NDArray[np.int32]
) -> Families:
    """Couples of one village and about one age; each child has a mother of its village where one is of the right age."""
    rng = random_stream(settings, "families")
    model: Any = load_model()["people"]
    last_birth = int(birth.max())
    grown = years_at(birth, last_birth) >= _GROWN
    partner = _pair_couples(birth, male, village, (grown, model["couple_apart"]))
    mother = _choose_mothers(rng, birth, village, (np.flatnonzero(~grown), partner, male))
    twin = np.full(len(birth), -1, dtype=np.int32)
    twin[twins[:, 0]], twin[twins[:, 1]] = twins[:, 1], twins[:, 0]
    mother[twins[:, 1]] = mother[twins[:, 0]]
    father = np.where(mother >= 0, partner[mother], -1).astype(np.int32)
    index = np.arange(len(birth), dtype=np.int32)
    home = np.where(mother >= 0, mother, index)
    household = np.where(partner[home] >= 0, np.minimum(home, partner[home]), home).astype(np.int32)
    return Families(partner, mother, father, twin, household)


def _pair_couples(
    birth: Days, male: NDArray[np.bool_], village: NDArray[np.int32], model: tuple[NDArray[np.bool_], int]
) -> NDArray[np.int32]:
    """The n-th woman of each village with its n-th man, by age, where they are not too many years apart."""
    grown, years = model
    partner = np.full(len(birth), -1, dtype=np.int32)
    ranked = {}
    for sex in (False, True):
        people = np.flatnonzero(grown & (male == sex))
        people = people[np.lexsort((people, birth[people], village[people]))]
        starts = np.concatenate([[True], village[people[1:]] != village[people[:-1]]])
        place = np.arange(len(people))
        rank = place - np.maximum.accumulate(np.where(starts, place, 0))
        ranked[sex] = people, village[people].astype(np.int64) * len(birth) + rank
    (women, keys), (men, other) = ranked[False], ranked[True]
    _, at, to = np.intersect1d(keys, other, assume_unique=True, return_indices=True)
    wife, husband = women[at], men[to]
    near = np.abs(birth[wife] - birth[husband]) <= years * 365
    partner[wife[near]], partner[husband[near]] = husband[near], wife[near]
    return partner


def _choose_mothers(
    rng: np.random.Generator,
    birth: Days,
    village: NDArray[np.int32],
    people: tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.bool_]],
) -> NDArray[np.int32]:
    """A married woman of the village, of the ages at which the model lets children be born."""
    children, partner, male = people
    youngest, oldest = load_model()["people"]["mothers"]
    wives = np.flatnonzero((partner >= 0) & ~male)
    span = 1 << 20  # days: more than there are between two people
    keys = village[wives].astype(np.int64) * span + birth[wives] + span // 2
    order = np.argsort(keys, kind="stable")
    wives, keys = wives[order], keys[order]
    base = village[children].astype(np.int64) * span + birth[children] + span // 2
    low = np.searchsorted(keys, base - oldest * 365)
    high = np.searchsorted(keys, base - youngest * 365)
    pick = low + (rng.random(len(children)) * (high - low)).astype(np.int64)
    mother = np.full(len(birth), -1, dtype=np.int32)
    there = high > low
    mother[children[there]] = wives[pick[there]]
    return mother
