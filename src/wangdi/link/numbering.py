"""Numbers of people that survive: however often linking runs, and whatever comes to be known later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of registrations beside who they are. Grain: one place a registration.

    ``since``: when it became known; ``stored``: the person linking left it with, 0 before linking has seen it; ``given``: the
    person its identity number or it itself makes.
    """

    registration: np.ndarray
    since: np.ndarray
    stored: np.ndarray
    given: np.ndarray


def number_people(person: np.ndarray, known: Known) -> np.ndarray:
    """The number of each registration's person. ``person`` tells who is one.

    Rule: a person goes by the registration known first among theirs: by the number under which linking stored it, else by the
    one its identity number or it itself gives. Where two people would have one number, the one known first keeps it and the
    other takes that of its own first registration, or of the next that is free.
    """
    order = np.lexsort((known.registration, known.since))
    registration, stored, given = (column[order] for column in (known.registration, known.stored, known.given))
    counted = count_in_order(person[order])
    heads = np.flatnonzero(np.diff(np.maximum.accumulate(counted), prepend=0))
    wanted = np.where(stored[heads] != 0, stored[heads], given[heads])
    _, kept = np.unique(wanted, return_index=True)
    numbers = np.zeros(len(heads), dtype=np.int64)
    numbers[kept] = wanted[kept]
    without = np.flatnonzero(numbers == 0)
    if len(without):
        _number_rest(numbers, without, counted, registration)
    result = np.empty(len(person), dtype=np.int64)
    result[order] = numbers[counted - 1]
    return result


def count_in_order(groups: np.ndarray) -> np.ndarray:
    """Groups counted from 1 in the order in which their first members stand."""
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return rank[place]


def _number_rest(numbers: np.ndarray, without: np.ndarray, person: np.ndarray, registration: np.ndarray) -> None:
    taken = set(numbers.tolist())
    lacking = np.zeros(len(numbers) + 1, dtype=bool)
    lacking[without + 1] = True
    members: dict[int, list[int]] = {}
    for place in np.flatnonzero(lacking[person]).tolist():
        members.setdefault(int(person[place]) - 1, []).append(int(registration[place]))
    for one in without.tolist():
        free = next((number for number in members[one] if number not in taken), None)
        numbers[one] = _make_free(members[one][0], taken) if free is None else free
        taken.add(int(numbers[one]))


def _make_free(number: int, taken: set[int]) -> int:
    """The next number nobody has: only where each registration of a person once gave its number to somebody else."""
    while number in taken:
        number += 1
    return number
