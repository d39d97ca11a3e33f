"""Relations between the claims of sentences made for the purpose: found, tested on rounding intervals, and how grave."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, BASES, IMPOSSIBLE, UNVERIFIABLE


def verdicts_of(text: str) -> set[tuple[str, bool | None, str]]:
    return {(one.relation, one.holds, one.severity) for one in check_text(text)[1]}


def failing(text: str) -> set[tuple[str, str]]:
    return {(kind, severity) for kind, holds, severity in verdicts_of(text) if holds is False}


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("全县有机构30家,其中医院4家、卫生院11家、其他机构15家。", "sum"),
        ("乡镇机构26家(中心5家、分院21家)。", "sum"),
        ("与5个乡镇卫生院组建了1+3、1+2两个医共体。", "sum"),
        ("共有托育园40所,其中备案12所。", "part_le_whole"),
        ("卫生技术人员900人,执业医师380人、注册护士410人。", "part_le_whole"),
        ("总费用90.0亿元,其中政府支出27.0亿元(占30.0%)。", "ratio"),
        ("完成体检450人,完成年度任务250对500人的90.0%。", "ratio"),
        ("1—6月活产800人中听力筛查790人,筛查率98.75%。", "ratio"),
        ("老年人2000人,接受管理1436人,健康管理率71.8%。", "ratio"),
        ("公立床位占72.5%、民营床位占27.5%。", "share_sum_100"),
        ("医院90家。医院中，公立医院20家，民营医院70家；按等级分，三级医院5家，二级医院25家，一级医院60家。", "sum"),
        ("报告传染病438例。乙类传染病126例，丙类传染病312例。", "sum"),
        ("总支出980万元。人员支出430万元，药品支出350万元，其他支出200万元。", "sum"),
        ("肝炎58例、肺结核37例、梅毒19例，合计114例。", "sum"),
        ("总收入900.0万元，其中甲级收入410.0万元，占总收入的45.6%；乙级收入490.0万元，占54.4%。", "ratio"),
        (
            "人员支出41.0万元、材料支出18.0万元，占总支出的比重见下。总支出90.0万元，其中人员支出41.0万元、材料支出18.0万元，分别占45.6%、20.0%。",
            "ratio",
        ),
        ("活产4186人。婴儿死亡9例、5岁以下儿童死亡14例，死亡率分别为2.15‰、3.34‰。", "ratio"),
        ("报告病例438例。发病数较上月（401例）上升9.23%。", "growth"),
        ("发病率由286.5/10万下降至251.2/10万，降幅12.3%。", "growth"),
        ("总收入1862万元，总支出1827万元，收支结余35万元。", "difference"),
        ("孕产妇死亡率7.84/10万,较上年的8.00/10万下降2.0%。", "growth"),
        ("卫生人员660人,一年增加60人、增幅10.0%。", "growth"),
        ("报告病例300例,较去年同期上升50%。", "growth"),
        ("床位由5.1张增至5.3张。", "trend"),
        ("出生率7.10‰,死亡率6.30‰,自然增长率0.80‰。", "difference"),
        ("婴儿死亡率2.1‰,5岁以下儿童死亡率3.4‰。", "order_le"),
        ("出生人口逐年减少,2020年为900人、2021年800人、2022年700人。", "trend_decreasing"),
        ("孕前检查150对300人。", "multiple"),
        ("慰问老人20名,发放慰问金8000元。", "unit_cost"),
        ("新增托位300个,其中普惠性托位70%以上。", "implied_numerator"),
        ("完成投资2.0亿元,占年度投资计划的125%。", "implied_denominator"),
    ],
)
def test_what_fits_holds(text: str, relation: str) -> None:
    assert any(kind == relation and holds for kind, holds, _ in verdicts_of(text))
    assert failing(text) == set()


@pytest.mark.parametrize(
    ("text", "relation", "severity"),
    [
        ("全县有机构30家,其中医院4家、卫生院11家、其他机构25家。", "sum", IMPOSSIBLE),
        ("全县有机构30家,其中医院4家、卫生院11家、其他机构5家。", "sum", ARITHMETIC),
        ("与5个乡镇卫生院组建了1+3、1+4两个医共体。", "sum", ARITHMETIC),
        ("共有托育园40所,其中备案51所。", "part_le_whole", IMPOSSIBLE),
        ("卫生技术人员900人,执业医师520人、注册护士510人。", "part_le_whole", IMPOSSIBLE),
        ("总费用90.0亿元,其中政府支出27.0亿元(占35.0%)。", "ratio", ARITHMETIC),
        ("完成体检450人,完成年度任务250对500人的95.0%。", "ratio", ARITHMETIC),
        ("1—6月活产800人中听力筛查790人,筛查率98.57%。", "ratio", ARITHMETIC),
        ("老年人2000人,接受管理1346人,健康管理率71.8%。", "ratio", BASES),
        ("老年人2000人,接受管理1436人,健康管理率78.1%。", "ratio", ARITHMETIC),
        ("乡镇机构26家(中心5家、分院20家)。", "sum", UNVERIFIABLE),
        ("补助12600万元,其中中央8600万元、省级2800万元、县级1700万元。", "sum", BASES),
        ("补助12600万元,其中中央8600万元、省级2200万元、县级1700万元。", "sum", UNVERIFIABLE),
        ("公立床位占72.5%、民营床位占37.5%。", "share_sum_100", ARITHMETIC),
        ("医院90家。按等级分，三级医院5家，二级医院25家，一级医院6家。", "sum", UNVERIFIABLE),
        ("报告传染病438例。乙类传染病126例，丙类传染病321例。", "sum", UNVERIFIABLE),
        ("肝炎58例、肺结核37例、梅毒19例，合计141例。", "sum", UNVERIFIABLE),
        ("总收入900.0万元，其中甲级收入410.0万元，占总收入的46.5%。", "ratio", ARITHMETIC),
        ("总支出90.0万元，其中人员支出41.0万元、材料支出18.0万元，分别占45.6%、26.0%。", "ratio", ARITHMETIC),
        ("活产4186人。婴儿死亡9例、5岁以下儿童死亡14例，死亡率分别为2.15‰、3.43‰。", "ratio", ARITHMETIC),
        ("报告病例438例。发病数较上月（401例）上升9.32%。", "growth", ARITHMETIC),
        ("总收入1862万元，总支出1827万元，收支结余53万元。", "difference", ARITHMETIC),
        ("孕产妇死亡率7.84/10万,较上年的8.00/10万下降20%。", "growth", ARITHMETIC),
        ("卫生人员660人,一年增加60人、增幅16.0%。", "growth", ARITHMETIC),
        ("床位由5.3张增至5.1张。", "trend", ARITHMETIC),
        ("出生率7.10‰,死亡率6.30‰,自然增长率1.80‰。", "difference", ARITHMETIC),
        ("婴儿死亡率3.4‰,5岁以下儿童死亡率2.1‰。", "order_le", IMPOSSIBLE),
        ("新生儿死亡率3.4‰,婴儿死亡率2.1‰。", "order_le", IMPOSSIBLE),
        ("严重精神障碍患者管理率91.2%,规范管理率95.1%。", "order_le", BASES),
        ("出生人口逐年减少,2020年为900人、2021年950人、2022年700人。", "trend_decreasing", ARITHMETIC),
        ("孕前检查150对310人。", "multiple", ARITHMETIC),
        ("疫苗接种率达998.8%。", "bound", IMPOSSIBLE),
        ("有全科医生90人,每万人口全科医生2.5人。\n每千人口全科医生2.5人。", "duplicate_conflict", ARITHMETIC),
        ("有乡村医生90人。\n全县现有乡村医生80人。", "duplicate_conflict", ARITHMETIC),
        ("有医院3家,村卫生室90个。\n80个村卫生室全部纳入管理。", "duplicate_conflict", BASES),
        ("机构排名居全省第三、第五。", "duplicate_conflict", UNVERIFIABLE),
        ("执业医师300人,每千人口执业医师3.00人。护士400人,每千人口护士3.20人。", "same_denominator", BASES),
        ("1—9月出生1000人,性别比123.45。", "grim", BASES),
    ],
)
def test_what_does_not_fit_is_told(text: str, relation: str, severity: str) -> None:
    assert (relation, severity) in failing(text)


@pytest.mark.parametrize(
    "text",
    [
        "职工600人,其中党员200人、女性420人、高级职称90人。",
        "今年参合2000人,其中农村居民1500人,参合率99%。",
        "高血压患者规范管理率82.0%,糖尿病患者管理率74.0%。",
        "新增诊室3个。下半年新增诊室5个。",
        "查处案件28件,下达处罚决定21件。",
        "全县有乡镇12个,乡镇卫生院14个,村186个,村卫生室192个。",
        "改造建筑面积900平方米。改造建筑面积300平方米。",
        "第一剂接种700人,第二剂接种650人。",
        "完成投资3.9亿元,占年度投资计划的251.61%。",
        "2022年婴儿死亡率3.1‰。\n2023年5岁以下儿童死亡率2.9‰。",
        "医院20家,其中公立5家,占床位数的80%。",
        "卫生技术人员1310人,其中执业医师702人、大专学历498人。",
        "全年总诊疗95.5亿人次。其中,医院诊疗42.6亿人次,卫生院诊疗13.1亿人次。",
        "医院5家,其中三级1家、二级2家。",
        "平均住院日8.3天，其中二级医院8.7天。",
        "丙类传染病5种312例，手足口病146例，占丙类的46.79%。",
        "总支出90.0万元，其中人员支出41.0万元、材料支出18.0万元，分别占45.6%、20.0%。",
        "收入占比33.8%，门诊费236元，住院费7842元，增幅分别为1.8%、-2.1%。",
        "优生健康检查1180对，目标人群覆盖率104.4%。",
    ],
)
def test_what_only_looks_like_a_relation_is_left_alone(text: str) -> None:
    assert failing(text) == set()


def test_words_against_numbers_are_questions() -> None:
    assert ("text", None, UNVERIFIABLE) in verdicts_of("全年未发生突发公共卫生事件。处置突发事件7起。")
    assert ("text", None, UNVERIFIABLE) in verdicts_of("体检450人,完成年度任务500人的90%。")
    assert ("name", None, UNVERIFIABLE) in verdicts_of("婴幼儿死亡率3.2‰。")
    assert ("partial_year", None, UNVERIFIABLE) in verdicts_of("1—6月出生率3.20‰。")


def test_mortality_rates_imply_live_births() -> None:
    """2, 9 and 12 deaths of 2,500 live births; the statement of 2,600 fits none of the rates."""
    text = "1—9月孕产妇死亡率80.00/10万,婴儿死亡率3.60‰,5岁以下儿童死亡率4.80‰。\n1—9月活产2600人。"
    found = {one.holds: one for one in check_text(text)[1] if one.relation == "implied_denominator"}
    assert found[True].told.args["births"] in ("1250", "2500")
    assert found[False].severity == BASES


def test_a_verdict_says_what_would_fit() -> None:
    (one,) = [one for one in check_text("1—6月活产800人中听力筛查790人,筛查率98.57%。")[1] if one.holds is False]
    assert "98.75%" in one.told.message()
    assert one.told.hint("zh")
    assert one.told.hint("en")


def _printed(value: Decimal, places: int) -> str:
    return str(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


@given(st.integers(10, 90_000), st.integers(1, 999), st.integers(0, 2))
def test_a_ratio_printed_rightly_is_never_accused(base: int, thousandths: int, places: int) -> None:
    """Against decimal arithmetic of another kind: whatever was divided and rounded holds."""
    over = max(1, base * thousandths // 1000)
    share = _printed(Decimal(100 * over) / Decimal(base), places)
    text = f"1—6月活产{base}人中听力筛查{over}人,筛查率{share}%。"
    assert [one for one in check_text(text)[1] if one.holds is False] == []


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=6))
def test_a_sum_holds_and_one_more_does_not(parts: list[int]) -> None:
    told = "、".join(f"{'甲乙丙丁戊己'[place]}类机构{part}家" for place, part in enumerate(parts[:-1]))
    for extra, holds in ((0, True), (1, False)):
        text = f"全县有机构{sum(parts) + extra}家,其中{told}、其他机构{parts[-1]}家。"
        found = [one.holds for one in check_text(text)[1] if one.relation == "sum"]
        assert found == [holds]


@given(st.integers(100, 9000), st.integers(1, 9000))
def test_growth_from_a_whole_number_is_never_accused(now: int, then: int) -> None:
    change = Decimal(100) * (now - then) / then
    if change == 0:
        return
    way = "上升" if change > 0 else "下降"
    text = f"报告病例{now}例,较去年同期{way}{_printed(abs(change), 2)}%。"
    assert [one for one in check_text(text)[1] if one.holds is False] == []
