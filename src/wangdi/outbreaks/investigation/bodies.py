"""Values and the bodies they are kept as in the ledger: one way there and back, closed-world.

A name nobody knows, a word outside its list, a text where a day belongs is a Problem: the ledger never holds what cannot be
read again.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from wangdi.core.problem import Problem
from wangdi.outbreaks.investigation.values import (
    ANSWERS,
    Answers,
    Case,
    Check,
    Contact,
    Event,
    Member,
    Note,
    Place,
    Sample,
    Who,
)

Value = TypeVar("Value")
KINDS: Mapping[str, type[Any]] = {
    "event": Event,
    "event.case": Case,
    "event.contact": Contact,
    "event.who": Who,
    "event.check": Check,
    "event.place": Place,
    "event.answer": Answers,
    "event.sample": Sample,
    "event.team": Member,
    "event.note": Note,
}
"""The kinds of the ledger and the value each holds."""
LONGEST_TEXT = 4000
_HINTS = {kind: get_type_hints(kind) for kind in KINDS.values()}


def write_body(value: object) -> dict[str, Any]:
    """A value as JSON can hold it. Missing: what is as it would be by itself is left out."""
    body: dict[str, Any] = {}
    for one in fields(value):  # type: ignore[arg-type]
        item = getattr(value, one.name)
        if item != _default(one) or (one.default is MISSING and one.default_factory is MISSING):
            body[one.name] = _plain(item)
    return body


def read_body(kind: type[Value], body: Mapping[str, Any]) -> tuple[Value | None, list[Problem]]:
    """The value a body holds, or what is wrong with it.

    Errors: EVENT-101 an unknown name, EVENT-102 something required is missing, EVENT-103 a value of the wrong kind,
    EVENT-104 a word outside its list, EVENT-105 a text too long.
    """
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    problems = [
        Problem(code="EVENT-101", field=name[:60], args={"name": name[:60]}) for name in body if name not in known
    ]
    values: dict[str, Any] = {}
    for name, one in known.items():
        if name not in body:
            if one.default is MISSING and one.default_factory is MISSING:
                problems.append(Problem(code="EVENT-102", field=name, args={"name": name}))
            continue
        value, problem = _read_field(one, field_hints(kind)[name], body[name])
        values[name] = value
        problems += [problem] if problem else []
    return (None, problems) if problems else (kind(**values), [])


def field_hints(kind: type[Any]) -> Mapping[str, Any]:
    """The type of every field of a value."""
    return _HINTS[kind]


def bare_type(hint: Any) -> tuple[Any, bool]:
    """A type without ``None``, and whether it may be that."""
    optional = get_origin(hint) in (Union, types.UnionType)
    plain = next(part for part in get_args(hint) if part is not type(None)) if optional else hint
    return get_origin(plain) or plain, optional


def _default(one: Field[Any]) -> Any:
    return one.default_factory() if one.default_factory is not MISSING else one.default


def _plain(item: Any) -> Any:
    if isinstance(item, date):
        return show_when(item)
    if isinstance(item, tuple):
        return list(item)
    return dict(item) if isinstance(item, Mapping) else item


def show_when(when: date) -> str:
    """A day, or a moment to the minute."""
    return f"{when:%Y-%m-%dT%H:%M}" if isinstance(when, datetime) else when.isoformat()


def _read_field(one: Field[Any], hint: Any, item: Any) -> tuple[Any, Problem | None]:
    """Errors: EVENT-103, EVENT-104, EVENT-105."""
    plain, optional = bare_type(hint)
    if item is None and optional:
        return None, None
    try:
        value = _READERS[plain](item)
    except (ValueError, TypeError, AttributeError):
        return None, Problem(code="EVENT-103", field=one.name, args={"name": one.name})
    if isinstance(value, datetime) and not one.metadata.get("moment"):
        return None, Problem(code="EVENT-103", field=one.name, args={"name": one.name})
    codes = one.metadata.get("codes")
    if codes and value not in codes and not (value == "" and one.default == ""):
        return None, Problem(code="EVENT-104", field=one.name, args={"name": one.name, "known": ", ".join(codes)})
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return None, Problem(code="EVENT-105", field=one.name, args={"name": one.name, "most": str(LONGEST_TEXT)})
    return value, None


def _text(item: Any) -> str:
    if not isinstance(item, str):
        raise TypeError
    return item


def _whole(item: Any) -> int:
    if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 10**9:
        raise TypeError
    return item


def _number(item: Any) -> float:
    if not isinstance(item, int | float) or isinstance(item, bool) or not abs(item) < 10**9:
        raise TypeError
    return float(item)


def _truth(item: Any) -> bool:
    if not isinstance(item, bool):
        raise TypeError
    return item


def _when(item: Any) -> date:
    text = _text(item)
    return date.fromisoformat(text) if len(text) == len("2025-01-01") else datetime.fromisoformat(text)


def _texts(item: Any) -> tuple[str, ...]:
    if not isinstance(item, list | tuple):
        raise TypeError
    return tuple(_text(one) for one in item)


def _answered(item: Any) -> dict[str, str]:
    """Exposures with what was said to each."""
    found = {_text(name): _text(said) for name, said in item.items()}
    if not set(found.values()) <= set(ANSWERS):
        raise ValueError
    return found


_READERS: Mapping[Any, Any] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _truth,
    date: _when,
    tuple: _texts,
    Mapping: _answered,
}
