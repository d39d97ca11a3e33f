"""Keeping a city: making one, what it is founded on, and everything done with it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wangdi.app.rebuilding import check_derived
from wangdi.catalog.places import Organisation, Region, read_organisations, read_regions
from wangdi.catalog.populations import PopulationRow, read_populations
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.engines.tables import table_of
from wangdi.language.library import Library, load_library, shipped_packs
from wangdi.store.backup import restore_city, write_backup
from wangdi.store.city import City
from wangdi.store.export import ExportedForm, export_facts
from wangdi.store.lock import Tell
from wangdi.store.verify import check_city
from wangdi.store.workspace import Workspace

PACKS_FOLDER = "packs"
MAPPINGS_FOLDER = "mappings"
BEGINNING = datetime(1900, 1, 1)
"""When what a city is founded on counts as known: before anything it will ever be sent, so that past years can be."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """The rows a city stands on, and what was wrong with others."""

    regions: list[Region]
    organisations: list[Organisation]
    populations: list[PopulationRow]
    problems: list[Problem]

    @property
    def refused(self) -> bool:
        """Whether a row was refused."""
        return any(problem.severity is Severity.error for problem in self.problems)

    @property
    def name(self) -> str:
        """The name of the area everything lies in; empty where there are several."""
        roots = {region.name for region in self.regions if region.parent is None}
        return roots.pop() if len(roots) == 1 else ""

    def counts(self) -> dict[str, int]:
        """How many rows of each kind."""
        return {
            "regions": len(self.regions),
            "organisations": len(self.organisations),
            "populations": len(self.populations),
        }


@dataclass(frozen=True, slots=True)
class FoundationFiles:
    """Where the rows are; a file that is not given brings none."""

    regions: Path | None = None
    organisations: Path | None = None
    populations: Path | None = None


def read_foundation(
    files: FoundationFiles, regions: Sequence[Region] = (), organisations: Sequence[Organisation] = ()
) -> Foundation:
    """Read the files; rows may also name regions and organisations a city has already.

    Errors: raises Refusal for a file that cannot be opened, or one of which no row is left (its first problem).
    """
    problems: list[Problem] = []
    new_regions: list[Region] = []
    new_organisations: list[Organisation] = []
    populations: list[PopulationRow] = []
    if files.regions:
        new_regions, wrong = read_regions(files.regions)
        problems += _something_left(files.regions, new_regions, wrong)
    known = [*regions, *new_regions]
    if files.organisations:
        new_organisations, wrong = read_organisations(files.organisations, known)
        problems += _something_left(files.organisations, new_organisations, wrong)
    if files.populations:
        areas = {row.code for row in known} | {row.code for row in (*organisations, *new_organisations)}
        populations, wrong = read_populations(files.populations, areas)
        problems += _something_left(files.populations, populations, wrong)
    return Foundation(new_regions, new_organisations, populations, problems)


def _something_left(path: Path, rows: Sequence[object], problems: list[Problem]) -> list[Problem]:
    errors = [problem for problem in problems if problem.severity is Severity.error]
    if not rows:
        raise Refusal(errors[0] if errors else Problem(code="CITY-100", file=path.name))
    return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """Who makes a city, when, and where it keeps its rows. ``received_at``: when its foundation counts as known."""

    name: str
    who: str
    now: datetime
    salt: str
    database: str = "sqlite"
    received_at: datetime = BEGINNING


def found_city(folder: Path, foundation: Foundation, founding: Founding) -> City:
    """Make a city and accept what it stands on. Errors: STORE-006, STORE-008 there is something in the folder."""
    city = City.create(folder, name=founding.name, database_url=founding.database, salt=founding.salt, now=founding.now)
    try:
        accept_foundation(city, foundation, founding.who, founding.received_at)
        with city.writer(founding.who) as writer:
            writer.record_audit("init", founding.name, foundation.counts(), founding.now)
    except BaseException:
        city.close()
        raise
    return city


def accept_foundation(city: City, foundation: Foundation, who: str, at: datetime) -> None:
    """Accept regions, organisations and populations; of rows with the same key the newer hold."""
    with city.writer(who) as writer:
        writer.put_regions(foundation.regions, at)
        writer.put_organisations(foundation.organisations, at)
        writer.put_populations(foundation.populations, at)


def open_library(city: City | None = None, folders: Sequence[Path] = ()) -> Library:
    """The packs that hold in a city: those shipped, and its own under ``packs/``.

    Errors: raises Refusal with the first problem when a pack is wrong, so that nothing is computed from half a rule.
    """
    own = city.folder / PACKS_FOLDER if city is not None else None
    library = load_library([shipped_packs(), *([own] if own is not None and own.is_dir() else []), *folders])
    errors = [problem for problem in library.problems if problem.severity is Severity.error]
    if errors:
        raise Refusal(errors[0])
    return library


def mapping_folders(city: City, more: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where mapping files are looked for: the city's own folder, then those named."""
    own = city.folder / MAPPINGS_FOLDER
    return (*([own] if own.is_dir() else []), *more)


def verify_city(city: City, library: Library) -> list[Problem]:
    """Hold a city against its own records: hashes, sequences, and what was derived against a rebuild.

    Rule: from files that are not what was accepted nothing is rebuilt; those are to be restored first.
    """
    from wangdi.app.returns import check_files  # with it comes openpyxl, which no other verb about a whole city needs

    problems = [*check_city(city), *check_files(city)]
    if any(problem.severity is Severity.error for problem in problems):
        return problems
    with city.workspace() as workspace:
        return [*problems, *check_derived(city, workspace, library)]


def back_up(city: City, file: Path, who: str, tell: Tell | None = None) -> int:
    """The whole city into one file; answers how many files are in it. Errors: STORE-005."""
    return write_backup(city, file, who, tell=tell)


def bring_back(file: Path, folder: Path, database: str | None = None) -> City:
    """A city again from its backup, in a new folder. Errors: STORE-050, STORE-006, STORE-008."""
    return restore_city(file, folder, database_url=database)


def export_city(
    city: City, workspace: Workspace, library: Library, folder: Path, known: int
) -> tuple[list[ExportedForm], list[Problem]]:
    """All facts that hold at ``known``, a Parquet file each form, identities apart, and their manifest."""
    tables = [REGISTRATION_TABLE, *(table_of(form) for form in library.forms.values())]
    return export_facts(city, workspace, folder, known, tables)


def compact_city(city: City, library: Library, who: str, say: Callable[[str], None]) -> dict[str, int]:
    """Roll the journal into segments and merge each form's segments; answers how many segments each form had.

    Nothing accepted changes, and no figure.
    """
    merged: dict[str, int] = {}
    with city.writer(who) as writer:
        writer.roll_journal([REGISTRATION_TABLE, *(table_of(form) for form in library.forms.values())])
        for name in sorted({segment.table for segment in city.segments()}):
            say(name)
            if (number := writer.compact(name)) > 1:
                merged[name] = number
        writer.remove_replaced()
    return merged
