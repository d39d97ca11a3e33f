"""Rates with what they are made from; what a share implies where one of the two is not told; shares above one hundred."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import IMPOSSIBLE, Ground, Relation, written, written_claim
from wangdi.reports.relations.numerators import clause_before, is_among
from wangdi.reports.relations.shares import find_shares
from wangdi.reports.text.lexicon import either, load_lexicon


def find_ratios(ground: Ground) -> list[Relation]:
    """Every rate that can be tested, those whose sentence ties them first; and what an untested share implies."""
    shares = find_shares(ground)
    tested = frozenset(one.claims[-1] for one in shares)
    implied = [
        one
        for index, claim in enumerate(ground.claims)
        if index not in tested and (ground.is_share(index) or (claim.norm_unit == "%" and claim.comparator == ">="))
        for one in _find_implied(ground, index)
    ]
    return [*shares, *implied, *_find_bounds(ground)]


def _find_implied(ground: Ground, index: int) -> Iterator[Relation]:
    """The whole a share implies of the part told before it, or the part of the whole."""
    one = ground.claims[index]
    before = index - 1
    if before < 0 or not ground.same_sentence(before, index) or one.start - ground.claims[before].end > 24:
        return
    other = ground.claims[before]
    if not ground.is_amount(before) or not one.exact:
        return
    args = {"over": written_claim(other), "share": written_claim(one), "name": one.indicator}
    between = ground.between(before, index)
    if "其中" in between or re.fullmatch(r"[^,，。;；、]{2,16}率(?:应?达到|达|为|不低于)?", between):
        implied = str(ceil(other.exact * one.exact / 100))
        told = Problem(code="AUDIT-114", args=args | {"implied": implied})
        yield Relation("implied_numerator", (before, index), True, "", told)
    elif is_among(ground, index) or re.search(r"完成[^,，]*的$", clause_before(ground, index)):
        whole = written(other.exact * 100 / one.exact, 2)
        yield Relation(
            "implied_denominator", (before, index), True, "", Problem(code="AUDIT-113", args=args | {"implied": whole})
        )


def _find_bounds(ground: Ground) -> Iterator[Relation]:
    """A part of a whole above one hundred per cent."""
    rules = load_lexicon("relations")["bounded"]
    bounded, free = re.compile(either(rules["rates"]) + "$"), re.compile(either(rules["free"]))
    for index, one in enumerate(ground.claims):
        if one.measure != "rate" or one.norm_unit != "%" or one.interval.low <= 100 or free.search(one.indicator):
            continue
        if bounded.search(one.indicator):
            told = Problem(code="AUDIT-115", args={"name": one.indicator, "share": written_claim(one)})
            yield Relation("bound", (index,), False, IMPOSSIBLE, told)
