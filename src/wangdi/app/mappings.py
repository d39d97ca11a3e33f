"""Mapping files: which a city has, whether they are right, and a first draft from a sample of an institution's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wangdi.app.cities import mapping_folders
from wangdi.collect.drafting import draft_mapping
from wangdi.collect.mapping_reading import parse_mapping, read_mapping, read_mappings
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City


def list_mappings(
    city: City, library: Library, more: Sequence[Path] = ()
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Every mapping the city would read a file with, and what is wrong with others."""
    found, problems = read_mappings(mapping_folders(city, more), library.newest)
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


def draft_for(sample: Path, library: Library) -> tuple[str, list[Problem]]:
    """A mapping for a sample, as YAML to be looked through, and what is still to be settled in it.

    Errors: FILE-006 the sample is not there, FILE-005 or FILE-002 it is no table.
    """
    if not sample.is_file():
        raise Refusal(Problem(code="FILE-006", file=sample.name))
    text = draft_mapping(sample, library.newest)
    _, problems = parse_mapping(text, f"{sample.stem}.yaml", library.newest)
    return text, problems
