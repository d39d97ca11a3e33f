"""Mapping files: which a city has, whether they are right, and a first draft from a sample of an institution's file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wangdi.app.cities import mapping_folders
from wangdi.collect.delimited import HeadRow
from wangdi.collect.drafting import draft_mapping, read_sample
from wangdi.collect.mapping_reading import parse_mapping, read_every_mapping, read_mapping
from wangdi.collect.recognising import missing_columns
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.records import Original

NEAREST = 3
"""Mappings that are shown to somebody whose file none fits."""


def list_mappings(
    city: City, library: Library, more: Sequence[Path] = ()
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Every mapping the city would read a file with, and what is wrong with others."""
    found, problems = read_every_mapping(mapping_folders(city, more), library.newest)
    rows = [
        {
            "mapping": mapping.name,
            "form": mapping.form,
            "recognise": list(mapping.recognise),
            "columns": len(mapping.columns()),
            "path": mapping.path,
        }
        for mapping in found.values()
    ]
    return rows, problems


def check_mappings(paths: Sequence[Path], library: Library) -> tuple[list[str], list[Problem]]:
    """Read mapping files, or every one of a folder; answers the names of those that are right.

    Errors: FILE-006 a path that is not there; MAP-001 to MAP-009 come back as problems.
    """
    names: list[str] = []
    problems: list[Problem] = []
    for path in [file for one in paths for file in (sorted(one.glob("*.yaml")) if one.is_dir() else [one])]:
        if not path.is_file():
            raise Refusal(Problem(code="FILE-006", file=path.name))
        mapping, wrong = read_mapping(path, library.newest)
        problems += wrong
        if mapping is not None:
            names.append(mapping.name)
    return names, problems


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mapping wants of a file: the form it fills, the columns it is recognised by, and all it reads."""

    name: str
    form: str
    title: str
    recognise: tuple[str, ...]
    columns: tuple[str, ...]
    notes: str


def expect_columns(city: City, library: Library) -> list[Expected]:
    """Every mapping of the city with the columns it expects, by form."""
    found, _ = read_every_mapping(mapping_folders(city), library.newest)
    listed = [
        Expected(one.name, one.form, library.forms[one.form].title, one.recognise, tuple(one.columns()), one.notes)
        for one in found.values()
    ]
    return sorted(listed, key=lambda one: (one.form, one.name))


@dataclass(frozen=True, slots=True)
class Nearest:
    """A mapping that does not fit a file, and the columns the file lacks for it."""

    expected: Expected
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """Why no mapping fitted a file: the columns that were found, and the mappings that come nearest."""

    columns: tuple[str, ...]
    nearest: tuple[Nearest, ...]


def explain_unread(city: City, library: Library, original: Original) -> Unread | None:
    """What a file that no mapping fits has, and which mappings come nearest; None where it is no table."""
    try:
        columns = read_sample(city.original_path(original)).columns
    except Refusal:
        return None
    header = [[HeadRow(1, columns)]]
    found, _ = read_every_mapping(mapping_folders(city), library.newest)
    near = [
        Nearest(one, tuple(missing_columns(found[one.name], header)))
        for one in expect_columns(city, library)
        if one.recognise
    ]
    near.sort(key=lambda one: len(one.missing) / len(one.expected.recognise))
    return Unread(columns, tuple(near[:NEAREST]))


def draft_original(city: City, library: Library, original: Original) -> str:
    """A drafted mapping for a file that was received, named like the file. Errors: as :func:`draft_for`."""
    name = original.name.rsplit("/", 1)[-1]
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / name
        try:
            sample.symlink_to(city.original_path(original).resolve())
        except OSError:  # a file system without links
            shutil.copyfile(city.original_path(original), sample)
        return draft_for(sample, library)[0]


def draft_for(sample: Path, library: Library) -> tuple[str, list[Problem]]:
    """A mapping for a sample, as YAML to be looked through, and what is still to be settled in it.

    Errors: FILE-006 the sample is not there, FILE-005 or FILE-002 it is no table.
    """
    if not sample.is_file():
        raise Refusal(Problem(code="FILE-006", file=sample.name))
    text = draft_mapping(sample, library.newest)
    _, problems = parse_mapping(text, f"{sample.stem}.yaml", library.newest)
    return text, problems
