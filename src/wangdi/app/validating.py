"""Checking files without a city: the very door files go through, in front of an empty city that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wangdi.app.field_lists import standard_mapping
from wangdi.catalog.places import Organisation
from wangdi.collect.collecting import collect_files
from wangdi.collect.mapping_reading import read_mapping
from wangdi.collect.refused import write_refused_rows
from wangdi.collect.request import CollectRequest, CollectResult, Progress, no_progress
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City

NOBODY = "-"
"""The sender where nobody knows who there is."""


@dataclass(frozen=True, slots=True)
class ValidateAsked:
    """What files are held against.

    ``form``: columns are called as in its field list; ``mapping``: a mapping file; ``folders``: a city's own mappings.
    ``organisations``: those there are; none given, any code is taken.
    """

    received_at: datetime
    form: str | None = None
    mapping: Path | None = None
    folders: tuple[Path, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    rows: Path | None = None
    progress: Progress = no_progress


def validate_files(
    library: Library, paths: Sequence[Path], asked: ValidateAsked
) -> tuple[CollectResult, list[Problem], list[Path]]:
    """What would become of files: counts, every problem, and the files of refused rows that were asked for.

    Rule: what a city would do to them that holds nothing yet. Nothing is kept.
    Errors: CITY-001 no such form; MAP-001 to MAP-011 the mapping is wrong (raised); FILE-006.
    """
    with tempfile.TemporaryDirectory(prefix="wangdi-validate-") as folder:
        mappings = Path(folder) / "mappings"
        mappings.mkdir()
        wanted = _write_mappings(mappings, library, asked)
        with City.create(Path(folder) / "city", name="validate", now=datetime(1900, 1, 1), salt="validate") as city:
            if asked.organisations:
                with city.writer("validate") as writer:
                    writer.put_organisations(asked.organisations, datetime(1900, 1, 1))
            request = CollectRequest(
                org=asked.organisations[0].code if asked.organisations else NOBODY,
                received_at=asked.received_at,
                mapping=wanted,
                mappings=(mappings, *asked.folders),
                any_organisation=not asked.organisations,
                actor="validate",
                progress=asked.progress,
            )
            result = collect_files(city, library.newest, paths, request)
            problems = city.problems(result.batch) if result.batch else list(result.problems)
            written: list[Path] = []
            if asked.rows is not None and result.batch and result.refused:
                written = write_refused_rows(city, library.newest, result.batch, asked.rows)
    return result, problems, written


def _write_mappings(folder: Path, library: Library, asked: ValidateAsked) -> str | None:
    """The mappings that are asked for; answers the one that has to be used."""
    if asked.form is not None:
        for labels in (False, True):
            text = standard_mapping(library, asked.form, labels=labels)
            (folder / f"{int(labels)}.yaml").write_text(text, encoding="utf-8")
        return None
    if asked.mapping is None:
        return None
    if not asked.mapping.is_file():
        raise Refusal(Problem(code="FILE-006", file=asked.mapping.name))
    mapping, problems = read_mapping(asked.mapping, library.newest)
    for problem in problems:
        raise Refusal(problem)
    assert mapping is not None, "a mapping without problems was read"
    (folder / "given.yaml").write_text(mapping.body, encoding="utf-8")
    return mapping.name
