"""Parts and totals: lists that words tie to their sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    BASES,
    IMPOSSIBLE,
    UNVERIFIABLE,
    Ground,
    Relation,
    is_slip_of,
    written,
    written_claim,
    written_list,
)
from wangdi.reports.relations.lists import Listed, groups_in, listed
from wangdi.reports.text.lexicon import either, load_lexicon
from wangdi.reports.text.numerals import Interval

_SEVERAL = 3
"""Parts of those that 中 opens, before their sum says something: what two of them have may overlap."""
_NEAR = Fraction(1, 10)
"""A list that names few of the whole's parts is no sum; one this close to the whole is a question."""


def add_up(ground: Ground, members: tuple[int, ...]) -> Interval:
    """What claims can come to together."""
    total = Interval(Fraction(0), Fraction(0))
    for index in members:
        total = total.plus(ground.claims[index].interval)
    return total


def find_sums(ground: Ground) -> Iterator[Relation]:
    """Every list of parts with its total."""
    for total, members, told in listed(ground):
        whole, parts = ground.claims[total].interval, add_up(ground, members)
        if len(members) == 1:
            if told in ("open", "among"):
                yield compare_part(ground, members, total, IMPOSSIBLE)
            continue
        severity = "" if parts.meets(whole) else _severity_of(ground, (total, members, told))
        if severity or parts.meets(whole):
            yield judge_sum(ground, total, members, severity)
        elif parts.high is not None and parts.high <= whole.low:
            args = told_parts(ground, total, members)
            yield Relation("part_le_whole", (*members, total), True, "", Problem(code="AUDIT-103", args=args))


def judge_sum(ground: Ground, total: int, members: tuple[int, ...], severity: str) -> Relation:
    """Parts and their total, told as holding where they meet. ``severity``: how grave it is if they do not."""
    args = told_parts(ground, total, members)
    if add_up(ground, members).meets(ground.claims[total].interval):
        return Relation("sum", (total, *members), True, "", Problem(code="AUDIT-101", args=args))
    return Relation("sum", (total, *members), False, severity, _tell_misfit(ground, total, members, args))


def _severity_of(ground: Ground, one: Listed) -> str:
    """How grave it is that parts do not make their total; empty where they need not.

    Rule: a list that says it names all must; any other only where one slip of the pen would make it, or where it is too much.
    """
    total, members, told = one
    if told == "closed":
        return severity_of_all(ground, total, members)
    names = [ground.claims[index].own for index in members]
    overlapping = either(load_lexicon("relations")["complements"]["overlapping"])
    if not groups_in(names) and any(re.search(overlapping, name) for name in names):
        return ""
    if severity_of_all(ground, total, members) == IMPOSSIBLE:
        return BASES
    if told == "among" and len(members) < _SEVERAL:
        return ""
    slipped = told == "bracketed" or any(is_one_slip(ground, total, members, index) for index in (total, *members))
    return UNVERIFIABLE if slipped else ""


def severity_of_all(ground: Ground, total: int, members: tuple[int, ...]) -> str:
    """How grave it is that the parts of a total, told to be all of it, do not make it: more than all cannot be."""
    high = ground.claims[total].interval.high
    return IMPOSSIBLE if high is not None and add_up(ground, members).low > high else ARITHMETIC


def is_one_slip(ground: Ground, total: int, members: tuple[int, ...], index: int) -> bool:
    """Whether one number of a list, written with one slip less, would make the sum.

    Rule: a small number is one slip from so many others that only a sum close by counts.
    """
    claims, digits, gap = ground.claims, ground.claims[index].printed_number, gap_of(ground, total, members)
    telling = len(digits.replace(".", "").strip("0")) > 2 or len(digits) > 3
    close = abs(gap) <= claims[total].exact * _NEAR
    if not (telling or (len(members) > 2 and len(digits) > 1) or close):
        return False
    return slip_closes(ground, index, gap if index != total else -gap)


def slip_closes(ground: Ground, index: int, gap: Fraction) -> bool:
    """Whether a number, small as it may be, is one slip from the one that is larger by a gap."""
    fit = ground.claims[index].exact + gap
    return fit >= 0 and is_slip_of(ground.claims[index], fit, fit)


def gap_of(ground: Ground, total: int, members: tuple[int, ...]) -> Fraction:
    """What a total has more than its parts."""
    return ground.claims[total].exact - sum((ground.claims[member].exact for member in members), Fraction(0))


def told_parts(ground: Ground, total: int, members: tuple[int, ...]) -> dict[str, str]:
    """Parts, their sum and the total, as a message tells them."""
    claims, whole = [ground.claims[index] for index in members], ground.claims[total]
    added = written(sum((one.exact for one in claims), Fraction(0)), 4)
    return {"parts": written_list(claims), "sum": added, "total": written_claim(whole), "name": whole.indicator}


def _tell_misfit(ground: Ground, total: int, members: tuple[int, ...], args: dict[str, str]) -> Problem:
    """The sum as it is, and what each single number would have to be for it to hold."""
    claims = ground.claims
    gap = gap_of(ground, total, members)
    fits = [written(claims[total].exact - gap, 4)]
    fits += [written(claims[index].exact + gap, 4) for index in members if claims[index].exact + gap >= 0]
    return Problem(code="AUDIT-102", args=args | {"fit": fits[0], "or_fit": "、".join(fits[1:4]) or "—"})


def compare_part(ground: Ground, parts: tuple[int, ...], whole: int, severity: str) -> Relation:
    """Whether parts are no more than their whole."""
    high = ground.claims[whole].interval.high
    holds = high is None or add_up(ground, parts).low <= high
    told = Problem(code="AUDIT-103" if holds else "AUDIT-104", args=told_parts(ground, whole, parts))
    return Relation("part_le_whole", (*parts, whole), holds, "" if holds else severity, told)
