"""Evidence of one series together with that of its neighbours and of related streams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special
from scipy.sparse import csgraph

from wangdi.outbreaks.evidence.ratios import Expectation
from wangdi.outbreaks.series import Floats, Ints

ALONE, WITH_ONE, WITH_ALL = 0.6, 0.3, 0.1
"""How an outbreak lies, before anything is counted: here alone; here and at one neighbour; around each place, here included."""

ELSEWHERE = 0.02
"""Weight of an outbreak at a neighbour alone, which explains what is counted there without one here."""

SHOCK, UNUSUAL = 0.08, 2.0
"""Standard deviation of what moves all places alike, and how far one place's count may speak for it."""

LARGEST = 300.0
"""The logarithm of a ratio is not followed further: its exponential would be no number."""


@dataclass(frozen=True, slots=True)
class Links:
    """Who is next to whom, as pairs of rows, each pair both ways round. ``places``: neighbours; ``streams``: other streams of
    the same place, that would see the same outbreak.
    """

    places: Ints
    streams: Ints

    @classmethod
    def none(cls) -> Links:
        empty = np.zeros((0, 2), dtype=np.int64)
        return cls(empty, empty)

    def repeated(self, copies: int, series: int) -> Links:
        """The same for several copies of the panel, one below the other."""
        steps = np.arange(copies) * series
        return Links(
            *((pairs[None, :, :] + steps[:, None, None]).reshape(-1, 2) for pairs in (self.places, self.streams))
        )


def gather_support(ratios: Floats, links: Links) -> Floats:
    """What neighbours and related streams add to each outbreak looked for, as the logarithm of a factor; 0 is nothing.

    ``ratios``: as of ``outbreak_ratios``. An outbreak is the same size everywhere, in standard deviations of the place.
    """
    joined = np.concatenate([links.places, links.streams])
    if not len(joined):
        return np.zeros_like(ratios)
    series = ratios.shape[1]
    capped = np.clip(ratios, -LARGEST, LARGEST)
    by_one = _sum_over(np.exp(capped), joined, series)
    number = np.bincount(joined[:, 0], minlength=series)[None, :, None]
    together = np.clip(_sum_over(capped, links.places, series), -LARGEST, LARGEST)
    around = np.zeros_like(ratios)
    if len(links.places):
        here, there = links.places.T
        rest = np.clip((capped + together)[:, there] - capped[:, here], -LARGEST, LARGEST)
        around = np.exp(together) + _sum_rows(np.exp(rest), here, series)
    factor = ALONE + WITH_ONE * by_one / np.maximum(number, 1) + WITH_ALL * around
    support: Floats = np.where(number > 0, np.log(factor), 0.0)
    return support


def shared_effect(given: Expectation, links: Links) -> Floats:
    """By how much everything is up or down in the places that can be reached but are not next door: a factor on the mean.

    A holiday, a backlog worked off or a change of reporting moves all places alike; without this each place's neighbours would
    confirm it. The factor is shrunk towards 1, and a place counts no further than ``UNUSUAL`` standard deviations, so that an
    outbreak elsewhere moves it little.

    Rule: a gamma prior of standard deviation ``SHOCK`` on the factor. Grain: as ``given``.
    """
    if not len(links.places):
        return np.ones(given.mean.shape)
    usable = np.isfinite(given.counts) & np.isfinite(given.mean)
    mean = np.where(usable, given.mean, 0.0)
    dispersion = np.where(usable, given.dispersion, 1.0)
    highest = mean + UNUSUAL * np.sqrt(dispersion * mean)
    seen = np.where(usable, np.minimum(np.where(usable, given.counts, 0.0), highest), 0.0) / dispersion
    seen_far, mean_far = _far_sums(seen, links), _far_sums(mean / dispersion, links)
    prior = SHOCK**-2.0
    effect: Floats = (seen_far + prior) / (mean_far + prior)
    return effect


def _far_sums(values: Floats, links: Links) -> Floats:
    """For each series the sum over those it is connected with, but for itself and its neighbours."""
    series = len(values)
    ends = links.places.T
    graph = sparse.coo_array((np.ones(len(links.places)), (ends[0], ends[1])), shape=(series, series))
    count, label = csgraph.connected_components(graph, directed=False)
    total = np.zeros((count, *values.shape[1:]))
    np.add.at(total, label, values)
    near = np.moveaxis(_sum_over(np.moveaxis(values, 2, 0), links.places, series), 0, 2)
    far: Floats = np.maximum(total[label] - values - near, 0.0)
    return far


def explain_elsewhere(ratios: Floats, links: Links) -> Floats:
    """What outbreaks at the neighbours alone would explain, to be taken off."""
    if not len(links.places):
        return np.zeros(ratios.shape[1:])
    alone = np.exp(np.clip(special.logsumexp(ratios, axis=0) - np.log(len(ratios)), -LARGEST, LARGEST))
    explained: Floats = np.log1p(ELSEWHERE * ALONE * _sum_over(alone[None], links.places, ratios.shape[1])[0])
    return explained


def weigh(own: Floats, support: Floats, elsewhere: Floats) -> Floats:
    """The evidence: the logarithm of the average ratio over all outbreaks looked for."""
    found: Floats = special.logsumexp(own + support, axis=0) - np.log(len(own)) - elsewhere
    return found


def _sum_over(values: Floats, pairs: Ints, series: int) -> Floats:
    """For each series the sum over its partners, along the second axis."""
    return _sum_rows(values[:, pairs[:, 1]], pairs[:, 0], series)


def _sum_rows(values: Floats, rows: Ints, series: int) -> Floats:
    """What belongs to the same row added up, along the second axis."""
    found = np.zeros((values.shape[0], series, values.shape[2]))
    if len(rows):
        order = np.argsort(rows, kind="stable")
        distinct, starts = np.unique(rows[order], return_index=True)
        found[:, distinct] = np.add.reduceat(values[:, order], starts, axis=1)
    return found
