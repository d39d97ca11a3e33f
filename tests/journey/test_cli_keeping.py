"""A city as a whole and its packs, through the command line as a user types it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call
from wangdi.store.city import City


# ---- a city as a whole ------------------------------------------------------------------------------------------------
def test_a_city_of_ones_own(demo: Demo, tmp_path: Path) -> None:
    """init, collect a past month, figures as known then: what a city is founded on is known from the beginning."""
    files = [
        value
        for name in ("regions", "organisations", "populations")
        for value in (f"--{name}", demo.folder / f"{name}.csv")
    ]
    city = tmp_path / "mine"
    said = json.loads(call("init", city, *files, "--json").stdout)
    assert said["regions"] > 2
    month = sorted((demo.folder / "inbox").glob("W*/2025-03"))[0]
    options = (
        "--org",
        month.parent.name,
        "--received-at",
        "2025-04-03T09:00:00",
        "--mappings",
        demo.folder / "mappings",
    )
    result = call("collect", month, *options, "--json", city=city)
    assert result.exit_code in (0, 11)
    assert json.loads(result.stdout)["accepted"] > 0
    assert ask(city, "figures", "--known", "2025-04-03")["rows"][0]["period"] == "2025-03-ytd"
    assert (
        ask(city, "figures", "--known", "2025-04-02", "--period", "2025")["known"]
        == said["regions"] + said["organisations"] + said["populations"]
    )
    assert call("init", city, *files).exit_code == 20, "there is a city already"
    more = tmp_path / "more.csv"
    area = ask(city, "figures", "--period", "2025")["rows"][0]["area"]
    more.write_text(
        f"area,year,kind,value,source,published_on\n{area},2027,residents_year_end,500,统计局,2028-01-20\n,,,,,\nx,2027,residents_year_end,5,y,\n",
        encoding="utf-8",
    )
    updated = ask(city, "update", "--populations", more, code=11)
    assert updated["populations"] == 1
    assert updated["problems"][0]["line"] == 4


def test_backup_restored_elsewhere_gives_the_same_figures(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    assert ask(demo.folder, "backup", file)["files"] > 10
    again = tmp_path / "again"
    assert call("restore", file, again).exit_code == 0
    question = ("figures", "--period", YEAR, "--by", "village")
    assert ask(again, *question) == ask(demo.folder, *question)
    assert ask(again, "verify")["sound"] is True
    assert call("restore", file, again).exit_code == 20
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(file.read_bytes()[:5000])
    assert "STORE-050" in call("restore", damaged, tmp_path / "third").stderr


def test_verify_finds_what_was_altered(own_city: Path) -> None:
    assert ask(own_city, "verify")["sound"] is True
    with City.open(own_city) as city:  # a file that readers see, not one that a merge replaced
        segment = own_city / city.segments("hypertension.followup")[0].path
    segment.write_bytes(segment.read_bytes()[:-1] + b"x")
    said = ask(own_city, "verify", code=13)
    assert said["sound"] is False
    assert any(problem["code"] == "STORE-041" for problem in said["problems"])


def test_verify_finds_derived_tables_that_are_not_what_a_rebuild_gives(own_city: Path) -> None:
    ask(own_city, "figures", "--period", YEAR)
    for base in own_city.glob("derived/*/base-*"):
        shutil.copyfile(base / "diabetes.spell.parquet", base / "hypertension.spell.parquet")
    said = ask(own_city, "verify", code=13)
    assert {problem["code"] for problem in said["problems"]} == {"CITY-050"}


def test_export_lists_every_file_with_its_rows(demo: Demo, tmp_path: Path) -> None:
    said = ask(demo.folder, "export", tmp_path / "out")
    names = {one["form"] for one in said["files"]}
    assert {
        "hypertension.followup",
        "system.registration",
        "derived.person",
        "derived.hypertension.obligation",
    } <= names
    assert all((tmp_path / "out" / one["file"]).is_file() for one in said["files"])
    with (tmp_path / "out" / "manifest.csv").open(encoding="utf-8") as handle:
        assert {row["form"] for row in csv.DictReader(handle)} == names
    assert call("export", tmp_path / "out", city=demo.folder).exit_code == 20


# ---- packs and mappings -----------------------------------------------------------------------------------------------
def test_packs_are_listed_checked_and_explained(tmp_path: Path) -> None:
    listed = json.loads(call("pack", "list", "--json").stdout)["packs"]
    assert {"hypertension", "diabetes", "childcare"} <= {pack["pack"] for pack in listed}
    assert json.loads(call("pack", "check", "--json").stdout) == []
    assert "收缩压" in call("pack", "explain", "hypertension").stdout
    said = json.loads(call("pack", "explain", "hypertension", "--json").stdout)
    assert "followup" in json.dumps(said)
    assert call("pack", "propose", "childcare").exit_code == 0
    assert call("pack", "new", "asthma", "--in", tmp_path).exit_code == 0
    assert call("pack", "check", tmp_path / "asthma").exit_code == 0
    assert call("pack", "new", "asthma", "--in", tmp_path).exit_code == 2
    text = (tmp_path / "asthma" / "pack.yaml").read_text(encoding="utf-8")
    (tmp_path / "asthma" / "pack.yaml").write_text(text + "\nstrange: 1\n", encoding="utf-8")
    assert call("pack", "check", tmp_path / "asthma").exit_code == 10


def test_a_pack_is_tested_on_every_engine() -> None:
    said = json.loads(call("pack", "test", "childcare", "--json").stdout)["packs"][0]
    assert said.keys() >= {"pack", "examples", "engines", "mutants"}
    assert said["engines"][:2] == ["reference", "duckdb"]


@pytest.mark.parametrize("engine", ["reference", "duckdb"])
def test_a_pack_held_against_rows_of_ones_own(tmp_path: Path, engine: str) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "case,person_birth_date,person_sex,date,sbp,dbp,medication_adherence,adverse_reaction,danger_sign,new_complication\n"
        "a,1960-01-01,1,2025-03-01,132,80,1,false,false,false\na,1960-01-01,1,2025-06-01,190,80,1,false,false,false\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.csv"
    assert call("pack", "run", "hypertension", rows, "--engine", engine, "--out", out).exit_code == 0
    with out.open(encoding="utf-8", newline="") as handle:
        judged = list(csv.DictReader(handle))
    assert [row["case"] for row in judged] == ["a", "a"], "no byte order mark before the first column"
    assert judged[0]["class"] != judged[1]["class"]
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("person_id,birth_date,sex\nx,1960-01-01,1\n", encoding="utf-8")
    events.write_text(
        "person_id,form,date,field,value\nx,diagnosis,2025-01-10,disease,essential_hypertension\n", encoding="utf-8"
    )
    due = (
        "pack",
        "due",
        "hypertension",
        "--people",
        people,
        "--events",
        events,
        "--on",
        "2025-02-01",
        "--engine",
        engine,
    )
    assert call(*due).stdout.startswith("person_id,task,opens,due,closes,state,rule")
    assert call(*due, "--format", "table").exit_code == 0


def test_mappings_are_listed_checked_and_drafted(demo: Demo, tmp_path: Path) -> None:
    rows = ask(demo.folder, "mapping", "list")["rows"]
    assert len(rows) > 10
    assert call("mapping", "check", demo.folder / "mappings").exit_code == 0
    (tmp_path / "wrong.yaml").write_text("mapping: x\nform: hypertension.folowup\n", encoding="utf-8")
    wrong = call("mapping", "check", tmp_path / "wrong.yaml")
    assert wrong.exit_code == 11
    assert "hypertension.followup" in wrong.stdout
    assert call("mapping", "check", tmp_path / "nothing.yaml").exit_code == 20
    sample = sorted((demo.folder / "inbox").glob("*/*/高血压随访.csv"))[0]
    drafted = tmp_path / "draft.yaml"
    assert call("mapping", "draft", sample, "--out", drafted).exit_code == 0
    assert "form: hypertension.followup" in drafted.read_text(encoding="utf-8")


# ---- a real process ---------------------------------------------------------------------------------------------------
@pytest.fixture
def environment(demo: Demo) -> dict[str, str]:
    return {**os.environ, "WANGDI_CITY": str(demo.folder), "PYTHONIOENCODING": "utf-8"}


def test_a_real_process_answers_alike(demo: Demo, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "wangdi", "figures", "--period", YEAR, "--json"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(found.stdout) == ask(demo.folder, "figures", "--period", YEAR)
    assert "\x1b" not in found.stderr, "no progress bar where nobody watches"


def test_somebody_who_stops_reading_hurts_nobody(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m wangdi figures --by village --period {YEAR} --json | head -1"
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert found.stdout == "{\n"
    assert "Traceback" not in found.stderr
