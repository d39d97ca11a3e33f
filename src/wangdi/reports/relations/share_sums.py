"""Shares of one sentence that make up a hundred."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from wangdi.core.problem import Problem
from wangdi.reports.relations.additions import opening_of
from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation, written, written_list
from wangdi.reports.relations.sums import add_up, compare_shares, is_one_slip, tell_sum, told_parts
from wangdi.reports.text.numerals import slips_of

_FEWEST = 3
"""Shares that must be told in a row before one slip says that they were meant to make up a hundred."""


def find_share_sums(ground: Ground) -> Iterator[Relation]:
    """Every row of shares, each told as one of something, with nothing but the number it is a share of before it.

    Rule: a row that makes a hundred is told so; one that does not only if one slip explains it, and its sentence parts a whole or
    lists three or more.
    """
    yield from _find_gathered(ground)
    for row in _list_rows(ground):
        if len(row) < 2:
            continue
        told = compare_shares(ground, row)
        if told.holds:
            yield told
        elif ((len(row) >= _FEWEST and _is_listed(ground, row)) or _opens_all(ground, row[0])) and _is_one_slip(
            ground, row
        ):
            args = {
                "parts": written_list(ground.claims[index] for index in row),
                "sum": written(sum((ground.claims[index].exact for index in row), Fraction(0)), 4),
            }
            yield Relation("share_sum_100", row, False, UNVERIFIABLE, Problem(code="AUDIT-106", args=args))


def _is_listed(ground: Ground, row: tuple[int, ...]) -> bool:
    """Whether shares stand in one list: parted by 、, or each behind its number."""
    return all(other - one == 2 or "、" in ground.between(one, other) for one, other in pairwise(row))


def _opens_all(ground: Ground, first: int) -> bool:
    """Whether the sentence says before its first share that it parts a whole: 按组织方式分."""
    return opening_of(ground.text[ground.sentence_start(first) : ground.claims[first].start]) == "all"


def _list_rows(ground: Ground) -> Iterator[tuple[int, ...]]:
    row: list[int] = []
    for index in range(len(ground.claims)):
        if not _is_told_as_share(ground, index):
            continue
        if row and not (ground.same_sentence(row[-1], index) and _goes_on(ground, row[-1], index)):
            yield tuple(row)
            row = []
        row.append(index)
    yield tuple(row)


def _is_told_as_share(ground: Ground, index: int) -> bool:
    start = (
        ground.claims[index - 1].end
        if index and ground.same_sentence(index - 1, index)
        else ground.sentence_start(index)
    )
    before = ground.text[start : ground.claims[index].start]
    listed = re.fullmatch(r"[、和与及,，]", before) is not None
    return ground.is_share(index) and (listed or re.search(r"占|比重|比例|[(（]$", before) is not None)


def _goes_on(ground: Ground, one: int, other: int) -> bool:
    """Whether only the numbers that shares are of stand between two shares."""
    between = range(one + 1, other)
    return len(between) < 2 and all(ground.is_amount(place) for place in between)


def _is_one_slip(ground: Ground, row: tuple[int, ...]) -> bool:
    gap = add_up(ground, row)
    if gap.high is None:
        return False
    low, high = float(100 - gap.high), float(100 - gap.low)
    return any(
        low <= meant - ground.claims[index].value <= high
        for index in row
        for meant in slips_of(ground.claims[index].printed_number)
    )


def _find_gathered(ground: Ground) -> Iterator[Relation]:
    """Two rates with what they come to together: 超重率34.3%、肥胖率16.4%,合计50.7%."""
    for total in range(2, len(ground.claims)):
        members = (total - 2, total - 1)
        rates = all(ground.is_share(place) for place in (*members, total))
        told = re.search(
            r"合计|共计|相加|之和|加总", ground.text[ground.claims[total - 1].end : ground.claims[total].start]
        )
        if not (rates and told and ground.same_sentence(members[0], total)):
            continue
        args = told_parts(ground, total, members)
        if add_up(ground, members).meets(ground.claims[total].interval):
            yield Relation("sum", (total, *members), True, "", Problem(code="AUDIT-101", args=args))
        elif any(is_one_slip(ground, total, members, index) for index in (total, *members)):
            yield Relation("sum", (total, *members), False, UNVERIFIABLE, tell_sum(ground, total, members, args))
