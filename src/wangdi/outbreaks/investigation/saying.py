"""What people write into a form or a file, as the body of a value: days as they write them, words in their language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.core.dates import parse_moment_text
from wangdi.core.identifiers import check_id_number
from wangdi.core.problem import Problem
from wangdi.outbreaks.investigation.bodies import bare_type, field_hints, show_when

_CLOCK = re.compile(r"[:：时点]|\d\s*[Tt]\s*\d")
_HOUR = re.compile(r"(\d{1,2})\s*[时点]\s*(?:(\d{1,2})\s*分?)?")
_SPLIT = re.compile(r"[、，,;；/\s]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_ID_SHAPE = re.compile(r"\d{15}|\d{17}[\dA-Z]")


@cache
def load_labels() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The words of every code list of an investigation: list -> code -> language."""
    path = files("wangdi.outbreaks.investigation").joinpath("labels.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def label_code(group: str, code: str, lang: str = "zh") -> str:
    """The word for a code; the code itself where nobody gave it one."""
    return load_labels()[group].get(code, {}).get(lang, code)


def find_code(group: str, text: str) -> str:
    """The code a word in either language stands for; the text itself where it is none."""
    return _codes_by_word(group).get(_fold(text), text)


@cache
def _codes_by_word(group: str) -> dict[str, str]:
    return {
        _fold(word): code
        for code, said in load_labels()[group].items()
        for word in (code, said["zh"], said["en"], *said.get("also", "").split())
    }


def _fold(text: str) -> str:
    """How words are compared: full-width signs and letters' case make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def read_said(kind: type[Any], said: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """The body of a value, or the part of it that is said. An empty text clears a field.

    Errors: EVENT-101 a name the value has not, EVENT-106 no day, EVENT-107 no number, EVENT-108 neither yes nor no, ID-001 to
    ID-004 an identity number that is wrong. What else is wrong the body's own check finds.
    """
    body: dict[str, Any] = {}
    problems: list[Problem] = []
    known = {one.name: one for one in fields(kind)}
    for name, text in said.items():
        if name not in known:
            problems.append(Problem(code="EVENT-101", field=name[:60], args={"name": name[:60]}))
            continue
        plain, _ = bare_type(field_hints(kind)[name])
        text = " ".join(text.split())
        if not text:
            body[name] = {str: "", tuple: [], Mapping: {}}.get(plain)
            continue
        group = f"{kind.__name__.lower()}_{name}"
        found = find_code(group, text) if group in load_labels() else _read(plain, name, text)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            body[name] = found
    return body, problems


def _read(plain: Any, name: str, text: str) -> Any:
    if plain is date:
        when = read_when(text)
        return show_when(when) if when else Problem(code="EVENT-106", field=name, args={"text": text[:40]})
    if plain in (int, float):
        return _read_number(plain, name, text)
    if plain is bool:
        found = find_code("answers", text)
        if found not in ("yes", "no"):
            return Problem(code="EVENT-108", field=name, args={"text": text[:20]})
        return found == "yes"
    if plain is tuple:
        return [one for one in _SPLIT.split(text) if one]
    return check_certificate(text) if name == "id_no" else text


def _read_number(plain: Any, name: str, text: str) -> Any:
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None or (plain is int and "." in text):
        return Problem(code="EVENT-107", field=name, args={"name": name, "text": text[:20]})
    return plain(found[0])


def read_when(text: str) -> date | None:
    """A day, or a moment where an hour is said. Rule: 2025年6月3日14时30分 and the ways ``core.dates`` knows."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _HOUR.sub(lambda found: f" {int(found[1]):02d}:{int(found[2] or 0):02d}", plain)
    moment = parse_moment_text(re.sub(r"\s+", " ", plain))
    if moment is None:
        return None
    return moment if _CLOCK.search(plain) else moment.date()


def check_certificate(text: str) -> str | Problem:
    """A certificate's number. Rule: what has the shape of an identity number must be one; a passport is taken as it is."""
    plain = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    if _ID_SHAPE.fullmatch(plain):
        found = check_id_number(plain)
        return found if isinstance(found, Problem) else found.number
    return plain
