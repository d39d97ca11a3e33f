"""Small cities for tests: accepted from rows written in the test, through the same door as everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from wangdi.catalog.tables import REGISTRATION_TABLE, RETIREMENT_TABLE, FormTable
from wangdi.catalog.trees import Organisation, Region
from wangdi.core.identifiers import id_check_character
from wangdi.engines.tables import table_of
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.records import BatchRecord, StagedSegment
from wangdi.store.workspace import sql_name
from wangdi.store.writer import Writer

COUNTY, TOWN_A, TOWN_B = "990101000000", "990101001000", "990101002000"
VILLAGE_A1, VILLAGE_A2, VILLAGE_B1 = "990101001101", "990101001102", "990101002101"
CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL = "A1", "A2", "B1", "H"
STARTED = datetime(2025, 1, 1, 8)


@dataclass
class TestCity:
    """A city and the number of days that have passed in it: each batch is received a day after the last."""

    __test__ = False
    city: City
    library: Library
    batches: int = field(default=0)

    def accept(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], at: datetime | None = None) -> int:
        """Accept rows by form; each row has registration_id, occurred_on, org and fields. A row with ``replaces`` (a fact
        number) supersedes it; one with ``withdraws`` only withdraws. Answers the first number taken."""
        self.batches += 1
        received = at or STARTED + timedelta(days=self.batches)
        with self.city.writer("test") as writer:
            base = writer.next_seq
            retired: list[tuple[int, int, str]] = []
            staged: list[StagedSegment] = []
            first = 0
            for form, listed in rows.items():
                for place, row in enumerate(listed):
                    if "replaces" in row:
                        retired.append((base + first + place, row["replaces"], "superseded"))
                    if "withdraws" in row:
                        retired.append((base + first + place, row["withdraws"], "withdrawn"))
                kept = [row for row in listed if "withdraws" not in row]
                if kept:
                    staged.append(_stage(writer, self._table(form), kept, first))
                first += len(listed)
            if retired:
                staged.append(_stage_retired(writer, retired))
            record = BatchRecord(org=HOSPITAL, received_at=received, received=first, accepted=first)
            writer.accept(record, staged, ())
        return base

    def _table(self, form: str) -> FormTable:
        return REGISTRATION_TABLE if form == REGISTRATION_TABLE.name else table_of(self.library.forms[form])


def make_city(folder: Path, library: Library) -> TestCity:
    """A county of two townships and three villages, a clinic in each village and a hospital over the first two."""
    city = City.create(folder, name="测试县", now=STARTED, salt="test")
    regions = [
        Region(COUNTY, "测试县", "county", None),
        Region(TOWN_A, "甲镇", "township", COUNTY),
        Region(TOWN_B, "乙镇", "township", COUNTY),
        Region(VILLAGE_A1, "甲一村", "village", TOWN_A),
        Region(VILLAGE_A2, "甲二村", "village", TOWN_A),
        Region(VILLAGE_B1, "乙一村", "village", TOWN_B),
    ]
    organisations = [
        Organisation(HOSPITAL, "甲镇卫生院", "C", "township", TOWN_A, None),
        Organisation(CLINIC_A1, "甲一村卫生室", "D6", "village", VILLAGE_A1, HOSPITAL),
        Organisation(CLINIC_A2, "甲二村卫生室", "D6", "village", VILLAGE_A2, HOSPITAL),
        Organisation(CLINIC_B1, "乙一村卫生室", "D6", "village", VILLAGE_B1, None),
    ]
    with city.writer("test") as writer:
        writer.put_regions(regions, STARTED)
        writer.put_organisations(organisations, STARTED)
    return TestCity(city, library)


def id_number(birth: date, serial: int) -> str:
    """A synthetic identity number: region 990101, and a check digit that holds."""
    first = f"990101{birth:%Y%m%d}{serial:03d}"
    return first + id_check_character(first)


def resident(registration: int, birth: date, org: str = CLINIC_A1, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """A registration with its resident record: rows for ``accept``."""
    division = {CLINIC_A1: VILLAGE_A1, CLINIC_A2: VILLAGE_A2, CLINIC_B1: VILLAGE_B1}.get(org, TOWN_A)
    number = more.pop("id_no", id_number(birth, registration % 1000))
    common = {"registration_id": registration, "org": org, "occurred_on": date(2020, 1, 1)}
    identity = {**common, "name": f"居民{registration}", "id_type": "01", "id_no": number, "birth_date": birth}
    record = {**common, "is_resident": True, "resident_kind": "1", "division": division, "opened_on": date(2020, 1, 1)}
    return {"system.registration": [identity], "health_record.resident": [record | more]}


def _stage(writer: Writer, table: FormTable, rows: Sequence[Mapping[str, Any]], first: int) -> StagedSegment:
    columns = dict(table.all_columns())
    workspace = writer.workspace
    data = [
        [first + place if name == "seq_offset" else row.get(name) for name in columns] for place, row in enumerate(rows)
    ]
    workspace.create_table("staging", columns, data)
    return writer.stage(table, f"SELECT {', '.join(map(sql_name, columns))} FROM staging", workspace)


def _stage_retired(writer: Writer, retired: Sequence[tuple[int, int, str]]) -> StagedSegment:
    columns = dict(RETIREMENT_TABLE.all_columns())
    rows = []
    for seq, fact, kind in retired:
        values = {"seq_offset": seq, "fact_seq": fact, "kind": kind, "registration_id": 0}
        rows.append([values.get(name) for name in columns])
    writer.workspace.create_table("staging", columns, rows)
    staged = writer.stage(RETIREMENT_TABLE, "SELECT * FROM staging", writer.workspace)
    return replace(staged, absolute=True)
