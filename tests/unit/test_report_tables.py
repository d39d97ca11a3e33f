"""Tables in a report: what each number is a number of, and the sums and quotients that hold between its columns and rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.reports.reading.claims import find_claims
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE

TOWNS = """2024年各乡镇高血压患者健康管理情况
乡镇\t管理人数（人）\t规范管理人数（人）\t规范管理率(%)
甲镇\t1200\t900\t75.00
乙镇\t1,500\t1200\t80.00
丙乡\t800\t520\t65.00
丁镇\t100\t100\t100.00
戊镇\t900\t900\t100.00
合计\t4500\t3620\t80.44
"""


def told(text: str) -> set[tuple[str, bool | None, str]]:
    return {(one.relation, one.holds, one.severity) for one in check_text(text)[1]}


def test_a_number_is_named_by_its_row_and_column() -> None:
    claims = find_claims(TOWNS)[1]
    first, rate, total = claims[0], claims[2], claims[-2]
    assert (first.indicator, first.region, first.unit, first.period.text()) == (
        "高血压患者管理人数",
        "甲镇",
        "人",
        "2024年",
    )
    assert (rate.indicator, rate.unit, rate.measure) == ("高血压患者规范管理率", "%", "rate")
    assert (total.indicator, total.norm_value) == ("高血压患者规范管理人数", 3620)
    assert [TOWNS[one.start : one.end] for one in claims[:3]] == ["1200", "900", "75.00"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "单位：万元\n指标\t2023年\t2024年\t同比增长(%)\n总收入\t1200\t1320\t10.0\n",
            [("总收入", "万元", "2023年"), ("总收入", "万元", "2024年"), ("总收入同比增长", "%", "2024年")],
        ),
        (
            "机构\t高血压\t\t糖尿病\t\n\t人数\t率(%)\t人数\t率(%)\n甲院\t100\t71.5\t40\t66.1\n",
            [
                ("甲院高血压人数", "", ""),
                ("甲院高血压率", "%", ""),
                ("甲院糖尿病人数", "", ""),
                ("甲院糖尿病率", "%", ""),
            ],
        ),
        (
            "| 指标 | 单位 | 完成值 |\n|---|---|---|\n| 婴儿死亡率 | ‰ | 3.2 |\n| 孕产妇死亡率 | 1/10万 | 8.5 |\n",
            [("婴儿死亡率", "‰", ""), ("孕产妇死亡率", "/10万", "")],
        ),
        (
            "乡镇 人数 管理人数 管理率(%)\n甲镇 1200 900 75.0\n乙镇 1500 1200 80.0\n",
            [("人数", "", ""), ("管理人数", "", ""), ("管理率", "%", "")] * 2,
        ),
        ("序号  机构  床位（张）\n1  甲院  60\n2  乙院  45\n", [("甲院床位", "张", ""), ("乙院床位", "张", "")]),
    ],
)
def test_ways_to_write_a_table(text: str, found: list[tuple[str, str, str]]) -> None:
    claims = find_claims(text)[1]
    assert [(one.indicator, one.unit, one.period.text()) for one in claims] == found


def test_a_column_of_targets_is_one() -> None:
    claims = find_claims("指标\t目标值\t实际完成\n签约率(%)\t60\t58.5\n建档率(%)\t90\t91.2\n")[1]
    assert [one.status for one in claims] == ["target", "actual"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "甲 乙 丙\n丁 戊 己\n",
        "有医院3家\t诊所4家\n",
        "甲\t1\n",
        "甲\t乙\n" * 3,
        "\t\t\n\t\t\n",
        "| | |\n|-|-|\n",
        "1\t2\n3\t4\n",
    ],
)
def test_what_is_no_table_gives_no_cells(text: str) -> None:
    assert [one for one in find_claims(text)[1] if one.cell is not None] == []


def test_prose_in_a_cell_is_read_as_prose() -> None:
    claims = find_claims("项目\t进展\n改建\t新增床位60张,投资3亿元\n扩建\t新增床位20张\n")[1]
    assert [(one.text, one.cell) for one in claims] == [("60张", None), ("3亿元", None), ("20张", None)]


def test_totals_and_rates_of_a_table_hold() -> None:
    assert {one for one in told(TOWNS) if one[1] is False} == set()
    assert {("sum", True, ""), ("ratio", True, "")} <= told(TOWNS)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("4500", "4600", ("sum", False, ARITHMETIC)),
        ("4500", "4400", ("sum", False, IMPOSSIBLE)),
        ("65.00", "56.00", ("ratio", False, ARITHMETIC)),
        ("\t520\t", "\t250\t", ("ratio", False, ARITHMETIC)),
    ],
)
def test_one_number_changed_is_caught(old: str, new: str, verdict: tuple[str, bool, str]) -> None:
    assert verdict not in told(TOWNS)
    assert verdict in told(TOWNS.replace(old, new))


def test_rows_that_are_no_parts_of_their_total_are_left_alone() -> None:
    """Towns and the county's own institutions: 全县 is more than what is listed, in every column."""
    text = "地区\t床位（张）\t医师（人）\n全县\t900\t300\n甲镇\t120\t40\n乙镇\t80\t30\n"
    assert {one for one in told(text) if one[1] is False} == set()


@given(st.lists(st.lists(st.text("\t|甲0 1%率\n", max_size=6), max_size=5), max_size=6))
def test_no_table_breaks_the_reader(rows: list[list[str]]) -> None:
    text = "\n".join("\t".join(row) for row in rows)
    ground, _ = check_text(text)
    assert all(text[one.start : one.end] == one.text for one in ground.claims)
