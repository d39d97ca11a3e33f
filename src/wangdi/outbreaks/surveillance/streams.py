"""Other signs than case cards: symptoms at clinics, absence at schools, sold drugs, sewage, each against its own last weeks.

A stream is declared by what it counts, where, when, and out of how many. What is not reported is unknown, never 0: schools say
nothing on holidays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from wangdi.outbreaks.series import Bools, Floats, Ints
from wangdi.outbreaks.surveillance.cases import WEEK
from wangdi.outbreaks.surveillance.findings import STREAM, Finding
from wangdi.outbreaks.surveillance.settings import Streams

WINDOWS = (1, WEEK)
"""Days looked at together: a food poisoning is one day, an infection a week."""
LONGEST_BACK = 26
"""Weeks a baseline may reach back when institutions were closed meanwhile."""
YEAR = 364
"""Whole weeks, so that a weekday meets its like."""
SEASON_PRIOR, SPREAD_PRIOR = 10.0, 20.0
"""Counts and degrees of freedom by which the season and the spread are drawn towards 1."""
FEWEST_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class Source:
    """Who reports a stream. ``place``: its township, or the county where it serves it all."""

    code: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Behind:
    """The records behind counts. Grain: one a record; ``cells``: row x days + column of each, in ascending order."""

    cells: Ints
    facts: Ints


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """One stream. ``counts`` and ``of``: sources x days, the first day being ``first``. ``behind``: the records of each count.

    ``families``: what it may show, beside those the settings name. Units: ``of`` is what the counts are out of (people present,
    visits). Missing: NaN where nothing was reported.
    """

    stream: str
    sources: tuple[Source, ...]
    first: int
    counts: Floats
    of: Floats
    behind: Behind
    families: frozenset[str] = frozenset()

    def facts(self, row: int, column: int, length: int) -> tuple[int, ...]:
        """The records behind a source's ``length`` days up to a column, in order."""
        width = self.counts.shape[1]
        cells = row * width + max(column - length + 1, 0), row * width + column + 1
        first, last = np.searchsorted(self.behind.cells, cells)
        return tuple(sorted(int(fact) for fact in self.behind.facts[first:last]))


def find_in_streams(streams: Sequence[StreamCounts], days: Sequence[int], settings: Streams) -> list[Finding]:
    """Counts of a day or of the last seven that are improbable for the source's own last weeks."""
    found = [finding for stream in streams for finding in _judge_stream(stream, days, settings)]
    return sorted(found, key=lambda one: (one.day, one.subject, one.site))


def _judge_stream(stream: StreamCounts, days: Sequence[int], settings: Streams) -> Iterator[Finding]:
    for day in days:
        column = day - stream.first
        if not 0 <= column < stream.counts.shape[1] or not np.isfinite(stream.counts[:, column]).any():
            continue  # nobody reported: a week is judged on the day its last count comes
        best: dict[int, Finding] = {}
        for length in WINDOWS:
            for row, finding in _judge_window(stream, column, length, settings):
                kept = best.get(row)
                if kept is None or (finding.probability or 1) < (kept.probability or 1):
                    best[row] = finding
        yield from (best[row] for row in sorted(best))


@dataclass(frozen=True, slots=True)
class Window:
    """What each source counted in some days up to one, beside what was expected. Grain: one value a source.

    ``bound``: the most that would have said nothing. ``closed``: it reported on the last of the days. Missing: where a source did
    not report, or in too few weeks before, ``known`` is false and what was expected says nothing.
    """

    observed: Floats
    expected: Floats
    bound: Floats
    probability: Floats
    known: Bools
    closed: Bools


def expect_window(stream: StreamCounts, column: int, length: int, settings: Streams) -> Window:
    """The ``length`` days of a stream up to a column, each source against its own last weeks."""
    now, weight, closed = _block(stream, column, length)
    blocks = [_block(stream, column - WEEK * back, length) for back in range(settings.skip + 1, LONGEST_BACK + 1)]
    counts = np.stack([counted for counted, _, _ in blocks], axis=1)
    weights = np.stack([size for _, size, _ in blocks], axis=1)
    # Of each source the newest weeks in which it reported.
    order = np.cumsum(weights > 0, axis=1)
    used = (weights > 0) & (order <= settings.weeks)
    number = used.sum(axis=1)
    base, size = (np.where(used, part, 0.0).sum(axis=1) for part in (counts, weights))
    known = (weight > 0) & (number >= FEWEST_BLOCKS)
    rate = np.divide(base + 0.5, size, out=np.zeros_like(base), where=size > 0)
    mean = rate * weight * _season(stream, column, length, settings)
    fitted = np.where(used, rate[:, None] * weights, 0.0)
    chi = np.divide((np.where(used, counts, 0.0) - fitted) ** 2, fitted, out=np.zeros_like(fitted), where=fitted > 0)
    pooled = (chi.sum() + SPREAD_PRIOR) / (used.sum() - (known & closed).sum() + SPREAD_PRIOR)
    own = (chi.sum(axis=1) + SPREAD_PRIOR * max(pooled, 1.0)) / (np.maximum(number - 1, 0) + SPREAD_PRIOR)
    # The mean of so few blocks is itself uncertain.
    spread = np.maximum(own, 1.0) * (1 + 1 / np.maximum(number, 1)) + 1e-3
    shape = np.maximum(mean / (spread - 1), 1e-9)
    probability = np.minimum(stats.nbinom.sf(now - 1, shape, 1 / spread) * len(WINDOWS), 1.0)
    bound = stats.nbinom.isf(settings.alpha / len(WINDOWS), shape, 1 / spread)
    return Window(now, mean, bound, probability, known, closed)


def _judge_window(stream: StreamCounts, column: int, length: int, settings: Streams) -> Iterator[tuple[int, Finding]]:
    window = expect_window(stream, column, length, settings)
    improbable = (window.probability <= settings.alpha) & (window.observed >= 2)
    for row in np.flatnonzero(window.known & window.closed & improbable):
        source, day = stream.sources[row], stream.first + column
        yield (
            int(row),
            Finding(
                STREAM, stream.stream, (source.place,) if source.place else (), source.name, day - length + 1, day,
                float(window.observed[row]), float(window.expected[row]), float(window.bound[row]),
                float(window.probability[row]), stream.facts(int(row), column, length),
            ),
        )  # fmt: skip


def _block(stream: StreamCounts, column: int, length: int) -> tuple[Floats, Floats, Bools]:
    """Counts of the days up to a column, what they are out of (days where that is not said), and who reported on the last."""
    if column < 0:
        nothing = np.zeros(len(stream.sources))
        return nothing, nothing, nothing > 0
    part = slice(max(column - length + 1, 0), column + 1)
    counts, of = stream.counts[:, part], stream.of[:, part]
    known = np.isfinite(counts)
    weight = np.where(known, np.where(np.isfinite(of), of, 1.0), 0.0)
    return np.where(known, counts, 0.0).sum(axis=1), weight.sum(axis=1), known[:, -1]


def _season(stream: StreamCounts, column: int, length: int, settings: Streams) -> float:
    """How much more there was a year ago than in the weeks before it, over all sources: a factor, drawn towards 1."""
    back = column - YEAR
    first = back - WEEK * (settings.skip + settings.weeks)
    if first < 0:
        return 1.0
    now, weight, _ = _block(stream, back, length)
    before, size = np.zeros(len(now)), np.zeros(len(now))
    for step in range(settings.skip + 1, settings.skip + settings.weeks + 1):
        counts, weights, _ = _block(stream, back - WEEK * step, length)
        before, size = before + counts, size + weights
    same = (weight > 0) & (size > 0)
    expected = np.divide(before * weight, size, out=np.zeros_like(before), where=same).sum()
    return float((now[same].sum() + SEASON_PRIOR) / (expected + SEASON_PRIOR))
