"""Reads HL7 v2 files in their classic encoding (ER7): messages one at a time, each in the characters it declares.

A file is messages after one another, bare or in a batch (FHS, BHS), with or without the bytes that frame them on a wire (MLLP).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

from wangdi.catalog.datafile import parse_data_text
from wangdi.core.problem import Problem, Severity

SUFFIXES = (".hl7", ".er7")
LONGEST_SEGMENT = 16 << 20
"""Bytes of one segment; a longer one is no segment, or carries a whole document nobody takes in."""
MOST_SEGMENTS = 20_000
"""Segments of one message: what must be in memory at once."""
_BLOCK = 1 << 20
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FRAME = b"\x0b\x1c"
_BEFORE = b" \t\xef\xbb\xbf"
"""What may stand before the first segment beside the frame: blanks, a byte order mark."""
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?[\x0b\s]*(?:MSH|FHS|BHS)([^\w\s])([^\w\s]{4,5})(?:\1|[\r\n])")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_HEADERS, _TRAILERS = ("FHS", "BHS"), ("BTS", "FTS")
MSH_CHARACTERS = 18


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters a message parts its fields, components, repetitions, subcomponents by, and the one that escapes them."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    @property
    def escapes(self) -> dict[str, str]:
        """What a letter between two escape characters stands for."""
        return {
            "F": self.field,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
        }


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. ``line``: where it stands in the file, counted from 1; ``text``: as sent, decoded."""

    line: int
    name: str
    text: str


@dataclass(frozen=True)
class Message:
    """One message, its MSH first. ``codec``: Python's name of its characters."""

    segments: tuple[Segment, ...]
    delimiters: Delimiters
    codec: str

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.segments[0].line

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where the segments of each name stand in it, in order."""
        found: dict[str, list[int]] = {}
        for place, segment in enumerate(self.segments):
            found.setdefault(segment.name, []).append(place)
        return found


class Unescapable(ValueError):  # noqa: N818 -- it becomes a problem of its message
    """An escape sequence that means nothing."""


def is_hl7(path: Path, head: bytes) -> bool:
    """Whether a file is HL7 v2: by its first segment, or by its name (``.hl7``, ``.er7``)."""
    return _HEAD.match(head) is not None or path.suffix.lower() in SUFFIXES


@cache
def load_characters() -> dict[str, str]:
    """Names of MSH-18 (HL7 table 0211, and what systems write instead) -> codec."""
    text = files("wangdi.collect").joinpath("data", "hl7-v2.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_data_text(text)
    return {str(name).upper(): codec for codec, names in data["characters"].items() for name in names}


def read_messages(path: Path, name: str) -> Iterator[Message | Problem]:
    """Every message of a file in order, and what is wrong with the file.

    Errors: MSG-001 what stands before the first message; MSG-002 a segment without a name; MSG-003 delimiters that are none;
    MSG-004 a message too long; MSG-005, MSG-006, MSG-010 its characters; MSG-007 a batch that does not end, MSG-008 one that
    says another number of messages; MSG-009 there is none.
    """
    with path.open("rb") as file:
        yield from _Reader(name).read(file)


class _Reader:
    """One pass over a file. Lives as long as the file is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages = 0
        self.in_batch = 0
        self.open_since: dict[str, int] = {}
        self.guessed = False

    def say(self, code: str, line: int, severity: Severity = Severity.error, **args: str) -> Problem:
        return Problem(code=code, severity=severity, file=self.name, line=line, args=args)

    def say_too_long(self, line: int) -> Problem:
        return self.say("MSG-004", line, most=f"{MOST_SEGMENTS}", bytes=f"{LONGEST_SEGMENT >> 20}")

    def read(self, file: BinaryIO) -> Iterator[Message | Problem]:
        held: list[tuple[int, bytes]] = []
        stray, broken = 0, False
        for line, raw in _read_lines(file):
            kind = (raw or b"")[:3].decode("ascii", "replace")
            if kind in ("MSH", *_HEADERS, *_TRAILERS):
                yield from self._finish(held, broken)
                held, broken = [], False
                if kind != "MSH":
                    yield from self._note_batch(kind, line, raw or b"")
                    continue
            elif not held:
                if raw is None:
                    yield self.say_too_long(line)
                elif not stray:
                    yield self.say("MSG-001", line)
                stray = stray or line
                continue
            if raw is None or len(held) >= MOST_SEGMENTS:
                if not broken:
                    yield self.say_too_long(line)
                broken = True
            else:
                held.append((line, raw))
        yield from self._finish(held, broken)
        for kind, line in self.open_since.items():
            yield self.say("MSG-007", line, Severity.warning, segment=kind)
        if not self.messages and not stray:
            yield Problem(code="MSG-009", severity=Severity.warning, file=self.name)

    def _note_batch(self, kind: str, line: int, raw: bytes) -> Iterator[Problem]:
        """Headers open a batch, trailers end it; BTS-1 is how many messages it has."""
        if kind in _HEADERS:
            self.open_since[kind] = line
            self.in_batch = 0 if kind == "BHS" else self.in_batch
            return
        self.open_since.pop({"BTS": "BHS", "FTS": "FHS"}[kind], None)
        said = raw[4:].split(raw[3:4])[0].decode("ascii", "replace").strip() if len(raw) > 4 else ""
        if kind == "BTS" and said.isdecimal() and int(said) != self.in_batch:
            yield self.say("MSG-008", line, said=said, found=f"{self.in_batch}")

    def _finish(self, held: list[tuple[int, bytes]], broken: bool) -> Iterator[Message | Problem]:
        if not held:
            return
        self.messages += 1
        self.in_batch += 1
        if not broken:
            yield from self._decode(held)

    def _decode(self, held: list[tuple[int, bytes]]) -> Iterator[Message | Problem]:
        line, head = held[0]
        whole = b"\r".join(raw for _, raw in held)
        declared = _find_characters(head)
        codec = load_characters().get(declared.upper())
        if not codec:
            yield self.say("MSG-005", line, characters=declared[:40])
            return
        undeclared = codec == "ascii" and not whole.isascii()
        if undeclared:
            codec = "utf-8" if _is_utf8(whole) else "gb18030"
        try:
            text = whole.decode(codec)
        except UnicodeDecodeError:
            yield self.say("MSG-010", line, characters=declared or "ASCII")
            return
        if undeclared and not self.guessed:
            self.guessed = True
            yield self.say("MSG-006", line, Severity.warning, characters=codec)
        delimiters = _parse_delimiters(text)
        if delimiters is None:
            yield self.say("MSG-003", line)
            return
        segments = tuple(Segment(at, one[:3], one) for (at, _), one in zip(held, text.split("\r"), strict=True))
        for segment in segments:
            if not _NAME.fullmatch(segment.name) or segment.text[3:4] not in ("", delimiters.field):
                yield self.say("MSG-002", segment.line)
                return
        yield Message(segments, delimiters, codec)


def _read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Every line that is not empty with its number, whatever ends it; None for one that is too long."""
    number, rest, long = 0, b"", False
    while True:
        block = file.read(_BLOCK)
        data = rest + block
        cut = b"\r" if block and data.endswith(b"\r") else b""  # the line feed after it may be in the next block
        parts = _LINE_END.split(data.removesuffix(cut))
        rest = parts.pop() + cut if block else b""
        for part in parts:
            number += 1
            bare = part.strip(_FRAME + _BEFORE if number == 1 else _FRAME)
            if bare or long:
                yield number, None if long or len(bare) > LONGEST_SEGMENT else bare
            long = False
        if len(rest) > LONGEST_SEGMENT:
            rest, long = b"", True
        if not block:
            return


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _find_characters(head: bytes) -> str:
    """What MSH-18 says first. A header's own Chinese must not shift its fields, so it is tried in several encodings."""
    for codec in ("utf-8", "gb18030", "latin-1"):
        try:
            text = head.decode(codec)
        except UnicodeDecodeError:
            continue
        fields = text.split(text[3:4] or "|")
        said = fields[MSH_CHARACTERS - 1] if len(fields) >= MSH_CHARACTERS else ""
        first = said.split(text[5:6])[0].strip() if text[5:6] else said.strip()
        if first.upper() in load_characters() or head.isascii():
            return first
    return first


def _parse_delimiters(text: str) -> Delimiters | None:
    """MSH-1 and MSH-2, as long as they are what they should be: four or five marks, each different."""
    field, marks = text[3:4], text[4:].split(text[3:4], 1)[0].split("\r", 1)[0] if text[3:4] else ""
    if len(marks) not in (4, 5) or len({field, *marks}) != len(marks) + 1:
        return None
    if any(mark.isalnum() or mark.isspace() or not mark.isascii() for mark in (field, *marks)):
        return None
    return Delimiters(field, *marks[:4])


def read_field(segment: Segment, number: int, delimiters: Delimiters) -> str:
    """A field as sent, repetitions and all; empty where the segment ends before it. MSH-1 is the field mark itself."""
    if segment.name == "MSH":
        if number == 1:
            return delimiters.field
        number -= 1
    fields = segment.text.split(delimiters.field, number + 1)
    return fields[number] if number < len(fields) else ""


def unescape(text: str, delimiters: Delimiters, codec: str) -> str:
    """What a text stands for: marks and bytes that were escaped; formatting commands become a space, highlighting nothing.

    Errors: raises :class:`Unescapable`.
    """
    mark = delimiters.escape
    if mark not in text:
        return text
    parts = text.split(mark)
    if len(parts) % 2 == 0:
        raise Unescapable(mark)
    found = []
    for place, part in enumerate(parts):
        found.append(part if place % 2 == 0 else _unescape_one(part, delimiters, codec))
    return "".join(found)


def _unescape_one(code: str, delimiters: Delimiters, codec: str) -> str:
    if code in delimiters.escapes:
        return delimiters.escapes[code]
    if code in ("H", "N"):
        return ""
    if code.startswith("."):
        return " "
    if code.startswith("X"):
        try:
            return bytes.fromhex(code[1:]).decode(codec)
        except ValueError:
            pass
    raise Unescapable(f"{delimiters.escape}{code[:20]}{delimiters.escape}")


def escape(text: str, delimiters: Delimiters) -> str:
    """A text as a message carries it."""
    codes = {
        character: f"{delimiters.escape}{letter}{delimiters.escape}" for letter, character in delimiters.escapes.items()
    }
    codes |= {"\r": f"{delimiters.escape}X0D{delimiters.escape}", "\n": f"{delimiters.escape}X0A{delimiters.escape}"}
    return "".join(codes.get(character, character) for character in text)
