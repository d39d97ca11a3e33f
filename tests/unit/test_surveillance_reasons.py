"""The other reasons for a signal, and how findings become signals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.epidemics import LAST, plant, quiet_cases, townships
from wangdi.app.signal_views import draw_signal
from wangdi.core.problem import Refusal
from wangdi.outbreaks.detectors.moving_percentile import PercentileSettings, detect_moving_percentile
from wangdi.outbreaks.series import DAILY, Panel
from wangdi.outbreaks.surveillance.cases import NOWHERE, Cases, Site
from wangdi.outbreaks.surveillance.day import Watched, run_days
from wangdi.outbreaks.surveillance.findings import CRITERION, EACH, INSTITUTION, SCAN, STREAM, UNUSUAL, Finding
from wangdi.outbreaks.surveillance.percentile import find_by_percentile
from wangdi.outbreaks.surveillance.rules import find_at_institutions, find_criteria_met, find_single_cases
from wangdi.outbreaks.surveillance.scanning import find_clusters
from wangdi.outbreaks.surveillance.settings import read_surveillance_settings
from wangdi.outbreaks.surveillance.signals import Ground, Signal, group_findings
from wangdi.outbreaks.surveillance.streams import Behind, Source, StreamCounts, find_in_streams

SETTINGS = read_surveillance_settings()
SCHOOL = Site("镇中心小学", "学校")
START = LAST - 60


def test_a_criterion_is_met_on_the_day_its_last_case_comes_and_not_before() -> None:
    days = [START + day // 4 for day in range(20)]  # 4 a day, 20 on the fifth
    cases = plant(quiet_cases(1), "3900", 1, days, SCHOOL)
    found = find_criteria_met(cases, range(LAST - 90, LAST + 1))
    assert [(one.day, one.observed, one.site, one.subject) for one in found] == [(START + 4, 20, "镇中心小学", "3900")]
    fewer = plant(quiet_cases(1), "3900", 1, days[:-1], SCHOOL)
    assert find_criteria_met(fewer, range(LAST - 90, LAST + 1)) == []


def test_a_criterion_of_schools_is_not_met_at_a_place_of_another_kind() -> None:
    works = Site("镇农机厂", "")
    cases = plant(quiet_cases(1), "3900", 1, [START] * 25, works)
    assert find_criteria_met(cases, range(LAST - 90, LAST + 1)) == []


def test_deaths_are_counted_where_the_criterion_counts_deaths() -> None:
    cases = plant(quiet_cases(1), "3900", 1, [START], SCHOOL)
    assert find_criteria_met(cases, [START]) == []
    died = replace(cases, died=cases.site != NOWHERE)
    assert [one.observed for one in find_criteria_met(died, [START])] == [1]


def test_every_case_of_some_diseases_is_told_by_township_and_day() -> None:
    cases = plant(plant(quiet_cases(1), "1000", 0, [START, START]), "1000", 3, [START])
    found = find_single_cases(cases, [START], ["1000"], EACH)
    assert [(one.places, one.observed) for one in found] == [((cases.places[0].code,), 2), ((cases.places[3].code,), 1)]
    assert find_single_cases(cases, [START], [], EACH) == []


def test_several_at_one_institution_are_unusual_unless_it_always_has_some() -> None:
    days = [START, START + 1, START + 2]
    rare = plant(quiet_cases(1), "1400", 1, days, SCHOOL)
    found = find_at_institutions(rare, range(LAST - 90, LAST + 1), SETTINGS.institution)
    assert [(one.day, one.observed, one.site) for one in found] == [(START + 2, 3, "镇中心小学")]
    assert found[0].expected is not None
    assert found[0].expected < 0.5
    usual = plant(rare, "1400", 1, list(range(START - 1_000, START, 3)), SCHOOL)
    usual = replace(usual, site=np.where(usual.site > 0, 0, usual.site))
    assert find_at_institutions(usual, range(LAST - 90, LAST + 1), SETTINGS.institution) == []


def test_a_cluster_over_townships_is_scanned_to_the_townships_it_lies_in() -> None:
    cases = quiet_cases(3, townships(12))
    for place, number in ((4, 7), (5, 8), (6, 7)):
        cases = plant(cases, "3500", place, [LAST - step % 4 for step in range(number)])
    found = find_clusters(cases, [LAST], SETTINGS.scan)
    assert [one.subject for one in found] == ["3500"]
    assert set(found[0].places) <= {cases.places[place].code for place in (3, 4, 5, 6, 7)}
    assert len(found[0].places) >= 2
    assert len(found[0].facts) == found[0].observed


def test_townships_without_centres_are_not_scanned() -> None:
    places = tuple(replace(one, lon=np.nan, lat=np.nan) for one in townships(12))
    cases = plant(quiet_cases(3, places), "4000", 5, [LAST] * 9)
    assert find_clusters(cases, [LAST], SETTINGS.scan) == []


def stream_of(counts: np.ndarray, of: float = np.nan) -> StreamCounts:
    rows, days = counts.shape
    sources = tuple(Source(f"s{row}", f"学校{row}", "990001000000") for row in range(rows))
    behind = Behind(np.arange(rows * days), np.arange(1, rows * days + 1))
    return StreamCounts("school_absence", sources, LAST - days + 1, counts, np.full(counts.shape, of), behind)


def test_a_day_of_many_absences_is_found_at_its_school_and_weekends_are_unknown() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(6, (4, 200)).astype(float)
    counts[:, [day for day in range(200) if (LAST - 199 + day) % 7 in (2, 3)]] = np.nan
    day = max(day for day in range(180, 200) if np.isfinite(counts[0, day]))
    counts[2, day] = 35
    stream = stream_of(counts)
    found = find_in_streams([stream], range(LAST - 30, LAST + 1), SETTINGS.streams)
    assert {one.site for one in found} == {"学校2"}
    assert found[0].day == stream.first + day
    assert found[0].observed == 35
    assert found[0].bound is not None
    assert 6 < found[0].bound < 35


def test_more_out_of_more_is_no_alarm() -> None:
    rng = np.random.default_rng(6)
    of = np.full((1, 120), 100.0)
    of[0, -7:] = 400.0
    counts = rng.poisson(of * 0.05).astype(float)
    stream = replace(stream_of(counts), of=of)
    assert find_in_streams([stream], [LAST], SETTINGS.streams) == []
    assert find_in_streams([replace(stream, of=np.full((1, 120), np.nan))], [LAST], SETTINGS.streams) != []


def test_a_stream_of_two_weeks_says_nothing() -> None:
    counts = np.full((1, 14), 3.0)
    counts[0, -1] = 300
    assert find_in_streams([stream_of(counts)], [LAST], SETTINGS.streams) == []


def test_a_yearly_season_is_expected() -> None:
    days = np.arange(500)
    counts = np.where((days % 364 > 80) & (days % 364 < 110), 60.0, 10.0)[None, :].repeat(3, axis=0)
    stream = stream_of(counts)
    day = stream.first + 364 + 95
    assert find_in_streams([stream], [day], SETTINGS.streams) == []
    assert find_in_streams([stream], [stream.first + 95], SETTINGS.streams) != []


def signal_of(found: list[Finding]) -> Signal:
    (signal,) = group_findings(found, [], GROUND, SETTINGS)
    return signal


@pytest.mark.parametrize("days", [1, 7])
def test_the_curve_of_a_source_ends_on_what_the_finding_said(days: int) -> None:
    """A jump of one day is drawn by days, one spread over a week by weeks; both with the finding's own numbers."""
    counts = np.random.default_rng(5).poisson(6, (4, 200)).astype(float)
    counts[2, -days:] += 40 // days
    stream = stream_of(counts)
    found = find_in_streams([stream], [LAST], SETTINGS.streams)
    assert [one.day - one.first + 1 for one in found] == [days]
    (curve,) = draw_signal(Watched(quiet_cases(1), (stream,)), signal_of(found), SETTINGS)
    last = (curve.observed[-1], curve.expected[-1], curve.bound[-1])
    assert last == (found[0].observed, round(found[0].expected or 0, 2), found[0].bound)
    assert (curve.subject, curve.site, curve.days) == ("school_absence", "学校2", days)
    assert curve.marked == (*[False] * (len(curve.labels) - 1), True)
    before = [
        (one, bound) for one, bound in zip(curve.observed[:-1], curve.bound[:-1], strict=True) if bound is not None
    ]
    assert len(before) > 8, "the weeks before have a bound as well"
    assert all(one is not None and one <= bound for one, bound in before)


def test_a_day_without_a_report_is_a_gap_and_a_young_stream_has_no_bound() -> None:
    counts = np.full((1, 40), 3.0)
    counts[0, -3], counts[0, -1] = np.nan, 40
    stream = stream_of(counts)
    found = find_in_streams([stream], [LAST], SETTINGS.streams)
    (curve,) = draw_signal(Watched(quiet_cases(1), (stream,)), signal_of(found), SETTINGS)
    assert (curve.observed[-3], curve.bound[-3], curve.days) == (None, None, 1)
    assert curve.bound[-40] is None, "on its first day nothing was known of it"
    assert curve.observed[-40] == 3
    assert curve.observed[-41] is None


def test_a_signal_of_cases_and_streams_draws_each_the_surest_first() -> None:
    counts = np.full((3, 200), 6.0)
    counts[1, -1], counts[2, -1] = 25, 60
    stream = stream_of(counts)
    cases = plant(quiet_cases(1), "3900", 1, [LAST] * 9)
    of_cases = finding(UNUSUAL, "3900", LAST, ("990001000000",))
    found = find_in_streams([stream], [LAST], SETTINGS.streams)
    signal = Signal("S1", LAST, ("3900", "school_absence"), (), (), (of_cases, *found))
    curves = draw_signal(Watched(cases, (stream,)), signal, SETTINGS)
    assert [(one.subject, one.site) for one in curves] == [
        ("3900", ""), ("school_absence", "学校2"), ("school_absence", "学校1"),
    ]  # fmt: skip


def test_the_moving_percentile_is_that_of_the_detector() -> None:
    cases = quiet_cases(7)
    days = range(LAST - 20, LAST + 1)
    found = {(one.subject, one.day) for one in find_by_percentile(cases, days)}
    first = int(cases.day[0])
    counts = np.zeros((1, LAST - first + 1))
    np.add.at(counts[0], cases.day[cases.disease == 1] - first, 1)
    dates = np.datetime64(0, "D") + np.arange(first, LAST + 1)
    settings = PercentileSettings(percentile=0.7)
    alarms = detect_moving_percentile(Panel(("x",), counts, DAILY, dates), np.array(days) - first, settings)
    expected = {("3500", day) for day, alarm in zip(days, alarms.alarm[0], strict=True) if alarm == 1}
    assert {one for one in found if one[0] == "3500"} == expected
    assert expected


# ---- signals ----------------------------------------------------------------------------------------------------------
A, B, C = "990001001000", "990001002000", "990001009000"
GROUND = Ground({A: "99", B: "99", C: "99"}, {A: frozenset({B}), B: frozenset({A})}, SETTINGS.families)


def finding(
    method: str, subject: str, day: int, places: tuple[str, ...], site: str = "", facts: tuple[int, ...] = (1,)
) -> Finding:
    return Finding(method, subject, places, site, day - 6, day, 5.0, 1.0, 3.0, 1e-4, facts)


def test_one_event_is_one_signal_over_methods_days_and_neighbours() -> None:
    findings = [
        finding(UNUSUAL, "3900", 10, (A,), facts=(1, 2)),
        finding(INSTITUTION, "3900", 11, (A,), "小学", (2, 3)),
        finding(STREAM, "school_absence", 12, (A,), "小学"),
        finding(UNUSUAL, "3900", 14, (B,)),
        finding(SCAN, "3900", 15, (A, B)),
        finding(UNUSUAL, "3900", 16, ("99",)),
    ]
    (signal,) = group_findings(findings, [], GROUND, SETTINGS)
    assert signal.day == 10
    assert signal.last == 16
    assert signal.subjects == ("3900", "school_absence")
    assert signal.facts == (1, 2, 3)
    assert not signal.urgent
    assert Signal.from_json(signal.to_json()) == signal


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (finding(UNUSUAL, "1800", 11, (A,)), "another disease"),
        (finding(UNUSUAL, "3900", 11, (C,)), "a township that is no neighbour"),
        (finding(UNUSUAL, "3900", 25, (A,)), "after more than the quiet days"),
    ],
)
def test_what_is_another_event_is_another_signal(other: Finding, why: str) -> None:
    signals = group_findings([finding(UNUSUAL, "3900", 10, (A,)), other], [], GROUND, SETTINGS)
    assert len(signals) == 2, why
    assert len({one.id for one in signals}) == 2


def test_a_day_run_again_changes_nothing_and_a_later_one_adds() -> None:
    first = [finding(UNUSUAL, "3900", 10, (A,)), finding(CRITERION, "3900", 10, (A,), "小学")]
    standing = group_findings(first, [], GROUND, SETTINGS)
    assert group_findings(first, standing, GROUND, SETTINGS) == []
    (grown,) = group_findings([*first, finding(UNUSUAL, "3900", 11, (A,))], standing, GROUND, SETTINGS)
    assert grown.id == standing[0].id
    assert len(grown.findings) == 3
    assert grown.urgent


def test_findings_in_any_order_make_the_same_signals() -> None:
    findings = [
        finding(UNUSUAL, subject, day, (place,))
        for subject in ("3900", "3500")
        for day in (3, 9, 30)
        for place in (A, C)
    ]
    forwards = group_findings(findings, [], GROUND, SETTINGS)
    assert group_findings(findings[::-1], [], GROUND, SETTINGS) == forwards
    assert len(forwards) == 8


def test_what_breaks_one_stream_stops_no_other() -> None:
    cases = plant(quiet_cases(1), "1000", 0, [LAST])
    broken = replace(stream_of(np.full((1, 60), 3.0)), counts=np.array(["broken"], dtype=object))
    run = run_days(Watched(cases, (broken,)), [LAST], SETTINGS)
    assert list(run.failed) == ["stream school_absence"]
    assert EACH in {one.method for one in run.findings}
    assert run.by_chance is not None


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"unusual": {"alhpa": 0.1}}, "SIGNAL-001"),
        ({"nothing": {"alpha": 0.1}}, "SIGNAL-001"),
        ({"unusual": {"alpha": "much"}}, "SIGNAL-002"),
        ({"unusual": {"years": 2.5}}, "SIGNAL-002"),
        ({"scan": {"replicates": -1}}, "SIGNAL-002"),
    ],
)
def test_settings_that_are_none_are_refused(own: dict[str, dict[str, object]], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_surveillance_settings(own)
    assert refused.value.problem.code == code


def test_a_citys_own_settings_lie_over_the_shipped_ones() -> None:
    own = read_surveillance_settings({"unusual": {"alpha": "0.01"}, "signals": {"quiet_days": 7}})
    assert own.unusual.alpha == 0.01
    assert own.signals.quiet_days == 7
    assert own.unusual.share_false == SETTINGS.unusual.share_false


def test_cases_without_a_place_count_for_the_only_county() -> None:
    cases = quiet_cases(9)
    lost: Cases = replace(cases, place=np.full(len(cases.day), NOWHERE))
    run = run_days(Watched(lost, ()), [LAST], SETTINGS)
    assert run.failed == {}
