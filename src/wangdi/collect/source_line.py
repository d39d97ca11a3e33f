"""The raw text a fact was read from: one line of a delimited file, one row of a sheet, one FHIR resource, one HL7 v2 message."""

from __future__ import annotations

import shutil
import tempfile
from itertools import islice
from pathlib import Path

from wangdi.collect.encoding import Encoding, detect_encoding
from wangdi.collect.fhir_raw import raw_resource
from wangdi.collect.files import judge_kind
from wangdi.collect.spreadsheet import read_sheets
from wangdi.collect.taking_hl7 import read_message_text

EXTRACT_NOTE = "# wangdi source"
"""How the first line of an extract from a database begins: which view, when, and which window it was read with."""
_CODECS = {"utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be", "utf-8": "utf-8", "gb18030": "gb18030"}


def read_source_line(path: Path, name: str, line: int, part: str = "") -> tuple[str | None, str | None]:
    """The text of a record as it was sent, and the header line of its file where it has one.

    ``path``: the kept original, whose own name is its hash; ``name``: the name it came under, which tells its kind.
    ``part``: the sheet of a workbook or the place inside a bundle, where a line alone does not say.
    Missing: (None, None) when the file no longer says what it said (``verify`` will name it).
    """
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / Path(name).name
        try:
            named.symlink_to(path.resolve())
        except OSError:  # a file system without links
            shutil.copyfile(path, named)
        kind = judge_kind(named)
        if kind == "fhir":
            try:
                return raw_resource(named, line, part), None
            except LookupError:
                return None, None
        if kind == "hl7":
            return read_message_text(named, name, line), None
        if kind == "spreadsheet":
            return _sheet_row(named, name, line, part)
        return _text_line(named, line)


def _sheet_row(path: Path, name: str, line: int, part: str) -> tuple[str | None, str | None]:
    sheets, _ = read_sheets(path, (), name)
    for sheet in sheets:
        for row in sheet.rows:
            if row.line == line and part in ("", sheet.name):
                return "\t".join(cell or "" for cell in row.cells), "\t".join(sheet.joined)
    return None, None


def _text_line(path: Path, line: int) -> tuple[str | None, str | None]:
    encoding = detect_encoding(path)
    if not isinstance(encoding, Encoding):
        return None, None
    with path.open("rb") as file:
        file.seek(encoding.skip)
        if encoding.name.startswith("utf-16"):
            lines = file.read().decode(_CODECS[encoding.name], "replace").splitlines()
            return (lines[line - 1] if line <= len(lines) else None), (lines[0] if lines else None)
        # No byte of a GB18030 or UTF-8 character is a line end: the line is found before anything is decoded.
        head = file.readline()
        if head.lstrip(b'"').startswith(
            EXTRACT_NOTE.encode()
        ):  # the line says where the rows are from; the next is the header
            head, line = file.readline(), line - 1
        raw = head if line == 1 else next(islice(file, line - 2, line - 1), None)
    codec = _CODECS[encoding.name]
    text = None if raw is None else raw.decode(codec, "replace").rstrip("\r\n")
    return text, head.decode(codec, "replace").rstrip("\r\n")
