"""The log likelihood ratio of a window: how much better "more cases inside than outside" explains the cases than "the same"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from wangdi.outbreaks.space.circles import Floats, Integers

GRAIN = 64
"""Steps of a table of limits for each unit of the square root of the expected cases."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What all windows of one scan share. ``size``: what a window's size is measured in, summed over everything: expected
    cases (Poisson, permutation) or people (Bernoulli). ``individuals``: sizes are people, each a case or not.
    """

    cases: int
    size: float
    individuals: bool = False

    def expected(self, size: Any) -> Any:
        """How many cases a window of a size has if it is like everywhere else."""
        return size * (self.cases / self.size)

    def ratio(self, cases: ArrayLike, size: ArrayLike) -> Floats:
        """The log likelihood ratio of windows; 0 where there are no more cases than expected.

        Rule: Kulldorff 1997. Poisson, with c cases of C and E expected: c ln(c/E) + (C-c) ln((C-c)/(C-E)). Bernoulli, with n
        people of N: the binomial likelihood of c/n inside and (C-c)/(N-n) outside over that of C/N everywhere.
        Grows with the cases of a window and falls with its size, which is what the pruned search rests on.
        """
        inside = np.asarray(cases, dtype=np.float64)
        large = np.asarray(size, dtype=np.float64)
        if self.individuals:
            large = np.maximum(large, inside)
        outside, rest = self.cases - inside, self.size - large
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.individuals:
                found = (
                    _binomial(inside, large) + _binomial(outside, rest) - _binomial(np.float64(self.cases), self.size)
                )
            else:
                found = xlogy(inside, inside / large) + xlogy(outside, np.where(outside > 0, outside / rest, 1.0))
            more = inside > self.expected(large)
        answer: Floats = np.where(more, found, 0.0)
        return answer

    def limits(self, floor: float) -> NDArray[np.int32]:
        """For windows by the square root of their expected cases (``GRAIN`` steps a unit): the fewest cases that could
        bring the ratio above ``floor``. Beyond what is possible where none can.
        """
        grid = (np.arange(int(np.sqrt(self.cases) * GRAIN) + 2) / GRAIN) ** 2
        size = grid * (self.size / self.cases)
        low = np.floor(np.minimum(grid, self.cases)).astype(np.int64)
        high = np.full(len(grid), self.cases + 1, dtype=np.int64)
        for _ in range(int(self.cases + 1).bit_length() + 1):
            middle = (low + high) // 2
            above = (middle <= self.cases) & (self.ratio(np.minimum(middle, self.cases), size) > floor)
            high = np.where(above, middle, high)
            low = np.where(above, low, np.minimum(middle + 1, high))
        return high.astype(np.int32)


def find_limit(table: NDArray[np.int32], expected: Floats) -> NDArray[np.int32]:
    """What a table (or several as columns) says for windows by their expected cases; never too high."""
    most = len(table) - 1
    places: Integers = np.minimum(np.sqrt(expected) * GRAIN, most).astype(np.int64)
    found: NDArray[np.int32] = table[places]
    return found


def _binomial(cases: Any, people: Any) -> Any:
    share = np.where(people > 0, cases / np.where(people > 0, people, 1), 0.0)
    return xlogy(cases, share) + xlogy(people - cases, 1 - share)
