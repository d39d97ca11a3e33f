"""Each detector against its definition worked out the long way, and on histories that are missing, empty or broken."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, stats

from wangdi.outbreaks.alarms import Reason
from wangdi.outbreaks.counts_distribution import count_at_least, count_quantile
from wangdi.outbreaks.detectors.cusum import CusumSettings, detect_cusum
from wangdi.outbreaks.detectors.ears import EarsSettings, detect_ears
from wangdi.outbreaks.detectors.farrington import (
    ClassicSettings,
    FlexibleSettings,
    detect_farrington,
    detect_farrington_flexible,
)
from wangdi.outbreaks.detectors.fixed_value import FixedSettings, detect_fixed_value
from wangdi.outbreaks.detectors.glr import GlrSettings, detect_glr
from wangdi.outbreaks.detectors.moving_percentile import PercentileSettings, detect_moving_percentile
from wangdi.outbreaks.reference_weeks import Calendar, plan_blocks, plan_windows, tell_periods
from wangdi.outbreaks.seasonal import fit_season
from wangdi.outbreaks.series import DAILY, MONTHLY, Panel, infer_freq, panel_of

Floats = npt.NDArray[np.float64]


def counts(series: int = 4, periods: int = 330, seed: int = 1, level: float = 4.0) -> Floats:
    random = np.random.default_rng(seed)
    mean = level * np.exp(0.5 * np.cos(2 * np.pi * np.arange(periods) / 52))
    return random.negative_binomial(mean, 0.5, (series, periods)).astype(np.float64)


def test_tails_and_quantiles_are_those_of_the_distributions() -> None:
    mean, phi = np.meshgrid([0.01, 0.5, 3, 40, 900, 2e5], [1.0, 1.01, 2.0, 7.5], indexing="ij")
    for level in (0.51, 0.95, 0.99, 0.9999):
        found = count_quantile(level, mean, phi)
        poisson = stats.poisson.ppf(level, mean)
        overdispersed = stats.nbinom.ppf(level, mean / np.where(phi > 1, phi - 1, 1), 1 / phi)
        np.testing.assert_array_equal(found, np.where(phi > 1, overdispersed, poisson))
    for count in (0, 1, 5, 60):
        poisson = stats.poisson.sf(count - 1, mean)
        overdispersed = stats.nbinom.sf(count - 1, mean / np.where(phi > 1, phi - 1, 1), 1 / phi)
        np.testing.assert_allclose(
            count_at_least(count, mean, phi), np.where(phi > 1, overdispersed, poisson), rtol=1e-9, atol=1e-300
        )
    assert np.isnan(count_quantile(0.99, np.nan, 1.0))
    assert np.isnan(count_at_least(np.nan, 1.0, 1.0))


def test_fits_of_a_batch_are_those_of_one_at_a_time() -> None:
    panel = panel_of(counts(6))
    weeks = np.arange(300, 310)
    together = detect_farrington_flexible(panel, weeks)
    for row in range(6):
        for column in (0, 9):
            alone = detect_farrington_flexible(panel_of(panel.observed[row]), weeks[[column]])
            assert alone.upperbound[0, 0] == together.upperbound[row, column]
            assert alone.expected[0, 0] == pytest.approx(together.expected[row, column], rel=1e-9)


def test_a_plain_poisson_mean_is_the_mean_of_the_windows() -> None:
    """Without trend, season or overdispersion the expectation is an average anybody can check."""
    panel = panel_of(np.random.default_rng(3).poisson(5.0, (1, 320)))
    week = 310
    settings = ClassicSettings(b=3, w=2, reweight=False, trend=False)
    alarms = detect_farrington(panel, np.array([week]), settings)
    windows = np.concatenate([np.arange(week - 52 * back - 2, week - 52 * back + 3) for back in (3, 2, 1)])
    assert alarms.used_periods(0, 0).tolist() == windows.tolist()
    assert alarms.expected[0, 0] == pytest.approx(panel.observed[0, windows].mean())


def test_a_year_of_53_weeks_does_not_slip() -> None:
    mondays = np.arange(np.datetime64("2014-12-29"), np.datetime64("2022-03-01"), 7)
    dated = Calendar(len(mondays), 52, mondays)
    week = dated.find(np.datetime64("2022-01-03"))
    assert week is not None
    assert [mondays[dated.year_ago(week, back) or 0].item().isoformat() for back in (1, 2, 5)] == [
        "2021-01-04",
        "2020-01-06",
        "2017-01-02",
    ]
    undated = Calendar(len(mondays), 52, None)
    assert mondays[undated.year_ago(week, 5) or 0].item().isoformat() == "2017-01-09", "a week too late after 2020"


def test_blocks_share_out_the_weeks_between_windows() -> None:
    found = plan_blocks(Calendar(200, 52, None), 160, years=2, half_window=3, blocks=10)
    assert found is not None
    year = found.block[found.index >= 160 - 52 - 3][: 7 + 45]
    assert year.tolist() == [9] * 7 + [block for block in range(9) for _ in range(5)]
    assert plan_blocks(Calendar(200, 52, None), 100, years=2, half_window=3, blocks=10) is None
    with pytest.raises(ValueError, match="more blocks"):
        plan_blocks(Calendar(200, 52, None), 160, years=2, half_window=20, blocks=20)


def test_windows_of_months_follow_the_calendar() -> None:
    months = np.arange("2018-01", "2024-01", dtype="datetime64[M]").astype("datetime64[D]")
    found = plan_windows(Calendar(len(months), MONTHLY, months), len(months) - 1, years=2, half_window=1)
    assert [months[one].item().isoformat()[:7] for one in found.index] == [
        "2021-11", "2021-12", "2022-01", "2022-11", "2022-12", "2023-01",
    ]  # fmt: skip


def test_an_epidemic_break_and_known_outbreaks_are_left_out_and_told() -> None:
    observed = counts(2)
    observed[:, 200:240] = 0
    observed[0, 250:253] = 200
    known = np.zeros(observed.shape, dtype=bool)
    known[0, 250:253] = True
    panel = Panel(("a", "b"), observed, known=known)
    week = np.array([329])
    plain = detect_farrington_flexible(panel, week, FlexibleSettings(b=3, trend=False, reweight=False))
    asked = FlexibleSettings(b=3, trend=False, reweight=False, breaks=((200, 239),), leave_known_out=True)
    better = detect_farrington_flexible(panel, week, asked)
    assert better.expected[1, 0] > plain.expected[1, 0]
    told = {reason: tell_periods(periods) for reason, periods in better.left_out_periods(0, 0).items()}
    assert told == {Reason.BREAK_LEFT_OUT: "201-240", Reason.KNOWN_LEFT_OUT: "251-253"}
    assert set(range(200, 240)).isdisjoint(better.used_periods(0, 0).tolist())
    assert better.left_out_periods(1, 0).keys() == {Reason.BREAK_LEFT_OUT}
    # Leaving weeks out is the same as not knowing them.
    unknown = observed.copy()
    unknown[:, 200:240] = np.nan
    unknown[0, 250:253] = np.nan
    again = detect_farrington_flexible(panel_of(unknown), week, FlexibleSettings(b=3, trend=False, reweight=False))
    np.testing.assert_allclose(again.expected, better.expected)


def test_a_short_history_an_empty_one_and_one_without_a_case_are_told() -> None:
    observed = counts(4)
    observed[1, :304] = np.nan
    observed[2] = 0
    observed[2, -1] = 7
    observed[3, -1] = np.nan
    found = detect_farrington_flexible(panel_of(observed), np.array([329]), FlexibleSettings(b=7))
    reason = found.reason[:, 0]
    assert [bool(reason[row] & Reason.SHORT_HISTORY) for row in range(4)] == [True] * 4
    assert reason[1] & Reason.NO_HISTORY
    assert np.isnan(found.alarm[1, 0])
    assert reason[2] & Reason.NO_CASE_BEFORE
    assert (found.expected[2, 0], found.alarm[2, 0]) == (0, 1), "seven cases where there never was one"
    assert reason[3] & Reason.MISSING_NOW
    assert np.isnan(found.alarm[3, 0])
    assert np.isfinite(found.alarm[0, 0])


def test_few_cases_keep_their_baseline_and_raise_no_alarm() -> None:
    observed = np.zeros((1, 330))
    observed[0, ::40] = 1
    observed[0, -1] = 4
    weeks = np.array([329])
    found = detect_farrington_flexible(panel_of(observed), weeks)
    assert found.reason[0, 0] & Reason.FEW_CASES
    assert found.alarm[0, 0] == 0
    assert found.observed[0, 0] > found.upperbound[0, 0]
    assert detect_farrington_flexible(panel_of(observed), weeks, FlexibleSettings(limit54=(1, 4))).alarm[0, 0] == 1


def test_too_many_blocks_are_told_and_stop_nothing() -> None:
    found = detect_farrington_flexible(panel_of(counts(1)), np.array([329]), FlexibleSettings(blocks=51))
    assert found.reason[0, 0] & Reason.TOO_MANY_BLOCKS
    assert np.isnan(found.alarm[0, 0])


def ears_by_hand(y: Floats, week: int, method: str, normal: float) -> tuple[float, float]:
    """Bound and statistic, over windows cut out one by one."""

    def deviate(at: int, gap: int) -> tuple[float, float, float]:
        window = y[at - gap - 7 : at - gap]
        spread = max(window.std(ddof=1), 0.5)
        return (y[at] - window.mean()) / spread, window.mean(), spread

    gap = 0 if method == "C1" else 2
    own, mean, spread = deviate(week, gap)
    if method != "C3":
        return mean + normal * spread, own / normal
    earlier = sum(max(0.0, deviate(week - back, 2)[0] - 1) for back in (1, 2))
    bound = 0.0 if earlier > normal else max(0.0, mean + spread * (normal + 1 - earlier))
    return bound, (earlier + max(0.0, own - 1)) / normal


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_is_its_definition(method: str) -> None:
    panel = panel_of(counts(3, 60, level=0.8))
    settings = EarsSettings(method)
    weeks = np.arange(11, 60)
    found = detect_ears(panel, weeks, settings)
    for row in range(3):
        for column, week in enumerate(weeks):
            bound, score = ears_by_hand(panel.observed[row], int(week), method, settings.normal)
            assert found.upperbound[row, column] == pytest.approx(bound)
            assert found.score[row, column] == pytest.approx(score)
            assert found.alarm[row, column] == float(panel.observed[row, column + 11] > bound)


def test_ears_without_spread_and_with_gaps() -> None:
    observed = np.zeros((2, 30))
    observed[:, -1] = 1
    observed[1, 20:28] = np.nan
    weeks = np.array([5, 29])
    peer = detect_ears(panel_of(observed), weeks, EarsSettings("C3", min_sigma=0.0, compat=True))
    assert np.isnan(peer.alarm[0, 1]), "R has no answer where nothing varies"
    found = detect_ears(panel_of(observed), weeks, EarsSettings("C1"))
    assert found.alarm[0].tolist()[1:] == [0.0], "one case after silence is below half a spread times three"
    assert found.reason[:, 0].tolist() == [0, 0], "five known periods are a baseline"
    assert found.reason[1, 1] & Reason.NO_HISTORY
    assert detect_ears(panel_of(observed), np.array([1])).reason[0, 0] & Reason.NO_HISTORY


def test_cusum_is_its_definition() -> None:
    panel = panel_of(counts(2, 120))
    weeks = np.arange(100, 120)
    found = detect_cusum(panel, weeks, CusumSettings())
    for row in range(2):
        mean, total = panel.observed[row, :100].mean(), 0.0
        for column, week in enumerate(weeks):
            room = np.ceil(np.sqrt(mean) * (2.26 + 1.04 - total) + mean)
            assert found.upperbound[row, column] == max(room, 0)
            total = max(0.0, total + (panel.observed[row, week] - mean) / np.sqrt(mean) - 1.04)
            assert found.alarm[row, column] == float(total >= 2.26)


def test_a_season_is_found_and_its_size_too() -> None:
    t = np.arange(1, 521)
    mean = np.exp(2 + 0.6 * np.cos(2 * np.pi * t / 52))
    random = np.random.default_rng(2)
    panel = panel_of(np.stack([random.negative_binomial(3, 3 / (3 + mean)), random.poisson(mean)]))
    season = fit_season(panel, 520, negative_binomial=True)
    assert season.size[0] == pytest.approx(3, rel=0.25)
    assert season.size[1] > 50
    np.testing.assert_allclose(season.predict(np.arange(520)), np.stack([mean, mean]), rtol=0.2)


def best_ratio(x: Floats, mean: Floats, size: float) -> float:
    """The largest log likelihood ratio of a change of the level, searched for numerically."""
    usual = stats.nbinom.logpmf(x, size, size / (size + mean)).sum()

    def against(change: float) -> float:
        up = mean * np.exp(change)
        return float(usual - stats.nbinom.logpmf(x, size, size / (size + up)).sum())

    return -float(optimize.minimize_scalar(against, bounds=(0, 8), method="bounded").fun)


def test_glr_finds_the_best_change_of_all() -> None:
    panel = panel_of(counts(2, 130))
    weeks = np.arange(104, 130)
    found = detect_glr(panel, weeks, GlrSettings(c_arl=1e9, alpha=0.3, cases=False))
    for row in range(2):
        x, mean = panel.observed[row, weeks], found.expected[row]
        for now in (0, 7, 25):
            best = max(best_ratio(x[at : now + 1], mean[at : now + 1], 1 / 0.3) for at in range(now + 1))
            assert found.more["statistic"][row, now] == pytest.approx(max(best, 0.0), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "settings", [GlrSettings(alpha=0.0), GlrSettings(alpha=0.3), GlrSettings(alpha=0.3, theta=0.5)]
)
def test_the_bound_of_glr_is_the_smallest_count_that_alarms(settings: GlrSettings) -> None:
    panel = panel_of(counts(2, 110))
    weeks = np.arange(104, 110)
    needed = detect_glr(panel, weeks, settings).upperbound[:, -1]
    for change, alarm in ((0, 1.0), (-1, 0.0)):
        with_it = panel.observed.copy()
        with_it[:, -1] = needed + change
        assert detect_glr(panel_of(with_it), weeks, settings).alarm[:, -1].tolist() == [alarm, alarm]


def test_the_moving_percentile_of_weeks_is_that_of_25_blocks() -> None:
    panel = panel_of(counts(2))
    found = detect_moving_percentile(panel, np.array([320]), PercentileSettings(percentile=0.8))
    for row in range(2):
        blocks = [panel.observed[row, 320 - 52 * year + step] for year in range(1, 6) for step in range(-2, 3)]
        assert found.upperbound[row, 0] == pytest.approx(np.quantile(blocks, 0.8, method="linear"))
        assert found.expected[row, 0] == pytest.approx(np.median(blocks))
        now = panel.observed[row, 320]
        assert found.alarm[row, 0] == float(now >= found.upperbound[row, 0] and now > 0)
        assert found.pvalue[row, 0] == pytest.approx((1 + sum(block >= now for block in blocks)) / 26)


def test_the_moving_percentile_of_days_is_of_seven_days_each() -> None:
    days = np.arange(np.datetime64("2015-01-01"), np.datetime64("2020-03-01"))
    random = np.random.default_rng(4)
    panel = Panel(("a",), random.poisson(1.5, (1, len(days))).astype(np.float64), DAILY, days)
    leap = int(np.flatnonzero(days == np.datetime64("2020-02-29"))[0])
    found = detect_moving_percentile(panel, np.array([leap]), PercentileSettings())
    blocks = []
    for year in (2019, 2018, 2017, 2015):  # the same day of the leap year is held against 1 March
        end = int(np.flatnonzero(days == np.datetime64(f"{year}-03-01"))[0])
        blocks += [panel.observed[0, end + step - 6 : end + step + 1].sum() for step in (-14, -7, 0, 7, 14)]
    end = int(np.flatnonzero(days == np.datetime64("2016-03-01"))[0])
    blocks += [panel.observed[0, end + step - 6 : end + step + 1].sum() for step in (-14, -7, 0, 7, 14)]
    assert found.upperbound[0, 0] == pytest.approx(np.quantile(blocks, 0.5))
    assert found.more["now"][0, 0] == panel.observed[0, leap - 6 : leap + 1].sum()


def test_the_moving_percentile_leaves_out_known_outbreaks_and_needs_three_years() -> None:
    observed = counts(1)
    known = np.zeros(observed.shape, dtype=bool)
    known[0, [320 - 52, 320 - 104]] = True
    week = np.array([320])
    panel = Panel(("a",), observed, known=known)
    kept = detect_moving_percentile(panel, week, PercentileSettings(percentile=1.0, leave_known_out=False))
    left = detect_moving_percentile(panel, week, PercentileSettings(percentile=1.0))
    blocks = [observed[0, 320 - 52 * year + step] for year in range(1, 6) for step in range(-2, 3) if step or year > 2]
    assert left.upperbound[0, 0] == max(blocks)
    assert kept.upperbound[0, 0] >= left.upperbound[0, 0]
    early = detect_moving_percentile(panel_of(observed), np.array([130]), PercentileSettings())
    assert early.reason[0, 0] & Reason.NO_HISTORY
    assert np.isnan(early.alarm[0, 0])
    silent = detect_moving_percentile(panel_of(np.zeros((1, 330))), week)
    assert silent.alarm[0, 0] == 0, "no case is no alarm, even where the percentile is nought"


def test_a_fixed_value_counts_the_days_of_its_window() -> None:
    daily = Panel(("school",), np.array([[0, 4, 0, 3, 3, 0, 1, np.nan, 9.0]]), DAILY)
    found = detect_fixed_value(daily, np.arange(9), FixedSettings(10, 5))
    assert found.alarm[0, :7].tolist()[4:] == [1, 1, 0]
    assert np.isnan(found.alarm[0, [0, 3, 7, 8]]).all(), "a window that is not wholly known says nothing"
    weekly = detect_fixed_value(panel_of([[0, 1]]), np.arange(2))
    assert weekly.alarm.tolist() == [[0, 1]]


def test_dates_tell_how_many_periods_a_year_has() -> None:
    def every(days: int) -> npt.NDArray[np.datetime64]:
        return np.arange(np.datetime64("2020-01-06"), np.datetime64("2021-01-06"), days)

    months = np.arange("2020-01", "2021-01", dtype="datetime64[M]").astype("datetime64[D]")
    assert [infer_freq(dates) for dates in (every(7), every(1), months, every(10))] == [52, 365, 12, None]


def test_a_panel_of_the_wrong_shape_is_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="one row of counts"):
        Panel(("a", "b"), np.zeros((1, 5)))
    with pytest.raises(ValueError, match="one date"):
        panel_of(np.zeros(5), dates=np.arange("2020-01-01", "2020-01-03", dtype="datetime64[D]"))
