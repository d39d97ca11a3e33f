"""``pack``: list, check, test, explain, propose, new, and holding a pack against rows of one's own."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import OK, REFUSED, WRONG_PACK, Answer, Grid
from wangdi.cli.cities import problem_grids
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PATH, WordKind
from wangdi.cli.progress import show_bytes
from wangdi.cli.session import Session
from wangdi.core.problem import Problem, Severity

if TYPE_CHECKING:
    from wangdi.app.pack_rows import Answer as Held

ENGINE_NAMES = ("reference", "duckdb")


def run_list(session: Session) -> Answer:
    """Every edition of every pack."""
    from wangdi.app.packs import list_packs as listed

    rows = listed()
    counted = [
        {**row, **{name: len(row[name]) for name in ("forms", "classes", "tasks", "indicators")}} for row in rows
    ]
    columns = (
        "pack",
        "edition",
        "title",
        "subject",
        "valid_from",
        "valid_to",
        "forms",
        "classes",
        "tasks",
        "indicators",
    )
    spare = ("valid_to", "classes", "tasks", "subject")
    return Answer(payload={"packs": rows}, grids=(Grid(columns, counted, spare),), rows=Grid(columns, rows))


list_packs = Verb(run_list)


def run_check(session: Session, packs: tuple[str, ...]) -> Answer:
    """Everything wrong with packs, without running anything."""
    from wangdi.app.packs import check_packs

    problems = check_packs(packs)
    wrong = any(problem.severity is Severity.error for problem in problems)
    return Answer(
        payload=[problem.as_json(session.lang) for problem in problems],
        text="" if problems else session.word("packs_right"),
        grids=problem_grids(session, problems),
        exit_code=WRONG_PACK if wrong else OK,
    )


check = Verb(run_check, [argument("packs", nargs=-1, metavar="[PACK]...")])


def run_test(session: Session, packs: tuple[str, ...]) -> Answer:
    """Examples on every engine, then mutants."""
    from wangdi.app.packs import trials_as_json, try_packs

    with show_bytes(session) as progress:
        trials = try_packs(packs, progress)
    said = trials_as_json(trials)
    rows = [_test_cells(pack) for pack in said["packs"]]
    problems = [problem for trial in trials for problem in trial.problems()]
    wrong = any(row["failed"] or row["survivors"] for row in rows) or any(
        p.severity is Severity.error for p in problems
    )
    return Answer(
        payload=said,
        grids=(
            Grid(
                ("pack", "edition", "passed", "failed", "engines", "mutants", "killed", "survivors"), rows, ("engines",)
            ),
            *problem_grids(session, problems),
        ),
        exit_code=WRONG_PACK if wrong else OK,
    )


def _test_cells(pack: dict[str, Any]) -> dict[str, Any]:
    return {
        "pack": pack["pack"],
        "edition": pack["edition"],
        **pack["examples"],
        "engines": ", ".join(pack["engines"]),
        "mutants": pack["mutants"]["total"],
        "killed": pack["mutants"]["killed"],
        "survivors": len(pack["mutants"]["survivors"]),
    }


test = Verb(run_test, [argument("packs", nargs=-1, metavar="[PACK]...")])


def run_explain(session: Session, pack: str) -> Answer:
    """A pack as a page a physician can read, and as JSON."""
    from wangdi.app.packs import explain_pack, explain_pack_page

    if session.format == "table":
        return Answer(payload=None, text=explain_pack_page(pack, session.lang).rstrip())
    return Answer(payload=explain_pack(pack, session.lang))


explain = Verb(run_explain, [argument("pack", metavar="PACK")])


def run_propose(session: Session, pack: str) -> Answer:
    """Boundary rows that are still missing from the examples."""
    from wangdi.app.packs import propose_rows

    proposal = propose_rows(pack)
    rows = [dict(row) for row in proposal.rows]
    text = io.StringIO()
    if rows:
        lines = csv.DictWriter(text, proposal.columns, lineterminator="\n", restval="")
        lines.writeheader()
        lines.writerows(rows)
    walks = "\n".join(proposal.walks)
    return Answer(
        payload={"columns": list(proposal.columns), "rows": rows, "walks": list(proposal.walks)},
        text="\n".join(part for part in (text.getvalue().rstrip(), walks) if part)
        or session.word("nothing_to_propose"),
        rows=Grid(proposal.columns, rows),
    )


propose = Verb(run_propose, [argument("pack", metavar="PACK")])


def run_new(session: Session, name: str, into: Path) -> Answer:
    """A small working pack to start from."""
    from wangdi.app.packs import new_pack

    folder = new_pack(name, into)
    said = {"pack": name, "folder": folder, "files": sorted(path.name for path in folder.iterdir())}
    return Answer(payload=said, text=session.word("pack_made", folder=folder))


new = Verb(
    run_new, [argument("name", metavar="NAME"), option("--in", "into", type=PATH, default=Path(), metavar="DIR")]
)


@dataclass(frozen=True, slots=True)
class RunAsked:
    """Which pack is held against which rows."""

    pack: str
    rows: Path
    form: str | None
    engine: str


def run_run(session: Session, asked: RunAsked) -> Answer:
    """Judge the visits of a file."""
    from wangdi.app.packs import run_pack

    return _held(session, run_pack(asked.pack, asked.rows, asked.form or "", asked.engine))


def _held(session: Session, held: Held) -> Answer:
    """Rows judged, and what could not be read of them, on stderr so that the rows stay rows."""
    errors = [problem for problem in held.problems if problem.severity is Severity.error]
    return Answer(
        payload={"rows": held.rows, "problems": [problem.as_json(session.lang) for problem in held.problems]},
        grids=(Grid(held.columns, held.rows, ("clause", "reason", "form_code")),),
        notes=tuple(_told(session, held.problems)),
        exit_code=REFUSED if errors else OK,
    )


def _told(session: Session, problems: list[Problem]) -> list[str]:
    shown = [problem.text(session.lang) for problem in problems[:20]]
    return shown if len(problems) <= 20 else [*shown, session.word("and_more", count=len(problems) - 20)]


_ENGINE = option("--engine", type=WordKind(ENGINE_NAMES), default="reference")
run = Verb(
    run_run,
    [argument("pack", metavar="PACK"), argument("rows", type=PATH, metavar="ROWS.csv"), option("--form"), _ENGINE],
    RunAsked,
    file_format="csv",
)


@dataclass(frozen=True, slots=True)
class DueAsked:
    """Which pack, of whom, on what day."""

    pack: str
    people: Path
    events: Path
    on: date
    engine: str


def run_due(session: Session, asked: DueAsked) -> Answer:
    """What a pack asks of people in a file."""
    from wangdi.app.packs import due_pack

    return _held(session, due_pack(asked.pack, (asked.people, asked.events), asked.on, asked.engine))


due = Verb(
    run_due,
    [
        argument("pack", metavar="PACK"),
        option("--people", type=PATH, required=True, metavar="PEOPLE.csv"),
        option("--events", type=PATH, required=True, metavar="EVENTS.csv"),
        option("--on", type=DAY, required=True, metavar="DATE"),
        _ENGINE,
    ],
    DueAsked,
    file_format="csv",
)
