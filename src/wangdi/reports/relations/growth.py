"""Growth against the year before, differences, and series told to go one way."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.relations.changes import find_changes
from wangdi.reports.relations.differences import Pair, by_size, leaves, tell_difference
from wangdi.reports.relations.ground import ARITHMETIC, BASES, Ground, Relation, written_claim, written_list
from wangdi.reports.relations.remainders import find_remainders
from wangdi.reports.text.lexicon import either, load_lexicon

_FAR_BASE = 30
"""How far behind its count a change may stand, in characters."""
_FAR = 12
"""How many claims back a term of a difference may stand."""


def find_growth(ground: Ground) -> list[Relation]:
    """Every change that can be tested."""
    changes = list(find_changes(ground))
    tested = {one.claims[-1] for one in changes}
    return [
        *changes,
        *_find_bases(ground, tested),
        *_find_moves(ground),
        *_find_differences(ground),
        *find_remainders(ground),
        *_find_series(ground),
    ]


def _find_bases(ground: Ground, tested: set[int]) -> Iterator[Relation]:
    """A count with nothing but its change in per cent beside it."""
    for index, one in enumerate(ground.claims):
        if index in tested or not index or one.measure != "change" or one.norm_unit != "%" or one.comparator != "=":
            continue
        near = ground.same_sentence(index - 1, index) and one.start - ground.claims[index - 1].end <= _FAR_BASE
        told = re.search(r"同期|同比|上年|去年", ground.between(index - 1, index))
        if near and told and not one.own and ground.is_count(index - 1):
            yield _test_whole_base(ground, index - 1, index)


def _test_whole_base(ground: Ground, count: int, index: int) -> Relation:
    """Whether some whole number of last year grows to this one by the printed share."""
    now, change = ground.claims[count], ground.claims[index]
    sign = 1 if change.direction == "up" else -1
    ends = sorted(1 + sign * end / 100 for end in (change.interval.low, change.interval.high or change.interval.low))
    args = {"now": written_claim(now), "share": written_claim(change)}
    if ends[0] <= 0:
        return Relation("growth", (count, index), None, "", Problem(code="AUDIT-133", args=args | {"then": "—"}))
    low, high = ceil(now.exact / ends[1]), floor(now.exact / ends[0])
    if low <= high:
        base = str(low) if low == high else f"{low}—{high}"
        return Relation("growth", (count, index), True, "", Problem(code="AUDIT-132", args=args | {"base": base}))
    return Relation("growth", (count, index), False, BASES, Problem(code="AUDIT-134", args=args))


def _find_moves(ground: Ground) -> Iterator[Relation]:
    """由A降到B, 从A提高到B: whether B lies on the side that is told."""
    for index in range(1, len(ground.claims)):
        one, other = ground.claims[index - 1], ground.claims[index]
        if not ground.same_sentence(index - 1, index) or one.norm_unit != other.norm_unit:
            continue
        told = re.fullmatch(
            r"(?:的?)(?P<way>上升|提高|提升|增长|增加|增|升|下降|降低|减少|降|减)(?:到|至|为)",
            ground.between(index - 1, index),
        )
        if told is None or not re.search(r"[由从]$", ground.text[max(0, one.start - 1) : one.start]):
            continue
        falls = told["way"][0] in "下降减"
        holds = other.exact < one.exact if falls else other.exact > one.exact
        args = {"then": written_claim(one), "now": written_claim(other), "way": told["way"]}
        said = Problem(code="AUDIT-135", args=args) if holds else Problem(code="AUDIT-136", args=args)
        yield Relation("trend", (index - 1, index), holds, "" if holds else ARITHMETIC, said)
        yield from _find_step(ground, index)


def _find_step(ground: Ground, index: int) -> Iterator[Relation]:
    """By how much, told right behind the second of two levels: 由23个增至28个,新增6个."""
    step = index + 1
    if step >= len(ground.claims) or not ground.is_amount(step) or not ground.same_kind(index, step):
        return
    if re.fullmatch(r"[,，](?:共|净)?(?:新增|增加|净增|减少)", ground.between(index, step)):
        yield _test_difference(ground, by_size(ground, (index, index - 1)), step)


def _find_differences(ground: Ground) -> Iterator[Relation]:
    """Natural growth as births less deaths, in people and in rates."""
    for rule in load_lexicon("relations")["differences"]:
        for index, one in enumerate(ground.claims):
            if not re.search(rule["result"], one.indicator):
                continue
            terms = [_terms(ground, index, rule[side]) for side in ("left", "right")]
            tested = [_test_difference(ground, (left, right), index) for left in terms[0] for right in terms[1]]
            # Of several incomes and spendings none need be those of this balance.
            alone = [
                one
                for one in tested
                if len(tested) == 1 and all(ground.same_time(place, index) for place in one.claims)
            ]
            yield from ([one for one in tested if one.holds] or alone)[:1]


def _terms(ground: Ground, result: int, pattern: str) -> list[int]:
    """The claims before a result that are called so, of the same unit and paragraph, the nearest first."""
    found = []
    for index in range(result - 1, max(-1, result - _FAR), -1):
        other = ground.claims[index]
        same = other.norm_unit == ground.claims[result].norm_unit and ground.same_paragraph(index, result)
        name = other.indicator if other.measure == "rate" else ground.nouns[index] or other.indicator
        if same and re.search(pattern, name) and other.measure in ("rate", "count", "money"):
            found.append(index)
    return found


def _test_difference(ground: Ground, pair: Pair, result: int) -> Relation:
    return tell_difference(ground, (*pair, result), "" if leaves(ground, pair, result) else ARITHMETIC)


def _find_series(ground: Ground) -> Iterator[Relation]:
    """Values of several years told to go one way, without a break."""
    words = load_lexicon("relations")["series"]
    for way in ("down", "up"):
        for paragraph in ground.layout.paragraphs:
            text = ground.text[paragraph.start : paragraph.end]
            told = re.search(f"{either(words[way])}|{words['moves'][way]}", text)
            if told is None:
                continue
            first = told.start() if told["from"] else told.end()
            members = _yearly(ground, paragraph.start + first, paragraph.end)
            if len(members) > 2:
                yield _test_series(ground, members, way, told.group())


def _yearly(ground: Ground, start: int, end: int) -> tuple[int, ...]:
    """Counts each told right after a year of its own."""
    found = []
    for index in range(ground.first_from(start), ground.first_from(end)):
        one = ground.claims[index]
        if one.measure in ("count", "rate"):
            before = ground.text[max(0, one.start - 12) : one.start]
            if re.search(r"(?:19|20)[\dxX]{2}年(?:底|末)?(?:为|是|的|出生|共|[降升增减][到至为])?\s*$", before):
                found.append(index)
    same = [index for index in found if ground.claims[index].norm_unit == ground.claims[found[0]].norm_unit]
    return tuple(same)


def _test_series(ground: Ground, members: tuple[int, ...], way: str, told: str) -> Relation:
    values = [ground.claims[index].exact for index in members]
    pairs = list(itertools.pairwise(values))
    holds = all(one > other if way == "down" else one < other for one, other in pairs)
    args = {"series": written_list((ground.claims[index] for index in members), "、"), "told": told}
    kind = "trend_decreasing" if way == "down" else "trend_increasing"
    said = Problem(code="AUDIT-139", args=args) if holds else Problem(code="AUDIT-140", args=args)
    return Relation(kind, members, holds, "" if holds else ARITHMETIC, said)
