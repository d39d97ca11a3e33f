"""What a scan is held against: how many cases there would be, were nothing going on, and cases drawn as if it were so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from wangdi.outbreaks.space.circles import Floats, Integers
from wangdi.outbreaks.space.likelihood import Likelihood

FINENESS = 8
"""Entries of the guide for each cell: seven draws in eight find their cell at once."""


class Model(StrEnum):
    """What is random. ``poisson``: cases fall on people at risk (or on expected cases) at one rate. ``permutation``: place
    and time of cases have nothing to do with each other. ``bernoulli``: who of the people counted is a case.
    """

    poisson = "poisson"
    permutation = "permutation"
    bernoulli = "bernoulli"


@dataclass(frozen=True, slots=True)
class Study:
    """Cases by zone and time step, with what they are held against.

    ``sizes``: by zone and time step, expected cases (Poisson, permutation) or people (Bernoulli).
    """

    model: Model
    cases: Integers
    sizes: Floats

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood that all windows of the study share."""
        return Likelihood(int(self.cases.sum()), float(self.sizes.sum()), self.model is Model.bernoulli)


def build_study(model: Model, cases: Integers, population: Floats) -> Study:
    """The study of a model. ``population``: people at risk (or expected cases) by zone and time step; unused by permutation.

    Rule: expected cases are the population's share of all cases (Kulldorff 1997), for permutation the product of a zone's and
    a time step's cases over all cases (Kulldorff et al. 2005).
    """
    total = cases.sum()
    if model is Model.permutation:
        return Study(model, cases, np.outer(cases.sum(axis=1), cases.sum(axis=0)) / total)
    if model is Model.bernoulli:
        return Study(model, cases, population.astype(np.float64))
    return Study(model, cases, population * (total / population.sum()))


class Chance:
    """Draws cases as a study's model would have them if nothing were going on; the number of cases stays.

    Grain: one number a case, ``zone * times + time``.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        zones, times = study.cases.shape
        counts = study.cases.ravel()
        self.zone_of = np.repeat(np.arange(zones).repeat(times), counts) * times
        self.time_of = np.repeat(np.tile(np.arange(times), zones), counts)
        bounds = np.cumsum(study.sizes.ravel())
        self.people = round(float(bounds[-1]))
        self.bounds = bounds / bounds[-1]
        # The last cell that holds anybody takes what rounding leaves over.
        self.bounds[np.flatnonzero(study.sizes.ravel())[-1] :] = 1.0
        steps = FINENESS * len(self.bounds)
        self.guide = np.searchsorted(self.bounds, np.arange(steps) / steps, side="right")

    def draw(self, source: np.random.Generator) -> Integers:
        """The cells of as many cases as the study has."""
        if self.study.model is Model.permutation:
            permuted: Integers = self.zone_of + source.permutation(self.time_of)
            return permuted
        total = len(self.zone_of)
        if self.study.model is Model.bernoulli:
            chosen = source.choice(self.people, total, replace=False, shuffle=False)
            return self._cells((chosen + 0.5) / self.people)
        return self._cells(source.random(total))

    def _cells(self, shares: Floats) -> Integers:
        """The cell each share of the whole falls into."""
        cells: Integers = self.guide[(shares * len(self.guide)).astype(np.int64)]
        late = np.flatnonzero(shares >= self.bounds[cells])
        while len(late):
            cells[late] += 1
            late = late[shares[late] >= self.bounds[cells[late]]]
        return cells
