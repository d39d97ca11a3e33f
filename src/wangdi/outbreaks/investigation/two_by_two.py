"""Ill and well by exposed and not: attack rates, risk ratio, odds ratio, each with its interval; strata taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt

from scipy.optimize import brentq
from scipy.stats import beta, fisher_exact, nchypergeom_fisher, norm

LEVEL = 0.95
WOOLF, MID_P = "woolf", "mid_p"


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Units: people. ``a``: exposed and ill, ``b``: exposed and well, ``c``: not exposed and ill, ``d``: neither."""

    a: int
    b: int
    c: int
    d: int

    @property
    def total(self) -> int:
        """Everybody who answered both."""
        return self.a + self.b + self.c + self.d


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio with its interval. ``method``: by which the interval was found. Missing: None where the ratio is no number."""

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""


NOTHING = Estimate(None)


def attack_rate(ill: int, people: int) -> Estimate:
    """The share that fell ill, with the exact interval of Clopper and Pearson.

    Units: share. Missing: nobody. Errors: more ill than people is a programmer's error.
    """
    if people <= 0:
        return NOTHING
    tail = (1 - LEVEL) / 2
    low = float(beta.ppf(tail, ill, people - ill + 1)) if ill else 0.0
    high = float(beta.ppf(1 - tail, ill + 1, people - ill)) if ill < people else 1.0
    return Estimate(ill / people, low, high, "clopper_pearson")


def risk_ratio(table: TwoByTwo) -> Estimate:
    """The attack rate of the exposed over that of the others, with the interval on the logarithm (Katz).

    Missing: no value where one group is empty or nobody in either fell ill; no interval where a group has no case at all: the
    odds ratio's exact interval says what can be said then. Infinite where only exposed fell ill.
    """
    exposed, others = table.a + table.b, table.c + table.d
    if not exposed or not others or not table.a + table.c:
        return NOTHING
    if not table.c:
        return Estimate(inf)
    value = table.a / exposed / (table.c / others)
    if not table.a:
        return Estimate(value)
    error = sqrt(1 / table.a - 1 / exposed + 1 / table.c - 1 / others)
    return Estimate(value, *_around(value, error), "katz")


def odds_ratio(table: TwoByTwo) -> Estimate:
    """The odds of having been exposed among the ill over those among the well (ad / bc).

    Rule: Woolf's interval on the logarithm; where a cell is zero, the mid-p exact interval of the conditional distribution,
    which needs no half added to the cells. Missing: no value where a row or column is empty; infinite where only b or c is
    zero.
    """
    a, b, c, d = table.a, table.b, table.c, table.d
    if not (a + b and c + d and a + c and b + d):
        return NOTHING
    if a and b and c and d:
        value = a * d / (b * c)
        return Estimate(value, *_around(value, sqrt(1 / a + 1 / b + 1 / c + 1 / d)), WOOLF)
    return Estimate(a * d / (b * c) if b * c else inf, *mid_p_interval(table), MID_P)


def fisher_p(table: TwoByTwo) -> float | None:
    """The two-sided probability of Fisher's exact test. Missing: None where a row or column is empty."""
    a, b, c, d = table.a, table.b, table.c, table.d
    if not (a + b and c + d and a + c and b + d):
        return None
    return float(fisher_exact([[a, b], [c, d]]).pvalue)


def mid_p_interval(table: TwoByTwo) -> tuple[float, float]:
    """The odds ratios at which half the probability of what was seen, and all of what is more, is one tail of the level.

    Rule: Fisher's noncentral hypergeometric distribution of ``a`` given the margins. At an end of its range the interval has no
    bound on that side.
    """
    ill, exposed, tail = table.a + table.c, table.a + table.b, (1 - LEVEL) / 2
    least, most = max(0, ill + exposed - table.total), min(ill, exposed)

    def above(ratio_log: float) -> float:
        fitted = nchypergeom_fisher(table.total, exposed, ill, exp(ratio_log))
        return float(fitted.sf(table.a) + fitted.pmf(table.a) / 2)

    low = 0.0 if table.a == least else exp(_cross(lambda x: above(x) - tail))
    high = inf if table.a == most else exp(_cross(lambda x: above(x) - (1 - tail)))
    return low, high


def _cross(rising: object) -> float:
    """Where a rising function of the logarithm of the ratio is zero."""
    found: float = brentq(rising, -25.0, 25.0, xtol=1e-10)
    return found


def _around(value: float, error: float) -> tuple[float, float]:
    reach = float(norm.ppf((1 + LEVEL) / 2)) * error
    return exp(log(value) - reach), exp(log(value) + reach)


def mantel_haenszel(strata: Sequence[TwoByTwo]) -> tuple[Estimate, Estimate]:
    """The odds ratio and the risk ratio over strata, as if the exposure did the same in each.

    Rule: Mantel and Haenszel 1959; the interval of the odds ratio by the variance of Robins, Breslow and Greenland 1986, that
    of the risk ratio by Greenland and Robins 1985. Missing: strata without people add nothing; no value where a sum that is
    divided by is zero, no interval where the other is.
    """
    strata = [one for one in strata if one.total]
    return _mh_odds(strata), _mh_risk(strata)


def _mh_odds(strata: Sequence[TwoByTwo]) -> Estimate:
    r = [one.a * one.d / one.total for one in strata]
    s = [one.b * one.c / one.total for one in strata]
    if not sum(s):
        return Estimate(inf) if sum(r) else NOTHING
    value = sum(r) / sum(s)
    if not sum(r):
        return Estimate(value)
    p = [(one.a + one.d) / one.total for one in strata]
    q = [(one.b + one.c) / one.total for one in strata]
    across = list(zip(p, q, r, s, strict=True))
    variance = (
        sum(p * r for p, _, r, _ in across) / (2 * sum(r) ** 2)
        + sum(p * s + q * r for p, q, r, s in across) / (2 * sum(r) * sum(s))
        + sum(q * s for _, q, _, s in across) / (2 * sum(s) ** 2)
    )
    return Estimate(value, *_around(value, sqrt(variance)), "robins_breslow_greenland")


def _mh_risk(strata: Sequence[TwoByTwo]) -> Estimate:
    above = sum(one.a * (one.c + one.d) / one.total for one in strata)
    below = sum(one.c * (one.a + one.b) / one.total for one in strata)
    if not below:
        return Estimate(inf) if above else NOTHING
    value = above / below
    if not above:
        return Estimate(value)
    spread = sum(
        ((one.a + one.c) * (one.a + one.b) * (one.c + one.d) - one.a * one.c * one.total) / one.total**2
        for one in strata
    )
    return Estimate(value, *_around(value, sqrt(spread / (above * below))), "greenland_robins")
