"""HL7 v2 files from the command line: counts of streams, laboratory results of patients, refusals by field, traces, batches."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cities import HOSPITAL, TOWN_A, id_number, make_city
from tests.journey.small_city import call, facts_of
from wangdi.language.library import load_library

MSH = r"MSH|^~\&|LIS|YY01||CDC|20250315093000+0800||ORU^R01^ORU_R01|{number}|P|2.5.1||||||{characters}"
LAB = """
mapping: lab-{result}
form: disease_report.register
hl7:
  message: ORU^R01
  row: OBX
  where:
    OBX-3: [94500-6, 80382-5]
    OBX-8: {values}
    OBX-11: [F, C]
subject:
  name: PID-5
  id_no: PID-3[5=NI].1
  birth_date: PID-7
  sex: {{column: PID-8, codes: {{M: "1", F: "2"}}}}
  local_id: PID-3[5=MR].1
fields:
  register: {{value: laboratory}}
  registered_no: OBR-3 + '/' + OBX-1
  found_on: OBR-7
  found_at: OBR-7
  result: {{column: OBX-5.2, otherwise: [OBX-5]}}
{disease}
recorder: OBR-32.2
"""
DISEASE = '  disease: {column: OBX-3, codes: {94500-6: W01, 80382-5: "3500"}}'


def make_message(*segments: str, number: int = 1, characters: str = "UNICODE UTF-8") -> str:
    return "\r".join((MSH.format(number=number, characters=characters), *segments)) + "\r"


def patient(number: int, *results: tuple[str, str, str]) -> list[str]:
    """A person with results: code, abnormal flag, status."""
    born = date(1980, 1, number)
    lines = [
        f"PID|1||D-{number}^^^YY01^MR~{id_number(born, number)}^^^^NI||居民{number}||{born:%Y%m%d}|{'FM'[number % 2]}"
    ]
    for place, (code, flag, status) in enumerate(results, 1):
        lines += [
            f"OBR|{place}||L-{number}-{place}|{code}^测试^LN|||20250314081500+0800",
            f"OBX|1|CWE|{code}^测试^LN||R^结果 {flag}|||{flag}|||{status}",
        ]
    return lines


def stream(kind: str, day: str, **said: object) -> list[str]:
    lines = [f"OBR|1|||{kind}^数据流^99WANGDI-STREAM|||{day}"]
    return lines + [
        f"OBX|{place}|ST|{name}^^99WANGDI-STREAM||{value}" for place, (name, value) in enumerate(said.items(), 1)
    ]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    made = make_city(tmp_path / "city", load_library())
    folder = made.city.folder
    made.city.close()
    mappings = folder / "mappings"
    mappings.mkdir(exist_ok=True)
    (mappings / "positive.yaml").write_text(
        LAB.format(result="positive", values="[A, AA]", disease=DISEASE), encoding="utf-8"
    )
    (mappings / "negative.yaml").write_text(
        LAB.format(result="negative", values='["", N]', disease=""), encoding="utf-8"
    )
    return folder


def collect(city: Path, file: Path, code: int = 0, *more: object) -> dict[str, Any]:
    sent = ("collect", file, "--org", HOSPITAL, "--received-at", "2025-03-15T10:00:00", *more)
    result = call(*sent, "--json", "--quiet", city=city)
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_counts_become_rows_of_the_stream_form(city: Path, tmp_path: Path) -> None:
    file = tmp_path / "counts.hl7"
    counts = stream("school_absence", "20250314", source="X01^甲镇中心小学", place=TOWN_A, count=12, of=300)
    counts += stream("clinic_ili", "20250314", count=7, of=120)
    counts += stream("school_absence", "20250230", source="X02", place=TOWN_A, count=3, of=100)
    file.write_bytes(make_message(*counts, characters="GB 18030-2000").encode("gb18030"))
    found = collect(city, file, 11)
    assert (found["received"], found["accepted"], found["refused"]) == (3, 2, 1)
    (problem,) = [one for one in found["problems"] if one["severity"] == "error"]
    assert (problem["line"], problem["field"]) == (10, "counted_on"), "the line of its OBR"
    first, second = facts_of(city, "disease_streams.count")
    said = first["fact"]["fields"]
    assert (said["stream"], said["source"], said["source_name"]) == ("school_absence", "X01", "甲镇中心小学")
    assert (said["count"], said["of"], said["place"], first["fact"]["occurred_on"]) == (12, 300, TOWN_A, "2025-03-14")
    assert second["fact"]["fields"]["source"] == "YY01", "the sending facility, where no source is said"
    assert (first["source"]["file"], first["source"]["line"]) == ("counts.hl7", 2)
    assert "OBX|1|ST|source^^99WANGDI-STREAM||X01^甲镇中心小学" in first["source"]["raw"]
    again = collect(city, file, 11)
    assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_results_of_a_patient_become_positives_and_negatives_of_the_register(city: Path, tmp_path: Path) -> None:
    file = tmp_path / "lab.txt"
    messages = [
        make_message(*patient(1, ("94500-6", "A", "F"), ("80382-5", "", "F")), number=1),
        make_message(*patient(2, ("94500-6", "N", "F"), ("94500-6", "A", "P"), ("718-7", "H", "F")), number=2),
        MSH.format(number=3, characters="UNICODE UTF-8").replace("ORU^R01^ORU_R01", "ADT^A01") + "\rPID|1\r",
        make_message(*patient(3, ("718-7", "H", "F")), number=4),
    ]
    file.write_text("".join(f"\x0b{one}\x1c\r" for one in messages), encoding="utf-8", newline="")
    found = collect(city, file)
    assert (found["received"], found["accepted"], found["refused"]) == (3, 3, 0)
    assert {(one["code"], one["severity"]) for one in found["problems"]} == {("MSG-012", "info"), ("MSG-013", "info")}
    traced = facts_of(city, "disease_report.register")
    facts = [one["fact"] for one in traced]
    said = [(one["fields"]["registered_no"], one["fields"].get("disease"), one["fields"]["found_at"]) for one in facts]
    assert sorted(said, key=lambda one: str(one[0])) == [
        ("L-1-1/1", "W01", "2025-03-14T08:15:00"),
        ("L-1-2/1", None, "2025-03-14T08:15:00"),
        ("L-2-1/1", None, "2025-03-14T08:15:00"),
    ]
    assert len({one["registration"] for one in traced}) == 2, "two people, by their numbers"


def test_a_correction_takes_the_place_of_what_was_sent_before(city: Path, tmp_path: Path) -> None:
    file = tmp_path / "lab.hl7"
    file.write_text(make_message(*patient(1, ("94500-6", "A", "F"))), encoding="utf-8", newline="")
    collect(city, file)
    file.write_text(make_message(*patient(1, ("94500-6", "N", "C"))), encoding="utf-8", newline="")
    found = collect(city, file)
    assert (found["accepted"], found["superseded"]) == (1, 1)
    (fact,) = facts_of(city, "disease_report.register")
    assert "disease" not in fact["fact"]["fields"]


def test_what_is_wrong_is_refused_by_message_and_by_field(city: Path, tmp_path: Path) -> None:
    good = patient(1, ("94500-6", "A", "F"))
    bad_day = [one.replace("20250314081500+0800", "20251332") for one in good]
    bad_escape = [one.replace("居民1", "居\\民") for one in good]
    file = tmp_path / "broken.hl7"
    lines = [
        "BHS|^~\\&|LIS\r",
        make_message(*bad_day),
        make_message(*bad_escape),
        "MSH|^^^^|x\r",
        make_message(*patient(2, ("94500-6", "A", "F"))),
    ]
    file.write_text("".join(lines), encoding="utf-8", newline="")
    found = collect(city, file, 11)
    assert (found["received"], found["accepted"], found["refused"]) == (4, 1, 3)
    told = {(one["code"], one["line"]) for one in found["problems"] if one["severity"] != "info"}
    assert {("MSG-011", 9), ("MSG-003", 10), ("MSG-007", 1)} < told
    assert {line for _, line in told} == {1, 5, 9, 10}
    assert all(one["hint"] for one in found["problems"])
    rows = tmp_path / "rows.csv"
    assert call("problems", "--batch", found["batch"], "--rows", rows, city=city).exit_code == 0
    assert not rows.exists(), "a message is no row of a table that could be mended and sent again"


def test_a_type_that_is_none_is_not_repeated(city: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.hl7"
    head = MSH.format(number=1, characters="UNICODE UTF-8")
    odd = [head.replace("ORU^R01^ORU_R01", kind) for kind in ("王小明", "OR\\Q\\U^R01", "")]
    file.write_text("\r".join(odd), encoding="utf-8", newline="")
    found = collect(city, file, 11)
    told = sorted((one["code"], one["line"]) for one in found["problems"])
    assert told == [("MSG-011", 2), ("MSG-012", None)]
    assert "王小明" not in json.dumps(found, ensure_ascii=False)


def test_a_mapping_for_tables_reads_no_messages(city: Path, tmp_path: Path) -> None:
    file = tmp_path / "lab.hl7"
    file.write_text(make_message(*patient(1, ("94500-6", "A", "F"))), encoding="utf-8", newline="")
    found = collect(city, file, 11, "--as", "stream-counts")
    assert [one["code"] for one in found["problems"]] == ["MAP-020"]
    found = collect(city, file, 0, "--as", "lab-positive")
    assert found["accepted"] == 1
    table = tmp_path / "a.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    assert [one["code"] for one in collect(city, table, 11, "--as", "lab-positive")["problems"]] == ["MAP-021"]
