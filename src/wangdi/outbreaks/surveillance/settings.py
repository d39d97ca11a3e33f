"""How the daily run judges: shipped settings with their sources, a city's own values laid over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from wangdi.catalog.datafile import parse_data_text
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.diseases import code_disease


@dataclass(frozen=True, slots=True)
class Unusual:
    """More cases than expected, by the evidence of a place, the week before and its neighbours.

    ``slow``: codes of diseases that need ``slow_at_least`` cases in two weeks.
    """

    alpha: float
    share_false: float
    at_least: float
    years: int
    recent: int
    breaks: tuple[tuple[np.datetime64, np.datetime64], ...]
    neighbours: int
    prior_cases: float
    slow: frozenset[str]
    slow_at_least: float


@dataclass(frozen=True, slots=True)
class Institution:
    """Several cases at one school or workplace."""

    at_least: int
    days: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Streams:
    """A stream against its own last weeks."""

    weeks: int
    skip: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Scanning:
    """A cluster over several places."""

    days: int
    history: int
    at_least: int
    max_share: float
    alpha: float
    replicates: int


@dataclass(frozen=True, slots=True)
class Handling:
    """What becomes of findings: one signal an event, and its clocks. Units: days and hours."""

    quiet_days: int
    urgent_hours: float
    hours: float
    field_hours: float


@dataclass(frozen=True, slots=True)
class SurveillanceSettings:
    """Everything the daily run is set by.

    ``each_case``: codes of diseases of which every case is looked into. ``site_words``: kind of place -> words in the name of one;
    ``no_site``: what is written where there is none. ``families``: disease or stream -> what it may show with others.
    ``apart``: main diseases watched by subtype. ``not_counted``: case classes left out.
    """

    unusual: Unusual
    institution: Institution
    streams: Streams
    scan: Scanning
    signals: Handling
    each_case: tuple[str, ...]
    site_words: Mapping[str, tuple[str, ...]]
    no_site: frozenset[str]
    families: Mapping[str, frozenset[str]]
    apart: tuple[str, ...]
    not_counted: tuple[str, ...]

    def kind_of_site(self, name: str) -> str:
        """What kind of place a name tells of; empty where it tells nothing."""
        return next((kind for kind, words in self.site_words.items() if any(word in name for word in words)), "")


@cache
def _read_shipped() -> dict[str, Any]:
    text = files("wangdi.packs").joinpath("disease_report", "surveillance.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = parse_data_text(text)
    return content


def read_surveillance_settings(own: Mapping[str, Mapping[str, Any]] | None = None) -> SurveillanceSettings:
    """The settings, with ``own`` values (section -> name -> value) in place of those shipped.

    Errors: SIGNAL-001 no such setting, SIGNAL-002 not a value it may have.
    """
    shipped = _read_shipped()
    changed = {section: dict(values) for section, values in (own or {}).items()}

    listed: dict[str, Any] = {
        "slow": frozenset(shipped["slow"]["diseases"]),
        "slow_at_least": float(shipped["slow"]["at_least"]),
    }

    def section(name: str, kind: type) -> Any:
        values: dict[str, Any] = {}
        for field, kept in kind.__annotations__.items():
            if field in listed:
                values[field] = listed[field]
                continue
            if field == "breaks":
                values[field] = tuple(
                    (np.datetime64(row["first"]), np.datetime64(row["last"])) for row in shipped[name][field]
                )
                continue
            written = changed.get(name, {}).pop(field, shipped[name][field]["value"])
            values[field] = _parse(f"{name}.{field}", written, str(kept))
        return kind(**values)

    found = SurveillanceSettings(
        section("unusual", Unusual),
        section("institution", Institution),
        section("streams", Streams),
        section("scan", Scanning),
        section("signals", Handling),
        tuple(map(code_disease, shipped["each_case"]["diseases"])),
        {kind: tuple(words) for kind, words in shipped["site_words"].items()},
        frozenset(shipped["no_site"]),
        _read_families(shipped["families"]),
        tuple(shipped["apart"]),
        tuple(shipped["not_counted"]),
    )
    for name, left in changed.items():
        for field in left:
            raise Refusal(Problem(code="SIGNAL-001", args={"name": f"{name}.{field}"}))
    return found


def _read_families(written: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Disease or stream -> its families."""
    subjects = {subject for members in written.values() for subject in members}
    return {one: frozenset(name for name, members in written.items() if one in members) for one in sorted(subjects)}


def _parse(name: str, written: Any, kind: str) -> float | int:
    """A number as a setting has it: not negative, whole where the setting counts."""
    try:
        number = float(written)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < 1e6 or (kind == "int" and number % 1):
        raise Refusal(Problem(code="SIGNAL-002", args={"name": name, "value": str(written)}))
    return int(number) if kind == "int" else number
