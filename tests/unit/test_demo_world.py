"""What the synthetic county writes: files, faults, mappings and truth."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from wangdi.catalog.places import read_organisations, read_regions
from wangdi.catalog.populations import read_populations
from wangdi.collect.mapping_reading import read_mappings
from wangdi.demo.rows import DEFECTS
from wangdi.demo.settings import WorldSettings, WorldSummary, load_exports
from wangdi.demo.texts import read_styles
from wangdi.demo.world import write_world
from wangdi.language.library import load_library

REFUSED = {kind for kind, expected in DEFECTS if expected.startswith("refused")}


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    """Three townships, so that all three kinds of township export are there."""
    return write_world(tmp_path_factory.mktemp("world"), WorldSettings(people=16_000, history_years=1))


@pytest.fixture(scope="module")
def folder(summary: WorldSummary) -> Path:
    return summary.folder


@pytest.fixture(scope="module")
def defects(folder: Path) -> list[dict[str, str]]:
    return read(folder / "truth" / "defects.csv")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def final(folder: Path, form: str) -> list[dict[str, str]]:
    """The records of a form that stand in the end."""
    return [row for row in read(folder / "truth" / f"{form}.csv") if not row["retired_on"]]


def files_of(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def lines_of(path: Path) -> list[str]:
    """Lines of a delimited file, or the cells of each row of a workbook."""
    if path.suffix == ".xlsx":
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        return [",".join(str(cell) for cell in row) for row in sheet.to_python(skip_empty_area=False)]
    data = path.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030" if path.suffix == ".csv" else "utf-8"
    return data.decode(encoding).split("\r\n")


def test_the_same_settings_write_the_same_bytes(tmp_path: Path) -> None:
    settings = WorldSettings(people=1_500, history_years=1, seed=5)
    for name in ("one", "two"):
        write_world(tmp_path / name, settings)
    write_world(tmp_path / "other", WorldSettings(people=1_500, history_years=1, seed=6))
    one = dict(files_of(tmp_path / "one"))
    assert one == dict(files_of(tmp_path / "two"))
    assert one != dict(files_of(tmp_path / "other"))


def test_a_city_is_written_too(tmp_path: Path) -> None:
    made = write_world(tmp_path, WorldSettings(shape="city", people=4_000, history_years=0))
    levels = Counter(row["level"] for row in read(tmp_path / "regions.csv"))
    assert levels["city"] == 1
    assert levels["county"] == 6
    assert made.townships == levels["township"] >= 6


def test_the_catalogue_is_read_without_a_problem(folder: Path) -> None:
    regions, wrong = read_regions(folder / "regions.csv")
    # A reader that does not know coordinates leaves them out, and says so.
    assert {problem.args["column"] for problem in wrong} <= {"lon", "lat"}
    organisations, wrong = read_organisations(folder / "organisations.csv", regions)
    assert wrong == []
    rows, wrong = read_populations(folder / "populations.csv", {region.code for region in regions})
    assert wrong == []
    assert {organisation.region for organisation in organisations} <= {region.code for region in regions}
    assert {row.year for row in rows} == {2023, 2024, 2025}


def test_populations_of_the_parts_sum_to_the_whole(folder: Path) -> None:
    level = {row["code"]: row["level"] for row in read(folder / "regions.csv")}
    sums: Counter[tuple[str, str, str]] = Counter()
    levels: dict[str, set[str]] = {}
    for row in read(folder / "populations.csv"):
        sums[row["kind"], row["year"], level[row["area"]]] += int(row["value"])
        levels.setdefault(row["kind"], set()).add(level[row["area"]])
    assert levels["residents_year_end"] == {"county", "township", "village"}
    assert levels["hypertension_estimate"] == levels["diabetes_task"] == {"county", "township"}
    assert levels["live_births"] == {"county"}
    for kind, found in levels.items():
        assert len({sums[kind, "2025", one] for one in found}) == 1, kind


def test_mappings_are_read_without_a_problem(folder: Path) -> None:
    mappings, problems = read_mappings([folder / "mappings"], load_library().newest)
    assert [problem.message() for problem in problems] == []
    assert len(mappings) == 3 * 15 + 2 + 7


def test_each_file_is_recognised_by_one_mapping(folder: Path) -> None:
    mappings, _ = read_mappings([folder / "mappings"], load_library().newest)
    for style in read_styles(load_exports()).values():
        for export in style.forms.values():
            columns = {column.name for column in export.columns}
            assert len(columns) == len(export.columns)
            fitting = [mapping for mapping in mappings.values() if set(mapping.recognise) <= columns]
            assert [mapping.form for mapping in fitting] == [export.form]
            mapping = fitting[0]
            assert set(mapping.columns()) | set(mapping.ignore) == columns


def test_deliveries_stand_in_the_order_of_receiving(folder: Path, summary: WorldSummary) -> None:
    rows = read(folder / "inbox" / "deliveries.csv")
    times = [datetime.fromisoformat(row["received_at"]) for row in rows]
    assert times == sorted(times)
    assert [int(row["delivery"]) for row in rows] == list(range(1, summary.deliveries + 1))
    assert [row["mode"] for row in rows].count("replace-period") == 1
    assert summary.senders == 7
    # The first hospital sends once a quarter, the other hospital once a year.
    assert summary.deliveries == 5 * 13 + 5 + 2 + 1
    listed = [path for row in rows for path in row["paths"].split(";")]
    there = [path.relative_to(folder).as_posix() for path in (folder / "inbox").glob("*/*/*")]
    assert sorted(listed) == sorted(there)
    assert len(listed) == summary.files
    senders = {row["org"] for row in rows}
    assert senders <= {row["code"] for row in read(folder / "organisations.csv")}


def test_institutions_export_in_their_own_ways(folder: Path) -> None:
    names = {path.name: path for path in (folder / "inbox").glob("*/2025-03/*")}
    gb = names["高血压随访.csv"].read_bytes()
    with pytest.raises(UnicodeDecodeError):
        gb.decode("utf-8")
    assert gb.decode("gb18030").startswith("序号,档案编号,")
    assert names["htn_followup.csv"].read_bytes().startswith("\ufeff居民姓名,证件号码".encode())
    assert "/3/" in names["htn_followup.csv"].read_text(encoding="utf-8-sig")
    assert "\t" in names["deaths.tsv"].read_text(encoding="utf-8")
    workbook = lines_of(names["高血压随访登记.xlsx"])
    assert workbook[0].startswith("高血压随访登记")
    assert "血压(mmHg)" in workbook[2]
    assert "收缩压" in workbook[3]
    assert workbook[-2].startswith("合计")
    assert workbook[-1].startswith("填表人")
    resources = [json.loads(line) for line in names["Observation.ndjson"].read_text(encoding="utf-8").splitlines()]
    patients = [json.loads(line) for line in names["Patient.ndjson"].read_text(encoding="utf-8").splitlines()]
    assert {resource["resourceType"] for resource in resources} == {"Observation"}
    known = {f"Patient/{patient['id']}" for patient in patients}
    assert {resource["subject"]["reference"] for resource in resources} <= known
    units = {resource["valueQuantity"]["unit"] for resource in resources if "valueQuantity" in resource}
    assert units == {"mg/dL"}


def test_every_kind_of_fault_is_planted_and_counted(summary: WorldSummary, defects: list[dict[str, str]]) -> None:
    kinds = Counter(row["kind"] for row in defects)
    assert set(kinds) == {kind for kind, _ in DEFECTS if kind}
    assert kinds == Counter(summary.defects)
    assert kinds["corrected"] == kinds["superseded"]
    assert kinds["late"] >= 3


def test_a_fault_stands_where_the_list_says(folder: Path, defects: list[dict[str, str]]) -> None:
    written = {row["registration"]: row for row in read(folder / "truth" / "registrations.csv")}
    texts: dict[str, list[str]] = {}
    for row in defects:
        lines = texts.setdefault(row["file"], lines_of(folder / row["file"]))
        line = lines[int(row["line"]) - 1]
        assert written[row["registration"]]["name"] in line, row
        if row["kind"] != "rounded_id_number":
            assert written[row["registration"]]["id_no"] in line, row


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("impossible_date", ("02-30", "2/30")),
        ("future_date", ("2027",)),
        ("unknown_organisation", ("X00000000",)),
        ("rounded_id_number", ("e+17",)),
    ],
)
def test_a_fault_looks_as_it_should(
    folder: Path, defects: list[dict[str, str]], kind: str, words: tuple[str, ...]
) -> None:
    found = [row for row in defects if row["kind"] == kind]
    assert found
    for row in found:
        line = lines_of(folder / row["file"])[int(row["line"]) - 1]
        assert any(word in line for word in words), line


def test_a_ragged_line_is_short(folder: Path, defects: list[dict[str, str]]) -> None:
    row = next(row for row in defects if row["kind"] == "ragged_line")
    lines = lines_of(folder / row["file"])
    assert lines[int(row["line"]) - 1].count(",") == lines[0].count(",") - 2


def test_late_records_come_months_after_the_visit(defects: list[dict[str, str]]) -> None:
    for row in defects:
        if row["kind"] == "late":
            delivered = int(row["file"].split("/")[2].split("-")[1])
            assert delivered >= int(row["occurred_on"][5:7]) + 2


def test_a_code_in_no_list_leaves_the_box_empty(folder: Path, defects: list[dict[str, str]]) -> None:
    visits = {(row["registration"], row["contact_date"]): row for row in final(folder, "hypertension.followup")}
    found = [row for row in defects if row["kind"] == "unknown_code"]
    assert found
    for row in found:
        visit = visits[row["registration"], row["occurred_on"]]
        assert visit["way"] == ""
        assert "way" in visit["blank"].split(";")


def test_who_changes_village_under_one_institution_stays_registered(folder: Path) -> None:
    people = {row["person"]: row for row in read(folder / "truth" / "persons.csv")}
    rows = final(folder, "health_record.resident")
    assert len({row["registration"] for row in rows}) == len(rows)
    moved = [row for row in rows if row["division"] == people[row["person"]]["next_village"]]
    assert moved


def test_truth_holds_every_visit_once(folder: Path) -> None:
    for form in ("hypertension.followup", "diabetes.followup"):
        rows = final(folder, form)
        keys = [(row["registration"], row["contact_date"]) for row in rows]
        assert len(set(keys)) == len(keys)


def test_truth_keeps_what_stood_for_a_time(folder: Path, defects: list[dict[str, str]]) -> None:
    kinds = Counter(row["kind"] for row in defects)
    past = [row for form in ("hypertension", "diabetes") for row in read(folder / "truth" / f"{form}.followup.csv")]
    past = [row for row in past if row["retired_on"]]
    assert len(past) == kinds["superseded"] + kinds["withdrawn"]
    assert all(row["received_on"] < row["retired_on"] for row in past)


def test_truth_accounts_for_every_row_sent(folder: Path, summary: WorldSummary, defects: list[dict[str, str]]) -> None:
    """Rows sent = final + refused + superseded + duplicates + withdrawn; the month sent again repeats what was known."""
    for form in ("hypertension.followup", "diabetes.followup"):
        kinds = Counter(row["kind"] for row in defects if row["form"] == form)
        gone = sum(kinds[kind] for kind in REFUSED | {"superseded", "withdrawn", "repeated_in_file", "repeated_later"})
        standing = len(final(folder, form))
        again = 0
        if form == "hypertension.followup":
            path = next((folder / "inbox").glob("*/*-again/*.csv"))
            again = len(lines_of(path)) - 2 - 1  # header, end of file; one row of it is a correction
        assert summary.rows[form] == standing + gone + again


def test_a_withdrawn_visit_is_not_in_the_month_sent_again(folder: Path, defects: list[dict[str, str]]) -> None:
    row = next(row for row in defects if row["kind"] == "withdrawn")
    again = lines_of(next((folder / "inbox").glob("*/*-again/*.csv")))
    line = lines_of(folder / row["file"])[int(row["line"]) - 1]
    key = line.split(",")[1:5]
    assert key not in [other.split(",")[1:5] for other in again]
    month = row["occurred_on"][:7]
    assert {other.split(",")[4][:7] for other in again[1:-1]} == {month}


def test_the_story_names_a_late_recheck_and_a_late_record(folder: Path, defects: list[dict[str, str]]) -> None:
    story = json.loads((folder / "truth" / "story.json").read_text(encoding="utf-8"))
    late = story["late_record"]
    assert any(
        row["kind"] == "late"
        and row["registration"] == str(late["registration"])
        and row["occurred_on"] == late["occurred_on"]
        for row in defects
    )
    missing = story["missing_person"]
    visits = sorted(
        datetime.fromisoformat(row["contact_date"])
        for row in final(folder, "hypertension.followup")
        if row["registration"] == str(missing["registration"])
    )
    at = visits.index(datetime.fromisoformat(missing["occurred_on"]))
    assert 16 < (visits[at + 1] - visits[at]).days < 60


def test_a_county_needs_people() -> None:
    with pytest.raises(ValueError, match="500"):
        WorldSettings(people=10)
