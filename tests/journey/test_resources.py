"""Returns of institutions: usual headers are read, a month sent again replaces, a month that is missing is no nought."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import xlsxwriter

from tests.journey.small_city import COUNTY, REGIONS, TOWN, ask, call
from tests.pages import check_page, open_pages, read, words_of

ORGANISATIONS = f"""\
code,name,kind,level,region,parent,valid_from,valid_to
H1,试验县医院,hospital,county,{COUNTY},,2010-01-01,
W1,甲镇卫生院,township_hospital,township,{TOWN},,2010-01-01,
C1,甲一村卫生室,village_clinic,village,990101001101,W1,2010-01-01,
"""
PLACES = [
    "机构代码",
    "机构名称",
    "机构类别",
    "数据截至日期",
    "实有床位数",
    "在岗职工数",
    "卫生技术人员数",
    "执业（助理）医师数",
    "注册护士数",
    "全科医生数",
]
MONTHS = ["机构代码", "机构名称", "机构类别", "统计月份", "总诊疗人次数", "出院人数", "出院者占用总床日数"]
POPULATION = f"area,year,kind,value,source,published_on\n{COUNTY},2025,residents_year_end,20000,统计局,2026-01-20\n"


Found: TypeAlias = dict[tuple[str, str], dict[str, Any]]
"""Figures by indicator and the name of the area."""


def write(path: Path, header: Sequence[str], *rows: Sequence[object]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def send(city: Path, path: Path, on: str) -> dict[str, Any]:
    told: dict[str, Any] = ask(city, "collect", path, "--org", "H1", "--received-at", f"{on}T09:00:00")
    return told


def figures(city: Path, *names: str, period: str = "2025", by: str = "county", known: str = "") -> Found:
    chosen = [word for name in names for word in ("--indicator", name)]
    told = ask(city, "figures", "--period", period, "--by", by, *chosen, *(("--known", known) if known else ()))
    return {(row["indicator"], row["area_name"]): row for row in told["rows"]}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two institutions that report by month and a village clinic that does not; W1's February never comes."""
    folder = tmp_path_factory.mktemp("resources")
    city = folder / "city"
    for name, text in (("regions", REGIONS), ("organisations", ORGANISATIONS), ("populations", POPULATION)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    given = [(f"--{name}", folder / f"{name}.csv") for name in ("regions", "organisations", "populations")]
    made = call("init", city, *(word for pair in given for word in pair))
    assert made.exit_code == 0, made.output
    send(
        city,
        write(
            folder / "年报.csv", PLACES,
            ["H1", "试验县医院", "综合医院", "2024-12-31", 100, 200, 170, 60, 80, 2],
            ["W1", "甲镇卫生院", "C2", "2024-12-31", 20, 40, 30, 12, 10, 6],
            ["C1", "甲一村卫生室", "村卫生室", "2024-12-31", 0, 2, 1, 0, 0, 0],
        ),
        "2025-01-08",
    )  # fmt: skip
    send(
        city,
        write(
            folder / "一月.csv", MONTHS,
            ["H1", "试验县医院", "A1", "2025年1月", 3000, 100, 800], ["W1", "甲镇卫生院", "C2", "202501", 5000, 10, 60],
        ),
        "2025-02-05",
    )  # fmt: skip
    path = folder / "二月.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("月报")
        sheet.merge_range("A1:G1", "医疗卫生机构服务月报", book.add_format({"bold": True}))
        for row, cells in enumerate([MONTHS, ["H1", "试验县医院", "A1", "2025-02", 2000, 90, 700]], start=2):
            sheet.write_row(row, 0, cells)
    send(city, path, "2025-03-05")
    return city


def test_usual_headers_are_read_from_csv_and_workbook(city: Path) -> None:
    names = ("health_institutions", "beds", "doctors", "nurses", "nurses_per_doctor", "beds_per_1000")
    told = figures(city, *names, period="2025-02-ytd")
    assert {name: row["numerator"] for (name, _), row in told.items()} == {
        "health_institutions": 3, "beds": 120, "doctors": 72, "nurses": 90, "nurses_per_doctor": 90, "beds_per_1000": 120,
    }  # fmt: skip
    assert told["nurses_per_doctor", "试验县"]["value"] == 1.25
    assert told["beds_per_1000", "试验县"]["value"] == 6
    line = call("figures", "--period", "2025-02-ytd", "--indicator", "nurses_per_doctor", city=city).stdout
    assert "1:1.25" in line


def test_months_add_up_and_open_to_the_institution_and_its_line(city: Path) -> None:
    told = figures(city, "visits", "primary_visit_share", "mean_stay", period="2025-02-ytd")
    assert told["visits", "试验县"]["value"] == 10_000
    assert told["primary_visit_share", "试验县"]["value"] == 50
    assert told["mean_stay", "试验县"]["value"] == pytest.approx(1560 / 200)
    listed = ask(city, "people", "--indicator", "visits", "--period", "2025-01", "--area", TOWN, "--in", "numerator")
    (row,) = listed["rows"]
    assert row["org"] == "W1"
    fact = row["why"][0]["inputs"]["fact_id"]
    trace = ask(city, "trace", fact)
    assert (trace["source"]["file"], trace["source"]["line"]) == ("一月.csv", 3)
    assert trace["fact"]["fields"]["reported_month"] == "2025-01-31"


def test_a_missing_month_is_told_and_is_no_nought(city: Path) -> None:
    told = figures(city, "visits", period="2025-02", by="org")
    assert told["visits", "试验县医院"]["value"] == 2000
    assert (told["visits", "甲镇卫生院"]["value"], told["visits", "甲镇卫生院"]["numerator"]) == (None, None)
    whole = figures(city, "visits", period="2025-02")["visits", "试验县"]
    assert (whole["value"], whole["returns_here"], whole["returns_due"]) == (2000, 1, 2)
    assert "1/2" in call("figures", "--period", "2025-02", "--indicator", "visits", city=city).stdout
    share = figures(city, "monthly_returns", period="2025-02-ytd")["monthly_returns", "试验县"]
    assert (share["numerator"], share["denominator"]) == (3, 4)
    (row,) = ask(
        city, "people", "--indicator", "monthly_returns", "--period", "2025-02-ytd", "--area", COUNTY, "--in", "missing"
    )["rows"]
    assert (row["org"], row["why"][0]["label"]) == ("W1", "已报月报份数（2025-02）")


def test_months_that_have_not_ended_are_not_due(city: Path) -> None:
    share = figures(city, "monthly_returns")["monthly_returns", "试验县"]
    assert (share["numerator"], share["denominator"]) == (3, 4)
    later = figures(city, "visits", period="2025-03")["visits", "试验县"]
    assert (later["value"], later["returns_due"]) == (None, 0)


def test_the_page_says_what_is_missing_and_leads_to_it(city: Path) -> None:
    with open_pages(city) as client:
        page = check_page(read(client, f"/indicator/visits?area={COUNTY}&period=2025-02"))
        assert "月报应报 2 份，已到 1 份" in words_of(page)
        (link,) = [one.get("href") for one in page.iter("a") if "缺 1 份" in (one.text or "")]
        listed = words_of(check_page(read(client, str(link))))
        assert "甲镇卫生院" in listed
        assert "已报月报份数（2025-02）" in listed
        ratio = words_of(check_page(read(client, f"/indicator/nurses_per_doctor?area={COUNTY}&period=2025-02-ytd")))
        assert "1:1.25" in ratio
        assert "差额" not in ratio, "nurses are no part of the doctors"


def test_a_month_sent_again_replaces_and_the_old_figure_stays_known(city: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "更正.csv", MONTHS, ["H1", "试验县医院", "A1", "2025-02-15", 2100, 90, 700])
    told = send(city, path, "2025-03-20")
    assert (told["accepted"], told["superseded"]) == (1, 1)
    assert figures(city, "visits", period="2025-02")["visits", "试验县"]["value"] == 2100
    before = figures(city, "visits", period="2025-02", known="2025-03-10")
    assert before["visits", "试验县"]["value"] == 2000


def test_a_report_is_held_against_the_returns(city: Path, tmp_path: Path) -> None:
    report = tmp_path / "总结.txt"
    report.write_text(
        "试验县2025年1月卫生健康工作总结\n2025年1月，全县有卫生专业技术人员201人、执业(助理)医师72人，注册护士90人，医护比1∶1.30。"
        "基层诊疗量占比达62.5%，平均住院日7.8天。医疗机构总诊疗量0.8万人次。\n",
        encoding="utf-8",
    )
    told = ask(city, "audit", report, "--city", city, code=0)
    held = {one["data"]["indicator"]: one["data"] for one in told["claims"] if one["data"]["verdict"] != "unmatched"}
    assert {name: one["verdict"] for name, one in held.items()} == {
        "health_technicians": "agrees", "doctors": "agrees", "nurses": "agrees", "nurses_per_doctor": "differs",
        "visits": "agrees", "primary_visit_share": "agrees", "mean_stay": "agrees",
    }  # fmt: skip
    assert held["nurses_per_doctor"]["value"] == 1.25


def test_achievements_count_what_is_in_force_at_the_end(city: Path, tmp_path: Path) -> None:
    header = ["成果编号", "成果名称", "成果类别", "承担机构代码", "认定或变更日期", "是否有效"]
    path = write(
        tmp_path / "成果.csv", header,
        ["CG1", "甲一村卫生室规范化建设", "规范化村卫生室（站）", "C1", "2024-05-20", "是"],
        ["CG2", "试验县医院工作室", "名医专家工作室", "H1", "2025-02-01", "是"],
        ["CG1", "甲一村卫生室规范化建设", "规范化村卫生室（站）", "C1", "2025-02-20", "否"],
    )  # fmt: skip
    send(city, path, "2025-03-25")
    names = ("village_clinics_standard", "expert_studios")
    now, before = figures(city, *names, period="2025-02-ytd"), figures(city, *names, period="2024")
    assert [now[name, "试验县"]["value"] for name in names] == [0, 1]
    assert [before[name, "试验县"]["value"] for name in names] == [1, 0]
