"""Relations that no word ties: found by their numbers, asked about where one slip of the pen explains what does not fit."""

from __future__ import annotations

import pytest

from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC
from wangdi.reports.text.numerals import slips_of


def told_of(text: str, holds: bool) -> set[tuple[str, frozenset[str]]]:
    ground, relations = check_text(text)
    return {
        (one.relation, frozenset(ground.claims[place].text for place in one.claims))
        for one in relations
        if one.holds is holds
    }


def is_told(text: str, relation: str, numbers: tuple[str, ...], holds: bool) -> bool:
    return any(kind == relation and set(numbers) <= members for kind, members in told_of(text, holds))


HOLDING = [
    # Sums without a word that ties them, across sentences, behind another list, before their total, of one noun.
    ("sum", ("8612万元", "5120万元", "3492万元"), "总支出8612万元，完成预算。职工支出5120万元，居民支出3492万元。"),
    (
        "sum",
        ("2860个", "1215个", "1645个"),
        "医院2860个，比上年增加31个。医院按登记注册类型分，公办1215个、社会办1645个。",
    ),
    ("sum", ("36个", "22个", "14个"), "设固定接种点22个、流动接种点14个,全区共有接种点36个。"),
    ("sum", ("41.2%", "27.9%", "13.3%"), "成人超重率27.9%、肥胖率13.3%，两项合计41.2%。"),
    # Changes: the level is told before the one it is compared with; the base stands in parentheses; the order is reversed.
    (
        "growth",
        ("31.46万人次", "28.97万人次", "8.60%"),
        "门急诊31.46万人次。与上年的28.97万人次相比，增加2.49万人次，增长8.60%。",
    ),
    ("growth", ("412例", "38例", "8.44%"), "报告结核病412例，同比减少8.44%，即减少38例。"),
    ("difference", ("84.7%", "81.5%", "3.2个百分点"), "病床使用率84.7%，比上年的81.5%提高3.2个百分点。"),
    ("difference", ("52名", "43人", "9名"), "核定编制52名，在编43人，空编9名。"),
    # Shares: behind the clause, in parentheses behind the rate, of a whole in the clause, of one named far before.
    ("ratio", ("508", "684", "74.27%"), "糖尿病患者规范管理率74.27%(508/684)。"),
    ("ratio", ("1.64亿人次", "3.09亿人次", "53.1%"), "基层诊疗1.64亿人次，占总诊疗量（3.09亿人次）的53.1%。"),
    ("ratio", ("38105剂次", "38642剂次", "98.61%"), "疫苗应种38642剂次,实种38105剂次,接种率98.61%。"),
    ("ratio", ("27099人", "9996人", "2.71"), "参保在职27099人、退休9996人，在职退休比为2.71。"),
    ("share_sum_100", ("67.6%", "25.0%", "7.4%"), "按途径划分，甲途径占67.6%，乙途径占25.0%，丙途径占7.4%。"),
    # Means, populations, orders.
    ("unit_cost", ("6215件", "3127.4万元", "5032元"), "立案6215件，罚没3127.4万元，平均每件5032元。"),
    ("rate", ("8735人", "286.4万人", "3.05人"), "全市常住人口286.4万人。执业医师8735人，每千人口执业医师3.05人。"),
    ("order_le", ("14.3/10万", "16.6/10万"), "孕产妇死亡率15.7/10万，其中城市14.3/10万、农村16.6/10万。"),
    ("order_le", ("8户", "22名"), "为辖区8户22名老人建档。"),
    ("duplicate", ("2176人", "2176名"), "在管高血压患者2176人。年末高血压患者2176名均已建档。"),
]


@pytest.mark.parametrize(("relation", "numbers", "text"), HOLDING)
def test_numbers_that_fit_are_told_so(relation: str, numbers: tuple[str, ...], text: str) -> None:
    assert is_told(text, relation, numbers, True), told_of(text, True)


SLIPPED = [
    ("总支出8612万元，完成预算。职工支出5120万元，居民支出3942万元。", "3942万元"),
    ("医院2860个，比上年增加31个。医院按登记注册类型分，公办1215个、社会办1654个。", "1654个"),
    ("设固定接种点22个、流动接种点41个,全区共有接种点36个。", "41个"),
    ("门急诊31.46万人次。与上年的28.97万人次相比，增加2.49万人次，增长6.80%。", "6.80%"),
    ("病床使用率84.7%，比上年的81.5%提高32个百分点。", "32个百分点"),
    ("核定编制52名，在编34人，空编9名。", "34人"),
    ("糖尿病患者规范管理率77.24%(508/684)。", "77.24%"),
    ("基层诊疗1.64亿人次，占总诊疗量（3.90亿人次）的53.1%。", "3.90亿人次"),
    ("疫苗应种38642剂次,实种31805剂次,接种率98.61%。", "31805剂次"),
    ("按途径划分，甲途径占67.6%，乙途径占52.0%，丙途径占7.4%。", "52.0%"),
    ("立案6215件，罚没3127.4万元，平均每件5302元。", "5302元"),
    ("全市常住人口268.4万人。执业医师8735人，每千人口执业医师3.05人。", "268.4万人"),
    ("孕产妇死亡率15.7/10万，其中城市24.3/10万、农村16.6/10万。", "24.3/10万"),
    ("在管高血压患者2176人。年末高血压患者2167名均已建档。", "2167名"),
    ("诊疗97.3万人次。医院32.7万人次（占41.2%），基层43.7万人次（占55.1%），其他2.9万人次（占3.7%）。", "97.3万人次"),
    ("登记孕产妇1187人,访视1187人,随访23740人次。在管患者8417人,随访16843人次。", "16843人次"),
]


@pytest.mark.parametrize(("text", "number"), SLIPPED)
def test_one_slip_is_asked_about(text: str, number: str) -> None:
    assert any(number in members for _, members in told_of(text, False)), told_of(text, False)


@pytest.mark.parametrize(
    "text",
    [
        # A list that need not name all, with small numbers; a rate of other people; shares of other wholes; another year's level.
        "建成门诊16个,其中数字化门诊5个、规范化门诊7个。",
        "今年参合245052人,其中农村居民222494人,新农合参合率99%。",
        "药占比25.7%，耗占比11.7%，服务收入占32.6%。",
        "登记患者146例,较上年的158例减少12例,下降7.59%。",
        "出生1171人，较上年（1346人）减少175人，其中一孩548人、二孩476人、三孩及以上147人。",
        "年末常住人口614.83万人。全年出生36428人，出生率5.94‰。",
        "一季度完成1.6亿元,上半年完成4.1亿元、占年度计划投资8.2亿元的50%。",
    ],
)
def test_what_may_be_something_else_is_left_alone(text: str) -> None:
    assert told_of(text, False) == set()


def test_only_what_the_sentence_ties_is_an_error() -> None:
    def severities(text: str) -> set[str]:
        return {one.severity for one in check_text(text)[1] if one.holds is False}

    assert severities("总收入8000万元,比上年的7500万元增长7.6%。") == {ARITHMETIC}
    assert ARITHMETIC not in severities("疫苗应种38642剂次,实种31805剂次,接种率98.61%。")


@pytest.mark.parametrize("meant", ["96.3", "6.3", "963", "9.63", "96.8", "69.3", "906.3"])
def test_a_slip_is_one_digit_wrong_lost_doubled_moved_or_interchanged(meant: str) -> None:
    printed = "96.3"
    assert (float(meant) in slips_of(printed)) == (meant != printed)


def test_a_slip_is_no_number_with_two_digits_wrong() -> None:
    assert not {95.4, 69.4, 36.9} & set(slips_of("96.3"))
