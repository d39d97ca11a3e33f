"""Detectors at the size of a city: 40 diseases in 120 townships."""

from __future__ import annotations

import numpy as np

from bench.measuring import measure, tell
from wangdi.outbreaks.detectors.cusum import detect_cusum
from wangdi.outbreaks.detectors.ears import detect_ears
from wangdi.outbreaks.detectors.farrington import FlexibleSettings, detect_farrington, detect_farrington_flexible
from wangdi.outbreaks.detectors.moving_percentile import detect_moving_percentile
from wangdi.outbreaks.evidence.alarm import detect_by_evidence
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.series import Panel, panel_of

DISEASES, TOWNSHIPS, WEEKS = 40, 120, 420
MANY_WEEKS = 10
ORIGINAL = FlexibleSettings(blocks=1, recent=3, weights_threshold=1.0, p_threshold_trend=0.05, threshold_method="delta")


def city_panel() -> Panel:
    """Counts as a city has them: most series rare, some common, with seasons and trends."""
    random = np.random.default_rng(5)
    series = DISEASES * TOWNSHIPS
    t = np.arange(WEEKS)
    level = random.normal(0.0, 1.6, series)[:, None]
    season = random.uniform(0, 0.8, series)[:, None] * np.cos(2 * np.pi * t / 52)
    mean = np.exp(level + season + random.normal(0.0, 0.001, series)[:, None] * t)
    return panel_of(random.negative_binomial(mean, 0.5))


def township_links() -> Links:
    """Each township beside four others, for every disease."""
    pairs = []
    for disease in range(DISEASES):
        for township in range(TOWNSHIPS):
            for step in (1, 12):
                other = (township + step) % TOWNSHIPS
                one = disease * TOWNSHIPS
                pairs += [(one + township, one + other), (one + other, one + township)]
    return Links(np.array(sorted(set(pairs))), np.zeros((0, 2), dtype=np.int64))


def bench_detect() -> bool:
    """4,800 series: one current week of each, and ten."""
    panel = city_panel()
    now, many = np.array([WEEKS - 1]), np.arange(WEEKS - MANY_WEEKS, WEEKS)
    count = len(panel)
    good = []
    tested = FlexibleSettings(p_threshold_trend=0.05, threshold_method="delta")
    for name, settings in {"nbPlugin": FlexibleSettings(), "trend tested": tested, "of 2012": ORIGINAL}.items():
        _, one = measure(lambda settings=settings: detect_farrington_flexible(panel, now, settings), 3)  # type: ignore[misc]
        good.append(tell(f"farrington_flexible, {name}: 4,800 series, one week", one.cpu, 1.0, "CPU s"))
        _, ten = measure(lambda settings=settings: detect_farrington_flexible(panel, many, settings))  # type: ignore[misc]
        good.append(
            tell(f"farrington_flexible, {name}: a series-week", ten.cpu * 1e3 / count / MANY_WEEKS, 0.2, "CPU ms")
        )
    _, classic = measure(lambda: detect_farrington(panel, many))
    good.append(tell("farrington: a series-week", classic.cpu * 1e3 / count / MANY_WEEKS, 0.2, "CPU ms"))
    _, sums = measure(lambda: np.cumsum(panel.observed, axis=1), 5)
    every = np.arange(WEEKS)
    _, ears = measure(lambda: detect_ears(panel, every), 3)
    good.append(tell("EARS C1: all 2 million series-weeks", ears.cpu / sums.cpu, 100.0, "np.cumsum"))
    good.append(tell("EARS C1: a series-week", ears.cpu * 1e6 / panel.observed.size, 0.5, "CPU us"))
    _, cusum = measure(lambda: detect_cusum(panel, many))
    good.append(tell("CUSUM: 4,800 series, ten weeks", cusum.cpu, 1.0, "CPU s"))
    _, percentile = measure(lambda: detect_moving_percentile(panel, now), 3)
    good.append(tell("moving percentile: 4,800 series, one week", percentile.cpu, 0.5, "CPU s"))
    _, better = measure(lambda: detect_by_evidence(panel, now, links=township_links()))
    good.append(tell("evidence, neighbours, signals sent: 4,800 series, one week", better.cpu, 5.0, "CPU s"))
    return all(good)
