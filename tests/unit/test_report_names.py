"""Names of numbers that their own clause does not give: from a list, a total, a sibling, a share, an opening, a heading."""

from __future__ import annotations

import pytest

from wangdi.reports.reading.claims import Claim, find_claims


def claims_of(text: str) -> list[Claim]:
    return find_claims(text)[1]


def names_of(text: str) -> list[str]:
    return [one.indicator for one in claims_of(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("全县妇幼保健机构9个,省级1个、县级8个。", ["妇幼保健机构数", "省级妇幼保健机构数", "县级妇幼保健机构数"]),
        ("预防接种门诊12个,其中数字化门诊5个。", ["预防接种门诊数", "数字化预防接种门诊数"]),
        (
            "受理投诉50件,涉及诊疗20件、收费30件,办结48件,办结率96%。",
            ["受理投诉数", "诊疗投诉数", "收费投诉数", "受理投诉办结数", "受理投诉办结率"],
        ),
        (
            "全县总诊疗量90万人次,其中医院40万人次(44.4%),卫生院50万人次。",
            ["总诊疗量", "医院诊疗人次", "医院诊疗占比", "卫生院诊疗人次"],
        ),
        ("2021年总诊疗量中,医院40万人次,卫生院50万人次。", ["医院诊疗人次", "卫生院诊疗人次"]),
        ("全年出生的900人中,一孩占46%、二孩占40%。", ["出生数", "一孩占出生比例", "二孩占出生比例"]),
    ],
)
def test_a_part_is_called_with_what_its_total_counts(text: str, names: list[str]) -> None:
    assert names_of(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("诊所登记8户、变更3户、注销2户。", ["诊所登记数", "诊所变更数", "诊所注销数"]),
        ("基金总收入9亿元;总支出8亿元,累计结余1亿元。", ["基金总收入", "基金总支出", "基金累计结余"]),
        (
            "甲险基金收入9亿元、支出7亿元,乙险基金收入5亿元、支出4亿元,两者当期结余依次为2亿元和1亿元。",
            [
                "甲险基金收入",
                "甲险基金支出",
                "乙险基金收入",
                "乙险基金支出",
                "甲险基金当期结余",
                "乙险基金当期结余",
            ],
        ),
        ("住院费用支付比例,职工医保85%,居民医保70%。", ["职工医保住院费用支付比例", "居民医保住院费用支付比例"]),
        ("次均费用职工医保为90元,居民医保为60元。", ["次均费用职工医保", "次均费用居民医保"]),
        ("老年人健康管理率70%,0—6岁儿童90%。", ["老年人健康管理率", "0—6岁儿童健康管理率"]),
        ("医院病床使用率79%,其中公立医院86%。", ["医院病床使用率", "公立医院病床使用率"]),
        ("发病居前三位的是流感90例、水痘60例。", ["流感发病数", "水痘发病数"]),
        ("设置灭蚊灯90处、诱蝇笼60个。", ["设置灭蚊灯数", "设置诱蝇笼数"]),
        ("甲级52户、乙级71户,占比依次为42.28%、57.72%。", ["甲级数", "乙级数", "甲级占比", "乙级占比"]),
    ],
)
def test_siblings_share_what_the_first_of_them_says(text: str, names: list[str]) -> None:
    assert names_of(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("3.肺结核患者管理。在管40人,规则服药率95%。", ["肺结核患者在管人数", "肺结核患者规则服药率"]),
        ("(二)丙类。报告90例,发病率12.5/10万。", ["丙类传染病报告病例数", "丙类传染病发病率"]),
        ("2.健康教育。发放资料900份。", ["健康教育发放资料数"]),
        ("【床位】县级医院床位600张。", ["县级医院床位数"]),
        ("孕产妇死亡率逐年走低:2019年9.1/10万,2020年8.7/10万。", ["孕产妇死亡率", "孕产妇死亡率"]),
        (
            "适龄女童流感疫苗免费接种,第一剂次共接种300人。",
            ["适龄女童流感疫苗第一剂次共接种人数"],
        ),
        ("全县20家卫生院中,达到国家标准9家。", ["卫生院数", "达到国家标准的卫生院数"]),
        ("全县60个社区中,设药房的有45个。", ["社区数", "设药房的社区数"]),
        ("满意度91分,在全省同级医院中排第6。", ["满意度", "满意度全省同级医院排名"]),
        ("门诊部9家,与2020年的8家相比,增加1家。", ["门诊部数", "门诊部数", "门诊部数增加"]),
        (
            "婴儿死亡率农村4.2‰,城市2.1‰,农村约为城市的2倍。",
            ["婴儿死亡率农村", "婴儿死亡率城市", "农村与城市婴儿死亡率之比"],
        ),
        (
            "每千人口托位3.1个,与2025年4.5个的目标还差1.4个。",
            ["每千人口托位", "每千人口托位", "每千人口托位与目标差距"],
        ),
        ("提供150个托位、人均建筑面积12平方米。", ["托位数", "人均建筑面积"]),
        ("医务人员30人到乡镇坐诊。", ["医务人员数"]),
        ("检出高血压90人。", ["检出高血压人数"]),
    ],
)
def test_what_a_clause_leaves_out_is_told_around_it(text: str, names: list[str]) -> None:
    assert names_of(text) == names


def test_a_bare_fraction_is_two_counts_named_by_its_share() -> None:
    stated, above, below = claims_of("老年人体检率80%(400/500)。")
    assert [one.norm_value for one in (stated, above, below)] == [80, 400, 500]
    assert (above.indicator, below.indicator) == ("老年人体检数", "老年人数")
    assert {above.measure, below.measure} == {"count"}


def test_a_denominator_of_the_size_of_a_count_before_is_that_count() -> None:
    assert names_of("在管高血压患者512人。规范管理率75%(384/512人)。")[-1] == "在管高血压患者数"


def test_a_number_of_two_ends_behind_a_slash_outside_of_a_share_is_none() -> None:
    assert claims_of("执行GB/T 9704标准。") == []


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("总诊疗90万人次,同比增长3%,即多出2.6万人次。", "up"),
        ("床位一年间净增30张,其中医院增加20张。", "up"),
        ("较2021年的76个多4个。", "up"),
        ("补助标准由80元提高到90元,增加10元。", "up"),
        ("全年人口净减85人。", "down"),
    ],
)
def test_more_and_less_than_before_are_changes(text: str, direction: str) -> None:
    one = claims_of(text)[-1]
    assert (one.measure, one.direction) == ("change", direction)


@pytest.mark.parametrize("text", ["病死率高达95.5%。", "平均住院日8.8天。", "满意度91分。", "甲地约为乙地的1.9倍。"])
def test_what_only_sounds_like_a_change_or_a_count_is_none(text: str) -> None:
    assert claims_of(text)[-1].measure in ("rate", "value")


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("2023年基金情况\n总收入9亿元;总支出8亿元,2022年为7亿元,结余1亿元。", ["2023年", "2023年", "2022年", "2023年"]),
        ("2021年通报\n发病率9.3/10万,高于2020年的9.0/10万,报告病例80例。", ["2021年", "2020年", "2021年"]),
        ("2022年寿命由2020年的77.8岁提高到78.4岁。", ["2020年", "2022年"]),
        ("2019年至2021年全县出生人口分别为90人、80人、70人。", ["2019年", "2020年", "2021年"]),
        ("2022年底,提前达到2025年目标值的19项。", ["2022年底"]),
        ("2022年死亡率由上年的7.1‰降至6.8‰。", ["2021年", "2022年"]),
    ],
)
def test_a_period_that_a_value_is_held_against_is_not_that_of_the_next(text: str, periods: list[str]) -> None:
    assert [one.period.text() for one in claims_of(text)] == periods


@pytest.mark.parametrize(
    "text",
    [
        "90人。",
        "其中,5人。",
        "与2020年的8家相比。",
        "(9家)",
        "约9家、8家。",
        "中9家,里8家。",
        "占9%。",
        "第一剂次9人。",
    ],
)
def test_nothing_breaks_where_nothing_is_named(text: str) -> None:
    assert all(isinstance(one.indicator, str) for one in claims_of(text))
