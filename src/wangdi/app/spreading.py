"""How fast a disease spreads and how many cases are still to be reported, from plain files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.outbreaks.spread.nowcast import DelayPrior, draw_totals, geometric_hazard, learn_hazard, tabulate_reports
from wangdi.outbreaks.spread.reading import read_incidence, read_interval, read_line_list
from wangdi.outbreaks.spread.reproduction import (
    Estimate,
    Incidence,
    estimate_cori,
    estimate_uncertain,
    estimate_wallinga_teunis,
)
from wangdi.outbreaks.spread.serial import Floats, discretise_gamma, draw_intervals

REPRODUCTION_COLUMNS = ("t_start", "t_end", "mean", "sd", "q0.025", "median", "q0.975")
NOWCAST_COLUMNS = ("date", "reported", "mean", "q0.025", "q0.25", "median", "q0.75", "q0.975")
CORI, WALLINGA_TEUNIS = METHODS = ("cori", "wallinga_teunis")
LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True, slots=True)
class Interval:
    """What is known of the serial interval: mean and sd in days, or a file. ``mean_sd``, ``sd_sd``: how uncertain the two are;
    each is then drawn from a normal distribution within two of these on either side (mean above 1, sd above 0).
    """

    mean: float | None = None
    sd: float | None = None
    file: Path | None = None
    mean_sd: float | None = None
    sd_sd: float | None = None


@dataclass(frozen=True, slots=True)
class ReproductionAsked:
    """Which file and how. ``draws``: intervals drawn where the interval is uncertain, or trees of infection."""

    incidence: Path
    interval: Interval
    window: int = 7
    method: str = CORI
    draws: int = 500
    seed: int = 1


def estimate_reproduction(asked: ReproductionAsked) -> dict[str, Any]:
    """The reproduction number of every window of a file.

    Grain: one row per window. Units: days. Missing: no estimate before one mean interval has passed.
    Errors: SPREAD-001 to SPREAD-013.
    """
    series = read_incidence(asked.incidence)
    days = len(series.incidence.cases)
    if asked.window < 1 or days < asked.window + 1:
        args = {"days": str(days), "window": str(asked.window)}
        raise Refusal(Problem(code="SPREAD-008", file=asked.incidence.name, args=args))
    rows = [
        {
            "t_start": _written(series.name_time(one.t_start)),
            "t_end": _written(series.name_time(one.t_end)),
            "mean": one.mean,
            "sd": one.sd,
            **dict(zip(("q0.025", "median", "q0.975"), one.quantiles, strict=True)),
        }
        for one in _estimate(asked, series.incidence)
    ]
    return {"method": asked.method, "window": asked.window, "rows": rows}


def _estimate(asked: ReproductionAsked, incidence: Incidence) -> list[Estimate]:
    given, days = asked.interval, len(incidence.cases)
    _check_interval(asked)
    if given.mean_sd is not None and given.sd_sd is not None and given.mean and given.sd:
        means = (
            given.mean,
            given.mean_sd,
            max(1 + 1e-6, given.mean - 2 * given.mean_sd),
            given.mean + 2 * given.mean_sd,
        )
        sds = (given.sd, given.sd_sd, max(1e-6, given.sd - 2 * given.sd_sd), given.sd + 2 * given.sd_sd)
        pairs = draw_intervals(means, sds, asked.draws, asked.seed)
        intervals = [discretise_gamma(mean, sd, days) for mean, sd in pairs]
        return estimate_uncertain(incidence, intervals, asked.window, DRAWS_EACH, asked.seed)
    interval = _known_interval(given, days)
    if asked.method == WALLINGA_TEUNIS:
        return estimate_wallinga_teunis(incidence, interval, asked.window, (asked.draws, asked.seed))
    return estimate_cori(incidence, interval, asked.window)


DRAWS_EACH = 50
"""Draws of R from the posterior of each interval drawn."""


def _check_interval(asked: ReproductionAsked) -> None:
    """Errors: SPREAD-010, SPREAD-011, SPREAD-013."""
    given = asked.interval
    by_moments = given.mean is not None and given.sd is not None
    if by_moments == (given.file is not None) or (given.mean is None) != (given.sd is None):
        raise Refusal(Problem(code="SPREAD-010"))
    if given.mean is not None and given.sd is not None and not (given.mean > 1 and given.sd > 0):
        raise Refusal(Problem(code="SPREAD-011"))
    uncertain = (given.mean_sd, given.sd_sd)
    if uncertain != (None, None):
        whole = all(one is not None and one > 0 for one in uncertain)
        if not whole or not by_moments or asked.method != CORI or asked.draws < 1:
            raise Refusal(Problem(code="SPREAD-013"))


def _known_interval(given: Interval, days: int) -> Floats:
    if given.file is not None:
        return read_interval(given.file)
    assert given.mean is not None, "an interval is checked before"
    assert given.sd is not None, "an interval is checked before"
    return discretise_gamma(given.mean, given.sd, days)


@dataclass(frozen=True, slots=True)
class NowcastAsked:
    """Which line list and how. ``now``: the last day known, by default the last report. ``days``: how many days of onset are
    told and learnt from. ``longest``: delays beyond so many days are taken as that. ``past``: a line list of earlier cases, all
    reported by now, that says what delays to expect; without it a geometric delay of mean ``delay_mean`` is expected, worth
    ``delay_weight`` cases at each delay.
    """

    line_list: Path
    now: date | None = None
    days: int = 42
    longest: int = 28
    past: Path | None = None
    delay_mean: float = 5.0
    delay_weight: float = 14.0
    seed: int = 1


def nowcast_cases(asked: NowcastAsked) -> tuple[dict[str, Any], list[Problem]]:
    """Cases by day of onset, reported and to be reported, and what was left out.

    Grain: one row per day of onset up to ``now``. Errors: SPREAD-001 to SPREAD-006, SPREAD-015, SPREAD-016.
    """
    if min(asked.days, asked.longest) < 1 or not (asked.delay_mean > 0 and asked.delay_weight > 0):
        raise Refusal(Problem(code="SPREAD-016"))
    cases = read_line_list(asked.line_list)
    now = asked.now.toordinal() if asked.now else int(cases.report.max(initial=0))
    if not (cases.report <= now).any():
        named = date.fromordinal(now).isoformat() if now else "—"
        raise Refusal(Problem(code="SPREAD-015", file=asked.line_list.name, args={"now": named}))
    hazard = geometric_hazard(asked.delay_mean, asked.longest)
    if asked.past is not None:
        earlier = read_line_list(asked.past)
        hazard = learn_hazard(earlier.report - earlier.onset, asked.longest, asked.delay_mean)
    first = max(now - asked.days + 1, int(cases.onset[cases.report <= now].min()))
    reports = tabulate_reports(cases.onset, cases.report, (first, now), asked.longest)
    totals = draw_totals(reports, DelayPrior(hazard, asked.delay_weight), asked.seed)
    quantiles = np.quantile(totals, LEVELS, axis=0)
    seen = reports.counts.sum(axis=1)
    rows = [
        {
            "date": date.fromordinal(first + place).isoformat(),
            "reported": int(seen[place]),
            "mean": round(float(totals[:, place].mean()), 3),
            **{name: float(quantiles[level, place]) for level, name in enumerate(NOWCAST_COLUMNS[3:])},
        }
        for place in range(len(seen))
    ]
    problems = []
    if cases.left_out:
        args = {"count": str(cases.left_out)}
        problems.append(Problem(code="SPREAD-014", severity=Severity.warning, file=asked.line_list.name, args=args))
    return {"now": date.fromordinal(now).isoformat(), "reported": int(seen.sum()), "rows": rows}, problems


def _written(time: date | int) -> str | int:
    return time if isinstance(time, int) else time.isoformat()
