"""Who falls ill with what and when, as happens in a county anyway: season, age, good and bad years, families and classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, Texts, day_number, years_at
from wangdi.demo.gatherings import Attendance, Groups, group_people
from wangdi.demo.population import Population
from wangdi.demo.seasons import day_weights
from wangdi.demo.settings import WorldSettings, load_epidemics, random_stream

_WEEK = 7
_TOLD = 30
"""Days a newborn or newcomer is here at least before a card may name them."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Grain: one element per case. ``disease``: place in the model's list; ``outbreak``: number of a planted one, -1 for none."""

    person: NDArray[np.int32]
    disease: NDArray[np.int16]
    onset: Days
    outbreak: NDArray[np.int16]

    @property
    def size(self) -> int:
        return len(self.person)

    def take(self, index: NDArray[Any]) -> Cases:
        return replace(self, **{one.name: getattr(self, one.name)[index] for one in fields(self)})


def join_cases(parts: Iterable[Cases]) -> Cases:
    """All of them, one part after the other."""
    several = list(parts)
    return Cases(*(np.concatenate([getattr(part, one.name) for part in several]) for one in fields(Cases)))


def make_case_list(person: NDArray[Any], disease: int, onset: NDArray[Any], outbreak: int = -1) -> Cases:
    """Cases of one disease."""
    size = len(person)
    return Cases(
        person.astype(np.int32),
        np.full(size, disease, dtype=np.int16),
        onset.astype(np.int32),
        np.full(size, outbreak, dtype=np.int16),
    )


def disease_codes() -> Texts:
    """The national system's code of every disease, by its place in the model's list."""
    return np.array([disease["code"] for disease in load_epidemics()["disease"]], dtype=object)


def case_years(settings: WorldSettings) -> range:
    """The years of which there are cards."""
    return range(settings.year - load_epidemics()["history_years"], settings.year + 1)


def make_endemic_cases(settings: WorldSettings, population: Population, attendance: Attendance) -> Cases:
    """Cases of every disease in all years, without the planted outbreaks.

    Rule: in each township and week a Poisson number around rate, year, season and age, with gamma noise of the county's week and
    of the township's (a negative binomial); then those whom a case brings with it at home or in class.
    """
    homes = group_people(population.families.household, population.size)
    years = [_Year(settings, population, year) for year in case_years(settings)]
    parts = []
    for disease, model in enumerate(load_epidemics()["disease"]):
        rng = random_stream(settings, f"disease {model['code']}")
        effect = _town_effect(population, rng)
        drawn = [year.draw(model, rng, effect) for year in years]
        found = join_cases(make_case_list(person, disease, onset) for person, onset in drawn)
        parts.append(found)
        if "cluster" in model:
            parts.append(_spread(model, found, homes, attendance, rng))
    return keep_possible(population, join_cases(parts))


def expected_cases(settings: WorldSettings, people: int, year: int) -> dict[str, float]:
    """Cards a year among so many people, by disease."""
    place, levels = year - case_years(settings)[0], load_epidemics()["levels"]
    return {
        model["code"]: people * model["rate"] / 100_000 * levels[model["levels"]][place]
        for model in load_epidemics()["disease"]
    }


def keep_possible(population: Population, cases: Cases) -> Cases:
    """Those who were alive and here, and nobody with one disease twice within the model's gap; in the order of onset."""
    person, onset = cases.person, cases.onset
    entered = np.where(population.entered > population.first_day, population.entered, 0)[person]
    gone = np.where(population.next_village < 0, population.moved_on, population.last_day + _TOLD)[person]
    here = (population.birth[person] < onset) & (entered + _TOLD <= onset) & (onset <= population.last_day)
    here &= (population.died_on[person] > onset + _TOLD) & (gone > onset) & population.resident[person]
    cases = cases.take(np.flatnonzero(here))
    # A planted case stands where somebody has the disease twice.
    order = np.lexsort((cases.onset, cases.outbreak < 0, cases.disease, cases.person))
    cases = cases.take(order)
    same = (cases.person[1:] == cases.person[:-1]) & (cases.disease[1:] == cases.disease[:-1])
    near = np.abs(cases.onset[1:] - cases.onset[:-1]) < load_epidemics()["gap_days"]
    cases = cases.take(np.flatnonzero(np.concatenate([[True], ~(same & near)])[: cases.size]))
    return cases.take(np.lexsort((cases.disease, cases.person, cases.onset)))


def _town_effect(population: Population, rng: np.random.Generator) -> NDArray[np.float64]:
    """How much more or less of a disease each township always has."""
    shape = load_epidemics()["reporting"]["town_effect"]
    return rng.gamma(shape, 1 / shape, len(population.places.townships))


class _Year:
    """The people of one year by township, ready to be drawn from."""

    def __init__(self, settings: WorldSettings, population: Population, year: int) -> None:
        self.year = year
        middle = min(max(day_number(year, 7), population.first_day), population.last_day)
        here = population.here(middle) & (population.birth < day_number(year, 7))
        people = np.flatnonzero(here).astype(np.int32)
        township = population.places.village_township[population.village_on(middle)[people]]
        self.people = people[np.argsort(township, kind="stable")]
        self.towns = len(population.places.townships)
        self.ends = np.cumsum(np.bincount(township, minlength=self.towns))
        ages = years_at(population.birth[self.people], day_number(year, 7))
        self.group = (np.searchsorted(load_epidemics()["age_from"], ages, side="right") - 1).astype(np.int8)
        self.place = year - case_years(settings)[0]

    def draw(self, model: Any, rng: np.random.Generator, effect: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Persons and days of onset of one disease."""
        days = np.arange(day_number(self.year), day_number(self.year + 1), dtype=np.int32)
        season = day_weights(model["months"], days)
        weeks = np.add.reduceat(season, np.arange(0, len(days), _WEEK)) / len(days)
        county, town = model["spread"]
        noise = rng.gamma(county, 1 / county, len(weeks)) * rng.gamma(town, 1 / town, (self.towns, len(weeks)))
        weight = np.concatenate([[0.0], np.cumsum(np.array(model["ages"])[self.group])])
        ends = weight[self.ends]
        starts = np.concatenate([[0.0], ends[:-1]])
        wanted = len(self.people) * model["rate"] / 100_000 * load_epidemics()["levels"][model["levels"]][self.place]
        wanted /= 1 + model.get("cluster", {"mean": 0.0})["mean"]
        share = (ends - starts) * effect / max(float(((ends - starts) * effect).sum()), 1e-9)
        count = rng.poisson(wanted * share[:, None] * weeks[None, :] * noise)
        at, week = (np.repeat(one.ravel(), count.ravel()) for one in np.indices(count.shape))
        drawn = starts[at] + rng.random(len(at)) * (ends - starts)[at]
        person = self.people[np.minimum(np.searchsorted(weight, drawn, side="right") - 1, len(self.people) - 1)]
        first = week * _WEEK
        span = np.minimum(_WEEK, len(days) - first)
        return person, days[first] + (rng.random(len(at)) * span).astype(np.int32)


def _spread(model: Any, found: Cases, homes: Groups, attendance: Attendance, rng: np.random.Generator) -> Cases:
    """Those whom each case brings with it, at home or in class."""
    cluster = model["cluster"]
    source = np.repeat(np.arange(found.size), rng.poisson(cluster["mean"], found.size))
    onset = found.onset[source] + rng.integers(1, cluster["days"] + 1, len(source)).astype(np.int32)
    person = found.person[source]
    if cluster["where"] == "home":
        other = homes.pick(attendance.population.families.household[person], rng)
    else:
        other = attendance.mates(person, onset, rng)
    chosen = np.flatnonzero((other >= 0) & (other != person))
    return replace(found.take(source[chosen]), person=other[chosen], onset=onset[chosen])
