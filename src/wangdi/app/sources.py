"""Views of other databases: listed, checked, drafted from, and pulled into the city as one batch a source."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from wangdi.app.cities import mapping_folders
from wangdi.app.extracts import Extracted, check_columns, describe_extract, write_extract, write_sample
from wangdi.app.sendings import take_in
from wangdi.app.source_files import SOURCES_FOLDER, Source, find_sources, read_sources
from wangdi.collect.drafting import draft_mapping
from wangdi.collect.mapping import Mapping
from wangdi.collect.mapping_reading import read_every_mapping
from wangdi.collect.request import CollectRequest, CollectResult, Progress, no_progress
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.language.library import Library
from wangdi.store.city import TEMPORARY, City
from wangdi.store.disk import is_alive, write_synced
from wangdi.store.foreign import open_foreign, shown_address

SAMPLE_ROWS = 500
_LAST = ".last"
_FOLDER = "pull-"


@dataclass(frozen=True, slots=True)
class PullAsked:
    """Which window, when, and who is told."""

    now: datetime
    since: date | None = None
    until: date | None = None
    actor: str = "pull"
    progress: Progress = no_progress
    tell: Callable[[Problem], None] | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull of a source came to. ``result``: nothing where everything was the same as last time."""

    source: str
    extracts: tuple[Extracted, ...]
    result: CollectResult | None

    @property
    def problems(self) -> list[Problem]:
        """What was met while reading, then what was met while collecting."""
        read = [problem for extract in self.extracts for problem in extract.problems]
        return [*read, *(self.result.problems if self.result else ())]


def list_sources(city: City) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Every extract of every source file, without connecting; and what is wrong with others."""
    found, problems = read_sources(city)
    rows = [
        {
            "source": source.name,
            "org": source.org,
            **dict(zip(("kind", "database"), _place(source), strict=True)),
            "extract": extract.name,
            "from": extract.origin,
            "mapping": extract.mapping or None,
            "window": extract.window.text() if extract.window else None,
        }
        for source in found.values()
        for extract in source.extracts
    ]
    return rows, problems


def _place(source: Source) -> tuple[str, str]:
    try:
        return shown_address(source.address())
    except Refusal:
        return "?", source.url


def check_sources(
    city: City, library: Library, names: Sequence[str]
) -> tuple[list[str], list[dict[str, Any]], list[Problem]]:
    """Connect to sources and look at every view; answers the names of those that are right.

    Errors: WAY-001 raised; WAY-002 to WAY-012 and WAY-017 come back as problems.
    """
    found, problems = read_sources(city)
    chosen = find_sources(city, names) if names else list(found.values())
    mappings, wrong = read_every_mapping(mapping_folders(city), library.newest)
    right: list[str] = []
    rows: list[dict[str, Any]] = []
    for source in chosen:
        said, told = _look(source, mappings)
        rows += said
        problems += told
        if not told:
            right.append(source.name)
    return right, rows, [*problems, *wrong]


def _look(source: Source, mappings: dict[str, Mapping]) -> tuple[list[dict[str, Any]], list[Problem]]:
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    try:
        with open_foreign(source.address(), source.name, source.encoding) as foreign:
            for extract in source.extracts:
                query = extract.plan(None)
                try:
                    columns = foreign.columns(query)
                    check_columns(query, columns, [name for name in (query.window, *query.order) if name])
                except Refusal as refusal:
                    problems.append(refusal.problem)
                    continue
                wanted = mappings[extract.mapping].columns() if extract.mapping in mappings else []
                known = {name.casefold() for name in columns}
                missing = [name for name in wanted if name.casefold() not in known]
                rows.append({"source": source.name, "extract": extract.name, "columns": columns, "missing": missing})
    except Refusal as refusal:
        problems.append(refusal.problem)
    return rows, [*problems, *_unknown_mappings(source, mappings)]


def _unknown_mappings(source: Source, mappings: dict[str, Mapping]) -> list[Problem]:
    return [
        Problem(
            code="WAY-017",
            file=source.path,
            line=extract.line,
            args={"source": source.name, "extract": extract.name, "mapping": extract.mapping},
        )
        for extract in source.extracts
        if extract.mapping and extract.mapping not in mappings
    ]


def draft_source(city: City, library: Library, name: str, only: str | None = None) -> list[dict[str, Any]]:
    """A mapping drafted from the first rows of each view. Errors: WAY-001, WAY-010, WAY-011."""
    (source,) = find_sources(city, [name])
    drafts = []
    with _folder(city) as folder, open_foreign(source.address(), source.name, source.encoding) as foreign:
        for extract in source.extracts:
            if only in (None, extract.name):
                sample = folder / f"{extract.mapping or f'{source.name}-{extract.name}'}.csv"
                write_sample(foreign, extract.plan(None), sample, source.encoding, SAMPLE_ROWS)
                text = draft_mapping(sample, library.newest)
                drafts.append({"source": source.name, "extract": extract.name, "mapping": text})
    return drafts


def pull_source(city: City, library: Library, source: Source, asked: PullAsked) -> Pulled:
    """Read a source's views into originals and collect them as one batch.

    Rule: only when every view was read to its end is anything taken in; the same rows as last time, read with the same
    mappings, are not taken in again.
    Errors: WAY-006 to WAY-012, WAY-017; those of ``collect``.
    """
    mappings, _ = read_every_mapping(mapping_folders(city), library.newest)
    for problem in (*_unknown_mappings(source, mappings), *_broken_months(source, asked)):
        raise Refusal(problem)
    with _folder(city) as folder:
        extracts = _read(city, source, asked, folder)
        state = _state(source, extracts, mappings)
        if state == _read_last(city, source):
            return Pulled(source.name, extracts, None)
        files = [extract.path for extract in extracts if extract.rows]
        named = {f"{extract.name}.csv": extract.mapping for extract in source.extracts if extract.mapping}
        result = CollectResult(batch=None)
        if files:
            request = CollectRequest(
                org=source.org,
                received_at=asked.now,
                named=named,
                mode="replace-period" if source.mode == "replace-period" else "add",
                mappings=mapping_folders(city),
                actor=asked.actor,
                progress=asked.progress,
                tell=asked.tell,
            )
            result = take_in(city, library, files, request)
    if not any(problem.severity is Severity.error for problem in result.problems):
        _keep_last(city, source, state)
    return Pulled(source.name, extracts, result)


def _broken_months(source: Source, asked: PullAsked) -> Iterator[Problem]:
    """What replaces months has to be whole months: days left out of one would be withdrawn."""
    if source.mode == "replace-period":
        if asked.since is not None and asked.since.day != 1:
            args = {"name": "--since", "text": asked.since.isoformat(), "expected": "YYYY-MM-01 (replace-period)"}
            yield Problem(code="WAY-004", file=source.path, args=args)
        if asked.until is not None and (asked.until + timedelta(days=1)).day != 1:
            args = {"name": "--until", "text": asked.until.isoformat(), "expected": "… (replace-period)"}
            yield Problem(code="WAY-004", file=source.path, args=args)


def _read(city: City, source: Source, asked: PullAsked, folder: Path) -> tuple[Extracted, ...]:
    found = []
    with open_foreign(source.address(), source.name, source.encoding) as foreign:
        for extract in source.extracts:
            query = extract.plan(asked.now.date(), asked.since, asked.until)
            note = describe_extract(source.name, extract.origin, query, asked.now)
            found.append(write_extract(foreign, query, note, folder, source.encoding))
    return tuple(found)


def _state(source: Source, extracts: Sequence[Extracted], mappings: dict[str, Mapping]) -> str:
    """What the last pull is compared by: every extract's rows and everything they are read with."""
    read_with = hashlib.sha256("\n".join(mappings[name].body for name in sorted(mappings)).encode()).hexdigest()
    said = {"org": source.org, "mode": source.mode, "mappings": read_with}
    return json.dumps(said | {extract.name: extract.sha256 for extract in extracts}, sort_keys=True)


def _last_file(city: City, source: Source) -> Path:
    return city.folder / SOURCES_FOLDER / _LAST / f"{source.name}.json"


def _read_last(city: City, source: Source) -> str:
    try:
        return _last_file(city, source).read_text(encoding="utf-8")
    except OSError:
        return ""


def _keep_last(city: City, source: Source, state: str) -> None:
    path = _last_file(city, source)
    path.parent.mkdir(exist_ok=True)
    write_synced(path, state)


@contextmanager
def _folder(city: City) -> Iterator[Path]:
    """Room for what is read, on the city's own disk; what a pull that was killed left is removed first."""
    top = city.folder / TEMPORARY
    for left in top.glob(f"{_FOLDER}*"):
        process = left.name.removeprefix(_FOLDER).partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}-", dir=top) as folder:
        yield Path(folder)
