"""``match``: who is who in a file of person records, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, VerbTree, argument, option
from wangdi.cli.kinds import PATH
from wangdi.cli.progress import show_steps
from wangdi.cli.session import Session
from wangdi.core.problem import Problem, Refusal

DECIDED = {"merge": "decision_merge", "review": "decision_review", "separate": "decision_separate"}


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """Which file, and what else is to be written."""

    records: Path
    review: Path | None
    pairs: Path | None
    weights: Path | None
    save_weights: Path | None
    successions: Path | None


def run_match(session: Session, asked: MatchOptions) -> Answer:
    """Match a file; the clusters go into the file of ``--out``."""
    from wangdi.app.matching import STEPS, MatchAsked, match_file

    if session.out is None:
        raise Refusal(Problem(code="CLI-003", args={"name": "--out", "verb": "wangdi match"}))
    wanted = MatchAsked(
        asked.records, session.out, asked.review, asked.pairs, asked.weights, asked.save_weights, asked.successions
    )
    with show_steps(session, len(STEPS), session.word("matching")) as step:
        found = match_file(wanted, lambda name: step(session.word(f"step_{name}")))
    written = [path for path in (session.out, asked.review, asked.pairs, asked.save_weights) if path is not None]
    left_out = [row for row in found["blocks"] if row["left_out"]]
    columns = ("block", "pairs", "left_out", "records")
    return Answer(
        payload=found | {"files": [str(path) for path in written]},
        text=session.word("matched", **{name: found[name] for name in ("records", "people", "by_number", "compared")}),
        grids=(Grid(columns, left_out, title=session.word("blocks_capped")),) if left_out else (),
        rows=Grid(columns, found["blocks"]),
        footer=(session.word("to_review", count=found["pairs"]["review"]),) if found["pairs"]["review"] else (),
        notes=tuple(session.word("written", file=path) for path in written),
    )


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """Which two records of which file."""

    records: Path
    rec_a: str
    rec_b: str
    weights: Path | None
    successions: Path | None


def run_explain(session: Session, asked: ExplainOptions) -> Answer:
    """What speaks for and against two records being one person."""
    from wangdi.app.matching import STEPS, MatchAsked, explain_pair

    wanted = MatchAsked(asked.records, weights=asked.weights, successions=asked.successions)
    with show_steps(session, len(STEPS) - 1, session.word("matching")) as step:
        found = explain_pair(wanted, asked.rec_a, asked.rec_b, lambda name: step(session.word(f"step_{name}")))
    said = {"probability": found["probability"], "weight": found["weight"]}
    return Answer(
        payload=found,
        text=session.word("pair_explained", decision=session.word(DECIDED[found["decision"]]), **said),
        grids=(Grid(("field", "level", "weight"), found["parts"]),),
        footer=(session.word("same_number"),) if found["same_number"] else (),
    )


explain = Verb(
    run_explain,
    [
        argument("records", type=PATH, metavar="RECORDS"),
        argument("rec_a", metavar="REC_A"),
        argument("rec_b", metavar="REC_B"),
        option("--weights", type=PATH, metavar="WEIGHTS.json"),
        option("--successions", type=PATH, metavar="FILE.csv"),
    ],
    ExplainOptions,
)
match = VerbTree(
    "match",
    Verb(
        run_match,
        [
            argument("records", type=PATH, metavar="RECORDS"),
            option("--review", type=PATH, metavar="REVIEW.csv"),
            option("--pairs", type=PATH, metavar="PAIRS.csv"),
            option("--weights", type=PATH, metavar="WEIGHTS.json"),
            option("--save-weights", type=PATH, metavar="WEIGHTS.json"),
            option("--successions", type=PATH, metavar="FILE.csv"),
        ],
        MatchOptions,
        own_out=True,
    ),
    (("explain", "wangdi.cli.matching:explain"),),
)
