"""What signals were worth: a method's record, and what other settings would have done in one's own past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from wangdi.app.derivation import Standing
from wangdi.app.signals import Handled, read_signals
from wangdi.app.surveillance import RUN, make_ground, read_city_settings
from wangdi.app.watched import read_watched, watched_code
from wangdi.app.watched_area import day_number, day_of
from wangdi.catalog.trees import widen_region_code
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.columns import read_rows
from wangdi.outbreaks.diseases import find_disease
from wangdi.outbreaks.surveillance.day import run_days
from wangdi.outbreaks.surveillance.findings import PERCENTILE
from wangdi.outbreaks.surveillance.percentile import find_by_percentile
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings, read_surveillance_settings
from wangdi.outbreaks.surveillance.signals import Ground, Signal, group_findings
from wangdi.outbreaks.surveillance.states import DATA_FAULT, JUDGED, OUTCOMES, WORTH
from wangdi.store.city import City

ALL = "all"
TOWNSHIP_DIGITS = 9
LATE_DAYS = 7
"""A signal may come so many days after the last case of an event and still count as having found it."""


def tell_record(city: City, settings: SurveillanceSettings, names: Mapping[str, str], by: str) -> dict[str, Any]:
    """The record of a city's signals. ``by``: ``subject`` (disease or stream), ``place`` or ``method``.

    Grain: one row a group, the first of all signals. ``ppv``: outbreaks and clusters among closed signals that were no fault of
    data. ``by_chance``: findings of the unusual that chance alone would have made in the days run.
    """
    signals = read_signals(city, settings)
    runs, days = _separate_runs([row.body or {} for _, row in city.ledger(RUN)])
    rows = [_judge(ALL, names, signals, days)]
    groups = sorted({group for one in signals for group in _groups(one, by)})
    rows += [_judge(group, names, [one for one in signals if group in _groups(one, by)], days) for group in groups]
    chance = [run["by_chance"] for run in runs if run.get("by_chance") is not None]
    found = sum(run["findings"].get("unusual", 0) for run in runs)
    return {"rows": rows, "days": days, "findings": found, "by_chance": round(sum(chance), 2)}


def _separate_runs(runs: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """The runs without those whose days a longer one judged as well, and how many days there are in all."""
    kept: list[Mapping[str, Any]] = []
    days: set[int] = set()
    for run in sorted(runs, key=lambda one: len(_days_of(one)), reverse=True):
        if not days.issuperset(_days_of(run)):
            kept.append(run)
            days.update(_days_of(run))
    return kept, len(days)


def _days_of(run: Mapping[str, Any]) -> range:
    return range(day_number(date.fromisoformat(run["first"])), day_number(date.fromisoformat(run["last"])) + 1)


def _groups(handled: Handled, by: str) -> tuple[str, ...]:
    if by == "method":
        return tuple(dict.fromkeys(finding.method for finding in handled.signal.findings))
    return handled.signal.subjects[:1] if by == "subject" else handled.signal.places[:1]


def _judge(group: str, names: Mapping[str, str], signals: Sequence[Handled], days: int) -> dict[str, Any]:
    closed = [one for one in signals if one.outcome]
    judged = [one for one in closed if one.outcome != DATA_FAULT]
    hours = [answered for one in signals if (answered := one.answered_hours()) is not None]
    return {
        "group": group,
        "name": names.get(group, group),
        "signals": len(signals),
        "per_week": round(7 * len(signals) / days, 2) if days else None,
        "answered": len(hours),
        "answer_hours": round(median(hours), 1) if hours else None,
        "closed": len(closed),
        **{name: sum(one.outcome == outcome for one in closed) for name, outcome in zip(JUDGED, OUTCOMES, strict=True)},
        "ppv": round(sum(one.outcome in WORTH for one in judged) / len(judged), 3) if judged else None,
    }


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An outbreak that is known to have been. Days are counted from 1970-01-01. ``place``: a township's or county's code."""

    name: str
    subject: str
    place: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Trial:
    """Other settings to be tried on one's own past. ``changed``: section -> name -> value; ``truth``: a file of known events."""

    first: date
    last: date
    changed: Mapping[str, Mapping[str, str]]
    truth: Path | None


def try_settings(standing: Standing, asked: Trial, tell: Callable[[str], None] = lambda step: None) -> dict[str, Any]:
    """What the settings of now, others, and the moving percentile would have sent in a stretch of the past. Nothing is kept.

    Events are those of the file, else the signals of that stretch that were closed as outbreak or cluster.
    Errors: SIGNAL-009 no days; SIGNAL-001, SIGNAL-002 of the settings; SPREAD-001 to SPREAD-003, SIGNAL-010 of the file.
    """
    if asked.last < asked.first:
        raise Refusal(
            Problem(code="SIGNAL-009", args={"first": f"{asked.first}", "last": f"{asked.last}", "most": "…"})
        )
    now = read_city_settings(standing.city.folder)
    watched = read_watched(standing, asked.last, now)  # as a first run would see it: nothing confirmed yet
    ground, days = make_ground(watched, now), range(day_number(asked.first), day_number(asked.last) + 1)
    events = _read_events(asked.truth, now) if asked.truth else _own_events(standing.city, now, days)
    tried: list[tuple[str, list[Signal], SurveillanceSettings]] = []
    settings = {"now": now} | ({"changed": read_surveillance_settings(asked.changed)} if asked.changed else {})
    for name, one in settings.items():
        run = run_days(watched, days, one, tell)
        tried.append((name, group_findings(run.findings, (), ground, one), one))
    tell(PERCENTILE)
    percentile = find_by_percentile(watched.cases, days)
    tried.append((PERCENTILE, group_findings(percentile, (), ground, now), now))
    rows = [_compare(name, signals, events, (ground, one), len(days)) for name, signals, one in tried]
    return {"rows": rows, "events": [_tell_event(event, tried, ground) for event in events]}


def _compare(
    name: str,
    signals: Sequence[Signal],
    events: Sequence[KnownEvent],
    known: tuple[Ground, SurveillanceSettings],
    days: int,
) -> dict[str, Any]:
    finders = {event.name: _found_on(event, signals, *known) for event in events}
    true = {one for found in finders.values() for one in found}
    delays = [min(finders[event.name].values()) - event.first for event in events if finders[event.name]]
    return {
        "settings": name,
        "signals": len(signals),
        "per_week": round(7 * len(signals) / days, 2),
        "events": len(events),
        "found": len(delays),
        "false": len(signals) - len(true),
        "delay_days": median(delays) if delays else None,
    }


def _tell_event(
    event: KnownEvent, tried: Iterable[tuple[str, Sequence[Signal], SurveillanceSettings]], ground: Ground
) -> dict[str, Any]:
    """When each of the settings would have found an event: days after its first case, null where never."""
    told: dict[str, Any] = {"event": event.name, "first": day_of(event.first).isoformat()}
    for name, signals, settings in tried:
        found = _found_on(event, signals, ground, settings)
        told[name] = min(found.values()) - event.first if found else None
    return told


def _found_on(
    event: KnownEvent, signals: Iterable[Signal], ground: Ground, settings: SurveillanceSettings
) -> dict[str, int]:
    """The signals that tell of an event, and the first day each did: of its family, in its county, while it lasted."""
    family, county = settings.families.get(event.subject, frozenset()), ground.counties([event.place])
    found: dict[str, int] = {}
    for one in signals:
        days = [
            finding.day
            for finding in one.findings
            if event.first <= finding.day <= event.last + LATE_DAYS
            and (finding.subject == event.subject or family & settings.families.get(finding.subject, frozenset()))
            and (not finding.places or not event.place or county & ground.counties(finding.places))
        ]
        if days:
            found[one.id] = min(days)
    return found


def _own_events(city: City, settings: SurveillanceSettings, days: range) -> list[KnownEvent]:
    return [
        KnownEvent(
            one.signal.id,
            one.signal.subjects[0],
            next(iter(one.signal.places), ""),
            _first(one.signal),
            one.signal.last,
        )
        for one in read_signals(city, settings)
        if one.outcome in WORTH and one.signal.day in days
    ]


def _first(signal: Signal) -> int:
    return min(finding.first for finding in signal.findings)


EVENT_COLUMNS = {
    "id": ("编号",), "disease": ("疾病名称", "病种"), "place": ("区划代码",), "kind": ("类别",),
    "first": ("首例发病日期", "first_onset"), "last": ("末例发病日期", "last_onset"),
}  # fmt: skip


def _read_events(path: Path, settings: SurveillanceSettings) -> list[KnownEvent]:
    """The known events of a file: id, disease, place, first and last onset; faults of data are no events.

    Errors: SIGNAL-010 a line without a disease that is known, or without its days; SPREAD-001 to SPREAD-006 of the file.
    """
    found: list[KnownEvent] = []
    for row in read_rows(path, EVENT_COLUMNS, ("disease", "first", "last")):
        disease, first, last = find_disease(row.text("disease")), row.day("first"), row.day("last")
        if disease is None or first is None or last is None:
            raise Refusal(Problem(code="SIGNAL-010", file=path.name, line=row.line))
        if row.text("kind") != DATA_FAULT:
            place = widen_region_code(row.text("place")[:TOWNSHIP_DIGITS])
            event = KnownEvent(
                row.text("id") or f"{row.line}",
                watched_code(disease, settings.apart),
                place,
                day_number(first),
                day_number(last),
            )
            found.append(event)
    return found
