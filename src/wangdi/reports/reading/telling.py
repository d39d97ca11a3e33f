"""How a number is told: compared with what, as a result or a target, as a level or a change."""

from __future__ import annotations

import re

from wangdi.reports.naming.names import Name
from wangdi.reports.text.layout import Layout
from wangdi.reports.text.lexicon import AMONG, MOVED_FROM, cue, load_lexicon, one_of, person_units, ratio_units
from wangdi.reports.text.numerals import Quantity

COUNT, RATE, MONEY, CHANGE, RANK, VALUE = "count", "rate", "money", "change", "rank", "value"
ACTUAL, TARGET = "actual", "target"

_NEAR = 60
"""How far before a number a word like 力争 still speaks of it."""


_COMPARED = 120
"""How far before a number a comparison still makes 增加 a change."""


_BASE_BEFORE = re.compile(
    r"(?:常住|户籍|总)人口$|全部$|[比较](?:上年|去年|20\d{2}年)[末底]?的?$|(?:推进|推动|加快)(?:(?!新[建增])[^。;；])*等$"
    r"|总投资[约达为]?[\d.]+[万亿]?元[,，](?:其中)?(?:(?!年内|计划|完成|力争|确保|达到)[^。;；])*$"
)
_BASE_BEHIND = re.compile(r"[^,，。;；]{0,24}基础上|(?:常住|户籍)(?:人口|居民)")
"""Before and behind a number of a plan that is there already: all of them, last year's, what a project costs, residents."""


def read_direction(text: str, one: Quantity, left: str) -> str:
    """``up`` or ``down`` where the number is a change, and no level reached by one; ``left``: its clause before it."""
    words = load_lexicon("words")
    after = text[one.end : one.end + 4]
    if one.unit == "番":
        return "up"
    for name, way in (("change_after_up", "up"), ("change_after_down", "down")):
        if after.startswith(tuple(words[name])):
            return way
    if one.unit in load_lexicon("units")["points"]["units"]:
        return "down" if _last_end("change_down", left) > _last_end("change_up", left) else "up"
    clause = text[max(text.rfind(mark, 0, one.start) for mark in ",，。；;\n") + 1 : one.start]
    if one.unit and re.match(r".{0,4}[较比](?:上年|去年|上月)(?:同期)?(?:多出|增加|减少|新增)的", clause):
        return "down" if "减少" in clause else "up"
    for name, way in (("change_down", "down"), ("change_up", "up")):
        match = re.search(rf"(?P<word>{one_of(name)})(?:分别)?(?:了|约|近|幅度为|幅为|达|为|超过|超)?$", left.rstrip())
        if match is not None and _is_change(text, one, left, match["word"]):
            return way
    return ""


def _last_end(words: str, left: str) -> int:
    """Where the last of some words ends before a number: the 减 of 乙脑减毒活疫苗接种率提高 says nothing of its change."""
    return max((match.end() for match in cue(words).finditer(left)), default=-1)


def _is_change(text: str, one: Quantity, left: str, word: str) -> bool:
    """Whether a verb of change is one here: 增加3家卫生院 adds them, and 新高 is no 高."""
    if word == "高" and left.rstrip().endswith("高达"):
        return False
    if word in ("增", "减", "高", "低") and re.search(rf"[率新]{word}$", left.rstrip()):
        return False
    if word not in load_lexicon("words")["change_or_addition"] or one.unit in ratio_units():
        return True
    return bool(cue("compared_with").search(left) or _is_compared(text, one) or re.search(r"一年(?:增|减|多|少)", left))


def _is_compared(text: str, one: Quantity) -> bool:
    """与上年比较，床位增加4.9万张: the clause before says what with, and nothing is counted behind the number."""
    start = text.rfind("。", 0, one.start) + 1
    if re.match(r"\W*(?:其中|前[两二三四]类|分\w{1,4}看|按\w{2,8}看)", text[start : one.start]):
        start = max(text.rfind("。", 0, start - 1), text.rfind("\n", 0, start - 1)) + 1
    before = text[max(start, one.start - _COMPARED) : one.start]
    told = cue("compared_with").search(before) or re.search(
        r"[比较与](?:19|20)[\dxX]{2}年|一年间|一年来|净[增减]|[从由]\d[^,，。]{0,24}?[到至为]\d", before
    )
    return bool(told) and not re.match(r"[\u4e00-\u9fff]", text[one.end : one.end + 1])


def read_measure(one: Quantity, name: Name, direction: str) -> str:
    """What is measured: a rank, a change, money, a rate, a count, or another value."""
    lexicon = load_lexicon("units")
    if one.rank:
        return RANK
    if direction:
        return CHANGE
    plain_money = (
        one.scale_name == "亿" and not one.unit and re.search(r"费|资金|投资|收入|支出|差|额|债|款", name.text)
    )
    if one.unit in lexicon["money"]["units"] or plain_money:
        return MONEY
    if re.search(r"分[子母]$", name.text):
        return COUNT
    if one.unit in ratio_units() or one.unit == "倍" or name.per not in ("", "人"):
        return RATE
    if one.unit in (*lexicon["ages"]["units"], *lexicon["times"]["units"]) or one.unit in lexicon["counted"]["scores"]:
        return VALUE
    if name.per == "人" and one.unit in lexicon["counted"]["measures"]:
        return RATE
    if one.unit or one.scale > 1:
        return COUNT
    if re.search(r"率|比$", name.text):
        return RATE
    return VALUE if re.search(r"指数|分$|分值|CMI|系数|权重|比值|强度", name.text) else COUNT


def read_status(layout: Layout, one: Quantity, left: str, measure: str) -> str:
    """A target by a word of its sentence, by a task before it, or because its section is a plan."""
    text = layout.text
    if _is_start(text, one):
        return ACTUAL
    if layout.section_at(one.start).status == TARGET:
        return ACTUAL if _is_base(layout, one, left) else TARGET
    sentence, clause = layout.sentence_at(one.start), layout.clause_at(one.start)
    near = text[max(sentence.start, one.start - _NEAR) : one.start]
    if measure != RANK and cue("target_strong").search(near):
        return TARGET
    here = text[clause.start : one.start]
    if re.match(r"[^,，。;；]{0,12}必须(?:如期|按期|按时)?(?:完成|达到)", text[one.end : one.end + 30]):
        return TARGET
    if re.match(r"的?(?:规划)?目标(?!人群)", text[one.end : one.end + 6]):
        return TARGET
    if re.search(rf"{one_of('task_number')}(?:为|是|数)?(?:\d+(?:\.\d+)?[^\W的]{{0,2}})?$", here):
        return TARGET
    if re.search(rf"{one_of('target_weak')}[^,，]*?{one_of('target_reached')}", here):
        return TARGET
    if re.match(r"\W*(?:下(?:一)?步|下一?阶段|接下来|明年|来年)", text[sentence.start : one.start]) and re.search(
        rf"[将要并再拟](?:再)?{one_of('target_reached', 'counting_verbs')}\w{{0,4}}$", here
    ):
        return TARGET
    if "争取" in left and text[one.end : one.end + 2] in ("以上", "以内"):
        return TARGET
    head = text[sentence.start : one.start]
    due = re.search(r"(?<![截年])[到至]20(?:\d{2}|[xX]{2})年(?P<end>底|末)?[,，]", head)
    if due and (not due["end"] or re.search(r"力争|要|将|达到|实现|下降到|控制在", head[due.end() :])):
        return TARGET
    return ACTUAL


def _is_base(layout: Layout, one: Quantity, left: str) -> bool:
    """Whether a number of a plan tells what there is, not what is to be: 现有, 上年末, 在…基础上, residents, a project's cost."""
    text, start = layout.text, layout.sentence_at(one.start).start
    before, after = text[start : one.start], text[one.end : one.end + 40]
    if re.search(rf"{one_of('plan_bases')}(?:(?!{one_of('plan_moves')}).)*$", left):
        return True
    if _BASE_BEFORE.search(before) or _BASE_BEHIND.match(after):
        return True
    if re.search(r"(?:全[省市县区州]|现有)$", before) and re.match(AMONG, after):
        return True
    year = layout.section_at(one.start).period
    ended = re.search(rf"(?<![比较])(?P<year>20\d{{2}})年(?:(?!今年|年内|{one_of('plan_goals')}).)*$", before)
    return ended is not None and year is not None and ended["year"] < year.year


def _is_start(text: str, one: Quantity) -> bool:
    """Whether a value is what a change starts from, also in a plan: 由89元提高到94元."""
    moved = re.match(
        r"(?:提高|增加|增长|上升|提升|下降|降低|减少|压减)?[增降升减]?(?:到|至|为)", text[one.end : one.end + 5]
    )
    before = text[max(0, one.start - 8) : one.start]
    return moved is not None and re.search(MOVED_FROM, before) is not None


def read_comparator(text: str, one: Quantity, status: str) -> str:
    """``=``, ``>=``, ``<=`` or ``approx``, by the words next to the number.

    Rule: 控制在 is an upper end in a target only; in a result it says what was reached.
    """
    words = load_lexicon("words")
    before, after = text[max(0, one.start - 6) : one.start].rstrip(), text[one.end : one.end + 4].lstrip()
    if one.more or after.startswith(tuple(words["about_after"])):
        return "approx"
    if re.search(rf"{one_of('at_least_before')}$", before) or after.startswith(tuple(words["at_least_after"])):
        return ">="
    if re.search(rf"{one_of('at_most_before')}$", before) or after.startswith(tuple(words["at_most_after"])):
        return "<="
    if status == TARGET and re.search(rf"{one_of('held_below')}$", before):
        return "<="
    about = re.search(rf"(?:{one_of('about_before')}|约[为是占]\w{{1,6}}的)$", before) and not re.search(
        r"[签合续履解预条]约$", before
    )
    return "approx" if about else "="


def add_head(name: str, one: Quantity, told: str, measure: str, direction: str) -> str:
    """A name with what is counted at its end: …数, …人数, …人次, …升幅. ``told``: what stands before the number."""
    if not name or measure in (RATE, MONEY, VALUE):
        return name
    if measure == CHANGE:
        if re.search(r"[升降增减]幅|负增长|增速|[高低多少快慢]于", name):
            return name
        share = one.unit in ratio_units() or one.unit in load_lexicon("units")["points"]["units"]
        with_what = re.search(r"[较比与](?:上年|去年)(?:同期)?", told)
        name += with_what.group().replace("比", "较").replace("去年", "上年") if with_what and "较" not in name else ""
        if name.endswith("降价"):
            return name + "幅度"
        grown = "增幅" if re.search(r"增\w{0,2}$", told.rstrip()) else "升幅"
        return name + ({"up": grown, "down": "降幅"} if share else {"up": "增加", "down": "减少"})[direction]
    if measure == RANK:
        return name if name.endswith("排名") else name + "排名"
    if re.search(r"(?:数|量|差距|人次|人口|规模|总数|面积|长度|强度|满意度|住院日|时间|时长|年龄)$", name):
        return name
    measured = next((what for what, units in load_lexicon("units")["measured_as"].items() if one.unit in units), "")
    if measured:
        return name + measured
    if one.unit == "例":
        return name + ("数" if re.search(r"例|死亡|发病|术|查|测|种|治疗|监护|诊|者$", name) else "病例数")
    if one.unit.endswith("次") and one.unit != "次":
        return name + one.unit
    people = one.unit in person_units() and not name.endswith(tuple(load_lexicon("words")["person_nouns"]))
    return name + ("人数" if people and one.unit in ("人", "名", "位") else "数")
