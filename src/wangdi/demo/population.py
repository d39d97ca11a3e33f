"""The synthetic residents: who they are, where they live, when they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, Days, Texts, day_number, year_month_day, years_at
from wangdi.demo.families import Families, make_families, pair_namesakes, pair_twins
from wangdi.demo.places import Places, make_places
from wangdi.demo.settings import WorldSettings, load_model, load_names, random_stream

_OWN_PHONE = 14
"""From this age somebody has a telephone of their own."""


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody who lived here at some time between ``first_day`` and ``last_day``.

    Grain: one element per person; the index is the person's true number. Units: days since 1970-01-01.
    """

    places: Places
    first_day: int
    last_day: int
    birth: Days
    male: NDArray[np.bool_]
    village: NDArray[np.int32]
    next_village: NDArray[np.int32]
    """Where a mover goes; -1 leaves the county."""
    moved_on: Days
    entered: Days
    """``first_day`` for who was already here."""
    died_on: Days
    hukou: NDArray[np.bool_]
    resident: NDArray[np.bool_]
    """Lives here half a year or more."""
    away_from: NDArray[np.int16]
    """Day of each year on which seasonal work away begins; -1 for nobody's."""
    away_days: NDArray[np.int16]
    id_numbers: NDArray[np.bytes_]
    phones: NDArray[np.int64]
    surname: NDArray[np.int16]
    given: NDArray[np.int32]
    families: Families

    @property
    def size(self) -> int:
        return len(self.birth)

    def ages(self, day: Days | int) -> NDArray[np.int32]:
        return years_at(self.birth, day)

    def here(self, day: int) -> NDArray[np.bool_]:
        """Who lives somewhere in the county on that day."""
        gone = (self.next_village < 0) & (self.moved_on <= day)
        return (self.entered <= day) & (self.died_on > day) & ~gone & self.resident

    def village_on(self, day: int) -> NDArray[np.int32]:
        return self.village_on_of(np.arange(self.size, dtype=np.int32), np.full(self.size, day, dtype=np.int32))

    def village_on_of(self, person: NDArray[np.int32], day: Days) -> NDArray[np.int32]:
        """The village each of these people lives in on that day (the old one for who left the county)."""
        moved = (self.moved_on[person] <= day) & (self.next_village[person] >= 0)
        return np.where(moved, self.next_village[person], self.village[person])

    def is_away(self, person: NDArray[np.int32], day: Days) -> NDArray[np.bool_]:
        """Whether each person is off working on that day."""
        years, _, _ = year_month_day(day)
        of_year = day - _new_years()[years - 1970]
        start = self.away_from[person]
        return (start >= 0) & (of_year >= start) & (of_year < start + self.away_days[person])

    def of_minority(self, person: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each person bears a name of several parts."""
        return np.asarray(self.given[person] >= _first_whole())

    def names(self, person: NDArray[np.int32]) -> Texts:
        surnames, given = _name_tables()
        return np.asarray(surnames[self.surname[person]] + given[self.given[person]], dtype=object)


def make_population(settings: WorldSettings, places: Places | None = None) -> Population:
    """The residents of these settings, as arrays. 2.5 million take some seconds."""
    places = places or make_places(settings)
    rng = random_stream(settings, "people")
    model = load_model()["people"]
    years = range(settings.year - settings.history_years, settings.year + 1)
    first, last = day_number(years[0]), day_number(settings.year, 12, 31)
    births = int(settings.people * model["births"] / 1000 * len(years))
    arrivals = int(settings.people * model["moves_in"] / 1000 * len(years))
    count = settings.people + births + arrivals
    birth = _draw_births(rng, model, count, first)
    entered = np.full(count, first, dtype=np.int32)
    born_here = slice(settings.people, settings.people + births)
    birth[born_here] = entered[born_here] = rng.integers(first, last - 20, births)
    entered[settings.people + births :] = rng.integers(first + 1, last - 20, arrivals)
    male = rng.random(count) < model["men_per_100_women"] / (100 + model["men_per_100_women"])
    village = rng.choice(len(places.villages), count, p=places.village_weight).astype(np.int32)
    twins = pair_twins(settings, birth, (settings.people, settings.people + births), last)
    _copy_first(twins, birth, entered, village)
    moved_on, next_village = _draw_moves(rng, model, places, entered, (len(years), last))
    next_village = np.where(next_village == village, (village + 1) % len(places.villages), next_village)
    _copy_first(twins, moved_on, next_village)
    ages = years_at(birth, last)
    hukou = rng.random(count) >= model["non_hukou"]
    long_away = hukou & (rng.random(count) < _step_value(model["long_away"], ages))
    seasonal = rng.random(count) < _step_value(model["seasonal"], ages)
    families = make_families(settings, birth, male, village, twins)
    surname, given = _share_names(settings, families, male, _draw_names(rng, birth, male))
    alike = (places.village_township[village], male, surname)
    moves = (next_village >= 0) & (places.village_township[next_village] != places.village_township[village])
    namesakes = pair_namesakes(settings, families, alike, birth, moves & (moved_on < NEVER))
    _copy_first(namesakes, birth, given)
    return Population(
        places=places,
        first_day=first,
        last_day=last,
        birth=birth,
        male=male,
        village=village,
        next_village=next_village,
        moved_on=moved_on,
        entered=entered,
        died_on=_draw_deaths(rng, model, birth, entered, years),
        hukou=hukou,
        resident=~long_away,
        away_from=np.where(seasonal, rng.integers(60, 215, count), -1).astype(np.int16),
        away_days=rng.integers(60, 150, count).astype(np.int16),
        id_numbers=make_id_numbers(rng, birth, male, _draw_issuers(rng, model, places, village)),
        phones=_give_parents_phones(_draw_phones(rng, model, count), families, ages),
        surname=surname,
        given=given,
        families=families,
    )


def make_id_numbers(
    rng: np.random.Generator, birth: Days, male: NDArray[np.bool_], issuer: NDArray[np.int32]
) -> NDArray[np.bytes_]:
    """Valid and different identity numbers of 18 characters; ``issuer`` is the 6-digit region, 99xxxx.

    Rule: GB 11643.
    """
    order = np.lexsort((rng.random(len(birth)), male, birth, issuer))
    same = np.ones(len(birth), dtype=bool)
    for values in (issuer, birth, male):
        ordered = values[order]
        same[1:] &= ordered[1:] == ordered[:-1]
    same[0] = False
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(birth))))
    serial = np.empty(len(birth), dtype=np.int64)
    serial[order] = np.arange(len(birth)) - starts
    year, month, day = year_month_day(birth)
    number = issuer.astype(np.int64) * 10**11 + (year * 10_000 + month * 100 + day).astype(np.int64) * 1000
    number += (serial * 7 + (year + day) % 300) % 499 * 2 + male
    digits = np.empty((len(birth), 18), dtype=np.uint8)
    rest = number
    for position in range(16, -1, -1):
        rest, digits[:, position] = np.divmod(rest, 10)
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    checks = np.frombuffer(b"10X98765432", dtype=np.uint8)
    total = digits[:, :17].astype(np.int32) @ weights
    digits[:, :17] += ord("0")
    digits[:, 17] = checks[total % 11]
    return digits.view("S18").ravel()


def _draw_births(rng: np.random.Generator, model: Any, count: int, on: int) -> Days:
    shares = np.array(model["pyramid"]) / sum(model["pyramid"])
    group = rng.choice(len(shares), count, p=shares)
    # 85 and over thins out within the group; the others are spread evenly over their five years.
    within = np.where(group == len(shares) - 1, np.minimum(rng.exponential(4.0, count), 19.0), rng.random(count) * 5)
    return np.asarray(on - (group * 5 + within) * 365.2425, dtype=np.int32)


def _draw_deaths(rng: np.random.Generator, model: Any, birth: Days, entered: Days, years: range) -> Days:
    rates = np.array(model["deaths"]) / 1000
    died = np.full(len(birth), NEVER, dtype=np.int32)
    for year in years:
        start = day_number(year)
        group = np.clip(years_at(birth, start) // 5, 0, len(rates) - 1)
        day = (start + rng.integers(0, 365, len(birth))).astype(np.int32)
        dies = (rng.random(len(birth)) < rates[group]) & (died == NEVER) & (day > entered) & (day > birth)
        died[dies] = day[dies]
    return died


def _draw_moves(
    rng: np.random.Generator, model: Any, places: Places, entered: Days, span: tuple[int, int]
) -> tuple[Days, NDArray[np.int32]]:
    years, last = span
    count = len(entered)
    chance = rng.random(count)
    out = model["moves_out"] * years / 1000
    moves = chance < out + model["moves_between"] * years / 1000
    day = (entered + 40 + rng.random(count) * np.maximum(last - 20 - entered - 40, 1)).astype(np.int32)
    target = rng.choice(len(places.villages), count, p=places.village_weight).astype(np.int32)
    return np.where(moves & (day < last), day, NEVER).astype(np.int32), np.where(chance < out, -1, target).astype(
        np.int32
    )


def _draw_issuers(
    rng: np.random.Generator, model: Any, places: Places, village: NDArray[np.int32]
) -> NDArray[np.int32]:
    own = np.array([int(code) for code in places.counties])[places.county_of_township[places.village_township[village]]]
    elsewhere = 990_000 + rng.integers(2, 40, len(village)) * 100 + rng.integers(21, 30, len(village))
    return np.where(rng.random(len(village)) < load_model()["people"]["born_elsewhere"], elsewhere, own).astype(
        np.int32
    )


def _draw_phones(rng: np.random.Generator, model: Any, count: int) -> NDArray[np.int64]:
    """Mobile numbers under 142, which no operator gives to people; 0 for none; some share a relative's."""
    phones = 14_200_000_000 + rng.permutation(max(count, 10**6))[:count].astype(np.int64) * 17 % 100_000_000
    shared = np.flatnonzero(rng.random(count) < load_model()["records"]["shared_phone"])
    phones[shared] = phones[np.maximum(shared - 1, 0)]
    phones[rng.random(count) < load_model()["records"]["no_phone"]] = 0
    return np.asarray(phones)


def _give_parents_phones(phones: NDArray[np.int64], families: Families, ages: NDArray[np.int32]) -> NDArray[np.int64]:
    """Children are reached under their mother's number, or their father's where she has none."""
    child = np.flatnonzero((ages < _OWN_PHONE) & (families.mother >= 0))
    mother, father = phones[families.mother[child]], phones[families.father[child]]
    phones[child] = np.where(mother > 0, mother, np.where(families.father[child] >= 0, father, 0))
    return phones


def _draw_names(rng: np.random.Generator, birth: Days, male: NDArray[np.bool_]) -> tuple[Any, Any]:
    words = load_names()["surnames"].split()
    weights = np.array([float(weight) for weight in words[1::2]])
    surname = rng.choice(len(weights), len(birth), p=weights / weights.sum()).astype(np.int16)
    year, _, _ = year_month_day(birth)
    generation = np.searchsorted([given["before"] for given in load_names()["given"]], year, side="right")
    group = np.minimum(generation, 2) * 2 + ~male
    singles = np.array([given["single"] for given in load_names()["given"]])[group // 2]
    first = np.where(rng.random(len(birth)) < singles, 0, rng.integers(1, 21, len(birth)))
    given = group * 21 * 20 + first * 20 + rng.integers(0, 20, len(birth))
    return surname, given.astype(np.int32)


def _copy_first(pairs: NDArray[np.int32], *of_person: NDArray[Any]) -> None:
    """What is the same for both of a pair: the second's is the first's."""
    for values in of_person:
        values[pairs[:, 1]] = values[pairs[:, 0]]


def _share_names(
    settings: WorldSettings, families: Families, male: NDArray[np.bool_], names: tuple[Any, Any]
) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Children have their father's surname, twins of one sex the first character of their given names in common.

    Some who are alone have a name of several parts, which is no surname and given name.
    """
    surname, given = names
    child = np.flatnonzero(families.father >= 0)
    surname[child] = surname[families.father[child]]
    second = np.flatnonzero((families.twin >= 0) & (families.twin < np.arange(len(male))))
    first = families.twin[second]
    surname[second] = surname[first]
    alike = male[first] == male[second]
    one, other = first[alike], second[alike]
    given[other] = given[one] // 20 * 20 + (given[one] % 20 + 1 + given[other] % 19) % 20
    rng, model = random_stream(settings, "names of several parts"), load_model()["people"]
    alone = (families.father < 0) & (families.partner < 0) & (families.twin < 0)
    chosen = np.flatnonzero(alone & (rng.random(len(male)) < model["several_parts"]))
    men, women = (len(load_names()["whole"][kind].split()) for kind in ("men", "women"))
    of_men, of_women = (rng.integers(0, count, len(chosen)) for count in (men, women))
    surname[chosen] = len(load_names()["surnames"].split()) // 2
    given[chosen] = _first_whole() + np.where(male[chosen], of_men, men + of_women)
    return surname, given


def _first_whole() -> int:
    """Where in the table of given names those begin that are whole names."""
    return len(load_names()["given"]) * 2 * 21 * 20


@cache
def _name_tables() -> tuple[Texts, Texts]:
    surnames = np.array([*load_names()["surnames"].split()[::2], ""], dtype=object)
    given = [
        first + second
        for generation in load_names()["given"]
        for words in (generation["men"], generation["women"])
        for first in ("", *words[0].split())
        for second in words[1].split()
    ]
    whole = load_names()["whole"]
    return surnames, np.array([*given, *whole["men"].split(), *whole["women"].split()], dtype=object)


def _step_value(steps: list[list[float]], ages: NDArray[np.int32]) -> NDArray[np.float64]:
    """The value of the last step whose age has been reached."""
    at = np.searchsorted([step[0] for step in steps], ages, side="right") - 1
    return np.array([step[1] for step in steps])[np.maximum(at, 0)]


def _new_years() -> Days:
    return np.array([day_number(year) for year in range(1970, 2060)], dtype=np.int32)
