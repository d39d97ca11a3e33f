"""``collect``, ``problems``, ``reconcile``: taking in what institutions send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.cities import PROBLEM_COLUMNS, problem_grids
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT, PATH, WordKind
from wangdi.cli.progress import show_bytes
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal, Severity

Mode = Literal["add", "replace-period"]
MODES: tuple[Mode, ...] = ("add", "replace-period")
SHOWN = 20
COUNTS = ("batch", "received", "accepted", "refused", "duplicates", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class CollectAsked:
    """What came, from whom, and how it is to be read."""

    paths: tuple[Path, ...]
    org: str
    mapping: str | None
    mode: Mode
    received_at: datetime | None
    mappings: tuple[Path, ...]


def run_collect(session: Session, asked: CollectAsked) -> Answer:
    """Take in one sending of one institution."""
    from wangdi.app.cities import mapping_folders, open_library
    from wangdi.app.sendings import result_json, take_in
    from wangdi.collect.request import CollectRequest

    missing = [path for path in asked.mappings if not path.is_dir()]
    if missing:
        raise Refusal(Problem(code="CLI-015", file=str(missing[0])))
    with session.open_city() as city, show_bytes(session) as progress:
        request = CollectRequest(
            org=asked.org,
            received_at=asked.received_at or read_clock(),
            mapping=asked.mapping,
            mode=asked.mode,
            mappings=mapping_folders(city, asked.mappings),
            actor=actor_name(),
            progress=progress,
            tell=session.tell,
        )
        result = take_in(city, open_library(city), asked.paths, request)
    said = result_json(result, session.lang)
    forms = [{"form": form, "rows": rows} for form, rows in result.forms.items()]
    errors = [problem for problem in result.problems if problem.severity is Severity.error]
    shown = (errors or list(result.problems))[:SHOWN]
    footer = (
        [session.word("more_problems", batch=result.batch, count=result.problem_count)]
        if result.problem_count > len(shown)
        else []
    )
    return Answer(
        payload=said,
        grids=(
            Grid(COUNTS, [{name: said[name] for name in COUNTS}]),
            *((Grid(("form", "rows"), forms),) if forms else ()),
            *problem_grids(session, shown),
        ),
        footer=tuple(footer),
        exit_code=REFUSED if result.refused or errors else OK,
    )


collect = Verb(
    run_collect,
    [
        argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH..."),
        option("--org", required=True, metavar="CODE"),
        option("--as", "mapping", metavar="MAPPING"),
        option("--mode", type=WordKind(MODES), default="add"),
        option("--received-at", type=MOMENT),
        option("--mappings", type=PATH, multiple=True, metavar="DIR"),
    ],
    CollectAsked,
)


@dataclass(frozen=True, slots=True)
class ProblemsAsked:
    """Which problems, and how many of them."""

    batch: int | None
    kinds: bool
    rows: Path | None
    limit: int | None
    offset: int


def run_problems(session: Session, asked: ProblemsAsked) -> Answer:
    """What was refused or doubted, row by row or by kind."""
    from wangdi.app.cities import open_library
    from wangdi.app.sendings import list_problems, write_refused

    limit = asked.limit if asked.limit is not None else (50 if session.format == "table" else None)
    notes: tuple[str, ...] = ()
    with session.open_city() as city:
        found, counts = list_problems(city, asked.batch, limit, asked.offset)
        if asked.rows is not None:
            if asked.batch is None:
                raise Refusal(Problem(code="CLI-003", args={"name": "--batch", "verb": "wangdi problems"}))
            written = write_refused(city, open_library(city), asked.batch, asked.rows)
            notes = tuple(session.word("rows_written", file=path) for path in written) or (session.word("no_rows"),)
    total = sum(count for _, _, count in counts)
    if asked.kinds:
        kinds: list[dict[str, Any]] = [
            {"severity": severity, "code": code, "count": count} for severity, code, count in counts
        ]
        return Answer(payload=kinds, grids=(Grid(("severity", "code", "count"), kinds),), notes=notes)
    rows = [problem.as_json(session.lang) for problem in found]
    footer = session.word("footer_problems", shown=len(rows), total=total)
    return Answer(
        payload=rows,
        grids=problem_grids(session, found),
        rows=Grid(PROBLEM_COLUMNS, rows),
        text="" if rows else session.word("no_problems"),
        footer=(footer,) if rows else (),
        notes=notes,
    )


problems = Verb(
    run_problems,
    [
        option("--batch", type=int, metavar="ID"),
        option("--kinds", is_flag=True),
        option("--rows", type=PATH, metavar="FILE.csv"),
        option("--limit", type=int),
        option("--offset", type=int, default=0),
    ],
    ProblemsAsked,
)


@dataclass(frozen=True, slots=True)
class ReconcileAsked:
    """Which form's counts, and the counts its owner declares."""

    form: str | None
    declared: Path | None
    differing: bool
    known: str | None


def run_reconcile(session: Session, asked: ReconcileAsked) -> Answer:
    """Our counts held against those the owner of each form declares."""
    from wangdi.app.cities import open_library
    from wangdi.app.sendings import declare_counts, read_declared, reconcile

    problems: list[Problem] = []
    with session.open_city() as city:
        library = open_library(city)
        if asked.declared is not None:
            declared, problems = read_declared(asked.declared, library)
            declare_counts(city, declared, actor_name(), read_clock())
        found = reconcile(city, library, asked.form, city.seq_known(asked.known))
    rows = [
        {
            "form": one.form, "org": one.org, "period": one.period, "owner": one.owner, "ours": one.ours,
            "declared": one.declared, "difference": one.difference,
        }
        for one in found
        if not asked.differing or one.difference
    ]  # fmt: skip
    columns = ("form", "org", "period", "owner", "ours", "declared", "difference")
    return Answer(
        payload={"rows": rows, "problems": [problem.as_json(session.lang) for problem in problems]},
        grids=(Grid(columns, rows, ("owner",)), *problem_grids(session, problems)),
        exit_code=REFUSED if problems else OK,
    )


reconcile = Verb(
    run_reconcile,
    [
        option("--form"),
        option("--declared", type=PATH, metavar="FILE.csv"),
        option("--differing", is_flag=True),
        option("--known", metavar="DATE|N"),
    ],
    ReconcileAsked,
)
