"""Is everything that was accepted still there, byte for byte, each number once?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Table, select

from wangdi.catalog.tables import RETIREMENT_TABLE
from wangdi.core.problem import Problem, Severity
from wangdi.store import schema
from wangdi.store.city import City
from wangdi.store.disk import hash_file
from wangdi.store.managed import ALL_MANAGED
from wangdi.store.manifest import read_segments
from wangdi.store.originals import original_target
from wangdi.store.records import Segment
from wangdi.store.workspace import Workspace, sql_text

FOLDERS = ("facts", "identities", "originals", "problems")
"""Where accepted files are; everything in them is in the manifest."""


def check_city(city: City, derived: Callable[[], Iterable[Problem]] | None = None) -> list[Problem]:
    """Hold a city against its own records: files, hashes, row counts, numbers. Empty means sound.

    ``derived``: the caller's own check that what was computed equals what would be computed again.
    Errors: STORE-040 missing, STORE-041 altered, STORE-042 unknown file (warning), STORE-043 to STORE-047 numbers.
    """
    listed = sorted(_files_on_disk(city.folder))
    with city.reading() as connection:
        segments = read_segments(connection)
        hashes = {segment.path: segment.sha256 for segment in segments} | _other_hashes(connection)
        problems = [*_check_acceptance(connection), *_check_rows(connection)]
    problems += _check_files(city, hashes)
    sound = {problem.args["path"] for problem in problems if "path" in problem.args}
    with city.workspace() as workspace:
        readable = [segment for segment in segments if segment.path not in sound]
        problems += _check_segments(workspace, city.folder, readable)
        problems += _check_numbers(city, workspace, readable)
    problems += _check_unknown(city, listed)
    if derived is not None:
        problems += derived()
    return problems


def _files_on_disk(folder: Path) -> Iterator[str]:
    for name in FOLDERS:
        for path in (folder / name).rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix()


def _other_hashes(connection: Connection) -> dict[str, str]:
    table = schema.problem_file
    hashes: dict[str, str] = {row.path: row.sha256 for row in connection.execute(select(table.c.path, table.c.sha256))}
    originals = connection.execute(select(schema.original.c.sha256).distinct()).scalars()
    return hashes | {original_target(sha256): sha256 for sha256 in originals}


def _check_files(city: City, hashes: dict[str, str]) -> list[Problem]:
    problems = []
    for path, sha256 in sorted(hashes.items()):
        file = city.folder / path
        try:
            if hash_file(file) != sha256:
                problems.append(Problem(code="STORE-041", args={"path": path}))
        except OSError:
            # A merge may have replaced and removed it since the manifest was read.
            if path in _known_paths(city):
                problems.append(Problem(code="STORE-040", args={"path": path}))
    return problems


def _check_unknown(city: City, listed: Iterable[str]) -> list[Problem]:
    known = _known_paths(city)
    return [
        Problem(code="STORE-042", severity=Severity.warning, args={"path": path})
        for path in listed
        if path not in known and (city.folder / path).exists()
    ]


def _known_paths(city: City) -> set[str]:
    with city.reading() as connection:
        paths = set(connection.execute(select(schema.segment.c.path)).scalars())
        return paths | _other_hashes(connection).keys()


def _check_acceptance(connection: Connection) -> list[Problem]:
    """The log covers 1 to the latest number without a gap or an overlap, and time never runs backwards in it."""
    log = schema.acceptance
    expected, moment = 1, None
    for row in connection.execute(select(log).order_by(log.c.first_seq)):
        if row.first_seq != expected or row.last_seq < row.first_seq or (moment and row.accepted_at < moment):
            return [Problem(code="STORE-043", args={"first": str(expected)})]
        expected, moment = row.last_seq + 1, row.accepted_at
    found = connection.execute(select(schema.counter.c.next_seq)).scalar_one()
    return [] if found == expected else [Problem(code="STORE-043", args={"first": str(expected)})]


def _check_rows(connection: Connection) -> list[Problem]:
    """Every batch, entry, retirement and managed row took its numbers from an acceptance of its own kind."""
    log = schema.acceptance
    accepted = select(log.c.ref, log.c.first_seq, log.c.last_seq).where(log.c.kind == "batch")
    given = {tuple(row) for row in connection.execute(accepted)}
    batch = schema.batch
    problems = [
        Problem(code="STORE-045", args={"what": "batch", "ref": str(row.id)})
        for row in connection.execute(select(batch.c.id, batch.c.first_seq, batch.c.last_seq))
        if (str(row.id), row.first_seq, row.last_seq) not in given
    ]
    tables: list[tuple[Table, tuple[str, ...]]] = [(kind.table, (kind.table.name,)) for kind in ALL_MANAGED]
    tables += [(schema.journal, ("entry",)), (schema.retirement, ("entry", "withdrawal"))]
    for table, kinds in tables:
        covered = (log.c.kind.in_(kinds), log.c.first_seq <= table.c.seq, log.c.last_seq >= table.c.seq)
        stray = select(table.c.seq).where(~select(log.c.first_seq).where(*covered).exists()).limit(1)
        if (seq := connection.execute(stray).scalar_one_or_none()) is not None:
            problems.append(Problem(code="STORE-045", args={"what": table.name, "ref": str(seq)}))
    return problems


def _check_segments(workspace: Workspace, folder: Path, segments: Iterable[Segment]) -> list[Problem]:
    """Each file holds as many rows as its manifest row says, and no number outside the stretch given there."""
    problems = []
    for segment in segments:
        numbers = (
            f"select count(*), min(seq_offset), max(seq_offset) from read_parquet({sql_text(folder / segment.path)})"
        )
        rows, first, last = workspace.one(numbers) or (0, 0, 0)
        inside = rows and segment.first_seq <= segment.base + first and segment.base + last <= segment.last_seq
        if rows != segment.rows or not inside:
            problems.append(Problem(code="STORE-044", args={"path": segment.path}))
    return problems


def _check_numbers(city: City, workspace: Workspace, segments: Iterable[Segment]) -> list[Problem]:
    """No number is two facts', in segments and journal together, and no rolled entry has gone missing."""
    parts = [
        f"select {segment.base} + seq_offset as seq from read_parquet({sql_text(city.folder / segment.path)})"
        for segment in segments
        if segment.table != RETIREMENT_TABLE.name
    ]
    with city.reading() as connection:
        table = schema.journal
        rows = connection.execute(select(table.c.seq, table.c.rolled_into.is_not(None)).order_by(table.c.seq)).all()
    workspace.create_table("journal_seqs", {"seq": "BIGINT", "rolled": "BOOLEAN"}, map(tuple, rows))
    entries = "select seq from journal_seqs where not rolled"
    every = " union all ".join([*parts, entries])
    problems = []
    twice = workspace.one(f"select min(seq) from (select seq from ({every}) group by seq having count(*) > 1)")
    if twice is not None and twice[0] is not None:
        problems.append(Problem(code="STORE-046", args={"seq": str(twice[0])}))
    lost = workspace.one(f"select min(seq) from journal_seqs anti join ({every}) facts using (seq)")
    if lost is not None and lost[0] is not None:
        problems.append(Problem(code="STORE-047", args={"seq": str(lost[0])}))
    return problems
