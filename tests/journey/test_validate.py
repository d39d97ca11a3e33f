"""A vendor alone with its files: what would be accepted, what refused and why, and what an export has to hold."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.journey.small_city import (
    FOLLOWUP_HEADER,
    HOSPITAL,
    MAPPINGS,
    ask,
    call,
    followup,
    make_small_city,
    write_people,
)
from wangdi.app.field_lists import describe_fields, list_columns, standard_mapping, write_example
from wangdi.app.validating import ValidateAsked, validate_files
from wangdi.collect.mapping_reading import parse_mapping
from wangdi.core.problem import Severity
from wangdi.language.library import load_library

LIBRARY = load_library()
FORMS = sorted(LIBRARY.forms)
FORM = "hypertension.followup"
AT = "2025-06-30T12:00:00"


def validate(*arguments: object, code: int = 0) -> Any:
    said = call("validate", *arguments, "--received-at", AT, "--json", "--quiet")
    assert said.exit_code == code, said.output
    return json.loads(said.stdout)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(MAPPINGS["followup"], encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_a_form_is_accepted_by_names_and_by_labels(form: str, tmp_path: Path) -> None:
    path = tmp_path / "样例.csv"
    for labels in (False, True):
        text = write_example(LIBRARY, form)
        if labels:
            header, rest = text.split("\r\n", 1)
            pack = LIBRARY.newest[form.partition(".")[0]]
            called = {one.name: one.label for one in list_columns(pack, LIBRARY.forms[form])}
            written = io.StringIO()
            csv.writer(written).writerow([called[name] for name in header.split(",")])
            text = written.getvalue() + rest
        path.write_text(text, encoding="utf-8-sig", newline="")
        asked = ValidateAsked(datetime(2025, 6, 30), form)
        result, problems, _ = validate_files(LIBRARY, [path], asked)
        told = [problem.text() for problem in problems if problem.severity is not Severity.info]
        assert (result.received, result.accepted) == (1, 1), told
        assert [line for line in told if not line.startswith("ROW-01")] == [], told
        assert dict(result.forms).get(form) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_standard_mapping_of_a_form_is_right(form: str) -> None:
    for labels in (False, True):
        mapping, problems = parse_mapping(standard_mapping(LIBRARY, form, labels=labels), "m.yaml", LIBRARY.newest)
        assert problems == []
        assert mapping is not None
        assert mapping.form == form
    said = describe_fields(LIBRARY, form, "en")
    assert set(LIBRARY.forms[form].fields) <= {field["name"] for field in said["fields"]}
    assert len({field["name"] for field in said["fields"]}) == len(said["fields"])


def test_a_field_list_names_units_codes_and_ranges() -> None:
    said = json.loads(call("pack", "fields", FORM, "--json", env={"WANGDI_LANG": "en"}).stdout)
    fields = {field["name"]: field for field in said["fields"]}
    sbp = LIBRARY.forms[FORM].fields["sbp"]
    assert sbp.possible is not None
    assert (fields["sbp"]["unit"], fields["sbp"]["possible"]) == (sbp.unit, list(sbp.possible))
    assert fields["way"]["codes"][0]["code"] == "1"
    assert fields["contact_date"]["required"] is True
    assert fields["id_no"]["about"] == "subject"
    table = call("pack", "fields", FORM, env={"WANGDI_LANG": "en"}).stdout
    assert "contact_date" in table
    assert "id_no (identity number) or local_id" in table
    rows = list(csv.DictReader(io.StringIO(call("pack", "fields", FORM, "--format", "csv").stdout.lstrip("\ufeff"))))
    assert [row["name"] for row in rows] == list(fields)
    assert call("pack", "fields", "hypertension.folowup").exit_code == 2


def test_good_and_bad_rows_without_a_city(tmp_path: Path, mapping: Path) -> None:
    path, rows = tmp_path / "三月.csv", tmp_path / "refused.csv"
    lines = [FOLLOWUP_HEADER, followup(1, "2025-03-01"), followup(2, "2025-02-31"), followup(3, "2025-03-03", 460)]
    path.write_text("\n".join([*lines, lines[1], ""]), encoding="gb18030")
    said = validate(path, "--mapping", mapping, "--rows", rows, code=11)
    counts = {name: said[name] for name in ("received", "accepted", "refused", "duplicates")}
    assert counts == {"received": 4, "accepted": 1, "refused": 2, "duplicates": 1}
    assert {(one["code"], one["line"]) for one in said["problems"]} >= {("ROW-003", 3), ("ROW-006", 4)}
    assert all(one["hint"] for one in said["problems"] if one["severity"] == "error")
    assert said["refused_rows"] == [str(rows)]
    mended = rows.read_text("utf-8-sig").replace("2025-02-31", "2025-02-28").replace(",460,", ",146,")
    rows.write_text(mended, encoding="utf-8-sig")
    assert validate(rows, "--mapping", mapping)["accepted"] == 2
    told = call("validate", path, "--mapping", mapping, "--received-at", AT, env={"WANGDI_LANG": "en"})
    assert "Would be accepted: 1, refused: 2, duplicates: 1. Nothing was kept." in told.stdout
    assert validate(tmp_path / "三月.csv", "--form", FORM, code=11)["accepted"] == 0


def test_it_says_what_the_city_will_say(tmp_path: Path, mapping: Path) -> None:
    city = make_small_city(tmp_path / "city")
    write_people(tmp_path / "sent", range(8))
    (tmp_path / "sent" / "随访.csv").write_text(
        "\n".join([FOLLOWUP_HEADER, *(followup(one, "2025-03-01", 100 + 60 * one) for one in range(8)), ""]), "utf-8"
    )
    checked = ask(city, "validate", tmp_path / "sent", "--received-at", AT, code=11)
    assert ask(city, "problems") == [], "nothing was kept"
    collected = ask(city, "collect", tmp_path / "sent", "--org", HOSPITAL, "--received-at", AT, code=11)
    for name in ("received", "accepted", "refused", "duplicates", "forms", "problem_count", "problems"):
        assert checked[name] == collected[name], name


def test_fhir_needs_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_text('{"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1966-08-17"}\n')
    said = validate(path, "--form", FORM)
    assert (said["accepted"], said["refused"]) == (1, 0)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert call("validate", path).exit_code == 2
    assert call("validate", path, "--form", "nobody.form").exit_code == 2
    assert call("validate", path, "--mapping", tmp_path / "gone.yaml").exit_code == 20
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("mapping: x\nform: hypertension.followup\n")
    assert call("validate", path, "--mapping", wrong).exit_code == 2
    assert call("validate", tmp_path / "gone.csv", "--form", FORM).exit_code == 20
    said = validate(path, "--form", FORM, code=11)
    assert said["problems"][0]["code"] == "MAP-021"
    assert "contact_date" in said["problems"][0]["message"]


def test_the_standard_mapping_makes_an_export_known(tmp_path: Path) -> None:
    city = make_small_city(tmp_path / "city")
    example = tmp_path / "example.csv"
    assert call("pack", "fields", FORM, "--example", example, city=city).exit_code == 0
    assert call("mapping", "standard", FORM, "--out", city / "mappings" / f"{FORM}.yaml", city=city).exit_code == 0
    assert call("mapping", "check", city / "mappings", city=city).exit_code == 0
    assert ask(city, "collect", example, "--org", HOSPITAL)["accepted"] == 1
