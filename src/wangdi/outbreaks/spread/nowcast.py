"""How many cases with recent onset there are, including those not reported yet.

A case of day t is reported after d days with hazard h(d): the chance of being reported then if not before. Counts by onset follow
a rate that drifts and grows or shrinks. Both are learnt together, so that neither runs away where there is little to learn from:
one case reported on the first day does not become twenty, because yesterday did not have twenty either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DRIFTS = np.array([0.5, 0.65, 0.8, 0.9, 0.96])
"""How much of what is known of the rate carries over to the next day (the discount of West and Harrison)."""
GROWTHS = np.array([-0.2, -0.12, -0.06, 0.0, 0.06, 0.12, 0.2, 0.3])
"""Daily growth of the rate's logarithm."""
GROWTH_SD = 0.1
"""How large growth is expected to be before anything was seen."""
CAUGHT_UP = np.array([0.0, 0.5, 1.0])
"""How much of what would have been reported before reporting began was made up for on its first day: its hazards to this power."""
OPENING = 3
"""Days from the first report on which what had waited is made up for; the delays of what had waited are not learnt from on them."""
CHAINS = 100
"""Samplers that run side by side; each gives one draw a round."""
WARM_UP, ROUNDS = 60, 60


@dataclass(frozen=True, slots=True)
class Reports:
    """Counts by day of onset and delay in days, as far as they are known. The last delay stands for itself and all later ones.
    ``known``: cells that lie between the day reporting began and today. ``missed``: cells before it; ``opening``: cells of its
    first days, of cases that had their onset before.
    """

    counts: Integers
    known: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    opening: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DelayPrior:
    """What is known of the delay beforehand: ``hazard`` by delay, each worth ``weight`` cases at risk: enough
    that a hazard near 0, with any number of cases behind it, is not as likely as one that is usual. ``half_life``: days
    after which what was seen of the delay, and of growth, counts for half.
    """

    hazard: Floats
    weight: float = 14.0
    half_life: float = 21.0
    growth_half_life: float = 10.0


def tabulate_reports(onset: Integers, report: Integers, span: tuple[int, int], longest: int) -> Reports:
    """The reporting triangle of days ``span[0]`` to ``span[1]`` (today, included) from days of onset and report.

    Rule: reporting begins with the first report there is. An outbreak that is noticed late is then reported in one go, which says
    nothing of how fast today's cases will be: what had waited is not learnt from in the first days.
    """
    first, now = span
    days = now - first + 1
    seen = (onset >= first) & (onset <= now) & (report <= now) & (report >= onset)
    counts = np.zeros((days, longest + 1), dtype=np.int64)
    np.add.at(counts, (onset[seen] - first, np.minimum(report[seen] - onset[seen], longest)), 1)
    begun = int(report[seen].min()) if seen.any() else now
    reported_on = np.arange(first, now + 1)[:, None] + np.arange(longest + 1)[None, :]
    late = np.arange(first, now + 1)[:, None] < begun
    return Reports(
        counts,
        (reported_on <= now) & (reported_on >= begun),
        reported_on < begun,
        (reported_on >= begun) & (reported_on < begun + OPENING) & late,
    )


def geometric_hazard(mean: float, longest: int) -> Floats:
    """The hazard of a geometric delay with a mean, in days; the last delay takes what is left."""
    return np.append(np.full(longest, 1 / (1 + mean)), 1.0)


def learn_hazard(delays: Integers, longest: int, mean: float, weight: float = 4.0) -> Floats:
    """The hazard of earlier cases whose reports are all in, drawn a little towards a geometric delay."""
    counts = np.bincount(np.minimum(delays, longest), minlength=longest + 1).astype(np.float64)
    at_risk = counts[::-1].cumsum()[::-1]
    drawn: Floats = (counts + weight * geometric_hazard(mean, longest)) / (at_risk + weight)
    drawn[-1] = 1.0
    return drawn


def draw_totals(reports: Reports, prior: DelayPrior, seed: int) -> Integers:
    """Draws of the number of cases by day of onset, reported or not, from their posterior.

    Grain: one row a draw, one column a day of onset. Rule: Gibbs sampling; rates by a gamma-Poisson filter with discount and
    growth, drawn backwards (West and Harrison 1997, ch. 10); hazards are beta given all cases, seen or not.
    """
    source = np.random.default_rng(seed)
    sampler = _Sampler(reports, prior, source)
    draws: list[Integers] = []
    for turn in range(WARM_UP + ROUNDS):
        totals = sampler.step()
        if turn >= WARM_UP:
            draws.append(totals)
    return np.concatenate(draws)


class _Sampler:
    """State of the samplers: a hazard each. One step draws rates given hazards, unseen cases given both, hazards given all."""

    def __init__(self, reports: Reports, prior: DelayPrior, source: np.random.Generator) -> None:
        self.reports, self.source = reports, source
        days, delays = reports.counts.shape
        self.seen = reports.counts.sum(axis=1)
        age = np.arange(days)[::-1]
        # A cell (t, d) was lived through t + d days after the first: how long ago that is.
        ago = np.maximum(age[:, None] - np.arange(delays)[None, :], 0)
        self.fresh = np.where(reports.known & ~reports.opening, 0.5 ** (ago / prior.half_life), 0.0)
        later = reports.counts[:, ::-1].cumsum(axis=1)[:, ::-1]
        self.events = (reports.counts * self.fresh).sum(axis=0)
        self.risk = (later * self.fresh).sum(axis=0)
        self.alpha = np.maximum(prior.weight * prior.hazard, 1e-3)
        self.beta = np.maximum(prior.weight * (1 - prior.hazard), 1e-3)
        self.recent = 0.5 ** (age / prior.growth_half_life)
        self.hazard = source.beta(self.alpha, self.beta, (CHAINS, delays))
        drift, growth = np.meshgrid(DRIFTS, GROWTHS, indexing="ij")
        self.drift, self.growth = drift.ravel(), growth.ravel()
        self.chosen = source.integers(len(self.drift), size=CHAINS)

    def step(self) -> Integers:
        """One round; answers each chain's totals by day of onset."""
        shares = self._share_seen()
        if len(shares) > 1:
            _, _, score = self._filter(
                np.stack(shares, axis=1), self.drift[self.chosen, None], self.growth[self.chosen, None]
            )
            caught_up = self._choose(score)
            shares = [np.stack(shares, axis=1)[np.arange(CHAINS), caught_up]]
        rates = self._draw_rates(shares[0])
        unseen: Integers = self.source.poisson(np.minimum(rates * (1 - shares[0]), 1e9))
        open_risk = unseen.astype(np.float64) @ self.fresh
        events = self.alpha + self.events
        rest = self.beta + np.maximum(self.risk - self.events, 0) + open_risk
        self.hazard = self.source.beta(events, rest)
        self.hazard[:, -1] = 1.0
        totals: Integers = self.seen + unseen
        return totals

    def _share_seen(self) -> list[Floats]:
        """The share of each day's cases that are reported by now, by chain; for each way of catching up, if there was any."""
        survival = np.log1p(-np.minimum(self.hazard, 1 - 1e-12))
        silent = survival @ self.reports.known.T
        missed = survival @ self.reports.missed.T
        ways = CAUGHT_UP if self.reports.missed.any() else CAUGHT_UP[:1]
        return [np.clip(-np.expm1(silent + way * missed), 1e-9, 1.0) for way in ways]

    def _choose(self, score: Floats) -> Integers:
        """For each chain one setting, with a chance in proportion to the exponential of its score."""
        chosen: Integers = np.argmax(score + self.source.gumbel(size=score.shape), axis=1)
        return chosen

    def _draw_rates(self, shares: Floats) -> Floats:
        """Rates by day for each chain: drift and growth by their likelihood, then backwards through the filter."""
        days = len(self.seen)
        shape, rate, score = self._filter(shares[:, None, :], self.drift[None, :], self.growth[None, :])
        score = score - 0.5 * (self.growth / GROWTH_SD) ** 2
        self.chosen = chosen = self._choose(score)
        every = np.arange(CHAINS)
        shape, rate = shape[:, every, chosen], rate[:, every, chosen]
        drift, growth = self.drift[chosen], self.growth[chosen]
        rates = np.empty((CHAINS, days))
        rates[:, -1] = self.source.gamma(shape[-1]) / rate[-1]
        for day in range(days - 2, -1, -1):
            fresh = self.source.gamma((1 - drift) * shape[day]) / rate[day]
            rates[:, day] = drift * np.exp(-growth) * rates[:, day + 1] + fresh
        return rates

    def _filter(self, shares: Floats, drift: Floats, growth: Floats) -> tuple[Floats, Floats, Floats]:
        """Shape and rate of each day's rate given what was reported up to it, and how well each setting foretold that."""
        days = len(self.seen)
        width = np.broadcast_shapes(shares[..., 0].shape, drift.shape)
        shapes, rates = np.empty((days, *width)), np.empty((days, *width))
        shape = np.ones(width)
        rate = np.full(width, 1 / max(float(self.seen.mean()), 0.5))
        score = np.zeros(width)
        for day in range(days):
            share, count = shares[..., day], int(self.seen[day])
            shape, rate = drift * shape, drift * rate * np.exp(-growth)
            score += self.recent[day] * _foretell(count, shape, rate, share)
            shape, rate = shape + count, rate + share
            shapes[day], rates[day] = shape, rate
        return shapes, rates, score


def _foretell(count: int, shape: Floats, rate: Floats, share: Floats) -> Floats:
    """The log chance of a count under a gamma rate (negative binomial)."""
    rising = gammaln(shape + count) - gammaln(shape)
    logs: Floats = rising + shape * np.log(rate / (rate + share)) + count * np.log(share / (rate + share))
    return logs
