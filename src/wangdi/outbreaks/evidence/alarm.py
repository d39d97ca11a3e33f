"""The better alarm on a panel: baseline, evidence, calibrated probability, signals sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wangdi.outbreaks.alarms import Alarms, Reason
from wangdi.outbreaks.detectors.farrington import FlexibleSettings, detect_farrington_flexible
from wangdi.outbreaks.evidence.calibration import Null, draw_counts
from wangdi.outbreaks.evidence.discovery import discover
from wangdi.outbreaks.evidence.neighbourhood import (
    Links,
    explain_elsewhere,
    gather_support,
    shared_effect,
    weigh,
)
from wangdi.outbreaks.evidence.ratios import Expectation, outbreak_ratios, thin
from wangdi.outbreaks.series import Bools, Floats, Ints, Panel

DRAWS = 40_000
"""Series-periods drawn without an outbreak, at least; more where more are judged."""

MOST_DRAWS = 400_000


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """``alpha``: the probability, without an outbreak, of an alarm in one period of one series. ``share_false``: of the signals
    of one day no more than this may be false on average; 1 sends everything. ``late``: share of the cases known by now of the
    last period of the panel, of the one before it, and so on; empty: everything is known.
    """

    alpha: float = 0.01
    share_false: float = 0.5
    late: tuple[float, ...] = ()
    seed: int = 1
    baseline: FlexibleSettings = field(default_factory=FlexibleSettings)


def detect_by_evidence(
    panel: Panel,
    weeks: Ints,
    settings: EvidenceSettings | None = None,
    links: Links | None = None,
    groups: Sequence[str] | None = None,
) -> Alarms:
    """An alarm from the count of now and of the period before, here, at the neighbours and in related streams.

    ``groups``: what each series is of (its disease): false signals are held down over groups first, then within them.

    Rule: docs/explanation/detectors.md, The better alarm. Baseline: Noufaily et al. 2013.
    Grain: one row a series, one column a period of ``weeks``. Units: score is evidence over the evidence an alarm needs.
    Missing: NaN with ``reason``; an unknown period before, or an unknown neighbour, speaks neither way.
    """
    asked = settings or EvidenceSettings()
    joined = links or Links.none()
    both = np.unique(np.concatenate([weeks, weeks[weeks > 0] - 1]))
    base = detect_farrington_flexible(panel, both, asked.baseline)
    place = np.searchsorted(both, np.stack([weeks, np.maximum(weeks - 1, 0)], axis=1))
    with np.errstate(over="ignore"):
        mean = np.exp(base.more["log_mean"])[:, place]
    known = known_by_now(panel.periods, asked.late)[np.stack([weeks, weeks - 1], axis=1)]
    counts = base.observed[:, place]
    counts[:, weeks == 0, 1] = np.nan
    mean, dispersion = thin(mean, base.more["phi"][:, place], known)
    given = Expectation(counts, mean, dispersion)
    error = np.where(np.isfinite(base.more["log_error"]), base.more["log_error"], 0.0)[:, place]
    evidence, judge = weigh_evidence(given, known, joined)
    null = draw_null(given, error, known, joined, asked.seed)
    probability = null.probability(evidence)
    sent = send(probability, asked, groups or [""] * len(panel))
    needed = null.needed(asked.alpha)
    some = np.nan_to_num(counts).sum(axis=2) > 0
    usable = given.usable()
    reason = base.reason[:, place[:, 0]] & ~int(Reason.FEW_CASES)
    return Alarms(
        panel,
        weeks,
        np.where(usable, sent & some, np.nan),
        np.where(usable, bound_of(judge, given, needed), np.nan),
        np.where(usable, (given.mean * judge.effect)[..., 0], np.nan),
        probability,
        evidence / max(needed, 1e-9),
        reason,
        tuple(base.used[column] for column in place[:, 0]),
        base.left_out,
        {"evidence": evidence, "phi": given.dispersion[..., 0]},
    )


def known_by_now(periods: int, late: Sequence[float]) -> Floats:
    """The share known by now of each period."""
    found = np.ones(periods)
    for back, share in enumerate(late[:periods]):
        found[periods - 1 - back] = share
    return found


@dataclass(frozen=True, slots=True)
class Judge:
    """What the evidence of a series would be were its count of now another, all else as it is."""

    known: Floats
    effect: Floats
    support: Floats
    elsewhere: Floats

    def evidence(self, given: Expectation) -> Floats:
        moved = replace(given, mean=given.mean * self.effect)
        return weigh(outbreak_ratios(moved, self.known), self.support, self.elsewhere)


def weigh_evidence(given: Expectation, known: Floats, links: Links) -> tuple[Floats, Judge]:
    """The evidence of every series and period: the logarithm of how many times likelier an outbreak makes the counts.

    Missing: NaN where now has no count or no expectation.
    """
    effect = shared_effect(given, links)
    ratios = outbreak_ratios(replace(given, mean=given.mean * effect), known)
    judge = Judge(known, effect, gather_support(ratios, links), explain_elsewhere(ratios, links))
    return np.where(given.usable(), weigh(ratios, judge.support, judge.elsewhere), np.nan), judge


def draw_null(given: Expectation, error: Floats, known: Floats, links: Links, seed: int) -> Null:
    """The evidence of counts drawn without an outbreak from the same expectations, neighbours as they are."""
    return Null.of(draw_evidence(given, error, known, links, seed)[0])


def draw_evidence(given: Expectation, error: Floats, known: Floats, links: Links, seed: int) -> tuple[Floats, Ints]:
    """The same, before it is put in order: copies of the panel, one below the other, by the columns that were drawn."""
    generator = np.random.default_rng(seed)
    series, columns = given.counts.shape[:2]
    copies = max(1, -(-DRAWS // max(series * columns, 1)))
    chosen = np.arange(columns)
    if series * columns > MOST_DRAWS:
        chosen = generator.choice(columns, size=max(1, MOST_DRAWS // series), replace=False)
    usable = np.isfinite(given.mean)

    def repeat(values: Floats) -> Floats:
        return np.tile(values[:, chosen], (copies, 1, 1))

    means = repeat(np.where(usable, given.mean, 0.0))
    spreads = repeat(np.where(usable, given.dispersion, 1.0))
    drawn = draw_counts(generator, means, repeat(error), spreads)
    counts = np.where(repeat(np.isfinite(given.counts)), drawn, np.nan)
    repeated = Expectation(counts, repeat(given.mean), repeat(given.dispersion), given.sizes)
    evidence, _ = weigh_evidence(repeated, known[chosen], links.repeated(copies, series))
    return evidence, chosen


def send(probability: Floats, asked: EvidenceSettings, groups: Sequence[str]) -> Bools:
    """The signals of each period: improbable enough by themselves, and few of them false together."""
    with np.errstate(invalid="ignore"):
        improbable = probability <= asked.alpha
    if asked.share_false >= 1:
        return np.asarray(improbable)
    chosen = [discover(probability[:, column], groups, asked.share_false) for column in range(probability.shape[1])]
    found: Bools = improbable & np.stack(chosen, axis=1)
    return found


def bound_of(judge: Judge, given: Expectation, needed: float | Floats) -> Floats:
    """The largest count that would not yet be an alarm."""
    shape = given.counts.shape[:2]

    def enough(count: Floats) -> Bools:
        with_count = np.concatenate([count[..., None], given.counts[..., 1:]], axis=2)
        found: Bools = judge.evidence(replace(given, counts=with_count)) >= needed
        return found

    low = np.full(shape, -1.0)
    high = np.ceil(np.nan_to_num(given.mean[..., 0]) + 1)
    short = ~enough(high)
    for _ in range(60):
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
        short = ~enough(high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        found = enough(middle)
        wide = high - low > 1
        low, high = np.where(wide & ~found, middle, low), np.where(wide & found, middle, high)
    bound: Floats = np.maximum(low, 0.0)
    return bound
