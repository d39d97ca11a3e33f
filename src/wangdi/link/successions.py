"""Identity numbers that were legitimately changed: the old and the new are one person's own."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

DIGITS = 17


def follow_successions(changed: Mapping[int, int]) -> dict[int, int]:
    """Each number that was given up -> the number its holder has in the end, over however many changes.

    Errors: ValueError where numbers follow each other in a circle.
    """
    last: dict[int, int] = {}
    for start in changed:
        path, number = [start], changed[start]
        while number in changed and number not in last:
            if number in path:
                raise ValueError("numbers that follow each other in a circle")
            path.append(number)
            number = changed[number]
        number = last.get(number, number)
        last.update(dict.fromkeys(path, number))
    return last


def person_of_number(salt: str, digits: int | str) -> int:
    """The person an identity number makes by itself, by its first 17 digits: as :func:`wangdi.link.people.plan_own` has it.

    ``salt``: the city's secret, so that nobody reads the number out of the person.
    """
    text = f"{salt}|person|{int(digits)}"
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 1


@dataclass(frozen=True)
class NumberChanges:
    """Which numbers of a city are one person's, by the persons they make (:func:`person_of_number`).

    ``last``: each that was given up -> the last of its holder. ``carried``: the keys under which registrations carry any of
    them (:func:`wangdi.link.normalise.number_key`) -> the person the number makes.
    """

    salt: str = ""
    last: Mapping[int, int] = field(default_factory=dict)
    carried: Mapping[int, int] = field(default_factory=dict)

    def keys(self) -> dict[int, int]:
        """Keys of carried numbers -> the one key that stands for all numbers of their holder."""
        return {key: self._stand_ins[self.last.get(person, person)] for key, person in self.carried.items()}

    def follow(self, key: int) -> int:
        """The key that stands for all numbers of a number's holder; the key itself where nobody changed it."""
        if not self.last:
            return key
        person = person_of_number(self.salt, key // 11)
        return self._stand_ins.get(self.last.get(person, person), key)

    @cached_property
    def _stand_ins(self) -> dict[int, int]:
        """By the last number's person. Rule: its own key where somebody carries it, else the smallest of those given up."""
        found: dict[int, list[int]] = defaultdict(list)
        for key, person in self.carried.items():
            found[self.last.get(person, person)].append(key)
        return {last: min((self.carried[key] != last, key) for key in keys)[1] for last, keys in found.items()}


def numbers_around(numbers: Iterable[int], *orders: Mapping[int, int]) -> set[int]:
    """Some numbers and the last ones of their holders, in each of several states of the successions."""
    listed = set(numbers)
    return listed.union(*({last.get(number, number) for number in listed} for last in orders))
