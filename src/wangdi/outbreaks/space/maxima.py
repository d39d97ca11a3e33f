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
GROUPS = 8
"""Replicates are sorted into groups by what they have; each group has limits of its own."""
NARROW = 100
"""The most cases a ring should expect, so that they are counted in single bytes; what does not fit is noticed."""
FLOORS = (5.0, 2.0, 0.0)
"""The ratio a search begins at. A replicate that has nothing above it is searched again from the next."""
LEARNT_AFTER = (1, 2, 4, 8, 16, 32, 64, 128, 512, 1500)
"""After how many zones replicates are sorted anew and the limits of their groups raised."""
AT_ONCE = 320_000
"""Numbers compared at once: what stays close to the processor."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A study, the circles and stretches of time it is searched by."""

    study: Study
    circles: Circles
    windows: Windows


@dataclass(frozen=True, slots=True)
class _Rings:
    """The circles around a zone, in rings. ``order``: zones outwards; ``ends``: zones in each circle; ``starts``, ``stops``:
    each ring's zones; ``least``, ``most``: the sizes of its smallest and largest circle, summed up to each time.
    """

    order: Integers
    ends: Integers
    starts: Integers
    stops: Integers
    least: Floats
    most: Floats


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
        self.columns = -(-self.width // GROUPS) * GROUPS
        summed = np.zeros((zones, times, self.columns), dtype=np.uint32)
        np.cumsum(counts, axis=1, out=summed[:, :, : self.width])
        self.totals = summed[:, -1].astype(np.min_scalar_type(2 * self.likelihood.cases))
        self.counts: NDArray[Any] = summed.astype(np.min_scalar_type(int(self.totals.max())))
        self.sizes = np.zeros((zones, times + 1))
        np.cumsum(sizes, axis=1, out=self.sizes[:, 1:])
        self.best = np.zeros(self.columns)
        self.best[self.width :] = np.inf
        self.floor = floor
        self.tables = np.repeat(self.likelihood.limits(floor)[None], GROUPS, axis=0)
        self.small = np.int16 if self.likelihood.cases < np.iinfo(np.int16).max else np.int32
        self.inside = np.zeros((0, times + 1, self.columns), dtype=self.small)

    def run(self, seed: int) -> Floats:
        """The largest ratio of every replicate, in the order they were given."""
        placed = np.arange(self.columns)
        for done, zone in enumerate(np.random.default_rng([seed]).permutation(len(self.counts)), start=1):
            self._look_around(int(zone))
            if done not in LEARNT_AFTER:
                continue
            order = np.argsort(self.best, kind="stable")
            self.best, placed = self.best[order], placed[order]
            self.counts = np.ascontiguousarray(self.counts[:, :, order])
            self._raise_limits()
        found = np.empty(self.columns)
        found[placed] = self.best
        return found[: self.width]

    def _raise_limits(self) -> None:
        """The limits of each group from what the least of it has."""
        for group, floor in enumerate(self.best.reshape(GROUPS, -1).min(axis=1)):
            self.tables[group] = self.likelihood.limits(max(floor, self.floor))

    def _look_around(self, zone: int) -> None:
        """Everything around one zone: rings, their cases, what passes the limits, what that comes to."""
        order, ends = self.scan.circles.around(zone)
        if not len(ends):
            return
        rings = self._cut_rings(order, ends)
        self._count_cases(rings)
        windows = self.windows
        least = rings.least[:, windows.ends] - rings.least[:, windows.begins]
        limits = find_limit(self.tables.T, self.likelihood.expected(least))
        ring, column = self._pass_limits(limits)
        if len(ring):
            self._work_out(rings, self._find_reached(ring, column, (least, limits)))

    def _cut_rings(self, order: Integers, ends: Integers) -> _Rings:
        """The circles around a zone, cut so that a ring's bound is close to what is in it."""
        share = self.windows.longest / (self.sizes.shape[1] - 1)
        whole = np.cumsum(self.sizes[order, -1])[ends - 1]
        expected = np.maximum(self.likelihood.expected(whole) * share, 1e-6)
        knee = (LOOSE / STEEP) ** 2
        marks = np.where(
            expected < knee, np.log(expected / knee) / STEEP, 2 * (np.sqrt(expected) - np.sqrt(knee)) / LOOSE
        )
        full = self.likelihood.expected(whole) // NARROW
        new = np.flatnonzero((np.diff(np.floor(marks)) > 0) | (np.diff(full) > 0))
        stops = ends[np.append(new, len(ends) - 1)]
        firsts = ends[np.append(0, new + 1)]
        cuts = np.column_stack([firsts, stops]).ravel()
        summed = np.cumsum(_members(order, cuts, len(self.sizes), self.sizes.dtype) @ self.sizes, axis=0)
        return _Rings(order, ends, np.append(0, stops[:-1]), stops, summed[0::2], summed[1::2])

    def _count_cases(self, rings: _Rings) -> None:
        """Cases in each ring's largest circle, summed up to each time, for every replicate."""
        count = len(rings.stops)
        zones, times, _ = self.counts.shape
        self._widen(int((_members(rings.order, rings.stops, zones, self.totals.dtype) @ self.totals).max()))
        flat = self.counts.reshape(zones, -1)
        # Two small counts are added as one number of twice the width: neither ever carries into the other.
        words = flat.view(np.uint16) if flat.dtype == np.uint8 else flat
        added = (_members(rings.order, rings.stops, zones, words.dtype) @ words).view(flat.dtype)
        added = added.reshape(count, times, self.columns)
        if len(self.inside) < count:
            self.inside = np.zeros((count, times + 1, self.columns), dtype=self.small)
        self.inside[0, 1:] = added[0]
        for ring in range(1, count):
            np.add(self.inside[ring - 1, 1:], added[ring], out=self.inside[ring, 1:], casting="unsafe")

    def _widen(self, largest: int) -> None:
        """Wider numbers for the cases of zones, where those of a ring would not fit."""
        wanted = np.min_scalar_type(largest)
        if wanted.itemsize > self.counts.itemsize:
            self.counts = self.counts.astype(wanted)

    def _pass_limits(self, limits: NDArray[np.int32]) -> tuple[Integers, Integers]:
        """Rings and replicates where some window reaches its limit."""
        rings, windows = limits.shape[:2]
        capped = np.minimum(limits, np.iinfo(self.small).max).astype(self.small)[..., None]
        passed = np.empty((rings, self.columns), dtype=bool)
        block = max(1, AT_ONCE // (windows * self.columns))
        counted = np.empty((block, windows, self.columns), dtype=self.small)
        for low in range(0, rings, block):
            inside = self.inside[low : min(low + block, rings)]
            here = counted[: len(inside)]
            for ends, begins, place in self.windows.runs:
                np.subtract(inside[:, ends], inside[:, begins], out=here[:, place])
            reached = here.reshape(len(inside), windows, GROUPS, -1) >= capped[low : low + len(inside)]
            reached.reshape(len(inside), windows, -1).any(axis=1, out=passed[low : low + len(inside)])
        ring, column = np.nonzero(passed)
        return ring, column

    def _find_reached(
        self, ring: Integers, column: Integers, bounds: tuple[Floats, NDArray[np.int32]]
    ) -> tuple[Integers, Integers, Integers]:
        """Ring, replicate and window where the ring's bound beats what the replicate has."""
        least, limits = bounds
        windows = self.windows
        inside = self.inside[ring, :, column]
        cases = inside[:, windows.ends] - inside[:, windows.begins]
        row, window = np.nonzero(cases >= limits[ring, :, column // (self.columns // GROUPS)])
        ring, column = ring[row], column[row]
        kept = self.likelihood.ratio(cases[row, window], least[ring, window]) > self.best[column]
        return ring[kept], column[kept], window[kept]

    def _work_out(self, rings: _Rings, reached: tuple[Integers, Integers, Integers]) -> None:
        """The exact ratio of every circle of the rings reached; each replicate keeps its largest."""
        ring, column, window = reached
        if not len(ring):
            return
        begin, end = self.windows.begins[window], self.windows.ends[window]
        inner = np.maximum(ring - 1, 0)
        cases_before = np.where(ring > 0, self.inside[inner, end, column] - self.inside[inner, begin, column], 0)
        size_before = np.where(ring > 0, rings.most[inner, end] - rings.most[inner, begin], 0.0)
        lengths = rings.stops[ring] - rings.starts[ring]
        part = np.repeat(np.arange(len(ring)), lengths)
        firsts = np.cumsum(lengths) - lengths
        step = rings.starts[ring][part] + np.arange(len(part)) - firsts[part]
        zone, begin, end = rings.order[step], begin[part], end[part]
        cases = self.counts[zone, end - 1, column[part]].astype(np.int64)
        cases -= np.where(begin > 0, self.counts[zone, begin - 1, column[part]], 0)
        cases = _sum_within(cases, firsts, part) + cases_before[part]
        size = _sum_within(self.sizes[zone, end] - self.sizes[zone, begin], firsts, part) + size_before[part]
        circle = np.isin(step + 1, rings.ends)
        np.maximum.at(self.best, column[part][circle], self.likelihood.ratio(cases[circle], size[circle]))


def _members(order: Integers, cuts: Integers, zones: int, kind: np.dtype[Any]) -> csr_array:
    """A row for each stretch of ``order`` between two cuts, with a one for each of its zones."""
    within = order[: cuts[-1]]
    return csr_array((np.ones(len(within), dtype=kind), within, np.append(0, cuts)), shape=(len(cuts), zones))


def _sum_within(values: NDArray[Any], firsts: Integers, part: Integers) -> NDArray[Any]:
    """Running sums that begin anew with each part."""
    running = np.cumsum(values)
    summed: NDArray[Any] = running - (running[firsts] - values[firsts])[part]
    return summed
