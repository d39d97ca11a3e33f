"""Growth against the year before, differences, and series told to go one way."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.ground import ARITHMETIC, BASES, IMPOSSIBLE, Ground, Relation, written, written_claim, written_list
from wangdi.reports.lexicon import either, load_lexicon, one_of
from wangdi.reports.numerals import Interval, is_slip

_MOVE = re.compile(
    r"^[^,，。;；]{0,4}(?:上升|提高|提升|增长|增加|增|升|下降|降低|减少|降|减)(?:到|至|为)[^,，。;；]{0,8}$"
)
_FAR = 12
"""How many claims back a term of a difference may stand."""


def find_growth(ground: Ground) -> list[Relation]:
    """Every change that can be tested."""
    return [*_find_changes(ground), *_find_moves(ground), *_find_differences(ground), *_find_series(ground)]


def _find_changes(ground: Ground) -> Iterator[Relation]:
    """A change in per cent with the level and what it changed from, or by how much."""
    for index, one in enumerate(ground.claims):
        if one.measure != "change" or one.norm_unit != "%" or not index or one.comparator != "=":
            continue
        last = ground.claims[index - 1]
        if not ground.same_sentence(index - 1, index) or one.start - last.end > 30:
            continue
        first = _level_before(ground, index - 1)
        if _is_bracketed(ground, index):
            yield from _test_bracketed(ground, index)
        elif first is not None and _is_level_of_before(ground, (first, index - 1)):
            yield _test_levels(ground, (first, index - 1, index))
        elif first is not None and _is_move(ground, (first, index - 1)):
            yield _test_levels(ground, (index - 1, first, index))
        elif first is not None and last.measure == "change" and last.norm_unit != "%":
            yield _test_step(ground, (first, index - 1, index))
        elif (
            not one.own
            and ground.is_count(index - 1)
            and re.search(r"同期|同比|上年|去年", ground.between(index - 1, index))
        ):
            yield _test_whole_base(ground, index - 1, index)


def _level_before(ground: Ground, index: int) -> int | None:
    """The level told before a claim in its sentence, of its unit: the last but for a share or two."""
    for place in range(index - 1, max(-1, index - 4), -1):
        one = ground.claims[place]
        if not ground.same_sentence(place, index):
            return None
        if one.norm_unit == ground.claims[index].norm_unit and one.measure in ("count", "money", "rate"):
            return place
    return None


def _is_bracketed(ground: Ground, index: int) -> bool:
    """较上月（401例）上升9.2%: what is compared with stands in parentheses."""
    one = ground.claims[index - 1]
    before = ground.text[max(0, one.start - 12) : one.start]
    return bool(re.match(r"[)）]", ground.between(index - 1, index))) and bool(
        re.search(rf"{one_of('set_beside')}[(（]$", before)
    )


def _test_bracketed(ground: Ground, index: int) -> Iterator[Relation]:
    """The level now is told before, in the sentence or in its paragraph: of those of the unit the last that fits.

    Rule: where none fits, one whose change is one slip of the pen from the printed one.
    """
    then, change = ground.claims[index - 1], ground.claims[index]
    nows = [
        place
        for place in range(index - 2, max(-1, index - _FAR), -1)
        if ground.same_paragraph(place, index)
        and ground.claims[place].norm_unit == then.norm_unit
        and ground.claims[place].measure == then.measure
        and ground.claims[place].period != then.period
    ]
    tested = [_test_levels(ground, (place, index - 1, index)) for place in nows]
    holding = [one for one in tested if one.holds]
    slipped = [
        one
        for one, place in zip(tested, nows, strict=True)
        if then.exact and is_slip(change.printed_number, 100 * abs(ground.claims[place].exact / then.exact - 1))
    ]
    yield from (holding or slipped)[:1]
    if not holding and not slipped and nows and then.exact:
        yield replace(tested[-1], severity=BASES)


def _test_levels(ground: Ground, members: tuple[int, int, int]) -> Relation:
    """A level, the one it is compared with, and the change between them."""
    now, then, change = (ground.claims[index] for index in members)
    return _test_change(ground, members, _relative(now.interval, then.interval, change.direction))


def _test_step(ground: Ground, members: tuple[int, int, int]) -> Relation:
    """A level, by how much it changed, and by how much in per cent."""
    now, step, share = (ground.claims[index] for index in members)
    if step.direction == "up" and now.interval.high is not None and now.interval.high < step.interval.low:
        args = {"now": written_claim(now), "step": written_claim(step), "share": written_claim(share)}
        return Relation("growth", members, False, IMPOSSIBLE, Problem(code="AUDIT-141", args=args))
    base = now.interval.minus(step.interval) if step.direction == "up" else now.interval.plus(step.interval)
    grown = step.interval.over(base) if base is not None else None
    return _test_change(ground, members, _tight(grown, now.interval, step.interval, step.direction))


def _is_move(ground: Ground, members: tuple[int, int]) -> bool:
    """由286.5下降至251.2: the first of two levels is what the second changed from."""
    first, last = members
    return last == first + 1 and bool(_MOVE.search(ground.between(first, last)))


def _is_level_of_before(ground: Ground, members: tuple[int, int]) -> bool:
    """较上年的9.9/10万下降8%: the number between is last year's level."""
    first, last = (ground.claims[index] for index in members)
    told = re.search(
        r"[较比由从](?:上年|去年|上一年|上年同期|去年同期|同期|上月)?的?$|[,，](?:上年|去年|上月)(?:同期)?为?$",
        ground.text[max(0, last.start - 10) : last.start],
    )
    return bool(told) and last.norm_unit == first.norm_unit and last.measure == first.measure


def _relative(now: Interval, then: Interval, direction: str) -> Interval | None:
    """What the change in per cent can be, up or down as told."""
    if now.high is None or then.high is None or then.low <= 0:
        return None
    ends = [now.low / then.high - 1, now.high / then.low - 1]
    return Interval(*ends) if direction == "up" else Interval(-ends[1], -ends[0])


def _tight(grown: Interval | None, now: Interval, step: Interval, direction: str) -> Interval | None:
    """Growth by a step: the same step stands above and below, so that its ends belong together."""
    if grown is None or now.high is None or step.high is None:
        return None
    sign = 1 if direction == "up" else -1
    return Interval(step.low / (now.high - sign * step.low), step.high / (now.low - sign * step.high))


def _test_change(ground: Ground, members: tuple[int, int, int], computed: Interval | None) -> Relation:
    one, other, share = (ground.claims[index] for index in members)
    args = {"now": written_claim(one), "then": written_claim(other), "share": written_claim(share)}
    if computed is None or computed.high is None:
        return Relation("growth", members, None, "", Problem(code="AUDIT-133", args=args))
    per_cent = computed.times(Fraction(100)) if computed.low >= 0 else Interval(computed.low * 100, computed.high * 100)
    args |= {"low": written(per_cent.low), "high": written(per_cent.high or per_cent.low)}
    if per_cent.meets(share.interval):
        return Relation("growth", members, True, "", Problem(code="AUDIT-130", args=args))
    return Relation("growth", members, False, ARITHMETIC, Problem(code="AUDIT-131", args=args))


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


def _find_differences(ground: Ground) -> Iterator[Relation]:
    """Natural growth as births less deaths, in people and in rates."""
    for rule in load_lexicon("relations")["differences"]:
        for index, one in enumerate(ground.claims):
            if not re.search(rule["result"], one.indicator):
                continue
            terms = [_term(ground, index, rule[side]) for side in ("left", "right")]
            if None in terms:
                continue
            left, right = (term for term in terms if term is not None)
            yield _test_difference(ground, (left, right, index))


def _term(ground: Ground, result: int, pattern: str) -> int | None:
    """The nearest claim before a result that is called so, of the same unit and paragraph."""
    for index in range(result - 1, max(-1, result - _FAR), -1):
        other = ground.claims[index]
        same = other.norm_unit == ground.claims[result].norm_unit and ground.same_paragraph(index, result)
        name = other.indicator if other.measure == "rate" else ground.nouns[index] or other.indicator
        if same and re.search(pattern, name) and other.measure in ("rate", "count", "money"):
            return index
    return None


def _test_difference(ground: Ground, members: tuple[int, int, int]) -> Relation:
    left, right, result = (ground.claims[index] for index in members)
    computed = left.interval.minus(right.interval)
    args = {"left": written_claim(left), "right": written_claim(right), "stated": written_claim(result)}
    args["computed"] = written(left.exact - right.exact, 4)
    if computed is not None and computed.meets(result.interval):
        return Relation("difference", members, True, "", Problem(code="AUDIT-137", args=args))
    return Relation("difference", members, False, ARITHMETIC, Problem(code="AUDIT-138", args=args))


def _find_series(ground: Ground) -> Iterator[Relation]:
    """Values of several years told to go one way, without a break."""
    words = load_lexicon("relations")["series"]
    for way in ("down", "up"):
        for paragraph in ground.layout.paragraphs:
            text = ground.text[paragraph.start : paragraph.end]
            told = re.search(either(words[way]), text)
            if told is None:
                continue
            members = _yearly(ground, paragraph.start + told.end(), paragraph.end)
            if len(members) > 2:
                yield _test_series(ground, members, way, told.group())


def _yearly(ground: Ground, start: int, end: int) -> tuple[int, ...]:
    """Counts each told right after a year of its own."""
    found = []
    for index in range(ground.first_from(start), ground.first_from(end)):
        one = ground.claims[index]
        if one.measure in ("count", "rate"):
            before = ground.text[max(0, one.start - 12) : one.start]
            if re.search(r"(?:19|20)[\dxX]{2}年(?:底|末)?(?:为|是|出生|共)?\s*$", before):
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
