"""Who is who, in memory: a page looks up fifty people of a county many times a second, and a file would be read whole each time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from wangdi.app.derivation import Confined, Derived
from wangdi.store.facts import Range
from wangdi.store.workspace import Workspace

KEPT_ROLLS = 2
"""Each takes about 45 bytes a resident."""
_EPOCH, _UNBORN = date(1970, 1, 1), -(1 << 31)
_NOWHERE = -1
MOST_STRETCHES = 24
_APART = 1 << 52
"""What lies between two stretches: an eighth of the numbers of one sender."""


@dataclass(frozen=True, slots=True)
class Home:
    """What a person's page says first. Missing: an empty text, no date."""

    sex: str = ""
    birth_date: date | None = None
    division: str = ""


@dataclass(frozen=True, slots=True)
class Roll:
    """The links and people of one knowledge number. Grain: ``linked`` and ``registrations`` one place a registration, in the
    order of person numbers; ``ordered``: their places in the order of registrations;
    ``persons``, ``sexes``, ``births`` (days since 1970) and ``divisions`` (places in ``names``) one a
    person.
    """

    linked: np.ndarray
    registrations: np.ndarray
    ordered: np.ndarray
    persons: np.ndarray
    sexes: np.ndarray
    births: np.ndarray
    divisions: np.ndarray
    names: tuple[str, ...]

    def registrations_of(self, people: Iterable[int]) -> list[tuple[int, int]]:
        """Registration and person of everyone of these. Missing: numbers nobody has."""
        wanted = np.unique(np.fromiter(people, dtype=np.int64))
        first, last = (np.searchsorted(self.linked, wanted, side) for side in ("left", "right"))
        return [
            (int(self.registrations[place]), int(person))
            for person, begin, end in zip(wanted, first, last, strict=True)
            for place in range(begin, end)
        ]

    def people_of(self, registrations: Iterable[int]) -> dict[int, int]:
        """Whose each of these registrations is. Missing: registrations nobody knows."""
        wanted = np.unique(np.fromiter(registrations, dtype=np.int64))
        first = np.searchsorted(self.registrations, wanted, sorter=self.ordered)
        places = self.ordered[np.minimum(first, len(self.ordered) - 1)] if len(self.ordered) else first[:0]
        there = self.registrations[places] == wanted[: len(places)]
        return dict(zip(wanted[: len(places)][there].tolist(), self.linked[places][there].tolist(), strict=True))

    def homes_of(self, people: Iterable[int]) -> dict[int, Home]:
        """By person. Missing: numbers nobody has."""
        wanted = np.unique(np.fromiter(people, dtype=np.int64))
        places = np.searchsorted(self.persons, wanted)
        return {
            int(person): self._home(int(place))
            for person, place in zip(wanted, places, strict=True)
            if place < len(self.persons) and self.persons[place] == person
        }

    def _home(self, place: int) -> Home:
        days, division = int(self.births[place]), int(self.divisions[place])
        return Home(
            sex=str(self.sexes[place]),
            birth_date=None if days == _UNBORN else _EPOCH + timedelta(days=days),
            division="" if division == _NOWHERE else self.names[division],
        )


_rolls: OrderedDict[tuple[Path, Path | None], Roll] = OrderedDict()
_lock = threading.Lock()


def read_roll(derived: Derived) -> Roll:
    """The roll at a question's number; the last few are kept."""
    key = derived.layers.base, derived.layers.change
    with _lock:
        roll = _rolls.get(key)
        if roll is None:
            roll = _rolls[key] = _load(derived)
            while len(_rolls) > KEPT_ROLLS:
                _rolls.popitem(last=False)
        _rolls.move_to_end(key)
    return roll


def put_registrations(derived: Derived, table: str, people: Iterable[int]) -> Confined:
    """The registrations of these people as a table of the workspace (registration_id, person_id), and where they are."""
    columns = {"registration_id": "BIGINT", "person_id": "BIGINT"}
    rows = read_roll(derived).registrations_of(people)
    derived.standing.workspace.create_table(table, columns, rows)
    return Confined(table, find_stretches(sorted(number for number, _ in rows)))


def find_stretches(numbers: Sequence[int]) -> tuple[Range, ...]:
    """The stretches these numbers are in: one institution's stand together. None where they are too many to be asked for."""
    if not numbers:
        return ()
    breaks = [place for place, (one, other) in enumerate(pairwise(numbers), 1) if other - one > _APART]
    if len(breaks) >= MOST_STRETCHES:
        return ()
    return tuple((numbers[first], numbers[end - 1]) for first, end in pairwise([0, *breaks, len(numbers)]))


def _load(derived: Derived) -> Roll:
    workspace: Workspace = derived.standing.workspace
    names = tuple(
        str(name)
        for (name,) in workspace.rows(
            f"SELECT DISTINCT division FROM {derived.people} WHERE division IS NOT NULL ORDER BY 1"
        )
    )
    workspace.create_table(
        "division_place", {"division": "VARCHAR", "place": "INTEGER"}, zip(names, range(len(names)), strict=True)
    )
    links = workspace.arrays(
        f"SELECT person_id, registration_id FROM {derived.links} ORDER BY person_id, registration_id"
    )
    people = workspace.arrays(
        "SELECT p.person_id, coalesce(p.sex, '') AS sex,"
        f" coalesce(date_diff('day', DATE '{_EPOCH}', p.birth_date), {_UNBORN})::INTEGER AS born,"
        f" coalesce(d.place, {_NOWHERE})::INTEGER AS place"
        f" FROM {derived.people} p LEFT JOIN division_place d USING (division) ORDER BY p.person_id"
    )
    workspace.drop_table("division_place")
    return Roll(
        linked=links["person_id"],
        registrations=links["registration_id"],
        ordered=np.argsort(links["registration_id"]).astype(np.int32),
        persons=people["person_id"],
        sexes=people["sex"].astype("U1"),
        births=people["born"],
        divisions=people["place"],
        names=names,
    )
