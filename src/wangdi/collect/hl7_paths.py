"""Places in an HL7 v2 message as mappings write them: ``PID-3[5=NI].1``, ``OBX[3.1=count]-5``, ``OBR-3 + '/' + OBX-1``.

``SEGMENT-field.component.subcomponent``; what is not said is the first. A test in brackets picks the segment of that name, or the
repetition of the field, in which a place holds one of the values (``=a|b``). A path is seen from one segment, the row: it
leads to that segment, to the nearest above it, or to the first below it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wangdi.catalog.datafile import parse_data_text
from wangdi.collect.hl7 import Message, Segment, read_field, unescape

Spot = tuple[int, int, int]
"""Field, component, subcomponent; of a test among repetitions component, subcomponent and 0."""
_SPOT = r"\d+(?:\.\d+){0,2}"
_PATH = re.compile(
    rf"(?P<segment>[A-Z][A-Z0-9]{{2}})(?:\[(?P<of>{_SPOT})=(?P<ones>[^\]]*)\])?"
    rf"-(?P<field>[1-9]\d*)(?:\[(?P<among>\d+)=(?P<kinds>[^\]]*)\])?(?P<rest>(?:\.[1-9]\d*){{0,2}})"
)
_TERM = re.compile(r"'(?P<text>[^']*)'|(?P<path>[^'+]+)")
_NULL = '""'
"""How HL7 writes that there is no value."""


@dataclass(frozen=True, slots=True)
class Test:
    """A place that must hold one of some values."""

    spot: Spot
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Path:
    """One place. ``of``: which segment of the name; ``among``: which repetition of the field."""

    segment: str
    spot: Spot
    of: Test | None = None
    among: Test | None = None


Column = tuple[Path | str, ...]
"""What one column is made of: places, and texts between them."""


@cache
def load_levels() -> Mapping[str, int]:
    """Which segments stand under which."""
    text = files("wangdi.collect").joinpath("data", "hl7-v2.yaml").read_text(encoding="utf-8")
    return {name: int(level) for name, level in parse_data_text(text)["levels"].items()}


def level_of(name: str) -> int:
    """How deep a segment stands; PID's own companions (PV1, NK1) where nothing else is said."""
    return load_levels().get(name, load_levels()["ORC"])


@cache
def parse_column(text: str) -> Column | None:
    """A column of a mapping as places and texts joined by ``+``; None where it is not written so."""
    terms: list[Path | str] = []
    for part in re.split(r"\s\+\s", text.strip()):
        found = _TERM.fullmatch(part.strip())
        if found is None:
            return None
        path = None if found["path"] is None else parse_path(found["path"])
        if found["path"] is not None and path is None:
            return None
        terms.append(found["text"] if path is None else path)
    return tuple(terms) if any(isinstance(term, Path) for term in terms) else None


def parse_path(text: str) -> Path | None:
    """One place; None where it is not written so."""
    found = _PATH.fullmatch(text.strip())
    if found is None:
        return None
    component, subcomponent = _numbers(found["rest"].removeprefix("."), 2)
    of = Test(_spot(found["of"]), _values(found["ones"])) if found["of"] else None
    among = Test((int(found["among"]), 1, 0), _values(found["kinds"])) if found["among"] else None
    return Path(found["segment"], (int(found["field"]), component, subcomponent), of, among)


def _spot(text: str) -> Spot:
    field, component, subcomponent = _numbers(text, 3)
    return field, component, subcomponent


def _numbers(text: str, count: int) -> list[int]:
    numbers = [int(part) for part in text.split(".") if part]
    return (numbers + [1] * count)[:count]


def _values(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split("|"))


def read_column(message: Message, row: int, column: Column) -> str:
    """What a column says of a row; empty where none of its places says anything. ``row``: the segment's place in the message.

    Errors: raises ``Unescapable``.
    """
    said = [term if isinstance(term, str) else read_path(message, row, term) for term in column]
    filled = any(text for text, term in zip(said, column, strict=True) if isinstance(term, Path))
    return "".join(said) if filled else ""


def read_path(message: Message, row: int, path: Path) -> str:
    """What a place says of a row; empty where there is no such segment, or nothing in it."""
    segment = _find_segment(message, row, path)
    return "" if segment is None else _read_spot(message, segment, path.spot, path.among)


def _find_segment(message: Message, row: int, path: Path) -> Segment | None:
    """The row itself, the nearest of the name above it, or the first below it, that passes the path's test."""
    own, level = level_of(message.segments[row].name), level_of(path.segment)
    if message.segments[row].name == path.segment:
        places: Iterable[int] = (row,)
    elif level > own:
        places = _places_below(message, row, path.segment, own)
    else:
        places = _places_above(message, row, path.segment, level)
    for place in places:
        segment = message.segments[place]
        if path.of is None or _passes(message, segment, path.of):
            return segment
    return None


def _places_below(message: Message, row: int, name: str, own: int) -> Iterator[int]:
    """Segments of a name after the row, up to the next of the row's level or above it."""
    ends = [places[at] for other, places in message.places.items()
            if level_of(other) <= own and (at := bisect_right(places, row)) < len(places)]  # fmt: skip
    end = min(ends, default=len(message.segments))
    named = message.places.get(name, [])
    yield from (named[at] for at in range(bisect_right(named, row), bisect_left(named, end)))


def _places_above(message: Message, row: int, name: str, level: int) -> Iterator[int]:
    """Segments of a name before the row, the nearest first, down from the last that begins something above them."""
    floors = [places[at - 1] for other, places in message.places.items()
              if level_of(other) < level and (at := bisect_left(places, row))]  # fmt: skip
    named = message.places.get(name, [])
    first = bisect_left(named, max(floors, default=0))
    yield from (named[at] for at in range(bisect_left(named, row) - 1, first - 1, -1))


def _passes(message: Message, segment: Segment, test: Test) -> bool:
    return _read_spot(message, segment, test.spot) in test.values


def _read_spot(message: Message, segment: Segment, spot: Spot, among: Test | None = None) -> str:
    field, component, subcomponent = spot
    marks = message.delimiters
    for one in read_field(segment, field, marks).split(marks.repetition):
        if among is None or _part(message, one, among.spot[0], among.spot[1]) in among.values:
            return _part(message, one, component, subcomponent)
    return ""


def _part(message: Message, repetition: str, component: int, subcomponent: int) -> str:
    marks = message.delimiters
    components = repetition.split(marks.component)
    text = components[component - 1] if component <= len(components) else ""
    parts = text.split(marks.subcomponent)
    text = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
    return "" if text == _NULL else unescape(text, marks, message.codec).strip()
