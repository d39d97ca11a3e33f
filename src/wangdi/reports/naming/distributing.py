"""Names of values that a list of nouns shares: A、B健康管理率分别达1%、2%."""

from __future__ import annotations

import re

from wangdi.reports.naming.carrying import complete
from wangdi.reports.naming.names import Named
from wangdi.reports.naming.phrases import EDGE, LONGEST, find_per, plain_noun, strip_tail
from wangdi.reports.text.lexicon import load_lexicon, one_of
from wangdi.reports.text.numerals import Quantity

_LONGEST_LIST = 16
"""Values that one list of nouns may share."""


def name_distributed(given: Named) -> str:
    """The name of one of several values that a list of nouns shares: A、B率分别达1%、2%; or that the values before them had."""
    layout, quantities, index = given.layout, given.quantities, given.index
    first = last = index
    lowest, highest = max(0, index - _LONGEST_LIST), min(len(quantities) - 1, index + _LONGEST_LIST)
    while first > lowest and _joined(layout.text, quantities[first - 1], quantities[first]):
        first -= 1
    while last < highest and _joined(layout.text, quantities[last], quantities[last + 1]):
        last += 1
    count = last - first + 1
    if count < 2:
        return ""
    start = layout.clause_at(quantities[first].start).start
    if first and quantities[first - 1].end > start:
        start = quantities[first - 1].end
    subject, told, verb = _cut_at(layout.text[start : quantities[first].start])
    subject = (
        strip_tail(subject)
        if not told
        else re.split(r"(?<!\w{2}[与和])(?:较|同比|比(?=[上去全目年]))", subject)[0] or subject
    )
    parts = _split_list(plain_noun(subject))
    while len(parts) > count and len(parts[0]) + len(parts[1]) < LONGEST:
        parts[:2] = [parts[0] + "、" + parts[1]]
    if len(parts) == count:
        name = _share_head(_share_front(parts))[index - first]
        if told and re.match(r"占(?!比)", verb.strip(EDGE)) and not re.search(r"[率比]$", name):
            return name + "占比"
        bare = name in load_lexicon("words")["bare_rates"] and first > 0
        near = bare and layout.statement_at(quantities[first - 1].start) == layout.statement_at(given.one.start)
        return complete(name, given.names[first - 1], False, False) if near else name
    return _hand_on(given, (first, count), subject, verb) if told else ""


def _cut_at(told: str) -> tuple[str, str, str]:
    """What several values are told of, the word that hands them out, and what is said of each."""
    found = re.search(r"分别|依次", told)
    return (told[: found.start()], found.group(), told[found.end() :]) if found else (told, "", "")


def _hand_on(given: Named, group: tuple[int, int], subject: str, verb: str) -> str:
    """The name of one of several values told of as many before them: 死亡5例、9例,死亡率分别为1‰、2‰; 同比分别下降3%、4%."""
    first, count = group
    if first < count:
        return ""
    layout, one = given.layout, given.quantities[first - count]
    if layout.statement_at(one.start) != layout.statement_at(given.one.start):
        return ""
    before = given.names[given.index - count]
    each = _each(given, count) if re.match(r"\W*[两二三]者", subject) else []
    if each:
        return each[given.index - first] + plain_noun(re.sub(r"^\W*[两二三]者的?", "", subject))
    aside = re.search(r"(?:较|比)(?P<what>(?!上年|去年|上月)\w{2,10})$", subject.strip(EDGE))
    if aside and (way := re.match(r"[高低多少快慢]", verb)):
        return f"{before.text}{way.group()}于{aside['what']}"
    among = re.match(r"占(?P<whole>\w{2,}?)?的?$", verb.strip(EDGE))
    if among:
        return before.text + (f"占{among['whole']}比例" if among["whole"] else "占比")
    against = re.match(rf"({one_of('aside_verbs')}\w{{2,}}?)$", verb.strip(EDGE))
    if against:
        return before.text + against.group(1)
    shared = plain_noun(subject)
    if not shared or re.match(rf"{one_of('aside_verbs')}|较|比(?!例|重)|同比|环比", shared):
        return before.text
    if shared.endswith("率"):
        return complete(shared, before, False, False)
    return shared + before.own if find_per(shared) == find_per(before.text + shared) != "" else before.text + shared


def _each(given: Named, count: int) -> list[str]:
    """Those that 两者 speaks of: whose income and whose spending were told before."""
    start = given.layout.statement_at(given.one.start).start
    names = [one.text for place, one in enumerate(given.names) if given.quantities[place].start >= start]
    who = dict.fromkeys(re.sub(rf"{one_of('counterparts')}$", "", one) for one in names)
    return list(who)[-count:] if len(who) >= count else []


def _split_list(subject: str) -> list[str]:
    """The members of a list; what stands in parentheses is not split."""
    marks = one_of("separators")
    return [one for one in re.split(rf"{marks}(?![^(（]*[)）])", subject) if one]


def _joined(text: str, one: Quantity, other: Quantity) -> bool:
    between = re.sub(r"^(?:及?以上|以下|左右)", "", text[one.end : other.start])
    return between in ("、", "和", "及", ",", "，", "与", ", ") and one.scale == other.scale


def _share_front(parts: list[str]) -> list[str]:
    """What stands before 的 in the first of a list is said of all: 能够提供服务的医院、诊所."""
    front = re.match(r"\w{4,}的(?=\w{2})", parts[0])
    return [one if not front or "的" in one else front.group() + one for one in parts]


def _share_head(parts: list[str]) -> list[str]:
    heads = one_of("rate_heads")
    last = parts[-1]
    topic = re.match(one_of("topics"), last)
    if not topic and not re.search(rf"{heads}$", last):
        head = ""
    else:
        head = last[topic.end() :] if topic else re.sub(rf"^.*?(?=\w{{0,4}}{heads}$)", "", last)
    front = re.match(r"每[十百千万\d]+(?:名|个)?(?:常住)?人?口?(?:拥有)?", parts[0])
    lead = front.group() if front else ""
    # Alike at their ends, each stands for itself: 药品费、材料费.
    named = [one if re.search(rf"{heads}$", one) or one[-1] == last[-1] else one + head for one in parts]
    return [one if one.startswith(lead) else lead + one for one in named]
