"""What an investigation comes to, as values every reader shows: counts, curve, exposures, chain, following, and who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import groupby
from math import isinf
from typing import Any

from wangdi.app.event_erasing import erase_on
from wangdi.app.events import WHO, name_of, set_for
from wangdi.core.problem import Problem
from wangdi.outbreaks.investigation.bodies import KINDS, write_body
from wangdi.outbreaks.investigation.curve import HOUR, Curve, draw_curve, estimate_incubation, find_exposure_window
from wangdi.outbreaks.investigation.exposures import Association, Stratum, attack_by_place, weigh_exposures
from wangdi.outbreaks.investigation.following import count_followed, due_on
from wangdi.outbreaks.investigation.transmission import (
    check_chain,
    find_pairs,
    lay_out_chain,
    secondary_attack,
    summarise_intervals,
)
from wangdi.outbreaks.investigation.two_by_two import Estimate, TwoByTwo, attack_rate
from wangdi.outbreaks.investigation.values import CASE_CLASSES, Answers, Case, Investigation
from wangdi.store.city import City

DASH = "—"
AGES = (5, 10, 15, 20, 40, 60)
"""Where groups of age begin, after the first."""


def tell_estimate(one: Estimate) -> dict[str, Any]:
    """An estimate as JSON has it: what is infinite is null, and said to be."""
    return {
        "value": _finite(one.value),
        "low": _finite(one.low),
        "high": _finite(one.high),
        "infinite": one.value is not None and isinf(one.value),
        "method": one.method,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or isinf(value) else value


def tell_associations(answers: Iterable[Answers], within: str = "") -> list[dict[str, Any]]:
    """Every exposure of a questionnaire with its table, rates and ratios, the likeliest first."""
    return [_tell_association(one) for one in weigh_exposures(answers, within)]


def _tell_association(one: Association) -> dict[str, Any]:
    told = {
        "exposure": one.exposure,
        **_tell_table(one.table),
        "unknown": one.unknown,
        "risk_ratio": tell_estimate(one.risk),
        "odds_ratio": tell_estimate(one.odds),
        "p": one.p,
    }
    if one.adjusted_odds is None or one.adjusted_risk is None:
        return told
    return told | {
        "adjusted_odds_ratio": tell_estimate(one.adjusted_odds),
        "adjusted_risk_ratio": tell_estimate(one.adjusted_risk),
        "strata": [_tell_stratum(stratum) for stratum in one.strata],
        "in_no_stratum": one.unplaced,
    }


def _tell_stratum(one: Stratum) -> dict[str, Any]:
    ratios = {"risk_ratio": tell_estimate(one.risk), "odds_ratio": tell_estimate(one.odds)}
    return {"stratum": one.name, **_tell_table(one.table), **ratios}


def _tell_table(table: TwoByTwo) -> dict[str, Any]:
    exposed, others = table.a + table.b, table.c + table.d
    return {
        "exposed_ill": table.a,
        "exposed": exposed,
        "other_ill": table.c,
        "others": others,
        "exposed_rate": attack_rate(table.a, exposed).value,
        "other_rate": attack_rate(table.c, others).value,
    }


def show_ratio(said: Mapping[str, Any]) -> str:
    """A ratio with its interval, as a table has it; infinite as ``∞``."""
    if said["value"] is None and not said["infinite"]:
        return DASH
    value = "∞" if said["infinite"] else f"{said['value']:.3g}"
    if not said["method"]:
        return value
    return f"{value} ({said['low']:.3g}–{'∞' if said['high'] is None else format(said['high'], '.3g')})"


def show_p(p: float | None) -> str:
    """A probability to three places."""
    return DASH if p is None else "<0.001" if p < 0.0005 else f"{p:.3f}"


def show_share(ill: int, people: int, rate: float | None) -> str:
    """How many of how many, and the share."""
    return f"{ill}/{people} ({DASH if rate is None else f'{100 * rate:.1f}%'})"


def curve_of(found: Investigation, by: str = "onset") -> Curve:
    """The event's curve, its bins by the incubation of its disease."""
    return draw_curve(found.cases.values(), set_for(found.event)[0].usual, by)


def held_cases(found: Investigation) -> dict[int, Case]:
    """The cases that were not withdrawn."""
    return {number: case for number, case in found.cases.items() if not case.withdrawn}


def count_event(found: Investigation) -> dict[str, Any]:
    """How many there are of everything that was not withdrawn."""
    cases = held_cases(found).values()
    contacts = [one for one in found.contacts.values() if not one.withdrawn]
    samples = [one for one in found.samples.values() if not one.withdrawn]
    return {
        "cases": len(cases),
        **{f"cases_{name}": sum(one.case_class == name for one in cases) for name in CASE_CLASSES},
        "deaths": sum(one.died_on is not None for one in cases),
        "contacts": len(contacts),
        "contacts_ill": sum(one.became is not None for one in contacts),
        "answers": sum(not one.withdrawn for one in found.answers.values()),
        "samples": len(samples),
        "samples_positive": sum(one.result == "positive" for one in samples),
        "checks": sum(len(held) for held in found.checks.values()),
    }


def summarise_event(found: Investigation, on: date) -> dict[str, Any]:
    """An event on a day, without anybody's name."""
    monitoring, days = set_for(found.event)
    incubation = estimate_incubation(found.cases.values())
    curve = curve_of(found)
    due = due_on(found, days, on)
    return {
        "event": found.id,
        **write_body(found.event),
        "erase_on": erase_on(found.event),
        "counts": count_event(found),
        "monitor_days": days,
        "monitor_source": monitoring.source if found.event.monitor_days is None else found.id,
        "checks_today": {state: sum(one.state == state for one in due) for state in ("ready", "completed", "failed")},
        "following": dict(count_followed(found, days, on)),
        "curve": {
            "width_hours": curve.width / HOUR,
            "without": curve.without,
            "bins": [{"start": one.start, "cases": one.cases} for one in curve.bins],
        },
        "incubation": None
        if incubation is None
        else {
            "cases": incubation.cases,
            "shortest_hours": incubation.shortest,
            "median_hours": incubation.median,
            "longest_hours": incubation.longest,
            "exact": incubation.exact,
        },
        "exposure_window": tell_window(found),
        "places": tell_places(found),
        "people": tell_people(found),
        "secondary": [
            {
                "kind": one.kind,
                "contacts": one.contacts,
                "ill": one.ill,
                "rate": one.rate.value,
                "low": one.rate.low,
                "high": one.rate.high,
            }
            for one in secondary_attack(found)
        ],
    }


def tell_window(found: Investigation) -> dict[str, datetime] | None:
    """When a point source must have been, by the disease's incubation. Missing: None where that is not set, or no one source
    explains all onsets.
    """
    monitoring, _ = set_for(found.event)
    if monitoring.shortest is None or monitoring.longest is None:
        return None
    window = find_exposure_window(list(found.cases.values()), monitoring.shortest, monitoring.longest)
    return {"from": window[0], "to": window[1]} if window else None


def tell_places(found: Investigation) -> list[dict[str, Any]]:
    """Cases and attack rate of every place."""
    return [
        {
            "place": one.place,
            "ill": one.ill,
            "people": one.people,
            "rate": one.rate.value,
            "low": one.rate.low,
            "high": one.rate.high,
        }
        for one in attack_by_place(found)
    ]


def tell_people(found: Investigation) -> list[dict[str, Any]]:
    """Cases by group of age and sex. Grain: one row per group that has a case, and one for those of whom it is not known."""
    groups: dict[tuple[int, int | None] | None, dict[str, int]] = {}
    bounds = [0, *AGES]
    for case in held_cases(found).values():
        group = None
        if case.age is not None:
            low = max(one for one in bounds if one <= case.age)
            high = next((one - 1 for one in bounds if one > low), None)
            group = (low, high)
        counts = groups.setdefault(group, {"1": 0, "2": 0, "": 0})
        counts[case.sex] += 1
    order = sorted(groups, key=lambda one: (one is None, one or (0, 0)))
    return [
        {
            "from_age": group[0] if group else None,
            "to_age": group[1] if group else None,
            "male": groups[group]["1"],
            "female": groups[group]["2"],
            "unknown": groups[group][""],
            "cases": sum(groups[group].values()),
        }
        for group in order
    ]


def tell_chain(found: Investigation) -> tuple[dict[str, Any], list[Problem]]:
    """Pairs, generations and serial intervals, and what cannot be."""
    cases = held_cases(found)
    chain = lay_out_chain(cases)
    intervals = summarise_intervals(find_pairs(cases))
    generation = {one.number: one.generation for one in chain.nodes}
    told = {
        "generations": chain.generations,
        "pairs": [
            {
                "infector": one.infector,
                "infected": one.infected,
                "generation": generation[one.infected],
                "interval_days": one.interval,
            }
            for one in chain.pairs
        ],
        "serial_interval_days": None
        if intervals is None
        else dict(zip(("pairs", "shortest", "median", "longest"), intervals, strict=True)),
    }
    return told, check_chain(found.cases)


# ---- lists with names -------------------------------------------------------------------------------------------------
def list_cases(found: Investigation) -> list[dict[str, Any]]:
    """The cases with who they are, as long as that is kept."""
    return [
        {"number": number, **_who(found, "case", number), **_flat(case)} for number, case in sorted(found.cases.items())
    ]


def list_contacts(found: Investigation, on: date) -> list[dict[str, Any]]:
    """The contacts with who they are and how today's check stands."""
    _, days = set_for(found.event)
    due = {one.contact: one for one in due_on(found, days, on)}
    rows = []
    for number, contact in sorted(found.contacts.items()):
        one = due.get(number)
        rows.append(
            {
                "number": number,
                **_who(found, "contact", number),
                **_flat(contact),
                "today": one.state if one else "",
                "last_day": one.last if one else None,
                "checks": len(found.checks.get(number, ())),
            }
        )
    return rows


def _who(found: Investigation, whose: str, number: int) -> dict[str, Any]:
    who = name_of(found, whose, number)
    return {"name": who.name, "phone": who.phone, "person_id": who.person_id, "perhaps": list(who.perhaps)}


def _flat(value: object) -> dict[str, Any]:
    """Every field of a value, and those left empty."""
    return {one.name: getattr(value, one.name) for one in fields(value)}  # type: ignore[arg-type]


# ---- who did what -----------------------------------------------------------------------------------------------------
ADDED, CORRECTED, WITHDRAWN, ERASED = "added", "corrected", "withdrawn", "erased"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing written down. ``said``: what changed by it, nobody's name among it. Missing: ``what`` of erased rows."""

    seq: int
    at: datetime
    who: str
    kind: str
    number: str
    action: str
    said: Mapping[str, Any]


def tell_timeline(city: City, event: str, known: int | None = None) -> list[Entry]:
    """Everything ever written down of an event, oldest first, with who and when. Names are told of as such, never by themselves."""
    rows = [(seq, row) for kind in KINDS for seq, row in city.ledger_history(kind, known, f"{event}/")]
    rows.sort(key=lambda one: one[0])
    if not rows:
        return []
    moments = _read_moments(city, [seq for seq, _ in rows])
    before: dict[tuple[str, str], Mapping[str, Any]] = {}
    entries = []
    for seq, row in rows:
        body = row.body
        earlier = before.get((row.kind, row.key))
        said = {name: item for name, item in (body or {}).items() if (earlier or {}).get(name) != item}
        action = (
            ERASED if body is None else ADDED if earlier is None else WITHDRAWN if said.get("withdrawn") else CORRECTED
        )
        number = row.key.removeprefix(f"{event}/").rstrip("/")
        told = {} if row.kind == WHO else said
        entries.append(Entry(seq, moments[seq], row.who, row.kind, number, action, told))
        before[row.kind, row.key] = body or {}
    return entries


def group_entries(entries: Iterable[Entry]) -> list[Entry]:
    """The same with what was written down together told as one: an import is one line, and who somebody is none of its own."""
    grouped: list[Entry] = []
    shown = [one for one in entries if one.kind != WHO or one.action == ERASED]
    shown.sort(key=lambda one: (one.at, one.kind == WHO))  # rows of a case and of who it is lie between each other
    for moment, together in groupby(shown, key=lambda one: (one.at, one.who, one.kind, one.action)):
        rows = list(together)
        first, last = rows[0], rows[-1]
        if len(rows) == 1:
            grouped.append(first)
        else:
            at, who, kind, action = moment
            number = f"{first.number}–{last.number}" if kind != WHO else ""
            grouped.append(Entry(first.seq, at, who, kind, number, action, {}))
    return grouped


def _read_moments(city: City, numbers: Sequence[int]) -> dict[int, datetime]:
    """When each number was accepted."""
    found: dict[int, datetime] = {}
    log = iter(city.acceptance(numbers[0], numbers[-1]))
    entry = next(log)
    for seq in numbers:
        while entry.last_seq < seq:
            entry = next(log)
        found[seq] = entry.accepted_at
    return found
