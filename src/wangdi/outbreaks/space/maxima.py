"""The largest likelihood ratio of every replicate: the part of a scan that takes the time.

3,000 zones over 14 days have 350 million windows, 999 times. Most cannot be the largest: the circles around a zone are cut into
rings about a standard deviation of their cases wide; the cases in a ring's largest circle, in the size of its smallest, bound
every circle between. The bound is compared as whole numbers with the fewest cases that would beat what a replicate already has;
only what passes is worked out. So the maxima are exact, in whatever order zones are visited and on any number of processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from wangdi.outbreaks.space.circles import Circles, Floats, Integers, Windows, list_windows
from wangdi.outbreaks.space.likelihood import find_limit
from wangdi.outbreaks.space.study import Chance, Study

LOOSE, STEEP = 0.9, 0.3
"""How wide a ring may be: in standard deviations of its cases, and, where those are few, as a share of its expected cases."""
BATCH = 16
"""Zones looked around at once."""
GROUP = 64
"""Replicates are sorted into groups of so many by what they have; each has limits of its own, and cases that stay close to
the processor.
"""
NARROW = 100
"""The most cases a ring should expect, so that they are counted in single bytes; what does not fit is noticed."""
FLOORS = (5.0, 2.0, 0.0)
"""The ratio a search begins at. A replicate that has nothing above it is searched again from the next."""
LEARNT_AFTER = (16, 64, 256, 1024)
"""After how many zones replicates are sorted anew and the limits of their groups raised."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A study, the circles and stretches of time it is searched by."""

    study: Study
    circles: Circles
    windows: Windows


@dataclass(frozen=True, slots=True)
class _Rings:
    """The circles around several zones, each zone's cut into as many rings; those that hold nothing stand last.

    ``order``: the zones around the first, outwards, then those around the next; ``sizes``: of all up to each of them, summed up to
    each time; ``circles``: whether a circle ends with one. ``starts``, ``stops``: each ring's stretch of them. ``least``: the
    sizes of its smallest circle. ``each``: rings of one zone.
    """

    order: Integers
    sizes: Floats
    circles: NDArray[np.bool_]
    starts: Integers
    stops: Integers
    least: Floats
    each: int


@dataclass(slots=True)
class _Group:
    """Replicates that have about as much. ``places``: which; ``best``: what each has; ``counts``: by zone, summed up to each
    time; ``totals``: to the last; ``limits``: by expected cases, the fewest cases that could be more than the least of them has.
    """

    places: Integers
    best: Floats
    counts: NDArray[Any]
    totals: NDArray[Any]
    limits: NDArray[np.int32]


def find_maxima(scan: Scan, seed: int, replicates: range) -> Floats:
    """The largest likelihood ratio of each of some replicates. Replicate r is drawn from (seed, r) alone."""
    chance = Chance(scan.study)
    zones, times = scan.study.cases.shape
    best = np.zeros(len(replicates))
    most = scan.study.likelihood.cases
    drawn = np.zeros((len(replicates), zones * times), dtype=np.min_scalar_type(most))
    for place, number in enumerate(replicates):
        cells = chance.draw(np.random.default_rng([seed, number]))
        drawn[place] = np.bincount(cells, minlength=zones * times)
    counts = drawn.reshape(-1, zones, times).transpose(1, 2, 0)
    missing = np.arange(len(replicates))
    for floor in FLOORS:
        if len(missing):
            search = _Search(scan, counts[:, :, missing], floor)
            best[missing] = search.run(seed)
            missing = missing[best[missing] <= floor]
    return best


class _Search:
    """The search through all circles for some replicates at once. Replicates are columns."""

    def __init__(self, scan: Scan, counts: NDArray[Any], floor: float) -> None:
        self.scan, self.likelihood = scan, scan.study.likelihood
        # Windows that all begin late need nothing of what was before.
        late = int(scan.windows.begins.min())
        counts, sizes = counts[:, late:], scan.study.sizes[:, late:]
        zones, times, self.width = counts.shape
        self.windows = list_windows(times, times, prospective=True) if late else scan.windows
        columns = -(-self.width // GROUP) * GROUP
        summed = np.zeros((zones, times, columns), dtype=np.uint32)
        np.cumsum(counts, axis=1, out=summed[:, :, : self.width])
        self.sizes = np.zeros((zones, times + 1))
        np.cumsum(sizes, axis=1, out=self.sizes[:, 1:])
        self.floor = floor
        self.small = np.int16 if self.likelihood.cases < np.iinfo(np.int16).max else np.int32
        best = np.zeros(columns)
        best[self.width :] = np.inf
        self.groups = self._sort(np.arange(columns), best, summed.astype(np.min_scalar_type(int(summed[:, -1].max()))))

    def run(self, seed: int) -> Floats:
        """The largest ratio of every replicate, in the order they were given."""
        zones = np.random.default_rng([seed]).permutation(len(self.sizes))
        for first in range(0, len(zones), BATCH):
            if first in LEARNT_AFTER:
                self._learn()
            self._look_around(zones[first : first + BATCH])
        found = np.empty(len(self.groups) * GROUP)
        for group in self.groups:
            found[group.places] = group.best
        return found[: self.width]

    def _sort(self, places: Integers, best: Floats, counts: NDArray[Any]) -> list[_Group]:
        """The replicates, in the order of what they have, as groups with limits from what the least of each has."""
        groups: list[_Group] = []
        for these in np.argsort(best, kind="stable").reshape(-1, GROUP):
            own = np.ascontiguousarray(counts[:, :, these])
            totals = own[:, -1].astype(np.min_scalar_type(2 * self.likelihood.cases))
            limits = self.likelihood.limits(max(float(best[these].min()), self.floor))
            groups.append(_Group(places[these], best[these], own, totals, limits))
        return groups

    def _learn(self) -> None:
        """Sort all replicates anew."""
        places, best = (np.concatenate([getattr(group, name) for group in self.groups]) for name in ("places", "best"))
        counts = np.concatenate([group.counts for group in self.groups], axis=2)
        self.groups = self._sort(places, best, counts)

    def _look_around(self, zones: Integers) -> None:
        """Everything around some zones: rings, their cases, what passes the limits, what that comes to."""
        rings = self._cut_rings(zones)
        if rings is None:
            return
        least = rings.least[:, self.windows.ends] - rings.least[:, self.windows.begins]
        expected = self.likelihood.expected(least)
        for group in self.groups:
            limits = find_limit(group.limits, expected)
            limits[rings.starts == rings.stops] = np.iinfo(np.int32).max
            inside = self._count_cases(rings, group)
            ring, column = self._pass_limits(inside, limits)
            if len(ring):
                self._work_out(rings, inside, self._find_reached(inside, (ring, column), (least, limits), group), group)

    def _cut_rings(self, zones: Integers) -> _Rings | None:
        """The circles around zones, cut so that a ring's bound is close to what is in it; None where there are none."""
        around = [(order[: ends[-1]], ends) for order, ends in map(self.scan.circles.around, zones) if len(ends)]
        if not around:
            return None
        sizes = [np.cumsum(self.sizes[order], axis=0) for order, _ in around]
        cuts = [self._find_cuts(summed[ends - 1, -1]) for summed, (_, ends) in zip(sizes, around, strict=True)]
        each = max(map(len, cuts)) - 1
        starts, stops = np.empty((2, len(around), each), dtype=np.int64)
        least = np.zeros((len(around), each, self.sizes.shape[1]))
        circles = np.zeros(sum(len(order) for order, _ in around), dtype=bool)
        placed = 0
        for row, ((order, ends), summed, cut) in enumerate(zip(around, sizes, cuts, strict=True)):
            rings = len(cut) - 1
            least[row, :rings] = summed[ends[cut[:-1]] - 1]
            stops[row, :rings], stops[row, rings:] = placed + ends[cut[1:] - 1], placed + len(order)
            starts[row] = np.append(placed, stops[row, :-1])
            circles[placed + ends - 1] = True
            placed += len(order)
        order = np.concatenate([order for order, _ in around])
        least = least.reshape(len(around) * each, -1)
        return _Rings(order, np.concatenate(sizes), circles, starts.ravel(), stops.ravel(), least, each)

    def _find_cuts(self, whole: Floats) -> Integers:
        """Where rings begin, among the circles around a zone, by what each holds of all time; and how many circles there are."""
        share = self.windows.longest / (self.sizes.shape[1] - 1)
        all_time = self.likelihood.expected(whole)
        expected = np.maximum(all_time * share, 1e-6)
        knee = (LOOSE / STEEP) ** 2
        marks = np.where(
            expected < knee, np.log(expected / knee) / STEEP, 2 * (np.sqrt(expected) - np.sqrt(knee)) / LOOSE
        )
        new = np.flatnonzero((np.diff(np.floor(marks)) > 0) | (np.diff(all_time // NARROW) > 0)) + 1
        found: Integers = np.concatenate([[0], new, [len(whole)]])
        return found

    def _count_cases(self, rings: _Rings, group: _Group) -> NDArray[Any]:
        """Cases in each ring's largest circle, summed up to each time (the first axis), for every replicate of a group."""
        zones, times, _ = group.counts.shape
        widest = np.min_scalar_type(int((_members(rings, zones, group.totals.dtype) @ group.totals).max()))
        if widest.itemsize > group.counts.itemsize:
            group.counts = group.counts.astype(widest)
        flat = group.counts.reshape(zones, -1)
        # Two small counts are added as one number of twice the width: neither ever carries into the other.
        words = flat.view(np.uint16) if flat.dtype == np.uint8 else flat
        added = (_members(rings, zones, words.dtype) @ words).view(flat.dtype).reshape(-1, rings.each, times, GROUP)
        inside = np.zeros((times + 1, len(added), rings.each, GROUP), dtype=self.small)
        summed = inside[1:].transpose(1, 2, 0, 3)
        summed[:, 0] = added[:, 0]
        for ring in range(1, rings.each):
            np.add(summed[:, ring - 1], added[:, ring], out=summed[:, ring], casting="unsafe")
        return inside.reshape(times + 1, -1, GROUP)

    def _pass_limits(self, inside: NDArray[Any], limits: NDArray[np.int32]) -> tuple[Integers, Integers]:
        """Rings and replicates where some window reaches its limit, or comes as close to it as makes no difference here."""
        passed = np.zeros(inside.shape[1:], dtype=bool)
        counted = np.empty_like(inside[0])
        capped = np.minimum(limits, np.iinfo(self.small).max).astype(self.small)
        for windows in self.windows.by_length:
            least = capped[:, windows].min(axis=1)
            if (capped[:, windows].max(axis=1) - least <= 1).all():
                # Windows of one length have one limit: the most that any of them holds is held against it.
                most = np.zeros_like(counted)
                for begin, end in self.windows.steps(windows):
                    np.subtract(inside[end], inside[begin], out=counted)
                    np.maximum(most, counted, out=most)
                passed |= most >= least[:, None]
            else:
                for window, (begin, end) in zip(windows, self.windows.steps(windows), strict=True):
                    np.subtract(inside[end], inside[begin], out=counted)
                    passed |= counted >= capped[:, window, None]
        ring, column = np.nonzero(passed)
        return ring, column

    def _find_reached(
        self,
        inside: NDArray[Any],
        passed: tuple[Integers, Integers],
        bounds: tuple[Floats, NDArray[np.int32]],
        group: _Group,
    ) -> tuple[Integers, Integers, Integers]:
        """Ring, replicate and window where the ring's bound beats what the replicate has."""
        ring, column = passed
        least, limits = bounds
        up_to = inside[:, ring, column]
        cases = (up_to[self.windows.ends] - up_to[self.windows.begins]).T
        row, window = np.nonzero(cases >= limits[ring])
        ring, column = ring[row], column[row]
        kept = self.likelihood.ratio(cases[row, window], least[ring, window]) > group.best[column]
        return ring[kept], column[kept], window[kept]

    def _work_out(
        self, rings: _Rings, inside: NDArray[Any], reached: tuple[Integers, Integers, Integers], group: _Group
    ) -> None:
        """The exact ratio of every circle of the rings reached; each replicate keeps its largest."""
        ring, column, window = reached
        if not len(ring):
            return
        begin, end = self.windows.begins[window], self.windows.ends[window]
        inner, outer = np.maximum(ring - 1, 0), ring % rings.each > 0
        cases_before = np.where(outer, inside[end, inner, column] - inside[begin, inner, column], 0)
        lengths = rings.stops[ring] - rings.starts[ring]
        part = np.repeat(np.arange(len(ring)), lengths)
        firsts = np.cumsum(lengths) - lengths
        step = rings.starts[ring][part] + np.arange(len(part)) - firsts[part]
        zone, begin, end = rings.order[step], begin[part], end[part]
        cases = group.counts[zone, end - 1, column[part]].astype(np.int64)
        cases -= np.where(begin > 0, group.counts[zone, begin - 1, column[part]], 0)
        cases = _sum_within(cases, firsts, part) + cases_before[part]
        circle = rings.circles[step]
        size = (rings.sizes[step, end] - rings.sizes[step, begin])[circle]
        np.maximum.at(group.best, column[part][circle], self.likelihood.ratio(cases[circle], size))


def _members(rings: _Rings, zones: int, kind: np.dtype[Any]) -> csr_array:
    """A row for each ring, with a one for each of its zones."""
    ones = np.ones(len(rings.order), dtype=kind)
    return csr_array((ones, rings.order, np.append(0, rings.stops)), shape=(len(rings.stops), zones))


def _sum_within(values: NDArray[Any], firsts: Integers, part: Integers) -> NDArray[Any]:
    """Running sums that begin anew with each part."""
    running = np.cumsum(values)
    summed: NDArray[Any] = running - (running[firsts] - values[firsts])[part]
    return summed
