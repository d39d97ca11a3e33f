"""What a report says of a confirmed plan: how many items stand where, each in its section, and the list as a table."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date

import pytest

from tests.reports import COUNTY, LIBRARY, draw_commission, period_of, told
from wangdi.reports.writing.as_json import read_report, tell_report
from wangdi.reports.writing.composing import compose_report
from wangdi.reports.writing.exhibits import place_exhibits
from wangdi.reports.writing.headings import title_lines
from wangdi.reports.writing.items import MISSED, OPEN, REACHED, show_amount
from wangdi.reports.writing.model import Commission, Goal, Item, Plan, Report, Step
from wangdi.reports.writing.passing import lay_text
from wangdi.reports.writing.rendered_docx import render_document
from wangdi.reports.writing.rendered_html import render_page
from wangdi.reports.writing.rendered_pdf import render_pdf
from wangdi.reports.writing.showing import tabulate

PAGES = "http://127.0.0.1:8000"
INDICATORS = {one.id: one for pack in LIBRARY.newest.values() for one in pack.indicators.values()}
END = date(2025, 12, 31)


def item(number: str, state: str, **more: object) -> Item:
    plain = Item(f"p/{number}", f"/plan/p/{number}", f"事项{number}", f"事项{number}", state, END, ("甲科", "乙科"))
    return replace(plain, **more)  # type: ignore[arg-type]


def rate(number: str, state: str, counted: tuple[int, int], goal: float, period: str = "2025") -> Item:
    figure = told(INDICATORS["htn_std"], COUNTY, period, counted)
    return item(number, state, name="高血压患者规范管理率", goal=Goal(">=", goal, "%"), figure=figure)


DONE = item("1", REACHED, steps=(Step("验收", date(2025, 6, 1), date(2025, 6, 5)),))
LATE = item(
    "2", MISSED, text="9月底前完成评审", deadline=date(2025, 9, 30),
    steps=(Step("自评", date(2025, 7, 1), date(2025, 7, 2)), Step("现场评审", date(2025, 9, 20), None)),
)  # fmt: skip
COUNTED = item("3", MISSED, name="新增急救点数", goal=Goal(">=", 3, "个"), counted=2.0, asked=3.0, owners=("丙科",))
WAITING = item("4", OPEN, text="通过健康县评审", deadline=date(2026, 6, 30))
REACHED_RATE, MISSED_RATE = rate("5", REACHED, (80, 100), 75), rate("6", MISSED, (60, 100), 75)
ALL = (DONE, LATE, COUNTED, WAITING, REACHED_RATE, MISSED_RATE)


def commission(*items: Item, template: str = "work-report", period: str = "2025") -> Commission:
    plan = Plan("2025年卫生健康工作要点", "/plan?plan=p", items)
    plans = (plan,) if items else ()
    about = period_of(period)
    return Commission(template, COUNTY[1], about, "township", (), 1000, "1000-test", date(2026, 1, 20), {}, plans)


def texts(report: Report) -> dict[str, str]:
    return {one.id: one.text for one in report.sentences()}


def test_the_opening_tells_how_many_stand_where() -> None:
    said = lay_text(compose_report(commission(*ALL))).text.splitlines()[1]
    assert said == (
        "《2025年卫生健康工作要点》列入清单的任务共6项，截至2025年12月31日，达到目标或完成2项，未到期限1项，"
        "到期未达到目标或未完成3项。"
    )


def test_what_no_indicator_measures_stands_in_its_section() -> None:
    said = texts(compose_report(commission(*ALL)))
    assert said["achievements/plan/p/1"] == "事项1，已于2025年6月5日完成。"
    assert said["problems/plan/p/2"] == "9月底前完成评审，2个步骤已完成1个，超过期限92天，尚待现场评审。"
    assert said["problems/plan/p/3"] == "新增急救点数为2个，目标为3个，还差1个。"
    assert said["next/plan/p/2"] == "9月底前完成评审，尚待现场评审，责任单位为甲科、乙科。"
    assert said["next/plan/p/4"] == "通过健康县评审，期限为2026年6月30日，责任单位为甲科、乙科。"
    assert not [one for one in said if one.endswith(("p/5", "p/6"))], "what is measured stands with its programme"


def test_a_report_of_progress_tells_every_item_under_who_answers() -> None:
    report = compose_report(commission(*ALL, template="progress"))
    assert [one.id for one in report.sections] == ["opening", "items", "problems", "next"]
    items = next(one for one in report.sections if one.id == "items")
    assert [one.heading for one in items.paragraphs] == ["甲科", "丙科"]
    said = texts(report)
    assert said["items/plan/p/5"] == "高血压患者规范管理率为80.00%，目标为75%以上，已达到。"
    assert said["items/plan/p/6"] == "高血压患者规范管理率为60.00%，目标为75%以上，差15.00个百分点。"
    assert said["items/plan/p/4"] == "通过健康县评审，尚未完成，期限为2026年6月30日。"


def test_a_month_says_that_it_tells_of_the_year_so_far() -> None:
    one = rate("6", OPEN, (60, 100), 75, period="2025-10-ytd")
    report = compose_report(commission(one, template="progress", period="2025-10"))
    assert texts(report)["items/plan/p/6"].startswith("1—10月高血压患者规范管理率为60.00%")


def test_an_item_without_a_figure_says_so() -> None:
    one = replace(MISSED_RATE, figure=None)
    said = texts(compose_report(commission(one, template="progress")))["items/plan/p/6"]
    assert said == "高血压患者规范管理率的目标为75%以上，尚无数据。"


def test_people_write_to_the_items_too() -> None:
    report = compose_report(replace(commission(*ALL), free={"next/plan": ("另行部署。",), "opening": ("开头。",)}))
    assert next(one.text for one in report.sentences()) == "开头。"
    assert "另行部署。" in lay_text(report).text


@pytest.mark.parametrize(
    ("value", "unit", "shown"), [(3.0, "个", "3个"), (1_250_000.0, "元", "125万元"), (8_000.0, "元", "8000元")]
)
def test_money_is_told_in_ten_thousands(value: float, unit: str, shown: str) -> None:
    assert show_amount(value, unit) == shown


def test_the_list_is_a_table_whose_cells_are_doors() -> None:
    report = compose_report(commission(*ALL))
    (placed,) = place_exhibits(report)
    table = tabulate(report, placed)
    assert table.caption == "表1　《2025年卫生健康工作要点》落实情况（截至2025年12月31日）"
    assert [[cell.text for cell in row] for row in table.rows][1:5] == [
        ["9月底前完成评审", "—", "2步完成1步", "未完成", "2025-09-30", "甲科、乙科"],
        ["新增急救点数", "3个", "2个", "未达到", "2025-12-31", "丙科"],
        ["通过健康县评审", "—", "—", "未到期限", "2026-06-30", "甲科、乙科"],
        ["高血压患者规范管理率", "75%以上", "80.00%", "已达到", "2025-12-31", "甲科、乙科"],
    ]
    page = render_page(report, PAGES)
    assert f'<a href="{PAGES}/plan/p/2">9月底前完成评审</a>' in page
    assert f'<a href="{PAGES}/plan?plan=p">6</a>项' in page
    assert '（见<a href="#table_1">表1</a>）。' in page


def test_files_and_json_hold_the_list() -> None:
    from docx import Document

    report = compose_report(commission(*ALL, template="progress"))
    document = Document(io.BytesIO(render_document(report, PAGES)))
    assert [cell.text for cell in document.tables[0].rows[0].cells] == [
        "任务",
        "目标",
        "目前",
        "情况",
        "期限",
        "责任单位",
    ]
    assert len(document.tables[0].rows) == 1 + len(ALL)
    assert render_pdf(report, PAGES)[:5] == b"%PDF-"
    told_of = json.loads(json.dumps(tell_report(report), ensure_ascii=False))
    assert read_report(told_of) == report
    del told_of["lists"]
    assert read_report(told_of).lists == (), "editions from before reports told of plans"


@pytest.mark.parametrize(
    ("template", "period", "lines"),
    [
        ("work-report", "2025", ["试验县2025年卫生健康工作总结"]),
        ("progress", "2025-10-ytd", ["试验县2025年1—10月", "卫生健康重点工作进展情况"]),
    ],
)
def test_a_long_title_is_cut_between_words(template: str, period: str, lines: list[str]) -> None:
    drawn = draw_commission(7, period, template)
    assert title_lines(compose_report(drawn)) == lines
