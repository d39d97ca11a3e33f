"""FHIR files: what becomes a row, what is refused and why, and the way back to the resource's own text."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import find_field
from wangdi.catalog.units import ucum_unit
from wangdi.collect.fhir import FhirReading, FhirRow, FhirSettings, is_fhir, load_fhir_rules, raw_resource, read_fhir
from wangdi.core.problem import Problem, Refusal, Severity

ID_NO = "990101195003010014"
RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"

Resource = dict[str, Any]


def patient(identity: str = "p1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": identity, "gender": "male", "birthDate": "1950-03-01", **more}


def observation(code: str = "29463-7", value: Any = 70, unit: str | None = "kg", **more: Any) -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2025-03-01T08:30:00+08:00",
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": unit},
    }
    made.update(more)
    return {name: part for name, part in made.items() if part is not None}


def component(code: str, value: float | None, unit: str = "mm[Hg]") -> Resource:
    part: Resource = {"code": {"coding": [{"system": LOINC, "code": code}]}}
    if value is not None:
        part["valueQuantity"] = {"value": value, "code": unit}
    return part


def condition(*codes: tuple[str, str], status: str = "confirmed", **more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "verificationStatus": {"coding": [{"code": status}]},
        "code": {"coding": [{"system": system, "code": code} for system, code in codes]},
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2020-05-06",
        **more,
    }


def lines(folder: Path, *resources: Resource, name: str = "all.ndjson") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in resources), encoding="utf-8")
    return path


def bundle(*resources: Resource, kind: str = "transaction") -> Resource:
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def read(*paths: Path, settings: FhirSettings | None = None) -> tuple[list[FhirRow], list[Problem]]:
    reading = read_fhir(paths, settings)
    found = reading.lists()
    assert_counted(reading)
    return found


def assert_counted(reading: FhirReading) -> None:
    tally = reading.tally
    assert tally.received == tally.taken + tally.refused + tally.not_taken


def second(folder: Path, resource: Resource, **of_patient: Any) -> tuple[list[FhirRow], list[Problem]]:
    """What a resource becomes beside its patient, whose own row is left out."""
    rows, problems = read(lines(folder, patient(**of_patient), resource))
    assert rows[0].form == "health_record.resident"
    return rows[1:], problems


def codes_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, str(problem.severity)) for problem in problems]


def test_patient_with_resident_identity_number(tmp_path: Path) -> None:
    who = patient(
        identifier=[{"system": "urn:x", "value": "7"}, {"system": RESIDENT_ID, "value": ID_NO}],
        name=[{"use": "maiden", "text": "旧"}, {"family": "示", "given": ["范甲"]}],
        telecom=[
            {"system": "email", "value": "a@b"},
            {"system": "phone", "value": "010"},
            {"system": "phone", "use": "mobile", "value": "138"},
        ],
        address=[{"city": "示范市", "district": "东县", "line": ["一村 1 号"]}],
        meta={"lastUpdated": "2025-03-01T23:30:00Z"},
    )
    (row,), problems = read(lines(tmp_path, who))
    assert problems == []
    assert (row.form, row.occurred_on, row.line, row.pointer) == ("health_record.resident", None, 1, "")
    assert row.values == {
        "name": "示范甲",
        "id_type": "01",
        "id_no": ID_NO,
        "sex": "1",
        "birth_date": date(1950, 3, 1),
        "phone": "138",
        "address": "示范市东县一村 1 号",
    }
    assert row.subject.local_id == "p1"
    assert row.entered_at == datetime(2025, 3, 2, 7, 30)


def nationality_of(kind: str, code: str) -> Resource:
    coding = {"coding": [{"system": "urn:iso:std:iso:3166", "code": code}]}
    url = f"http://hl7.org/fhir/StructureDefinition/patient-{kind}"
    return {"url": url, "extension": [{"url": "code", "valueCodeableConcept": coding}]}


@pytest.mark.parametrize(
    ("extension", "passport", "nationality"),
    [
        ([nationality_of("nationality", "KOR")], None, "KR"),
        ([{"url": "urn:other"}, nationality_of("citizenship", "410")], None, "KR"),
        ([nationality_of("nationality", "KOR")], "USA", "US"),
        ([], "GBR", "GB"),
        ([], "XXX", None),
        ([nationality_of("nationality", "??")], None, None),
        ([], None, None),
    ],
)
def test_nationality(tmp_path: Path, extension: list[Resource], passport: str | None, nationality: str | None) -> None:
    """A passport is keyed with the country that issued it; without one the standard extensions say whose citizen it is."""
    system = f"http://hl7.org/fhir/sid/passport-{passport}"
    identifier = [{"system": system, "value": "e12345678"}] if passport else []
    (row,), problems = read(lines(tmp_path, patient(identifier=identifier, extension=extension)))
    assert row.subject.nationality == nationality
    assert row.subject.id_type == ("03" if passport else None)
    assert "nationality" not in row.values, "it is the registration's, not the record's"
    assert all(problem.severity is not Severity.error for problem in problems)


@pytest.mark.parametrize(("gender", "sex"), [("male", "1"), ("female", "2"), ("other", "9"), ("unknown", "0")])
def test_gender(tmp_path: Path, gender: str, sex: str) -> None:
    (row,), _ = read(lines(tmp_path, patient(gender=gender)))
    assert row.subject.sex == sex


def test_doubts_about_a_patient_are_warnings(tmp_path: Path) -> None:
    (row,), problems = read(lines(tmp_path, patient(gender="M", birthDate="1950-03", deceasedBoolean=True)))
    assert (row.subject.sex, row.subject.birth_date) == (None, None)
    assert codes_of(problems) == [("FHIR-062", "warning"), ("FHIR-060", "warning"), ("FHIR-061", "warning")]


def test_death_ends_what_is_due(tmp_path: Path) -> None:
    (_, departure), problems = read(lines(tmp_path, patient(deceasedDateTime="2024-12-31T22:00:00+08:00")))
    assert problems == []
    assert departure.form == "health_record.departure"
    assert departure.values == {"departed_on": date(2024, 12, 31), "reason": "died"}


def test_local_number_of_the_institution_goes_before_the_resource_id(tmp_path: Path) -> None:
    who = patient(identifier=[{"system": "urn:house", "value": "A-17"}])
    (row,), _ = read(lines(tmp_path, who), settings=FhirSettings(local_systems=("urn:house",)))
    assert row.subject.local_id == "A-17"


def test_blood_pressure_is_one_row(tmp_path: Path) -> None:
    pressure = observation("85354-9", valueQuantity=None, component=[component("8480-6", 138), component("8462-4", 88)])
    (row,), problems = second(tmp_path, pressure)
    assert problems == []
    assert row.form == "health_record.vital_signs"
    assert row.values == {"measured_on": date(2025, 3, 1), "sbp": 138.0, "dbp": 88.0, "identifier": "o1"}
    assert row.occurred_at == datetime(2025, 3, 1, 8, 30)
    assert (row.resource_type, row.resource_id, row.line) == ("Observation", "o1", 2)


def test_a_component_that_is_not_taken_is_said(tmp_path: Path) -> None:
    parts = [component("8480-6", 138), component("8462-4", None), component("8478-0", 100)]
    (row,), problems = second(tmp_path, observation("55284-4", valueQuantity=None, component=parts))
    assert row.values["sbp"] == 138
    assert codes_of(problems) == [("FHIR-050", "warning"), ("FHIR-013", "info")]


@pytest.mark.parametrize(
    ("code", "value", "unit", "field", "expected"),
    [
        ("8480-6", 18, "kPa", "sbp", 135.01),
        ("8480-6", 140, "mmHg", "sbp", 140),
        ("8867-4", 72, "/min", "heart_rate", 72),
        ("8867-4", 72, "{beats}/min", "heart_rate", 72),
        ("8867-4", 72, "beats/minute", "heart_rate", 72),
        ("29463-7", 154, "[lb_av]", "weight", 69.85),
        ("8302-2", 1.7, "m", "height", 170),
        ("39156-5", 24.5, "kg/m2", "bmi", 24.5),
        ("1558-6", 126, "mg/dL", "fpg", 7.0),
        ("15074-8", 7.2, "mmol/L", "glucose", 7.2),
        ("4548-4", 6.5, "%", "hba1c", 6.5),
        ("59261-8", 48, "mmol/mol", "hba1c", 6.54),
        ("2093-3", 200, "mg/dL", "tc", 5.17),
        ("2571-8", 150, "mg/dL", "tg", 1.69),
    ],
)
def test_readings_come_in_the_unit_of_the_form(
    tmp_path: Path, code: str, value: float, unit: str, field: str, expected: float
) -> None:
    (row,), problems = second(tmp_path, observation(code, value, unit))
    assert problems == []
    assert row.values[field] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (observation(status="entered-in-error"), ("FHIR-020", "error")),
        (observation(status="preliminary"), ("FHIR-022", "info")),
        (observation(status=None), ("FHIR-070", "error")),
        (observation("718-7"), ("FHIR-012", "info")),
        (observation(value=None), ("FHIR-050", "error")),
        (observation(valueQuantity=None, valueString="70"), ("FHIR-050", "error")),
        (observation(unit=None), ("FHIR-053", "error")),
        (observation(unit="stone"), ("FHIR-051", "error")),
        (observation(valueQuantity={"value": 70, "code": "kg", "comparator": "<"}), ("FHIR-052", "error")),
        (observation(effectiveDateTime=None), ("FHIR-040", "error")),
        (observation(effectiveDateTime="2019"), ("FHIR-041", "error")),
        (observation(effectiveDateTime="2019-05"), ("FHIR-041", "error")),
        (observation(effectiveDateTime="2019-02-30"), ("FHIR-042", "error")),
        (observation(effectiveDateTime="yesterday"), ("FHIR-042", "error")),
        (observation(subject=None), ("FHIR-030", "error")),
        (observation(subject={"reference": "Patient/p9"}), ("FHIR-031", "error")),
        (observation(subject={"reference": "urn:uuid:none"}), ("FHIR-031", "error")),
        (observation(subject={"reference": "#none"}), ("FHIR-031", "error")),
        (observation(subject={"reference": "Group/g1"}), ("FHIR-032", "error")),
        (observation(subject={"reference": "http://other/fhir/Patient/p1"}), ("FHIR-034", "error")),
        (observation(subject={"display": "甲"}), ("FHIR-030", "error")),
        (observation(subject={"identifier": {"system": "urn:x", "value": "9"}}), ("FHIR-031", "error")),
        (observation(subject={"reference": "Patient?identifier=urn:x|9"}), ("FHIR-031", "error")),
        (
            observation(component=[component("29463-7", 71, "kg")]),
            ("FHIR-054", "warning"),
        ),
        (condition((SNOMED, "59621000"), status="provisional"), ("FHIR-022", "info")),
        (condition((SNOMED, "59621000"), status="entered-in-error"), ("FHIR-020", "error")),
        ({**condition(), "code": {}}, ("FHIR-070", "error")),
        ({"resourceType": "Claim", "id": "x"}, ("FHIR-010", "info")),
        ({"resourceType": "Organization", "id": "x"}, ("FHIR-011", "info")),
        ({"id": "x"}, ("FHIR-005", "error")),
        ({"exportId": "e", "eventId": "kickoff"}, ("FHIR-008", "info")),
        ({"resourceType": "Patient"}, ("FHIR-035", "error")),
    ],
)
def test_every_resource_that_is_not_taken_says_why(
    tmp_path: Path, resource: Resource, expected: tuple[str, str]
) -> None:
    rows, problems = second(tmp_path, resource)
    assert codes_of(problems) == [expected]
    assert problems[0].line == 2
    assert bool(rows) is (expected[1] == "warning")
    assert problems[0].message("zh")
    assert problems[0].message("en")
    problems[0].hint("zh")


def test_codes_that_mean_different_things_are_refused(tmp_path: Path) -> None:
    code = {"coding": [{"system": LOINC, "code": "29463-7"}, {"system": LOINC, "code": "8302-2"}]}
    rows, problems = second(tmp_path, {**observation(), "code": code})
    assert (rows, codes_of(problems)) == ([], [("FHIR-055", "error")])


@pytest.mark.parametrize(
    ("reference", "settings"),
    [
        ({"reference": "Patient/p1"}, FhirSettings()),
        ({"reference": "Patient/p1/_history/3"}, FhirSettings()),
        ({"reference": "urn:uuid:p1"}, FhirSettings()),
        ({"reference": "Patient?identifier=urn:x|7"}, FhirSettings()),
        ({"identifier": {"system": "urn:x", "value": "7"}}, FhirSettings()),
        ({"reference": "https://ehr/fhir/Patient/p1"}, FhirSettings(server_bases=("https://ehr/fhir/",))),
    ],
)
def test_references_lead_to_the_patient(tmp_path: Path, reference: Resource, settings: FhirSettings) -> None:
    who = patient(identifier=[{"system": "urn:x", "value": "7"}])
    path = tmp_path / "b.json"
    path.write_text(json.dumps(bundle(observation(subject=reference), who), indent=1), encoding="utf-8")
    rows, problems = read(path, settings=settings)
    assert problems == []
    assert {row.subject.local_id for row in rows} == {"p1"}


def test_a_patient_known_by_number_alone(tmp_path: Path) -> None:
    for subject in (
        {"reference": f"Patient?identifier={RESIDENT_ID}|{ID_NO}"},
        {"identifier": {"system": RESIDENT_ID, "value": ID_NO}},
    ):
        (row,), problems = read(lines(tmp_path, observation(subject=subject)))
        assert (problems, row.subject.id_no, row.subject.id_type) == ([], ID_NO, "01")


def test_a_contained_patient_is_known_by_identifiers_only(tmp_path: Path) -> None:
    inside = {"resourceType": "Patient", "id": "in", "identifier": [{"system": RESIDENT_ID, "value": ID_NO}]}
    (row,), _ = read(lines(tmp_path, observation(subject={"reference": "#in"}, contained=[inside])))
    assert (row.subject.local_id, row.subject.id_no) == (None, ID_NO)


def test_patients_that_contradict_each_other_are_refused_with_all_that_is_theirs(tmp_path: Path) -> None:
    rows, problems = read(lines(tmp_path, patient(), patient(birthDate="1960-01-01"), observation(), patient("p2")))
    assert [row.subject.local_id for row in rows] == ["p2"]
    assert codes_of(problems) == [("FHIR-033", "error")] * 3


def test_messages_carry_no_identity_number(tmp_path: Path) -> None:
    found = [
        observation(subject={"reference": f"Patient?identifier=urn:y|{ID_NO}"}),
        observation(subject={"reference": f"Patient/{ID_NO}"}),
        observation(subject={"identifier": {"system": "urn:y", "value": ID_NO}}),
    ]
    _, problems = read(lines(tmp_path, *found))
    assert len(problems) == 3
    assert not any(ID_NO in problem.text(lang) for problem in problems for lang in ("zh", "en"))


@pytest.mark.parametrize(
    ("codes", "disease", "code"),
    [
        ([(SNOMED, "59621000")], "essential_hypertension", "59621000"),
        ([("http://hl7.org/fhir/sid/icd-10", "I10")], "essential_hypertension", "I10"),
        ([("http://hl7.org/fhir/sid/icd-10", "I10.x00")], "essential_hypertension", "I10.x00"),
        ([("http://hl7.org/fhir/sid/icd-10-cm", "E11.9")], "type_2_diabetes", "E11.9"),
        ([("urn:local", "X"), (SNOMED, "44054006")], "type_2_diabetes", "44054006"),
        ([("http://hl7.org/fhir/sid/icd-10", "E10.9")], "other", "E10.9"),
        ([("urn:local", "I10")], "other", "I10"),
    ],
)
def test_diagnoses(tmp_path: Path, codes: list[tuple[str, str]], disease: str, code: str) -> None:
    (row,), problems = second(tmp_path, condition(*codes))
    assert problems == []
    assert row.form == "health_record.diagnosis"
    assert (row.values["disease"], row.values["code"], row.values["revoked"]) == (disease, code, False)
    assert row.values["diagnosed_on"] == row.occurred_on == date(2020, 5, 6)


def test_refuted_diagnosis_is_revoked_and_asserted_day_goes_first(tmp_path: Path) -> None:
    asserted = {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
        "valueDateTime": "2021-01-02",
    }
    (row,), _ = second(tmp_path, condition((SNOMED, "59621000"), status="refuted", extension=[{"url": "x"}, asserted]))
    assert (row.values["revoked"], row.occurred_on) == (True, date(2021, 1, 2))


def test_partial_onset_gives_way_to_a_full_recorded_day(tmp_path: Path) -> None:
    one = condition((SNOMED, "59621000"), onsetDateTime="2012", recordedDate="2020-05-07")
    (row,), problems = second(tmp_path, one)
    assert (row.occurred_on, problems) == (date(2020, 5, 7), [])
    assert row.entered_at == datetime(2020, 5, 7)


def test_immunization(tmp_path: Path) -> None:
    shot = {
        "resourceType": "Immunization",
        "id": "i1",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "08"}], "text": "乙肝疫苗"},
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2025-03-01",
        "protocolApplied": [{"doseNumberPositiveInt": 2}],
        "lotNumber": "L9",
        "performer": [{"actor": {"reference": "Practitioner/d1"}}],
    }
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"text": "丁医生"}]}
    rows, problems = read(lines(tmp_path, patient(), shot, doctor, {**shot, "id": "i2", "status": "not-done"}))
    assert rows[1].values == {
        "given_on": date(2025, 3, 1),
        "vaccine_system": "http://hl7.org/fhir/sid/cvx",
        "vaccine_code": "08",
        "vaccine_text": "乙肝疫苗",
        "dose_no": 2,
        "batch_no": "L9",
        "identifier": "i1",
    }
    assert rows[1].recorder == "丁医生"
    assert codes_of(problems) == [("FHIR-011", "info"), ("FHIR-021", "info")]


def test_encounter_of_a_known_organisation(tmp_path: Path) -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"coding": [{"code": "T", "display": "门诊"}]}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2025-03-01T08:00:00+08:00", "end": "2025-03"},
        "serviceProvider": {"reference": "Organization/h1"},
    }
    house = {
        "resourceType": "Organization",
        "id": "h1",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.5", "value": "H0001"}],
    }
    (row, _), problems = read(lines(tmp_path, visit, name="b.ndjson"), lines(tmp_path, patient(), house))
    assert codes_of(problems) == [("FHIR-043", "warning"), ("FHIR-011", "info")]
    assert row.org == "H0001"
    assert row.values == {
        "started_on": date(2025, 3, 1),
        "class_code": "AMB",
        "type_code": "T",
        "type_text": "门诊",
        "identifier": "e1",
    }


def test_utc_is_moved_to_local_time_and_other_offsets_stand(tmp_path: Path) -> None:
    (row,), _ = second(tmp_path, observation(effectiveDateTime="2025-03-01T23:30:00Z"))
    assert row.occurred_at == datetime(2025, 3, 2, 7, 30)
    (row,), _ = second(tmp_path, observation(effectiveDateTime="2025-03-01T23:30:00.5-05:00"))
    assert row.occurred_on == date(2025, 3, 1)


def test_bulk_files_refer_to_one_another_in_any_order(tmp_path: Path) -> None:
    observations = lines(tmp_path, observation(), name="Observation.ndjson")
    packed = tmp_path / "Patient.ndjson.gz"
    packed.write_bytes(gzip.compress((json.dumps(patient()) + "\n").encode()))
    reading = read_fhir([observations, packed])
    assert [row.file for row in reading.lists()[0]] == ["Observation.ndjson", "Patient.ndjson.gz"]
    assert (reading.tally.received, reading.tally.taken) == (2, 2)
    assert len(list(reading)) == 2, "a second iteration reads again"


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_each_row_leads_back_to_its_own_text(tmp_path: Path, indent: int | None, packed: bool) -> None:
    inner = {**bundle(observation()), "id": "inner"}
    text = json.dumps(bundle(patient(), observation(), inner), indent=indent, ensure_ascii=False)
    data = text.encode() if not packed else gzip.compress(text.encode())
    path = tmp_path / "b.json"
    path.write_bytes(data)
    rows, problems = read(path)
    assert problems == []
    assert [row.pointer for row in rows] == [
        "entry[0].resource",
        "entry[1].resource",
        "entry[2].resource.entry[0].resource",
    ]
    for row in rows:
        for original in (path, data):
            raw = raw_resource(original, row.line, row.pointer)
            assert json.loads(raw)["id"] == row.resource_id
            assert raw in text
        if indent:
            assert text.splitlines()[row.line - 1].strip().startswith('"resource": {')


def test_raw_text_of_lines_and_single_resources(tmp_path: Path) -> None:
    path = lines(tmp_path, patient(), observation())
    assert json.loads(raw_resource(path, 2, ""))["id"] == "o1"
    assert json.loads(raw_resource(path.read_bytes(), 1, ""))["id"] == "p1"
    single = tmp_path / "p.json"
    single.write_text("\n" + json.dumps(patient(), indent=1) + "\n", encoding="utf-8")
    (row,), _ = read(single)
    assert row.line == 2
    assert json.loads(raw_resource(single, row.line, row.pointer)) == patient()
    for line, pointer in ((9, ""), (1, "entry[3].resource")):
        with pytest.raises(LookupError):
            raw_resource(path, line, pointer)


def test_broken_line_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path, patient())
    with path.open("a", encoding="utf-8") as file:
        file.write('{"resourceType": "Observation", \n\n[1]\n' + json.dumps(observation()))
    reading = read_fhir([path])
    rows, problems = reading.lists()
    assert len(rows) == 2
    assert [(problem.code, problem.line) for problem in problems] == [("FHIR-001", 2), ("FHIR-005", 4)]
    assert (reading.tally.received, reading.tally.refused) == (4, 2)


def test_bundle_cut_short_gives_what_came_before(tmp_path: Path) -> None:
    text = json.dumps(bundle(patient(), observation()), indent=1)
    path = tmp_path / "b.json"
    path.write_text(text[: text.index("effectiveDateTime")], encoding="utf-8")
    rows, problems = read(path)
    assert [row.form for row in rows] == ["health_record.resident"]
    assert codes_of(problems) == [("FHIR-001", "error")]


def test_damaged_compression_and_wrong_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress((json.dumps(patient()) + "\n").encode() * 3)[:-12])
    assert "FHIR-003" in {problem.code for problem in read(path)[1]}
    other = tmp_path / "a.ndjson"
    other.write_bytes(json.dumps(patient(name=[{"text": "甲"}]), ensure_ascii=False).encode("gb18030"))
    assert codes_of(read(other)[1]) == [("FHIR-002", "error")]


def test_entries_without_resource_and_history_bundles_are_said(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    deletion = {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE"}}, 3]}
    path.write_text(json.dumps(deletion), encoding="utf-8")
    assert codes_of(read(path)[1]) == [("FHIR-006", "error")] * 2
    path.write_text(json.dumps(bundle(patient(), kind="history")), encoding="utf-8")
    assert codes_of(read(path)[1]) == [("FHIR-007", "error")]


@pytest.mark.parametrize("odd", [None, 3, "x", [], [None], {}, [[{}]], {"coding": 3}, {"reference": 3}])
def test_misshapen_elements_never_crash(tmp_path: Path, odd: Any) -> None:
    shapes = [patient(), observation(), condition((SNOMED, "1"))]
    made = [{**shape, name: odd} for shape in shapes for name in shape if name != "resourceType"]
    made += [observation(component=odd), observation(contained=odd, subject={"reference": "#a"}), patient(name=odd)]
    made += [patient(identifier=odd), patient(telecom=odd), patient(address=odd), observation(performer=odd)]
    reading = read_fhir([lines(tmp_path, *made)])
    reading.lists()
    assert reading.tally.received == len(made)


def test_missing_file_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        read_fhir([tmp_path / "none.ndjson"]).lists()


def test_names_of_fhir_files() -> None:
    assert all(is_fhir(Path(name)) for name in ("a.json", "A.NDJSON", "a.ndjson.gz", "a.json.gz", "a.jsonl"))
    assert not is_fhir(Path("a.csv"))


def test_the_table_agrees_with_the_field_dictionary() -> None:
    rules = load_fhir_rules()
    assert {rule.form for rule in rules.observations.values()} == set(rules.observation_forms)
    for rule in rules.observations.values():
        entry = find_field(rule.form, rule.field)
        assert entry is not None
        assert ucum_unit(entry.unit) == rule.unit, rule
    diseases = {rule.disease for rule in rules.diseases} | {rules.other_disease}
    assert diseases <= set(load_codelists()["programme_disease"].codes)
    assert set(rules.person.sex.values()) <= {"0", "1", "2", "9"}


def test_real_bundles_are_read_whole(shared_folder: Path) -> None:
    folder = shared_folder / "fhir" / "synthea-hiv-bundles"
    reading = read_fhir(sorted(folder.glob("*.gz")) + sorted(folder.glob("*.json")))
    rows, problems = reading.lists()
    assert (reading.tally.received, reading.tally.refused) == (8680, 0)
    assert not [problem for problem in problems if problem.severity is not Severity.info]
    counts = {form: sum(1 for row in rows if row.form == form) for form in {row.form for row in rows}}
    assert counts == {
        "health_record.resident": 7,
        "health_record.encounter": 387,
        "health_record.diagnosis": 7,
        "health_record.immunization": 394,
        "health_record.vital_signs": 36,
    }
    for row in rows[::40]:
        assert json.loads(raw_resource(row.path, row.line, row.pointer))["id"] == row.resource_id


def test_real_bulk_files_are_read_whole(shared_folder: Path) -> None:
    folder = shared_folder / "fhir" / "synthea-bulk10"
    reading = read_fhir(sorted(folder.glob("*.ndjson")))
    rows, _ = reading.lists()
    assert (reading.tally.received, reading.tally.refused) == (7164, 0)
    assert sum(1 for row in rows if row.form == "health_record.encounter") == 1215
    diseases = [row.values["disease"] for row in rows if row.form == "health_record.diagnosis"]
    assert (len(diseases), diseases.count("essential_hypertension"), diseases.count("type_2_diabetes")) == (555, 2, 3)


def test_official_examples_never_crash(shared_folder: Path) -> None:
    reading = read_fhir(sorted((shared_folder / "fhir" / "r4-examples").glob("*.json")))
    rows, problems = reading.lists()
    assert reading.tally.received > 400
    assert rows
    assert all(problem.message("en") for problem in problems)
