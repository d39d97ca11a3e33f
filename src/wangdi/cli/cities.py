"""``init``, ``update``, ``backup``, ``restore``, ``export``, ``verify``, ``compact``: a city as a whole."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wangdi.cli.answer import CHECK_FAILED, OK, REFUSED, Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT, PATH
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal, Severity

if TYPE_CHECKING:
    from wangdi.app.cities import Foundation

PROBLEM_COLUMNS = ("severity", "code", "file", "line", "field", "message", "hint")


@dataclass(frozen=True, slots=True)
class InitAsked:
    """Where a city is to be, and the files it stands on."""

    folder: Path
    regions: Path
    organisations: Path
    populations: Path | None
    database: str
    name: str | None
    received_at: datetime | None


def run_init(session: Session, asked: InitAsked) -> Answer:
    """Make a city."""
    from wangdi.app.cities import BEGINNING, FoundationFiles, Founding, found_city, read_foundation

    if asked.database != "sqlite" and not asked.database.startswith(("postgresql", "env:")):
        raise Refusal(Problem(code="STORE-003"))
    foundation = read_foundation(FoundationFiles(asked.regions, asked.organisations, asked.populations))
    founding = Founding(
        name=asked.name or foundation.name or asked.folder.resolve().name,
        who=actor_name(),
        now=read_clock(),
        salt=secrets.token_hex(16),
        database=asked.database,
        received_at=asked.received_at or BEGINNING,
    )
    found_city(asked.folder, foundation, founding).close()
    text = session.word("city_made", name=founding.name, folder=asked.folder)
    return _foundation_answer(session, foundation, text, {"city": founding.name, "folder": asked.folder})


def _foundation_answer(session: Session, foundation: Foundation, text: str, head: dict[str, object]) -> Answer:
    counts = foundation.counts()
    return Answer(
        payload={**head, **counts, "problems": [problem.as_json(session.lang) for problem in foundation.problems]},
        text=text,
        grids=(Grid(tuple(counts), [counts]), *problem_grids(session, foundation.problems)),
        exit_code=REFUSED if foundation.refused else OK,
    )


def problem_grids(session: Session, problems: list[Problem]) -> tuple[Grid, ...]:
    """Problems as a table; none where there are none."""
    if not problems:
        return ()
    rows = [problem.as_json(session.lang) for problem in problems]
    return (Grid(PROBLEM_COLUMNS, rows, spare=("hint", "severity")),)


init = Verb(
    run_init,
    [
        argument("folder", type=PATH, metavar="DIR"),
        option("--regions", type=PATH, required=True, metavar="FILE"),
        option("--organisations", type=PATH, required=True, metavar="FILE"),
        option("--populations", type=PATH, metavar="FILE"),
        option("--database", default="sqlite", metavar="sqlite|postgresql://…|env:NAME"),
        option("--name"),
        option("--received-at", type=MOMENT),
    ],
    InitAsked,
)


def run_update(
    session: Session,
    regions: Path | None,
    organisations: Path | None,
    populations: Path | None,
    received_at: datetime | None,
) -> Answer:
    """Accept newer regions, organisations or populations."""
    from wangdi.app.cities import FoundationFiles, accept_foundation, read_foundation

    if not (regions or organisations or populations):
        raise Refusal(Problem(code="CLI-009"))
    with session.open_city() as city:
        files = FoundationFiles(regions, organisations, populations)
        foundation = read_foundation(files, city.regions(), city.organisations())
        accept_foundation(city, foundation, actor_name(), received_at or read_clock())
        text = session.word("city_updated", name=city.name)
        return _foundation_answer(session, foundation, text, {"city": city.name})


update = Verb(
    run_update,
    [
        option("--regions", type=PATH, metavar="FILE"),
        option("--organisations", type=PATH, metavar="FILE"),
        option("--populations", type=PATH, metavar="FILE"),
        option("--received-at", type=MOMENT),
    ],
)


def run_backup(session: Session, file: Path) -> Answer:
    """The whole city into one file."""
    from wangdi.app.cities import back_up

    with session.open_city() as city:
        files = back_up(city, file, actor_name(), session.tell)
        said = {"file": file, "files": files, "bytes": file.stat().st_size, "known": city.latest_seq()}
    return Answer(payload=said, text=session.word("backed_up", **said), grids=(Grid(tuple(said), [said]),))


backup = Verb(run_backup, [argument("file", type=PATH, metavar="FILE")])


def run_restore(session: Session, file: Path, folder: Path, database: str | None) -> Answer:
    """A city again from its backup."""
    from wangdi.app.cities import bring_back

    with bring_back(file, folder, database) as city:
        said = {"city": city.name, "folder": folder, "known": city.latest_seq()}
    return Answer(payload=said, text=session.word("restored", **said), grids=(Grid(tuple(said), [said]),))


restore = Verb(
    run_restore,
    [
        argument("file", type=PATH, metavar="FILE"),
        argument("folder", type=PATH, metavar="DIR"),
        option("--database", metavar="sqlite|postgresql://…|env:NAME"),
    ],
)


def run_export(session: Session, folder: Path, known: str | None) -> Answer:
    """All facts and derived tables as Parquet."""
    from wangdi.app.exporting import export_everything

    with session.open_city() as city, session.standing(city, known) as standing:
        written, problems = export_everything(standing, folder)
        rows = [{"form": one.form, "file": one.path, "rows": one.rows, "sha256": one.sha256} for one in written]
        said = {"folder": folder, "known": standing.known, "files": rows}
    for problem in problems:
        session.tell(problem)
    return Answer(
        payload={**said, "problems": [problem.as_json(session.lang) for problem in problems]},
        grids=(Grid(("form", "file", "rows", "sha256"), rows, spare=("sha256",)),),
        footer=(session.word("exported", folder=folder, known=said["known"]),),
    )


export = Verb(run_export, [argument("folder", type=PATH, metavar="DIR"), option("--known", metavar="DATE|N")])


def run_verify(session: Session) -> Answer:
    """Hold the city against its own records."""
    from wangdi.app.cities import open_library, verify_city

    with session.open_city() as city:
        problems = verify_city(city, open_library(city))
        known = city.latest_seq()
    failed = any(problem.severity is Severity.error for problem in problems)
    return Answer(
        payload={
            "sound": not failed,
            "known": known,
            "problems": [problem.as_json(session.lang) for problem in problems],
        },
        text=session.word("unsound" if failed else "sound", known=known, problems=len(problems)),
        grids=problem_grids(session, problems),
        exit_code=CHECK_FAILED if failed else OK,
    )


verify = Verb(run_verify)


def run_compact(session: Session) -> Answer:
    """Roll the journal and merge small files; no figure changes."""
    from wangdi.app.cities import compact_city, open_library

    with session.open_city() as city:
        merged = compact_city(city, open_library(city), actor_name(), session.say)
    rows = [{"form": form, "segments": number} for form, number in merged.items()]
    return Answer(
        payload={"merged": merged},
        text="" if rows else session.word("nothing_to_merge"),
        grids=(Grid(("form", "segments"), rows),) if rows else (),
    )


compact = Verb(run_compact)
