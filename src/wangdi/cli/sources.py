"""``source``: views of other databases, listed, checked, drafted from and pulled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.cities import problem_grids
from wangdi.cli.ending import exit_code_of
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, MOMENT
from wangdi.cli.progress import show_bytes
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal, Severity

if TYPE_CHECKING:
    from wangdi.app.sources import Pulled

SHOWN = 20


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows for a table, in which ``source`` means the clause of a norm."""
    return [{"name": row["source"], **row} for row in rows]


def run_list(session: Session) -> Answer:
    """The city's source files."""
    from wangdi.app.sources import list_sources as listed

    with session.open_city() as city:
        rows, problems = listed(city)
    columns = ("name", "org", "kind", "address", "extract", "from", "mapping", "window")
    shown = [{**row, "address": row["database"]} for row in _named(rows)]
    return Answer(
        payload={"rows": rows, "problems": [problem.as_json(session.lang) for problem in problems]},
        grids=(*((Grid(columns, shown, ("address", "from")),) if rows else ()), *problem_grids(session, problems)),
        text="" if rows or problems else session.word("no_sources"),
        exit_code=REFUSED if problems else OK,
    )


list_sources = Verb(run_list)


def run_check(session: Session, names: tuple[str, ...]) -> Answer:
    """Whether source files are right and their databases answer."""
    from wangdi.app.cities import open_library
    from wangdi.app.sources import check_sources

    with session.open_city() as city:
        right, rows, problems = check_sources(city, open_library(city), names)
    lists = [
        {
            **row,
            "columns": session.word("list").join(row["columns"]),
            "missing": session.word("list").join(row["missing"]),
        }
        for row in _named(rows)
    ]
    return Answer(
        payload={"right": right, "rows": rows, "problems": [problem.as_json(session.lang) for problem in problems]},
        text=session.word("sources_right", count=len(right)),
        grids=(
            *((Grid(("name", "extract", "columns", "missing"), lists),) if rows else ()),
            *problem_grids(session, problems),
        ),
        exit_code=REFUSED if problems else OK,
    )


check = Verb(run_check, [argument("names", nargs=-1, metavar="[NAME]...")])


def run_draft(session: Session, name: str, extract: str | None) -> Answer:
    """Mappings drafted from the views' rows."""
    from wangdi.app.cities import open_library
    from wangdi.app.sources import draft_source

    with session.open_city() as city:
        drafts = draft_source(city, open_library(city), name, extract)
    return Answer(
        payload={"drafts": drafts, "problems": []},
        text="\n---\n".join(draft["mapping"].rstrip() for draft in drafts),
        notes=(session.word("drafted"),),
    )


draft = Verb(run_draft, [argument("name", metavar="NAME"), option("--extract", metavar="EXTRACT")])


@dataclass(frozen=True, slots=True)
class PullOptions:
    """Which sources, which window, when."""

    names: tuple[str, ...]
    since: date | None
    until: date | None
    received_at: datetime | None


def run_pull(session: Session, asked: PullOptions) -> Answer:
    """Read sources and collect what they have."""
    from wangdi.app.cities import open_library
    from wangdi.app.source_files import find_sources
    from wangdi.app.sources import PullAsked, pull_source

    pulled: list[Pulled] = []
    refusals: list[Problem] = []
    with session.open_city() as city, show_bytes(session) as progress:
        library = open_library(city)
        for source in find_sources(city, asked.names):
            moment = asked.received_at or read_clock()
            wanted = PullAsked(moment, asked.since, asked.until, actor_name(), progress, session.tell)
            try:
                found = pull_source(city, library, source, wanted)
            except Refusal as refusal:  # one hospital's database that is away does not keep the others from being read
                refusals.append(refusal.problem)
                continue
            pulled.append(found)
            rows = sum(extract.rows for extract in found.extracts)
            session.say(session.word("source_pulled", source=source.name, rows=rows))
            if found.result is None:
                session.say(session.word("source_same", source=source.name))
    if refusals and not pulled:
        raise Refusal(refusals[0])
    problems = [*refusals, *(problem for one in pulled for problem in one.problems)]
    rows_said = [_pulled_json(one) for one in pulled]
    columns = ("name", "batch", "received", "accepted", "refused", "duplicates", "superseded", "withdrawn", "same")
    wrong = any(problem.severity is Severity.error for problem in problems)
    return Answer(
        payload={"rows": rows_said, "problems": [problem.as_json(session.lang) for problem in problems]},
        grids=(
            Grid(columns, _named(rows_said), ("withdrawn", "superseded")),
            *problem_grids(session, problems[:SHOWN]),
        ),
        exit_code=exit_code_of(refusals[0]) if refusals else REFUSED if wrong else OK,
    )


def _pulled_json(pulled: Pulled) -> dict[str, Any]:
    result = pulled.result
    counts = ("received", "accepted", "refused", "duplicates", "superseded", "withdrawn")
    extracts = [
        {
            "extract": one.name,
            "rows": one.rows,
            "sha256": one.sha256,
            "since": one.query.since,
            "until": one.query.until,
        }
        for one in pulled.extracts
    ]
    return {
        "source": pulled.source,
        "extracts": extracts,
        "same": result is None,
        "batch": None if result is None else result.batch,
        **{name: 0 if result is None else getattr(result, name) for name in counts},
    }


pull = Verb(
    run_pull,
    [
        argument("names", nargs=-1, metavar="[NAME]..."),
        option("--since", type=DAY, metavar="DATE"),
        option("--until", type=DAY, metavar="DATE"),
        option("--received-at", type=MOMENT),
    ],
    PullOptions,
)
