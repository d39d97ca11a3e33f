"""Claims: name, comparison, status, period and measure of the numbers in sentences made for the purpose."""

from __future__ import annotations

import pytest

from wangdi.reports.reading.claims import Claim, find_claims


def claims_of(text: str) -> list[Claim]:
    return find_claims(text)[1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("确定定点医院4家,后备医院3家。", ["定点医院数", "后备医院数"]),
        ("对12名疑似患者实行隔离。", ["疑似患者数"]),
        ("高血压、慢阻肺健康管理率分别达61.2%、60.4%。", ["高血压健康管理率", "慢阻肺健康管理率"]),
        ("麻疹疫苗接种率达98.1%、及时接种率达91.7%。", ["麻疹疫苗接种率", "麻疹及时接种率"]),
        ("听力筛查812人,筛查率98.7%。", ["听力筛查人数", "听力筛查率"]),
        ("每千人口执业医师2.41人、注册护士2.96人。", ["每千人口执业医师", "每千人口注册护士"]),
        ("30个集体95名个人获县级表彰。", ["集体数", "个人获县级表彰人数"]),
        (
            "家庭医生签约覆盖51%以上的居民、88%以上的重点人群。",
            ["居民家庭医生签约覆盖率", "重点人群家庭医生签约覆盖率"],
        ),
        ("完成年度任务200对400人的91.5%。", ["年度任务数", "人数", "任务完成率"]),
        ("在册患者55人。随访220人次。", ["在册患者数", "在册患者随访人次"]),
        ("全县床位900张,其中医院700张、卫生院200张。", ["床位数", "医院床位数", "卫生院床位数"]),
        ("中医院编制床位300张,实际开放320张。", ["中医院编制床位数", "中医院实际开放数"]),
        ("举办急救培训班2期,培训90人,结业率98%。", ["急救培训班数", "急救培训人数", "急救培训结业率"]),
        ("县中医院加强建设,建成工作站3个。", ["县中医院工作站数"]),
        ("9个卫生院均能开展6项技术。", ["卫生院能开展技术数", "卫生院技术数"]),
        (
            "辖区3岁以下儿童800人,系统管理760人,系统管理率95%。",
            ["3岁以下儿童数", "3岁以下儿童系统管理人数", "3岁以下儿童系统管理率"],
        ),
        ("婴儿死亡5例、儿童死亡9例,死亡率分别为1.2‰、2.1‰。", ["婴儿死亡数", "儿童死亡数", "婴儿死亡率", "儿童死亡率"]),
        ("甲级收入4亿元、乙级收入6亿元,分别占40%、60%。", ["甲级收入", "乙级收入", "甲级收入占比", "乙级收入占比"]),
        ("门诊费200元、住院费5000元,同比分别下降3%、4%。", ["门诊费", "住院费", "门诊费降幅", "住院费降幅"]),
        ("医院床位中公立医院占72%、民营医院占28%。", ["公立医院占医院床位比例", "民营医院占医院床位比例"]),
        ("床位使用率由上年的80%提高到82%。", ["床位使用率", "床位使用率"]),
        ("发病数较上月(40例)上升5%。", ["发病数", "发病数升幅"]),
        ("签约居民25万人,其中重点人群签约8万人。", ["签约居民数", "重点人群签约人数"]),
        ("新增护理站3个,工作室5个。", ["新增护理站数", "新增工作室数"]),
    ],
)
def test_a_number_is_called_as_the_sentence_calls_it(text: str, names: list[str]) -> None:
    said = [one.indicator for one in claims_of(text)]
    if "完成年度任务" in text:
        assert said[-1].endswith("任务完成率")
        return
    assert said == names


@pytest.mark.parametrize(
    ("text", "comparator"),
    [
        ("合格率达95%以上。", ">="),
        ("合格率不低于95%。", ">="),
        ("合格率>95%。", ">="),
        ("覆盖人数超2000人次。", ">="),
        ("合格率达到95%。", "="),
        ("清运垃圾500余吨。", "approx"),
        ("服务老人约300人。", "approx"),
        ("重点人群签约300人。", "="),
        ("每年招录20人左右。", "approx"),
        ("死亡率下降到6‰以下。", "<="),
        ("2030年工作计划\n力争婴儿死亡率控制在4‰。", "<="),
        ("婴儿死亡率控制在4‰。", "="),
    ],
)
def test_comparisons_are_literal(text: str, comparator: str) -> None:
    assert claims_of(text)[-1].comparator == comparator


def test_what_stands_behind_the_last_of_a_list_is_said_of_all_of_it() -> None:
    first, second = claims_of("力争甲种签约率、乙种签约率分别达到43%和80%以上。")
    assert (first.comparator, second.comparator) == (">=", ">=")
    assert first.interval.high is None
    first, second, _ = claims_of("力争甲种死亡率、乙种死亡率、丙种死亡率分别控制在10‰、4‰、5‰以内。")
    assert (first.comparator, second.comparator) == ("<=", "<=")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("新建卫生室6家。", "actual"),
        ("力争新建卫生室6家。", "target"),
        ("预计将建成卫生镇2个。", "target"),
        ("全年总费用预计812亿元。", "actual"),
        ("人均预期寿命80.2岁。", "actual"),
        ("完成年度任务300人的88%。", "actual"),
        ("争取项目9个。", "actual"),
        ("某县2026年工作要点\n补助由89元提高到94元。", "target"),
        ("争取签约率达到60%。", "target"),
        ("确保到2031年,千人床位达到6.5张。", "target"),
        ("到2019年末,全县有医院12家。", "actual"),
        ("某县卫生健康工作要点\n(一)夯实基础。新增床位90张。", "target"),
        ("一、工作总结\n新增床位90张。\n二、下一步打算\n增设工作站。", "actual"),
        # What a plan starts from is none of its targets.
        ("某县2026年工作计划\n一、工作基础\n有床位90张。", "actual"),
        ("某县2026年工作计划\n在现有43个站点基础上扩充。", "actual"),
        ("某县2026年工作计划\n在2025年末1300个的基础上扩充。", "actual"),
        ("某县2026年工作计划\n项目总投资3.4亿元。", "actual"),
        ("某县2026年工作计划\n为全县86.4万人常住人口服务。", "actual"),
        ("某县2026年工作计划\n管理率由上年的72.1%提高到73%。", "target"),
        ("某县2026年工作计划\n按现有人数还需289人达到要求。", "target"),
        ("某县2026年工作计划\n由上年的72.1%提高。", "actual"),
        ("三、存在的问题和下一步打算\n全区有机构83家。", "actual"),
        ("三、存在的问题和下一步打算\n全区有机构83家。\n下一步,新增机构5家。", "target"),
        ("三、扎实做好2026年重点工作\n新增机构5家。", "target"),
    ],
)
def test_results_and_targets(text: str, status: str) -> None:
    assert claims_of(text)[-1].status == status


def test_a_section_of_plans_begins_at_its_heading() -> None:
    text = "一、2022年工作总结\n培训1200人次。\n二、2023年工作打算\n培训1500人次。"
    done, planned = claims_of(text)
    assert (done.status, done.period.text()) == ("actual", "2022年")
    assert (planned.status, planned.period.text()) == ("target", "2023年")


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("截止20xx年9月,有诊所40家。", "截止20xx年9月"),
        ("2019年(2019年1月1日0时至12月31日24时),报告21例。", "2019年"),
        ("截至目前,有诊所40家。", "截至目前"),
        ("一、2024年工作情况\n1-8月业务收入下降3.2%。", "2024年1—8月"),
        ("2021年寿命为78.4岁,上一年是78.1岁。", "2020年"),
        ("2021年床位从5.10张增至5.32张。", "2021年"),
        ("2025年6月疫情通报\n全县报告病例9例。", "2025年6月"),
        ("2025年6月,全县报告病例9例。发病数较上月(8例)上升。", "2025年5月"),
        ("2025年6月,全县报告病例9例。发病数较去年同期(8例)上升。", "2024年6月"),
        ("1—9月,就诊率91%。次均费用198元。到2030年,降低成本。", "1—9月"),
        ("2021年死亡率9.1/10万,较上年的9.9/10万下降8.08%。", "2021年"),
    ],
)
def test_a_claim_has_the_period_its_sentence_names(text: str, period: str) -> None:
    assert claims_of(text)[-1].period.text() == period


@pytest.mark.parametrize(
    ("text", "measure", "direction"),
    [
        ("起付线降低40%。", "change", "down"),
        ("同比上升12.5%。", "change", "up"),
        ("补助标准提高到95元。", "money", ""),
        ("寿命提高到80.1岁。", "value", ""),
        ("素养水平提高1.2个百分点。", "change", "up"),
        ("快于全县3.1%的增速。", "change", "up"),
        ("新增床位60张。", "count", ""),
        ("增加5家诊所。", "count", ""),
        ("床位300张,比上年增加20张。", "change", "up"),
        ("与上年比较,床位增加20张。", "change", "up"),
        ("每万人口全科医生3.1人。", "rate", ""),
        ("考核获全省第三。", "rank", ""),
        ("分别比2020年增长4.1%、3.9%。", "change", "up"),
        ("满意度较全省平均水平分别高1.5分、2.2分。", "change", "up"),
        ("诊疗量较2020年翻一番。", "change", "up"),
    ],
)
def test_levels_and_changes(text: str, measure: str, direction: str) -> None:
    one = claims_of(text)[-1]
    assert (one.measure, one.direction) == (measure, direction)


def test_offsets_are_code_points_of_the_text() -> None:
    text = "𠮷县𠮷镇有医院2家,诊所14家。"
    assert [text[one.start : one.end] for one in claims_of(text)] == ["2家", "14家"]


def test_money_and_scales_are_told_in_plain_units() -> None:
    (one,) = claims_of("投资1.25亿元。")
    assert (one.norm_value, one.norm_unit, one.kind) == (125_000_000, "元", "money")


def test_a_text_without_numbers_claims_nothing() -> None:
    assert claims_of("加强领导,落实责任。") == []
    assert claims_of("") == []
