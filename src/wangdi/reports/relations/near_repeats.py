"""One quantity told twice, alike or with one slip of the pen between the two: 2176 and 2167 patients, 965 and 956 births."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import BASES, Ground, Relation, count_digits, plain_thing, written_claim
from wangdi.reports.relations.runs import find_runs
from wangdi.reports.text.numerals import slips_of

_SHARED = 3
"""Characters that the nouns of two counts of four digits must share; with three digits the nouns must be the same."""
_NEAREST = 12
"""How many counts of alike nouns before it a count is held against."""


def find_near_repeats(ground: Ground) -> Iterator[Relation]:
    """Every count and rate that an earlier one of its name says too, or says all but one slip of the pen.

    Rule: counts of four digits that differ by one slip are of one thing if their nouns share three characters; rates, and counts
    of three digits, only if they have one name. It is a question: what is counted may differ. A total is no slip of its part.
    """
    seen: dict[str, list[int]] = {}
    told: set[int] = set()
    sums = [one.claims for one in find_runs(ground) if one.relation == "sum" and one.holds]
    summed = {pair for total, *parts in sums for part in parts for pair in ((total, part), (part, total))}
    for index, one in enumerate(ground.claims):
        noun = _plain(one.indicator) if ground.is_count(index) or ground.is_share(index) else ""
        if len(noun) < 2 or count_digits(one) < 3 or one.cell is not None:
            continue
        kinds = {noun[place : place + _SHARED] for place in range(max(1, len(noun) - _SHARED + 1))}
        earlier = sorted({place for kind in kinds for place in seen.get(kind, [])[-_NEAREST:]}, reverse=True)
        same = next((place for place in earlier if _is_same(ground, place, index)), None)
        other = (place for place in earlier if place not in told and (place, index) not in summed)
        near = next((place for place in other if _is_near(ground, place, index)), None)
        if same is not None:
            yield _tell(ground, same, index, True)
        elif near is not None:
            told.add(index)
            yield _tell(ground, near, index, False)
        for kind in kinds:
            seen.setdefault(kind, []).append(index)


def _plain(name: str) -> str:
    """A name without the words that say no more of what is counted."""
    return re.sub(r"^(?:总|从事|登记的?|在册)|工作(?=人员)", "", plain_thing(name))


def _is_longer_name(one: str, other: str) -> bool:
    """Whether one name is the other with words put in: 学生体检率, 学生健康体检率."""
    short, long = sorted((one, other), key=len)
    signs = iter(long)
    return len(short) > _SHARED and short[-_SHARED:] == long[-_SHARED:] and all(sign in signs for sign in short)


def _tell(ground: Ground, one: int, other: int, same: bool) -> Relation:
    left, right = ground.claims[one], ground.claims[other]
    args = {"name": right.indicator, "one": written_claim(left), "other": written_claim(right)}
    if same:
        return Relation("duplicate", (one, other), True, "", Problem(code="AUDIT-170", args=args))
    return Relation("duplicate_conflict", (one, other), False, BASES, Problem(code="AUDIT-124", args=args))


def _is_same(ground: Ground, one: int, other: int) -> bool:
    left, right = ground.claims[one], ground.claims[other]
    named = ground.is_count(other) or left.indicator == right.indicator
    rounded = left.scale != right.scale and _plain(left.indicator) == _plain(right.indicator)
    same = (
        left.interval.meets(right.interval) if rounded and ground.same_time(one, other) else left.exact == right.exact
    )
    return named and same and ground.same_kind(one, other) and ground.same_part(one, other)


def _is_near(ground: Ground, one: int, other: int) -> bool:
    """Whether two numbers of one kind, scale and time are one slip apart, and large enough or named alike."""
    left, right = ground.claims[one], ground.claims[other]
    times = left.period.year == right.period.year and left.status == right.status
    alike = ground.same_part(one, other) and times and left.scale == right.scale
    if not alike or left.measure != right.measure or not ground.same_kind(one, other):
        return False
    # A number beside another in one list is another number.
    if ground.same_sentence(one, other) and other - one == 1:
        return False
    many = min(count_digits(left), count_digits(right)) > 3
    named = _plain(left.indicator) == _plain(right.indicator)
    meant = named or (many and (ground.is_count(other) or _is_longer_name(left.indicator, right.indicator)))
    return meant and float(right.printed_number) in slips_of(left.printed_number)
