"""Outbreaks that are planted in the year of the demonstration, so that finding them can be scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import day_number
from wangdi.demo.epidemics import Cases, disease_codes, join_cases, make_case_list
from wangdi.demo.gatherings import KINDS, Attendance, group_people, school_years
from wangdi.demo.population import Population
from wangdi.demo.seasons import weekday
from wangdi.demo.settings import WorldSettings, load_epidemics, random_stream

_AROUND = 90
"""Days before and after within which nobody planted moves or dies."""
_FULL = 0.6
"""At most this share of an institution falls ill."""
_NOON = 12
HOURS = 24


@dataclass(frozen=True, slots=True)
class Outbreak:
    """One planted outbreak. ``place``: code of the division; ``gathering``: its institution, -1 for none."""

    kind: str
    title: str
    disease: int
    place: str
    gathering: int = -1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Meal:
    """A meal that made people ill. Grain of ``guests`` and ``ate``: one row per guest, the ill first; of ``ate`` a column per dish.

    ``hour``: hour of onset of each ill guest, counted from 1970-01-01.
    """

    outbreak: int
    foods: tuple[str, ...]
    guilty: int
    guests: NDArray[np.int32]
    ill: int
    hour: NDArray[np.int64]
    ate: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted, the cases of it, and the meal."""

    outbreaks: tuple[Outbreak, ...]
    cases: Cases
    meal: Meal


def plant_outbreaks(
    settings: WorldSettings, population: Population, attendance: Attendance, spared: tuple[int, ...]
) -> Planted:
    """Choose places, people and days. ``spared``: people who must not be ill."""
    field = _Field(settings, population, attendance, spared)
    made: list[tuple[Outbreak, Cases]] = []
    for kind, plant in _KINDS.items():
        made.append(plant(field, kind, len(made)))
        field.spared += made[-1][1].person.tolist()  # nobody is in two of them
    meal = _lay_table(field, next(cases for outbreak, cases in made if outbreak.kind == "food_poisoning"))
    return Planted(tuple(outbreak for outbreak, _ in made), join_cases(cases for _, cases in made), meal)


class _Field:
    """Where and in whom outbreaks may be planted."""

    def __init__(
        self, settings: WorldSettings, population: Population, attendance: Attendance, spared: tuple[int, ...]
    ) -> None:
        self.settings, self.population, self.attendance = settings, population, attendance
        self.spared = [person for person in spared if person >= 0]
        self.codes = disease_codes().tolist()

    def begin(self, kind: str) -> tuple[Any, np.random.Generator, int]:
        """The model, a generator and the first day of one outbreak."""
        model, rng = load_epidemics()["outbreak"][kind], random_stream(self.settings, f"outbreak {kind}")
        year, when = self.settings.year, model["when"]
        first = int(rng.integers(day_number(year, *when[:2]), day_number(year, *when[2:]) + 1))
        if "weekday" in model:
            first += int(model["weekday"] - weekday(np.array([first]))[0]) % 7
        return model, rng, first

    def usable(self, day: int) -> NDArray[np.bool_]:
        """Who lives here, and goes on living where they live, around a day."""
        people = self.population
        stays = (people.entered + _AROUND < day) | (people.entered == people.first_day)
        stays &= (people.died_on > day + _AROUND) & (np.abs(people.moved_on - day) > _AROUND) & people.here(day)
        stays &= people.birth + _AROUND < day
        stays[self.spared] = False
        return np.asarray(stays)

    def size(self, model: Any, rng: np.random.Generator, most: int) -> int:
        low, high = model["cases"]
        return int(min(rng.integers(low, high + 1), max(most, 1)))


def _in_gathering(field: _Field, kind: str, number: int) -> tuple[Outbreak, Cases]:
    """Many of one school or kindergarten within some days."""
    model, rng, first = field.begin(kind)
    gatherings = field.attendance.gatherings
    there = field.attendance.there(int(school_years(np.array([first]))[0]))
    groups = group_people(np.where(field.usable(first), there, -1), gatherings.size)
    of_kind = np.flatnonzero(gatherings.kind == KINDS.index(model["where"]))
    large = groups.start[of_kind + 1] - groups.start[of_kind]
    wanted = model["cases"][1] / _FULL
    enough = of_kind[large >= min(wanted, large.max())]
    chosen = int(rng.choice(enough))
    members = groups.members(chosen)
    count = field.size(model, rng, int(len(members) * _FULL))
    person = rng.choice(members, count, replace=False)
    onset = first + rng.choice(model["days"], count, p=np.array(model["curve"]) / sum(model["curve"]))
    onset[0] = first
    place = field.population.places.villages[gatherings.village[chosen]]
    disease = field.codes.index(model["disease"])
    return Outbreak(kind, model["title"], disease, place, chosen), make_case_list(person, disease, onset, number)


def _import_measles(field: _Field, kind: str, number: int) -> tuple[Outbreak, Cases]:
    """Somebody comes home with it; those of the household and some of the township fall ill a generation later."""
    model, rng, first = field.begin(kind)
    people, usable = field.population, field.usable(first)
    ages, (low, high) = people.ages(first), model["ages"]
    companions = np.bincount(people.families.household[usable], minlength=people.size)
    grown = np.flatnonzero(usable & (ages >= low) & (ages <= high))
    with_family = grown[companions[people.families.household[grown]] > 1]
    index = int(rng.choice(with_family if len(with_family) else grown))
    township = people.places.village_township[people.village_on(first)]
    here = usable & (township == township[index])
    family = np.flatnonzero(here & (people.families.household == people.families.household[index]))
    family = rng.permutation(family[family != index])
    near = np.flatnonzero(here & (ages < high))
    near = rng.permutation(np.setdiff1d(near, [*family.tolist(), index]))
    count = field.size(model, rng, 1 + len(family) + len(near))
    person = np.concatenate([[index], family[:1], near, family[1:]])[:count]
    onset = first + np.concatenate([[0], rng.integers(model["generation"][0], model["generation"][1] + 1, count - 1)])
    disease = field.codes.index(model["disease"])
    place = people.places.townships[township[index]]
    return Outbreak(kind, model["title"], disease, place, note="第一例外出返回"), make_case_list(
        person, disease, onset, number
    )


def _spoil_meal(field: _Field, kind: str, number: int) -> tuple[Outbreak, Cases]:
    """Guests of one village, one evening."""
    model, rng, first = field.begin(kind)
    people = field.population
    villages = np.where(field.usable(first), people.village_on(first), -1)
    groups = group_people(villages, len(people.places.villages))
    size = groups.start[1:] - groups.start[:-1]
    wanted = model["cases"][1] * (1 + model["attended"])
    chosen = int(rng.choice(np.flatnonzero(size >= min(wanted, size.max()))))
    guests = rng.permutation(groups.members(chosen))
    count = field.size(model, rng, len(guests) // 2)
    hour = first * HOURS + _NOON + rng.integers(model["hours"][0], model["hours"][1] + 1, count)
    disease = field.codes.index(model["disease"])
    outbreak = Outbreak(kind, model["title"], disease, people.places.villages[chosen], note=model["meal"])
    return outbreak, make_case_list(guests[:count], disease, np.sort(hour) // HOURS, number)


def _smoulder(field: _Field, kind: str, number: int) -> tuple[Outbreak, Cases]:
    """Some cases more than usual in one township over weeks."""
    model, rng, first = field.begin(kind)
    disease = field.codes.index(str(rng.choice(model["diseases"])))
    people = field.population
    township = people.places.village_township[people.village_on(first)]
    chosen = int(rng.integers(len(people.places.townships)))
    members = np.flatnonzero(field.usable(first) & (township == chosen))
    count = field.size(model, rng, len(members))
    person = rng.choice(members, count, replace=False)
    onset = first + np.sort(rng.integers(0, model["days"], count))
    onset[0] = first
    place = people.places.townships[chosen]
    return Outbreak(kind, model["title"], disease, place), make_case_list(person, disease, onset, number)


_KINDS: dict[str, Callable[[_Field, str, int], tuple[Outbreak, Cases]]] = {
    "school_norovirus": _in_gathering,
    "measles_import": _import_measles,
    "food_poisoning": _spoil_meal,
    "slow_cluster": _smoulder,
    "kindergarten_norovirus": _in_gathering,
}


def _lay_table(field: _Field, cases: Cases) -> Meal:
    """Who was at the meal and what each ate; one dish was spoilt."""
    model, rng = load_epidemics()["outbreak"]["food_poisoning"], random_stream(field.settings, "meal")
    people, first = field.population, int(cases.onset.min())
    village = people.village_on(first)
    others = np.flatnonzero(field.usable(first) & (village == village[cases.person[0]]))
    others = rng.permutation(np.setdiff1d(others, cases.person))[: round(cases.size * model["attended"])]
    foods = tuple(model["foods"])
    guilty = foods.index(str(rng.choice(model["guilty"])))
    ill = np.arange(cases.size + len(others)) < cases.size
    shares = rng.uniform(model["ate"][0], model["ate"][1], len(foods))
    ate = rng.random((len(ill), len(foods))) < shares
    ate[:, guilty] = rng.random(len(ill)) < np.where(ill, *model["ate_guilty"])
    evening = first * HOURS + _NOON + model["hours"][0]
    hour = np.maximum(cases.onset.astype(np.int64) * HOURS, evening)
    hour += rng.integers(0, np.where(cases.onset == first, HOURS - _NOON - model["hours"][0], _NOON), cases.size)
    guests = np.concatenate([cases.person, others]).astype(np.int32)
    return Meal(int(cases.outbreak[0]), foods, guilty, guests, cases.size, hour, ate)
