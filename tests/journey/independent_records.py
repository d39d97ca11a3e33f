"""The figures of health records and of the elderly worked out once more, from truth alone, in plain Python.

Written from the printed norm and the readings decided for it, not from the packs: a resident has a record from the day on its
cover until death, removal, or the end of the year of loss; whoever opens one later has the person from then on. An old person
is one who turns 65 in the year. A record is standard when it is electronic and every box of cover and basic form is filled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.journey.independent_figures import Event, Managed, Who, read, received, stretches

USED_BY = (
    "health_record.examination", "hypertension.followup", "diabetes.followup", "elderly.self_care",
    "elderly.cognition", "elderly.mood", "elderly.tb_screen", "elderly.tb_contact",
)  # fmt: skip
DAY_COLUMNS = ("exam_date", "contact_date", "assessed_on", "screened_on", "contacted_on")
COVER = {
    # group of boxes -> what it weighs in the score of 95 points (the home's surroundings are not asked)
    ("record_no",): 5, ("id_no",): 10, ("phone",): 5, ("division",): 3, ("contact_name", "contact_phone"): 4,
    ("resident_kind",): 3, ("ethnic_kind",): 2, ("blood_abo", "blood_rh"): 4, ("education",): 3, ("occupation",): 3,
    ("marital_status",): 3, ("payment",): 3, ("drug_allergies",): 8, ("exposures",): 3,
    ("past_diseases", "had_surgery", "had_injury", "had_transfusion"): 10,
    ("father_history", "mother_history", "siblings_history", "children_history"): 8, ("genetic_disease",): 1,
    ("disabilities",): 4,
}  # fmt: skip
ALWAYS_FILLED = 5 + 5 + 3
"""Sex and birth date, address, who opened it: every export has them."""
CHECKED = [
    "self_care_level", "health_self_rating", "cognition_screen", "mood_screen", "exercise_frequency", "diet",
    "smoking_status", "drinking_frequency", "sbp", "dbp", "height", "weight", "waist", "haemoglobin", "wbc",
    "platelets", "urine_protein", "urine_glucose", "fpg", "alt", "ast", "tbil", "scr", "bun", "tc", "tg", "ldl", "hdl",
    "ecg", "abdominal_ultrasound", "conclusion",
]  # fmt: skip
ADDED_IN_2025 = ["hba1c", "chest_xray"]


@dataclass
class Keeper:
    """One person with a record: what opened and closed it, its rows, and every day on which it was used."""

    born: date
    events: list[Event] = field(default_factory=list)
    covers: list[Mapping[str, str]] = field(default_factory=list)
    used: list[date] = field(default_factory=list)
    examinations: list[Mapping[str, str]] = field(default_factory=list)
    tb_screens: list[date] = field(default_factory=list)

    def cover(self, day: date) -> Mapping[str, str] | None:
        """The record opened last by that day."""
        known = [row for row in self.covers if row["opened_on"] <= day.isoformat()]
        return max(known, key=lambda row: (row["opened_on"], row["received_on"])) if known else None


def read_keepers(truth: Path, who: Who, known: str = "9999") -> list[Keeper]:
    """Everybody with a record, from what had been received, and not yet retired, before a moment."""
    written = {row["registration"]: row for row in read(truth / "registrations.csv")}
    keepers: dict[int, Keeper] = {}
    for row in received(truth, "health_record.resident", known):
        person, said = who.people[row["registration"]], written[row["registration"]]
        keeper = keepers.setdefault(person, Keeper(who.births[person]))
        # 99 asks for the name of the ethnic group as well, for which no export here has a column.
        ethnic = row["ethnic_kind"].replace("99", "")
        keeper.covers.append(row | {"id_no": said["id_no"], "phone": said["phone"], "ethnic_kind": ethnic})
        if row["is_resident"] == "1":
            keeper.events.append(Event(date.fromisoformat(row["opened_on"]), "diagnosed", row["org"]))
    for row in received(truth, "health_record.departure", known):
        if (person := who.people[row["registration"]]) in keepers:
            event = Event(date.fromisoformat(row["departed_on"]), row["reason"], row["org"])
            keepers[person].events.append(event)
    for form in USED_BY:
        for row in received(truth, form, known):
            if (person := who.people[row["registration"]]) in keepers:
                _note_use(keepers[person], form, row)
    for row in read(truth / "hospital.csv"):
        if row["received_on"] < known and (person := who.people[row["registration"]]) in keepers:
            keepers[person].used.append(date.fromisoformat(row["seen_on"]))
    return list(keepers.values())


def _note_use(keeper: Keeper, form: str, row: Mapping[str, str]) -> None:
    day = date.fromisoformat(next(row[name] for name in DAY_COLUMNS if name in row))
    keeper.used.append(day)
    if form == "health_record.examination":
        keeper.examinations.append(row)
    if form == "elderly.tb_screen":
        keeper.tb_screens.append(day)


def score(cover: Mapping[str, str]) -> int:
    """Whole points of 100; never rounded up."""
    points = ALWAYS_FILLED + sum(weight for boxes, weight in COVER.items() if all(cover[box] for box in boxes))
    return points * 100 // (ALWAYS_FILLED + sum(COVER.values()))


def twelve_months_before(last: date) -> date:
    """The first day of the twelve months that end with that day, which ends a month."""
    year, month = (last.year, 1) if last.month == 12 else (last.year - 1, last.month + 1)
    return date(year, month, 1)


def count_records(keepers: Iterable[Keeper], first: date, last: date) -> dict[tuple[str, str], int]:
    """By measure and area: "" is everybody, else a township (9 digits); the use of records also by institution."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for keeper in keepers:
        spells = stretches(keeper.events)
        cover = keeper.cover(last)
        latest = keeper.cover(date.max)
        town = latest["division"][:9] if latest is not None else ""
        for measure in _records(keeper, spells, cover, last) | _elderly(keeper, spells, cover, (first, last)):
            counts[measure, ""] += 1
            counts[measure, town] += 1
        mine = [one for one in spells if one.since <= last and (one.until is None or one.until > last)]
        if mine and cover is not None:
            counts["ehr_quality", ""] += score(cover)
            counts["records", mine[-1].org] += 1
            counts["ehr_use", mine[-1].org] += _is_used(keeper, last)
    return dict(counts)


def _is_used(keeper: Keeper, last: date) -> bool:
    since = twelve_months_before(last)
    return any(since <= day <= last for day in keeper.used)


def _records(keeper: Keeper, spells: list[Managed], cover: Mapping[str, str] | None, last: date) -> set[str]:
    if cover is None or not any(one.since <= last and (one.until is None or one.until > last) for one in spells):
        return set()
    electronic, points = cover["electronic"] != "0", score(cover)
    held = {
        "ehr_rate": True,
        "eehr_rate": electronic,
        "ehr_std_cover": electronic and points == 100,
        "ehr_quality_pass": points >= 90,
        "ehr_use": _is_used(keeper, last),
        "ehr_use_electronic": electronic and _is_used(keeper, last),
    }
    return {measure for measure, holds in held.items() if holds}


def _elderly(
    keeper: Keeper, spells: list[Managed], cover: Mapping[str, str] | None, period: tuple[date, date]
) -> set[str]:
    first, last = period
    old_from = date(keeper.born.year + 65, 1, 1)
    served = [
        one
        for one in spells
        if max(one.since, old_from) <= last and (one.until is None or one.until > max(first, one.since, old_from))
    ]
    if not served:
        return set()
    held = {"elderly"}
    if any(first <= day <= last for day in keeper.tb_screens):
        held.add("elder_tb_screen")
    looked = [row for row in keeper.examinations if first.isoformat() <= row["exam_date"] <= last.isoformat()]
    asked = CHECKED + (ADDED_IN_2025 if last.year >= 2025 else [])
    guided = any(row["guidance"] or row["risk_control"] for row in looked)
    complete = any(all(row[box] for box in asked) for row in looked)
    if cover is not None and cover["record_no"] and guided and complete:
        held |= {"elder_mgmt", "elder_base_std"}
    return held
