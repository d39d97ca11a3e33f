"""Detectors against others' answers: statsmodels at every week of three series; R's surveillance where its outputs are."""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from wangdi.outbreaks.alarms import Alarms
from wangdi.outbreaks.detectors.farrington import FlexibleSettings, detect_farrington_flexible
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.methods import Beside, check_params, run_method
from wangdi.outbreaks.series import Panel, panel_of

Floats = npt.NDArray[np.float64]

REFERENCES = Path(__file__).parent / "references"
_BESIDE = Path(__file__).parents[3] / "shared" / "surveillance"
R_OUTPUTS = os.environ.get("WANGDI_SURVEILLANCE_OUTPUTS") or (str(_BESIDE) if _BESIDE.is_dir() else None)
"""A folder with ``runs.csv``, ``series/`` and ``outputs/``: series run through R's surveillance 1.20.3."""

METHODS = {
    "farringtonFlexible": "farrington_flexible",
    "farrington": "farrington",
    "earsC": "ears",
    "cusum": "cusum",
    "glrnb": "glr_nb",
    "glrpois": "glr_nb",
}
UNDECIDABLE = {
    (f"ha__FF_noufaily_{method}", unit, t)
    for method in ("delta", "muan")
    for unit, t in (("frkr", 285), ("mahe", 223), ("mahe", 288))
}
"""The trend is nought to the last digit, its probability 1 or the number before 1: with the threshold at 1 rounding decides."""

R_FAILS = {("ha__glrnb_intercept", "span", 204)}
"""R's Newton steps run away and it writes 0 for the statistic."""


def test_the_default_is_that_of_an_independent_model_at_every_week() -> None:
    counts: dict[str, list[float]] = defaultdict(list)
    for row in csv.DictReader((REFERENCES / "flexible_series.csv").read_text().splitlines()):
        counts[row["unit"]].append(float(row["observed"]))
    units = list(counts)
    expected: dict[tuple[str, str, str], Floats] = {}
    rows = list(csv.DictReader((REFERENCES / "flexible_statsmodels.csv").read_text().splitlines()))
    first, last = int(rows[0]["t"]), int(rows[-1]["t"])
    weeks = np.arange(first - 1, last)
    for row in rows:
        for name in ("trend", "phi", "eta", "error", "delta", "nbPlugin", "muan"):
            place = expected.setdefault((row["unit"], row["pThresholdTrend"], name), np.zeros(len(weeks)))
            place[int(row["t"]) - first] = float(row[name])
    assert len(rows) == len(units) * 2 * len(weeks)
    assert len(weeks) > 100
    panel = panel_of([counts[unit] for unit in units])
    for threshold in ("0.05", "1.0"):
        for method in ("delta", "nbPlugin", "muan"):
            settings = FlexibleSettings(b=4, p_threshold_trend=float(threshold), threshold_method=method)
            alarms = detect_farrington_flexible(panel, weeks, settings)
            found = {
                "trend": np.isfinite(alarms.more["trend"]) * 1.0,
                "phi": alarms.more["phi"],
                "eta": alarms.more["log_mean"],
                "error": alarms.more["log_error"],
                method: alarms.upperbound,
            }
            for name, values in found.items():
                wanted = np.stack([expected[unit, threshold, name] for unit in units])
                np.testing.assert_allclose(values, wanted, rtol=1e-6, atol=1e-8, err_msg=f"{threshold} {method} {name}")


def read_runs() -> list[dict[str, str]]:
    if R_OUTPUTS is None:
        return []
    with (Path(R_OUTPUTS) / "runs.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["method"] in METHODS]


@pytest.fixture(scope="module", params=read_runs() or [{}], ids=lambda row: row["run_id"] if row else "absent")
def run(request: pytest.FixtureRequest) -> dict[str, str]:
    if not request.param:
        pytest.skip(
            "R's outputs are not beside this repository; WANGDI_SURVEILLANCE_OUTPUTS names another folder of them"
        )
    found: dict[str, str] = request.param
    return found


def read_panel(folder: Path, name: str) -> Panel:
    with (folder / "series" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    units = tuple(dict.fromkeys(row["unit"] for row in rows))
    periods = max(int(row["t"]) for row in rows)
    observed, population = np.full((2, len(units), periods), np.nan)
    dates = np.full(periods, np.datetime64("NaT"), dtype="datetime64[D]")
    for row in rows:
        at = units.index(row["unit"]), int(row["t"]) - 1
        observed[at], population[at] = float(row["observed"]), float(row["population"])
        if row["date"] != "NA":
            dates[at[1]] = np.datetime64(row["date"])
    dated = not np.isnat(dates).any()
    return Panel(units, observed, int(rows[0]["freq"]), dates if dated else None, population)


def run_here(run: dict[str, str], panel: Panel) -> Alarms:
    params = json.loads(run["params_json"])
    name = METHODS[run["method"]]
    if name == "ears":
        name = f"ears_{params['method'].lower()}"
    if run["method"] == "glrpois":
        params["alpha"] = 0
    weeks = np.arange(int(run["range_start"]) - 1, int(run["range_end"]))
    checked = check_params(name, params | {"compat": "surveillance"})
    return run_method(name, panel, weeks, checked, Beside(Links.none(), tuple("" for _ in panel.units)))


def test_bounds_scores_and_alarms_are_those_of_r(run: dict[str, str]) -> None:
    folder = Path(str(R_OUTPUTS))
    alarms = run_here(run, read_panel(folder, run["dataset"]))
    found = {"alarm": alarms.alarm, "upperbound": alarms.upperbound, "phi": alarms.more.get("phi", alarms.score)}
    if run["method"] == "farringtonFlexible":
        found |= {"expected": alarms.expected, "pvalue": alarms.pvalue, "score": alarms.score}
    row_of = {unit: number for number, unit in enumerate(alarms.panel.units)}
    compared = 0
    with (folder / "outputs" / Path(run["file"]).name).open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            cell = run["run_id"], line["unit"], int(line["t"])
            at = row_of[line["unit"]], int(line["t"]) - int(run["range_start"])
            for name, values in found.items():
                if name not in line or (cell in UNDECIDABLE and name in ("pvalue", "score", "phi")) or cell in R_FAILS:
                    continue
                wanted = float("nan") if line[name] in ("NA", "NaN") else float(line[name])
                # Beside the trend's test a fit without a level is what R happened to reach: tiny, and equal within 1e-7.
                assert values[at] == pytest.approx(wanted, rel=1e-4, abs=1e-7, nan_ok=True), (cell, name)
                compared += 1
    assert compared >= 2 * alarms.alarm.size - 2


def test_no_method_is_left_out_of_the_comparison() -> None:
    if R_OUTPUTS is None:
        pytest.skip(
            "R's outputs are not beside this repository; WANGDI_SURVEILLANCE_OUTPUTS names another folder of them"
        )
    assert {run["method"] for run in read_runs()} == set(METHODS)
