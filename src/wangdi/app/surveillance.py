"""The daily run of a city: read what is known, judge it by every method, write down the signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from wangdi.app.derivation import Standing
from wangdi.app.event_erasing import erase_due
from wangdi.app.events import Author
from wangdi.app.signals import SIGNAL, list_outbreak_cards, read_signals, signal_row
from wangdi.app.watched import read_watched
from wangdi.app.watched_area import day_number, day_of
from wangdi.catalog.datafile import parse_data_text
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.surveillance.day import DayRun, Watched, run_days
from wangdi.outbreaks.surveillance.neighbours import find_neighbours
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings, read_surveillance_settings
from wangdi.outbreaks.surveillance.signals import Ground, Signal, group_findings
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

RUN = "signal.run"
OWN_SETTINGS = "surveillance.yaml"
MORNING = time(7)
"""When the signals of a day that is over are taken to have gone out: the morning after."""
LONGEST = 3_700
"""Days of one run."""


@dataclass(frozen=True, slots=True)
class RunAsked:
    """Which days are run, by whom and when."""

    first: date
    last: date
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunDone:
    """What a run came to. ``opened``, ``grown``: signals; ``failed``: method or stream -> what stopped it."""

    days: int
    cards: int
    findings: dict[str, int]
    opened: tuple[Signal, ...]
    grown: tuple[Signal, ...]
    failed: dict[str, str]
    number: int


def read_city_settings(folder: Path) -> SurveillanceSettings:
    """The settings of a city: those shipped, with what its file ``surveillance.yaml`` says in their place.

    Errors: SIGNAL-008 the file is no YAML of sections; SIGNAL-001, SIGNAL-002 of what it says.
    """
    path = folder / OWN_SETTINGS
    if not path.is_file():
        return read_surveillance_settings()
    try:
        said = parse_data_text(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise Refusal(Problem(code="SIGNAL-008", file=path.name, args={"reason": reason})) from error
    if not isinstance(said, dict) or not all(isinstance(values, dict) for values in said.values()):
        raise Refusal(Problem(code="SIGNAL-008", file=path.name, args={"reason": str(type(said).__name__)}))
    return read_surveillance_settings(said)


def run_surveillance(standing: Standing, asked: RunAsked, tell: Callable[[str], None] = lambda step: None) -> RunDone:
    """Run some days and accept the signals that are new or have grown; then erase the names of events closed long enough ago.

    A day run again changes nothing, unless outbreaks were confirmed since.

    Errors: SIGNAL-009 the days are none, or too many; SIGNAL-001, SIGNAL-002, SIGNAL-008 of the city's settings.
    """
    city = standing.city
    days = (asked.last - asked.first).days + 1
    if not 0 < days <= LONGEST:
        raise Refusal(
            Problem(code="SIGNAL-009", args={"first": f"{asked.first}", "last": f"{asked.last}", "most": f"{LONGEST}"})
        )
    settings = read_city_settings(city.folder)
    confirmed = list_outbreak_cards(read_signals(city, settings, standing.known))
    watched = read_watched(standing, asked.last, settings, confirmed)
    run = run_days(watched, range(day_number(asked.first), day_number(asked.last) + 1), settings, tell)
    ground = make_ground(watched, settings)
    with city.writer(asked.who) as writer:
        held = {row.key: row.body or {} for _, row in city.ledger(SIGNAL)}
        before = [Signal.from_json(body) for body in held.values()]
        changed = group_findings(run.findings, before, ground, settings)
        rows = [
            signal_row(
                one,
                datetime.fromisoformat(held[one.id]["sent_at"]) if one.id in held else _sent_at(one.day, asked.at),
                asked.who,
            )
            for one in changed
        ]
        done = RunDone(
            days,
            len(watched.cases.day),
            dict(Counter(finding.method for finding in run.findings)),
            tuple(one for one in changed if one.id not in held),
            tuple(one for one in changed if one.id in held),
            dict(run.failed),
            standing.known,
        )
        rows.append(LedgerRow(RUN, f"{asked.last}/{asked.first}", _run_body(asked, done, run), asked.who))
        writer.put_ledger(rows, asked.at)
    erase_due(city, asked.at.date(), Author(asked.who, asked.at))
    return done


def find_last_run(city: City, known: int | None = None) -> Mapping[str, Any] | None:
    """The run that judged the latest day, as it was written down; null where none was made."""
    runs = city.ledger(RUN, known)
    return runs[-1][1].body if runs else None


def _sent_at(day: int, at: datetime) -> datetime:
    """The morning after the day, or now where that is still to come."""
    return min(datetime.combine(day_of(day) + timedelta(days=1), MORNING), at)


def _run_body(asked: RunAsked, done: RunDone, run: DayRun) -> dict[str, Any]:
    return {
        "first": asked.first.isoformat(),
        "last": asked.last.isoformat(),
        "at": asked.at.isoformat(),
        "cards": done.cards,
        "findings": done.findings,
        "opened": [one.id for one in done.opened],
        "failed": done.failed,
        "by_chance": run.by_chance,
    }


def make_ground(watched: Watched, settings: SurveillanceSettings) -> Ground:
    """What grouping has to know of the places, and of what shows the same."""
    cases = watched.cases
    near: dict[str, set[str]] = {}
    for one, other in find_neighbours(cases.places, settings.unusual.neighbours):
        near.setdefault(cases.places[one].code, set()).add(cases.places[other].code)
    county = {place.code: place.county for place in cases.places}
    families = dict(settings.families) | {one.stream: one.families for one in watched.streams if one.families}
    return Ground(county, {code: frozenset(others) for code, others in near.items()}, families)
