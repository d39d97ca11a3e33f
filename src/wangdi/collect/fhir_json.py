"""Finds every resource in a FHIR file, with the place it stands at, without holding more than one at a time.

A file is either *lines* (NDJSON; a line may itself be a bundle) or one *document* (a bundle or a single resource). Both
may be compressed with gzip. Positions are those of the uncompressed text.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TypeAlias

from wangdi.collect.fhir_walk import Item, Located, Unreadable, broken, check_characters, walk_text
from wangdi.core.problem import Problem, Refusal

GZIP_MAGIC = b"\x1f\x8b"
LINE_SUFFIXES = (".ndjson", ".jsonl")
SUFFIXES = (".json", *LINE_SUFFIXES)
MOST_BYTES = 128 << 20
"""Bytes of one document, or of one line: what must be in memory at once, whatever was sent, also when unpacked."""
Stream: TypeAlias = gzip.GzipFile | BufferedReader | BytesIO
_BOM = b"\xef\xbb\xbf"


class TooLong(Exception):  # noqa: N818 -- given out, not raised
    """More stands on one line than is read at once."""


def is_fhir(path: Path) -> bool:
    """Whether a file is FHIR JSON by its name (``.json``, ``.ndjson``, ``.jsonl``, each also ``.gz``)."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(SUFFIXES)


def read_resources(path: Path, name: str, only: tuple[bytes, ...] = ()) -> Iterator[Item]:
    """Every resource of a file in order; with ``only``, at least those whose line holds one of these texts.

    ``name``: what the file is called.
    Errors: what cannot be read is an :class:`Unreadable`; a file that cannot be opened raises :class:`Refusal`.
    """
    with open_original(path) as stream:
        head = first_line(stream)
        if is_lines(name, head):
            yield from _read_lines(stream, head, name, only)
        else:
            yield from _read_document(stream, head, name)


@contextmanager
def open_original(original: bytes | Path) -> Generator[Stream, None, None]:
    """The bytes of a file as one stream, unpacked where it is compressed.

    Errors: a file that cannot be opened raises :class:`Refusal`.
    """
    if isinstance(original, bytes):
        data = BytesIO(original)
        yield gzip.GzipFile(fileobj=data) if original.startswith(GZIP_MAGIC) else data
        return
    try:
        with original.open("rb") as probe:
            compressed = probe.read(2) == GZIP_MAGIC
        handle: Stream = gzip.open(original, "rb") if compressed else original.open("rb")  # noqa: SIM115
    except OSError as error:
        raise Refusal(Problem(code="FHIR-004", file=original.name, args={"detail": error.strerror or ""})) from error
    with handle:
        yield handle


def first_line(stream: Stream) -> bytes:
    """The text up to the end of the first line that is not empty."""
    head = b""
    try:
        while len(head) <= MOST_BYTES and (line := stream.readline(MOST_BYTES + 1)):
            head += line
            if line.strip(b" \t\r\n\xef\xbb\xbf"):
                break
    except (OSError, EOFError, zlib.error):
        return head
    return head


def is_lines(name: str, head: bytes) -> bool:
    """Lines by name, or because the first line is an object from brace to brace (also a bundle on one line)."""
    text = head.removeprefix(_BOM).strip()
    return name.lower().removesuffix(".gz").endswith(LINE_SUFFIXES) or (text[:1] == b"{" and text[-1:] == b"}")


def _read_lines(stream: Stream, head: bytes, file: str, only: tuple[bytes, ...]) -> Iterator[Item]:
    number = 0
    for raw in lines_of(stream, head):
        number += 1
        if isinstance(raw, TooLong):
            yield _too_long(file, number)
            return
        if isinstance(raw, Exception):
            args = {"line": str(number - 1)}
            yield Unreadable(Problem(code="FHIR-003", file=file, line=number, args=args), counts=False)
            return
        text = raw.removeprefix(_BOM).strip()
        if not text or (only and not any(part in text for part in only)):
            continue
        items = walk_text(text, file, number) if b'"entry"' in text else iter([_parse_line(text, file, number)])
        yield from check_characters(items, text, file)


def lines_of(stream: Stream, head: bytes) -> Iterator[bytes | Exception]:
    """The lines of a file, its beginning read before; damage in the compression, or a line that is too long, ends them
    as an exception given out.
    """
    if len(head) > MOST_BYTES:
        yield TooLong()
        return
    yield from head.splitlines()
    try:
        while line := stream.readline(MOST_BYTES + 1):
            if len(line) > MOST_BYTES:
                yield TooLong()
                return
            yield line
    except (OSError, EOFError, zlib.error) as error:
        yield error


def _parse_line(text: bytes, file: str, line: int) -> Item:
    try:
        value = json.loads(text)
    except UnicodeDecodeError:
        return Unreadable(Problem(code="FHIR-002", file=file, line=line))
    except (ValueError, RecursionError) as error:
        return broken(error, file, line)
    if not isinstance(value, dict):
        return Unreadable(Problem(code="FHIR-005", file=file, line=line))
    return Located(value, line)


def _read_document(stream: Stream, head: bytes, file: str) -> Iterator[Item]:
    try:
        data = head + stream.read(MOST_BYTES + 1 - len(head))
    except (OSError, EOFError, zlib.error):
        yield Unreadable(Problem(code="FHIR-003", file=file, args={"line": "0"}))
        return
    if len(data) > MOST_BYTES:
        yield _too_long(file, 1)
        return
    yield from check_characters(walk_text(data, file, None), data, file)


def _too_long(file: str, line: int) -> Unreadable:
    args = {"most": f"{MOST_BYTES >> 20} MB"}
    return Unreadable(Problem(code="FHIR-009", file=file, line=line, args=args))
