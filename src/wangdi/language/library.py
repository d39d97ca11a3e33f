"""All packs of a folder, read together: forms first, because packs speak of one another's forms; then everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby, pairwise
from pathlib import Path

from wangdi.core.problem import Problem
from wangdi.language.model import Form, Pack
from wangdi.language.overlay import read_documents
from wangdi.language.reader import read_document_forms, read_pack_document


@dataclass(frozen=True, slots=True)
class Library:
    """Packs by id, each with its editions oldest first."""

    packs: Mapping[str, tuple[Pack, ...]]
    problems: tuple[Problem, ...]

    @property
    def newest(self) -> dict[str, Pack]:
        """The latest edition of each pack."""
        return {name: editions[-1] for name, editions in self.packs.items()}

    @property
    def forms(self) -> dict[str, Form]:
        """Every form by full name, in the words of its newest edition."""
        return {form.full_name: form for pack in self.newest.values() for form in pack.forms.values()}


def shipped_packs() -> Path:
    """The folder of the packs that come with Wangdi."""
    return Path(str(files("wangdi.packs")))


def find_pack_files(folder: Path) -> list[Path]:
    """``<folder>/<pack>/pack.yaml`` and further editions ``<folder>/<pack>/<edition>.pack.yaml``."""
    found = [*folder.glob("*/pack.yaml"), *folder.glob("*/*.pack.yaml")]
    return sorted(found, key=lambda path: (path.parent.name, path.name))


def load_library(folders: Iterable[Path] | None = None) -> Library:
    """Read every pack of the folders (default: those shipped). Problems of all packs come back together.

    Rule: a pack's folder takes the place of one of the same name in an earlier folder, with all its editions: a city that
    adds an edition has to say until when the one before applied.
    """
    chosen: dict[str, list[Path]] = {}
    for folder in folders or [shipped_packs()]:
        chosen |= {name: list(found) for name, found in groupby(find_pack_files(folder), lambda path: path.parent.name)}
    return read_library([path for found in chosen.values() for path in found])


def load_beside_shipped(own: Path) -> Library:
    """The shipped packs together with the pack in the folder ``own``, which takes the place of a shipped one of its name."""
    shipped = [path for path in find_pack_files(shipped_packs()) if path.parent.name != own.resolve().name]
    return read_library([*shipped, *sorted([*own.glob("pack.yaml"), *own.glob("*.pack.yaml")])])


def read_library(paths: Iterable[Path]) -> Library:
    """Read these pack files together.

    Errors: a pack that cannot be read at all is missing from the library and has its problem.
    """
    return read_library_texts({str(path): path.read_text(encoding="utf-8-sig") for path in paths})


def read_library_texts(texts: Mapping[str, str]) -> Library:
    """Read these texts together, each under its path; editions may lie on one another."""
    documents = read_documents(texts)
    forms: dict[str, Form] = {}
    for path, (root, problems_here, _) in documents.items():
        forms |= read_document_forms(root, path, list(problems_here))
    packs: dict[str, list[Pack]] = {}
    problems: list[Problem] = []
    for path, (root, problems_here, whole) in documents.items():
        pack, found = read_pack_document(root, (path, whole), forms, problems_here)
        problems += found
        if pack is not None:
            packs.setdefault(pack.id, []).append(pack)
    editions = {name: tuple(sorted(group, key=lambda pack: pack.valid_from)) for name, group in sorted(packs.items())}
    for group in editions.values():
        problems += _check_overlap(group)
    return Library(editions, tuple(problems))


def _check_overlap(editions: tuple[Pack, ...]) -> list[Problem]:
    problems = []
    for one, other in pairwise(editions):
        if one.valid_to is None or one.valid_to >= other.valid_from:
            args = {"one": one.edition, "other": other.edition}
            problems.append(Problem(code="PACK-029", file=one.path, line=1, args=args))
    return problems
