"""Pictures and tables of a report: which there are, that they are true to their values, and how the text names them."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import html5lib
import pytest

from tests.reports import COUNTY, LIBRARY, TOWNS, draw_commission, period_of, told
from wangdi.catalog.figures import ToldFigure
from wangdi.core.plotting import axis_ticks
from wangdi.reports.writing.as_json import read_report, tell_report
from wangdi.reports.writing.charts import Bars, Lines, draw_bars, draw_lines
from wangdi.reports.writing.composing import compose_report, note_programme
from wangdi.reports.writing.exhibits import place_exhibits, refer_pieces, wants_months
from wangdi.reports.writing.model import Commission, Goal, Material, Month, Programme, Report
from wangdi.reports.writing.passing import lay_text
from wangdi.reports.writing.rendered_html import render_page
from wangdi.reports.writing.showing import draw_picture, tabulate_areas

INDICATORS = {one.id: one for pack in LIBRARY.newest.values() for one in pack.indicators.values()}
SVG = "{http://www.w3.org/2000/svg}"


def figure(
    counted: tuple[int, int | None],
    area: tuple[str, str] = COUNTY,
    period: str = "2025",
    indicator: str = "htn_std",
) -> ToldFigure:
    return told(INDICATORS[indicator], area, period, counted)


def material(
    now: int, before: int, towns: tuple[int, ...], goal: Goal | None = None, indicator: str = "htn_std"
) -> Material:
    areas = tuple(figure((count, 100), town, indicator=indicator) for count, town in zip(towns, TOWNS, strict=True))
    was = figure((before, 300), period="2024", indicator=indicator)
    return Material(figure((now, 300), indicator=indicator), was, areas, goal, people=True)


def commission(*materials: Material, period: str = "2025") -> Commission:
    named = ("".join(f"{one.figure.title}为{{{one.figure.indicator}}}。" for one in materials),)
    listed = {one.figure.indicator: one for one in materials}
    programme = Programme("hypertension", "高血压患者健康管理", named, listed)
    return replace(draw_commission(1, period), programmes=(programme,), free={})


def months(*pairs: tuple[int | None, int | None]) -> tuple[Month, ...]:
    def side(count: int | None, year: int, month: int) -> ToldFigure | None:
        return None if count is None else figure((count, 100), period=f"{year}-{month:02}-ytd")

    return tuple(Month(side(now, 2025, at), side(was, 2024, at)) for at, (now, was) in enumerate(pairs, start=1))


# ---- which there are --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("towns", "before", "period", "wanted"),
    [
        ((95, 80, 65), 230, "2025", ""),  # the areas are 30 apart, the year before 3
        ((81, 80, 79), 180, "2025", "htn_std"),  # 2 apart, 20 from the year before
        ((81, 80, 79), 180, "2025-06-ytd", "htn_std"),
        ((81, 80, 79), 180, "2025-02-ytd", ""),  # two months are no line
        ((81, 80, 79), 180, "2025-10", ""),  # a month has no months
        ((80, 80, 80), 240, "2025", ""),  # nothing to be seen
    ],
)
def test_the_larger_difference_is_drawn(towns: tuple[int, ...], before: int, period: str, wanted: str) -> None:
    asked = commission(material(240, before, towns), period=period)
    assert wants_months(period_of(period), note_programme(asked.programmes[0])) == wanted


def test_areas_are_drawn_with_the_highest_first_and_the_goal() -> None:
    report = compose_report(commission(material(240, 230, (65, 95, 80), Goal(">=", 85))))
    (picture,) = report.pictures
    assert [one.area_name for one in picture.areas] == ["乙镇", "丙镇", "甲镇"]
    assert picture.goal == Goal(">=", 85)


def test_a_difference_that_nobody_sees_is_not_drawn() -> None:
    assert compose_report(commission(material(240, 240, (80, 80, 80)))).pictures == ()


def test_a_quarter_has_no_months_and_shows_the_areas_of_the_next() -> None:
    """The most notable changed, and is the same everywhere; a quarter is not what months add up to."""
    changed = material(240, 120, (80, 80, 80))
    apart = material(150, 149, (70, 50, 30), indicator="htn_ctrl")
    (picture,) = compose_report(commission(changed, apart, period="2025Q3")).pictures
    assert ({one.indicator for one in picture.areas}, picture.months) == ({"htn_ctrl"}, ())


def test_months_are_drawn_where_they_are_known() -> None:
    known = months((40, 30), (60, 50), (80, 60))
    asked = replace(material(240, 180, (81, 80, 79)), months=known)
    (picture,) = compose_report(commission(asked)).pictures
    assert (picture.areas, picture.months) == ((), known)


def test_a_table_has_the_whole_first_and_a_dash_where_nothing_is_known() -> None:
    first = material(240, 230, (95, 80, 65), Goal(">=", 85))
    second = Material(
        figure((90, 300), indicator="htn_ctrl"), None, (figure((50, 100), TOWNS[0], indicator="htn_ctrl"),)
    )
    report = compose_report(commission(first, second))
    (placed,) = [one for one in place_exhibits(report) if one.table]
    assert placed.table is not None
    shown = tabulate_areas(report, placed, placed.table)
    assert shown.caption == "表1　2025年高血压患者健康管理分乡镇情况"
    assert [cell.text for cell in shown.head[0]] == ["地区", "高血压患者规范管理率", "管理人群血压控制率"]
    assert [cell.text for cell in shown.head[1]] == ["分子", "分母", "率(%)"] * 2
    assert sum(cell.across for cell in shown.head[0]) == len(shown.widths) == len(shown.rows[0])
    assert sum(shown.widths) == pytest.approx(156)
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["试验县", "240", "300", "80.00", "90", "300", "30.00"],
        ["甲镇", "95", "100", "95.00", "50", "100", "50.00"],
        ["乙镇", "80", "100", "80.00", "—", "—", "—"],
        ["丙镇", "65", "100", "65.00", "—", "—", "—"],
    ]


# ---- how the text names them ------------------------------------------------------------------------------------------
def shown_text(report: Report) -> str:
    placed = place_exhibits(report)
    return "".join(piece.text for one in report.paragraphs() for piece in refer_pieces(one, placed))


def test_the_first_sentence_names_them_and_plain_text_does_not() -> None:
    report = compose_report(commission(material(240, 230, (95, 80, 65))))
    assert "高血压患者规范管理率为80.00%（见图1、表1）。" in shown_text(report)
    assert "见图1" not in lay_text(report).text


def test_what_has_no_paragraph_is_not_shown() -> None:
    report = compose_report(commission(material(240, 230, (95, 80, 65))))
    silent = report.without([one.id for one in report.sentences()])
    assert place_exhibits(silent) == []
    assert [one.name for one in place_exhibits(report)] == ["图1", "表1"]


def test_words_of_people_do_not_name_them() -> None:
    asked = replace(commission(material(240, 230, (95, 80, 65))), free={"opening": ("一段。",)})
    assert shown_text(compose_report(asked)).startswith("一段。高血压")


def test_many_programmes_are_numbered_as_they_come() -> None:
    report = compose_report(draw_commission(7, "2025"))
    placed = place_exhibits(report)
    for kind in ("picture", "table"):
        marks = [one.mark for one in placed if one.mark.startswith(kind)]
        assert len(marks) > 1
        assert marks == [f"{kind}_{number}" for number in range(1, len(marks) + 1)]
        assert [shown_text(report).index(one.name) for one in placed if one.mark in marks] == sorted(
            shown_text(report).index(one.name) for one in placed if one.mark in marks
        )


def test_an_edition_from_before_there_were_pictures_is_read() -> None:
    report = compose_report(commission(material(240, 230, (95, 80, 65))))
    old = json.loads(json.dumps(tell_report(report)))
    for name in ("day", "level", "pictures", "tables"):
        del old[name]
    back = read_report(old)
    assert (back.day, back.level, back.pictures, back.tables) == (None, "", (), ())
    assert lay_text(back).text == lay_text(report).text
    html5lib.HTMLParser(strict=True).parse(render_page(back, "http://127.0.0.1:8000"))


# ---- true to their values ---------------------------------------------------------------------------------------------
def bars_of(svg: str) -> list[float]:
    return [float(one.attrib["width"]) for one in ElementTree.fromstring(svg).findall(f"{SVG}rect")[1:]]


def test_bars_begin_at_nothing_and_are_as_long_as_their_values() -> None:
    svg = draw_bars(
        Bars("<图> & 1", ["甲镇", "乙镇", "<丙>镇"], [80.0, 40.0, 0.0], ["80%", "40%", "0%"], (60.0, "目标60%以上"))
    )
    long, half, none = bars_of(svg)
    assert long == pytest.approx(2 * half, abs=0.2)
    assert none == 0
    root = ElementTree.fromstring(svg)
    (dashed,) = [one for one in root.findall(f"{SVG}line") if "stroke-dasharray" in one.attrib]
    begins = float(root.findall(f"{SVG}rect")[1].attrib["x"])
    assert float(dashed.attrib["x1"]) - begins == pytest.approx(long * 60 / 80, abs=0.2)
    assert root.findtext(f"{SVG}title") == "<图> & 1"


def test_two_years_are_told_apart_without_colour() -> None:
    svg = draw_lines(
        Lines("图", ["1月", "2月", "3月", "4月"], [10, None, 30, 40], [5, 10, 15, 20], ("2025年", "2024年"))
    )
    root = ElementTree.fromstring(svg)
    lines = root.findall(f"{SVG}polyline")
    assert [("stroke-dasharray" in one.attrib, len(one.attrib["points"].split())) for one in lines] == [
        (True, 4),
        (False, 1),
        (False, 2),
    ]
    named = {one.text: float(one.attrib["y"]) for one in root.findall(f"{SVG}text")}
    assert abs(named["2025年"] - named["2024年"]) >= 18


@pytest.mark.parametrize("values", [(0.0, 0.0), (1e-4, 2e-4), (1e7, 3e7), (100.0, 99.99)])
def test_anything_can_be_drawn(values: tuple[float, float]) -> None:
    names = ["很长很长很长很长很长的一个机构的名称", "乙"]
    bars = draw_bars(Bars("图", names, values, ["1", "2"]))
    lines = draw_lines(Lines("图", ["1月", "2月"], values, (None, None), ("今年", "去年")))
    for svg in (bars, lines):
        assert "nan" not in svg
        assert "inf" not in svg
        root = ElementTree.fromstring(svg)
        _, _, width, height = (float(one) for one in root.attrib["viewBox"].split())
        for one in root.findall(f"{SVG}text"):
            assert 0 <= float(one.attrib["x"]) <= width
            assert 0 <= float(one.attrib["y"]) <= height


@pytest.mark.parametrize(("top", "ticks"), [(100, 6), (99.99, 6), (100.01, 4), (7, 5), (1e-9, 6)])
def test_an_axis_ends_at_or_above_what_is_drawn(top: float, ticks: int) -> None:
    found = axis_ticks(top)
    assert (found[0], len(found)) == (0, ticks)
    assert found[-2] < top <= found[-1]


def test_those_who_do_not_see_it_are_told_every_value() -> None:
    report = compose_report(commission(material(240, 230, (95, 80, 65), Goal(">=", 85))))
    (placed,) = [one for one in place_exhibits(report) if one.picture]
    assert placed.picture is not None
    drawn = draw_picture(report, placed, placed.picture)
    assert drawn.caption == "图1　2025年分乡镇高血压患者规范管理率"
    assert "甲镇95.00%、乙镇80.00%、丙镇65.00%" in drawn.says
    assert "目标85%以上" in drawn.svg
    by_month = replace(placed.picture, areas=(), months=months((40, 30), (None, 50), (80, 60)))
    said = draw_picture(report, placed, by_month).says
    assert "2025年：1月40.00%、2月—、3月80.00%；2024年：1月30.00%、2月50.00%、3月60.00%" in said
