"""What a name takes from the frame it stands in: the total it is a part of, the things its statement counted, its heading."""

from __future__ import annotations

import re
from functools import cache

from wangdi.reports.naming.names import Name, Named
from wangdi.reports.naming.phrases import short_deed
from wangdi.reports.text.lexicon import load_lexicon, one_of, person_units, ratio_units

FAR = 24
"""How many values back the total of a list may stand."""
_LONGEST = 22
_COUNTED = re.compile(r"(?:人数|人次|总数|数量|合计|总计|数|量|例)$")
_OPENING = re.compile(
    r"\W*(?:其中|按[^,，。]{2,12}(?:分|看|划分|来看|统计)|分[^,，。]{1,6}看|从[^,，。]{2,10}看|\w{1,8}[^医集空华]中(?![医药心])|构成上|与[^,，。]{2,14}相比)"
)
"""A statement that begins so parts what the one before it counted."""
_PARTED = re.compile(
    r"其中|包括|包含|涉及|又?分为|分属|依次|[(（:：](?=\w)|(?:^|[,，])为(?=\w)|构成上|支出中|按[^,，。]{2,12}(?:分|看|划分|来看)|分[^,，。]{1,6}看"
)


@cache
def subgroup_pattern() -> str:
    """Words that name a part of anything and nothing by themselves: 男性, 农村, A级, 一孩, 其他."""
    ages = r"\d{1,3}(?:[-—–~～至]\d{1,3})?(?:周?岁|个?月)(?:及?以[上下])?"
    return rf"(?:{one_of('subgroups')}|[A-Da-d一二三四甲乙丙]级|[一二三四五多]孩(?:及?以上)?|{ages})"


@cache
def deed_pattern() -> str:
    """What was done or found, without what to: 在管, 应评, 不合格, 办结率."""
    return rf"(?:{short_deed().pattern}|{one_of('deed_ways')}*{one_of('deeds')}{{1,2}})(?:人数|人次|数|率|比例)?"


def is_subgroup(text: str) -> bool:
    """Whether a name only tells which part of something it is."""
    return re.fullmatch(subgroup_pattern(), text) is not None


def is_deed(text: str) -> bool:
    """Whether a name tells what was done and leaves open to what."""
    return re.fullmatch(deed_pattern(), text) is not None


def whole_of(given: Named, own: str) -> int | None:
    """The place of the value that this one is a part of; None where it is told for itself.

    Rule: a list of parts begins at a word of parting (其中, 按…分, 涉及, a colon or parenthesis), or with a name that only
    tells a part; it goes on while its values have one unit and one mark between them.
    """
    layout, one, text = given.layout, given.one, given.layout.text
    bare = is_subgroup(own)
    if not own or one.rank or re.match(r"[较比与占]", own) or (one.unit in ratio_units() and not bare):
        return None
    start = layout.statement_at(one.start).start
    opened = _OPENING.match(text[start : one.start])
    reach = layout.paragraph_at(one.start).start if opened or bare else start
    last = given.quantities[given.index - 1].end if given.index else 0
    segment = text[max(last, start) : one.start]
    parted = bare or opened or _PARTED.search(segment) or re.match(r"中(?![医药心])", segment)
    for place, other, name in given.back_to(reach, FAR):
        if other.unit != one.unit or other.rank:
            continue
        if name.part_of is None and (not name.own or re.match(r"占|比(?!例)|较|同比|环比|[高低多少]于", name.own)):
            continue
        if name.part_of is None:
            return place if parted else None
        if not is_deed(own) and _goes_on(given, place, text[other.end : one.start]):
            return name.part_of
    return None


def _goes_on(given: Named, place: int, between: str) -> bool:
    """Whether a list of parts goes on behind one of them: by the mark that stood before that one too."""
    plain = re.sub(r"[(（][^()（）]*[)）]", "", between)
    marks = re.findall(r"[、,，;；。]", plain)
    if "。" in marks or len(marks) > 2:
        return False
    before = place - 1
    while before >= 0 and given.quantities[before].unit != given.one.unit:
        before -= 1
    if before < 0 or given.names[before].part_of != given.names[place].part_of:
        return True
    told = re.sub(
        r"[(（][^()（）]*[)）]", "", given.layout.text[given.quantities[before].end : given.quantities[place].start]
    )
    return ("、" in told) == ("、" in plain) or "、" in plain


def name_part(given: Named, own: str, whole: Name) -> str:
    """The name of a part: with what its total counts where it does not say it itself (其他21件 of 受理投诉举报163件).

    Missing: empty where a part is named in full, or like any other value.
    """
    thing = thing_of(whole.text)
    if not thing:
        return ""
    shared = _shared_end(own, thing)
    if shared >= 2 and shared < len(own):
        kind = own[:-shared]
        thing = thing.rpartition("的")[2]
        return kind + thing if is_subgroup(kind) or re.fullmatch(r"\w{1,3}[化级类性型等他立营]", kind) else ""
    if is_subgroup(own):
        return _fit(own, thing)
    heads = one_of("rate_heads", "money_heads") if _is_money(given) else one_of("rate_heads")
    if re.search(rf"{heads}$|[诊检查术访种]$|[入出住]院$", own):
        return ""
    done = re.search(r"(?:报告)?(?:发病|死亡|报告)$", thing)
    if done and given.one.unit in person_units() and not own.endswith(tuple(load_lexicon("words")["person_nouns"])):
        return own + done.group()
    if is_deed(whole.own) and own in thing:
        return whole.own + own
    last = own.removesuffix("数")[-4:]
    if any(last[place : place + 2] in thing for place in range(len(last) - 1)):
        return ""
    units = load_lexicon("units")["counted"]
    plain = given.one.unit in (*ratio_units(), *load_lexicon("words")["institution_units"], *units["people"])
    institution = re.search(rf"{one_of('institutions')}$", own)
    if institution and given.one.unit not in (*ratio_units(), *load_lexicon("words")["institution_units"], "户", "间"):
        return own + re.sub(rf"^.*{one_of('institutions')}|^(?:全[市县区省国州院]|总)", "", thing)
    if given.one.unit in load_lexicon("words")["institution_units"] and not own.endswith(
        tuple(load_lexicon("words")["whole_nouns_end"])
    ):
        return "" if is_deed(own) else own + thing
    return "" if plain or is_deed(own) or given.one.unit in units["places"] else own + thing


def _is_money(given: Named) -> bool:
    return given.one.unit in load_lexicon("units")["money"]["units"]


def _fit(own: str, thing: str) -> str:
    """A part before what it is a part of; people of an age or sex that the thing names already stand for it."""
    return own + re.sub(rf"^{subgroup_pattern()}", "", thing)


def _shared_end(one: str, other: str) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[-1 - length] == other[-1 - length]:
        length += 1
    return length


def common_end(one: str, other: str) -> str:
    """What two names have in common at their end; empty where that is a sign or none."""
    shared = _shared_end(one, other)
    return one[-shared:] if shared > 1 else ""


def thing_of(name: str) -> str:
    """What is counted under a name: without the verb that did it, its area, and the words of counting."""
    text = re.sub(r"^(?:全[国省市州县区镇院]|我[国省市县区镇院]|年末|年底|现有|共有|总共?)+", "", name)
    text = re.sub(
        rf"^(?:(?:到位|各类|受理|接到|登记|报告(?!发病|死亡)|累计|办理|完成|处置|设(?!置)有?|辖|管理)(?=\w{{2}})|{one_of('flow_verbs')}(?=\w{{2}}))+",
        "",
        text,
    )
    text = re.sub(r"(?<=\w{3})(?:里|内|之中|当中|(?<![医集空华])中)$", "", _COUNTED.sub("", text))
    text = re.sub(rf"(?:(?:应|须|需|已|未|实|在){one_of('short_deeds')}|又?分为|为|的)$", "", text)
    return text if 1 < len(text) <= _LONGEST else ""


def join(topic: str, text: str) -> str:
    """Topic and noun as one; what ends the first and begins the second stands once."""
    for length in range(min(len(topic), len(text)), 1, -1):
        if topic.endswith(text[:length]):
            return topic + text[length:]
    return text if topic and topic[-2:] in text else topic + text
