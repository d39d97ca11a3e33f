"""Walks a JSON text and parses the FHIR resources it meets one by one, keeping the place each began at."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from json.decoder import JSONDecoder
from typing import Any

from wangdi.core.problem import Problem

_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Located:
    """A resource as it stands in a file.

    Grain: one per resource, also inside a bundle inside a bundle.
    """

    resource: dict[str, Any]
    line: int
    """1-based line on which the resource begins."""
    pointer: str = ""
    """``entry[12].resource`` inside a bundle; empty where the line says enough."""
    full_url: str = ""
    bundle_type: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place where a resource should be and is not. ``counts``: something was sent there, so it is refused."""

    problem: Problem
    counts: bool = True


Item = Located | Unreadable


def walk_text(data: bytes, file: str, line: int | None) -> Iterator[Item]:
    """The resources of one JSON text; ``line`` when the whole of it stands on that line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Unreadable(Problem(code="FHIR-002", file=file, line=line))
        return
    walk = _Walk(text, file, line)
    try:
        end = yield from walk.value(skip_space(text, 0), "")
        if skip_space(text, end) != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        yield broken(error, file, walk.line_of(min(error.pos, len(text))))
    except RecursionError as error:
        yield broken(error, file, walk.line_of(len(text)))


def broken(error: Exception, file: str, line: int) -> Unreadable:
    """The reason without the text around it, which may hold a person's data."""
    if isinstance(error, RecursionError):
        return Unreadable(Problem(code="FHIR-014", file=file, line=line))
    detail = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
    return Unreadable(Problem(code="FHIR-001", file=file, line=line, args={"detail": detail}))


def check_characters(items: Iterator[Item], data: bytes, file: str) -> Iterator[Item]:
    """The same, but for a resource that holds half a character (a lone surrogate): no file could keep its text."""
    if b"\\ud" not in data and b"\\uD" not in data:
        yield from items
        return
    for item in items:
        yield item if isinstance(item, Unreadable) or _is_whole(item) else _half_character(item, file)


def _is_whole(item: Located) -> bool:
    try:
        json.dumps([item.resource, item.full_url], ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _half_character(item: Located, file: str) -> Unreadable:
    return Unreadable(Problem(code="FHIR-015", file=file, line=item.line, field=item.pointer or None))


class _Walk:
    """One pass over a JSON text, which parses the resources it meets one by one and keeps where they began."""

    def __init__(self, text: str, file: str, line: int | None) -> None:
        self.text = text
        self.file = file
        self.fixed = line
        self.counted_to = 0
        self.lines = 1

    def line_of(self, position: int) -> int:
        """1-based line; positions mostly ascend, so that each newline is counted once."""
        if self.fixed is not None:
            return self.fixed
        if position < self.counted_to:
            return self.text.count("\n", 0, position) + 1
        self.lines += self.text.count("\n", self.counted_to, position)
        self.counted_to = position
        return self.lines

    def parse(self, at: int) -> tuple[Any, int]:
        """The value that begins there and where it ends."""
        return _DECODER.raw_decode(self.text, at)

    def value(self, at: int, pointer: str) -> Generator[Item, None, int]:
        """The resources of the bundle, or the one resource, that begins there; answers where it ends."""
        if self.text[at : at + 1] != "{":
            _, end = self.parse(at)
            yield Unreadable(Problem(code="FHIR-005", file=self.file, line=self.line_of(at)))
            return end
        members: dict[str, Any] = {}
        bundle = False
        start, at = at, skip_space(self.text, at + 1)
        while self.text[at : at + 1] != "}":
            key, at = read_key(self.text, at)
            if key == "entry" and self.text[at : at + 1] == "[" and members.get("resourceType", "Bundle") == "Bundle":
                bundle = True
                at = yield from self.entries(at, pointer, str(members.get("type", "")))
            else:
                members[key], at = self.parse(at)
            at = find_next(self.text, at, "}")
        if not bundle and members.get("resourceType") != "Bundle":
            yield Located(members, self.line_of(start), pointer)
        return at + 1

    def entries(self, at: int, pointer: str, kind: str) -> Generator[Item, None, int]:
        """The entries of a bundle, beginning at its ``[``."""
        prefix = f"{pointer}." if pointer else ""
        index, at = 0, skip_space(self.text, at + 1)
        while self.text[at : at + 1] != "]":
            at = yield from self.entry(at, f"{prefix}entry[{index}].resource", kind)
            at = find_next(self.text, at, "]")
            index += 1
        return at + 1

    def entry(self, at: int, pointer: str, kind: str) -> Generator[Item, None, int]:
        """One entry: its resource, located, or what stands there instead."""
        start = at
        members: dict[str, Any] = {}
        where = -1
        if self.text[at : at + 1] == "{":
            at = skip_space(self.text, at + 1)
            while self.text[at : at + 1] != "}":
                key, at = read_key(self.text, at)
                if key == "resource":
                    where = at
                members[key], at = self.parse(at)
                at = find_next(self.text, at, "}")
            at += 1
        else:
            _, at = self.parse(at)
        resource = members.get("resource")
        if not isinstance(resource, dict):
            yield self.empty_entry(start, members)
        elif resource.get("resourceType") == "Bundle":
            yield from self.value(where, pointer)
        else:
            full_url = members.get("fullUrl")
            url = full_url if isinstance(full_url, str) else ""
            yield Located(resource, self.line_of(where), pointer, url, kind)
        return at

    def empty_entry(self, at: int, members: dict[str, Any]) -> Unreadable:
        """An entry that carries no resource, such as a DELETE or a response."""
        request = members.get("request", members.get("response"))
        method = str(request.get("method", request.get("status", "?"))) if isinstance(request, dict) else "?"
        args = {"method": method[:40]}
        return Unreadable(Problem(code="FHIR-006", file=self.file, line=self.line_of(at), args=args))


def skip_space(text: str, at: int) -> int:
    """Where the next sign that is no white space stands."""
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def read_key(text: str, at: int) -> tuple[str, int]:
    """A member's name, and where its value begins."""
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, at = _DECODER.raw_decode(text, at)
    at = skip_space(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    return key, skip_space(text, at + 1)


def find_next(text: str, at: int, close: str) -> int:
    """Where the next member or element begins, or the closing bracket stands."""
    at = skip_space(text, at)
    if text[at : at + 1] == close:
        return at
    if text[at : at + 1] != ",":
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    return skip_space(text, at + 1)
