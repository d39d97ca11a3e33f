"""``clusters``: where cases lie closer together than chance puts them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.session import Session

MODELS = ("poisson", "permutation", "bernoulli")


@dataclass(frozen=True, slots=True)
class ClustersOptions:
    """Which file, and how it is scanned."""

    cases: Path
    model: str | None
    max_share: float
    max_radius: float | None
    max_window: int | None
    prospective: bool
    most: int
    replicates: int
    seed: int


def run_clusters(session: Session, asked: ClustersOptions) -> Answer:
    """Scan a file for clusters."""
    from wangdi.app.clusters import COLUMNS, ClustersAsked, find_clusters
    from wangdi.outbreaks.space.scan import Chances

    wanted = ClustersAsked(
        asked.cases,
        asked.model or "",
        asked.max_share,
        asked.max_radius,
        asked.max_window,
        asked.prospective,
        asked.most,
    )
    found = find_clusters(wanted, Chances(asked.replicates, asked.seed, os.cpu_count() or 1))
    rows = [row | {"ids": " ".join(row["ids"])} for row in found["rows"]]
    # Two decimals, as tables have them, would make every p-value worth reading 0.00.
    shown = [row | {"p_value": None if row["p_value"] is None else f"{row['p_value']:.3f}"} for row in rows]
    columns = ("rank", "ids", "cases", "expected", "llr", "p_value", "start", "end")
    return Answer(
        payload=found,
        text=session.word(
            "scanned", **{name: found[name] for name in ("zones", "steps", "cases", "replicates", "model")}
        ),
        grids=(Grid(columns, shown, spare=("start", "end")),),
        rows=Grid(COLUMNS, rows),
    )


clusters = Verb(
    run_clusters,
    [
        argument("cases", type=PATH, metavar="CASES.csv"),
        option("--model", type=WordKind(MODELS)),
        option("--max-share", type=float, default=0.5, metavar="SHARE"),
        option("--max-radius", type=float, metavar="KM"),
        option("--max-window", type=int, metavar="STEPS"),
        option("--prospective", is_flag=True),
        option("--most", type=click.IntRange(min=1), default=10, metavar="N"),
        option("--replicates", type=click.IntRange(min=0), default=999, metavar="N"),
        option("--seed", type=click.IntRange(min=0), default=1, metavar="N"),
    ],
    ClustersOptions,
)
