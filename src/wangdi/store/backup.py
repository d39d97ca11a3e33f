"""A city as one file, and a city again from that file, on either database."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, insert, select, text

from wangdi.core.problem import Problem, Refusal
from wangdi.store import schema
from wangdi.store.city import TEMPORARY, WAIT_SECONDS, City
from wangdi.store.cityfile import CITY_FILE, CityFile, read_city_file, render_city_file, write_city_file
from wangdi.store.database import SQLITE_FILE, answering_refusals, open_engine, reading, resolve_url
from wangdi.store.disk import STAGING, hash_file, sync_file, sync_folder
from wangdi.store.lock import Tell
from wangdi.store.manifest import read_segments
from wangdi.store.migrate import VERSION_TABLE, make_schema, read_version, upgrade_schema
from wangdi.store.originals import original_target

CONTENTS = "backup.json"
FORMAT = 1
ROWS_AT_ONCE = 5_000
RULE_FOLDERS = ("mappings", "packs", "sources", "reports", "returns")
RULE_FILES = ("notify.yaml", "surveillance.yaml", "targets.csv")
"""What a city has of its own to read files and to judge records with: without them a restored city answers otherwise."""


def write_backup(
    city: City, file: Path | str, who: str, wait_seconds: float = WAIT_SECONDS, tell: Tell | None = None
) -> int:
    """Write the whole city into one tar file, its own packs and mappings too; answers how many files are in it.

    The database goes in as SQLite whatever it is here, and no password with it. Writing waits meanwhile.
    Errors: STORE-005 when the file cannot be written, STORE-010 when somebody else keeps writing.
    """
    target = Path(file)
    draft = target.with_name(target.name + ".new")
    with city.writer(who, wait_seconds, tell) as writer, answering_refusals():
        dump = writer.staging / SQLITE_FILE
        with reading(city.engine) as connection:
            _dump_database(connection, dump)
            hashes = _listed_files(connection)
        hashes[SQLITE_FILE] = hash_file(dump)
        file_text = render_city_file(CityFile(id=city.id, name=city.name, database="sqlite")).encode()
        hashes[CITY_FILE] = hashlib.sha256(file_text).hexdigest()
        rules = _rule_files(city.folder)
        hashes |= {path: hashlib.sha256(content).hexdigest() for path, content in rules.items()}
        contents = {"format": FORMAT, "city": city.name, "latest_seq": city.latest_seq(), "files": hashes}
        with tarfile.open(draft, "w") as tar:
            _add_bytes(tar, CONTENTS, json.dumps(contents, ensure_ascii=False, indent=1).encode())
            _add_bytes(tar, CITY_FILE, file_text)
            for path, content in rules.items():
                _add_bytes(tar, path, content)
            for path in sorted(hashes.keys() - rules.keys() - {CITY_FILE}):
                tar.add(dump if path == SQLITE_FILE else city.folder / path, path, recursive=False)
        sync_file(draft)
        draft.replace(target)
        sync_folder(target.parent)
    return len(hashes)


def restore_city(file: Path | str, folder: Path | str, *, database_url: str | None = None) -> City:
    """Make the city of a backup again in a new or empty folder, and open it. Every file's hash is checked.

    ``database_url`` as for ``City.create``: a backup of either database restores into either.
    Errors: STORE-050 the file is no backup or damaged, STORE-006, STORE-008 there is something in the folder already.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise Refusal(Problem(code="STORE-008", args={"folder": folder.name, "found": next(folder.iterdir()).name}))
    with answering_refusals():
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with answering_refusals():
            _unpack(Path(file), partial)
            for name in (STAGING, TEMPORARY):
                (partial / name).mkdir()
        if database_url not in (None, "sqlite"):
            _load_database(partial, str(database_url))
        with answering_refusals():
            partial.chmod(0o755)
            if folder.is_dir():
                folder.rmdir()
            partial.rename(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return City.open(folder)


def _listed_files(connection: Connection) -> dict[str, str]:
    """Every file a reader may need, with its SHA-256."""
    hashes = {segment.path: segment.sha256 for segment in read_segments(connection)}
    for table in (schema.problem_file,):
        hashes |= {row.path: row.sha256 for row in connection.execute(select(table.c.path, table.c.sha256))}
    originals = connection.execute(select(schema.original.c.sha256).distinct()).scalars()
    return hashes | {original_target(sha256): sha256 for sha256 in originals}


def _rule_files(folder: Path) -> dict[str, bytes]:
    """The city's own mappings and packs, read once: somebody may be editing them."""
    paths = [path for name in RULE_FOLDERS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    paths += [folder / name for name in RULE_FILES if (folder / name).is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _dump_database(connection: Connection, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as target:
            make_schema(target)
            _copy_rows(connection, target)
            # What merges replaced is not in the backup, so it is not in its manifest either.
            target.execute(schema.segment.delete().where(schema.segment.c.replaced_by.is_not(None)))
    finally:
        engine.dispose()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in schema.metadata.sorted_tables:
        if table is schema.writer_holder:
            continue
        result = source.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
        for rows in result.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    tar.addfile(entry, io.BytesIO(content))


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file, "r:*") as tar:
            tar.extractall(folder, filter="data")
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        hashes: dict[str, str] = contents["files"]
        if contents["format"] != FORMAT:
            raise ValueError(f"format {contents['format']}")
    except (tarfile.TarError, EOFError, KeyError, TypeError, ValueError, FileNotFoundError) as error:
        raise _damaged(file, str(error)) from error
    for path, sha256 in hashes.items():
        kept = folder / path
        if not kept.is_file() or hash_file(kept) != sha256:
            raise _damaged(file, path)
        sync_file(kept)
    for inner, _, _ in os.walk(folder):
        sync_folder(Path(inner))
    (folder / CONTENTS).unlink()


def _damaged(file: Path, reason: str) -> Refusal:
    return Refusal(Problem(code="STORE-050", args={"file": file.name, "reason": reason}))


def _load_database(folder: Path, database_url: str) -> None:
    """Move the relational rows of an unpacked backup into another database."""
    city = read_city_file(folder)
    source = open_engine(resolve_url("sqlite", folder))
    target = open_engine(resolve_url(database_url, folder))
    try:
        _bring_up_to_date(source)
        with reading(source) as rows, reading(target) as connection:
            make_schema(connection)
            _copy_rows(rows, connection)
    finally:
        source.dispose()
        target.dispose()
    for leftover in folder.glob(f"{SQLITE_FILE}*"):
        leftover.unlink()
    write_city_file(folder, CityFile(id=city.id, name=city.name, database=database_url))


def _bring_up_to_date(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        if read_version(connection) != schema.HEAD:
            upgrade_schema(connection)
        connection.execute(text(f"select 1 from {VERSION_TABLE}"))
