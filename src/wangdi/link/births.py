"""Births of more than one child, seen from what their households registered.

A newborn's record under the mother's name fits each of her twins alike. So whoever is known to have been born with another
child has no such record joined to him by likeness: it goes to review.
"""

from __future__ import annotations

import numpy as np

from wangdi.link.blocking import Block, Keyed, Keys, find_candidates
from wangdi.link.comparing import compare_pairs
from wangdi.link.kin import are_called_otherwise, are_of_one_birth, have_one_birthday
from wangdi.link.names import NAMED, fold_columns
from wangdi.link.normalise import MANY
from wangdi.link.records import FAMILY, GUARDIAN, Records


def _phone_and_birth(keyed: Keyed) -> Keys:
    rows = np.flatnonzero((keyed.records.phone > 0) & (keyed.records.phone_use <= MANY))
    return _with_birth(keyed, rows, keyed.records.phone)


def _home_and_birth(keyed: Keyed) -> Keys:
    return _with_birth(keyed, np.flatnonzero(keyed.records.place > 0), keyed.records.place)


def _guardian_and_birth(keyed: Keyed) -> Keys:
    kind = keyed.records.id_kind
    return _with_birth(keyed, np.flatnonzero((kind == GUARDIAN) | (kind == FAMILY)), keyed.records.id_key)


def _with_birth(keyed: Keyed, rows: np.ndarray, household: np.ndarray) -> Keys:
    dated, day = keyed.births(rows)
    return dated, fold_columns(household[dated], day // 10000)


HOUSEHOLD: tuple[Block, ...] = (
    Block("phone and birth", _phone_and_birth, 60),
    Block("home and birth", _home_and_birth, 60),
    Block("guardian and birth", _guardian_and_birth, 60),
)


def find_twinned(records: Records, person: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which people were born with another child, as far as the household's registrations say.

    ``person``: of each record, as far as it is sure. ``asked``: the people to look at, by number.
    Rule: one phone, home or guardian's number, one birthday, and names that really differ or two proved numbers. They are looked
    for by the year, so that a date that is a default is found too.
    Grain: one truth a person number; whoever is not asked about is False unless he is the other child.
    """
    wanted = np.zeros(int(person.max(initial=0)) + 1, dtype=bool)
    wanted[asked] = True
    rows = np.flatnonzero(wanted[person])
    found = find_candidates(records.take(rows), records, HOUSEHOLD)
    left, right = rows[found.left], found.right
    others = person[left] != person[right]
    left, right = left[others], right[others]
    levels = compare_pairs(records, left, records, right)
    proved = (records.own[left] >= 0) & (records.own[right] >= 0)
    twins = are_of_one_birth(levels) & (are_called_otherwise(levels) | proved)
    twinned = np.zeros(len(wanted), dtype=bool)
    twinned[person[left[twins]]] = True
    twinned[person[right[twins]]] = True
    return twinned


def find_claimed_twice(records: Records, person: np.ndarray, seeker: np.ndarray, claimant: np.ndarray) -> np.ndarray:
    """Which people are claimed by two others of one birthday who cannot be one: called otherwise, or each with a proved number.

    ``seeker`` and ``claimant``: rows of the records of each claim. Grain: one truth a person number.
    """
    loose = records.own[seeker] < 0
    seeker, claimant = seeker[loose], claimant[loose]
    # Whoever has a number comes first, then whoever has a name: the others are held against him, and each against the next.
    named = records.names.kind[records.name[claimant]] == NAMED
    order = np.lexsort((claimant, ~named, records.own[claimant] < 0, person[seeker]))
    claimed, claimant = person[seeker[order]], claimant[order]
    start = np.flatnonzero(np.concatenate([[True], claimed[1:] != claimed[:-1]]))
    first = np.repeat(start, np.diff(np.append(start, len(claimed))))
    before = np.maximum(np.arange(len(claimed)) - 1, first)
    twice = np.zeros(int(person.max(initial=0)) + 1, dtype=bool)
    for place in (first, before):
        others = np.flatnonzero(person[claimant[place]] != person[claimant])
        one, other = claimant[place[others]], claimant[others]
        proved = (records.own[one] >= 0) & (records.own[other] >= 0)
        levels = compare_pairs(records, one, records, other)
        twins = have_one_birthday(levels) & (proved | are_called_otherwise(levels))
        twice[claimed[others[twins]]] = True
    return twice
