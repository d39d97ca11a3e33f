"""The demo city's report: written, audited against itself and the data, signed, then changed by one late record."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call

NOTES = """\
<!-- 人写的 -->
## opening
全县卫生健康系统扎实推进基本公共卫生服务。

## achievements/hypertension
全县高血压患者规范管理率达99.99%。举办健康讲座42场。
"""


def sentences_of(report: dict[str, Any]) -> dict[str, str]:
    return {
        one["id"]: one["text"]
        for section in report["sections"]
        for paragraph in section["paragraphs"]
        for one in paragraph["sentences"]
    }


def write_goals(city: Path, *lines: str) -> None:
    (city / "targets.csv").write_text(
        "\n".join(("indicator,area,year,comparator,value,source", *lines, "")), encoding="utf-8"
    )


def test_a_report_is_written_and_what_it_says_is_what_figures_say(demo: Demo) -> None:
    report = ask(demo.folder, "report", "write", "--period", YEAR)
    figures = {one["indicator"]: one for one in ask(demo.folder, "figures", "--period", YEAR)["rows"]}
    state = sentences_of(report)["achievements/hypertension/state-1"]
    assert f"{figures['htn_std']['value']:.2f}%" in state
    for one in report["figures"]:
        if one["area"] == figures["htn_std"]["area"] and one["period"] == YEAR:
            row = figures[one["indicator"]]
            assert (one["numerator"], one["denominator"]) == (row["numerator"], row["denominator"])
            assert (one["edition"], one["known"]) == (row["edition"], row["known"])
    assert report["dropped"] == [], "a county that is made up well has nothing to withhold"
    rate = figures["childcare_enrolment"]
    assert 0 < rate["value"] < 60


@pytest.mark.parametrize("period", ["2025", "2025-06-ytd", "2025Q3", "2025-10"])
@pytest.mark.parametrize("template", ["work-report", "progress"])
def test_what_it_writes_is_never_accused(demo: Demo, tmp_path: Path, period: str, template: str) -> None:
    out = tmp_path / "report.txt"
    asked = ("--period", period, "--template", template)
    assert call("report", "write", *asked, "--out", out, city=demo.folder).exit_code == 0
    audit = ask(demo.folder, "audit", out, "--period", period, "--own")
    assert [one for one in audit["relations"] if one["severity"] in ("impossible", "arithmetic")] == []
    held = [one["data"]["verdict"] for one in audit["claims"] if "data" in one]
    assert "differs" not in held
    # What a report of progress tells of steps, and of who is missing by condition, no indicator answers.
    assert held.count("agrees") > (len(held) / 2 if template == "work-report" else 1)


def test_the_confirmed_plan_is_told_with_who_answers(demo: Demo) -> None:
    report = ask(demo.folder, "report", "write", "--period", YEAR)
    said, items = sentences_of(report), ask(demo.folder, "plan", "list")["rows"]
    opening = next(text for name, text in said.items() if name.startswith("opening/"))
    assert f"共{len(items)}项" in opening
    assert [one["id"] for one in report["sections"]] == ["opening", "achievements", "problems", "next"]
    assert "责任单位为基层卫生科、县疾病预防控制中心" in said["next/hypertension/htn_std"]
    number = next(one["item"] for one in items if one["name"].startswith("9月底前"))
    assert "超过期限92天，尚待市级现场评审" in said[f"problems/plan/{number}"]
    (table,) = report["lists"]
    assert len(table["rows"]) == len(items)
    progress = sentences_of(ask(demo.folder, "report", "write", "--period", "2025-06-ytd", "--template", "progress"))
    assert sum(name.startswith("items/") for name in progress) == len(items)
    doors = [piece["page"] for row in table["rows"] for piece in row if "page" in piece]
    assert f"/plan/{number}" in doors


def test_a_plan_that_was_not_confirmed_yet_is_not_told(demo: Demo) -> None:
    report = ask(demo.folder, "report", "write", "--period", "2025-10-ytd", "--known", "2025-11-05")
    assert next(one["id"] for one in report["sections"]) != "opening"
    assert report["lists"] == []


def test_a_step_with_its_evidence_moves_the_sentences_of_its_item_alone(own_city: Path) -> None:
    key = ask(own_city, "report", "sign", "--period", YEAR)["edition"]
    number = next(one["item"] for one in ask(own_city, "plan", "list")["rows"] if "急救点" in one["name"])
    done = ("--done", "2025-12-28", "--evidence", "验收单 急救-03", "--count", "1")
    assert call("plan", "step", number, "东片急救点挂牌", *done, city=own_city).exit_code == 0
    moved = {one["id"]: one["after"] for one in ask(own_city, "report", "changes", key)["sentences"]}
    assert {name for name in moved if not name.startswith("opening/")} == {
        f"{part}/plan/{number}" for part in ("achievements", "problems", "next")
    }
    assert "新增标准化急救点为3个，目标为3个，已完成。" in moved.values()


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html"])
def test_pictures_and_tables_are_never_accused(demo: Demo, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"report{suffix}"
    assert call("report", "write", "--period", YEAR, "--out", out, city=demo.folder).exit_code == 0
    audit = ask(demo.folder, "audit", out, "--period", YEAR, "--own")
    assert [one for one in audit["relations"] if one["severity"] in ("impossible", "arithmetic")] == []
    assert audit["claims"], "what is checked is the report"


def test_its_pictures_are_of_the_figures(demo: Demo) -> None:
    """A city of two townships compares no areas: each picture is the year by month, and ends at the year's own figure."""
    report = ask(demo.folder, "report", "write", "--period", YEAR)
    figures = {(one["indicator"], one["area"]): one for one in ask(demo.folder, "figures", "--period", YEAR)["rows"]}
    assert report["pictures"]
    for picture in report["pictures"]:
        assert len(picture["months"]) == 12
        now, before = (report["figures"][one] for one in picture["months"][11])
        row = figures[now["indicator"], now["area"]]
        assert (now["numerator"], now["denominator"]) == (row["numerator"], row["denominator"])
        assert (now["period"], before["period"]) == (f"{YEAR}-12-ytd", f"{int(YEAR) - 1}-12-ytd")
    for table in report["tables"]:
        (whole, *parts) = [[report["figures"][one] for one in row] for row in table["rows"]]
        for column, total in enumerate(whole):
            if total["denominator_kind"] == "people":
                assert sum(row[column]["numerator"] for row in parts) <= total["numerator"]


def test_without_what_sets_it_there_is_no_pdf_and_the_environment_is_named(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    for suffix in (".pdf", ".docx"):
        result = call("report", "write", "--period", YEAR, "--out", tmp_path / f"r{suffix}", city=demo.folder)
        assert result.exit_code == 20
        assert "REPORT-008" in result.stderr
        assert not (tmp_path / f"r{suffix}").exists()
    assert call("report", "write", "--period", YEAR, "--out", tmp_path / "r.html", city=demo.folder).exit_code == 0


def test_somebody_elses_numbers_are_held_against_the_data(demo: Demo, tmp_path: Path) -> None:
    row = ask(demo.folder, "figures", "--period", YEAR, "--indicator", "htn_std")["rows"][0]
    right, wrong = f"{row['value']:.1f}%", f"{row['value'] - 1:.1f}%"
    file = tmp_path / "report.txt"
    text = (
        f"2025年工作情况\n全县高血压患者规范管理率{right}，高血压患者管理率70%。\n全县高血压患者规范管理率{wrong}。\n"
    )
    file.write_bytes(text.encode("gb18030"))
    audit = ask(demo.folder, "audit", file)
    assert [one["data"]["verdict"] for one in audit["claims"]] == ["agrees", "unmatched", "differs"]
    data = audit["claims"][2]["data"]
    assert (data["indicator"], data["area"], data["period"]) == ("htn_std", row["area"], YEAR)
    assert (data["numerator"], data["denominator"], data["known"]) == (
        row["numerator"],
        row["denominator"],
        row["known"],
    )
    assert data["differs_by"] == pytest.approx(-1, abs=0.06)
    question = next(one for one in audit["relations"] if one["relation"] == "data" and not one["holds"])
    assert question["severity"] == "bases"
    own = text.replace(wrong, f"{wrong}，分母为年内已管理的高血压患者人数")
    file.write_text(own, encoding="utf-8")
    assert ask(demo.folder, "audit", file, "--own", code=13)["relations"]


def test_known_is_the_day_of_the_report(demo: Demo, tmp_path: Path) -> None:
    asked = ("--period", "2025-10-ytd", "--indicator", "htn_std")
    then = ask(demo.folder, "figures", *asked, "--known", "2025-11-05")["rows"][0]
    file = tmp_path / "report.txt"
    file.write_text(f"2025年1—10月，全县高血压患者规范管理率为{then['value']:.2f}%。\n", encoding="utf-8")
    data = ask(demo.folder, "audit", file, "--known", "2025-11-05")["claims"][0]["data"]
    now = ask(demo.folder, "figures", *asked)["rows"][0]
    assert (data["verdict"], data["known"]) == ("agrees", then["known"])
    assert (data["today"]["numerator"], data["today"]["known"]) == (now["numerator"], now["known"])


def test_each_result_says_how_it_stands_against_the_data(demo: Demo, tmp_path: Path) -> None:
    row = ask(demo.folder, "figures", "--period", YEAR, "--indicator", "htn_std")["rows"][0]
    file, page, sheet = tmp_path / "report.txt", tmp_path / "marked.html", tmp_path / "claims.csv"
    counted = f"{row['numerator']}\t{row['denominator']}\t{row['value']:.2f}%"
    lines = [
        f"全县高血压患者规范管理率{row['value'] - 1:.2f}%，高血压患者管理率70%。",
        "地区\t高血压患者规范管理率\t\t\n\t分子\t分母\t率\n全县\t" + counted,
    ]
    file.write_text("2025年工作情况\n" + "\n".join(lines), encoding="utf-8")
    audit = ask(demo.folder, "audit", file, "--html", page)
    verdicts = [one["data"]["verdict"] for one in audit["claims"]]
    assert verdicts == ["differs", "unmatched", "agrees", "agrees", "agrees"]
    assert [one["data"].get("part") for one in audit["claims"][2:]] == ["numerator", "denominator", "value"]
    told = page.read_text(encoding="utf-8")
    assert all(f"claim {verdict}" in told for verdict in ("agrees", "differs", "unmatched"))
    assert "指标目录里没有这个名称" in told
    assert f"{row['numerator']} / {row['denominator']} = " in told
    said = call("audit", file, city=demo.folder).stdout
    assert "目录里没有这个名称 1" in said
    call("audit", file, "--format", "csv", "--out", sheet, city=demo.folder)
    head, first = sheet.read_text(encoding="utf-8-sig").splitlines()[:2]
    assert dict(zip(head.split(","), first.split(","), strict=False))["data_verdict"] == "differs"


def test_what_was_not_known_then_is_said_with_what_it_is_today(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("2025年，全县高血压患者规范管理率为60.00%。\n", encoding="utf-8")
    data = ask(demo.folder, "audit", file, "--known", "2020-01-01")["claims"][0]["data"]
    assert (data["verdict"], data["reason"]) == ("unmatched", "not_then")
    assert data["today"]["denominator"] > 0


def test_what_only_data_can_answer_needs_a_city(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("全县高血压患者规范管理率62%。", encoding="utf-8")
    for option in (("--period", YEAR), ("--known", "2025-11-05"), ("--own",)):
        result = call("audit", file, *option)
        assert result.exit_code != 0
        assert "AUDIT-009" in result.stderr
        assert option[0] in result.stderr


def test_paragraphs_of_people_survive_and_a_wrong_one_is_left_out(own_city: Path) -> None:
    (own_city / "reports").mkdir()
    (own_city / "reports" / "work-report-2025.md").write_text(NOTES, encoding="utf-8")
    for _ in range(2):
        report = ask(own_city, "report", "write", "--period", YEAR, code=13)
        said = "".join(sentences_of(report).values())
        assert "扎实推进基本公共卫生服务。" in said
        assert "举办健康讲座42场。" in said
        assert "99.99%" not in said
        assert [one["sentence"] for one in report["dropped"] if not one["indicator"]] == [
            "全县高血压患者规范管理率达99.99%。"
        ]


def test_broken_notes_and_files_are_answered(own_city: Path, tmp_path: Path) -> None:
    write = ("report", "write", "--period", YEAR)
    notes = tmp_path / "notes.md"
    for content, code in (
        ("## achievement\n一段。\n".encode(), "REPORT-004"),
        (bytes(range(128, 256)) * 9, "REPORT-003"),
    ):
        notes.write_bytes(content)
        result = call(*write, "--notes", notes, city=own_city)
        assert (result.exit_code != 0, code in result.stderr) == (True, True)
    assert "REPORT-002" in call(*write, "--notes", tmp_path / "no.md", city=own_city).stderr
    notes.write_bytes("## opening\n国标编码的一段。\n".encode("gb18030"))
    assert "国标编码的一段。" in call(*write, "--notes", notes, city=own_city).stdout
    notes.write_bytes("## opening\r\n带\x07控制符的一段。\r\n".encode())
    assert "带控制符的一段。" in call(*write, "--notes", notes, city=own_city).stdout
    assert call(*write, "--notes", notes, "--out", tmp_path / "r.docx", city=own_city).exit_code == 0
    notes.write_bytes("一段。".encode() * 40_000)
    assert "REPORT-007" in call(*write, "--notes", notes, city=own_city).stderr
    notes.write_bytes(b"")
    assert call(*write, "--notes", notes, city=own_city).exit_code == 0
    assert "REPORT-005" in call(*write, "--out", tmp_path / "report.odt", city=own_city).stderr
    assert not (tmp_path / "report.odt").exists()
    assert "REPORT-005" in call("report", "sign", "--out", tmp_path / "report.odt", city=own_city).stderr
    assert ask(own_city, "report", "list")["rows"] == [], "nothing is signed that cannot be handed out as asked"
    assert "REPORT-001" in call("report", "write", "--period", "1901", city=own_city).stderr
    assert "REPORT-006" in call("report", "changes", "work-report-2025-9", city=own_city).stderr


def test_it_is_signed_and_one_late_record_says_which_sentences_moved(
    demo: Demo, own_city: Path, tmp_path: Path
) -> None:
    signed = ask(own_city, "report", "sign", "--period", YEAR)
    key = signed["edition"]
    assert key == "work-report-2025-1"
    assert ask(own_city, "report", "changes", key)["sentences"] == []
    as_signed = tmp_path / "signed.pdf"
    assert call("report", "show", key, "--out", as_signed, city=own_city).exit_code == 0
    before = ask(own_city, "report", "show", key)["report"]

    sender = re.search(r"选机构 (\w+)", demo.told)
    assert sender is not None
    late = own_city / "try" / "late-record.csv"
    collected = call("collect", late, "--org", sender[1], "--json", city=own_city)
    assert json.loads(collected.stdout)["accepted"] == 1

    changes = ask(own_city, "report", "changes", key)
    assert changes["sentences"]
    moved = {(one["indicator"], one["area"]): one for each in changes["sentences"] for one in each["figures"]}
    compared = ask(own_city, "compare", "--period", YEAR, "--known-a", signed["known"])["rows"]
    for row in compared:
        if (row["indicator"], row["area"]) in moved:
            one = moved[row["indicator"], row["area"]]
            assert (one["before"]["numerator"], one["after"]["numerator"]) == (
                row["before"]["numerator"],
                row["after"]["numerator"],
            )
            assert one["causes"] == row["causes"]
    assert all(one["causes"].keys() <= {"late"} for one in moved.values())
    printed = sentences_of(ask(own_city, "report", "show", key)["report"])
    assert printed == sentences_of(before), "an edition never changes"
    for one in changes["sentences"]:
        assert printed.get(one["id"], "") == one["before"]
        assert one["before"] != one["after"]

    again = ask(own_city, "report", "sign", "--period", YEAR)
    assert again["edition"] == "work-report-2025-2"
    assert again["sha256"] != signed["sha256"]
    assert [one["edition"] for one in ask(own_city, "report", "list")["rows"]] == [key, again["edition"]]
    out = tmp_path / "again.docx"
    assert call("report", "show", key, "--out", out, city=own_city).exit_code == 0
    assert out.read_bytes()[:2] == b"PK"
    out = tmp_path / "again.pdf"
    assert call("report", "show", key, "--out", out, city=own_city).exit_code == 0
    assert out.read_bytes() == as_signed.read_bytes()
    assert call("verify", city=own_city).exit_code == 0


def test_a_goal_that_is_reached_is_no_problem(own_city: Path) -> None:
    row = ask(own_city, "figures", "--period", YEAR, "--indicator", "htn_std")["rows"][0]
    write_goals(own_city, f"htn_std,,2025,>=,{row['value'] + 5:.0f},要点")
    missed = sentences_of(ask(own_city, "report", "write", "--period", YEAR))
    assert "尚未达到" in missed["problems/hypertension/htn_std"]
    assert "还需" in missed["next/hypertension/htn_std"]
    write_goals(own_city, f"htn_std,,2025,>=,{row['value'] - 5:.0f},要点")
    reached = sentences_of(ask(own_city, "report", "write", "--period", YEAR))
    assert "尚未达到" not in reached.get("problems/hypertension/htn_std", "")
    assert "next/hypertension/htn_std" not in reached


def test_the_conditions_that_people_fail_are_those_of_their_list(own_city: Path) -> None:
    write_goals(own_city, "htn_std,,2025,>=,99,要点")
    said = sentences_of(ask(own_city, "report", "write", "--period", YEAR))["problems/hypertension/htn_std/failing"]
    area = ask(own_city, "figures", "--period", YEAR, "--indicator", "htn_std")["rows"][0]["area"]
    asked = ("--indicator", "htn_std", "--period", YEAR, "--area", area, "--in", "missing")
    people = ask(own_city, "people", *asked)["rows"]
    failed = [why["label"] for one in people for why in one["why"] if why["inputs"].get("holds") is False]
    assert failed
    assert dict(re.findall(r"未满足“(.+?)”的(\d+)人", said)) == {label: str(failed.count(label)) for label in failed}
