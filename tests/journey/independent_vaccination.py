"""Certificates and the coverage of a few vaccines worked out once more, from truth alone, in plain Python.

Written from the printed schedule: BCG before three months; measles-mumps-rubella from 8 months and before 12, again from 18
months, at least 28 days after the first, and before 24. A dose given before its age does not count. A child belongs to a year's
cohort when it reaches the age by which the dose is due in that year.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.journey.independent_figures import Event, Who, age_on, received, stretches


@dataclass
class Child:
    """``doses``: day and vaccine."""

    born: date
    events: list[Event] = field(default_factory=list)
    doses: list[tuple[date, str]] = field(default_factory=list)
    certificates: list[date] = field(default_factory=list)

    def aged(self, months: int) -> date:
        """The day on which the child is so many months old."""
        count = self.born.month - 1 + months
        year, month = self.born.year + count // 12, count % 12 + 1
        return date(year, month, min(self.born.day, monthrange(year, month)[1]))

    def counted(self, vaccine: str, ages: tuple[int, ...]) -> list[date]:
        """The days of the doses that count. ``ages``: the age in months from which each may be given."""
        days: list[date] = []
        for day, given in sorted(self.doses):
            after = not days or (day - days[-1]).days >= 28
            if given == vaccine and len(days) < len(ages) and day >= self.aged(ages[len(days)]) and after:
                days.append(day)
        return days


MEASURES = {
    # figure -> vaccine, ages from which each dose may be given, which dose, months before which it is due
    "vax_cover_bcg_1": ("bcg", (0,), 1, 3),
    "vax_cover_mmr_1": ("mmr", (8, 18), 1, 12),
    "vax_cover_mmr_2": ("mmr", (8, 18), 2, 24),
}


def read_children(truth: Path, who: Who) -> list[Child]:
    """Everybody whose record was opened before the age of 18."""
    children: dict[int, Child] = {}
    for row in received(truth, "health_record.resident", "9999"):
        opened, person = date.fromisoformat(row["opened_on"]), who.people[row["registration"]]
        if row["is_resident"] == "1" and age_on(who.births[person], opened) < 18:
            child = children.setdefault(person, Child(who.births[person]))
            child.events.append(Event(opened, "diagnosed", row["org"]))
    for row in received(truth, "health_record.departure", "9999"):
        if (person := who.people[row["registration"]]) in children:
            event = Event(date.fromisoformat(row["departed_on"]), row["reason"], row["org"])
            children[person].events.append(event)
    for row in received(truth, "vaccination.dose", "9999"):
        if (person := who.people[row["registration"]]) in children:
            children[person].doses.append((date.fromisoformat(row["given_on"]), row["vaccine"]))
    for row in received(truth, "vaccination.certificate", "9999"):
        if (person := who.people[row["registration"]]) in children:
            children[person].certificates.append(date.fromisoformat(row["certificate_on"]))
    return list(children.values())


def count_coverage(children: list[Child], first: date, last: date) -> dict[tuple[str, str], tuple[int, int]]:
    """Done and asked by figure and institution; institution "" is everybody."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for child in children:
        spells = [one for one in stretches(child.events) if one.within(first, last)]
        if not spells:
            continue
        judged = {
            name: first <= child.aged(by) <= last and _is_done(child, name) for name, (*_, by) in MEASURES.items()
        }
        asked = {name for name, (*_, by) in MEASURES.items() if first <= child.aged(by) <= last}
        if first <= child.aged(1) <= last:
            asked.add("cert_rate")
            judged["cert_rate"] = any(day <= last for day in child.certificates)
        for name in asked:
            for org in ("", spells[-1].org):
                counts[name, org][1] += 1
                counts[name, org][0] += judged[name]
    return {key: (done, asked) for key, (done, asked) in counts.items()}


def _is_done(child: Child, name: str) -> bool:
    vaccine, ages, number, by = MEASURES[name]
    days = child.counted(vaccine, ages)
    return len(days) >= number and days[number - 1] < child.aged(by)
