"""``reproduction`` and ``nowcast``: how fast a disease spreads, and how many cases are still to be reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PATH, WordKind
from wangdi.cli.output import replace_text
from wangdi.cli.session import Session

METHODS = ("cori", "wallinga_teunis")
BAND = ("median", "q0.025", "q0.975")


@dataclass(frozen=True, slots=True)
class ReproductionOptions:
    """Which file, which serial interval, and what is drawn."""

    incidence: Path
    si_mean: float | None
    si_sd: float | None
    si: Path | None
    si_mean_sd: float | None
    si_sd_sd: float | None
    method: str | None
    window: int
    draws: int
    seed: int
    plot: Path | None


def run_reproduction(session: Session, asked: ReproductionOptions) -> Answer:
    """The reproduction number of each window."""
    from wangdi.app.spreading import REPRODUCTION_COLUMNS, Interval, ReproductionAsked, estimate_reproduction

    interval = Interval(asked.si_mean, asked.si_sd, asked.si, asked.si_mean_sd, asked.si_sd_sd)
    method = asked.method or METHODS[0]
    found = estimate_reproduction(
        ReproductionAsked(asked.incidence, interval, asked.window, method, asked.draws, asked.seed)
    )
    rows = found["rows"]
    notes: tuple[str, ...] = ()
    if asked.plot is not None:
        words = {
            "title": session.word("plot_reproduction"),
            "legend": (session.word("plot_median"), session.word("plot_band")),
        }
        notes = _draw(session, asked.plot, rows, {"time": "t_end", "level": 1.0, **words})
    return Answer(
        payload=found,
        grids=(Grid(REPRODUCTION_COLUMNS, rows),),
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class NowcastOptions:
    """Which line list, and what is expected of its delay."""

    line_list: Path
    now: date | None
    days: int
    longest: int
    past: Path | None
    delay_mean: float
    delay_weight: float
    seed: int
    plot: Path | None


def run_nowcast(session: Session, asked: NowcastOptions) -> Answer:
    """Cases by day of onset, reported or not yet."""
    from wangdi.app.spreading import NOWCAST_COLUMNS, NowcastAsked, nowcast_cases

    found, problems = nowcast_cases(
        NowcastAsked(
            asked.line_list,
            asked.now,
            asked.days,
            asked.longest,
            asked.past,
            asked.delay_mean,
            asked.delay_weight,
            asked.seed,
        )
    )
    for problem in problems:
        session.tell(problem)
    rows = found["rows"]
    notes: tuple[str, ...] = ()
    if asked.plot is not None:
        legend = (session.word("plot_median"), session.word("plot_band"), session.word("plot_reported"))
        notes = _draw(
            session,
            asked.plot,
            rows,
            {"time": "date", "bars": "reported", "title": session.word("plot_nowcast"), "legend": legend},
        )
    return Answer(
        payload=found | {"problems": [problem.as_json(session.lang) for problem in problems]},
        text=session.word("nowcast_made", now=found["now"], reported=found["reported"]),
        grids=(Grid(NOWCAST_COLUMNS, rows, spare=("q0.25", "q0.75", "mean")),),
        notes=notes,
    )


def _draw(session: Session, path: Path, rows: list[dict[str, Any]], how: dict[str, Any]) -> tuple[str, ...]:
    """Write the rows' picture as SVG."""
    from wangdi.outbreaks.chart import Chart, render_chart

    line, low, high = ([row[name] for row in rows] for name in BAND)
    chart = Chart(
        title=how["title"],
        times=[str(row[how["time"]]) for row in rows],
        line=line,
        low=low,
        high=high,
        legend=how["legend"],
        bars=[row[how["bars"]] for row in rows] if "bars" in how else (),
        level=how.get("level"),
    )
    replace_text(path, render_chart(chart), "utf-8")
    return (session.word("written", file=path),)


reproduction = Verb(
    run_reproduction,
    [
        argument("incidence", type=PATH, metavar="INCIDENCE.csv"),
        option("--si-mean", type=float, metavar="DAYS"),
        option("--si-sd", type=float, metavar="DAYS"),
        option("--si", type=PATH, metavar="FILE.csv"),
        option("--si-mean-sd", type=float, metavar="DAYS"),
        option("--si-sd-sd", type=float, metavar="DAYS"),
        option("--method", type=WordKind(METHODS)),
        option("--window", type=int, default=7, metavar="DAYS"),
        option("--draws", type=click.IntRange(min=0), default=500, metavar="N"),
        option("--seed", type=click.IntRange(min=0), default=1, metavar="N"),
        option("--plot", type=PATH, metavar="FILE.svg"),
    ],
    ReproductionOptions,
)
nowcast = Verb(
    run_nowcast,
    [
        argument("line_list", type=PATH, metavar="LINELIST.csv"),
        option("--now", type=DAY, metavar="DATE"),
        option("--days", type=int, default=42, metavar="N"),
        option("--longest", type=int, default=28, metavar="DAYS"),
        option("--past", type=PATH, metavar="LINELIST.csv"),
        option("--delay-mean", type=float, default=5.0, metavar="DAYS"),
        option("--delay-weight", type=float, default=14.0, metavar="CASES"),
        option("--seed", type=click.IntRange(min=0), default=1, metavar="N"),
        option("--plot", type=PATH, metavar="FILE.svg"),
    ],
    NowcastOptions,
)
