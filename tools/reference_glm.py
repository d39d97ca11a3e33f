"""Writes the reference of ``farrington_flexible``: every week of three series fitted by statsmodels, one model at a time.

Run where statsmodels is installed: ``python tools/reference_glm.py``. Nothing of ``wangdi`` is used but the three simulated series'
counts, which are written beside the results, so that the fixture stands by itself.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy import stats

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "unit" / "references"
WEEKS, FIRST, YEARS, WINDOW, BLOCKS, RECENT, ALPHA = 340, 215, 4, 3, 10, 26, 0.01
SERIES = {"rare": (-0.5, 0.0, 0.3, 1.5), "season": (1.2, 0.002, 0.8, 2.0), "common": (3.6, -0.001, 0.2, 1.1)}
"""Level and trend of the logarithm, season, dispersion."""


def draw(number: int, kind: tuple[float, float, float, float]) -> np.ndarray:
    level, trend, season, phi = kind
    random = np.random.default_rng(900 + number)
    t = np.arange(WEEKS)
    mean = np.exp(level + trend * t + season * np.cos(2 * np.pi * t / 52))
    counts = random.negative_binomial(mean / (phi - 1), 1 / phi)
    for start in random.integers(60, 320, 5):
        counts[start : start + 3] += random.poisson(4 * np.sqrt(phi * mean[start]), 3)
    return counts


def blocks_of(week: int) -> np.ndarray:
    """The block of every earlier week (week counted from 0), 0 where it is in none."""
    block = np.zeros(week + 1, dtype=int)
    for year in range(YEARS + 1):
        centre = week - 52 * year
        block[centre - WINDOW : min(centre + WINDOW, week) + 1] = BLOCKS
        if year == YEARS:
            break
        lengths = [45 // 9] * 9
        place = centre - 52 + WINDOW + 1
        for number, length in enumerate(lengths):
            block[place : place + length] = number + 1
            place += length
    block[: week - 52 * YEARS - WINDOW] = 0
    block[week - RECENT :] = 0
    return block


def fit(
    y: np.ndarray, x: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, np.ndarray, np.ndarray]:
    """Coefficients, their unscaled covariance, Pearson's dispersion, fitted counts, leverages."""
    model = sm.GLM(y, x, family=sm.families.Poisson(), var_weights=weights).fit(tol=1e-12, maxiter=200)
    mean = model.mu
    working = weights * mean
    covariance = np.linalg.inv(x.T @ (working[:, None] * x))
    dispersion = float((weights * (y - mean) ** 2 / mean).sum() / (len(y) - x.shape[1]))
    leverage = working * np.einsum("np,pq,nq->n", x, covariance, x)
    return model.params, covariance, dispersion, mean, leverage


def estimate(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Fit, weigh past outbreaks down, fit again."""
    _, _, dispersion, mean, leverage = fit(y, x, np.ones(len(y)))
    anscombe = 1.5 * (y ** (2 / 3) * mean ** (-1 / 6) - mean**0.5)
    standard = anscombe / np.sqrt(max(dispersion, 1) * (1 - leverage))
    weights = 1 / np.where(standard > 2.58, standard, 1.0) ** 2
    weights *= len(y) / weights.sum()
    params, covariance, dispersion, _, _ = fit(y, x, weights)
    return params, covariance, dispersion


def judge(counts: np.ndarray, week: int, threshold: float) -> dict[str, float]:
    block = blocks_of(week)
    rows = np.flatnonzero(block)
    y = counts[rows].astype(float)
    indicators = np.array([(block[rows] == number) for number in range(1, BLOCKS + 1)], dtype=float).T
    time = rows - week
    params, covariance, dispersion = estimate(y, np.column_stack([indicators, time]))
    ratio = params[-1] / np.sqrt(dispersion * covariance[-1, -1])
    significant = 2 * stats.t.sf(abs(ratio), len(y) - BLOCKS - 1) < threshold
    trend = bool(significant and np.exp(params[BLOCKS - 1]) <= y.max())
    if not trend:
        params, covariance, dispersion = estimate(y, indicators)
    now = np.zeros(len(params))
    now[BLOCKS - 1] = 1
    phi = max(dispersion, 1.0)
    eta, error = float(now @ params), float(np.sqrt(phi * now @ covariance @ now))
    mean, z = np.exp(eta), stats.norm.ppf(1 - ALPHA)
    spread = np.sqrt(4 / 9 * mean ** (1 / 3) * (phi + (error * mean) ** 2 / mean))
    delta = (mean ** (2 / 3) + z * spread) ** 1.5

    def quantile(centre: float) -> float:
        if phi > 1:
            return float(stats.nbinom.ppf(1 - ALPHA, centre / (phi - 1), 1 / phi))
        return float(stats.poisson.ppf(1 - ALPHA, centre))

    return {
        "trend": float(trend), "phi": phi, "eta": eta, "error": error, "delta": float(delta),
        "nbPlugin": quantile(mean), "muan": quantile(float(np.exp(eta + z * error))),
    }  # fmt: skip


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    drawn = {name: draw(number, kind) for number, (name, kind) in enumerate(SERIES.items())}
    with (FOLDER / "flexible_series.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "t", "observed"])
        writer.writerows(
            [name, week + 1, int(count)] for name, counts in drawn.items() for week, count in enumerate(counts)
        )
    with (FOLDER / "flexible_statsmodels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(
            file, ["unit", "t", "pThresholdTrend", "trend", "phi", "eta", "error", "delta", "nbPlugin", "muan"]
        )
        table.writeheader()
        for name, counts in drawn.items():
            for week in range(FIRST, WEEKS):
                for threshold in (0.05, 1.0):
                    found = {key: round(value, 10) for key, value in judge(counts, week, threshold).items()}
                    table.writerow({"unit": name, "t": week + 1, "pThresholdTrend": threshold} | found)


if __name__ == "__main__":
    main()
