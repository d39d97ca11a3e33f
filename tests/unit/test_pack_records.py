"""Scores, slips, ages and tasks after a row, as the tools for packs answer them on rows of one's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wangdi.app.derivation import _fields_sql
from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.app.packs import due_pack, explain_pack, explain_pack_page, run_pack
from wangdi.app.slips import show_values
from wangdi.language.library import load_library
from wangdi.language.model import LatestRow, Pack
from wangdi.language.mutants import make_mutants
from wangdi.language.reader import read_pack
from wangdi.store.workspace import sql_name

BLANK = """\
pack: small
edition: one
valid_from: 2025-01-01
title: small
subject: person
rule_book: {id: a, title: a}
enrol: {on: row, at_age: {years: 65}, source: a}
forms:
  row: {title: row, occurred_on: on, fields: {on: {label: on, type: date}, a: {label: a, type: text}}}
quality:
  whole: {title: whole, each: row, source: a, items: [{id: a, label: a, weight: 2, fields: [a]}]}
indicators:
  reached:
    title: reached
    of: {label: x, people: enrolled at period end}
    count: {label: x, all: [{id: a, label: a, require: latest row by period end scores at least 90 in whole}]}
    attribution: managing_org
    unit: percent
    source: a
"""


def small() -> Pack:
    pack, problems = read_pack(BLANK, "small", {})
    assert problems == []
    assert pack is not None
    return pack


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_of_records_is_scored(tmp_path: Path, engine: str) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "case,opened_on,record_no,name,id_no,blod\na,2025-01-01,1,张三,2,3\nb,2025-01-01,,张三,,\n", encoding="utf-8"
    )
    answer = run_pack("health_record", rows, "resident", engine)
    assert [(row["case"], row["score"]) for row in answer.rows] == [("a", 15), ("b", 0)]
    assert "健康档案编号" not in answer.rows[0]["missing"]
    assert "姓名、证件号码" in answer.rows[1]["missing"]
    assert [problem.code for problem in answer.problems] == ["PACK-053"]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_due_follows_the_age_and_the_row(tmp_path: Path, engine: str) -> None:
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("person_id,birth_date,sex\np1,1960-12-31,1\np2,1961-01-01,1\n", encoding="utf-8")
    lines = ["person_id,form,date,field,value,org"]
    lines += [f"{who},health_record.resident,2020-01-10,is_resident,true,a" for who in ("p1", "p2")]
    lines += ["p1,health_record.examination,2025-05-12,mood_screen,2,a"]
    events.write_text("\n".join([*lines, ""]), encoding="utf-8")
    rows = due_pack("elderly", (people, events), date(2025, 5, 20), engine).rows
    assert [(row["person_id"], row["task"], row["state"], row["rule"]) for row in rows] == [
        ("p1", "annual_check", "completed", "elderly/annual_check/year"),
        ("p1", "mood_test", "ready", "elderly/mood_test/after"),
    ]


@pytest.mark.parametrize(("lang", "age"), [("zh", "自满 65 岁"), ("en", "of the age 65")])
def test_a_page_tells_the_age_the_score_and_the_slip(lang: str, age: str) -> None:
    page, told = explain_pack_page("elderly", lang), explain_pack("elderly", lang)
    assert age in page
    assert age in told["enrol"]["at_age"]
    assert {task["kind"] for task in told["tasks"]} == {"after", "each calendar year"}
    (slip,) = told["slips"]
    assert all(line["words"] in page for line in slip["lines"])
    record = explain_pack("health_record", lang)
    (quality,) = record["quality"]
    assert sum(item["weight"] for item in quality["items"]) == 100
    records = explain_pack_page("health_record", lang)
    assert all(item["words"] in records for item in quality["items"])


def test_an_edition_adds_what_its_notice_added() -> None:
    """2025: HbA1c and the chest, and nothing else."""
    older, newer = load_library().packs["elderly"]

    def asked(pack: Pack) -> set[str]:
        clauses = pack.indicators["elder_mgmt"].clauses
        return {name for counted in clauses for name in getattr(counted.clause, "fields", ())}

    assert asked(newer) - asked(older) == {"hba1c", "chest_xray"}
    assert asked(older) - asked(newer) == set()
    assert (older.valid_to, newer.valid_from) == (date(2024, 12, 31), date(2025, 1, 1))
    assert programme_of((older, newer)).in_force(date(2024, 12, 31)).pack is older  # type: ignore[union-attr]


def test_a_weight_that_changes_changes_the_clauses_that_rest_on_it() -> None:
    heavier = [mutant for mutant in make_mutants(small()) if mutant.change == "weight: 2 → 3"]
    assert len(heavier) == 1
    (counted,) = heavier[0].pack.indicators["reached"].clauses
    (before,) = small().indicators["reached"].clauses
    assert isinstance(counted.clause, LatestRow)
    assert isinstance(before.clause, LatestRow)
    assert counted.clause.holds != before.clause.holds
    assert counted.clause.level == before.clause.level


def test_rules_see_a_star_where_a_name_is() -> None:
    form = load_library().forms["health_record.resident"]
    said = _fields_sql(form, form.fields)
    column = sql_name("name")
    assert f"CASE WHEN f.{column} IS NOT NULL THEN '*'::VARCHAR END AS {column}" in said
    assert "DATE '0001-01-01'" in said
    assert "blood_rh" in said


def test_a_slip_prints_values_as_people_write_them() -> None:
    form = load_library().forms["health_record.examination"]
    shown = show_values(form, ("sbp", "wbc", "diet", "ecg", "urine_protein", "tc"), {
        "sbp": 150, "wbc": 6.0, "diet": "1;4", "ecg": None, "urine_protein": "+", "tc": 4.51,
    })  # fmt: skip
    assert [value.said for value in shown] == ["150 mmHg", "6 ×10⁹/L", "荤素均衡、嗜盐", "+", "4.51 mmol/L"]
