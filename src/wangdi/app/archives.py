"""What is sent, made safe to write: names that only name, and a ZIP of files as the files, before anybody reads them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from wangdi.core.problem import Problem, Refusal

MOST_FILES = 1000
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_WORKBOOK = ("[Content_Types].xml", "mimetype")
"""What is in a ZIP that is a workbook and has to stay whole."""
_BLOCK = 1 << 20
NAME_BYTES = 180
UNNAMED = "unnamed"


def clean_name(raw: str) -> str:
    """A file's own name without folders, control characters or leading dots; long ones are cut before the ending."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(one if one.isprintable() else "\ufffd" for one in last).strip().lstrip(". ")
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending.encode()) > NAME_BYTES // 4:
        stem, ending = text, ""
    room = NAME_BYTES - len(ending.encode()) - 1
    cut = stem.encode()[:room].decode("utf-8", "ignore")
    return (f"{cut}.{ending}" if ending else cut) or UNNAMED


def free_path(folder: Path, name: str) -> Path:
    """Where a file of that name can be written; the second of one name gets a number."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
    return path


def unpack_archives(files: Sequence[Path], most: int) -> tuple[Path, ...]:
    """The files of a sending with each ZIP among them unpacked into a folder beside it; the ZIP itself is removed.

    Rule: names inside only name: no member is written anywhere but into that folder. What offices and systems leave behind
    (hidden files, ``__MACOSX``) is passed over; a ZIP inside a ZIP stays one and is refused when it is read.
    Errors: FILE-018 it cannot be unpacked, FILE-019 it has a password, FILE-020 there is more in it than is taken, FILE-021
    there is nothing in it.
    """
    taken: list[Path] = []
    for path in files:
        if not zipfile.is_zipfile(path):
            taken.append(path)
            continue
        try:
            unpacked = _unpack(path, path.with_name(f"{path.name}.files"), most)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise Refusal(Problem(code="FILE-018", file=path.name)) from error
        taken += [path] if unpacked is None else unpacked
    return tuple(taken)


def _unpack(path: Path, folder: Path, most: int) -> list[Path] | None:
    """The files written; None for a workbook."""
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if any(one.filename in _WORKBOOK for one in members):
            return None
        if any(one.flag_bits & _ENCRYPTED for one in members):
            raise Refusal(Problem(code="FILE-019", file=path.name))
        wanted = [(one, name) for one in members if (name := _member_name(one))]
        if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one, _ in wanted):
            raise NotImplementedError("a packing that hardly anybody uses")
        if not wanted:
            raise Refusal(Problem(code="FILE-021", file=path.name))
        if len(wanted) > MOST_FILES:
            raise Refusal(Problem(code="FILE-020", file=path.name, args={"most": f"{MOST_FILES}"}))
        folder.mkdir()
        written: list[Path] = []
        left = most
        for member, name in wanted:
            target = free_path(folder, name)
            with archive.open(member) as source, target.open("wb") as out:
                while block := source.read(min(_BLOCK, left + 1)):
                    left -= len(block)
                    if left < 0:
                        raise Refusal(Problem(code="FILE-020", file=path.name, args={"most": f"{most >> 20} MB"}))
                    out.write(block)
            written.append(target)
    path.unlink()
    return written


def _member_name(member: zipfile.ZipInfo) -> str:
    """A member's own name without folders; empty for what is passed over.

    Rule: names not marked as UTF-8 are taken for UTF-8 where they are, else for GB18030, which Windows writes in China.
    """
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("gb18030", "replace")
    parts = name.replace("\\", "/").split("/")
    if "__MACOSX" in parts or parts[-1].startswith((".", "~$")):
        return ""
    return clean_name(name)
