"""Writing a report: what has no value drops out, what is notable comes first, rounding is exact, and files can be read back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from fractions import Fraction

import html5lib
import pytest

from tests.reports import COUNTY, LIBRARY, TOWNS, draw_commission, hold_against, period_of, told
from wangdi.catalog.figures import ToldFigure
from wangdi.reports.text.numerals import to_hanzi
from wangdi.reports.writing.as_json import read_report, tell_report
from wangdi.reports.writing.composing import compose_report, parts_of
from wangdi.reports.writing.exhibits import place_exhibits
from wangdi.reports.writing.model import Commission, Goal, Material, Piece, Programme, Report
from wangdi.reports.writing.notable import note_indicator
from wangdi.reports.writing.passing import lay_text, pass_report
from wangdi.reports.writing.phrases import fill_sentence, round_half_up, show_figure, show_goal
from wangdi.reports.writing.rendered_docx import render_document
from wangdi.reports.writing.rendered_html import render_page
from wangdi.reports.writing.sentences import count_needed, counted_over, scope_of
from wangdi.reports.writing.showing import tabulate

INDICATORS = {one.id: one for pack in LIBRARY.newest.values() for one in pack.indicators.values()}
PAGES = "http://127.0.0.1:8000"


def figure(
    counted: tuple[int, int | None],
    area: tuple[str, str] = COUNTY,
    indicator: str = "htn_std",
    period: str = "2025",
) -> ToldFigure:
    return told(INDICATORS[indicator], area, period, counted)


def write(
    *materials: Material,
    period: str = "2025",
    template: str = "work-report",
    sentences: tuple[str, ...] = (),
    **free: tuple[str, ...],
) -> Report:
    return compose_report(commission(*materials, period=period, template=template, sentences=sentences, **free))


def commission(
    *materials: Material,
    period: str = "2025",
    template: str = "work-report",
    sentences: tuple[str, ...] = (),
    **free: tuple[str, ...],
) -> Commission:
    named = sentences or ("".join(f"{{{one.figure.indicator}}}" for one in materials),)
    programme = Programme("hypertension", "高血压患者健康管理", named, {one.figure.indicator: one for one in materials})
    day = date(2026, 1, 20)
    return Commission(
        template, COUNTY[1], period_of(period), "township", (programme,), 1000, "1000-test", day, dict(free)
    )


def texts(report: Report) -> dict[str, str]:
    return {one.id: one.text for one in report.sentences()}


# ---- phrases ----------------------------------------------------------------------------------------------------------
def piece(text: str) -> Piece:
    return Piece(text, figure((1, 2)))


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ({"a": "1", "b": "2", "c": "3%", "d": "4"}, "共有机构1所（其中备案2所，备案率3%），托位4个。"),
        ({"a": "1", "c": "3%", "d": "4"}, "共有机构1所（备案率3%），托位4个。"),
        ({"a": "1", "d": "4"}, "共有机构1所，托位4个。"),
        ({"a": "1", "b": "2", "c": "3%"}, "共有机构1所（其中备案2所，备案率3%）。"),
        ({}, ""),
    ],
)
def test_what_has_no_value_drops_its_clause(values: dict[str, str], written: str) -> None:
    text = "共有机构{a}所（其中备案{b}所，备案率{c}），托位{d}个。"
    pieces = fill_sentence(text, {name: piece(value) for name, value in values.items()})
    assert "".join(one.text for one in pieces) == written


def test_without_the_subject_the_others_name_themselves() -> None:
    places = {"b": Piece("65.38%", figure((153, 234))), "a": None}
    pieces = fill_sentence("高血压患者健康管理率达{a}，基层规范管理服务率达{b}。", places)
    assert "".join(one.text for one in pieces) == "高血压患者规范管理率为65.38%。"


def test_a_list_of_values_drops_as_one() -> None:
    text = "按队列，第1剂、第2剂接种率分别达{a}、{b}，全程接种率为{c}。"
    pieces = fill_sentence(text, {"a": piece("90%"), "c": piece("80%")})
    assert "90%" not in "".join(one.text for one in pieces)
    assert "80%" in "".join(one.text for one in pieces)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Fraction(125, 1000), "0.13"),
        (Fraction(1, 3), "0.33"),
        (Fraction(-125, 1000), "-0.13"),
        (Fraction(99_995, 1000), "100.00"),
        (Fraction(0), "0.00"),
        (Fraction(53, 80) * 100, "66.25"),
        (Fraction(10**15 + 1, 7), "142857142857143.00"),
    ],
)
def test_a_half_goes_up_on_the_exact_number(value: Fraction, written: str) -> None:
    assert round_half_up(value) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (85, "percent", "85%以上"),
        (92.5, "percent", "92.5%以上"),
        (1_234_567, "count", "1234567以上"),
        (100, "count", "100以上"),
    ],
)
def test_a_goal_is_written_out(value: float, unit: str, written: str) -> None:
    assert show_goal(">=", value, unit) == written


def test_a_rate_without_denominator_is_no_number() -> None:
    assert show_figure(figure((0, 0))) is None
    assert show_figure(figure((5, None), indicator="elder_mgmt")) is None
    shown = show_figure(figure((0, 8)))
    assert shown is not None
    assert shown.text == "0.00%"


@pytest.mark.parametrize(("number", "written"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (34, "三十四")])
def test_headings_count_in_chinese(number: int, written: str) -> None:
    assert to_hanzi(number) == written


@pytest.mark.parametrize(
    ("name", "scope"), [("试验县", "全县"), ("某市", "全市"), ("某区", "全区"), ("某街道", "全街道")]
)
def test_a_whole_area_is_called_by_what_it_is(name: str, scope: str) -> None:
    assert scope_of(name) == scope


# ---- what is notable --------------------------------------------------------------------------------------------------
def towns(*counted: tuple[int, int], indicator: str = "htn_std") -> tuple[ToldFigure, ...]:
    return tuple(figure(one, town, indicator) for one, town in zip(counted, TOWNS, strict=False))


def test_best_and_worst_leave_out_areas_with_few_and_share_a_rank() -> None:
    noted = note_indicator(Material(figure((100, 200)), areas=towns((29, 29), (60, 100), (40, 100))))
    assert [one.area_name for one in (*noted.best, *noted.worst)] == ["乙镇", "丙镇"]
    assert noted.left_out == 1
    alike = note_indicator(Material(figure((100, 200)), areas=towns((50, 100), (100, 200), (40, 100))))
    assert [one.area_name for one in alike.best] == ["甲镇", "乙镇"]
    same = note_indicator(Material(figure((100, 200)), areas=towns((50, 100), (100, 200))))
    assert (same.best, same.worst) == ((), ())


def test_a_missed_goal_is_a_problem_with_who_is_missing_and_what_it_takes() -> None:
    one = Material(figure((153, 234)), areas=towns((93, 135), (60, 99)), goal=Goal(">=", 70), people=True)
    said = texts(write(one))
    problem, step = said["problems/hypertension/htn_std"], said["next/hypertension/htn_std"]
    assert "年度目标为70%以上，尚未达到，差4.62个百分点" in problem
    assert "年内已管理的高血压患者234人中，尚有81人未达到要求，人数最多的为甲镇（42人）" in problem
    assert "还需11人" in step
    assert (153 + 11) / 234 >= 0.70 > (153 + 10) / 234


def test_those_missing_are_told_by_the_condition_they_fail() -> None:
    conditions = (("随访都按时完成", 70), ("记录填写完整", 20))
    one = Material(figure((153, 234)), goal=Goal(">=", 70), people=True, failing=conditions)
    said = texts(write(one))["problems/hypertension/htn_std/failing"]
    assert said.endswith("（一人可有多项）：未满足“随访都按时完成”的70人，未满足“记录填写完整”的20人。")
    assert "problems" not in "".join(texts(write(replace(one, goal=Goal(">=", 60)))))


@pytest.mark.parametrize(
    ("counted", "goal", "needed"),
    [
        ((153, 234), Goal(">=", 70), 11),
        ((69, 100), Goal(">=", 70), 1),
        ((70, 100), Goal(">=", 70), None),
        ((0, 3), Goal(">=", 33.4), 2),
        ((0, 100), Goal(">=", 120), None),
        ((60, 100), Goal("<=", 50), None),
    ],
)
def test_how_many_more_it_takes(counted: tuple[int, int], goal: Goal, needed: int | None) -> None:
    assert count_needed(note_indicator(Material(figure(counted), goal=goal, people=True))) == needed


def test_a_reached_goal_and_a_rise_are_achievements() -> None:
    one = Material(figure((80, 100)), figure((70, 100), period="2024"), goal=Goal(">=", 75), people=True)
    report = write(one)
    assert [section.id for section in report.sections] == ["achievements"]
    note = texts(report)["achievements/hypertension/note/htn_std"]
    assert note == "高血压患者规范管理率较上年提高10.00个百分点；年度目标为75%以上，已达到。"


def test_a_fall_is_no_achievement_and_a_flutter_no_problem() -> None:
    fallen = write(Material(figure((70, 100)), figure((80, 100), period="2024")))
    assert "note" not in "".join(texts(fallen))
    assert texts(fallen)["problems/hypertension/htn_std"] == "高血压患者规范管理率为70.00%，较上年下降10.00个百分点。"
    flutter = write(Material(figure((7000, 10_000)), figure((7050, 10_000), period="2024")))
    assert [section.id for section in flutter.sections] == ["achievements"]


def test_another_edition_is_said_beside_the_change() -> None:
    before = replace(figure((70, 100), period="2024"), edition="nbphs-2009")
    report = write(Material(figure((80, 100)), before))
    assert "（两期规则版本不同）" in texts(report)["achievements/hypertension/note/htn_std"]


def test_the_gravest_comes_first() -> None:
    missed = Material(figure((10, 100)), goal=Goal(">=", 70), people=True)
    further = Material(figure((5, 100), indicator="htn_ctrl"), goal=Goal(">=", 70), people=True)
    fallen = Material(figure((50, 100), indicator="htn_mgmt"), figure((60, 100), indicator="htn_mgmt", period="2024"))
    ids = [one for one in texts(write(fallen, missed, further)) if one.startswith("problems/")]
    assert [one.rpartition("/")[2] for one in ids] == ["htn_ctrl", "htn_std", "htn_mgmt"]


def test_what_counts_the_same_is_told_once() -> None:
    twice: tuple[Material, ...] = (Material(figure((80, 100)), figure((70, 100), period="2024")),)
    twice += (replace(twice[0], figure=figure((80, 100), indicator="htn_base_std")),)
    assert sum("note" in one for one in texts(write(*twice))) == 1


@pytest.mark.parametrize(
    ("period", "title", "than"),
    [
        ("2025", "试验县2025年卫生健康工作总结", "较上年提高"),
        ("2025-06-ytd", "试验县2025年上半年卫生健康工作总结", "较上年同期提高"),
        ("2025-10-ytd", "试验县2025年1—10月卫生健康工作总结", "较上年同期提高"),
        ("2025-10", "试验县2025年10月卫生健康工作总结", "较上年同期提高"),
    ],
)
def test_a_period_names_itself(period: str, title: str, than: str) -> None:
    before = period.replace("2025", "2024")
    one = Material(figure((80, 100), period=period), figure((70, 100), period=before))
    report = write(one, period=period)
    assert report.title == title
    assert than in texts(report)["achievements/hypertension/note/htn_std"]


def test_without_a_plan_a_report_of_progress_tells_the_achievements_in_its_place() -> None:
    one = Material(figure((10, 100)), goal=Goal(">=", 70), people=True)
    report = write(one, template="progress", sentences=("规范管理率达{htn_std}。",))
    assert [section.id for section in report.sections] == ["achievements", "problems", "next"]


def test_a_quarter_is_named_as_documents_name_it() -> None:
    report = write(Material(figure((80, 100), period="2025Q3")), period="2025Q3", sentences=("率达{htn_std}。",))
    assert report.title == "试验县2025年第三季度卫生健康工作总结"


# ---- what is large enough to be told ----------------------------------------------------------------------------------
def test_where_one_more_would_move_it_far_no_change_is_told() -> None:
    """Two of four people are no rise of 50 percentage points, and one case after none is no epidemic."""
    few = write(Material(figure((4, 4)), figure((2, 4), period="2024")), sentences=("率达{htn_std}。",))
    assert [one.id for one in few.sentences()] == ["achievements/hypertension/state-1"]
    assert "人数或例数不足30的指标不与上年比较。" in few.notes
    cases = cases_of(6, 1)
    assert "problems" not in "".join(texts(write(cases)))
    assert "例数不足30" in "".join(write(cases).notes)


def cases_of(now: int, before: int) -> Material:
    both = ((now, "2025"), (before, "2024"))
    told_of = [figure((count, None), indicator="idr_c_cases", period=period) for count, period in both]
    counted, was = (replace(one, denominator_kind="none") for one in told_of)
    return Material(counted, was)


def test_more_cases_of_a_disease_are_no_achievement() -> None:
    said = texts(write(cases_of(112, 53)))
    assert "note" not in "".join(said)
    problem = said["problems/hypertension/idr_c_cases"]
    assert problem == "丙类传染病病例数（按审核日期）为112例，较上年增长111.32%。"


def test_of_a_count_and_its_rate_the_rate_is_told() -> None:
    both = ((34, "2025"), (14, "2024"))
    now, was = (figure((count, 7403), indicator="idr_ab_incidence_review", period=period) for count, period in both)
    counts = [figure((count, None), indicator="idr_ab_cases", period=period) for count, period in both]
    counted, counted_before = (replace(each, denominator_kind="none") for each in counts)
    one, other = Material(now, was), Material(counted, counted_before)
    assert [each for each in texts(write(one, other)) if "problems" in each] == [
        "problems/hypertension/idr_ab_incidence_review"
    ]


@pytest.mark.parametrize(("period", "said"), [("2025", False), ("2025-06-ytd", True), ("2025Q3", True)])
def test_a_rate_of_part_of_a_year_is_said_to_be_none_of_a_year(period: str, said: bool) -> None:
    one = Material(figure((34, 7403), indicator="idr_ab_incidence_review", period=period))
    assert ("未折算为年率" in "".join(write(one, period=period).notes)) is said


def test_areas_are_compared_where_they_are_apart() -> None:
    apart = write(Material(figure((100, 200)), areas=towns((60, 100), (40, 100))))
    note = texts(apart)["achievements/hypertension/note/htn_std"]
    assert note == "高血压患者规范管理率为50.00%，其中甲镇60.00%、乙镇40.00%。"
    three = write(
        Material(figure((150, 300)), figure((120, 300), period="2024"), towns((60, 100), (50, 100), (40, 100)))
    )
    note = texts(three)["achievements/hypertension/note/htn_std"]
    assert note == "高血压患者规范管理率较上年提高10.00个百分点，其中甲镇最高，为60.00%，丙镇最低，为40.00%。"
    near = write(Material(figure((1000, 2000)), areas=towns((501, 1000), (499, 1000))))
    assert "note" not in "".join(texts(near))


def test_a_goal_that_is_reached_is_told_of_what_fell_a_little() -> None:
    one = Material(figure((800, 1000)), figure((805, 1000), period="2024"), goal=Goal(">=", 75))
    assert texts(write(one))["achievements/hypertension/note/htn_std"] == (
        "高血压患者规范管理率的年度目标为75%以上，已达到。"
    )


def test_what_is_on_course_is_no_problem_yet_and_still_to_do() -> None:
    goal = Goal(">=", 75, owners=("基层卫生科", "疾控中心"), on_course=True)
    said = texts(write(Material(figure((60, 100)), goal=goal, people=True)))
    assert "problems" not in "".join(said)
    assert said["next/hypertension/htn_std"].endswith("还需15人达到要求，责任单位为基层卫生科、疾控中心。")


@pytest.mark.parametrize(
    ("label", "base", "unit"),
    [
        ("年内已管理的高血压患者人数", "年内已管理的高血压患者", "人"),
        ("年内辖区内高血压患者总人数(估算)", "年内辖区内高血压患者（估算）", "人"),
        ("档案总份数", "档案", "份"),
        ("年末常住人口", "年末常住人口", "人"),
    ],
)
def test_what_a_denominator_counts_is_said_with_its_unit(label: str, base: str, unit: str) -> None:
    assert counted_over(label)[:2] == (base, unit)


# ---- what people write ------------------------------------------------------------------------------------------------
def test_paragraphs_of_people_stand_where_they_belong() -> None:
    one = Material(figure((80, 100)))
    free = {
        "opening": ("开头一段。",),
        "next": ("继续努力。",),
        "achievements/hypertension": ("举办讲座3场。再说一句。",),
    }
    report = compose_report(replace(commission(one, sentences=("规范管理率达{htn_std}。",)), free=free))
    assert lay_text(report).text.splitlines() == [
        "试验县2025年卫生健康工作总结",
        "开头一段。",
        "一、2025年工作成效",
        "（一）高血压患者健康管理。规范管理率达80.00%。举办讲座3场。再说一句。",
        "二、下一步工作",
        "继续努力。",
    ]
    parts = set(parts_of(commission(one).programmes, "work-report", planned=True))
    assert {"opening", "problems", "next/hypertension", "next/plan"} <= parts
    assert "items" in parts_of(commission(one).programmes, "progress", planned=True)
    assert "items" not in parts_of(commission(one).programmes, "progress", planned=False)


def test_what_people_write_against_the_data_or_against_reason_is_not_printed() -> None:
    one = Material(figure((80, 100)), areas=towns((50, 60), (30, 40)))
    free = {
        "opening": ("全县高血压患者规范管理率达95.00%。甲镇高血压患者规范管理率83.33%。",),
        "next": ("婴儿死亡率3.42‰，5岁以下儿童死亡率2.15‰。",),
    }
    asked = replace(commission(one, sentences=("高血压患者规范管理率达{htn_std}。",)), free=free)
    passed = pass_report(asked, lambda ground: hold_against(asked, ground))
    printed = lay_text(passed.report).text
    assert "95.00%" not in printed
    assert "3.42‰" not in printed
    assert "甲镇高血压患者规范管理率83.33%" in printed
    assert [(one.sentence.free, one.indicator) for one in passed.dropped] == [(True, ""), (True, "")]
    assert all(re.search(r"\d", one.why.message(lang)) for one in passed.dropped for lang in ("zh", "en"))


def test_a_figure_that_cannot_be_is_withheld_everywhere() -> None:
    """More children enrolled than there are: the rate is printed nowhere, the sentence goes on without it."""
    one = Material(figure((80, 100)))
    wrong = Material(figure((300, 23), indicator="childcare_enrolment"), areas=())
    asked = commission(one, wrong, sentences=("规范管理率达{htn_std}，入托率{childcare_enrolment}。",))
    passed = pass_report(asked, lambda ground: hold_against(asked, ground))
    assert "规范管理率达80.00%。" in lay_text(passed.report).text
    assert "入托率" not in lay_text(passed.report).text
    assert [one.indicator for one in passed.dropped] == ["childcare_enrolment"]


# ---- files ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def drawn() -> Report:
    return compose_report(draw_commission(7, "2025", opening=("<人写的> & 一段。",)))


def test_every_number_of_the_page_is_a_door(drawn: Report) -> None:
    page = render_page(drawn, PAGES)
    html5lib.HTMLParser(strict=True).parse(page)
    numbers = [one for one in drawn.sentences() for piece in one.pieces if piece.figure]
    links = re.findall(
        r'<a href="http://127\.0\.0\.1:8000/indicator/\w+\?area=\d{12}&amp;period=2025&amp;known=1000">', page
    )
    placed = place_exhibits(drawn)
    cells = [cell for one in placed if one.is_table for row in tabulate(drawn, one).rows for cell in row if cell.figure]
    assert len(cells) > 100, "the numbers of tables are doors too"
    assert len(links) == len(numbers) + len(drawn.figures()) + len(cells)
    assert "&lt;人写的&gt; &amp; 一段。" in page


def test_the_word_file_has_a_bookmark_at_every_number_and_a_row_for_every_figure(drawn: Report) -> None:
    from docx import Document
    from docx.oxml.ns import qn

    written = render_document(drawn, PAGES)
    document = Document(io.BytesIO(written))
    body = document.element.body
    marks = [one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))]
    anchors = [one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink")) if one.get(qn("w:anchor"))]
    numbers = [piece.text for one in drawn.sentences() for piece in one.pieces if piece.figure]
    shown = [one.mark for one in place_exhibits(drawn)]
    assert len(marks) == len(set(marks)) == len(numbers) + len(drawn.figures()) + len(shown) + 1
    assert len(anchors) == len(numbers) + len(shown)
    assert set(shown) <= set(anchors)
    assert set(anchors) <= set(marks)
    ids = [one.get(qn("w:id")) for one in body.iter(qn("w:bookmarkStart"))]
    assert len(set(ids)) == len(ids)
    table = document.tables[-1]
    assert len(table.rows) == len(drawn.figures()) + 1
    first = drawn.figures()[0]
    assert [cell.text for cell in table.rows[1].cells][3:5] == [f"{first.numerator:.0f}", f"{first.denominator:.0f}"]
    assert render_document(drawn, PAGES) == written


def test_the_word_file_is_laid_out_by_the_standard(drawn: Report) -> None:
    """In twentieths of a point and in what is written: 156 × 225 mm take 22 lines of 28 characters, and not one more."""
    with zipfile.ZipFile(io.BytesIO(render_document(drawn, PAGES))) as parts:
        document, styles = (parts.read(f"word/{name}.xml").decode() for name in ("document", "styles"))
    page = re.search(r'<w:pgSz w:w="(\d+)" w:h="(\d+)"', document)
    margins = re.search(r'<w:pgMar w:top="(\d+)" w:right="(\d+)" w:bottom="(\d+)" w:left="(\d+)"', document)
    assert page is not None
    assert margins is not None
    top, right, bottom, left = (int(one) for one in margins.groups())
    width, height = int(page[1]) - left - right, int(page[2]) - top - bottom
    assert [round(one / 1440 * 25.4) for one in (width, height)] == [156, 225]
    body = re.search(r'w:line="(\d+)" w:lineRule="exact"/><w:ind w:firstLineChars="200"', document)
    closer = re.search(r'<w:spacing w:val="(-\d+)"/>', styles)
    assert body is not None
    assert closer is not None
    assert 22 * int(body[1]) <= height < 23 * int(body[1])
    assert 28 * (320 + int(closer[1])) <= width < 29 * (320 + int(closer[1]))
    assert {"方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"} <= set(
        re.findall(r'w:eastAsia="([^"]+)"', document)
    )


def test_json_brings_the_report_back(drawn: Report) -> None:
    told_of = json.loads(json.dumps(tell_report(drawn), ensure_ascii=False))
    assert read_report(told_of) == drawn


def test_a_commission_without_anything_to_say_is_an_empty_report() -> None:
    report = write(Material(figure((0, 0))))
    assert report.sections == ()
    assert pass_report(commission(Material(figure((0, 0)))), lambda _: []).report.sections == ()
    render_document(report, PAGES)
    html5lib.HTMLParser(strict=True).parse(render_page(report, PAGES))


def test_a_programme_of_which_nothing_is_known_is_not_said_to_have_nothing() -> None:
    kept = Material(figure((80, 100)))
    ledger = Programme("childcare", "托育机构台账", ("共有机构{childcare_places}所。",), {})
    places = Material(replace(figure((0, None), indicator="childcare_places"), denominator_kind="none"))
    ledger = replace(ledger, materials={"childcare_places": places})
    asked = commission(kept, sentences=("规范管理率达{htn_std}。",))
    report = compose_report(replace(asked, programmes=(*asked.programmes, ledger)))
    assert "机构" not in lay_text(report).text
    assert "没有记录而未写的：托育机构台账。" in report.notes
