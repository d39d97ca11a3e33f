"""Noun phrases around a number: what stands before and behind it, without verbs of counting, dates and copulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from wangdi.reports.text.layout import Layout
from wangdi.reports.text.lexicon import cue, load_lexicon, one_of
from wangdi.reports.text.numerals import Quantity

EDGE = ' \t\u3000,，、。；;：:“”‘’"()（）〔〕—-·#\n'
LONGEST = 30
_LONGEST_GLOSS = 80
"""How far before a comma within it the parenthesis of a gloss may open."""
_GLOSSES = re.compile(r"[(（][^()（）]{12,}[)）]|(?<!机构)(?<!人员)[(（][^()（）]{5,}[)）]\s*$")
_BEHIND = re.compile(
    r"(?:均|都|已|全部|能够|能|可|和|及|与|、|将|正在|也|合计|共计|累计|共|达到|达|虽然?|仍然?|仍有)+$"
)
"""Between a noun and the verb that follows it."""
_PER = re.compile(
    r"(?:每(?P<each>十万|万|千|百|\d+万|百万)(?=\w{0,4}(?:人|口|居民|儿|妇))(?:名|个)?(?:常住|户籍)?(?:人口?|居民)?|(?<![\d\w])(?P<bare>千|万)人(?:口|均)?(?=\w)|(?P<mean>人均))"
)
_MOVES = re.compile(r"(?:上升|提高|提升|增长|增加|增|升|下降|降低|减少|降|减|回落|压减|缩短)(?:到|至|为)")
"""What follows the first of two levels: 由6.1张增加到6.3张."""
_DATE = (
    r"(?:今年|本年|当年)?\s?(?:截止|截至|到(?![位账岗])|至(?!少))?(?:今年)?\s?(?:(?:19|20)[\dxX]{2}年(?:度)?)?"
    r"(?:\d{1,2}\s?[-—–~至]?\s?\d{0,2}月(?:份|底|末)?)?(?:\d{1,2}日)?(?:末|底)?"
)


@cache
def short_deed() -> re.Pattern[str]:
    """Two signs for what was to be done, or was: 应评, 已评, 在管, 持证率."""
    return re.compile(
        rf"(?:(?:应|须|需|已|未|实|在|持|可|待){one_of('short_deeds')}|(?:应|须|需|未){one_of('deeds')})(?:率|人数)?"
    )


@cache
def _leads() -> re.Pattern[str]:
    words = load_lexicon("words")
    return re.compile(rf"^(?!完成投资|到位资金)(?:{one_of('lead_verbs')}|{words['single_leads']}|{_DATE})")


def strip_tail(text: str) -> str:
    """Without the copula and the verbs at its end."""
    return _tails().sub("", text)


@cache
def _tails() -> re.Pattern[str]:
    return re.compile(
        r"(?:分别|(?<![人年日月户次])均|都|提标至|提标|已|要|共|为|达到|达|是|拥有|(?<!拥)有|至|到|(?<![签合续履解预条])约|近|超过|超|不低于|不少于|至少|控制在|保持在|稳定在|缩短|(?<!负)提高|提升|一年间|一年来|净减|净增|多出|增至|降至|升至|升到|降到|压到|(?<!血)压|保持|稳定|合计|总计|累计|"
        r"共计|全部|以|的|(?<![甲乙丙高中初平同])等|总|各|了|仅|只|虽|(?<=\w{2})仍|(?<=\w{2})(?<![其集空初高])中(?=仅|只)|增加|减少|上升|下降|(?<!负)增长|降低|上调|下调|回落|较上年多|较上|比上年|较上年|多|由|从|也|就|将|突破|"
        r"[比较](?:19|20)[\dxX]{2}年|(?:[较比](?:上周|上月|上季度))|(?:上年|去年|上月)(?:同期|同月)?(?=的)|(?<!新)共?发生|数为|[≥>＞≤<]|现|能|(?:19|20)[\dxX]{2}年|能够|高达|仅为|预计)+$"
    )


def plain_noun(text: str) -> str:
    """A noun phrase without the words of counting before it and the copula behind it."""
    text = re.sub(rf"^(?:累计|共|还|先后)?[为向给][^,，、]{{2,14}}?{one_of('giving_verbs')}(?=\w{{2}})", "", text)
    text = re.sub(r"^的?基础上[,，]?|^[两三四五十]年(?=净|累计|共|来|间|新增|增|提|降)", "", text)
    text = re.sub(r"(?:至少|不少于|最少)(?=(?:配备|拥有|建有|设置|建成|确定|开展|完成)$)", "", text)
    text = re.sub(rf"^.*(?:其中[:：,，]?|】|{one_of('listing')}(?=\w))", "", text.strip(EDGE)).strip(EDGE)
    text = re.sub(r"(?<=\w{2})(?:全年|本年|当年|累计|共)(?=报告$|发病$|死亡$)", "", text)
    text = re.sub(r"^按\w{2,8}?(?:计算|计)(?=\w{2})", "", text)
    text = re.sub(r"^\w{1,10}[^医集空华]中(?=[已共有需应未]\w)", "", text)
    text = re.sub(
        r"^[一二三四五六七八九十]{1,2}是|^[^、]{1,10}?[室院市县区局心统站]共(?![有同享建病产青和])(?=..)", "", text
    )
    for _ in range(12):
        shorter = _leads().sub("", text.strip(EDGE))
        kept = short_deed().fullmatch(text) or text in load_lexicon("words")["counterparts"]
        if kept or shorter == text or shorter in ("率", "数", "量", "情况"):
            break
        text = shorter
    for _ in range(4):
        shorter = _tails().sub("", text.rstrip(EDGE))
        if shorter == text:
            break
        text = shorter
    text = text.strip(EDGE)
    if re.fullmatch(r"(?:[高低多少]于|[高低多少]出|与)(?:(?:上年|去年|上月)(?:同期)?|(?:19|20)[\dxX]{2}年)?的?", text):
        return ""
    return "" if text in load_lexicon("words")["bare_comparisons"] else text


def left_of(layout: Layout, quantities: Sequence[Quantity], index: int) -> str:
    """What stands in the clause before a quantity, after the one before it."""
    one = quantities[index]
    start = layout.clause_at(one.start).start
    if index and quantities[index - 1].end > start:
        start = quantities[index - 1].end
    text = layout.text[start : one.start]
    opened = max(text.rfind("("), text.rfind("（"))
    closed = max(text.rfind(")"), text.rfind("）"))
    if opened > closed and text[opened + 1 :].strip():
        text = text[opened + 1 :]
    elif opened > closed:
        text = re.sub(rf"{one_of('set_beside')}$", "", text[:opened])
    elif closed >= 0 and opened < 0:
        glossed = _from_gloss(layout, start)
        if glossed is not None and not (index and quantities[index - 1].end > glossed):
            behind = layout.text[glossed : one.start].rpartition(")")[2].rpartition("）")[2]
            return behind if len(behind.strip()) > 1 else layout.text[glossed : one.start]
        text = text[closed + 1 :]
    if index and start == quantities[index - 1].end:
        text = re.sub(r"^(?:及?以上|以下|以内|左右)", "", text)
    return _GLOSSES.sub("", text)


def _from_gloss(layout: Layout, start: int) -> int | None:
    """Where the noun begins whose gloss a comma parts: 控制率（任意血糖，面对面随访）; None where there is none."""
    back = max(layout.text.rfind(mark, max(0, start - _LONGEST_GLOSS), start) for mark in "(（")
    if back < 0 or re.search(r"[)）。；;\n]", layout.text[back:start]):
        return None
    return layout.clause_at(back).start


def right_of(layout: Layout, quantities: Sequence[Quantity], index: int) -> str:
    """What stands in the clause after a quantity, up to the next one."""
    one = quantities[index]
    end = layout.clause_at(max(one.start, one.end - 1)).end
    if index + 1 < len(quantities):
        end = min(end, quantities[index + 1].start)
    text = re.sub(r"^\s*(?:及?以上|以下|以内|左右)?的?", "", layout.text[one.end : end])
    if (
        text[:1] in EDGE
        or _MOVES.match(text)
        or text in ("和", "及", "与", "以及")
        or re.match(r"目标(?!人群)", text)
        or re.match(r"基础上|[当之]?中(?![医药心小央西枢学等级])|里(?!程)", text)
    ):
        return ""
    # A gloss of a word or two belongs to the noun: 乡镇(街道).
    gloss = re.match(r"\w{2,6}[(（]\w{1,3}[)）]$", text)
    return gloss.group() if gloss else re.split(r"[(（)）:：]", text.rstrip(EDGE))[0]


def rest_after(layout: Layout, quantities: Sequence[Quantity], index: int) -> str:
    """What stands in the clause after a quantity, without other numbers."""
    end = layout.clause_at(max(quantities[index].start, quantities[index].end - 1)).end
    text, place = "", quantities[index].end
    for other in quantities[index + 1 :]:
        if other.start >= end:
            break
        text += layout.text[place : other.start]
        place = other.end
    text += layout.text[place:end]
    text = re.sub(r"^\s*(?:及?以上|以下|以内|左右)?的?", "", text)
    return re.split(r"[(（)）:：]", text.rstrip(EDGE))[0]


def find_per(text: str) -> str:
    """How many people a rate is told for: 千人, 万人, 10万人; 人 for a mean."""
    found = list(_PER.finditer(text))
    if not found:
        return ""
    match = found[-1]
    return "人" if match["mean"] else f"{match['each'] or match['bare']}人"


def first_noun(right: str) -> str:
    """The noun a number counts, up to the verb that follows it; a relative clause before it belongs to it."""
    right = re.sub(r"(?<=\w{2})的?基础上.*$", "", right)
    right = re.sub(r"(?<=\w{2})[当之]?中(?:[已共有需应未][^的]*)?$", "", right)
    right = re.sub(r"(?<=\w{2})(?<![集其华空])[当之]?中(?![医药心小央西枢学等级国考])(?!\w*的)\w+$", "", right)
    right = re.sub(r"(?<=\w{2})[当之]?中(?![医药心小央西枢学等级])\w+占$", "", right)
    cut = cue("cut_before").search(right)
    whole = cut is not None and re.search(rf"{one_of('whole_nouns')}$", right[: cut.start()])
    if cut and cut.start() and not whole and "的" in right[cut.end() : cut.end() + 10]:
        cut = None
    noun = right[: cut.start()] if cut and cut.start() else right
    return (
        re.sub(
            r"(?:均|都|已|全部|能够|能|可|和|及|与|、|将|正在|也|合计|共计|累计|共|达到|达|虽然?|仍然?|仍有)+$",
            "",
            noun,
        )
        or right
    )


def shorten(text: str) -> str:
    """A name of readable length, its parentheses closed."""
    text = re.sub(r"[“”\"\s]", "", text).strip(EDGE)
    text += ")" * (text.count("(") - text.count(")")) + "）" * (text.count("（") - text.count("）"))
    return text if len(text) <= LONGEST else text[-LONGEST:]
