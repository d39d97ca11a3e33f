"""More cases than expected: every disease in every county and township, day by day.

The week of a day is the seven days that end on it. The days of a run that fall on one weekday share their weeks, so a whole year
is judged as seven panels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wangdi.outbreaks.evidence.alarm import EvidenceSettings, Judge, bound_of, draw_evidence, send, weigh_evidence
from wangdi.outbreaks.evidence.calibration import Null, draw_counts
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.evidence.ratios import SIZES, Expectation
from wangdi.outbreaks.series import Bools, Floats, Ints
from wangdi.outbreaks.surveillance.baseline import (
    Expected,
    expect_counties,
    expect_places,
    share_places,
    spread_within,
)
from wangdi.outbreaks.surveillance.cases import WEEK, Cases, count_weeks, find_cases, sum_counties
from wangdi.outbreaks.surveillance.findings import UNUSUAL, Finding
from wangdi.outbreaks.surveillance.neighbours import find_neighbours
from wangdi.outbreaks.surveillance.settings import Unusual

SIZES_LOOKED_FOR = (*SIZES, 20.0, 40.0, 80.0)
"""Where a place has a case in years, ten standard deviations are a handful of cases."""
SHARE_SKIP = 8
"""Weeks before the day that do not yet say what a township's share is: an outbreak would hide itself."""
WIDE = (1.3, 2.0)
"""Spreads between which series are alike enough to be calibrated together."""
FEWEST_DRAWN = 2_000
FEWEST_WEEKS = 60
"""A little more than a year: with less history nothing can be expected."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The series of one panel: ``disease`` and ``place`` of each, the places of all counties first as ``-1 - county``."""

    disease: Ints
    place: Ints


@dataclass(frozen=True, slots=True)
class Judged:
    """Every series on every day of one weekday: counts, what was expected, the probability, and what is to be sent.

    ``bound``: the most cases that would have said nothing, worked out where something is said. ``by_chance``: how many would be
    sent of counts drawn without any outbreak. ``judge``, ``needed``: what the evidence would be of other counts, and the evidence
    an alarm needs.
    """

    rows: Rows
    days: Ints
    given: Expectation
    probability: Floats
    bound: Floats
    sent: Bools
    by_chance: float
    judge: Judge
    needed: Floats

    def bounds_of(self, row: int) -> Floats:
        """The most cases of one series that would have said nothing, for every day judged."""
        asked = np.zeros(self.sent.shape, dtype=bool)
        asked[row] = self.given.usable()[row]
        found: Floats = _bounds(self.judge, self.given, self.needed, asked)[row]
        return found


def find_unusual(cases: Cases, days: Sequence[int], settings: Unusual) -> tuple[list[Finding], float]:
    """What is unusual on each of some days, by day, and how many such findings chance alone would make on them.

    A county is told only where none of its townships stands out.

    Missing: nothing on days with less than a year before them.
    """
    found: list[Finding] = []
    by_chance = 0.0
    for weekday in range(WEEK):
        chosen = np.array([day for day in days if day % WEEK == weekday], dtype=np.int64)
        for judged in judge_weekday(cases, chosen, settings):
            found += _tell(cases, judged)
            by_chance += judged.by_chance
    return sorted(found, key=lambda one: (one.day, one.subject, one.places)), by_chance


def judge_weekday(cases: Cases, days: Ints, settings: Unusual, only: int | None = None) -> Iterator[Judged]:
    """The days of one weekday, judged together; nothing where the history is too short. ``only``: one disease."""
    if not len(cases.day) or not len(days):
        return
    last, weeks = int(days[-1]), (int(days[-1]) - int(cases.day[0])) // WEEK + 1
    columns = weeks - 1 - (last - days) // WEEK
    days, columns = days[columns >= FEWEST_WEEKS], columns[columns >= FEWEST_WEEKS]
    if not len(days) or not cases.places:
        return
    counts = count_weeks(cases, last, weeks)
    # A disease without a case in the weeks judged, or the week before, has nothing to say.
    alive: Bools = counts[:, :, columns[0] - 1 :].sum(axis=(1, 2)) > 0
    if only is not None:
        alive &= np.arange(len(alive)) == only
    diseases = np.flatnonzero(alive)
    if len(diseases):
        ends = np.datetime64(0, "D") + (last - WEEK * np.arange(weeks)[::-1])
        past = count_weeks(cases, last, weeks, usual=True)[diseases] if cases.outbreak.any() else counts[diseases]
        yield _judge(cases, (counts[diseases], past), (diseases, days, columns, ends), settings)


def _judge(
    cases: Cases, counted: tuple[Floats, Floats], asked: tuple[Ints, Ints, Ints, np.ndarray], settings: Unusual
) -> Judged:
    """``counted``: all cases, and those that say what is usual."""
    (counts, usual), (diseases, days, columns, ends) = counted, asked
    county_of, number = cases.county_of, len(cases.places)
    counties = int(county_of.max()) + 1
    wide, past = (sum_counties(part[:, :number], county_of) for part in (counts, usual))
    if counties == 1:  # cases without a township are the county's all the same
        wide[:, 0] += counts[:, number]
        past[:, 0] += usual[:, number]
    flat = expect_counties(past.reshape(-1, past.shape[2]), ends, columns, settings)
    shape = (len(diseases), counties, len(columns), 2)
    expected = Expected(flat.mean.reshape(shape), flat.dispersion.reshape(shape), flat.error.reshape(shape))
    people = np.array([place.people for place in cases.places])
    until = np.maximum(columns - SHARE_SKIP, 0)
    share = share_places(usual[:, :number], people, county_of, until, settings.prior_cases)
    spread = spread_within(usual[:, :number], share[:, :, 0], county_of, int(until[0]))
    near = expect_places(expected, share, spread, county_of)
    both = [(wide, expected), (counts[:, :number], near)]
    pairs = np.stack([columns, columns - 1], axis=1)
    given = Expectation(
        np.concatenate([part[:, :, pairs].reshape(-1, *pairs.shape) for part, _ in both]),
        np.concatenate([part.mean.reshape(-1, *pairs.shape) for _, part in both]),
        np.concatenate([part.spread().reshape(-1, *pairs.shape) for _, part in both]),
        SIZES_LOOKED_FOR,
    )
    rows = _rows(len(diseases), counties, number)
    links = _links(cases, len(diseases), counties, settings.neighbours)
    series = Rows(diseases[rows.disease], rows.place)
    slow = np.array([cases.diseases[disease] in settings.slow for disease in series.disease], dtype=bool)
    least = np.where(slow, settings.slow_at_least, settings.at_least)
    return _weigh(series, days, (given, links, least), settings)


def _rows(diseases: int, counties: int, places: int) -> Rows:
    """County rows of every disease, then township rows of every disease."""
    disease = np.concatenate([np.repeat(np.arange(diseases), counties), np.repeat(np.arange(diseases), places)])
    place = np.concatenate([np.tile(-1 - np.arange(counties), diseases), np.tile(np.arange(places), diseases)])
    return Rows(disease, place)


def _links(cases: Cases, diseases: int, counties: int, number: int) -> Links:
    """Neighbouring townships of the same disease."""
    pairs = find_neighbours(cases.places, number)
    starts = diseases * counties + np.arange(diseases) * len(cases.places)
    joined = (pairs[None, :, :] + starts[:, None, None]).reshape(-1, 2)
    return Links(joined, np.zeros((0, 2), dtype=np.int64))


def _weigh(rows: Rows, days: Ints, weighed: tuple[Expectation, Links, Floats], settings: Unusual) -> Judged:
    given, links, least = weighed
    error = np.zeros(given.mean.shape)  # stands in the dispersion already
    known = np.ones((len(days), 2))
    evidence, judge = weigh_evidence(given, known, links)
    nulls = _draw_nulls(given, error, known, links)
    probability = _probability(nulls, evidence, given)
    groups = [str(disease) for disease in rows.disease]
    sent = _send(given.counts, probability, (groups, least), settings)
    mean, dispersion = np.nan_to_num(given.mean), np.nan_to_num(given.dispersion, nan=1.0)
    drawn = np.where(np.isfinite(given.mean), draw_counts(np.random.default_rng(2), mean, error, dispersion), np.nan)
    chance = replace(given, counts=drawn)
    false = _send(drawn, _probability(nulls, weigh_evidence(chance, known, links)[0], given), (groups, least), settings)
    needed = np.array([null.needed(settings.alpha) for null in nulls])[_stratum(given)]
    bounds = _bounds(judge, given, needed, sent)
    return Judged(rows, days, given, probability, bounds, sent, float(false.sum()), judge, needed)


def _stratum(given: Expectation) -> Ints:
    """Which of the kinds of series each is: narrow ones have less evidence by chance than wide ones."""
    found: Ints = np.digitize(np.nan_to_num(given.dispersion[..., 0], nan=1.0), WIDE)
    return found


def _draw_nulls(given: Expectation, error: Floats, known: Floats, links: Links) -> list[Null]:
    """What the evidence is without an outbreak, for each kind of series."""
    drawn, chosen = draw_evidence(given, error, known, links, seed=1)
    stratum = np.tile(_stratum(given)[:, chosen], (len(drawn) // len(given.counts), 1))
    whole = Null.of(drawn)
    return [
        Null.of(drawn[stratum == number]) if np.count_nonzero(stratum == number) >= FEWEST_DRAWN else whole
        for number in range(len(WIDE) + 1)
    ]


def _probability(nulls: Sequence[Null], evidence: Floats, given: Expectation) -> Floats:
    found: Floats = np.stack([null.probability(evidence) for null in nulls])
    chosen: Floats = np.take_along_axis(found, _stratum(given)[None], axis=0)[0]
    return chosen


def _send(counts: Floats, probability: Floats, series: tuple[Sequence[str], Floats], settings: Unusual) -> Bools:
    """What is improbable enough, among few false ones, and no fewer cases in two weeks than the disease needs."""
    groups, least = series
    wanted = EvidenceSettings(alpha=settings.alpha, share_false=settings.share_false)
    many = np.nan_to_num(counts).sum(axis=2) >= least[:, None]
    found: Bools = send(probability, wanted, groups) & many & (np.nan_to_num(counts[..., 0]) > 0)
    return found


def _bounds(judge: Judge, given: Expectation, needed: Floats, asked: Bools) -> Floats:
    """The most cases that would have said nothing; worked out only where it is asked."""
    bound = np.full(asked.shape, np.nan)
    row, column = np.nonzero(asked)
    if len(row):
        counts, mean, dispersion = (
            values[row, column][:, None] for values in (given.counts, given.mean, given.dispersion)
        )
        part = Expectation(counts, mean, dispersion, given.sizes)
        there = Judge(
            judge.known[:1],
            judge.effect[row, column][:, None],
            judge.support[:, row, column][:, :, None],
            judge.elsewhere[row, column][:, None],
        )
        bound[row, column] = bound_of(there, part, needed[row, column][:, None])[:, 0]
    return bound


def _tell(cases: Cases, judged: Judged) -> Iterator[Finding]:
    """Findings of the townships, and of counties none of whose townships stands out for the disease that day."""
    county_of = cases.county_of
    told: set[tuple[int, int, int]] = set()
    order = np.argwhere(judged.sent)
    for row, column in order[np.argsort(judged.rows.place[order[:, 0]] < 0, kind="stable")]:
        disease, place = int(judged.rows.disease[row]), int(judged.rows.place[row])
        county = -1 - place if place < 0 else int(county_of[place])
        if place < 0 and (disease, county, int(column)) in told:
            continue
        told.add((disease, county, int(column)))
        yield _finding(cases, judged, (int(row), int(column)))


def _finding(cases: Cases, judged: Judged, cell: tuple[int, int]) -> Finding:
    row, column = cell
    disease, place, day = int(judged.rows.disease[row]), int(judged.rows.place[row]), int(judged.days[column])
    entries = find_cases(cases, disease, day - WEEK + 1, day)
    entries = entries[cases.counted()[entries]]
    here = np.flatnonzero(cases.county_of == -1 - place) if place < 0 else np.array([place])
    inside = np.isin(cases.place[entries], here) | (
        (place < 0) & (cases.place[entries] < 0) & (len(cases.counties) == 1)
    )
    return Finding(
        UNUSUAL,
        cases.diseases[disease],
        (cases.counties[-1 - place],) if place < 0 else (cases.places[place].code,),
        "",
        day - WEEK + 1,
        day,
        float(judged.given.counts[row, column, 0]),
        float(judged.given.mean[row, column, 0]),
        float(judged.bound[row, column]),
        float(judged.probability[row, column]),
        tuple(int(number) for number in cases.number[entries[inside]]),
    )
