"""Reproduction number and nowcast: hand-worked values, agreement with references, and what happens with little to go by."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma

from wangdi.outbreaks.chart import Chart, render_chart
from wangdi.outbreaks.spread.nowcast import (
    DelayPrior,
    draw_totals,
    geometric_hazard,
    learn_hazard,
    tabulate_reports,
)
from wangdi.outbreaks.spread.reproduction import (
    Incidence,
    estimate_cori,
    estimate_uncertain,
    estimate_wallinga_teunis,
    infectiousness,
    place_windows,
)
from wangdi.outbreaks.spread.serial import Floats, discretise_gamma, draw_intervals, mean_interval

CASES = np.array([1, 2, 0, 4, 3, 6, 5, 8])
INTERVAL = np.array([0.0, 0.5, 0.3, 0.2])


def incidence(cases: list[int] | np.ndarray, imported: list[int] | None = None) -> Incidence:
    counts = np.array(cases)
    return Incidence(counts, np.array(imported) if imported else np.zeros_like(counts))


# ---- the serial interval -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("mean", "sd"), [(2.6, 1.5), (4.7, 2.9), (14.9, 3.8)])
def test_the_discretised_gamma_is_the_triangle_integral(mean: float, sd: float) -> None:
    shape, scale = ((mean - 1) / sd) ** 2, sd**2 / (mean - 1)
    found = discretise_gamma(mean, sd, 40)
    for day in (1, 2, 5, 9):
        parts = [
            quad(lambda x, day=day: (1 - abs(x - (day - 1))) * gamma.pdf(x, shape, scale=scale), low, high)[0]
            for low, high in ((max(day - 2, 0), day - 1), (day - 1, day))
        ]
        assert found[day] == pytest.approx(sum(parts), abs=1e-7)
    assert found[0] == 0
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert mean_interval(found) == pytest.approx(mean, abs=0.01)


def test_uncertain_intervals_are_drawn_within_their_bounds() -> None:
    pairs = draw_intervals((3.0, 1.0, 2.0, 4.0), (1.5, 0.5, 0.5, 3.9), 300, 1)
    means, sds = np.array(pairs).T
    assert len(pairs) == 300
    assert ((means >= 2) & (means <= 4) & (sds >= 0.5) & (sds <= 3.9) & (sds < means)).all()
    assert pairs == draw_intervals((3.0, 1.0, 2.0, 4.0), (1.5, 0.5, 0.5, 3.9), 300, 1)
    assert pairs != draw_intervals((3.0, 1.0, 2.0, 4.0), (1.5, 0.5, 0.5, 3.9), 300, 2)


# ---- R -----------------------------------------------------------------------------------------------------------------
def test_infectiousness_by_hand() -> None:
    assert infectiousness(CASES, INTERVAL).tolist() == pytest.approx([0, 0.5, 1.3, 0.8, 2.4, 2.7, 4.7, 4.9])


def test_cori_by_hand() -> None:
    # window 3 to 5: 7 cases, infectiousness 1.3 + 0.8 + 2.4; prior gamma with shape 1, scale 5
    found = {one.t_start: one for one in estimate_cori(incidence(CASES), INTERVAL, 3)}[3]
    shape, rate = 1 + 7, 1 / 5 + 4.5
    assert found.t_end == 5
    assert (found.mean, found.sd) == pytest.approx((shape / rate, np.sqrt(shape) / rate))
    assert found.quantiles == pytest.approx(gamma.ppf([0.025, 0.5, 0.975], shape, scale=1 / rate))


def test_imported_cases_infect_but_are_not_infected_here() -> None:
    found = estimate_cori(incidence(CASES, [1, 0, 0, 3, 0, 0, 0, 0]), INTERVAL, 3)[1]
    assert found.mean == pytest.approx((1 + 7 - 3) / (1 / 5 + 4.5))


def test_windows_begin_on_the_second_day_and_wait_for_an_interval() -> None:
    assert place_windows(5, 3) == [(2, 4), (3, 5)]
    assert place_windows(3, 3) == []
    late = np.array([0.0, 0, 0, 0, 0, 1.0])
    assert [one.mean is None for one in estimate_cori(incidence(CASES), late, 2)] == [True] * 3 + [False] * 3


def test_an_uncertain_interval_that_is_certain_is_the_known_one() -> None:
    known = estimate_cori(incidence(CASES), INTERVAL, 4)
    mixed = estimate_uncertain(incidence(CASES), [INTERVAL] * 40, 4, 500, 1)
    for one, other in zip(known, mixed, strict=True):
        assert other.mean == pytest.approx(one.mean)
        assert other.sd == pytest.approx(one.sd)
        assert other.quantiles == pytest.approx(one.quantiles, rel=0.05)


def test_uncertainty_of_the_interval_widens_the_band() -> None:
    long = np.array([10, 15, 20, 33, 48, 70, 105, 150, 210, 300])
    known = estimate_cori(incidence(long), discretise_gamma(3.0, 1.0, 10), 4)[-1]
    pairs = draw_intervals((3.0, 1.0, 1.2, 5.0), (1.0, 0.3, 0.4, 1.6), 200, 1)
    mixed = estimate_uncertain(incidence(long), [discretise_gamma(*pair, 10) for pair in pairs], 4, 20, 1)[-1]
    assert known.sd is not None
    assert mixed.sd is not None
    assert mixed.sd > 1.5 * known.sd


def test_wallinga_teunis_by_hand() -> None:
    # One case on day 1, two on day 2, one on day 3; w(1) = 3/4, w(2) = 1/4.
    # Day 2's are day 1's. Day 3's: by day 1 with 1 x 1/4, by a case of day 2 with 2 x 3/4, so 1/7 and 6/7.
    cases, interval = incidence([1, 2, 1, 0, 0]), np.array([0.0, 0.75, 0.25])
    found = {(one.t_start, one.t_end): one for one in estimate_wallinga_teunis(cases, interval, 1, (4000, 1))}
    assert found[2, 2].mean == pytest.approx(6 / 7 / 2)
    assert found[2, 2].sd == pytest.approx(np.sqrt(6 / 7 * 1 / 7) / 2, rel=0.1)
    assert found[2, 2].quantiles == (0.0, 0.5, 0.5)
    assert found[3, 3].mean == 0
    assert found[4, 4].mean is None, "nobody to ask about"


@given(st.lists(st.integers(0, 30), min_size=6, max_size=25))
@settings(deadline=None, max_examples=40)
def test_every_case_that_could_be_infected_was_infected_by_somebody(cases: list[int]) -> None:
    counts = np.array([5, *cases])
    window = len(counts) - 1
    whole = estimate_wallinga_teunis(incidence(counts), INTERVAL, window, (0, 1))[0]
    force = infectiousness(counts, INTERVAL)
    weights = [INTERVAL[day] if day < len(INTERVAL) else 0.0 for day in range(len(counts))]
    by_first = sum(
        counts[day] * counts[0] * weights[day] / force[day] for day in range(1, len(counts)) if force[day] > 0
    )
    others = counts[force > 0].sum() - by_first
    if whole.mean is not None:
        assert whole.mean * counts[1:].sum() == pytest.approx(others)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["Flu2009", "Flu1918"])
def test_the_shared_references_of_r_are_met(shared_folder: Path, name: str) -> None:
    folder = shared_folder / "surveillance/Rt"
    cases = incidence([int(row["I"]) for row in read_csv(folder / f"{name}__incidence.csv")])
    given_interval = np.array([float(row["w"]) for row in read_csv(folder / f"{name}__si.csv")])
    gammas = discretise_gamma(2.6, 1.5, len(cases.cases))
    for file, interval in ((f"{name}__nonpar_w7", given_interval), (f"{name}__par_2.6_1.5", gammas)):
        rows = read_csv(folder / f"{file}.csv")
        for row, one in zip(rows, estimate_cori(cases, interval, 7), strict=True):
            told = [one.t_start, one.t_end, one.mean, one.sd, *one.quantiles]
            names = ("t_start", "t_end", "mean", "sd", "q0.025", "median", "q0.975")
            assert told == pytest.approx([float(row[column]) for column in names], rel=1e-9)
    backwards = estimate_wallinga_teunis(cases, given_interval, 7, (1000, 1))
    for row, one in zip(read_csv(folder / f"{name}__wt_w7.csv"), backwards, strict=True):
        assert one.mean == pytest.approx(float(row["Mean.R."]), abs=1e-9)
        assert one.sd == pytest.approx(float(row["Std.R."]), rel=0.25, abs=0.01)
        assert one.quantiles[0] == pytest.approx(float(row["Quantile.0.025.R."]), abs=0.12)


def test_the_shared_intervals_are_met(shared_folder: Path) -> None:
    rows = read_csv(shared_folder / "surveillance/Rt/discr_si.csv")
    for mean, sd in sorted({(row["mu"], row["sigma"]) for row in rows}):
        expected = [float(row["w"]) for row in rows if (row["mu"], row["sigma"]) == (mean, sd)]
        assert discretise_gamma(float(mean), float(sd), len(expected)) == pytest.approx(expected, abs=1e-9)


# ---- nowcast -----------------------------------------------------------------------------------------------------------
def test_the_reporting_triangle() -> None:
    onset, report = np.array([10, 10, 11, 12, 13, 12]), np.array([12, 13, 13, 13, 15, 30])
    table = tabulate_reports(onset, report, (10, 13), 2)
    assert table.counts.tolist() == [[0, 0, 2], [0, 0, 1], [0, 1, 0], [0, 0, 0]], "the last delay holds all later ones"
    begun = [[False, False, True], [False, True, True], [True, True, False], [True, False, False]]
    assert table.known.tolist() == begun, "not before the first report, not after today"


def test_hazards_of_earlier_cases() -> None:
    learnt = learn_hazard(np.array([0, 0, 1, 1, 1, 2, 5, 9]), 3, 5.0, weight=1e-9)
    assert learnt == pytest.approx([2 / 8, 3 / 6, 1 / 3, 1])
    assert learn_hazard(np.array([], dtype=np.int64), 3, 4.0) == pytest.approx([0.2, 0.2, 0.2, 1])


def simulate(rate: Floats, mean: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(seed)
    onset = np.repeat(np.arange(len(rate)), source.poisson(rate))
    return onset, onset + source.geometric(1 / (1 + mean), len(onset)) - 1


def test_what_is_all_reported_is_not_added_to() -> None:
    onset, _ = simulate(np.full(40, 5.0), 0.5, 1)
    totals = draw_totals(tabulate_reports(onset, onset, (0, 39), 10), DelayPrior(geometric_hazard(0.1, 10)), 1)
    seen = np.bincount(onset, minlength=40)
    assert (totals[:, :-10] == seen[:-10]).all()
    assert np.abs(np.median(totals, axis=0) - seen).max() <= 1


def test_the_nowcast_holds_the_truth_about_as_often_as_it_says() -> None:
    held: list[float] = []
    for seed in range(8):
        rate = 8 * np.exp(0.3 * np.sin(np.arange(80) / 6 + seed))
        onset, report = simulate(rate, 4.0, seed)
        table = tabulate_reports(onset, report, (19, 60), 25)
        low, high = np.quantile(draw_totals(table, DelayPrior(geometric_hazard(5.0, 25)), seed), [0.05, 0.95], axis=0)
        truth = np.bincount(onset, minlength=80)[19:61]
        held += ((low <= truth) & (truth <= high))[-8:].tolist()
    assert 0.8 <= np.mean(held) <= 1.0


def test_the_first_days_of_an_outbreak_are_not_blown_up() -> None:
    """Noticed after ten days: everything before is reported at once, which says nothing of the delay from then on."""
    onset, report = simulate(3 * np.exp(0.12 * np.arange(30)), 5.0, 3)
    report = np.maximum(report, 20)
    for now in range(20, 26):
        triangle = tabulate_reports(onset, report, (0, now), 20)
        totals = draw_totals(triangle, DelayPrior(geometric_hazard(5.0, 20)), 1)[:, -7:]
        truth = np.bincount(onset, minlength=30)[now - 6 : now + 1]
        seen = triangle.counts.sum(axis=1)[-7:]
        middle = np.median(totals, axis=0)
        assert np.abs(middle - truth).mean() < np.abs(seen - truth).mean()
        assert (middle < 4 * truth.max()).all()


def test_one_seed_gives_one_answer() -> None:
    onset, report = simulate(np.full(30, 3.0), 3.0, 5)
    table, prior = tabulate_reports(onset, report, (0, 29), 15), DelayPrior(geometric_hazard(5.0, 15))
    assert (draw_totals(table, prior, 1) == draw_totals(table, prior, 1)).all()
    assert (draw_totals(table, prior, 1) != draw_totals(table, prior, 2)).any()


def test_one_case_is_enough_and_nothing_is_impossible() -> None:
    table = tabulate_reports(np.array([5]), np.array([5]), (5, 5), 10)
    totals = draw_totals(table, DelayPrior(geometric_hazard(5.0, 10)), 1)
    assert totals.shape[1] == 1
    assert np.median(totals) < 20
    assert (totals >= 1).all()


def test_the_shared_line_list_is_nowcast_better_than_by_the_references(shared_folder: Path) -> None:
    from datetime import date

    folder = shared_folder / "surveillance/nowcast"
    rows = read_csv(folder / "sim__linelist.csv")
    onset, report = (
        np.array([date.fromisoformat(row[name]).toordinal() for row in rows]) for name in ("dOnset", "dReport")
    )
    off: dict[str, list[float]] = {"ours": [], "lawless": [], "bayes.trunc": []}
    for day in ("2024-03-01", "2024-04-01"):
        now = date.fromisoformat(day).toordinal()
        table = tabulate_reports(onset, report, (now - 41, now), 20)
        middle = np.median(draw_totals(table, DelayPrior(geometric_hazard(5.0, 20)), 1), axis=0)
        for method in ("lawless", "bayes.trunc"):
            for row in read_csv(folder / f"sim_{day.replace('-', '')}_{method}_D20.csv"):
                truth = float(row["truth"])
                off[method].append(abs(float(row["nowcast"]) - truth))
                if method == "lawless":
                    off["ours"].append(abs(middle[date.fromisoformat(row["date"]).toordinal() - now - 1] - truth))
    assert np.mean(off["ours"]) < min(np.mean(off["lawless"]), np.mean(off["bayes.trunc"]))


# ---- pictures ----------------------------------------------------------------------------------------------------------
def test_a_picture_is_well_formed_and_true_to_its_values() -> None:
    chart = Chart(
        "再生数 <R> & more",
        [str(day) for day in range(6)],
        [1.0, 2.0, None, 1.0, 0.5, 0.0],
        [0.5, 1.5, None, 0.5, 0.2, 0.0],
        [2.0, 3.0, None, 2.0, 1.0, 4.0],
        ("中位数", "95%"),
        bars=[1, 0, 2, None, 3, 4],
        level=1.0,
    )
    root = ElementTree.fromstring(render_chart(chart))
    name = "{http://www.w3.org/2000/svg}"
    lines = [one.attrib["points"].split() for one in root.findall(f"{name}polyline")]
    assert [len(line) for line in lines] == [2, 3], "a gap in the values is a gap in the line"
    heights = [float(point.split(",")[1]) for line in lines for point in line]
    assert heights[1] < heights[0] == heights[2] < heights[3] < heights[4]
    dashed = [one for one in root.findall(f"{name}line") if "stroke-dasharray" in one.attrib]
    assert float(dashed[0].attrib["y1"]) == heights[0], "the level of 1 is where the line has 1"
    assert len(root.findall(f"{name}polygon")) == 2


def test_a_value_that_stands_alone_is_seen_and_what_is_not_there_is_not_named() -> None:
    values = [None, 3.0, None]
    root = ElementTree.fromstring(
        render_chart(Chart("a", ["1", "2", "3"], values, values, [None] * 3, ("x", "y", "z")))
    )
    name = "{http://www.w3.org/2000/svg}"
    ends = [point.split(",") for point in root.findall(f"{name}polyline")[0].attrib["points"].split()]
    assert ends[0][1] == ends[1][1]
    assert float(ends[1][0]) - float(ends[0][0]) > 100
    assert [one.text for one in root.findall(f"{name}text") if one.text in ("x", "y", "z")] == ["x"]


@pytest.mark.parametrize("values", [[None, None], [0.0, 0.0], [1e6, 3e6], [1e-4, 2e-4]])
def test_a_picture_of_anything_can_be_drawn(values: list[float | None]) -> None:
    text = render_chart(Chart("R", ["a", "b"], values, values, values, ("R",)))
    assert "nan" not in text
    assert text.count("<text") < 30
    ElementTree.fromstring(text)
