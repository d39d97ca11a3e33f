"""The demo's story, found by asking: a rate, somebody missing from it, the clause and the line, a late record, who is who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wangdi.app.comparing import Moved, compare_known
from wangdi.app.derivation import Standing
from wangdi.app.people import Asked, Listed, list_people
from wangdi.app.periods import last_period
from wangdi.app.persons import show_person
from wangdi.app.questions import Answer, compute_figures, stand_on
from wangdi.app.reviewing import Wanted, list_review
from wangdi.app.spellings import Spelt, find_spellings
from wangdi.app.traces import trace_fact
from wangdi.app.tryout import FOLDER, INDICATOR, Tryout, write_tryout
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem
from wangdi.indicators.figures import Figure, Level
from wangdi.link.people import parse_person
from wangdi.store.city import City
from wangdi.store.disk import hash_file

RATE = "htn_std"
"""The rate the story opens."""
MOVED = ("htn_std", "htn_ctrl", "dm_std", "dm_ctrl")
LOOKED_AT = 200
"""People looked at for one whose story can be told in a sentence."""
PUBLISHED_ON = (11, 5)
"""The day the ten months' figures are supposed to have been published."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody in the denominator and not in the numerator: the clause, the record it rests on, and its line."""

    figure: Figure
    count: int
    person: Listed
    record: dict[str, Any]
    trace: dict[str, Any] | None
    path: Path | None


@dataclass(frozen=True, slots=True)
class Late:
    """A record that came after a figure was published, and what it moved."""

    period: Period
    known_a: date
    before: int
    after: int
    moved: list[Moved]
    person: dict[str, Any]
    trace: dict[str, Any]
    path: Path | None


@dataclass(frozen=True, slots=True)
class WhoIsWho:
    """``resident``: whom most spellings mean; ``merge``: who bears a number under two names, the second somebody else's.

    ``waiting``: pairs left to people; ``known``: the number at which this was asked.
    """

    resident: Spelt | None
    merge: Spelt | None
    waiting: int
    known: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the demo tells, each part null where the city has no such case."""

    board: Answer
    townships: Answer
    missing: Missing | None
    late: Late | None
    refused: list[tuple[str, int]]
    who: WhoIsWho
    tryout: Tryout | None


def find_story(city: City, standing: Standing, year: int) -> Story:
    """Ask the city everything the demo tells, and lay out what the reader may send in."""
    whole = _period(str(year))
    levels: set[str] = {region.level for region in city.regions(standing.known)}
    top: Level = "city" if "city" in levels else "county"
    board = compute_figures(standing, [_period(str(year - 1)), whole], [top])
    townships = compute_figures(standing, [whole], ["township"], [RATE])
    refused = [(code, count) for severity, code, count in city.problem_counts() if severity == "error"]
    return Story(
        board,
        townships,
        _find_missing(standing, townships, whole),
        _find_late(standing, top, year),
        refused,
        _find_who_is_who(standing),
        _write_tryout(standing, top),
    )


def _find_who_is_who(standing: Standing) -> WhoIsWho:
    spelt = find_spellings(standing)
    resident = next((one for one in spelt if one.doubted is None), None)
    merge = next((one for one in spelt if one.doubted is not None and one.doubted.namesake), None)
    return WhoIsWho(resident, merge, list_review(standing, Wanted(limit=0)).count, standing.known)


def _write_tryout(standing: Standing, top: Level) -> Tryout | None:
    period = last_period(standing)
    figures = compute_figures(standing, [period], [top], [INDICATOR]).figures
    return write_tryout(standing, figures[0], period, standing.city.folder / FOLDER) if figures else None


def _period(text: str) -> Period:
    found = parse_period(text)
    assert not isinstance(found, Problem), "a year is a period"
    return found


def _find_missing(standing: Standing, townships: Answer, period: Period) -> Missing | None:
    """In the township with most people missing, one whose unmet obligation followed from a reading."""
    figure = max(townships.figures, key=lambda one: (one.denominator or 0) - one.numerator, default=None)
    if figure is None or (figure.denominator or 0) <= figure.numerator:
        return None
    people = list_people(standing, Asked(RATE, period, figure.area, "missing", LOOKED_AT), "township")
    told = [(person, record) for person in people for record in _records(person)]
    if not told:
        return None
    person, record = next((pair for pair in told if str(pair[1].get("rule", "")).startswith("class:")), told[0])
    trace = _anchor_trace(standing, person, record)
    missing = int((figure.denominator or 0) - figure.numerator)
    return Missing(figure, missing, person, record, trace, find_in_inbox(standing.city, trace))


def _records(person: Listed) -> list[dict[str, Any]]:
    return [record for why in person.why for record in why.inputs.get("records", []) if record.get("anchor_on")]


def _anchor_trace(standing: Standing, person: Listed, record: dict[str, Any]) -> dict[str, Any] | None:
    """The record that set the clock: the person's fact of the day the obligation counts from."""
    number = parse_person(person.person_id)
    if number is None:
        return None
    facts: Sequence[dict[str, Any]] = show_person(standing, number)["facts"]
    same_day = [fact for fact in facts if fact["occurred_on"] == record["anchor_on"]]
    same_day.sort(key=lambda fact: not str(fact["form"]).endswith(".followup"))
    if not same_day:
        return None
    return trace_fact(standing.city, standing.workspace, standing.library, same_day[0]["fact_id"])


def find_in_inbox(city: City, trace: dict[str, Any] | None) -> Path | None:
    """Where in the demo's inbox the file lies that a fact came from: the same bytes."""
    source = (trace or {}).get("source", {})
    if not source.get("sha256"):
        return None
    folder = city.folder / "inbox" / str(source["sent_by"])
    for path in sorted(folder.rglob(Path(str(source["file"])).name)):
        if hash_file(path) == source["sha256"]:
            return path
    return None


def _find_late(standing: Standing, top: Level, year: int) -> Late | None:
    """A record of the ten months that came after their figures were published and moved one of them."""
    day = date(year, *PUBLISHED_ON)
    before = stand_on(standing.city, standing.workspace, standing.library, day.isoformat())
    if not before.known or before.known >= standing.known:
        return None
    period = last_period(before)
    moved = compare_known(before, standing, period, top, MOVED)
    for one in moved:
        for person in one.people:
            late = [
                record
                for record in person["records"]
                if record["kind"] == "late" and record["occurred_on"] <= period.end
            ]
            if person["cause"] == "late" and late:
                trace = trace_fact(standing.city, standing.workspace, standing.library, late[0]["fact_id"])
                path = find_in_inbox(standing.city, trace)
                return Late(period, day, before.known, standing.known, moved, person, trace, path)
    return None
