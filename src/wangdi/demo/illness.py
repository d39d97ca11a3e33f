"""Who has hypertension or type 2 diabetes, and since when it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import UNKNOWN, Days, day_number
from wangdi.demo.population import Population
from wangdi.demo.settings import WorldSettings, load_model, random_stream

Programme = Literal["hypertension", "diabetes"]
PROGRAMMES: tuple[Programme, ...] = ("hypertension", "diabetes")


@dataclass(frozen=True, slots=True)
class Illness:
    """The known patients of one disease.

    Grain: one element per patient. ``revoked_on``: UNKNOWN, or the day the diagnosis was taken back.
    """

    programme: Programme
    person: NDArray[np.int32]
    diagnosed_on: Days
    revoked_on: Days


def make_illnesses(settings: WorldSettings, population: Population) -> dict[Programme, Illness]:
    """The patients of every programme. Diabetes is commoner among people with hypertension."""
    model = load_model()
    rng = random_stream(settings, "illness")
    chances = {programme: _chances(programme, population) for programme in PROGRAMMES}
    ill = {"hypertension": rng.random(population.size) < chances["hypertension"]}
    factor = np.where(ill["hypertension"], model["diabetes"]["with_hypertension"], 0.85)
    ill["diabetes"] = rng.random(population.size) < chances["diabetes"] * factor
    return {
        programme: _diagnose(programme, np.flatnonzero(ill[programme]), population, rng) for programme in PROGRAMMES
    }


def _chances(programme: Programme, population: Population) -> NDArray[np.float64]:
    steps = load_model()[programme]["known"]
    ages = population.ages(population.last_day)
    at = np.searchsorted([step[0] for step in steps], ages, side="right") - 1
    values = np.array([step[1:] for step in steps])
    return np.asarray(np.where(population.male, values[at, 0], values[at, 1]))


def _diagnose(
    programme: Programme, person: NDArray[np.intp], population: Population, rng: np.random.Generator
) -> Illness:
    model = load_model()[programme]
    ago = np.minimum(rng.exponential(model["mean_years"] * 365, len(person)), 15 * 365)
    known = (population.last_day - 5 - ago).astype(np.int32)
    # Nobody is known before having come here, nor as a child.
    arrived = population.entered[person] > population.first_day
    earliest = np.maximum(population.birth[person] + 19 * 365, day_number(2010))
    earliest = np.where(arrived, np.maximum(earliest, population.entered[person] + 20), earliest)
    known = np.maximum(known, earliest).astype(np.int32)
    ends = np.minimum(population.died_on[person], population.moved_on[person])
    kept = (known < ends) & (known <= population.last_day - 5)
    person, known = person[kept], known[kept]
    revoked = known + 40 + (rng.random(len(person)) * 600).astype(np.int32)
    taken_back = (rng.random(len(person)) < model["revoked"]) & (revoked < np.minimum(ends[kept], population.last_day))
    taken_back &= revoked > population.first_day
    return Illness(programme, person.astype(np.int32), known, np.where(taken_back, revoked, UNKNOWN).astype(np.int32))
