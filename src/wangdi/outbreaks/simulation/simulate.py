"""Series with known outbreaks: as in Noufaily et al. 2013, and what real ones have besides.

Besides: neighbouring places an outbreak spreads to, a pandemic that stops everything else, holidays, cases that are reported
late, and a second stream (school absence, say) that sees the same outbreaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.outbreaks.series import WEEKLY, Bools, Floats, Ints, Panel
from wangdi.outbreaks.simulation.scenarios import Scenario, read_scenarios

WEEKS = 624
FIRST_PAST, FIRST_CURRENT = 313, 576
"""Weeks counted from 1: outbreaks of the past lie in the last five years, one of now in the last 49 weeks."""

PAST_SIZES = (2, 3, 5, 10)
CURRENT_SIZES = (2, 10)
LEAST_MEAN = 1e-9
SPREAD_OF_ONSETS = 0.5
"""Weeks from the start to a case: lognormal of this standard deviation, its median one week."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What is added to the paper's simulation.

    ``places``: places a scenario has, on a square grid; an outbreak leaves ``spill`` of its cases to the neighbours of its
    centre, or, ``together``, is as large in each of them, by their own standard deviation. ``between_places``: standard
    deviation of the logarithm of their levels. ``pandemic``: first and last week, and the share of cases left in it.
    ``holiday``: share of cases left in two weeks of each year, the week after catching up half of what was missed. ``late``:
    share of a week's cases that are known by its end, by one week later and so on.
    """

    places: int = 1
    spill: float = 0.4
    together: bool = False
    between_places: float = 0.4
    pandemic: tuple[int, int, float] | None = None
    holiday: float = 1.0
    late: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulated:
    """Series and their truth.

    ``outbreak``: cases that are of an outbreak of now; ``event``: its number, from 0, or -1; ``neighbours``: pairs of series
    next to each other; ``scenario``: of each series. ``shown``: the counts as they were known at the end of each week and
    later, one plane for each week of delay (only where cases are reported late).
    """

    panel: Panel
    outbreak: Floats
    event: Ints
    neighbours: Ints
    scenario: Ints
    pandemic: Bools
    shown: Floats | None = None


def simulate(
    seed: int, copies: int, extras: Extras | None = None, scenarios: tuple[Scenario, ...] | None = None
) -> Simulated:
    """``copies`` groups of each scenario (the paper's where none are given), each group of ``extras.places`` series.

    Rule: Noufaily et al. 2013, section 4.1. Grain: one row a series.
    """
    wanted = extras or Extras()
    generator = np.random.default_rng(seed)
    chosen = scenarios or read_scenarios()
    groups = [_group(generator, scenario, wanted) for scenario in chosen for _ in range(copies)]
    counts, now, event = (np.concatenate([group[part] for group in groups]) for part in range(3))
    places = wanted.places
    offset = np.repeat(np.arange(len(groups)), places)[:, None]
    event = np.where(event >= 0, offset, -1)
    pairs = _grid_pairs(places)
    neighbours = np.concatenate([pairs + places * number for number in range(len(groups))])
    scenario = np.repeat([one.number for one in chosen], copies * places)
    pandemic = np.zeros(WEEKS, dtype=bool)
    if wanted.pandemic is not None:
        pandemic[wanted.pandemic[0] - 1 : wanted.pandemic[1]] = True
    units = tuple(str(number + 1) for number in range(len(counts)))
    shown = _report_late(generator, counts, wanted.late) if wanted.late else None
    return Simulated(Panel(units, counts, WEEKLY), now, event, neighbours, scenario, pandemic, shown)


def _group(generator: np.random.Generator, scenario: Scenario, extras: Extras) -> tuple[Floats, Floats, Ints]:
    """The places of one scenario, with outbreaks that begin in one of them."""
    mean = scenario.mean(WEEKS) * _calendar_effect(extras)
    means = (
        mean[None, :]
        * np.exp(generator.normal(0.0, extras.between_places, extras.places) * (extras.places > 1))[:, None]
    )
    counts = _draw(generator, means, scenario.phi)
    now, event = np.zeros_like(counts), np.full(counts.shape, -1, dtype=np.int64)
    spread = np.sqrt(means * scenario.phi)
    for past in PAST_SIZES:
        for _ in range(extras.places):
            counts += _outbreak(generator, spread, extras, past, (FIRST_PAST, FIRST_CURRENT))
    found = _outbreak(generator, spread, extras, float(generator.uniform(*CURRENT_SIZES)), (FIRST_CURRENT, WEEKS - 3))
    counts += found
    now += found
    event[found > 0] = 0
    return counts, now, event


def _calendar_effect(extras: Extras) -> Floats:
    effect = np.ones(WEEKS)
    if extras.holiday < 1:
        for week in (5, 40):
            weeks = np.arange(week, WEEKS - 1, WEEKLY)
            effect[weeks] = extras.holiday
            effect[weeks + 1] = 1 + (1 - extras.holiday) / 2
    if extras.pandemic is not None:
        first, last, left = extras.pandemic
        effect[first - 1 : last] *= left
    return effect


def _draw(generator: np.random.Generator, means: Floats, phi: float) -> Floats:
    means = np.maximum(means, LEAST_MEAN)
    if phi <= 1:
        return generator.poisson(means).astype(np.float64)
    return generator.negative_binomial(means / (phi - 1), 1 / phi).astype(np.float64)


def _grid_pairs(places: int) -> Ints:
    """Places that share a side on a square grid, both ways round."""
    side = max(int(np.ceil(np.sqrt(places))), 1)
    found = []
    for one in range(places):
        for other in (one + 1 if (one + 1) % side else -1, one + side):
            if 0 <= other < places:
                found += [(one, other), (other, one)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _spill_shares(extras: Extras) -> Floats:
    """Row: the centre; what share of the cases each place gets."""
    share = np.eye(extras.places)
    pairs = _grid_pairs(extras.places)
    for centre in range(extras.places):
        around = pairs[pairs[:, 0] == centre, 1]
        if len(around):
            share[centre, centre] = 1 - extras.spill
            share[centre, around] = extras.spill / len(around)
    return share


def _outbreak(
    generator: np.random.Generator, spread: Floats, extras: Extras, size: float, window: tuple[int, int]
) -> Floats:
    """The cases of one outbreak: on average as many as ``size`` standard deviations of its centre's week, or of each place's."""
    places, share = len(spread), _spill_shares(extras)
    centre = int(generator.integers(places))
    start = int(generator.integers(window[0], window[1])) - 1
    found = np.zeros_like(spread)
    if extras.together:
        means = np.where(share[centre] > 0, size * spread[:, start], 0.0)
    else:
        means = share[centre] * size * spread[centre, start]
    for place, cases in enumerate(generator.poisson(means)):
        weeks = start + np.floor(generator.lognormal(0.0, SPREAD_OF_ONSETS, cases)).astype(np.int64)
        inside = weeks[weeks < min(window[1] + 3, WEEKS)]
        np.add.at(found[place], inside, 1)
    return found


def _report_late(generator: np.random.Generator, counts: Floats, late: tuple[float, ...]) -> Floats:
    """What was known of each week at its end, a week later and so on."""
    steps = np.diff(np.array([0.0, *late]))
    known = np.zeros((len(late), *counts.shape))
    left = counts.astype(np.int64)
    remaining = 1.0
    total = np.zeros(counts.shape)
    for plane, step in enumerate(steps):
        arrived = generator.binomial(left, min(step / remaining, 1.0)) if remaining > 0 else left * 0
        total = total + arrived
        left = left - arrived
        remaining -= step
        known[plane] = total
    return known
