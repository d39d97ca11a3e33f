"""``mapping``: list, check and draft the files that say which column is which field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.cities import problem_grids
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH
from wangdi.cli.session import Session

if TYPE_CHECKING:
    from wangdi.language.library import Library


def run_list(session: Session, mappings: tuple[Path, ...]) -> Answer:
    """The mappings a file would be read with."""
    from wangdi.app.cities import open_library
    from wangdi.app.mappings import list_mappings as listed

    with session.open_city() as city:
        rows, problems = listed(city, open_library(city), mappings)
    columns = ("mapping", "form", "columns", "recognise", "path")
    return Answer(
        payload={"rows": rows, "problems": [problem.as_json(session.lang) for problem in problems]},
        grids=(Grid(columns, rows, ("path", "recognise")), *problem_grids(session, problems)),
    )


list_mappings = Verb(run_list, [option("--mappings", type=PATH, multiple=True, metavar="DIR")])


def _library(session: Session) -> Library:
    """The city's packs where a city is named, else those shipped: a mapping can be drafted before there is a city."""
    from wangdi.app.cities import open_library

    if session.folder is None:
        return open_library()
    with session.open_city() as city:
        return open_library(city)


def run_check(session: Session, paths: tuple[Path, ...]) -> Answer:
    """Whether mapping files are right."""
    from wangdi.app.mappings import check_mappings

    names, problems = check_mappings(paths, _library(session))
    return Answer(
        payload={"right": names, "problems": [problem.as_json(session.lang) for problem in problems]},
        text=session.word("mappings_right", count=len(names)),
        grids=problem_grids(session, problems),
        exit_code=REFUSED if problems else OK,
    )


check = Verb(run_check, [argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")])


def run_draft(session: Session, sample: Path) -> Answer:
    """A first mapping for a file nobody mapped yet."""
    from wangdi.app.mappings import draft_for

    text, problems = draft_for(sample, _library(session))
    notes = tuple(problem.text(session.lang) for problem in problems)
    return Answer(
        payload={"mapping": text, "problems": [problem.as_json(session.lang) for problem in problems]},
        text=text.rstrip(),
        notes=(*notes, session.word("drafted")),
    )


draft = Verb(run_draft, [argument("sample", type=PATH, metavar="SAMPLE")])
