"""The 28 kinds of series of Noufaily et al. 2013: level, trend, season and overdispersion."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from wangdi.outbreaks.series import WEEKLY, Floats

THETAS, BETAS, PHIS = (-2.0, 4.0), (-0.002, 0.003), (1.0, 4.0)
SEASONAL, TRENDING = 0.7, 0.5
"""Ranges of drawn scenarios, and how many have a season and a trend."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of weekly series: the logarithm of the mean is ``theta + beta t`` plus a season; variance ``phi`` times mean."""

    number: int
    theta: float
    beta: float
    harmonics: int
    gamma1: float
    gamma2: float
    phi: float

    def mean(self, weeks: int) -> Floats:
        """The mean of each week, counted from 1."""
        t = np.arange(1, weeks + 1)
        log_mean = self.theta + self.beta * t
        for order in range(1, self.harmonics + 1):
            angle = 2 * np.pi * order * t / WEEKLY
            log_mean = log_mean + self.gamma1 * np.cos(angle) + self.gamma2 * np.sin(angle)
        found: Floats = np.exp(log_mean)
        return found


@cache
def read_scenarios() -> tuple[Scenario, ...]:
    """The scenarios of the paper's table I."""
    text = files("wangdi.outbreaks.simulation").joinpath("scenarios.csv").read_text(encoding="utf-8")
    return tuple(
        Scenario(
            int(row["scenario"]),
            float(row["theta"]),
            float(row["beta"]),
            int(row["harmonics"]),
            float(row["gamma1"]),
            float(row["gamma2"]),
            float(row["phi"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def draw_scenarios(seed: int, number: int) -> tuple[Scenario, ...]:
    """Scenarios nobody has seen: level, trend, season and overdispersion drawn from the ranges of the paper's."""
    generator = np.random.default_rng(seed)
    found = []
    for one in range(number):
        season = generator.uniform(0, 1) if generator.random() < SEASONAL else 0.0
        around = generator.uniform(0, 2 * np.pi)
        found.append(
            Scenario(
                number=one + 1,
                theta=float(generator.uniform(*THETAS)),
                beta=float(generator.uniform(*BETAS)) if generator.random() < TRENDING else 0.0,
                harmonics=int(season > 0),
                gamma1=float(season * np.cos(around)),
                gamma2=float(season * np.sin(around)),
                phi=float(generator.uniform(*PHIS)),
            )
        )
    return tuple(found)
