"""A MeasureReport becomes counts of streams, or says why it does not."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cities import HOSPITAL, TOWN_A, make_city
from tests.journey.small_city import call, facts_of
from wangdi.collect.fhir import FhirRow, read_fhir
from wangdi.core.problem import Problem
from wangdi.language.library import load_library

Resource = dict[str, Any]
STREAM, DISEASE, DIVISION = "urn:wangdi:surveillance-stream", "urn:wangdi:notifiable-disease", "urn:wangdi:division"
SCHOOL = {
    "resourceType": "Location",
    "id": "school",
    "identifier": [{"system": DIVISION, "value": TOWN_A}, {"system": "urn:x", "value": "X01"}],
    "name": "甲镇中心小学",
}


def group(stream: str | None = "school_absence", disease: str = "", score: Any = None, **counts: Any) -> Resource:
    codings = [{"system": STREAM, "code": stream}] if stream else [{"system": "urn:other", "code": "x"}]
    codings += [{"system": DISEASE, "code": disease}] if disease else []
    populations = [
        {"code": {"coding": [{"code": name.replace("_", "-")}]}, "count": count} for name, count in counts.items()
    ]
    made: Resource = {"code": {"coding": codings}, "population": populations}
    return made if score is None else {**made, "measureScore": score}


def report(*groups: Resource, **more: Any) -> Resource:
    made = {
        "resourceType": "MeasureReport",
        "id": "m1",
        "status": "complete",
        "type": "summary",
        "measure": "https://example.org/Measure/streams",
        "subject": {"reference": "Location/school"},
        "date": "2025-03-15T07:30:00+08:00",
        "period": {"start": "2025-03-14", "end": "2025-03-14"},
        "group": list(groups) or [group(numerator=12, denominator=300)],
    }
    made.update(more)
    return {name: part for name, part in made.items() if part is not None}


def write(folder: Path, *resources: Resource) -> Path:
    path = folder / "streams.ndjson"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in resources), encoding="utf-8")
    return path


def read(folder: Path, *resources: Resource) -> tuple[list[FhirRow], list[Problem]]:
    """The rows of resources, and what is said of them but that a Location is only looked up."""
    rows, problems = read_fhir([write(folder, *resources)]).lists()
    return rows, [one for one in problems if one.code != "FHIR-011"]


def test_a_group_is_a_row_of_its_day_and_place(tmp_path: Path) -> None:
    (row,), problems = read(tmp_path, SCHOOL, report())
    assert problems == []
    assert row.form == "disease_streams.count"
    assert row.values == {
        "counted_on": date(2025, 3, 14), "stream": "school_absence", "source": "X01", "source_name": "甲镇中心小学",
        "place": TOWN_A, "count": 12, "of": 300,
    }  # fmt: skip
    assert (row.occurred_on, row.entered_at) == (date(2025, 3, 14), datetime(2025, 3, 15, 7, 30))
    assert (row.subject.local_id, row.line, row.resource_id) == ("X01", 2, "m1")


def test_groups_may_be_several_streams_with_a_disease_or_a_measured_value(tmp_path: Path) -> None:
    groups = [
        group("lab_positive", "3500", numerator=4, denominator=40),
        group("drug_fever", initial_population=17),
        group("sewage", score={"value": 1200.5}),
        group(numerator=0, denominator=0, initial_population=9),
    ]
    rows, problems = read(tmp_path, SCHOOL, report(*groups))
    assert problems == []
    kept = [{name: one.values.get(name) for name in ("stream", "disease", "count", "of", "value")} for one in rows]
    assert [tuple(one.values()) for one in kept] == [
        ("lab_positive", "3500", 4, 40, None),
        ("drug_fever", None, 17, None, None),
        ("sewage", None, None, None, 1200.5),
        ("school_absence", None, 0, 0, None),
    ]


@pytest.mark.parametrize(
    ("more", "source", "name", "place"),
    [
        ({"subject": {"reference": "#s"}, "contained": [{**SCHOOL, "id": "s"}]}, "X01", "甲镇中心小学", TOWN_A),
        ({"subject": {"reference": "Location/other", "display": "别处"}}, "other", "别处", None),
        ({"subject": {"identifier": {"system": "urn:x", "value": "X02"}, "display": "二小"}}, "X02", "二小", None),
        ({"subject": None, "reporter": {"reference": "Organization/o1"}}, "W1", "药店", None),
        ({"subject": None, "reporter": {"reference": "Organization/o9"}}, "o9", None, None),
    ],
)
def test_who_counted_is_the_subject_or_the_reporter(
    tmp_path: Path, more: Resource, source: str, name: str | None, place: str | None
) -> None:
    shop = {"resourceType": "Organization", "id": "o1", "name": "药店",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.5", "value": "W1"}]}  # fmt: skip
    rows, _ = read(tmp_path, SCHOOL, shop, report(**more))
    assert [tuple(rows[0].values.get(one) for one in ("source", "source_name", "place"))] == [(source, name, place)]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (report(status="pending"), ("FHIR-022", "info")),
        (report(status="error"), ("FHIR-021", "info")),
        (report(type="individual"), ("FHIR-080", "info")),
        (report(type=None), ("FHIR-080", "info")),
        (report(period=None), ("FHIR-040", "error")),
        (report(period={"start": "2025-03-10", "end": "2025-03-16"}), ("FHIR-044", "error")),
        (report(period={"start": "2025-03", "end": "2025-03"}), ("FHIR-044", "error")),
        (report(period={"end": "yesterday"}), ("FHIR-044", "error")),
        (report(subject=None), ("FHIR-083", "error")),
        (report(subject={"reference": "Patient/p1"}), ("FHIR-083", "error")),
        (report(subject={"reference": "#none"}), ("FHIR-083", "error")),
        (report(group=[]), ("FHIR-070", "error")),
        (report(group=None), ("FHIR-070", "error")),
        (report(group="x"), ("FHIR-070", "error")),
        (report(group(None, numerator=1)), ("FHIR-081", "error")),
        (report(group(denominator=9)), ("FHIR-082", "error")),
        (report(group(numerator="3")), ("FHIR-082", "error")),
        (report(group(numerator=True)), ("FHIR-082", "error")),
        (report(group("sewage", score={"value": 5, "comparator": "<"})), ("FHIR-082", "error")),
    ],
)
def test_what_is_not_taken_says_why(tmp_path: Path, resource: Resource, expected: tuple[str, str]) -> None:
    rows, (problem,) = read(tmp_path, SCHOOL, resource)
    assert rows == []
    assert ((problem.code, str(problem.severity)), problem.line) == (expected, 2)
    assert problem.text("zh") != problem.text("en")


def test_a_group_that_says_nothing_does_not_stop_the_others(tmp_path: Path) -> None:
    rows, (problem,) = read(tmp_path, SCHOOL, report(group(numerator=1, denominator=9), group("clinic_ili")))
    assert len(rows) == 1
    assert (problem.code, str(problem.severity), problem.field) == ("FHIR-082", "warning", "MeasureReport.group[1]")


def test_counts_are_collected_refused_by_field_and_traced(tmp_path: Path) -> None:
    made = make_city(tmp_path / "city", load_library())
    folder = made.city.folder
    made.city.close()
    file = write(tmp_path, SCHOOL, report(), report(group("no_stream", numerator=1), id="m2"))
    sent = ("collect", file, "--org", HOSPITAL, "--received-at", "2025-03-15T09:00:00", "--json", "--quiet")
    result = call(*sent, city=folder)
    assert result.exit_code == 11, result.output
    said = json.loads(result.stdout)
    assert (said["received"], said["accepted"], said["forms"]) == (2, 1, {"disease_streams.count": 1})
    (problem,) = [one for one in said["problems"] if one["severity"] == "error"]
    assert (problem["line"], problem["field"]) == (3, "stream")
    (traced,) = facts_of(folder, "disease_streams.count")
    assert (traced["source"]["file"], traced["source"]["line"]) == ("streams.ndjson", 2)
    assert json.loads(traced["source"]["raw"])["id"] == "m1"
    again = json.loads(call(*sent, city=folder).stdout)
    assert (again["accepted"], again["duplicates"]) == (0, 1)
