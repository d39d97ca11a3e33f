"""What a name leaves to the claims before it: its disease, its subject, its verb."""

from __future__ import annotations

import re
from functools import cache

from wangdi.reports.naming.framing import join
from wangdi.reports.naming.names import Name, Named
from wangdi.reports.naming.phrases import find_per
from wangdi.reports.text.lexicon import cue, load_lexicon, one_of, ratio_units

_LONGEST_TOPIC = 18
_FAR = 80
"""How far behind 其中 a list is still told, in characters."""


def is_dependent(given: Named, text: str) -> bool:
    """Whether a name needs the one before: a word that stands alone nowhere, or a short member of 其中."""
    words = load_lexicon("words")
    if not text:
        return bool(given.before)
    alone = text in words["dependent_nouns"] or re.sub(r"(?:数|人数|人次)$", "", text) in words["dependent_nouns"]
    if given.before is None:
        return text in words["carried_nouns"]
    if alone:
        return True
    head = given.before.head
    if any(text[place : place + 2] in head for place in range(len(text) - 1)):
        return False
    plain = re.sub(r"[(（][^()（）]*[)）]", "", text)
    if (
        len(text) > 5
        or plain.endswith(tuple(words["whole_nouns_end"]))
        or re.search(r"[病聋炎症癌瘤]$", text)
        or given.one.unit in ratio_units()
    ):
        return False
    return is_among(given)


def is_among(given: Named) -> bool:
    """Whether a value is one of those that 其中 parts its sentence's total into: of the total's unit."""
    text, place = given.layout.text, given.one.start
    told = text.rfind("其中", max(given.layout.sentence_at(place).start, place - _FAR), place)
    if told < 0:
        return False
    total = next((one for one in reversed(given.quantities[: given.index]) if one.end <= told), None)
    return total is None or total.unit == given.one.unit or total.unit in ratio_units()


def complete(text: str, before: Name | None, dependent: bool, counted: bool) -> str:
    """What a short name leaves to the claim before it: 筛查率 after 听力筛查 is 听力筛查率. ``counted``: it may share a verb."""
    words = load_lexicon("words")
    if before is None:
        return text
    base = re.sub(r"(?:人数|人次|数|数量|量|比例)$", "", before.text)
    head = re.sub(r"(?:人数|人次|数|数量|量|比例)$", "", before.head or before.text)
    if not text or text in words["vague"]:
        return before.text
    if dependent and set(text) <= set(head) and text not in head:
        return text
    if dependent and (head in words["dependent_nouns"] or (re.search(r"[率日比]$", head) and not text.endswith("率"))):
        return text
    if dependent:
        if not head.endswith(text):
            head = re.sub(rf"(?<=\w{{4}}){one_of('things_of_a_building')}$", "", head)
        return text + head if "孩" in text or (len(text) <= 2 and "其中" in text) else head + text
    if text in ("比", "较", "环比"):
        return before.text
    if text in ("占", "占比", "比例", "比重", "人均"):
        return before.text + (text if text != "占" else "占比")
    if re.match(r"(?:占|较|比(?!例|重)|同比|增幅|升幅|降幅|增速|相当于|为\w+的$)", text):
        return (before.text if before.part_of is not None else before.head or before.text) + text
    stem = text.removesuffix("率")
    if re.fullmatch(r"\d{1,3}周?岁(?:及?以[上下])?", text):
        return text + head
    if text.endswith("率") and stem and before.topic in base.partition(f"{stem}的")[2] and before.topic:
        return before.topic + text
    if text.endswith("率") and stem and stem in base:
        front = base[: base.rindex(stem)] or base.removeprefix(stem)
        return join(front, text) if len(front) <= _LONGEST_TOPIC else text
    if text in words["bare_rates"] or (text.endswith("率") and len(text) <= 6 and not cue("topics").search(text)):
        return join(_front_of_rate(text, base, before.topic), text)
    if counted and len(text) <= 8 and not find_per(text):
        flow = re.match(rf"{one_of('flow_verbs')}", before.text)
        if flow and not re.match(
            rf"(?:\w{{0,2}}(?:建|增|获|成|训|治|展|放|罚))|{one_of('verb_ends', 'carried_verbs')}", text
        ):
            return flow.group() + text
    return text


def _front_of_rate(text: str, base: str, topic: str) -> str:
    """Of whom a bare rate is told: the people or disease, with what the claim before says of them; else what that one counts."""
    if base.endswith("率"):
        return topic or re.sub(r"\w{0,4}率$", "", base)
    if not topic:
        return _object_in(base) if text in load_lexicon("words")["bare_rates"] else ""
    thing = base[base.index(topic) :] if topic in base else topic
    done = re.search(rf"(?:{one_of('carried_verbs')}|管理|检查|筛查)$", thing)
    return topic if done or len(thing) > _LONGEST_TOPIC else thing


def name_in_context(given: Named, text: str, behind: bool) -> str:
    """A name that stood for itself so far, with its topic or institution where the sentence told it once before.

    Rule: a verb without an object of its own has that of the claim before it (举办…班2期,培训90人); what an institution has or
    does is told of the last institution that the sentence named (中医医院床位300张,使用率84%); what a number of institutions
    do is told of them (9个卫生院均能开展6项技术).
    """
    before = given.before
    if not text:
        return text
    if behind:
        subject = before.subject if before is not None and before.behind and _in_clause_of_last(given) else ""
        return join(subject, text)
    if before is None and text in load_lexicon("words")["headed_nouns"]:
        return join(given.layout.heading_of(given.one.start), text)
    counted = _counted_in(given, text)
    if counted:
        return text + counted
    if before is not None and _lacks_object(given, text):
        return join(before.topic or _object_of(given), text)
    if cue("institutions").search(text) or find_per(text):
        return text
    subject = _opening_subject(given)
    if not subject and before is not None and not before.behind and cue("institutional").search(text):
        subject = before.subject
    return join(subject, text)


def _counted_in(given: Named, text: str) -> str:
    """What is counted in an institution: of 其中医院2540张 after 床位3286张 the beds.

    Rule: a unit that does not count institutions takes its noun from the last value of that unit in the statement.
    """
    institution = re.compile(rf"{one_of('institutions')}$")
    if given.one.unit in load_lexicon("words")["institution_units"] or not institution.search(text):
        return ""
    statement = given.layout.statement_at(given.one.start)
    for _, other, name in given.back_to(statement.start):
        if other.unit == given.one.unit and not institution.search(name.text):
            counted = re.sub(rf"^.*{one_of('institutions')}|^(?:全[市县区省国州院]|总)", "", name.text)
            return re.sub(r"^(?:实有|共有|现有|拥有|开设|设有|总)", "", counted)
    return ""


def _opening_subject(given: Named) -> str:
    """The one institution that a sentence begins with and goes on to tell of: 县中医医院新建…,建成工作站3个."""
    sentence = given.layout.sentence_at(given.one.start)
    found = re.match(
        rf"\s*(?P<who>(?:\w{{0,6}}[市县区省州]|本|我)\w{{0,4}}?{one_of('definite_institutions')})(?=\w{{2}})",
        given.layout.text[sentence.start : given.one.start],
    )
    return found["who"] if found else ""


def subject_of(given: Named, name: Name) -> str:
    """Who a claim is told of, where the next may be told of the same: the institution that its name begins with."""
    if name.behind:
        return name.own if cue("institutions").search(name.own) else given.before.subject if given.before else ""
    found = re.match(
        rf"(?P<who>\w{{0,8}}?{one_of('institutions')}(?:[(（]\w{{1,6}}[)）])?)(?P<what>\w{{2,}})$", name.text
    )
    if found:
        return found["who"]
    if given.before is None or given.before.behind or cue("institutions").search(name.text):
        return ""
    clause = given.layout.clause_at(given.one.start)
    whole = re.match(
        r"\W*(?:全[市县区省州国]|每[十百千万]|我[市县区])", given.layout.text[clause.start : given.one.start]
    )
    return "" if whole else given.before.subject


def _in_clause_of_last(given: Named) -> bool:
    """Whether the number before stands in the same clause, and something is said of what it counts."""
    last = given.quantities[given.index - 1]
    return last.start >= given.layout.clause_at(given.one.start).start


def topic_of(given: Named, name: str) -> str:
    """The people or disease that a claim is told of: its own, else the last one its statement told of."""
    found = _aged_topic().search(name)
    return found.group() if found else given.before.topic if given.before else ""


@cache
def _aged_topic() -> re.Pattern[str]:
    """People or a disease, with their ages: 7岁以下儿童."""
    ages = r"\d{1,3}(?:[-—–~～]\d{1,3})?(?:周?岁|个?月)(?:及?以[上下])?"
    return re.compile(rf"(?:{ages})?{one_of('topics')}")


def _lacks_object(given: Named, text: str) -> bool:
    """Whether a name is what was done, and leaves open to whom: 培训, 惠及, 办结率."""
    if cue("topics").search(text) or re.match(r"(?:新?发现|确诊|收治|救助)\w{3,}", text):
        return False
    if given.one.unit in ratio_units():
        return re.fullmatch(rf"{one_of('carried_verbs')}(?:率|比例)", text) is not None
    if (
        given.before is not None
        and re.search(r"(?:医保|保险|救助)$", given.before.topic)
        and cue("insured_measures").match(text)
    ):
        return True
    if re.fullmatch(r"\w{2,6}(?:筛查|检查|访视|随访|体检|建册|接种)", text):
        return given.before is not None and given.before.topic != ""
    return re.match(rf"{one_of('carried_verbs')}(?!班|基地|中心|机构)", text) is not None


def _object_of(given: Named) -> str:
    """What the sentence counted last, without the verb that did it and the word that counts it."""
    statement, money = given.layout.statement_at(given.one.start), load_lexicon("units")["money"]["units"]
    place = given.index - 1
    while place > 0 and given.quantities[place].unit in money and given.quantities[place - 1].start >= statement.start:
        place -= 1
    return _object_in(given.names[place].head or given.names[place].text)


def _object_in(name: str) -> str:
    topic = re.sub(rf"^(?:{one_of('flow_verbs')}|{one_of('lead_verbs')}|推广|组织|累计)+", "", name)
    topic = re.sub(r"(?:人数|人次|数量|数|量|比例|率)$", "", topic)
    topic = re.sub(
        r"(?<=\w{2})(?:培训班|班|活动|项目|工作)$", lambda one: "培训" if "培训" in one.group() else "", topic
    )
    return topic if len(topic) <= _LONGEST_TOPIC else ""
