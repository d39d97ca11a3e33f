"""``pack run`` and ``pack due`` on files of one's own; ``explain``; ``new``: what the command line prints."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from wangdi.app.packs import (
    check_packs,
    due_pack,
    explain_pack,
    explain_pack_page,
    find_pack,
    list_packs,
    new_pack,
    run_pack,
    trials_as_json,
    try_packs,
    write_csv,
)
from wangdi.core.problem import Refusal

ENGINES = ("reference", "duckdb")
ROWS = """case,person_birth_date,person_sex,date,sbp,dbp,danger_sign,way,extra
a,1950-01-01,男,2025-03-01,149,80,否,门诊,x
a,,,2025/3/20,155,80,0,7,x
a,,,2025-04-02,150,,,,x
b,1990-13-01,1,soon,120,80,,,x
c,1990-12-01,1,2012-01-05,120,80,,,x
,1990-12-01,1,2025-01-05,1390,80,,,x
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_run_answers_row_for_row(tmp_path: Path, engine: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, encoding="gb18030")
    answer = run_pack("hypertension", file, engine=engine)
    told = [(row["case"], row["class"], row["refer"], row["next_due"]) for row in answer.rows]
    assert told == [
        ("a", "satisfactory", "none", date(2025, 6, 1)),
        ("a", "adjust", "none", date(2025, 4, 3)),
        ("a", "refer", "advise", date(2025, 4, 16)),
        ("b", None, None, None),
        ("c", "satisfactory", "none", date(2012, 4, 5)),
        ("", "emergency", "urgent", date(2025, 1, 19)),
    ]
    assert answer.rows[1]["rule"] == "hypertension/classify/adjust"
    assert answer.rows[1]["clause"] == "二（三）2"
    codes = {(problem.code, problem.line) for problem in answer.problems}
    assert codes >= {("PACK-053", 1), ("PACK-052", 3), ("PACK-055", 5), ("PACK-057", 7)}
    assert write_csv(answer).splitlines()[0].startswith("case,date,class,rule,next_opens,next_due,next_closes,refer")


def test_run_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, encoding="utf-8")
    for name, rows, form, code in (
        ("childcare", file, "", "PACK-056"),
        ("hypertension", file, "examination", "PACK-043"),
        ("hypertension", tmp_path / "none.csv", "", "PACK-061"),
        ("hypertensoin", file, "", "PACK-031"),
        ("./nothing", file, "", "PACK-030"),
    ):
        with pytest.raises(Refusal) as refused:
            run_pack(name, rows, form)
        assert refused.value.problem.code == code


PEOPLE = "person_id,birth_date,sex,is_resident\np1,1960-01-01,男,是\np2,1999-01-01,female,true\np3,1960-01-01,1,\n"
EVENTS = """person_id,form,date,field,value,org
p1,diagnosis,2025-01-10,disease,essential_hypertension,a
p1,hypertension.followup,2025-01-20,sbp,130,a
p1,hypertension.followup,2025-01-20,dbp,85,a
p1,health_record.vital_signs,2025-01-21,sbp,150,a
p1,examination,2025-06-20,,,a
p1,followup,2025-12-31,sbp,130,a
p2,diagnosis,2025-01-10,disease,essential_hypertension,a
p3,diagnosis,2025-01-10,disease,essential_hypertension,a
p9,diagnosis,2025-01-10,disease,essential_hypertension,a
p1,followup,2025-01-20,spb,130,a
p1,followups,2025-01-20,sbp,130,a
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_due_lists_everything_anchored_by_the_day(tmp_path: Path, engine: str) -> None:
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    events.write_text(EVENTS, encoding="utf-8")
    answer = due_pack("hypertension", (people, events), date(2025, 5, 1), engine)
    told = [(row["person_id"], row["task"], row["state"], row["rule"].rpartition("/")[2]) for row in answer.rows]
    assert told == [
        ("p1", "annual_check", "ready", "year"),
        ("p1", "contact", "completed", "first"),
        ("p1", "contact", "failed", "class:satisfactory"),
        ("p1", "contact", "ready", "missed"),
    ]
    dates = [(row["opens"], row["due"], row["closes"]) for row in answer.rows[2:]]
    assert dates == [
        (date(2025, 3, 21), date(2025, 4, 20), date(2025, 4, 27)),
        (date(2025, 4, 28), date(2025, 4, 28), date(2025, 8, 3)),
    ]
    assert [(problem.code, problem.line) for problem in answer.problems] == [
        ("PACK-059", 10),
        ("PACK-043", 11),
        ("PACK-043", 12),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_two_rows_of_one_day_are_two_visits(tmp_path: Path, engine: str) -> None:
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("person_id,birth_date\np1,1960-01-01\n", encoding="utf-8")
    events.write_text("person_id,form,date,field,value\n", encoding="utf-8")
    answer = due_pack("hypertension", (people, events), date(2025, 5, 1), engine)
    assert answer.rows == []
    assert [problem.code for problem in answer.problems] == ["PACK-054"]


def test_explain_names_everything_other_tools_call_by_name() -> None:
    told = json.loads(json.dumps(explain_pack("hypertension")))
    blocks = {"forms", "parameters", "terms", "classes", "tasks", "enrol", "indicators"}
    assert {"pack", "edition", "title", "subject"} | blocks <= told.keys()
    followup = next(form for form in told["forms"] if form["full_name"] == "hypertension.followup")
    way = next(field for field in followup["fields"] if field["name"] == "way")
    assert way["codes"][0] == {"code": "1", "label": "门诊"}
    assert told["due"]["people_columns"] == ["person_id", "birth_date", "sex", "is_resident"]
    assert [task["name"] for task in told["tasks"]] == ["contact", "annual_check"]
    emergency = next(term for term in told["terms"] if term["name"] == "emergency")
    assert "收缩压 ≥ 180 mmHg（二（二）1）" in emergency["words"]
    assert emergency["tree"]["node"] == "logic"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_pack_has_a_page_in_both_languages(lang: str) -> None:
    for item in list_packs():
        page = explain_pack_page(item["pack"], lang)
        assert item["title"] in page
        assert "None" not in page
        for name in (*item["classes"], *item["tasks"], *item["indicators"]):
            assert f"`{name}`" in page


def test_a_new_pack_passes_check_and_test(tmp_path: Path) -> None:
    folder = new_pack("copd", tmp_path)
    assert [problem.text() for problem in check_packs([str(folder)])] == []
    (trial,) = try_packs([str(folder)])
    assert [problem.text() for problem in trial.problems()] == []
    assert trial.score.killed > 50
    assert find_pack(str(folder / "pack.yaml"))[1] == "copd"
    for name in ("copd", "Bad Name", "hypertension"):
        with pytest.raises(Refusal):
            new_pack(name, tmp_path)


def test_all_shipped_packs_pass_with_no_mutant_surviving() -> None:
    told = trials_as_json(try_packs())
    assert {item["pack"] for item in told["packs"]} >= {"hypertension", "diabetes", "childcare"}
    for item in told["packs"]:
        assert item["examples"]["failed"] == 0, item["failures"]
        assert item["engines"] == ["reference", "duckdb"]
        assert item["mutants"]["survivors"] == []
        assert item["mutants"]["total"] == item["mutants"]["killed"] > 0
        assert all(equal["reason"] for equal in item["mutants"]["equivalent"])


def test_check_says_nothing_of_the_shipped_packs() -> None:
    assert [problem.text() for problem in check_packs() if problem.severity == "error"] == []
