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
    # What there was, what is added and what there will be; of plans too.
    ("sum", ("48个", "43个", "5个"), "某县2027年工作计划\n在现有43个急救站基础上新增5个,总数达到48个。"),
    ("sum", ("96家", "84家", "12家"), "建成国医馆84家。\n一、下一步打算\n新建国医馆12家,累计达到96家。"),
    ("part_le_whole", ("60个", "312个"), "新建村阁60个,总数达到312个。"),
    ("part_le_whole", ("2家", "12个"), "将2家卫生室纳入改造,实现12个卫生室改造全覆盖。"),
    ("order_le", ("438家", "455个"), "建成设施455个(438家)。"),
    # Names alone: of some, of an age, of all that is told twice.
    ("part_le_whole", ("832个", "1916个"), "新增托位832个。全区已有托位1916个。"),
    ("part_le_whole", ("3022.05万人次", "4826.35万人次"), "全年总诊疗4826.35万人次。医院诊疗3022.05万人次。"),
    ("part_le_whole", ("8127人", "49216人"), "60岁以上老年人68743人,其中65岁以上49216人,80岁以上8127人。"),
    ("part_le_whole", ("18例", "24例"), "5岁以下儿童死亡24例。婴儿死亡18例。"),
    ("part_le_whole", ("26人", "310名"), "执业人员310名,其中高年资26人,其余为新聘。"),
    ("duplicate", ("46家", "46家"), "全市设预防接种门诊46家。投入320万元,46家接种门诊全部接入平台。"),
    ("duplicate", ("9家", "9家"), "三级医院由4家增加到9家。9家三级医院全部落实总会计师制度。"),
    # At least so much; the whole behind the share; no 的 before it; the sentence's first words part it.
    ("ratio", ("420个", "640个", "65%"), "新增托位640个,其中普惠性托位420个,占比65%以上。"),
    ("ratio", ("2136个", "2164家", "98.7%"), "现有乡镇卫生院2164家。建成国医馆2136个,覆盖98.7%的乡镇卫生院。"),
    ("ratio", ("15.38亿元", "37.92亿元", "40.56%"), "总支出37.92亿元,结余0.54亿元;人员经费15.38亿元,占总支出40.56%。"),
    (
        "ratio",
        ("9.27亿元", "33.12亿元", "27.99%"),
        "医疗收入33.12亿元。医疗收入按项目分:药品9.27亿元占27.99%,其他不详。",
    ),
    ("ratio", ("1981名", "4128个", "47.99%"), "托位总数4128个。机构实际收托1981名,入托率47.99%。"),
    # Means over years, of residents; two death rates on their births; targets among themselves.
    ("growth", ("23.8亿元", "15.3亿元", "9.2%"), "支出由2015年的15.3亿元增加到2020年的23.8亿元,年均增长9.2%。"),
    (
        "unit_cost",
        ("8121.6万元", "86.4万人", "94元"),
        "全区常住人口86.4万人。人均公卫经费提高至94元,年度总经费8121.6万元。",
    ),
    ("implied_denominator", ("2.33‰", "3.73‰", "2146人"), "活产2146人,婴儿死亡率2.33‰,5岁以下儿童死亡率3.73‰。"),
    ("order_le", ("43%", "80%"), "力争居民签约率、重点人群签约率分别达到43%和80%以上。"),
    ("implied_numerator", ("3560人", "90%"), "适龄女生3560人疫苗首剂接种率达到90%以上。"),
    ("duplicate", ("17起", "17起"), "规范处置聚集性疫情17起。\n17起聚集性疫情中有14起在学校。"),
    (
        "ratio",
        ("6420人", "12000人", "53.5%"),
        "甲癌筛查6420人,占年度任务的53.5%。\n二、下一步打算\n完成甲癌筛查12000人。",
    ),
    ("difference", ("31.8%", "33.3%", "1.5个百分点"), "上年占比为31.8%,力争提高1.5个百分点,达到33.3%。"),
    ("trend_decreasing", ("5862人", "5310人", "4745人"), "出生人口由2018年的5862人,减少到2019年5310人、2020年4745人。"),
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
    ("某县2027年工作计划\n在现有43个急救站基础上新增5个,总数达到84个。", "84个"),
    ("规划确定的28项主要指标中,25项达到目标值,2项接近目标值,2项未达到目标值。", "28项"),
    ("规划实施项目68个,已完工71个、在建12个、未开工3个。", "68个"),
    ("60岁以上老年人68743人,其中65岁以上49216人,80岁以上81270人。", "81270人"),
    ("在岗村医412名,其中45岁以下169名,45至59岁185名,60岁及以上118名。", "169名"),
    ("学生体检率98.35%。\n学生健康体检率虽达98.53%,但运用不足。", "98.53%"),
    ("65岁及以上6.27万人。65岁及以上老年人签约6.41万人。", "6.41万人"),
    ("建成急救站点46个。\n在现有43个急救站点基础上加密。", "43个"),
    ("全年总诊疗2.78亿人次。\n全年2.87亿人次的诊疗量中,省会占38.2%。", "2.87亿人次"),
    ("从事院前急救工作人员168人。\n队伍不稳,全县186名院前急救人员中编外偏多。", "186名"),
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
        # What some of them have may overlap; what is told of all again is no part; a share of another part; more than its like.
        "16家卫生院中,11家达到基本标准,4家设有血透室。",
        "新增托位640个,其中普惠托位420个,在上年末3248个的基础上托位总数达到3888个。",
        "药品收入4935.52万元,医疗收入19204.35万元,体现技术劳务价值的服务收入占医疗收入32.60%。",
        "接触危害因素7359人,按危害因素分,接触粉尘3418人、接触噪声5127人、接触毒物1865人。",
        "学校和幼儿园64所。现有幼儿园37所。",
        # Of real reports: a total and its part, last year's mean population, what is left unsaid, ages, a rate of another thing.
        "全国报告传染病497479例,死亡1271人。乙类报告290297例,死亡1261人。丙类报告207182例,死亡10人。",
        "年末总人口138271万人,比上年末增加809万人。全年出生人口1786万人,出生率为12.95‰。",
        "床位910.1万张,其中:医院713.1万张(占78.4%),基层164.9万张(占18.1%),公卫机构29.6万张(占3.3%)。",
        "劳动年龄9074万人,占65.6%;60周岁及以上2308万人,占16.7%;65周岁及以上1500万人,占10.8%。",
        "每千人口医师由2.90人提高到3.40人,入院人次3.0亿人次,增长31.2%。",
        "甲类传染病报告21例,死亡1人,其中鼠疫5例,死亡1人;霍乱16例,无死亡。",
        "卫生院33753个,卫生人员160.5万人。服务中心37177个,卫生人员77.8万人。卫生室581964个,工作的人员132.7万人。",
        "中小学117所,其中小学78所、初中27所、高中12所,配备校医的学校占88.0%。",
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
