"""Workbooks and FHIR files go the same way as text: the same checks, the same facts, lines that lead back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.collecting import collect_files
from wangdi.collect.refused import write_refused_rows
from wangdi.collect.request import CollectRequest, CollectResult
from wangdi.engines.tables import table_of
from wangdi.language.library import load_library
from wangdi.store.city import City

PACKS = load_library().newest
SHARED = Path(__file__).resolve().parents[3] / "shared" / "fhir"
MAPPING = """\
mapping: workbook
form: hypertension.followup
recognise: [随访日期, 收缩压]
subject: {id_no: 身份证号, name: 姓名}
fields: {contact_date: 随访日期, sbp: 收缩压, dbp: 舒张压}
"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "m.yaml").write_text(MAPPING, encoding="utf-8")
    with City.create(tmp_path / "city", name="试验市", now=datetime(2020, 1, 1), salt="salt") as made:
        yield made


def send(city: City, *paths: Path) -> CollectResult:
    request = CollectRequest(
        org="990101001", received_at=datetime(2026, 6, 30), mappings=(city.folder.parent / "mappings",)
    )
    result = collect_files(city, PACKS, paths, request)
    assert result.received == result.accepted + result.refused + result.duplicates
    return result


def facts(city: City, form: str, *columns: str) -> list[tuple[Any, ...]]:
    pack, _, name = form.partition(".")
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, table_of(PACKS[pack].forms[name]), city.latest_seq())
        return workspace.rows(f"select {', '.join(columns)} from ({sql}) order by seq")


def test_a_workbook_with_a_title_a_rounded_number_and_totals(city: City, tmp_path: Path) -> None:
    path = tmp_path / "随访.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("随访")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, 4, "某卫生院高血压随访登记表")
        sheet.write_row(1, 0, ["姓名", "身份证号", "随访日期", "收缩压", "舒张压"])
        sheet.write_row(2, 0, ["张三", "990101195001010019"])
        sheet.write_datetime(2, 2, datetime(2025, 3, 1), day)
        sheet.write_row(2, 3, [141, 85])
        sheet.write_row(3, 0, ["李四", 990101195001010000, "2025年3月2日", "150", 90])
        sheet.write_row(4, 0, ["王五", "", "2025.3.3", "152", "91"])
        sheet.write_row(5, 0, ["合计", "", "", 443, 266])
        book.add_worksheet("说明").write(0, 0, "填表说明")
    result = send(city, path)
    assert (result.received, result.accepted, result.refused) == (3, 2, 1)
    assert ("ROW-010", 4) in [(problem.code, problem.line) for problem in result.problems]
    assert facts(city, "hypertension.followup", "occurred_on", "sbp", "source_line") == [
        (date(2025, 3, 1), 141, 3),
        (date(2025, 3, 3), 152, 5),
    ]
    assert result.batch is not None
    (given,) = write_refused_rows(city, PACKS, result.batch, tmp_path / "out.csv")
    assert "李四" in given.read_text("utf-8-sig")
    again = send(city, path)
    assert (again.accepted, again.duplicates, again.refused) == (0, 2, 1)


def _bundle(folder: Path) -> Path:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": "张三"}],
        "gender": "male",
        "birthDate": "1950-02-03",
    }
    reading: dict[str, Any] = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": {"reference": "urn:uuid:p1"},
        "effectiveDateTime": "2025-03-01T09:30:00+08:00",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {
                    "value": value,
                    "unit": "mmHg",
                    "system": "http://unitsofmeasure.org",
                    "code": "mm[Hg]",
                },
            }
            for code, value in (("8480-6", 141), ("8462-4", 85))
        ],
    }
    entries = [{"fullUrl": f"urn:uuid:{part['id'][0]}1", "resource": part} for part in (patient, reading)]
    path = folder / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), encoding="utf-8")
    return path


def test_a_bundle_becomes_a_resident_and_a_reading(city: City, tmp_path: Path) -> None:
    result = send(city, _bundle(tmp_path))
    assert result.forms == {"health_record.resident": 1, "health_record.vital_signs": 1}
    assert facts(city, "health_record.vital_signs", "occurred_on", "occurred_at", "sbp", "dbp") == [
        (date(2025, 3, 1), datetime(2025, 3, 1, 9, 30), 141, 85)
    ]
    with city.workspace() as workspace:
        known = city.facts_sql(workspace, REGISTRATION_TABLE, city.latest_seq())
        people = workspace.rows(f"select name, sex, birth_date, registration_id from ({known})")
    assert [person[:3] for person in people] == [("张三", "1", date(1950, 2, 3))]
    assert {person[3] for person in people} == {
        number for (number,) in facts(city, "health_record.vital_signs", "registration_id")
    }
    again = send(city, _bundle(tmp_path))
    assert (again.accepted, again.duplicates) == (0, 2)


@pytest.mark.skipif(not (SHARED / "synthea-hiv-bundles").is_dir(), reason="needs the shared Synthea bundles")
def test_real_bundles_go_through_and_again_add_nothing(city: City) -> None:
    paths = sorted((SHARED / "synthea-hiv-bundles").rglob("*.json"))[:3]
    result = send(city, *paths)
    assert result.accepted > 0
    assert result.forms["health_record.resident"] >= 1
    again = send(city, *paths)
    assert (again.accepted, again.withdrawn, again.superseded) == (0, 0, 0)
    assert again.duplicates == result.accepted + result.duplicates
