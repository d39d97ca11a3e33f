"""``cards``: report cards listed, late, entered twice, counted by disease, and held against registers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.link.people import show_person
from wangdi.outbreaks.diseases import read_diseases
from wangdi.outbreaks.report_cards import (
    CASE_CLASSES,
    DELETED,
    Registered,
    ReportCard,
    count_registered_cases,
    edition_of,
    find_duplicates,
    find_unreported,
    judge_timeliness,
)
from wangdi.store.workspace import sql_name

PACK = "disease_report"
_COLUMNS = {"fact": "seq", "person": "subject_id", "state": "card_state"}
"""Where a card's column is called otherwise in the form."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a day to a day, both included; open where null."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it; a missing day only in one open at both ends."""
        if day is None:
            return self.first is None and self.last is None
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def list_cards(standing: Standing, within: Stretch) -> list[dict[str, Any]]:
    """Every card entered in a stretch of days, the newest first, with its limit and how late it was.

    Missing: a card without a moment of entry is only in a stretch that is open at both ends.
    """
    chosen = [card for card in read_cards(standing) if within.holds(_entered_on(card))]
    chosen.sort(key=lambda card: (_entered_on(card) or date.min, card.fact), reverse=True)
    return [_tell_card(card) for card in chosen]


def list_late(standing: Standing, within: Stretch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Cards entered late in a stretch, the latest first, and by reporting unit how many were in time."""
    late: list[dict[str, Any]] = []
    units: dict[str, Counter[str]] = {}
    for card in read_cards(standing):
        judged = judge_timeliness(card)
        if judged is None or card.state == DELETED or not within.holds(_entered_on(card)):
            continue
        unit = units.setdefault(card.reporting_unit or "", Counter())
        unit["cards"] += 1
        unit["late"] += judged.is_late
        if judged.is_late:
            late.append(_tell_card(card))
    late.sort(key=lambda row: (row["late_hours"] is not None, -(row["late_hours"] or 0), row["fact_id"]))
    told = [
        {"reporting_unit": name, "cards": unit["cards"], "in_time": unit["cards"] - unit["late"], "late": unit["late"]}
        for name, unit in sorted(units.items())
    ]
    return late, told


def list_duplicates(standing: Standing, within: Stretch) -> list[dict[str, Any]]:
    """Cards that are one case entered more than once: every group of which a card was entered in the stretch."""
    groups = find_duplicates(read_cards(standing))
    chosen = [group for group in groups if any(within.holds(_entered_on(card)) for card in group)]
    return [
        {"group": number, "days": (card.begun_on - group[0].begun_on).days, **_tell_card(card)}
        for number, group in enumerate(chosen, 1)
        for card in group
    ]


def count_cards(standing: Standing, within: Stretch) -> list[dict[str, Any]]:
    """By disease: cases, suspected cases, carriers and positive tests, deaths among the cases; by day of entry."""
    counts: dict[str, Counter[str]] = {}
    for card in read_cards(standing):
        if card.state != DELETED and within.holds(_entered_on(card)):
            told = counts.setdefault(card.disease, Counter())
            is_case = card.case_class in CASE_CLASSES
            told["cases" if is_case else "suspected" if card.case_class == "suspected" else "others"] += 1
            told["deaths"] += is_case and card.died_on is not None
    return [
        {
            "disease": code,
            "disease_name": disease.name,
            **{name: counts[code][name] for name in ("cases", "suspected", "others", "deaths")},
        }
        for code, disease in read_diseases().items()
        if code in counts
    ]


def find_missing(standing: Standing, within: Stretch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Registered cases that were never reported, and by institution how many were.

    Rule: see :func:`find_unreported`; the day is the one on which the case was registered.
    """
    rows = [row for row in _read_registered(standing) if within.holds(row.found_on)]
    judged = list(find_unreported(rows, read_cards(standing)))
    missing = [_tell_registered(row, reason) for row, reason in judged if reason is not None]
    orgs = []
    for org in sorted({row.org for row, _ in judged}):
        mine = [(row, reason) for row, reason in judged if row.org == org]
        gone = [row for row, reason in mine if reason is not None]
        said = {"org": org, "registered": len(mine), "reported": len(mine) - len(gone), "unreported": len(gone)}
        orgs.append(said | {"unreported_cases": count_registered_cases(gone)})
    missing.sort(key=lambda row: (row["org"], row["found_on"], row["fact_id"]))
    return missing, orgs


def read_cards(standing: Standing) -> list[ReportCard]:
    """Every card as it is known, each with its person."""
    names = [field.name for field in fields(ReportCard)]
    return [ReportCard(*row) for row in _read_rows(standing, "card", [_COLUMNS.get(name, name) for name in names])]


def _read_registered(standing: Standing) -> Iterator[Registered]:
    names = [field.name for field in fields(Registered)]
    for row in _read_rows(standing, "register", [_COLUMNS.get(name, name) for name in names]):
        if row[names.index("disease")] is not None:
            yield Registered(*row)


def _read_rows(standing: Standing, form: str, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    derived = derive(standing)
    relation = derived.relations(standing.programmes[PACK]).forms[f"{PACK}.{form}"]
    listed = ", ".join(map(sql_name, columns))
    return standing.workspace.rows(f"SELECT {listed} FROM {relation} f ORDER BY seq")


def _entered_on(card: ReportCard) -> date | None:
    return None if card.reported_at is None else card.reported_at.date()


def _tell_card(card: ReportCard) -> dict[str, Any]:
    judged = judge_timeliness(card)
    edition = edition_of(card.disease, card.diagnosed_on)
    return {
        "fact_id": card.fact,
        "person_id": show_person(card.person),
        "card_no": card.card_no,
        "card_state": card.state,
        "disease": card.disease,
        "disease_name": read_diseases()[card.disease].name,
        "legal_class": edition.legal_class if edition else None,
        "case_class": card.case_class,
        "onset_on": card.onset_on,
        "diagnosed_at": card.diagnosed_at or card.diagnosed_on,
        "reported_at": card.reported_at,
        "limit_hours": judged.limit_hours if judged else None,
        "hours": None if judged is None or judged.hours is None else round(judged.hours, 2),
        "late_hours": None if judged is None or judged.late_hours is None else round(judged.late_hours, 2),
        "reporting_unit": card.reporting_unit,
        "address_code": card.address_code,
    }


def _tell_registered(row: Registered, reason: str) -> dict[str, Any]:
    edition = edition_of(row.disease, row.found_on)
    return {
        "fact_id": row.fact,
        "person_id": show_person(row.person),
        "org": row.org,
        "register": row.register,
        "registered_no": row.registered_no,
        "found_on": row.found_on,
        "disease": row.disease,
        "disease_name": read_diseases()[row.disease].name,
        "legal_class": edition.legal_class if edition else None,
        "limit_hours": edition.limit_hours if edition else None,
        "card_no": row.card_no,
        "reason": reason,
    }
