"""The better alarm: what evidence is, that its probabilities hold, what neighbours add, and which signals are sent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from wangdi.outbreaks.detectors.farrington import FlexibleSettings
from wangdi.outbreaks.diseases import find_criteria, read_disease_settings
from wangdi.outbreaks.evidence.alarm import EvidenceSettings, detect_by_evidence, weigh_evidence
from wangdi.outbreaks.evidence.calibration import Null
from wangdi.outbreaks.evidence.discovery import control_false, discover
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.evidence.ratios import ONSETS, SIZES, Expectation, log_likelihood, thin
from wangdi.outbreaks.series import panel_of
from wangdi.outbreaks.simulation.scenarios import draw_scenarios, read_scenarios
from wangdi.outbreaks.simulation.scoring import score_detection
from wangdi.outbreaks.simulation.simulate import FIRST_CURRENT, WEEKS, Extras, simulate

Floats = npt.NDArray[np.float64]

EVERYTHING = EvidenceSettings(share_false=1.0)
JUDGED = np.arange(FIRST_CURRENT - 1, WEEKS)
PAIR = np.array([[0, 1], [1, 0]])
NO_PAIRS = np.zeros((0, 2), dtype=np.int64)


def given(now: list[float], before: list[float], mean: float = 4.0, phi: float = 2.0) -> tuple[Expectation, Floats]:
    """One period of several series that all expect the same."""
    counts = np.stack([np.array(now), np.array(before)], axis=1)[:, None, :]
    return Expectation(counts, np.full(counts.shape, mean), np.full(counts.shape, phi)), np.ones((1, 2))


def test_evidence_is_the_average_likelihood_ratio() -> None:
    def density(count: float, mean: float, phi: float) -> float:
        return float(stats.nbinom.pmf(count, mean / (phi - 1), 1 / phi))

    now, before, mean, phi = 12.0, 9.0, 4.0, 2.0
    ratios = []
    for size in SIZES:
        first, second = (size * np.sqrt(mean * phi) * share for share in ONSETS)

        def ratio(count: float, extra: float) -> float:
            return density(count, mean + extra, (mean * phi + extra) / (mean + extra)) / density(count, mean, phi)

        ratios += [ratio(now, first), ratio(now, second) * ratio(before, first)]
    found, _ = weigh_evidence(*given([now], [before], mean, phi), Links.none())
    assert found[0, 0] == pytest.approx(np.log(np.mean(ratios)))
    assert log_likelihood(np.array(3.0), np.array(2.0), np.array(1.0)) == pytest.approx(
        stats.poisson.logpmf(3, 2) + np.log(6)
    )


def test_neighbours_and_the_period_before_add_to_it_and_explain_it_away() -> None:
    links = Links(PAIR, NO_PAIRS)

    def evidence(now: list[float], before: list[float]) -> float:
        return float(weigh_evidence(*given(now, before), links)[0][0, 0])

    usual = evidence([9, 4], [4, 4])
    assert evidence([9, 9], [4, 4]) > usual
    assert evidence([9, 4], [9, 4]) > usual
    assert evidence([9, 1], [4, 1]) < usual
    alone = float(weigh_evidence(*given([4, 30], [4, 4]), Links.none())[0][0, 0])
    assert evidence([4, 30], [4, 4]) < alone, "an outbreak next door is no outbreak here"
    assert evidence([9, 1], [4, 1]) < evidence([9, np.nan], [4, np.nan]) < evidence([9, 9], [4, 4])


def test_a_count_that_is_not_all_known_yet_is_held_against_less() -> None:
    counts = np.array([[[4.0, 4.0]]])
    mean, phi = thin(np.full(counts.shape, 6.0), np.full(counts.shape, 2.0), np.array([[0.5, 1.0]]))
    assert mean[0, 0].tolist() == [3.0, 6.0]
    assert phi[0, 0].tolist() == [1.5, 2.0]
    thinned, _ = weigh_evidence(Expectation(counts, mean, phi), np.array([[0.5, 1.0]]), Links.none())
    whole, _ = weigh_evidence(*given([4], [4], 6.0), Links.none())
    assert thinned[0, 0] > whole[0, 0]
    random = np.random.default_rng(6)
    drawn = random.binomial(random.negative_binomial(6.0, 0.5, 200_000), 0.5)
    assert (drawn.mean(), drawn.var() / drawn.mean()) == (pytest.approx(3.0, rel=0.02), pytest.approx(1.5, rel=0.02))


def test_the_probability_of_an_alarm_without_an_outbreak_is_alpha() -> None:
    random = np.random.default_rng(8)
    level = np.exp(random.normal(1.0, 1.0, (300, 1)))
    panel = panel_of(random.negative_binomial(level * np.ones(400), 0.5))
    ring = np.array([[one, (one + step) % 300] for one in range(300) for step in (1, 299)])
    for alpha in (0.05, 0.01):
        # Weighing past outbreaks down takes a little of the ordinary dispersion too, and the probabilities with it.
        settings = EvidenceSettings(alpha, share_false=1.0, baseline=FlexibleSettings(reweight=False))
        found = detect_by_evidence(panel, np.arange(360, 400), settings, Links(ring, NO_PAIRS))
        assert np.nanmean(found.alarm) == pytest.approx(alpha, rel=0.35)


def test_the_bound_is_the_largest_count_without_an_alarm() -> None:
    sim = simulate(5, 1, Extras(4), read_scenarios()[8:16])
    links = Links(sim.neighbours, NO_PAIRS)
    found = detect_by_evidence(sim.panel, JUDGED[:20], EVERYTHING, links)
    assert np.array_equal(found.alarm == 1, found.observed > found.upperbound)
    assert np.array_equal(found.alarm == 1, found.pvalue <= 0.01)
    again = detect_by_evidence(sim.panel, JUDGED[:20], EVERYTHING, links)
    assert np.array_equal(found.pvalue, again.pvalue), "what is drawn is drawn from a seed"


def test_a_series_without_history_is_told_and_stops_no_other() -> None:
    observed = np.random.default_rng(1).poisson(5.0, (3, 330)).astype(np.float64)
    observed[0, :320] = np.nan
    observed[1, -1] = np.nan
    found = detect_by_evidence(
        panel_of(observed), np.array([329]), EVERYTHING, Links(np.concatenate([PAIR, PAIR + 1]), NO_PAIRS)
    )
    assert np.isnan(found.alarm[:2, 0]).all()
    assert found.reason[:2, 0].all()
    assert np.isfinite(found.pvalue[2, 0])


def test_what_is_rarer_than_all_that_was_drawn_has_a_tail() -> None:
    drawn = np.random.default_rng(3).exponential(1.0, 40_000)
    null = Null.of(drawn)
    for depth in (2.0, 6.0, 14.0):
        assert np.log(null.probability(np.array([depth]))[0]) == pytest.approx(-depth, abs=0.15 + depth * 0.05)
    assert null.probability(np.array([null.needed(1e-6)]))[0] == pytest.approx(1e-6)
    assert null.probability(np.array([null.needed(0.05)]))[0] == pytest.approx(0.05, rel=0.01)


def test_false_signals_are_held_down_as_by_benjamini_and_hochberg() -> None:
    probabilities = np.random.default_rng(2).uniform(size=200) ** 3
    adjusted = stats.false_discovery_control(probabilities)
    for share in (0.01, 0.1, 0.5):
        assert np.array_equal(control_false(probabilities, share), adjusted <= share)
    assert not control_false(np.zeros(0), 0.1).any()


def test_signals_are_chosen_by_group_and_then_within() -> None:
    probabilities = np.array([0.001, 0.3, 0.04, 0.5, 0.6, np.nan])
    groups = ["measles", "measles", "measles", "mumps", "mumps", "mumps"]
    assert discover(probabilities, groups, 0.1).tolist() == [True, False, False, False, False, False]
    everything = np.full(6, 0.0001)
    assert discover(everything, groups, 0.1).all()
    quiet = np.random.default_rng(4)
    false = [discover(quiet.uniform(size=50), ["a"] * 25 + ["b"] * 25, 0.2).any() for _ in range(400)]
    assert np.mean(false) == pytest.approx(0.2, abs=0.06), "of days on which nothing happens a fifth have a signal"


def test_it_beats_the_single_bound_where_there_are_neighbours() -> None:
    """A small edition of ``python -m bench detect-quality``."""
    from wangdi.outbreaks.detectors.farrington import detect_farrington_flexible

    sim = simulate(31, 1, Extras(9, together=True), draw_scenarios(3, 12))
    outbreak, event = sim.outbreak[:, JUDGED], sim.event[:, JUDGED]
    peer = detect_farrington_flexible(sim.panel, JUDGED, FlexibleSettings())
    better = detect_by_evidence(sim.panel, JUDGED, EVERYTHING, Links(sim.neighbours, NO_PAIRS))
    theirs, ours = (score_detection(score, outbreak, event)[1] for score in (-peer.pvalue, better.more["evidence"]))
    assert ours.series > theirs.series + 0.05


def test_the_simulation_is_what_the_paper_says() -> None:
    scenarios = read_scenarios()
    assert len(scenarios) == 28
    assert [scenarios[15].theta, scenarios[15].beta, scenarios[15].phi] == [0.5, 0.002, 5.0]
    one, other = simulate(9, 2), simulate(9, 2)
    assert np.array_equal(one.panel.observed, other.panel.observed)
    assert not np.array_equal(one.panel.observed, simulate(10, 2).panel.observed)
    assert not one.outbreak[:, : FIRST_CURRENT - 1].any()
    assert ((one.outbreak > 0) == (one.event >= 0)).all()
    assert (one.panel.observed >= one.outbreak).all()
    quiet = one.panel.observed[np.repeat([s.phi for s in scenarios], 2) == 5.0, :310]
    assert (quiet.var(axis=1) / quiet.mean(axis=1)).mean() > 3


def test_extras_are_in_the_counts() -> None:
    scenarios = draw_scenarios(1, 6)
    plain, stopped = (
        simulate(4, 3, extras, scenarios).panel.observed for extras in (Extras(), Extras(pandemic=(400, 450, 0.0)))
    )
    assert plain[:, 399:450].mean() > 0
    assert stopped[:, 405:440].mean() < plain[:, 405:440].mean() / 2
    late = simulate(4, 3, Extras(late=(0.6, 0.9, 1.0)), scenarios)
    assert late.shown is not None
    shares = late.shown.sum(axis=(1, 2)) / late.panel.observed.sum()
    assert shares.tolist() == [pytest.approx(0.6, abs=0.01), pytest.approx(0.9, abs=0.01), 1.0]
    spread = simulate(4, 2, Extras(9, spill=0.5), scenarios)
    assert len(spread.neighbours) == 24 * 12
    touched = [len(np.unique(np.flatnonzero((spread.event == one).any(axis=1)))) for one in range(12)]
    assert max(touched) > 2


def test_a_score_is_judged_by_hand() -> None:
    outbreak = np.zeros((3, 200))
    outbreak[0, 10:12] = 2
    outbreak[1, 11] = 1
    outbreak[2, 50] = 1
    event = np.where(outbreak > 0, np.array([[0], [0], [1]]), -1)
    score = np.zeros((3, 200))
    score[2, 100:103] = 5  # three of 596 quiet weeks: more than half a percent, less than one
    score[0, 11] = 3
    found = score_detection(score, outbreak, event)
    assert [one.series for one in found] == [pytest.approx(one) for one in (0, 1 / 3, 1 / 3, 1 / 3)]
    assert [one.events for one in found] == [0, 0.5, 0.5, 0.5]
    assert (found[1].delay, found[1].at_once) == (1.0, 0.0)


def test_what_is_set_by_disease_is_read_with_its_source() -> None:
    settings = read_disease_settings()
    assert settings.percentiles["1000"] == 0.9
    assert len(settings.percentiles) == 19
    assert {one.value for one in find_criteria("麻疹", place="学校")} == {10}
    assert find_criteria("痢疾", counts="deaths")[0].days == 3
    assert find_criteria("登革热", place="学校") == []
    assert [one.level for one in find_criteria("手足口病", place="幼儿园")] == ["cluster", "outbreak"]
    assert all(one.source for one in settings.criteria)
