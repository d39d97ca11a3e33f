"""What is unusual: planted clusters are found soon, quiet years stay quiet, too little history says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.epidemics import LAST, plant, quiet_cases, townships
from wangdi.outbreaks.surveillance.baseline import expect_counties, share_places, spread_within
from wangdi.outbreaks.surveillance.cases import WEEK, count_weeks, find_cases, sum_counties
from wangdi.outbreaks.surveillance.neighbours import find_neighbours
from wangdi.outbreaks.surveillance.settings import read_surveillance_settings
from wangdi.outbreaks.surveillance.unusual import find_unusual, judge_weekday

SETTINGS = read_surveillance_settings().unusual
YEAR = range(LAST - 364, LAST + 1)


def test_weeks_hold_every_case_once_and_end_on_the_day() -> None:
    cases = quiet_cases(1)
    counts = count_weeks(cases, LAST, 400)
    assert counts.sum() == len(cases.day)
    week = counts[0, :, -1].sum()
    assert week == np.count_nonzero((cases.disease == 0) & (cases.day > LAST - WEEK))
    again = replace(cases, again=np.ones(len(cases.day), dtype=bool))
    assert count_weeks(again, LAST, 400).sum() == 0


def test_counties_are_the_sum_of_their_places() -> None:
    cases = quiet_cases(2, townships(3, 2))
    counts = count_weeks(cases, LAST, 60)[:, : len(cases.places)]
    summed = sum_counties(counts, cases.county_of)
    assert summed.shape == (5, 2, 60)
    assert (summed[:, 1] == counts[:, 3:].sum(axis=1)).all()


def test_shares_of_a_county_sum_to_one_and_follow_the_people_where_there_are_no_cases() -> None:
    cases = quiet_cases(3)
    counts = count_weeks(cases, LAST, 300)[:, :-1]
    people = np.array([place.people for place in cases.places])
    share = share_places(counts, people, cases.county_of, np.array([0, 250]), 10.0)
    assert np.allclose(share.sum(axis=1), 1.0)
    assert np.allclose(share[0, :, 0], people / people.sum())
    unknown = share_places(counts, np.full(len(people), np.nan), cases.county_of, np.array([0]), 10.0)
    assert np.allclose(unknown[0, :, 0], 1 / len(people))


def test_the_spread_over_places_is_one_by_chance_and_more_in_clusters() -> None:
    cases = quiet_cases(4)
    people = np.array([place.people for place in cases.places])
    clustered = cases
    for start in range(LAST - 1_500, LAST - 200, 40):
        clustered = plant(clustered, "3900", (start // 40) % 6, [start] * 6)
    spreads = []
    for one in (cases, clustered):
        counts = count_weeks(one, LAST, 300)[:, :-1]
        share = share_places(counts, people, one.county_of, np.array([290]), 10.0)
        spreads.append(spread_within(counts, share[:, :, 0], one.county_of, 290)[0])
    assert spreads[0] == pytest.approx(1.0, abs=0.12)
    assert spreads[1] > 1.5


def test_the_expectation_of_a_steady_season_is_near_what_it_was_drawn_from() -> None:
    drawn = [quiet_cases(seed) for seed in range(5, 10)]
    counts = np.stack([count_weeks(one, LAST, 300)[1].sum(axis=0) for one in drawn])
    ends = np.datetime64(0, "D") + (LAST - WEEK * np.arange(300)[::-1])
    expected = expect_counties(counts, ends, np.array([299]), replace(SETTINGS, breaks=()))
    true = 120 / 365 * 7 * (1 + 0.6 * np.cos(2 * np.pi * ((LAST - 3) % 365) / 365))
    assert np.exp(np.log(expected.mean[:, 0, 0]).mean()) == pytest.approx(true, rel=0.25)


def test_a_disease_never_seen_has_a_small_expectation_and_not_none() -> None:
    ends = np.datetime64(0, "D") + (LAST - WEEK * np.arange(200)[::-1])
    expected = expect_counties(np.zeros((1, 200)), ends, np.array([199]), SETTINGS)
    assert 0 < expected.mean[0, 0, 0] < 0.05
    assert expected.error[0, 0, 0] == 0


@pytest.mark.parametrize("size", [5, 9])
def test_a_cluster_in_one_township_is_found_while_it_lasts(size: int) -> None:
    first = LAST - 100
    cases = plant(quiet_cases(11), "1400", 2, [first + day for day in range(size)])
    found, _ = find_unusual(cases, YEAR, SETTINGS)
    near = [one for one in found if one.subject == "1400" and cases.places[2].code in one.places]
    assert near
    assert first < near[0].day <= first + size + 1
    finding = near[-1]
    assert finding.bound is not None
    assert finding.observed > finding.bound
    assert len(finding.facts) == finding.observed
    entries = find_cases(cases, cases.diseases.index("1400"), finding.first, finding.day)
    assert set(finding.facts) <= set(cases.number[entries].tolist())


def test_quiet_years_have_few_findings_and_chance_is_told() -> None:
    found, chance, days = 0, 0.0, 0
    for seed in (21, 22, 23):
        one, by_chance = find_unusual(quiet_cases(seed), YEAR, SETTINGS)
        found, chance, days = found + len(one), chance + by_chance, days + len(YEAR)
    assert found <= 0.08 * days
    assert chance <= 0.08 * days


def test_a_known_outbreak_of_last_year_is_no_part_of_what_is_usual() -> None:
    outbreak = [LAST - 364 + day % 14 for day in range(40)]
    cases = plant(quiet_cases(51), "3900", 2, outbreak)
    known = replace(cases, outbreak=np.isin(cases.day, outbreak) & (cases.place == 2) & (cases.disease == 0))
    bounds = []
    for one in (cases, known):
        (judged,) = judge_weekday(one, np.array([LAST]), SETTINGS, 0)
        bounds.append(float(judged.bounds_of(int(np.flatnonzero(judged.rows.place == 2)[0]))[0]))
    assert bounds[1] < bounds[0]


def test_too_short_a_history_and_nothing_at_all_say_nothing() -> None:
    cases = quiet_cases(31)
    first = int(cases.day[0])
    assert find_unusual(cases, range(first, first + 300), SETTINGS) == ([], 0.0)
    fields = ("disease", "place", "site", "village", "day", "number", "died", "again", "outbreak")
    empty = replace(cases, **{name: getattr(cases, name)[:0] for name in fields})
    assert find_unusual(empty, [LAST], SETTINGS) == ([], 0.0)
    assert list(judge_weekday(cases, np.array([], dtype=np.int64), SETTINGS)) == []


def test_a_day_gives_the_same_whether_run_alone_or_with_others_of_its_weekday() -> None:
    """The counts and expectations do; probabilities are drawn anew for each run and may differ a little."""
    cases = quiet_cases(41)
    (alone,) = judge_weekday(cases, np.array([LAST]), SETTINGS)
    (together,) = judge_weekday(cases, LAST - WEEK * np.arange(5)[::-1], SETTINGS)
    kept = np.flatnonzero(np.isin(together.rows.disease, alone.rows.disease))
    assert (together.given.counts[kept, -1] == alone.given.counts[:, 0]).all()
    assert np.allclose(together.given.mean[kept, -1], alone.given.mean[:, 0])


def test_neighbours_are_the_nearest_both_ways_round() -> None:
    places = townships(6)
    pairs = {tuple(pair) for pair in find_neighbours(places, 2).tolist()}
    assert (0, 1) in pairs
    assert (1, 0) in pairs
    assert (0, 5) not in pairs
    nowhere = tuple(replace(place, lon=np.nan, lat=np.nan) for place in places)
    assert find_neighbours(nowhere, 2).shape == (0, 2)
