"""The files of a sending: which there are, and what each of them is, judged by its bytes before its name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from wangdi.collect.fhir_json import is_fhir
from wangdi.collect.hl7 import is_hl7
from wangdi.collect.spreadsheet_files import detect_container
from wangdi.core.problem import Problem, Refusal

Kind = Literal["delimited", "spreadsheet", "fhir", "hl7", "empty", "unknown"]

_DELIMITED = (".csv", ".tsv", ".txt", ".tab", ".dat", "")
_SPREADSHEETS = (".xls", ".xlsx", ".xlsm", ".ods", ".et")
_HEAD_BYTES = 8192


def list_files(paths: Iterable[Path]) -> list[Path]:
    """Every file meant, in an order that does not depend on the machine; a folder means everything in it.

    Errors: a path that is not there is refused (FILE-006), and so is a folder that may not be looked into (FILE-007):
    what is in it would otherwise be left out and nobody would know.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in _walk(path) if each.is_file() and not _is_hidden(each, path))
        elif path.is_file():
            found.append(path)
        else:
            raise Refusal(Problem(code="FILE-006", file=show_path(path.name)))
    return list(dict.fromkeys(found))


def _walk(folder: Path) -> Iterator[Path]:
    for inside, _, names in os.walk(folder, onerror=_refuse_folder):
        yield from (Path(inside, name) for name in names)


def _refuse_folder(error: OSError) -> None:
    name = show_path(Path(str(error.filename)).name)
    raise Refusal(Problem(code="FILE-007", file=name, args={"reason": error.strerror or "?"})) from error


def _is_hidden(path: Path, top: Path) -> bool:
    # Also the lock files (~$x.xlsx) that offices leave beside an open workbook.
    return any(part.startswith((".", "~$")) for part in path.relative_to(top).parts)


def judge_kind(path: Path) -> Kind:
    """What a file is."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise Refusal(
            Problem(code="FILE-007", file=show_path(path.name), args={"reason": error.strerror or "?"})
        ) from error
    if not head:
        return "empty"
    if is_fhir(path):
        return "fhir"
    if is_hl7(path, head):
        return "hl7"
    if detect_container(head) not in ("text", "empty"):
        return "spreadsheet"
    return "delimited" if path.suffix.lower() in (*_DELIMITED, *_SPREADSHEETS) else "unknown"


def shown_names(files: Sequence[Path], paths: Iterable[Path]) -> dict[Path, str]:
    """How each file is called in messages: its path inside the folder given, else its name."""
    names: dict[Path, str] = {}
    for path in paths:
        for file in files:
            if path.is_dir() and file.is_relative_to(path):
                names[file] = file.relative_to(path).as_posix()
    return {file: show_path(names.get(file, file.name)) for file in files}


def show_path(name: str) -> str:
    """A file's name as text that can be printed and kept.

    Rule: a name that is not UTF-8 is taken for GB18030, which archives packed on Windows leave behind; characters that
    would break a line or a terminal become ``\ufffd``.
    """
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
