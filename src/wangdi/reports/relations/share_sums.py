"""Shares of one sentence that make up a hundred."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from wangdi.core.problem import Problem
from wangdi.reports.relations.additions import opening_of
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    UNVERIFIABLE,
    Ground,
    Relation,
    is_slip_of,
    written,
    written_list,
)
from wangdi.reports.relations.sums import add_up, is_one_slip, judge_sum
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.text.numerals import Interval

_UNSAID = 1
"""Per cent of a whole that a report may leave unsaid."""
_FEWEST = 3
"""Shares that must be told in a row before one slip says that they were meant to make up a hundred."""


def find_share_sums(ground: Ground) -> Iterator[Relation]:
    """Every row of shares, each told as one of something, with nothing but the number it is a share of before it.

    Rule: a row that makes a hundred is told so; one that does not only if one slip explains it, and its sentence parts a whole or
    lists three or more.
    """
    yield from _find_complements(ground)
    yield from _find_gathered(ground)
    for row in _list_rows(ground):
        if len(row) < 2:
            continue
        told = compare_shares(ground, row)
        if told.holds:
            yield told
        elif _is_meant(ground, row) and _is_one_slip(ground, row):
            yield replace(told, severity=UNVERIFIABLE)


def _is_meant(ground: Ground, row: tuple[int, ...]) -> bool:
    """Whether shares are meant to make up a whole: three in one list, or any that a sentence says it parts.

    Rule: those from one age on hold those from a higher one on; a row that lacks next to nothing may leave a small part unsaid.
    """
    aged = re.findall(r"岁及?以上", ground.text[ground.sentence_start(row[0]) : ground.claims[row[-1]].start])
    high = add_up(ground, row).high
    left_out = high is not None and 0 < 100 - high <= _UNSAID
    if len(aged) > 1 or left_out:
        return False
    return (len(row) >= _FEWEST and _is_listed(ground, row)) or _opens_all(ground, row[0])


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
    """Whether one slip of the pen in one of them keeps shares from making a hundred."""
    for index in row:
        others = add_up(ground, tuple(place for place in row if place != index))
        if others.high is not None and is_slip_of(ground.claims[index], 100 - others.high, 100 - others.low):
            return True
    return False


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
        found = judge_sum(ground, total, members, UNVERIFIABLE)
        if found.holds or any(is_one_slip(ground, total, members, index) for index in (total, *members)):
            yield found


def _find_complements(ground: Ground) -> Iterator[Relation]:
    """Shares of groups that make up a whole by their names, wherever in the sentence they stand: 公立 and 民营."""
    groups = load_lexicon("relations")["complements"]["groups"]
    rows: dict[int, list[int]] = {}
    for index, one in enumerate(ground.claims):
        near = ground.text[max(0, one.start - 14) : one.start]
        if ground.is_share(index) and re.search(r"占|比重|比例|[(（]$", near):
            rows.setdefault(ground.sentence_start(index), []).append(index)
    for members in rows.values():
        names = [_group_words(ground, index) for index in members]
        for group in groups:
            chosen = [next((m for m, name in zip(members, names, strict=True) if word in name), -1) for word in group]
            if -1 in chosen or len(set(chosen)) < len(group):
                continue
            yield compare_shares(ground, tuple(chosen))


def _group_words(ground: Ground, index: int) -> str:
    """The words just before a share: what it is the share of."""
    start = ground.claims[index - 1].end if index else 0
    own = ground.text[max(start, ground.claims[index].start - 20) : ground.claims[index].start]
    if len(own.strip("(（占 ")) < 2 and index:
        own = ground.claims[index - 1].own
    return own


def compare_shares(ground: Ground, members: tuple[int, ...]) -> Relation:
    """Whether shares of one whole make up a hundred."""
    claims = ground.claims
    added = add_up(ground, members)
    whole = Interval(Fraction(100), Fraction(100))
    args = {
        "parts": written_list(claims[index] for index in members),
        "sum": written(sum((claims[index].exact for index in members), Fraction(0)), 4),
    }
    if added.meets(whole):
        return Relation("share_sum_100", members, True, "", Problem(code="AUDIT-105", args=args))
    return Relation("share_sum_100", members, False, ARITHMETIC, Problem(code="AUDIT-106", args=args))
