"""A small county with hypertension patients in two townships, whose return is filled in tests."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.cities import CLINIC_A1, CLINIC_B1, TestCity, make_city, resident
from wangdi.language.library import load_library

NAME = "年报"


def visit(number: int, day: date, sbp: int) -> dict[str, Any]:
    common = {"registration_id": number, "org": CLINIC_A1 if number <= 12 else CLINIC_B1, "occurred_on": day}
    return {**common, "contact_date": day, "way": "1", "sbp": sbp, "dbp": 78}


def make_county(folder: Path) -> TestCity:
    """12 patients in 甲镇, 8 in 乙镇; every second one is under control."""
    made = make_city(folder, load_library())
    rows: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, 21):
        org = CLINIC_A1 if number <= 12 else CLINIC_B1
        for form, listed in resident(number, date(1950, 2, 3), org).items():
            rows.setdefault(form, []).extend(listed)
        common = {"registration_id": number, "org": org, "occurred_on": date(2025, 1, 5)}
        said = {"diagnosed_on": date(2025, 1, 5), "disease": "essential_hypertension"}
        rows.setdefault("health_record.diagnosis", []).append({**common, **said})
        rows.setdefault("hypertension.followup", []).append(visit(number, date(2025, 1, 6), 130 if number % 2 else 170))
    made.accept(rows, datetime(2026, 1, 5))
    return made
