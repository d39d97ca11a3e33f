"""What the evidence would be without any outbreak: drawn from the expectation itself, so that a probability means what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.series import Floats

TAIL = 0.01
"""The largest hundredth of what was drawn gives the shape of what is rarer still."""


@dataclass(frozen=True, slots=True)
class Null:
    """The evidence of drawn counts, in order; ``scale``: how fast its tail thins out."""

    ordered: Floats
    edge: float
    scale: float

    @classmethod
    def of(cls, evidence: Floats) -> Null:
        """What was drawn, put in order, with its tail fitted."""
        ordered = np.sort(evidence[np.isfinite(evidence)])
        above = ordered[int(len(ordered) * (1 - TAIL)) :]
        edge = float(above[0]) if len(above) else 0.0
        scale = float((above - edge).mean()) if len(above) > 1 else 1.0
        return cls(ordered, edge, max(scale, 1e-6))

    def probability(self, evidence: Floats) -> Floats:
        """The probability of so much evidence or more without an outbreak; beyond what was drawn an exponential tail.

        Rule: peaks over a threshold; evidence is a log likelihood ratio, whose tail is exponential. Missing: NaN stays NaN.
        """
        number = len(self.ordered)
        above = number - np.searchsorted(self.ordered, evidence, side="left")
        drawn = (above + 1) / (number + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            tail = TAIL * np.exp(-(evidence - self.edge) / self.scale)
        return np.where(np.isnan(evidence), np.nan, np.where(evidence > self.edge, tail, drawn))

    def needed(self, probability: float) -> float:
        """The evidence that has this probability."""
        if probability <= TAIL:
            return float(self.edge - self.scale * np.log(probability / TAIL))
        return float(np.quantile(self.ordered, 1 - probability)) if len(self.ordered) else 0.0


def draw_counts(generator: np.random.Generator, mean: Floats, error: Floats, dispersion: Floats) -> Floats:
    """Counts without an outbreak: the mean as uncertain as it is, the counts as dispersed as they are.

    Now and the period before, the last axis, have nearly the same baseline and so the same error.
    """
    drawn = mean * np.exp(generator.normal(0.0, 1.0, mean.shape[:-1])[..., None] * np.minimum(error, 1.0))
    over = np.maximum(dispersion - 1, 1e-9)
    rate = np.where(dispersion > 1, generator.gamma(np.maximum(drawn / over, 1e-12)) * over, drawn)
    return generator.poisson(np.minimum(rate, 1e12)).astype(np.float64)
