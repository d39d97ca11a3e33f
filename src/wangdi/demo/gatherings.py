"""Where people are together: kindergartens, schools and nursing homes, made up by township."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, Texts, day_number, year_month_day, years_at
from wangdi.demo.places import Places
from wangdi.demo.population import Population
from wangdi.demo.settings import load_epidemics

KINDS = ("kindergarten", "primary", "middle", "high", "nursing")
SCHOOLS = ("primary", "middle", "high")
_LETTERS = {"kindergarten": "K", "primary": "S", "middle": "M", "high": "G", "nursing": "Y"}
_AUTUMN = 9
"""The month in which a school year begins."""


@dataclass(frozen=True, slots=True)
class Gatherings:
    """Institutions whose people are together every day.

    Grain: one element per institution; those of one kind and township stand together, ``first`` and ``count`` say where, by
    kind and township.
    """

    code: Texts
    name: Texts
    kind: NDArray[np.int8]
    township: NDArray[np.int32]
    village: NDArray[np.int32]
    first: NDArray[np.int32]
    count: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True)
class Groups:
    """People grouped by where they are. ``order``: people, group after group; ``start``: where each group begins."""

    order: NDArray[np.int32]
    start: NDArray[np.int64]

    def members(self, group: int) -> NDArray[np.int32]:
        return self.order[self.start[group] : self.start[group + 1]]

    def pick(self, group: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int32]:
        """Somebody of each group; -1 for an empty one and for group -1."""
        known = np.maximum(group, 0)
        size = np.where(group >= 0, self.start[known + 1] - self.start[known], 0)
        at = self.start[known] + (rng.random(len(group)) * size).astype(np.int64)
        return np.where(size > 0, self.order[np.where(size > 0, at, 0)], -1).astype(np.int32)


def group_people(group: NDArray[Any], size: int) -> Groups:
    """Everybody by the group they are in; -1 is in none."""
    inside = np.flatnonzero(group >= 0)
    order = inside[np.argsort(group[inside], kind="stable")].astype(np.int32)
    start = np.concatenate([[0], np.cumsum(np.bincount(group[inside], minlength=size))])
    return Groups(order, start.astype(np.int64))


def make_gatherings(population: Population) -> Gatherings:
    """The institutions of every township: one of each kind at least, more where there are more people of that age."""
    places, model = population.places, load_epidemics()["institutions"]
    towns = len(places.townships)
    ages = population.ages(population.last_day)
    here = population.here(population.last_day)
    township = places.village_township[population.village_on(population.last_day)]
    count = np.zeros((len(KINDS), towns), dtype=np.int32)
    for number, name in enumerate(KINDS):
        low, high = model[name]["ages"]
        people = np.bincount(township[here & (ages >= low) & (ages <= high)], minlength=towns)
        count[number] = np.maximum(1, np.round(people / model[name]["people"]))
    which = np.repeat(np.arange(count.size), count.ravel())
    kind, town = (which // towns).astype(np.int8), (which % towns).astype(np.int32)
    first = np.concatenate([[0], np.cumsum(count.ravel())])[:-1].reshape(count.shape).astype(np.int32)
    serial = np.arange(len(which)) - first[kind, town]
    return Gatherings(
        code=_codes(places, kind, town, serial),
        name=_names(places, kind, town, serial),
        kind=kind,
        township=town,
        village=_villages(places, town, serial),
        first=first,
        count=count,
    )


class Attendance:
    """Who goes to which institution, or lives in it, school year by school year; each is worked out once."""

    def __init__(self, population: Population, gatherings: Gatherings) -> None:
        self.population, self.gatherings = population, gatherings
        self._there: dict[int, NDArray[np.int32]] = {}
        self._groups: dict[int, Groups] = {}

    def there(self, year: int) -> NDArray[np.int32]:
        """Everybody's institution in the school year that begins in ``year``; -1 for who has none."""
        if year not in self._there:
            self._there[year] = _where_they_are(self.population, self.gatherings, year)
        return self._there[year]

    def groups(self, year: int) -> Groups:
        """The people of every institution in that school year."""
        if year not in self._groups:
            self._groups[year] = group_people(self.there(year), self.gatherings.size)
        return self._groups[year]

    def at(self, person: NDArray[np.int32], days: Days) -> NDArray[np.int32]:
        """The institution of each of these people on a day of each."""
        found = np.full(len(person), -1, dtype=np.int32)
        for year, mine in self.by_year(days):
            found[mine] = self.there(year)[person[mine]]
        return found

    def mates(self, person: NDArray[np.int32], days: Days, rng: np.random.Generator) -> NDArray[np.int32]:
        """Somebody of the same institution for each; -1 for who has none."""
        found = np.full(len(person), -1, dtype=np.int32)
        for year, mine in self.by_year(days):
            found[mine] = self.groups(year).pick(self.there(year)[person[mine]], rng)
        return found

    @staticmethod
    def by_year(days: Days) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """The school years of these days, and which days lie in each."""
        years = school_years(days)
        for year in np.unique(years).tolist():
            yield year, np.flatnonzero(years == year)


def school_years(days: Days) -> NDArray[np.int32]:
    """The year in which each day's school year began."""
    year, month, _ = year_month_day(days)
    return np.asarray(year - (month < _AUTUMN), dtype=np.int32)


def _where_they_are(population: Population, gatherings: Gatherings, year: int) -> NDArray[np.int32]:
    places, model, autumn = population.places, load_epidemics()["institutions"], day_number(year, _AUTUMN)
    ages = years_at(population.birth, autumn)
    township = places.village_township[population.village_on(autumn)]
    person = np.arange(population.size, dtype=np.uint64)
    # Fixed numbers of each person, so that nobody changes school from one year to the next.
    lot = (person * np.uint64(2_654_435_761) >> np.uint64(7)) % np.uint64(1 << 20)
    comes = (person * np.uint64(40_503) >> np.uint64(3)) % np.uint64(1000)
    found = np.full(population.size, -1, dtype=np.int32)
    for number, kind in enumerate(KINDS):
        (low, high), share = model[kind]["ages"], model[kind]["share"]
        inside = np.flatnonzero((ages >= low) & (ages <= high) & (comes < share * 1000) & population.resident)
        town = township[inside]
        found[inside] = gatherings.first[number, town] + lot[inside] % gatherings.count[number, town].astype(np.uint64)
    return found


def in_term(days: NDArray[Any], year: int) -> NDArray[np.bool_]:
    """Which of these days of one year lie in a school term."""
    inside = np.zeros(len(days), dtype=bool)
    for month, day, last_month, last_day in load_epidemics()["institutions"]["term"]:
        inside |= (days >= day_number(year, month, day)) & (days <= day_number(year, last_month, last_day))
    return inside


def _codes(places: Places, kind: NDArray[Any], town: NDArray[Any], serial: NDArray[Any]) -> Texts:
    letters = [_LETTERS[name] for name in KINDS]
    parts = zip(kind.tolist(), town.tolist(), serial.tolist(), strict=True)
    return np.array([f"{letters[k]}{places.townships[t][:9]}{n + 1:03}" for k, t, n in parts], dtype=object)


def _names(places: Places, kind: NDArray[Any], town: NDArray[Any], serial: NDArray[Any]) -> Texts:
    model, names = load_epidemics()["institutions"], {region.code: region.name for region in places.regions}
    words = model["names"]
    texts = []
    for k, t, n in zip(kind.tolist(), town.tolist(), serial.tolist(), strict=True):
        again = f"{n // len(words) + 1}部" if n >= len(words) else ""
        texts.append(names[places.townships[t]] + words[n % len(words)] + model[KINDS[k]]["words"] + again)
    return np.array(texts, dtype=object)


def _villages(places: Places, town: NDArray[Any], serial: NDArray[Any]) -> NDArray[np.int32]:
    """The first stands in the township's own seat, the next in the villages that follow."""
    size = np.bincount(places.village_township, minlength=len(places.townships))
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    return np.asarray(first[town] + serial % size[town], dtype=np.int32)
