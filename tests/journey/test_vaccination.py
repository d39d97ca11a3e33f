"""Children's doses from a clinic's files to the worklist, a figure and the list of who is missing; and what a city adds."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cities import id_number
from tests.journey.small_city import HOSPITAL, VILLAGES, ask, call, make_small_city

MAPPING = """\
mapping: dose
form: vaccination.dose
recognise: [档案编号, 接种日期, 疫苗名称]
subject: {local_id: 档案编号}
fields:
  given_on: 接种日期
  vaccine: {column: 疫苗名称, codes: {乙肝（酵母）: hepb, 麻腮风: mmr, 脊灰（灭活）: ipv}}
  dose_no: 剂次
  batch_no: 批号
  trace_code: 追溯码
  payment: 费用
"""
CERTIFICATE = """\
mapping: certificate
form: vaccination.certificate
recognise: [档案编号, 建证日期]
subject: {local_id: 档案编号}
fields: {certificate_on: 建证日期, certificate_no: 证号}
"""
BORN = {1: date(2025, 1, 15), 2: date(2025, 1, 20), 3: date(2025, 2, 1)}
GIRLS = {4: date(2011, 3, 1), 6: date(2012, 6, 1)}
"""Too old for the national HPV programme, and of it. An even serial number says female."""
DOSES = """\
档案编号,接种日期,疫苗名称,剂次,批号,追溯码,费用
R1,2025-01-15,乙肝（酵母）,1,20240101,81234567890123456789,免费
R1,2025-09-20,麻腮风,1,20250301,81234567890123456790,免费
R2,2025-09-10,麻腮风,1,20250301,81234567890123456791,免费
R2,2025-03-25 09:31,脊灰（灭活）,1,20250101,81234567890123456792,免费
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three children and two girls; one child has an early dose, one none at all."""
    base = tmp_path_factory.mktemp("vaccination")
    folder = make_small_city(base / "city")
    (folder / "mappings" / "dose.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "mappings" / "certificate.yaml").write_text(CERTIFICATE, encoding="utf-8")
    shutil.copytree(Path(__file__).parent / "city_hpv", folder / "packs" / "city_hpv")
    sent = base / "sent"
    sent.mkdir()
    rows = ["档案编号,身份证号,姓名,村代码,常住,建档日期"]
    rows += [f"R{n},{id_number(born, n)},儿童{n},{VILLAGES[0]},是,{born}" for n, born in BORN.items()]
    rows += [f"R{n},{id_number(born, n)},女孩{n},{VILLAGES[0]},是,2020-01-01" for n, born in GIRLS.items()]
    (sent / "居民.csv").write_bytes("\n".join([*rows, ""]).encode("gb18030"))
    (sent / "接种.csv").write_bytes(DOSES.encode("gb18030"))
    (sent / "建证.csv").write_bytes("档案编号,建证日期,证号\nR1,2025-02-10,A1\n".encode("gb18030"))
    collected = call("collect", sent, "--org", HOSPITAL, "--quiet", city=folder)
    assert collected.exit_code == 0, collected.output
    return folder


def _worklist(city: Path, on: str, task: str) -> list[dict[str, Any]]:
    rows = ask(city, "worklist", "--org", HOSPITAL, "--on", on)["rows"]
    return [row for row in rows if row["task"] == task]


def test_the_worklist_names_what_each_child_lacks(city: Path) -> None:
    due = {row["name"]: row for row in _worklist(city, "2025-10-20", "mmr_1")}
    # The second child's dose was ten days too early: asked again, 28 days after it. The girls never had one.
    assert sorted(due) == ["儿童2", "儿童3", "女孩4", "女孩6"]
    assert due["女孩4"]["overdue"]
    assert due["儿童2"]["opens"] == "2025-10-08"
    assert due["儿童2"]["why"]["label"].startswith("麻腮风疫苗第1剂（距上一次注射减毒活疫苗不满规定天数")
    assert (due["儿童3"]["opens"], due["儿童3"]["due"]) == ("2025-10-01", "2026-01-31")
    assert due["儿童3"]["why"]["source"] == "程序表 麻腮风疫苗"
    assert {row["name"] for row in _worklist(city, "2025-10-20", "polio_2")} == {"儿童2"}


def test_what_a_later_edition_brings_is_explained_by_it(city: Path) -> None:
    """The girl is managed since 2020, when no edition knew of HPV."""
    (row,) = _worklist(city, "2025-12-01", "hpv_1")
    assert (row["name"], row["opens"], row["why"]["source"]) == ("女孩6", "2025-11-10", "程序表 双价HPV疫苗")


def test_the_figures_and_who_is_missing(city: Path) -> None:
    rows = ask(city, "figures", "--period", "2025", "--by", "county")["rows"]
    found = {row["indicator"]: (row["numerator"], row["denominator"]) for row in rows}
    assert found["vax_rate_mmr_1"] == (1, 3 + 2)
    assert found["vax_rate_hepb_1"] == (1, 3 + 2)
    assert found["vax_cover_hepb_1"] == (1, 3)
    assert found["cert_rate"] == (1, 3)
    assert found["vax_valid"] == (4, 5)
    asked = ("--period", "2025", "--area", "990101000000", "--in", "missing")
    missing = ask(city, "people", "--indicator", "vax_rate_mmr_1", *asked)["rows"]
    assert len(missing) == 4
    assert missing[0]["why"][0]["rule"] == "vaccination/vax_rate_mmr_1/done"
    (early,) = ask(city, "people", "--indicator", "vax_valid", *asked)["rows"]
    (record,) = early["why"][0]["inputs"]["records"]
    assert record["verdict"] == "mmr:age"
    assert record["on_day"] == "2025-09-10"


def test_a_city_adds_its_own_programme_without_touching_the_national_one(city: Path) -> None:
    (row,) = _worklist(city, "2026-02-01", "city_hpv_1")
    assert (row["name"], row["programme"], row["due"]) == ("女孩4", "city_hpv", "2029-02-28")
    rows = ask(city, "figures", "--period", "2026-02", "--by", "county", "--indicator", "city_rate_city_hpv_1")["rows"]
    assert [(row["numerator"], row["denominator"]) for row in rows] == [(0, 1)]
    for verb in ("check", "test"):
        told = call("pack", verb, city / "packs" / "city_hpv")
        assert told.exit_code == 0, told.output


def test_the_pack_says_what_is_due_of_files(tmp_path: Path) -> None:
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("person_id,birth_date,sex\nP1,2025-01-15,1\n", encoding="utf-8")
    events.write_text(
        "person_id,form,date,field,value,org\n"
        "P1,health_record.resident,2025-01-15,is_resident,true,A\n"
        "P1,dose,2025-09-20,vaccine,mmr,A\n",
        encoding="utf-8",
    )
    for engine in ("reference", "duckdb"):
        told = call(
            "pack",
            "due",
            "vaccination",
            "--people",
            people,
            "--events",
            events,
            "--on",
            "2025-10-01",
            "--engine",
            engine,
        )
        assert told.exit_code == 0, told.output
        rows = {row["task"]: row for row in csv.DictReader(told.stdout.splitlines()) if row["state"] != "cancelled"}
        assert rows["mmr_1"]["state"] == "completed"
        assert (rows["mmr_2"]["state"], rows["mmr_2"]["opens"]) == ("draft", "2026-07-15")
        assert (rows["je_l_1"]["state"], rows["je_l_1"]["opens"], rows["je_l_1"]["due"]) == (
            "draft", "2025-10-18", "2026-01-14",
        )  # fmt: skip
        assert rows["polio_1"]["clause"] == "程序表 脊灰疫苗"


def test_the_pack_judges_rows_of_a_file(tmp_path: Path) -> None:
    rows = tmp_path / "doses.csv"
    rows.write_text(
        "case,person_birth_date,date,vaccine\na,2025-01-15,2025-09-14,mmr\nb,2025-01-15,2025-03-15,dtap_ipv_hib\n"
    )
    told = call("pack", "run", "vaccination", rows)
    assert told.exit_code == 0, told.output
    found = [(row["class"], row["form_code"]) for row in csv.DictReader(told.stdout.splitlines())]
    assert found == [("not_counted", "mmr:age"), ("counted", "dtap_1 polio_1")]


def test_a_later_dose_changes_one_child_as_a_rebuild_would(city: Path, tmp_path: Path) -> None:
    own, sent = Path(shutil.copytree(city, tmp_path / "own")), tmp_path / "later"
    ask(own, "figures", "--period", "2025", "--by", "county")
    sent.mkdir()
    (sent / "补种.csv").write_bytes("档案编号,接种日期,疫苗名称\nR3,2025-10-05,麻腮风\n".encode("gb18030"))
    collected = call("collect", sent, "--org", HOSPITAL, "--quiet", city=own)
    assert collected.exit_code == 0, collected.output
    question = ("figures", "--period", "2025", "--by", "county")
    changed = ask(own, *question)["rows"]
    found = {row["indicator"]: row["numerator"] for row in changed}
    assert found["vax_rate_mmr_1"] == 2
    assert any(path.name.startswith("change-") for path in (own / "derived").glob("*/*"))
    shutil.rmtree(own / "derived")
    assert ask(own, *question)["rows"] == changed
