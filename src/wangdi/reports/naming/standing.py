"""What a name without a thing of its own stands under: what its statement counted or opened with, its paragraph, its heading."""

from __future__ import annotations

import re

from wangdi.reports.naming.framing import FAR, is_deed, thing_of
from wangdi.reports.naming.names import Named
from wangdi.reports.naming.phrases import EDGE, plain_noun
from wangdi.reports.text.lexicon import cue, load_lexicon, one_of, ratio_units


def object_at(given: Named) -> str:
    """What a deed without an object was done to: what its statement counted last, else what its heading is about."""
    start = given.layout.statement_at(given.one.start).start
    for _, other, name in given.back_to(start, FAR):
        if (
            other.unit in ratio_units()
            or other.unit in load_lexicon("units")["money"]["units"]
            or name.part_of is not None
        ):
            continue
        if name.topic and name.topic in name.text:
            return name.topic
        thing = thing_of(name.head or name.text)
        if thing and not is_deed(name.text):
            return _without_deed(thing)
    done = _done_in_clause_before(given, start)
    if done:
        return done
    told = given.layout.text[start : given.one.start]
    named = [match.group() for match in cue("topics").finditer(told)]
    return named[-1] if named else _object_earlier(given, start) or heading_topic(given)


def _done_in_clause_before(given: Named, start: int) -> str:
    """The object of a clause without numbers that ends with what was done: 适龄女孩甲疫苗免费接种,第一剂次共接种…"""
    clause = given.layout.clause_at(given.one.start).start
    last = given.quantities[given.index - 1].end if given.index else 0
    if clause <= max(start, last):
        return ""
    told = given.layout.text[max(start, last) : clause].rstrip(EDGE)
    found = re.search(rf"(?:^|[,，、])(?P<what>\w{{3,20}}?)(?:免费|普遍|全面|统一)?{one_of('deeds')}$", told)
    return plain_noun(found["what"]) if found else ""


def _object_earlier(given: Named, start: int) -> str:
    """What the statement before counted in the same unit: 报告甲病203例。全年新报告19例."""
    if not given.one.unit or given.one.unit in ratio_units():
        return ""
    begin = given.layout.paragraph_at(given.one.start).start
    for _, other, name in given.back_to(begin, FAR):
        if (
            other.start < start
            and other.unit == given.one.unit
            and name.part_of is None
            and not is_deed(name.own or "已检")
        ):
            return _without_deed(thing_of(name.head or name.text))
    return ""


def _without_deed(thing: str) -> str:
    thing = re.sub(r"(?<=\w{2})的?(?:目标人群|服务对象|应检人数)$", "", thing)
    return re.sub(rf"(?<=\w{{2}})(?:{one_of('deeds')}|(?:应|已|实|未|在){one_of('short_deeds')})+$", "", thing)


def fuller(given: Named, text: str) -> str:
    """The full name that a sum or a thing in general refers back to: 床位总数 after 全县医疗机构床位900张."""
    core = re.sub(r"(?:总数|总量|总额|合计)$", "", text)
    if core != text and len(core) > 1:
        start = given.layout.paragraph_at(given.one.start).start
        for _, _, name in given.back_to(start, FAR):
            thing = thing_of(name.text)
            if thing.endswith(core) and len(thing) > len(core):
                return thing
    if (
        re.fullmatch(rf"(?:举办|发放|开展|印发|组织|制作|设置?)*\w{{0,2}}{one_of('generic_things')}", text)
        and len(text) <= 8
    ):
        topic = heading_topic(given)
        return topic + text if topic and len(topic) <= 6 and topic[-2:] not in text else text
    return text


def same_before(given: Named) -> str:
    """The last total of the same unit that the paragraph told before: 与2020年的29万人次相比 after 门诊31万人次."""
    start = given.layout.paragraph_at(given.one.start).start
    same = (one for _, other, one in given.back_to(start, FAR) if other.unit == given.one.unit and one.part_of is None)
    return next((one.text for one in same if one.text), "")


def subject_behind(given: Named) -> str:
    """Whose value of another time stands in a comparison before it: 与上年(80例)相比,病例数少了5例."""
    text, one = given.layout.text, given.one
    found = re.match(
        rf"[)）]?(?:相比|比较|相较)[,，](?P<what>\w{{2,16}}?)(?:净|又|则|也)?{one_of('change_up', 'change_down')}",
        text[one.end : one.end + 30],
    )
    return plain_noun(found["what"]) if found else ""


def opening_topic(given: Named) -> str:
    """What the clauses before a statement's first value are about: 孕产妇死亡率 in 孕产妇死亡率连年走低:2018年18.3/10万."""
    layout, one = given.layout, given.one
    start = layout.statement_at(one.start).start
    if given.index and given.quantities[given.index - 1].end > start:
        start = given.quantities[given.index - 1].end
    clause = layout.clause_at(one.start)
    told = layout.text[start : clause.start].rstrip(EDGE + ":：")
    for part in reversed(re.split(r"[,，:：;；]", told)):
        words = plain_noun(part)
        found = re.match(rf"(?P<what>\w{{2,20}}?{one_of('rate_heads')})(?![人质])", words)
        if found:
            return found["what"]
    return ""


def heading_topic(given: Named) -> str:
    """What the heading over a value is about, without how well it went: 公共场所量化分级 of 公共场所量化分级扎实推进."""
    title = given.layout.title_over(given.one.start)
    if not title or title in load_lexicon("words")["plain_headings"] or cue("plain_heading_words").search(title):
        return ""
    text = re.sub(rf"^{one_of('heading_verbs')}+", "", re.sub(r"[“”\"]", "", title))
    text = re.sub(rf"(?:{one_of('heading_tails')})+$", "", text)
    text += "传染病" if re.fullmatch("[甲乙丙]类", text) else ""
    if re.search(r"[,，、和与]", text) or not 1 < len(text) <= 12:
        return ""
    return text
