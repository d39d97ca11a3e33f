"""Claims held against data: which indicator, area and period a claim is, and whether the recomputed number is printed so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from tests.reports import COUNTY, LIBRARY, TOWNS, names_of, period_of, told
from wangdi.catalog.figures import FigureAsked, IndicatorName, ToldFigure
from wangdi.core.periods import Period
from wangdi.reports.matching.against_data import AGREES, DIFFERS, UNMATCHED, Catalogue, Held, hold_claims
from wangdi.reports.matching.indicator_names import IndicatorNames, plain_name
from wangdi.reports.matching.whereabouts import Areas
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, BASES

INDICATORS = {one.id: one for pack in LIBRARY.newest.values() for one in pack.indicators.values()}
NAMES = names_of(LIBRARY.newest.values())
YEAR = period_of("2025")


def figure(
    indicator: str, counted: tuple[int, int | None], area: tuple[str, str] = COUNTY, period: str = "2025"
) -> ToldFigure:
    return told(INDICATORS[indicator], area, period, counted)


FIGURES = (
    figure("htn_std", (153, 234)),
    figure("htn_std", (93, 135), TOWNS[0]),
    figure("htn_std", (60, 99), TOWNS[1]),
    figure("htn_std", (134, 214), period="2024"),
    figure("htn_std", (158, 227), period="2025-10-ytd"),
    figure("htn_std", (40, 200), period="2025Q3"),
    figure("htn_mgmt", (234, 297)),
    figure("htn_ctrl", (191, 234)),
    replace(figure("childcare_places", (665, None)), denominator_kind="none"),
    figure("childcare_places_per_1000", (665, 137_700)),
    figure("ehr_quality", (12_600, 130)),
    figure("elder_mgmt", (10, None)),
)


def answer(figures: Collection[ToldFigure]) -> Mapping[FigureAsked, ToldFigure]:
    return {FigureAsked(one.indicator, one.area, period_of(one.period)): one for one in figures}


def hold(text: str, about: Period | None = YEAR, own: bool = False) -> list[Held]:
    ground, _ = check_text(text)
    known = answer(FIGURES)

    def tell(asked: Collection[FigureAsked]) -> Mapping[FigureAsked, ToldFigure]:
        return {one: known[one] for one in asked if one in known}

    named = {COUNTY[1]: (COUNTY[0],), **{name: (code,) for code, name in TOWNS}, "同名村": ("1", "2")}
    return hold_claims(ground, Catalogue(NAMES, Areas(COUNTY[0], named), about, own), tell, tell)


def only(text: str, about: Period | None = YEAR, own: bool = False) -> Held:
    held = hold(text, about, own)
    assert len(held) == 1, text
    return held[0]


@pytest.mark.parametrize(
    ("text", "indicator", "part", "area"),
    [
        ("全县高血压患者规范管理率达65.38%。", "htn_std", "value", COUNTY[0]),
        ("高血压规范管理率65.4%。", "htn_std", "value", COUNTY[0]),
        ("高血压患者健康管理率78.79%。", "htn_mgmt", "value", COUNTY[0]),
        ("高血压控制率81.6%。", "htn_ctrl", "value", COUNTY[0]),
        ("甲镇高血压患者规范管理率68.89%。", "htn_std", "value", TOWNS[0][0]),
        ("年内已管理的高血压患者234人。", "htn_std", "denominator", COUNTY[0]),
        ("每千人口托位数4.83个。", "childcare_places_per_1000", "value", COUNTY[0]),
        ("3岁以下婴幼儿托位数665个。", "childcare_places", "value", COUNTY[0]),
        ("健康档案平均得分96.92分。", "ehr_quality", "value", COUNTY[0]),
        ("高血压患者规范管理率达65%以上。", "htn_std", "value", COUNTY[0]),
        ("高血压患者规范管理率较上年提高2.77个百分点。", "htn_std", "value", COUNTY[0]),
    ],
)
def test_a_claim_finds_its_figure_and_agrees(text: str, indicator: str, part: str, area: str) -> None:
    one = only(text)
    assert one.verdict == AGREES, one
    assert one.then is not None
    assert (one.then.named.indicator, one.then.named.part, one.then.figure.area) == (indicator, part, area)


def test_a_name_left_to_the_claim_before_is_that_ones() -> None:
    held = hold("甲镇高血压患者规范管理率68.89%，乙镇为60.61%。")
    assert [(one.verdict, one.then.figure.area_name if one.then else "") for one in held] == [
        (AGREES, "甲镇"),
        (AGREES, "乙镇"),
    ]


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("高血压患者规范管理率达65.38%。", True),
        ("高血压患者规范管理率达65.4%。", True),
        ("高血压患者规范管理率达65%。", True),
        ("高血压患者规范管理率达65.39%。", False),
        ("高血压患者规范管理率达65.3%。", False),
        ("高血压患者规范管理率达66%以上。", False),
        ("高血压患者规范管理率较上年下降2.77个百分点。", False),
    ],
)
def test_a_number_agrees_where_the_data_would_be_printed_so(text: str, agrees: bool) -> None:
    one = only(text)
    assert one.verdict == (AGREES if agrees else DIFFERS)
    assert one.then is not None
    assert (one.then.gap is None) is agrees


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("高血压患者管理率78.8%。", "name"),
        ("婚前医学检查率40%。", "name"),
        ("全省高血压患者规范管理率达65.38%。", "area"),
        ("同名村高血压患者规范管理率达65.38%。", "area"),
        ("2025年下半年，高血压患者规范管理率达65.38%。", "period"),
        ("高血压患者规范管理率较2020年提高2.77个百分点。", "measure"),
        ("老年人健康管理率达65.38%。", "no_value"),
        ("丙镇高血压患者规范管理率达65.38%。", "no_value"),
        ("高血压患者规范管理率65人。", "name"),
    ],
)
def test_what_is_nothing_in_the_catalogue_says_why(text: str, reason: str) -> None:
    one = only(text)
    assert (one.verdict, one.reason) == (UNMATCHED, reason)
    assert one.relation is None


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("截至2025年10月底，高血压患者规范管理率为69.60%。", "2025-10-ytd"),
        ("2025年1—10月，高血压患者规范管理率为69.60%。", "2025-10-ytd"),
        ("2025年第三季度，高血压患者规范管理率为20.00%。", "2025Q3"),
        ("2024年，高血压患者规范管理率为62.62%。", "2024"),
    ],
)
def test_a_claim_is_held_to_the_period_it_names(text: str, period: str) -> None:
    one = only(text)
    assert (one.verdict, one.period) == (AGREES, period)


def test_a_sentence_that_names_no_period_means_the_reports() -> None:
    text = "2025年1—10月工作情况\n高血压患者规范管理率为69.60%。"
    held = hold(text, period_of("2025-10-ytd"))
    assert [(one.verdict, one.period) for one in held] == [(AGREES, "2025-10-ytd")]
    assert only("高血压患者规范管理率为69.60%。", None).reason == "period"


def test_the_longest_name_that_stands_there_is_the_area() -> None:
    areas = Areas("r", {"甲镇": ("1",), "甲镇卫生院": ("2",), "乙镇": ("3",)})
    assert [areas.at("在甲镇卫生院和乙镇", place) for place in (0, 1, 7)] == ["", "甲镇卫生院", "乙镇"]
    assert areas.at("全县", 0) == "全县"
    assert areas.strip("甲镇高血压规范管理率") == "高血压规范管理率"
    assert areas.strip("") == ""
    assert [areas.code(one) for one in ("", "我市", "乙镇", "丁镇")] == ["r", "r", "3", None]


def test_a_target_is_no_result() -> None:
    assert hold("三、下一步工作\n高血压患者规范管理率达到70%以上。") == []


def test_a_difference_is_a_question_unless_the_citys_own_report_names_the_base() -> None:
    told_wrong = "高血压患者规范管理率达80.00%。"
    with_base = "年内已管理的高血压患者人数中，高血压患者规范管理率达80.00%。"
    with_number = "年内已管理的高血压患者234人，规范管理率达80.00%。"
    severities = {
        (text, own): [one.relation.severity for one in hold(text, own=own) if one.relation and one.verdict == DIFFERS]
        for text in (told_wrong, with_base, with_number)
        for own in (False, True)
    }
    assert severities == {
        (told_wrong, False): [BASES],
        (told_wrong, True): [BASES],
        (with_base, False): [BASES],
        (with_base, True): [ARITHMETIC],
        (with_number, False): [BASES],
        (with_number, True): [ARITHMETIC],
    }


def test_names_that_differ_in_what_is_managed_stay_apart() -> None:
    plain = [plain_name(one) for one in ("高血压患者健康管理率", "高血压患者规范管理率", "高血压患者管理率")]
    assert len(set(plain)) == 3


def test_one_name_of_two_indicators_is_both_and_decided_by_their_numbers() -> None:
    shared = [IndicatorName(name, "复诊率", "percent", "", "在管人数") for name in ("a", "b")]
    names = IndicatorNames(shared)
    assert {one.indicator for one in names.find("复诊率", counted=False)} == {"a", "b"}
    ground, _ = check_text("复诊率50%。")
    one, other = (replace(FIGURES[0], indicator=name, numerator=1.0, denominator=2.0) for name in ("a", "b"))

    def verdict(figures: Collection[ToldFigure]) -> tuple[str, str]:
        catalogue = Catalogue(names, Areas(COUNTY[0], {}), YEAR)
        held = hold_claims(ground, catalogue, lambda _: answer(figures), lambda _: answer(figures))
        return held[0].verdict, held[0].reason

    assert verdict([one, other]) == (AGREES, "")
    assert verdict([one, replace(other, denominator=4.0)]) == (UNMATCHED, "ambiguous")


def test_every_alias_is_of_an_indicator_and_no_title_of_another() -> None:
    from wangdi.reports.text.lexicon import load_lexicon

    aliases: dict[str, list[str]] = load_lexicon("indicator_names")["aliases"]
    assert set(aliases) <= set(INDICATORS)
    for indicator, names in aliases.items():
        counted = INDICATORS[indicator].unit in ("count", "days")
        for name in names:
            assert {one.indicator for one in NAMES.find(name, counted)} == {indicator}, name
