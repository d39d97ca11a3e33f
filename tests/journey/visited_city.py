"""A county with a worklist: a township hospital over two clinics, a third clinic elsewhere, and what pages look up."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.cities import (
    CLINIC_A1,
    CLINIC_A2,
    CLINIC_B1,
    COUNTY,
    TOWN_A,
    TOWN_B,
    TestCity,
    id_number,
    make_city,
    resident,
)
from wangdi.catalog.populations import PopulationRow
from wangdi.catalog.trees import Region
from wangdi.language.library import load_library
from wangdi.store.records import DeclaredCount, FormOwner, ParameterOverride

AS_OF = datetime(2025, 6, 30, 9)
"""When the last of it was accepted: what "today" is on its pages."""
GONE = "990101003000"
"""A township that became part of another."""
PHONE = "14200100001"
PEOPLE = {1: "赵<b>一</b>", 2: "钱二", 3: "孙三", 4: "李四"}
"""Names; the first would be markup if it were not escaped."""


def born(number: int) -> date:
    """When one of these people was born."""
    return date(1950 + number, 3, number)


def make_visited_city(folder: Path) -> TestCity:
    """Four people: two at the first clinic (one with both diseases), one at the second, one at the third.

    The first was seen on 2 January and not found in June, the second has just been seen, the others never.
    """
    library = load_library()
    made = make_city(folder, library)
    orgs = {1: CLINIC_A1, 2: CLINIC_A1, 3: CLINIC_A2, 4: CLINIC_B1}
    rows: dict[str, list[dict[str, Any]]] = {}
    for number, org in orgs.items():
        one = resident(number, born(number), org, id_no=id_number(born(number), number))
        said = one["system.registration"][0]
        said |= {"name": PEOPLE[number], "sex": said["id_no"][16:17] and ("1" if int(said["id_no"][16]) % 2 else "2")}
        said |= {"phone": f"1420010000{number}", "local_id": f"D-{number}", "address": f"试验县{number}组"}
        for form, listed in one.items():
            rows.setdefault(form, []).extend(listed)
    rows["health_record.diagnosis"] = [
        {**_event(number, orgs[number], date(2024, 12, 20)), "disease": disease, "diagnosed_on": date(2024, 12, 20)}
        for number, disease in [(1, "essential_hypertension"), (2, "essential_hypertension"), (2, "type_2_diabetes"),
                                (3, "essential_hypertension"), (4, "essential_hypertension")]
    ]  # fmt: skip
    rows["hypertension.followup"] = [
        _followup(1, CLINIC_A1, date(2025, 1, 2), 172),
        _followup(2, CLINIC_A1, date(2025, 6, 28), 130),
    ]
    rows["health_record.contact_attempt"] = [
        {**_event(1, CLINIC_A1, date(2025, 6, 10)), "attempted_on": date(2025, 6, 10), "programme": "hypertension",
         "outcome": "away"}
    ]  # fmt: skip
    made.accept(rows, datetime(2025, 6, 29, 9))
    _put_kept_rows(made)
    return made


def _event(number: int, org: str, day: date) -> dict[str, Any]:
    return {"registration_id": number, "org": org, "occurred_on": day}


def _followup(number: int, org: str, day: date, sbp: int) -> dict[str, Any]:
    return {**_event(number, org, day), "contact_date": day, "way": "1", "sbp": sbp, "dbp": 80}


def _put_kept_rows(made: TestCity) -> None:
    kind, source = "residents_year_end", "统计局年末人口推算"
    rows = [
        PopulationRow(COUNTY, 2023, kind, 1000, source, date(2024, 1, 20)),
        PopulationRow(COUNTY, 2024, kind, 990, source, date(2025, 1, 20)),
        PopulationRow(TOWN_A, 2024, kind, 600, source, date(2025, 1, 20)),
        PopulationRow(TOWN_B, 2024, kind, 380, source, date(2025, 1, 20)),
    ]
    with made.city.writer("test") as writer:
        writer.put_populations(rows, AS_OF)
        writer.put_populations([PopulationRow(COUNTY, 2024, kind, 995, source, date(2025, 6, 1))], AS_OF)
        gone = Region(GONE, "丙镇", "township", COUNTY, date(2010, 1, 1), date(2020, 12, 31), TOWN_A)
        writer.put_regions([gone], AS_OF)
        writer.put_parameter_override(
            ParameterOverride("hypertension", "routine_days", "60", "test", "市卫健委文件"), AS_OF
        )
        writer.put_form_owner(FormOwner("hypertension.followup", "省公卫平台"), AS_OF)
        for period, count in (("2025-01", 3), ("2025-06", 1)):
            writer.put_declared_count(DeclaredCount("hypertension.followup", period, CLINIC_A1, count), AS_OF)
