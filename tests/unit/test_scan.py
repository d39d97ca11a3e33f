"""The scan statistic: hand-worked ratios, everything by brute force, what may not matter, and chance told as chance."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, multivariate_hypergeom

from wangdi.outbreaks.space.circles import EARTH_KM, Circles, Floats, list_windows, place_on_sphere
from wangdi.outbreaks.space.likelihood import Likelihood, find_limit
from wangdi.outbreaks.space.maxima import Scan, find_maxima
from wangdi.outbreaks.space.scan import Chances, draw_maxima, find_windows, fit_gumbel, rank_ratio, scan_study
from wangdi.outbreaks.space.study import Chance, Model, Study, build_study


def made_up(model: Model, zones: int, times: int, rate: float, seed: int) -> Scan:
    source = np.random.default_rng(seed)
    people = np.repeat(source.integers(300, 900, (zones, 1)), times, axis=1).astype(np.float64)
    cases = source.poisson(rate, (zones, times))
    cases[0, 0] += 1
    study = build_study(model, cases, people)
    weights = cases.sum(axis=1).astype(np.float64) if model is Model.permutation else people[:, 0]
    circles = Circles(source.random((zones, 2)), weights, 0.5 * float(weights.sum()))
    return Scan(study, circles, list_windows(times, max(1, times // 2)))


def best_by_hand(scan: Scan, cases: np.ndarray) -> float:
    """Every window one by one."""
    likelihood, best = scan.study.likelihood, 0.0
    for zone in range(len(cases)):
        order, ends = scan.circles.around(zone)
        for end in ends:
            for begin, until in zip(scan.windows.begins, scan.windows.ends, strict=True):
                inside = cases[order[:end], begin:until].sum()
                size = scan.study.sizes[order[:end], begin:until].sum()
                best = max(best, float(likelihood.ratio(inside, size)))
    return best


# ---- the ratio ---------------------------------------------------------------------------------------------------------
def test_a_poisson_ratio_by_hand() -> None:
    # 8 ln(8/4) + 12 ln(12/16) = 5.545177 - 3.452185
    assert Likelihood(20, 20.0).ratio(8, 4.0) == pytest.approx(2.0929928, abs=1e-6)
    assert Likelihood(20, 20.0).ratio(4, 4.0) == 0
    assert Likelihood(20, 20.0).ratio(3, 4.0) == 0, "fewer than expected is no cluster"
    assert Likelihood(20, 20.0).ratio(20, 5.0) == pytest.approx(20 * np.log(4))


def test_a_bernoulli_ratio_by_hand() -> None:
    # 5 of 10 inside, 1 of 30 outside, 6 of 40 in all
    inside = 5 * np.log(0.5) + 5 * np.log(0.5)
    outside = np.log(1 / 30) + 29 * np.log(29 / 30)
    together = 6 * np.log(0.15) + 34 * np.log(0.85)
    assert Likelihood(6, 40.0, True).ratio(5, 10.0) == pytest.approx(inside + outside - together)


@given(
    st.integers(1, 400),
    st.floats(0.001, 1),
    st.floats(0.001, 1),
    st.integers(0, 400),
    st.integers(0, 400),
    st.booleans(),
)
def test_a_ratio_grows_with_cases_and_falls_with_size(
    total: int, one: float, other: float, few: int, many: int, individuals: bool
) -> None:
    size = total * 3.0 if individuals else float(total)
    likelihood = Likelihood(total, size, individuals)
    few, many = sorted((min(few, total), min(many, total)))
    small, large = sorted((one * size, other * size))
    assert likelihood.ratio(few, small) <= likelihood.ratio(many, small) + 1e-9
    assert likelihood.ratio(many, small) >= likelihood.ratio(many, large) - 1e-9


@given(st.integers(1, 300), st.floats(0, 12), st.floats(0, 1), st.booleans())
def test_a_limit_lets_nothing_through_that_matters(total: int, floor: float, share: float, individuals: bool) -> None:
    size = total * 2.0 if individuals else float(total)
    likelihood = Likelihood(total, size, individuals)
    limit = int(find_limit(likelihood.limits(floor), np.array([likelihood.expected(share * size)]))[0])
    below = np.arange(min(limit, total + 1))
    assert not (likelihood.ratio(below, np.full(len(below), share * size)) > floor + 1e-9).any()


# ---- circles and windows -----------------------------------------------------------------------------------------------
def test_zones_equally_far_away_come_in_together() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 3.0]])
    order, ends = Circles(points, np.ones(4), 4.0).around(0)
    assert (order[0], set(order[1:3]), order[3], ends.tolist()) == (0, {1, 2}, 3, [1, 3, 4])
    order, ends = Circles(points, np.ones(4), 2.0).around(0)
    assert ends.tolist() == [1], "the two do not both fit, so neither does"
    assert Circles(points, np.ones(4), 4.0, radius=1.0).around(0)[1].tolist() == [1, 3]
    assert Circles(points, np.array([5.0, 1, 1, 1]), 4.0).around(0)[1].tolist() == [], (
        "a zone above the reach is no circle"
    )


def test_distances_on_the_sphere_are_great_circles() -> None:
    points = place_on_sphere(np.array([0.0, 90.0, 116.4, 121.5]), np.array([0.0, 0.0, 39.9, 31.2]))
    circles = Circles(points, np.ones(4), 4.0, sphere=True)
    assert circles.distance(0, 1) == pytest.approx(EARTH_KM * np.pi / 2)
    east, north = np.radians([116.4, 121.5]), np.radians([39.9, 31.2])
    haversine = np.sin(np.diff(north) / 2) ** 2 + np.cos(north[0]) * np.cos(north[1]) * np.sin(np.diff(east) / 2) ** 2
    assert circles.distance(2, 3) == pytest.approx(float(2 * EARTH_KM * np.arcsin(np.sqrt(haversine))[0]))
    near = Circles(points, np.ones(4), 4.0, radius=circles.distance(2, 3), sphere=True)
    assert near.around(2)[1].tolist() == [1, 2]


def test_windows_of_time() -> None:
    looked = list_windows(4, 2)
    assert list(zip(looked.begins, looked.ends, strict=True)) == [
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 4),
        (0, 2),
        (1, 3),
        (2, 4),
    ]
    now = list_windows(4, 2, prospective=True)
    assert list(zip(now.begins, now.ends, strict=True)) == [(2, 4), (3, 4)]
    for windows in (looked, now):
        placed = np.concatenate(windows.by_length)
        assert sorted(placed) == list(range(len(windows.ends)))
        assert [len({*(windows.ends - windows.begins)[places]}) for places in windows.by_length] == [1, 1]
        assert list(windows.steps(placed)) == list(zip(windows.begins[placed], windows.ends[placed], strict=True))


# ---- the search --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("model", "zones", "times", "rate"),
    [
        (model, *size)
        for model, size in product(Model, [(25, 5, 0.2), (40, 1, 3.0), (12, 4, 60.0), (6, 3, 4000.0)])
        if model is not Model.permutation or size[1] > 1  # one time leaves nothing to permute
    ],
)
def test_the_pruned_search_finds_what_looking_at_everything_finds(
    model: Model, zones: int, times: int, rate: float
) -> None:
    scan = made_up(model, zones, times, min(rate, 200.0) if model is Model.bernoulli else rate, 7)
    replicates = range(3, 12)
    chance = Chance(scan.study)
    drawn = [
        np.bincount(chance.draw(np.random.default_rng([5, one])), minlength=zones * times).reshape(zones, times)
        for one in replicates
    ]
    expected = [best_by_hand(scan, cases) for cases in drawn]
    assert find_maxima(scan, 5, replicates) == pytest.approx(expected, abs=1e-9)
    assert find_windows(scan, 0.0, 1)[0].ratio == pytest.approx(best_by_hand(scan, scan.study.cases), abs=1e-9)


def test_limits_are_raised_and_replicates_sorted_on_the_way() -> None:
    """More zones than any step of raising the limits, so that every part of the search takes part."""
    scan = made_up(Model.poisson, 600, 2, 0.4, 3)
    chance = Chance(scan.study)
    drawn = np.bincount(chance.draw(np.random.default_rng([1, 4])), minlength=1200).reshape(600, 2)
    study = Study(Model.poisson, drawn, scan.study.sizes)
    alone = find_windows(Scan(study, scan.circles, scan.windows), 0.0, 1)[0].ratio
    assert find_maxima(scan, 1, range(20))[4] == pytest.approx(alone, abs=1e-9)


def test_processes_and_portions_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = made_up(Model.poisson, 20, 3, 1.0, 2)
    alone = draw_maxima(scan, Chances(24, 9))
    monkeypatch.setattr("wangdi.outbreaks.space.scan.WORTH_IT", 0)
    assert (draw_maxima(scan, Chances(24, 9, processes=2)) == alone).all()
    monkeypatch.setattr("wangdi.outbreaks.space.scan.NUMBERS", 60 * 7)
    assert (draw_maxima(scan, Chances(24, 9)) == alone).all()


def test_further_clusters_share_no_zone() -> None:
    points = np.array([[float(place), 0.0] for place in range(12)])
    cases = np.array([9, 8, 1, 1, 1, 1, 1, 1, 1, 1, 7, 7])[:, None]
    people = np.full((12, 1), 100.0)
    scan = Scan(build_study(Model.poisson, cases, people), Circles(points, people[:, 0], 600.0), list_windows(1, 1))
    found = find_windows(scan, 0.0, 9)
    assert [sorted(one.zones.tolist()) for one in found[:2]] == [[0, 1], [10, 11]]
    zones = [zone for one in found for zone in one.zones]
    assert len(zones) == len(set(zones))
    assert [one.ratio for one in found] == sorted((one.ratio for one in found), reverse=True)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_scale_place_and_order_do_not_matter(seed: int) -> None:
    scan = made_up(Model.poisson, 15, 2, 1.5, seed)
    first = find_windows(scan, 0.0, 1)
    turned = np.random.default_rng(seed).permutation(15)
    circles = Circles(scan.circles.points[turned] * 37 + 5, scan.circles.weights[turned] * 2, scan.circles.reach * 2)
    moved = Scan(Study(Model.poisson, scan.study.cases[turned], scan.study.sizes[turned]), circles, scan.windows)
    other = find_windows(moved, 0.0, 1)
    assert len(first) == len(other)
    for one, same in zip(first, other, strict=True):
        assert same.ratio == pytest.approx(one.ratio, abs=1e-9)
        assert set(turned[same.zones]) == set(one.zones)


# ---- chance ------------------------------------------------------------------------------------------------------------
def test_replicates_keep_what_their_model_holds_fast() -> None:
    for model in Model:
        scan = made_up(model, 8, 3, 2.0, 1)
        drawn = np.bincount(Chance(scan.study).draw(np.random.default_rng(1)), minlength=24).reshape(8, 3)
        assert drawn.sum() == scan.study.cases.sum()
        if model is Model.permutation:
            assert (drawn.sum(axis=0) == scan.study.cases.sum(axis=0)).all()
            assert (drawn.sum(axis=1) == scan.study.cases.sum(axis=1)).all()
        if model is Model.bernoulli:
            assert (drawn <= scan.study.sizes).all()


def test_replicates_are_spread_as_their_model_says() -> None:
    people = np.array([[10.0], [0.0], [30.0], [60.0]])
    cases = np.array([[2], [0], [8], [10]])
    for model, variance in ((Model.poisson, 20 * 0.6 * 0.4), (Model.bernoulli, None)):
        chance = Chance(build_study(model, cases, people))
        source = np.random.default_rng(4)
        drawn = np.array([np.bincount(chance.draw(source), minlength=4) for _ in range(4000)])
        assert drawn.mean(axis=0) == pytest.approx([2.0, 0.0, 6.0, 12.0], abs=0.12)
        expected = variance or multivariate_hypergeom(m=[10, 30, 60], n=20).cov()[2, 2]
        assert drawn[:, 3].var() == pytest.approx(expected, rel=0.08)


def test_p_values_are_uniform_where_nothing_is_going_on() -> None:
    """200 studies drawn by chance from one population; their ranks among 99 replicates of their own."""
    scan = made_up(Model.poisson, 30, 1, 3.0, 8)
    chance = Chance(scan.study)
    p_values: list[float] = []
    for number in range(200):
        cases = np.bincount(chance.draw(np.random.default_rng([77, number])), minlength=30)[:, None]
        study = Study(Model.poisson, cases, scan.study.sizes)
        found = scan_study(Scan(study, scan.circles, scan.windows), Chances(99, number), 1)[0]
        assert found.p_value is not None
        p_values.append(found.p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.10


def test_ranks_and_gumbel() -> None:
    maxima = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_ratio(3.0, maxima) == pytest.approx(3 / 5), "a tie counts against the study"
    assert rank_ratio(9.0, maxima) == pytest.approx(1 / 5)
    assert (rank_ratio(9.0, np.empty(0)), fit_gumbel(9.0, np.empty(0)), fit_gumbel(9.0, np.ones(5))) == (
        None,
        None,
        None,
    )
    drawn = np.random.default_rng(1).gumbel(6.0, 1.2, 20_000)
    assert fit_gumbel(12.0, drawn) == pytest.approx(-np.expm1(-np.exp(-(12 - 6) / 1.2)), rel=0.1)
    assert 0 < (fit_gumbel(60.0, drawn) or 0.0) < 1e-15, "small values stay apart from nothing"


def read_expected(shared: Path) -> dict[str, list[tuple[list[int], int, float]]]:
    import csv

    found: dict[str, list[tuple[list[int], int, float]]] = {}
    with (shared / "surveillance/spatial/expected_clusters_purely_spatial.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ids = [int(one) for one in row["ids"].split()]
            found.setdefault(row["method"], []).append((ids, int(row["cases"]), float(row["llr"])))
    return found


@pytest.mark.parametrize(
    ("method", "model", "column"),
    [
        ("SpatialEpi::kulldorff poisson strata-expected", Model.poisson, "expected_strata"),
        ("SpatialEpi::kulldorff binomial", Model.bernoulli, "population"),
    ],
)
def test_the_shared_reference_is_met(shared_folder: Path, method: str, model: Model, column: str) -> None:
    import csv

    with (shared_folder / "surveillance/spatial/penn_lung__data.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def read(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    people = read("population")
    study = build_study(model, read("cases").astype(np.int64)[:, None], read(column)[:, None])
    circles = Circles(place_on_sphere(read("lon"), read("lat")), people, 0.5 * float(people.sum()), sphere=True)
    scan = Scan(study, circles, list_windows(1, 1))
    expected = read_expected(shared_folder)[method]
    found = scan_study(scan, Chances(999, 1), len(expected))
    for (ids, cases, ratio), cluster in zip(expected, found, strict=True):
        assert (cluster.window.zones + 1).tolist() == ids
        assert cluster.window.cases == cases
        assert cluster.window.ratio == pytest.approx(ratio, abs=1e-6)
        assert cluster.p_value is not None
        assert cluster.p_value < 0.06
