"""The same quantity told twice: alike, otherwise, per another number of people, or in two places of an order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from wangdi.core.problem import Problem
from wangdi.reports.reading.telling import TARGET
from wangdi.reports.relations.ground import ARITHMETIC, BASES, UNVERIFIABLE, Ground, Relation, written_claim
from wangdi.reports.relations.sums import compare_part
from wangdi.reports.text.lexicon import AMONG, load_lexicon

_STOCK = re.compile(r"(?:共?有|(?<![增开新建筹])设|现有|总数(?:已?达到?|为)?|共计|设有)$")
_OF_AREA = re.compile(r"全[省市县区州]$")
_ALL_THERE = re.compile(r"(?:现有|已有|共有|全部|全[省市县区州])$")
_THERE = re.compile(r"(?:有|全部|全[省市县区州]|建成|累计|配备)$")
_WHOLE = re.compile(r"全部|均纳入|都纳入|所有")
_MONTHS = re.compile(r"\d月|季度|半年")
_COUNTED = frozenset(("个", "家", "所", "人", "名", "张", "例", "户"))
_SHORTEST = 4
"""Characters a name must have for a longer one that ends with it to be of the same things."""
_AFTER = 20
"""How far behind a count 中 may stand."""
_BY_CHANCE = 10
"""Smaller counts of things that are called alike are equal by chance."""
_ALL = 100
"""Per cent: what all reached is told of many things."""
_TOLD_TWICE = 100
"""Two equal numbers in one sentence say the same thing twice from here on; small ones are equal by chance."""


def find_repeats(ground: Ground) -> list[Relation]:
    """Every quantity that is told more than once."""
    return [
        *_find_same(ground),
        *_find_called_alike(ground),
        *_find_slips(ground),
        *_find_ranks(ground),
        *_find_in_sentence(ground),
    ]


def _find_same(ground: Ground) -> Iterator[Relation]:
    by_noun: dict[tuple[str, str, int], list[int]] = {}
    for index, one in enumerate(ground.claims):
        noun = one.indicator if ground.is_share(index) else ground.nouns[index]
        counted = ground.is_count(index) or (ground.is_share(index) and one.norm_value < _ALL)
        if counted and len(noun) > 1 and one.norm_value >= 1:
            part = ground.layout.part_at(one.start).start
            by_noun.setdefault((noun, one.norm_unit, part), []).append(index)
    for members in by_noun.values():
        told = {ground.claims[members[0]].norm_value: members[0]}
        for other in members[1:]:
            value = ground.claims[other].norm_value
            found = _compare(ground, told.get(value, members[0]), other)
            told.setdefault(value, other)
            if found is not None:
                yield found


def _find_called_alike(ground: Ground) -> Iterator[Relation]:
    """A count against an earlier one whose longer name ends with its own: 46家接种门诊全部 after 预防接种门诊46家."""
    for other, noun in enumerate(ground.nouns):
        one = _called_longer(ground, other) if len(noun) >= _SHORTEST and ground.is_count(other) else None
        if one is not None:
            left, right = ground.claims[one], ground.claims[other]
            same = left.exact == right.exact
            args = {"name": left.indicator, "one": written_claim(left), "other": written_claim(right)}
            told = Problem(code="AUDIT-170" if same else "AUDIT-172", args=args)
            kind = "duplicate" if same else "duplicate_conflict"
            yield Relation(kind, (one, other), same, "" if same else BASES, told)


def _called_longer(ground: Ground, other: int) -> int | None:
    """What a count may repeat under a shorter name.

    Rule: one of all there are repeats the last stock; one of which 中 tells some only what has its number.
    """
    noun, right = ground.nouns[other], ground.claims[other]
    longer = [
        one
        for one in ground.near(ground.amounts_called(noun), other)
        if one < other and ground.nouns[one] != noun and ground.same_kind(one, other) and ground.same_part(one, other)
    ]
    if _is_whole(ground, other):
        return next((one for one in reversed(longer) if _is_stock(ground, one)), None)
    if right.exact < _BY_CHANCE or not re.match(AMONG, ground.text[right.end : right.end + _AFTER]):
        return None
    return next((one for one in reversed(longer) if ground.claims[one].exact == right.exact), None)


def _compare(ground: Ground, one: int, other: int) -> Relation | None:
    left, right = ground.claims[one], ground.claims[other]
    args = {"name": left.indicator, "one": written_claim(left), "other": written_claim(right)}
    if left.exact == right.exact:
        return (
            Relation("duplicate", (one, other), True, "", Problem(code="AUDIT-170", args=args))
            if left.exact > 1
            else None
        )
    if left.period.year != right.period.year or left.status != right.status:
        return None
    if _is_whole(ground, other) and (_is_stock(ground, one) or _is_whole(ground, one)):
        return Relation("duplicate_conflict", (one, other), False, BASES, Problem(code="AUDIT-172", args=args))
    all_of_area = _OF_AREA.search(_before_noun(ground, other).rstrip()) and (
        _is_stock(ground, one) or _ALL_THERE.search(_before_noun(ground, one).rstrip())
    )
    if left.indicator != right.indicator and not all_of_area:
        return _compare_named_part(ground, one, other)
    if left.status == TARGET or left.norm_unit not in _COUNTED:
        return None
    sure = _is_one_state(ground, one, other)
    if not (sure or all_of_area or _may_be_one_state(ground, one, other)):
        return None
    severity = ARITHMETIC if sure else BASES
    return Relation("duplicate_conflict", (one, other), False, severity, Problem(code="AUDIT-171", args=args))


def _compare_named_part(ground: Ground, whole: int, part: int) -> Relation | None:
    """Those of a stock of which something is said: 57名乡村医生能开展… of 乡村医生90名."""
    left, right = ground.claims[whole], ground.claims[part]
    named = len(right.own) > 2 and right.own in right.indicator and left.own == right.own
    if not (named and _is_stock(ground, whole)):
        return None
    return compare_part(ground, (part,), whole, BASES)


def _is_one_state(ground: Ground, one: int, other: int) -> bool:
    """Whether two counts of one name must be one number: both told as what there is, or both of the same months.

    Rule: accuses only where nothing else can be meant; what was done twice may be two numbers.
    """
    stock = [bool(_STOCK.search(_before_noun(ground, index).rstrip())) for index in (one, other)]
    if all(stock):
        return True
    left, right = ground.claims[one], ground.claims[other]
    first = all(index == 0 or not ground.same_sentence(index - 1, index) for index in (one, other))
    months = all(
        _MONTHS.search(ground.text[ground.sentence_start(index) : ground.claims[index].start]) for index in (one, other)
    )
    dated = months and left.period == right.period and left.region == right.region and bool(left.period.part)
    return first and dated and not _is_flow(ground, one)


def _may_be_one_state(ground: Ground, one: int, other: int) -> bool:
    """Whether one of two counts of one name is told as all there are, and the other as what was built up or is there."""
    heads = [_before_noun(ground, index).rstrip() for index in (one, other)]
    return any(_ALL_THERE.search(head) for head in heads) and all(_THERE.search(head) for head in heads)


def _is_stock(ground: Ground, index: int) -> bool:
    """Whether a count is told as what there is, or as a member of a list by kind."""
    head = _before_noun(ground, index)
    listed = ground.nouns[index].endswith(tuple(load_lexicon("words")["whole_nouns_end"])) and re.search(
        r"[、,，:：]\s*$", head
    )
    return bool(_STOCK.search(head.rstrip()) or listed)


def _before_noun(ground: Ground, index: int) -> str:
    """What stands before the noun of a count."""
    one = ground.claims[index]
    before = ground.text[max(ground.sentence_start(index), one.start - 24) : one.start]
    return before[: before.rfind(one.own)] if one.own and one.own in before else before


def _is_flow(ground: Ground, index: int) -> bool:
    one = ground.claims[index]
    return bool(re.search(r"新增|新建|培训|举办|开展|获|处置|检查|发放", one.indicator)) or one.norm_unit in (
        "次",
        "场",
        "期",
        "份",
        "条",
    )


def _is_whole(ground: Ground, index: int) -> bool:
    """Whether a count is told as all there are."""
    one = ground.claims[index]
    clause = ground.layout.clause_at(one.start)
    return bool(_WHOLE.search(ground.text[one.end : clause.end]))


def _find_slips(ground: Ground) -> Iterator[Relation]:
    """One rate told per thousand and per ten thousand with the same number."""
    told: dict[tuple[str, Fraction, int], int] = {}
    for index, one in enumerate(ground.claims):
        if one.measure != "rate" or one.per in ("", "人"):
            continue
        bare = re.sub(r"每[十百千万\d]+(?:名|个)?人?口?|[千万]人口?|拥有", "", one.indicator)
        first = told.setdefault((bare, one.exact, ground.layout.part_at(one.start).start), index)
        other = ground.claims[first]
        if other.per != one.per:
            args = {
                "one": f"{other.indicator} {written_claim(other)}",
                "other": f"{one.indicator} {written_claim(one)}",
            }
            yield Relation(
                "duplicate_conflict", (first, index), False, ARITHMETIC, Problem(code="AUDIT-173", args=args)
            )


def _find_ranks(ground: Ground) -> Iterator[Relation]:
    """Two places in an order for one thing."""
    for index in range(1, len(ground.claims)):
        one, other = ground.claims[index - 1], ground.claims[index]
        if one.measure == other.measure == "rank" and ground.between(index - 1, index) in ("、", "和", "，", ","):
            args = {"name": one.indicator, "one": one.text, "other": other.text}
            holds = one.exact == other.exact
            told = Problem(code="AUDIT-170", args=args) if holds else Problem(code="AUDIT-174", args=args)
            kind = "duplicate" if holds else "duplicate_conflict"
            yield Relation(kind, (index - 1, index), holds, "" if holds else UNVERIFIABLE, told)


def _find_in_sentence(ground: Ground) -> Iterator[Relation]:
    """One number twice in a sentence, of people found and of people served."""
    for index in range(1, len(ground.claims)):
        one, other = ground.claims[index - 1], ground.claims[index]
        same = one.norm_unit == other.norm_unit and one.exact == other.exact and one.exact >= _TOLD_TWICE
        counts = (
            ground.is_count(index) and ground.is_count(index - 1) and ground.nouns[index - 1] != ground.nouns[index]
        )
        if same and counts and ground.same_sentence(index - 1, index):
            args = {"name": one.indicator, "one": written_claim(one), "other": written_claim(other)}
            yield Relation("duplicate", (index - 1, index), True, "", Problem(code="AUDIT-170", args=args))
