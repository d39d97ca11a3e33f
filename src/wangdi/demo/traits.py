"""What stays the same about a person from visit to visit: build, habits, the doctor of the village."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Texts
from wangdi.demo.population import Population
from wangdi.demo.settings import WorldSettings, load_names, random_stream


@dataclass(frozen=True, slots=True)
class Traits:
    """Grain: one element per person; ``doctors`` one per institution. Units: cm, kg, cigarettes, tenths of liang."""

    height: NDArray[np.float32]
    weight: NDArray[np.float32]
    smoking: NDArray[np.int16]
    drinking: NDArray[np.int16]
    exercise_times: NDArray[np.int16]
    exercise_minutes: NDArray[np.int16]
    salt: NDArray[np.int8]
    doctors: Texts


def make_traits(settings: WorldSettings, population: Population) -> Traits:
    """The build and habits of everybody, as a grown-up's; children are neither weighed nor asked here."""
    rng = random_stream(settings, "traits")
    count, male = population.size, population.male
    height = np.where(male, 167.0, 156.0) + rng.normal(0, 5.5, count)
    weight = (height / 100) ** 2 * np.clip(rng.normal(24.2, 3.2, count), 16.5, 39)
    smokes = rng.random(count) < np.where(male, 0.46, 0.02)
    drinks = rng.random(count) < np.where(male, 0.38, 0.04)
    return Traits(
        height=np.clip(np.round(height), 138, 192).astype(np.float32),
        weight=np.round(weight, 1).astype(np.float32),
        smoking=np.where(smokes, rng.choice(np.array([5, 10, 10, 15, 20, 20, 30]), count), 0).astype(np.int16),
        drinking=np.where(drinks, rng.choice(np.array([5, 10, 10, 15, 20, 30]), count), 0).astype(np.int16),
        exercise_times=rng.choice(np.array([0, 2, 3, 5, 7, 7]), count).astype(np.int16),
        exercise_minutes=rng.choice(np.array([20, 30, 30, 40, 60]), count).astype(np.int16),
        salt=rng.choice(np.array([1, 2, 2, 2, 3]), count).astype(np.int8),
        doctors=_doctors(rng, len(population.places.organisations)),
    )


def _doctors(rng: np.random.Generator, count: int) -> Texts:
    words: Any = load_names()
    surnames = words["surnames"].split()[::2]
    given = words["given"][1]["men"][1].split() + words["given"][1]["women"][1].split()
    picks = rng.integers(0, [[60], [len(given)]], (2, count))
    return np.array([surnames[a] + given[b] for a, b in picks.T.tolist()], dtype=object)
