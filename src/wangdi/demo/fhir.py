"""Hospital visits as FHIR R4 resources, one a line: a bulk export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import date_of, date_texts
from wangdi.demo.hospital import BIRTH, HospitalVisits, Patients
from wangdi.demo.illness import PROGRAMMES, Programme
from wangdi.demo.settings import load_model
from wangdi.demo.texts import Writing, address_texts, person_texts

ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
_DISEASES: dict[Programme, tuple[str, str]] = {
    "hypertension": ("I10.x00", "原发性高血压"),
    "diabetes": ("E11.900", "2型糖尿病不伴有并发症"),
}


def write_bundle_lines(
    folder: Path, writing: Writing, visits: HospitalVisits, index: NDArray[np.intp], patients: Patients
) -> dict[str, int]:
    """Bulk export of some visits and of who is on file, one NDJSON file per resource type."""
    files: dict[str, list[str]] = {}
    known = np.union1d(patients.of_visit[index], patients.on_file)
    if len(known):
        files["Patient"] = [_line(patient) for patient in _patients(writing, known)]
    for kind, line in _resources(visits, index, writing.world.registrations.serial[patients.of_visit[index]]):
        files.setdefault(kind, []).append(line)
    for kind, lines in files.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return {kind: len(lines) for kind, lines in files.items()}


def _resources(visits: HospitalVisits, index: NDArray[np.intp], serial: NDArray[np.int32]) -> Iterator[tuple[str, str]]:
    for at, number in zip(index.tolist(), serial.tolist(), strict=True):
        patient, encounter = {"reference": f"Patient/p{number}"}, {"reference": f"Encounter/e{at}"}
        day = date_of(visits.day[at]).isoformat()
        yield "Encounter", _line(_encounter(visits, at, day, patient))
        yield "Condition", _line(_condition(int(visits.reason[at]), at, day, (patient, encounter)))
        yield from _observations(visits, at, day, patient, encounter)
        if visits.vaccinated[at]:
            yield (
                "Immunization",
                _line(
                    {
                        "resourceType": "Immunization",
                        "id": f"i{at}",
                        "status": "completed",
                        "patient": patient,
                        "encounter": encounter,
                        "occurrenceDateTime": day,
                        "lotNumber": f"D{at % 9000 + 1000}",
                        "identifier": [{"system": "urn:wangdi:demo:immunization", "value": f"i{at}"}],
                        "vaccineCode": {
                            "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "150", "display": "流感疫苗"}]
                        },
                    }
                ),
            )


def _patients(writing: Writing, registration: NDArray[Any]) -> Iterator[dict[str, Any]]:
    registrations, people = writing.world.registrations, writing.world.population
    person = registrations.person[registration]
    village = people.village_on_of(person, registrations.opened[registration])
    columns = (
        registrations.serial[registration].tolist(),
        people.male[person].tolist(),
        date_texts(writing.spellings.birth[registration], "iso").tolist(),
        address_texts(writing, registration, village).tolist(),
        *(np.asarray(person_texts(writing, source, registration)).tolist() for source in ("name", "id_no", "phone")),
    )
    for serial, male, birth, address, name, id_no, phone in zip(*columns, strict=True):
        resource: dict[str, Any] = {
            "resourceType": "Patient",
            "id": f"p{serial}",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": id_no}] if id_no else [],
            "name": [{"text": name}],
            "gender": "male" if male else "female",
            "birthDate": birth,
            "address": [{"text": address}],
        }
        if phone:
            resource["telecom"] = [{"system": "phone", "value": phone}]
        yield resource


def _encounter(visits: HospitalVisits, at: int, day: str, patient: Any) -> dict[str, Any]:
    """A patient's known disease is why they came; it is no new diagnosis, so it is no Condition."""
    kind = ("IMP", "住院") if visits.inpatient[at] else ("AMB", "门诊")
    end = date_of(int(visits.day[at]) + (at % 9 + 2 if visits.inpatient[at] else 0)).isoformat()
    known = [_disease(*_DISEASES[programme]) for programme in PROGRAMMES if visits.known[programme][at]]
    return {
        "resourceType": "Encounter",
        "id": f"e{at}",
        "status": "finished",
        "subject": patient,
        "identifier": [{"system": "urn:wangdi:demo:encounter", "value": f"e{at}"}],
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind[0], "display": kind[1]},
        "period": {"start": day, "end": end},
        "reasonCode": known or [_disease(*_reason(int(visits.reason[at])))],
    }


def _condition(reason: int, at: int, day: str, references: tuple[Any, Any]) -> dict[str, Any]:
    status = {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}
    return {
        "resourceType": "Condition",
        "id": f"c{at}",
        "subject": references[0],
        "encounter": references[1],
        "code": _disease(*_reason(reason)),
        "verificationStatus": {"coding": [status]},
        "recordedDate": day,
    }


def _reason(reason: int) -> tuple[str, str]:
    model = load_model()["hospital"]
    if reason == BIRTH:
        return model["birth"][0], model["birth"][1]
    return model["low_grade"][reason], model["low_grade_names"][reason]


def _disease(code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": ICD10, "code": code, "display": display}], "text": display}


def _observations(visits: HospitalVisits, at: int, day: str, patient: Any, encounter: Any) -> Iterator[tuple[str, str]]:
    common = {
        "status": "final",
        "subject": patient,
        "encounter": encounter,
        "effectiveDateTime": f"{day}T09:30:00+08:00",
    }
    if visits.sbp[at] >= 0:
        parts = [("8480-6", "收缩压", visits.sbp[at]), ("8462-4", "舒张压", visits.dbp[at])]
        yield (
            "Observation",
            _line(
                {
                    "resourceType": "Observation",
                    "id": f"b{at}",
                    **common,
                    "code": _code("85354-9", "血压"),
                    "component": [
                        {"code": _code(code, name), "valueQuantity": _quantity(int(value), "mm[Hg]")}
                        for code, name, value in parts
                    ],
                }
            ),
        )
    if visits.glucose[at] >= 0:
        yield (
            "Observation",
            _line(
                {
                    "resourceType": "Observation",
                    "id": f"g{at}",
                    **common,
                    "code": _code("1558-6", "空腹血糖"),
                    "valueQuantity": _quantity(int(visits.glucose[at]), "mg/dL"),
                }
            ),
        )


def _code(code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code, "display": name}]}


def _quantity(value: int, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _line(resource: dict[str, Any]) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
