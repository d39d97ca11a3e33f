"""What there was, what is added, and what there will be: 在现有43个站点基础上新增5个,总数达到48个."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.reports.relations.ground import BASES, UNVERIFIABLE, Ground, Relation, plain_thing, shares_run
from wangdi.reports.relations.sums import add_up, compare_part, gap_of, judge_sum, slip_closes

_REACHED = re.compile(r"(?:总数|总量|累计|规模)[^,，。;；\d]{0,6}$|(?:达到|达|增至|增加到|扩大到|扩充到)(?:了)?$|实现$")
_ADDED = re.compile(
    r"(?:新增|新建|增设|增加|新招|招录|增配|购置|(?:今年|本年|年内|全年)(?:计划)?完成)[^,，。;；\d]{0,24}$"
)
_BACK = 5
"""How many claims before what is reached the number that is added may stand."""
_FAR = 120
"""How many claims back what there was may stand."""
_SHARED = 3
"""Characters that the names of what there was and of what is added must share, where no word says that it is built on."""
_LEAST = 10
"""Smaller numbers are one slip from too many others to say something."""


def find_stocks(ground: Ground) -> Iterator[Relation]:
    """Every total that a sentence says is reached by adding, with what is added and the stock it is added to.

    Rule: a stock that makes the total is told as holding; one of its name that one slip keeps from it is a question.
    """
    for total in range(1, len(ground.claims)):
        added = _added_before(ground, total)
        if added is None:
            yield from _compare_covered(ground, total)
            continue
        whole, stocks = ground.claims[total].interval, list(_list_stocks(ground, total, added))
        exact = next((place for place in stocks if add_up(ground, (place, added)).meets(whole)), None)
        if exact is not None:
            yield judge_sum(ground, total, (exact, added), UNVERIFIABLE)
            continue
        large = (place for place in stocks if min(ground.claims[place].exact, ground.claims[total].exact) >= _LEAST)
        meant = next((place for place in large if _is_slip(ground, total, (place, added))), None)
        if meant is not None:
            yield judge_sum(ground, total, (meant, added), UNVERIFIABLE)
        else:
            yield compare_part(ground, (added,), total, BASES)


def _compare_covered(ground: Ground, total: int) -> Iterator[Relation]:
    """Those that something reached last, against all that it covers now: 将2家村卫生室纳入改造,实现12个村卫生室全覆盖."""
    one, last = ground.claims[total], ground.nouns[total - 1]
    covered = re.match(r"[^,，。;；\d]{2,20}全覆盖", ground.text[one.end : one.end + 24])
    beside = ground.same_sentence(total - 1, total) and ground.is_count(total - 1) and ground.is_count(total)
    if covered and beside and len(last) > 1 and ground.nouns[total].startswith(last):
        yield compare_part(ground, (total - 1,), total, BASES)


def _added_before(ground: Ground, total: int) -> int | None:
    """What the sentence says was added, right before what was reached by it."""
    one = ground.claims[total]
    if not ground.is_amount(total) or not _REACHED.search(ground.text[max(0, one.start - 16) : one.start]):
        return None
    for place in range(total - 1, max(-1, total - 1 - _BACK), -1):
        other = ground.claims[place]
        told = ground.text[max(ground.sentence_start(place), other.start - 40) : other.start]
        beside = ground.same_sentence(place, total) and ground.same_kind(place, total)
        if beside and other.measure in ("count", "change", "money") and _ADDED.search(told):
            return place
    return None


def _list_stocks(ground: Ground, total: int, added: int) -> Iterator[int]:
    """Counts before a total that may be what there was: built on by the sentence, or of the name of what is added."""
    names = f"{ground.claims[total].indicator}，{ground.claims[added].indicator}"
    for place in range(total - 1, max(-1, total - _FAR), -1):
        one = ground.claims[place]
        if not ground.same_part(place, total):
            return
        if place == added or not (ground.is_amount(place) and ground.same_kind(place, total)):
            continue
        built_on = ground.same_sentence(place, total) and "基础上" in ground.text[one.end : one.end + 24]
        if built_on or _is_named(ground.nouns[place], names) or _is_named(plain_thing(one.indicator), names):
            yield place


def _is_named(noun: str, names: str) -> bool:
    """Whether names hold so much of a noun that it is one of theirs: its end, or more of it."""
    ends = len(noun) > 1 and noun[-2:] in names
    return ends or shares_run(noun, names, _SHARED)


def _is_slip(ground: Ground, total: int, parts: tuple[int, int]) -> bool:
    """Whether one slip of the pen in the total or in one of its two parts keeps them apart."""
    gap = gap_of(ground, total, parts)
    return slip_closes(ground, total, -gap) or any(slip_closes(ground, part, gap) for part in parts)
