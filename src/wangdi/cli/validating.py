"""``validate``: what would become of files, without a city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.cities import PROBLEM_COLUMNS, problem_grids
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT, PATH
from wangdi.cli.progress import show_bytes
from wangdi.cli.session import Session, read_clock
from wangdi.core.problem import Problem, Refusal, Severity

if TYPE_CHECKING:
    from wangdi.catalog.places import Organisation

COUNTS = ("received", "accepted", "refused", "duplicates")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class ValidateOptions:
    """Which files, and what they are held against."""

    paths: tuple[Path, ...]
    form: str | None
    mapping: Path | None
    rows: Path | None
    received_at: datetime | None


def run_validate(session: Session, asked: ValidateOptions) -> Answer:
    """Put files through the checks of collecting and keep nothing."""
    from wangdi.app.cities import mapping_folders, open_library
    from wangdi.app.validating import ValidateAsked, validate_files

    folders: tuple[Path, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    if asked.form is None and asked.mapping is None and session.folder is None:
        raise Refusal(Problem(code="CLI-003", args={"name": "--form / --mapping", "verb": "wangdi validate"}))
    library = open_library()
    if session.folder is not None:
        with session.open_city() as city:
            library, folders = open_library(city), mapping_folders(city)
            organisations = tuple(city.organisations())
    with show_bytes(session) as progress:
        wanted = ValidateAsked(
            asked.received_at or read_clock(),
            asked.form,
            asked.mapping,
            folders if asked.form is None and asked.mapping is None else (),
            organisations,
            asked.rows,
            progress,
        )
        result, problems, written = validate_files(library, asked.paths, wanted)
    errors = [problem for problem in problems if problem.severity is Severity.error]
    counts = {name: getattr(result, name) for name in COUNTS}
    forms = [{"form": form, "rows": rows} for form, rows in result.forms.items()]
    listed = [problem.as_json(session.lang) for problem in problems]
    said = {**counts, "forms": dict(result.forms), "problem_count": len(problems), "problems": listed}
    left = len(problems) - SHOWN
    return Answer(
        payload=said | {"refused_rows": [str(path) for path in written]},
        text=session.word("validated", **counts),
        grids=(*((Grid(("form", "rows"), forms),) if forms else ()), *problem_grids(session, problems[:SHOWN])),
        rows=Grid(PROBLEM_COLUMNS, listed),
        footer=(session.word("and_more", count=left),) if left > 0 else (),
        notes=tuple(session.word("rows_written", file=path) for path in written),
        exit_code=REFUSED if result.refused or errors else OK,
    )


validate = Verb(
    run_validate,
    [
        argument("paths", type=PATH, nargs=-1, required=True, metavar="FILE..."),
        option("--form", metavar="FORM"),
        option("--mapping", type=PATH, metavar="MAPPING.yaml"),
        option("--rows", type=PATH, metavar="FILE.csv"),
        option("--received-at", type=MOMENT),
    ],
    ValidateOptions,
)
