"""What a rate may be a rate of: the amounts its numerator can be, the likeliest first, and what ties them to it."""

from __future__ import annotations

import re
from functools import lru_cache

from wangdi.reports.relations.ground import Ground, plain_thing, shares_run
from wangdi.reports.relations.groups import paired_with
from wangdi.reports.text.lexicon import load_lexicon

_REACH = 6
"""How many claims back a numerator may stand."""
_AMONG = re.compile(
    r"(?<!药)(?<!耗)占比?(?:达|达到|为|约)?$|占[^,，。]{1,14}的$|占[^,，。\d]{1,14}(?<![比率])$|(?:完成|为)[^,，。]{2,14}的$|[(（]占?$"
)
_INSIDE = 12
"""How far behind its numerator a share in parentheses stands, in characters."""


def clause_before(ground: Ground, index: int) -> str:
    """What stands in a claim's clause before it."""
    one = ground.claims[index]
    return ground.text[ground.layout.clause_at(one.start).start : one.start]


@lru_cache(maxsize=256)
def is_among(ground: Ground, index: int) -> bool:
    """Whether a share is told as one of something: 占, 占比, 为…的, or as one of several with 分别占."""
    before = ground.text[max(0, ground.claims[index].start - 18) : ground.claims[index].start]
    if _AMONG.search(before):
        return True
    return paired_with(ground, index) is not None and bool(
        re.search(r"分别占|依次占|占[^,，。]*(?:分别|依次)|占比(?:分别|依次)", _list_clause(ground, index))
    )


def is_of_others(ground: Ground, over: int, index: int) -> bool:
    """Whether a share names whom it is of, and a number is not of them: 注册护士3.3万人;从学历看,本科及以上占46.8%."""
    start = (
        ground.claims[index - 1].end
        if index and ground.same_sentence(index - 1, index)
        else ground.sentence_start(index)
    )
    told = re.search(r"(?P<who>[^\W\d]{4,})占[^,，。;；]{0,14}$", ground.text[start : ground.claims[index].start])
    if told is None:
        return False
    who = re.sub(r"^(?:其中|分别|两者|合计|三项|以上)+", "", told["who"])
    who = who.rpartition("的")[0] or who
    return len(who) > 3 and not shares_run(who, ground.said_of(over), 2)


def _list_clause(ground: Ground, index: int) -> str:
    """The clause of a share up to it, with the values told before it."""
    one = ground.claims[index]
    return ground.text[max(ground.sentence_start(index), one.start - 60) : one.start]


def base_inside(ground: Ground, index: int) -> int | None:
    """The amount told between 占 or 完成 and 的 before a share: 占应完成6000人的102%, 占总诊疗量（3.09亿人次）的53.1%."""
    one = ground.claims[index]
    start = ground.layout.clause_at(one.start).start
    told = re.search(
        r"(?:占|完成|为|相当于)(?P<whole>[^,，。;；、占]*\d[^,，。;；、占]*)的$", ground.text[start : one.start]
    )
    if told is None:
        return None
    inside = [
        place for place in range(ground.first_from(start + told.start("whole")), index) if ground.is_amount(place)
    ]
    return inside[-1] if inside else None


def fraction_behind(ground: Ground, index: int) -> tuple[int, int] | None:
    """Numerator and denominator in parentheses behind a rate: 94.06%(20163/21436)."""
    if index + 2 >= len(ground.claims) or not ground.is_amount(index + 1) or not ground.is_amount(index + 2):
        return None
    opened = re.fullmatch(r"\s*[(（][^()（）\d]{0,12}", ground.between(index, index + 1))
    parted = re.fullmatch(r"\s*[/／÷]\s*[^()（）\d,，]{0,12}", ground.between(index + 1, index + 2))
    return (index + 1, index + 2) if opened and parted else None


def list_numerators(ground: Ground, index: int, before: int) -> list[int]:
    """The amounts a rate may be of, the likeliest first: the one paired with it, else the last few of its sentence.

    ``before``: the claim that they stand before; the denominator, where that stands next to the rate.
    """
    partner = paired_with(ground, index)
    if partner is not None:
        return [partner] if ground.is_amount(partner) else []
    named = _named_part(ground, index)
    if named:
        return named
    places = [
        place
        for place in range(before - 1, max(-1, before - _REACH), -1)
        if ground.is_amount(place) and ground.same_sentence(place, index)
    ]
    # A share in parentheses is one of the number before them.
    inside = ground.depth(index) > 0 and places and ground.claims[index].start - ground.claims[places[0]].end <= _INSIDE
    return places[:1] if inside and ground.depth(places[0]) < ground.depth(index) else places


def _named_part(ground: Ground, index: int) -> list[int]:
    """The amounts told before that a clause without any of its own says it speaks of: 基层诊疗占总诊疗的63.2%."""
    told = re.fullmatch(r"\W*(?P<part>\w{3,12})占\w{2,14}(?:的|比例|比重)(?:为|达|达到)?", clause_before(ground, index))
    if told is None:
        return []
    called = [
        place
        for place in ground.amounts_called(plain_thing(told["part"]))
        if place < index and ground.same_part(place, index)
    ]
    return sorted(ground.near(called, index), reverse=True)


def is_tied(ground: Ground, over: int, index: int) -> bool:
    """Whether the names of a numerator and of a rate share the word that says what was done, or say it in two words."""
    stem, words = stem_of(ground, index), load_lexicon("relations")["numerators"]
    other = next((words[word] for word in words if stem.endswith(word)), None)
    return bool(tying_word(ground, over, index) or (other is not None and re.search(other, ground.said_of(over))))


def is_done_of_due(ground: Ground, over: int, base: int) -> bool:
    """Whether one number is told as what should be and another as what was: 应体检51243人,实际体检36382人."""
    due, done = load_lexicon("relations")["due"]["due"], load_lexicon("relations")["due"]["done"]
    return bool(re.search(due, ground.said_of(base)) and re.search(done, ground.said_of(over)))


def stem_of(ground: Ground, index: int) -> str:
    """What a rate is called by, without 率 or 占比, and without what it is a share of: 甲级收入 of 甲级收入占总收入比例."""
    return re.sub(r"(?:率|占比|比例|比重)$|占.+$", "", ground.claims[index].indicator)


def tying_word(ground: Ground, over: int, index: int) -> str:
    """The longest end of a rate's name that stands in a numerator's; empty where it is less than two characters."""
    stem, told = stem_of(ground, index), ground.said_of(over)
    return next((stem[place:] for place in range(len(stem) - 1) if stem[place:] in told), "")
