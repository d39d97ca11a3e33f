"""Numbers and units as reports write them, and what holds digits without stating an amount."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.reports.reading.claims import Claim, find_claims
from wangdi.reports.reading.quantities import find_quantities
from wangdi.reports.relations.ground import is_slip_of
from wangdi.reports.text.numerals import Interval, open_interval, parse_hanzi, rounding_interval


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("甲县有诊所31家", [("31家", 31, "家")]),
        ("门诊12.5万人次", [("12.5万人次", 12.5, "万人次")]),
        ("死亡率为8.1/10万,", [("8.1/10万", 8.1, "/10万")]),
        ("增长率为-0.52‰。", [("-0.52‰", -0.52, "‰")]),
        ("发放资料8000余份", [("8000余份", 8000, "份")]),
        ("处理1.2万余处", [("1.2万余处", 1.2, "万处")]),
        ("缺口达3亿多,", [("3亿多", 3, "亿")]),
        ("用餐者300多人", [("300多人", 300, "人")]),
        ("提高1.5个百分点", [("1.5个百分点", 1.5, "个百分点")]),
        ("设备１２台", [("１２台", 12, "台")]),
        ("机构1,204家", [("1,204家", 1204, "家")]),
        ("床位 96 张", [("96 张", 96, "张")]),
        ("人均预期寿命79.1岁", [("79.1岁", 79.1, "岁")]),
        ("平均住院日7.6天", [("7.6天", 7.6, "天")]),
        ("健康指数达到88。", [("88", 88, "")]),
        ("活产205例中", [("205例", 205, "例")]),
        ("死亡率0,", [("0", 0, "")]),
        ("二十余场活动", [("二十余场", 20, "场")]),
        ("培育一家示范机构", [("一家", 1, "家")]),
        ("增加2至3家医院", [("2至3家", 2, "家")]),
        ("考核居全省第四。", [("第四", 4, "")]),
        ("位列全市第2名,", [("第2名", 2, "名")]),
        ("率达百分之九十二点三,", [("百分之九十二点三", 92.3, "%")]),
        ("百分之百的村", [("百分之百", 100, "%")]),
        ("死亡率千分之二点六", [("千分之二点六", 2.6, "‰")]),
        ("万分之5", [("万分之5", 5, "‱")]),
        ("约三分之二的卫生院", [("三分之二", 66.67, "%")]),
        ("近九成村卫生室", [("九成", 90, "%")]),
        ("超七成半的居民", [("七成半", 75, "%")]),
        ("诊疗量翻一番", [("翻一番", 1, "番")]),
        ("上千名医务人员", [("上千名", 1000, "名")]),
        ("近百万人次", [("百万人次", 1_000_000, "人次")]),
        ("医护比为1∶1.18", [("1∶1.18", 1.18, "")]),
        ("床护比由1:0.5提高到1:0.65", [("1:0.5", 0.5, ""), ("1:0.65", 0.65, "")]),
        ("门诊12，345人次", [("12，345人次", 12345, "人次")]),
        ("门诊12 345人次", [("12 345人次", 12345, "人次")]),
        ("使用率９２．３％", [("９２．３％", 92.3, "%")]),
        ("自然增长率-1.38‰", [("-1.38‰", -1.38, "‰")]),
        ("指数分别为0.94和0.97。", [("0.94", 0.94, ""), ("0.97", 0.97, "")]),
        ("下派56名到14家卫生院", [("56名", 56, "名"), ("14家", 14, "家")]),
        ("与5个乡镇组建了1+3、1+2两个医共体", [("5个", 5, "个"), ("3", 3, ""), ("2", 2, "")]),
    ],
)
def test_an_amount_is_found_with_its_unit(text: str, found: list[tuple[str, float, str]]) -> None:
    quantities = find_quantities(text)
    assert [(text[one.start : one.end], float(one.value), one.written_unit) for one in quantities] == found


@pytest.mark.parametrize(
    "text",
    [
        "2021年3月15日至20xx年1—9月",
        "截至12月底",
        "65岁以上和0-3岁",
        "“两个100%”目标",
        "《办法(2019年版)》",
        "第3批次",
        "第一时间",
        "十四五期间",
        "“十五五”规划",
        "每周8:30开诊",
        "比分2:1",
        "一成不变",
        "三分之",
        "5G和CT16排",
        "三级甲等、二级以上",
        "24小时值班",
        "1.加强领导",
        "(2)落实责任",
        "六大行动、三项制度",
        "每千人口",
        "每10万人",
        "http://a.cn/12345.html",
        "连续9年",
        "5个方面",
        "以女性为100",
    ],
)
def test_what_dates_orders_or_labels_is_no_amount(text: str) -> None:
    assert [text[one.start : one.end] for one in find_quantities(text)] == []


def test_a_range_has_two_ends() -> None:
    (one,) = find_quantities("新建2至3家医院")
    assert (one.value, one.value_hi) == (Decimal(2), Decimal(3))


@pytest.mark.parametrize(
    ("text", "value"), [("三十二", 32), ("十五", 15), ("两百", 200), ("一千零五", 1005), ("二〇", 20)]
)
def test_chinese_numerals(text: str, value: int) -> None:
    assert parse_hanzi(text) == value


def test_what_is_no_numeral_is_none() -> None:
    assert parse_hanzi("好") is None


def test_rounding_leaves_half_a_digit_open() -> None:
    assert rounding_interval(Decimal("3.27"), 1, False) == Interval(Fraction("3.265"), Fraction("3.275"))
    assert rounding_interval(Decimal("12.5"), 10_000, True) == Interval(Fraction(124_500), Fraction(125_500))
    assert rounding_interval(Decimal(4127), 1, True) == Interval(Fraction(4127), Fraction(4127))
    assert open_interval(Decimal(8000), 1) == Interval(Fraction(8000), Fraction(9000))
    assert open_interval(Decimal(4120), 1) == Interval(Fraction(4120), Fraction(4130))


_numbers = st.fractions(min_value=0, max_value=1000)


@given(_numbers, _numbers, _numbers, _numbers)
def test_interval_arithmetic_holds_every_value(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> None:
    one, other = Interval(min(a, b), max(a, b)), Interval(min(c, d) + 1, max(c, d) + 1)
    points = [(x, y) for x in (a, b) for y in (c + 1, d + 1)]
    quotient, difference, total = one.over(other), one.minus(other), one.plus(other)
    assert quotient is not None
    assert difference is not None
    for x, y in points:
        assert quotient.meets(Interval(x / y, x / y))
        assert difference.meets(Interval(x - y, x - y))
        assert total.meets(Interval(x + y, x + y))


def claim_of(printed: str) -> Claim:
    (claim,) = find_claims(f"指标覆盖率为{printed}%。")[1]
    return claim


@pytest.mark.parametrize(
    ("printed", "computed"),
    [
        ("98.53", "98.563"),
        ("71.86", "78.16"),
        ("2.67", "26.7"),
        ("43", "23"),
        ("7.86", "71.86"),
        ("200", "2300"),
        ("1231", "123"),
    ],
)
def test_a_slip_of_the_pen(printed: str, computed: str) -> None:
    assert is_slip_of(claim_of(printed), Fraction(computed), Fraction(computed))


@pytest.mark.parametrize(("printed", "computed"), [("98.53", "87.15"), ("50.00", "12.34"), ("1200", "1310")])
def test_two_slips_are_none(printed: str, computed: str) -> None:
    assert not is_slip_of(claim_of(printed), Fraction(computed), Fraction(computed))
