"""The county's figures worked out once more, from truth alone, in plain Python: shares no code with the platform.

Written from the printed norm and the readings decided for it, not from the packs:
who is 35 or over, resident and diagnosed is managed from that day until death, removal, revocation, or the end of the year of
loss; the first visit is due within 14 days; after a satisfactory visit the next falls between day 60 and three months and a
week; after any other, an emergency included, within 14 days; a window that passes is asked again, until three months and a
week after it closed; one examination in each calendar year.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from pathlib import Path

DAY = timedelta(days=1)
RECHECK = timedelta(days=14)
EARLIEST_ROUTINE = timedelta(days=60)
GRACE = timedelta(days=7)
FACE_TO_FACE = ("1", "2")

HYPERTENSION_BOXES = frozenset(
    [
        "way",
        "symptoms",
        "sbp",
        "dbp",
        "smoking",
        "drinking",
        "salt",
        "mind",
        "compliance",
        "medication_adherence",
        "adverse_reaction",
        "visit_class",
    ]
)
DIABETES_BOXES = frozenset(
    [
        "way",
        "symptoms",
        "sbp",
        "dbp",
        "foot_pulse",
        "smoking",
        "drinking",
        "mind",
        "compliance",
        "fpg",
        "medication_adherence",
        "adverse_reaction",
        "hypoglycaemia",
        "visit_class",
    ]
)


@dataclass(frozen=True)
class Who:
    """Whose record each is, as a city sees it: a recount of its figures has to start from the same people.

    ``people``: the city's person by truth's number of a registration; ``births``: the birthday by person.
    """

    people: Mapping[str, int]
    births: Mapping[int, date]


@dataclass(frozen=True)
class Visit:
    on: date
    way: str
    satisfactory: bool
    """The next visit may wait: the goal is reached, nothing else is wrong, no emergency."""
    at_goal: bool
    complete: bool
    org: str = ""


@dataclass(frozen=True)
class Event:
    """What opens or ends a spell. ``kind``: diagnosed | died | moved_out | lost | revoked."""

    on: date
    kind: str
    org: str


@dataclass
class Patient:
    events: list[Event] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    examinations: list[date] = field(default_factory=list)


@dataclass(frozen=True)
class Managed:
    """A stretch of management. ``until`` is the first day after it, or None; ``told`` the day of what ended it."""

    org: str
    since: date
    until: date | None
    reason: str = ""
    told: date | None = None

    def within(self, first: date, last: date) -> bool:
        return self.since <= last and (self.until is None or self.until > first)

    def days(self, first: date, last: date) -> int:
        end = last if self.until is None else min(last, self.until - DAY)
        return max(0, (end - max(first, self.since)).days + 1)


@dataclass(frozen=True)
class Task:
    closes: date
    done: bool


def three_months_after(day: date, times: int = 1) -> date:
    months = day.month - 1 + 3 * times
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def age_on(birth: date, day: date) -> int:
    """Someone born on 29 February has the birthday on the 28th in common years."""
    birthday = (birth.month, min(birth.day, monthrange(day.year, birth.month)[1]))
    return day.year - birth.year - ((day.month, day.day) < birthday)


def stretches(events: Iterable[Event]) -> list[Managed]:
    """When somebody is managed, and by whom. On one day an ending counts before a diagnosis; nobody is managed after death."""
    ordered = sorted(events, key=lambda event: (effective(event), event.kind == "diagnosed"))
    death = min((event.on for event in ordered if event.kind == "died"), default=date.max)
    found: list[Managed] = []
    open_since: Event | None = None
    for event in ordered:
        day = effective(event)
        if event.kind == "diagnosed":
            if day >= death or (open_since is not None and open_since.org == event.org):
                continue
            if open_since is not None:
                found.append(Managed(open_since.org, open_since.on, day, "moved_out", event.on))
            open_since = event
        elif open_since is not None and (event.kind in ("died", "revoked") or event.org == open_since.org):
            found.append(Managed(open_since.org, open_since.on, day, event.kind, event.on))
            open_since = None
    if open_since is not None:
        found.append(Managed(open_since.org, open_since.on, None))
    return [one for one in found if one.until is None or one.until > one.since]


def effective(event: Event) -> date:
    """The lost are managed until the end of their year."""
    return date(event.on.year + 1, 1, 1) if event.kind == "lost" else event.on


def contact_tasks(managed: Managed, visits: Iterable[Visit], horizon: date) -> list[Task]:
    """Every window that closed while managed, and whether a visit fell into it."""
    waiting = sorted(
        (
            visit
            for visit in visits
            if visit.on >= managed.since and (managed.until is None or visit.on < managed.until)
        ),
        key=lambda visit: visit.on,
    )
    tasks: list[Task] = []
    opens, closes = managed.since, managed.since + RECHECK
    for visit in waiting:
        closes = _pass_missed(tasks, closes, visit.on)
        if visit.on >= opens:
            tasks.append(Task(closes, True))
        if visit.satisfactory:
            opens, closes = visit.on + EARLIEST_ROUTINE, three_months_after(visit.on) + GRACE
        else:
            opens, closes = visit.on, visit.on + RECHECK
    end = horizon if managed.until is None else min(horizon, managed.until - DAY)
    _pass_missed(tasks, closes, end + DAY)
    return tasks


def _pass_missed(tasks: list[Task], closes: date, day: date) -> date:
    """Windows that closed before ``day`` with nothing done; answers when the one open on that day closes."""
    first, times = closes, 0
    while closes < day:
        tasks.append(Task(closes, False))
        times += 1
        closes = three_months_after(first, times) + GRACE * times
    return closes


def yearly_tasks(managed: Managed, examinations: Iterable[date], horizon: date) -> list[Task]:
    """One examination in each calendar year at the end of which somebody is managed."""
    done = {day.year for day in examinations}
    last = horizon.year if managed.until is None else min(horizon.year, (managed.until - DAY).year)
    return [
        Task(date(year, 12, 31), year in done)
        for year in range(managed.since.year, last + 1)
        if managed.until is None or managed.until > date(year, 12, 31) or year in done
    ]


def judge(patient: Patient, first: date, last: date) -> dict[str, tuple[str, bool]] | None:
    """For one patient: the institution, and whether each measure holds; None for who was not managed in the period."""
    managed = [one for one in stretches(patient.events) if one.within(first, last)]
    if not managed:
        return None
    org = managed[-1].org
    visits = sorted((visit for visit in patient.visits if first <= visit.on <= last), key=lambda visit: visit.on)
    tasks = [
        task
        for one in managed
        for task in (*contact_tasks(one, patient.visits, last), *yearly_tasks(one, patient.examinations, last))
        if first <= task.closes <= last
    ]
    face = [visit for visit in visits if visit.way in FACE_TO_FACE]
    year_days = 366 if monthrange(first.year, 2)[1] == 29 else 365
    asked = ceil(4 * sum(one.days(first, last) for one in managed) / year_days)
    kept = not any(one.reason == "lost" and one.told is not None and first <= one.told <= last for one in managed)
    return {
        "managed": (org, True),
        "std": (org, all(task.done for task in tasks) and all(visit.complete for visit in visits)),
        "std_4": (org, len(face) >= asked),
        "ctrl": (org, kept and bool(visits) and visits[-1].at_goal),
        "ctrl_face": (org, kept and bool(face) and face[-1].at_goal),
    }


def count(patients: Iterable[Patient], first: date, last: date) -> dict[tuple[str, str], int]:
    """People by measure and institution; institution "" is everybody."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for patient in patients:
        for measure, (org, holds) in (judge(patient, first, last) or {}).items():
            if holds:
                counts[measure, org] += 1
                counts[measure, ""] += 1
    return dict(counts)


# ---- reading truth ------------------------------------------------------------------------------------------------------
def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_patients(truth: Path, programme: str, who: Who, known: str = "9999") -> list[Patient]:
    """The patients of ``hypertension`` or ``diabetes``, from what had been received, and not yet retired, before a moment."""
    disease = {"hypertension": "essential_hypertension", "diabetes": "type_2_diabetes"}[programme]
    residents = read_residents(truth, who, known)
    patients: dict[int, Patient] = {}
    for row in received(truth, "health_record.diagnosis", known):
        if row["disease"] != disease:
            continue
        day = date.fromisoformat(row["diagnosed_on"])
        person = who.people[row["registration"]]
        patient = patients.setdefault(person, Patient())
        if row["revoked"] == "1":
            patient.events.append(Event(day, "revoked", row["org"]))
        elif residents[person] and age_on(who.births[person], day) >= 35:
            patient.events.append(Event(day, "diagnosed", row["org"]))
    for row in received(truth, "health_record.departure", known):
        if (person := who.people[row["registration"]]) in patients:
            event = Event(date.fromisoformat(row["departed_on"]), row["reason"], row["org"])
            patients[person].events.append(event)
    for row in received(truth, "health_record.examination", known):
        if (person := who.people[row["registration"]]) in patients:
            patients[person].examinations.append(date.fromisoformat(row["exam_date"]))
    for row in received(truth, f"{programme}.followup", known):
        if (person := who.people[row["registration"]]) in patients:
            patients[person].visits.append(read_visit(programme, row, who.births[person]))
    return list(patients.values())


def read_residents(truth: Path, who: Who, known: str = "9999") -> dict[int, bool]:
    """Whether each person lives here, by the record opened last."""
    latest: dict[int, tuple[str, str, str]] = {}
    for row in received(truth, "health_record.resident", known):
        person, said = who.people[row["registration"]], (row["opened_on"], row["received_on"], row["is_resident"])
        latest[person] = max(said, latest.get(person, said))
    return {person: is_resident == "1" for person, (_, _, is_resident) in latest.items()}


def read_visit(programme: str, row: Mapping[str, str], birth: date) -> Visit:
    """One follow-up judged by the norm: 140/90, from 65 years 150/90; fasting glucose under 7.0."""
    on = date.fromisoformat(row["contact_date"])
    sbp, dbp = int(row["sbp"]), int(row["dbp"])
    emergency = sbp >= 180 or dbp >= 110 or row["danger_sign"] == "1"
    if programme == "hypertension":
        at_goal = sbp < (150 if age_on(birth, on) >= 65 else 140) and dbp < 90
        boxes = HYPERTENSION_BOXES
    else:
        fpg = float(row["fpg"])
        at_goal = fpg < 7.0
        emergency = emergency or fpg >= 16.7 or fpg <= 3.9
        boxes = DIABETES_BOXES
    good = at_goal and not emergency and row["adverse_reaction"] == "0" and row["new_complication"] == "0"
    complete = not boxes & set(row["blank"].split(";"))
    return Visit(on, row["way"], good, at_goal, complete, row["org"])


def count_childcare(truth: Path, last: date) -> dict[str, int]:
    """Institutions still open by their latest report on or before the day: how many, filed, places, children."""
    latest: dict[str, dict[str, str]] = {}
    for row in read(truth / "childcare.institution.csv"):
        if row["reported_on"] <= last.isoformat():
            known = latest.get(row["code"])
            if known is None or known["reported_on"] < row["reported_on"]:
                latest[row["code"]] = row
    running = [row for row in latest.values() if not row["closed_on"]]
    return {
        "institutions": len(running),
        "filed_institutions": sum(row["filed"] == "1" for row in running),
        "places": sum(int(row["places"]) for row in running),
        "filed_places": sum(int(row["places"]) for row in running if row["filed"] == "1"),
        "inclusive_places": sum(int(row["places"]) for row in running if row["inclusive"] == "1"),
        "enrolled": sum(int(row["enrolled"]) for row in running),
    }


def received(truth: Path, form: str, known: str) -> list[dict[str, str]]:
    """The rows of a form that had come, and still stood, before a moment."""
    rows = read(truth / f"{form}.csv")
    return [row for row in rows if row["received_on"] < known and (row["retired_on"] or "9999") >= known]
