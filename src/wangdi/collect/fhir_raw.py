"""The text of one FHIR resource, exactly as it was sent."""

from __future__ import annotations

import re
from json.decoder import JSONDecoder
from pathlib import Path

from wangdi.collect.fhir_json import Stream, first_line, is_lines, lines_of, open_original
from wangdi.collect.fhir_walk import find_next, read_key, skip_space


def raw_resource(original: bytes | Path, line: int, pointer: str) -> str:
    """The resource's own text, exactly as it was sent.

    Errors: a place where nothing stands raises LookupError; the file's bytes are not what was read.
    """
    with open_original(original) as stream:
        head = first_line(stream)
        name = original.name if isinstance(original, Path) else ""
        if is_lines(name, head):
            text = _line_of(stream, head, line)
            return text.strip() if not pointer else _value_at(text, pointer)
        text = (head + stream.read()).decode("utf-8-sig")
    if pointer:
        return _value_at(text, pointer)
    start = skip_space(text, 0)
    return text[start : _value_end(text, start)]


def _line_of(stream: Stream, head: bytes, line: int) -> str:
    for number, raw in enumerate(lines_of(stream, head), 1):
        if number == line and isinstance(raw, bytes):
            return raw.decode("utf-8-sig")
    raise LookupError(f"the file has no line {line}")


def _value_end(text: str, at: int) -> int:
    try:
        return JSONDecoder().raw_decode(text, at)[1]
    except ValueError as error:
        raise LookupError("no JSON value stands there") from error


def _value_at(text: str, pointer: str) -> str:
    """The text of the value a pointer such as ``entry[12].resource`` leads to."""
    at = skip_space(text, 0)
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", pointer):
        at = _member(text, at, name) if name else _element(text, at, int(index))
    return text[at : _value_end(text, at)]


def _member(text: str, at: int, name: str) -> int:
    at = skip_space(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = read_key(text, at)
        if key == name:
            return at
        at = find_next(text, _value_end(text, at), "}")
    raise LookupError(f"no member {name} stands there")


def _element(text: str, at: int, index: int) -> int:
    at = skip_space(text, at + 1)
    for _ in range(index):
        at = find_next(text, _value_end(text, at), "]")
    return at
