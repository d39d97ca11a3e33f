"""Numerators and shares that agree on one whole, where the report tells another: 32.7 (41.2%) and 43.7 (55.1%) of 97.3."""

from __future__ import annotations

from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import (
    BASES,
    Ground,
    Relation,
    slips_into,
    unit_of,
    written,
    written_claim,
    written_list,
)
from wangdi.reports.relations.numerators import is_among
from wangdi.reports.text.numerals import Interval

_BACK = 8
"""How many claims before its first numerator a whole may stand."""

Part = tuple[int, int]
"""A numerator and its share."""


def find_implied_wholes(ground: Ground) -> Iterator[Relation]:
    """Every row of numerators with their shares that agree on a whole, where the one told before is a slip away from it.

    Rule: two or more must agree, and no number near them must be the whole that they imply.
    """
    for row in _list_rows(ground):
        whole = _implied(ground, row)
        near = [
            place
            for place in range(row[0][0] - 1, max(-1, row[0][0] - _BACK), -1)
            if ground.is_amount(place)
            and ground.same_kind(place, row[0][0])
            and ground.same_paragraph(place, row[0][0])
        ]
        if whole is None or whole.high is None or any(ground.claims[place].interval.meets(whole) for place in near):
            continue
        for place in near:
            if slips_into(ground.claims[place], whole.low, whole.high):
                yield _tell(ground, row, place, whole)
                break


def _list_rows(ground: Ground) -> Iterator[list[Part]]:
    """Rows of two or more numerators, each with its share right behind it, in one statement."""
    row: list[Part] = []
    for index in range(1, len(ground.claims)):
        part = (index - 1, index)
        told = ground.is_share(index) and ground.is_amount(index - 1) and ground.same_sentence(*part)
        if not (told and ground.claims[index].exact and is_among(ground, index)):
            continue
        if row and not (ground.same_sentence(row[-1][1], index) and ground.same_kind(row[-1][0], index - 1)):
            if len(row) > 1:
                yield row
            row = []
        row.append(part)
    if len(row) > 1:
        yield row


def _implied(ground: Ground, row: list[Part]) -> Interval | None:
    """The wholes that all parts of a row fit; None where they fit none together."""
    low, high = None, None
    for over, share in row:
        one = ground.claims[over].interval.over(ground.claims[share].interval)
        if one is None or one.high is None:
            return None
        whole = one.times(1 / unit_of(ground.claims[share]))
        low = whole.low if low is None else max(low, whole.low)
        high = whole.high if high is None or whole.high is None else min(high, whole.high)
    return None if low is None or high is None or low > high else Interval(low, high)


def _tell(ground: Ground, row: list[Part], place: int, whole: Interval) -> Relation:
    total = ground.claims[place]
    args = {
        "shares": written_list((ground.claims[share] for _, share in row), "、"),
        "implied": written((whole.low + (whole.high or whole.low)) / 2, 0),
        "total": written_claim(total),
    }
    members = (place, *(index for part in row for index in part))
    return Relation("implied_denominator", members, False, BASES, Problem(code="AUDIT-127", args=args))
