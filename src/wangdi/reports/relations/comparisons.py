"""Two numbers of one kind told as one over the other: 在职退休比 2.71, 医护比 1∶1.25, 约为城市的1.9倍, 相当于前者的63%."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import BASES, Ground, Relation, unit_of, written, written_claim
from wangdi.reports.relations.numerators import is_among
from wangdi.reports.relations.ratios import fits, is_one_slip_apart

_REACH = 6
"""How many claims before it the two numbers of a ratio may stand."""
_TOLD = re.compile(r"(?:相当于|约?为|是)[^,，。;；\d]{0,10}的(?:约)?$|前者|后者")


def find_comparisons(ground: Ground) -> Iterator[Relation]:
    """Every ratio of two numbers before it, of one unit.

    Rule: the nearest pair that makes it is told as holding. Where none does, the nearest pair is asked about, if one slip of the
    pen explains it and the ratio stands in their sentence.
    """
    for index, one in enumerate(ground.claims):
        if not _is_ratio(ground, index) or not one.exact or one.comparator not in ("=", "approx"):
            continue
        pairs = list(_list_pairs(ground, index))
        holding = next((pair for pair in pairs if fits(ground, *pair, index)), None)
        if holding is not None:
            yield _tell(ground, (*holding, index), True)
            continue
        near = next((pair for pair in pairs[:2] if all(ground.same_sentence(place, index) for place in pair)), None)
        if near is not None and is_one_slip_apart(ground, (*near, index)):
            yield _tell(ground, (*near, index), False)


def _is_ratio(ground: Ground, index: int) -> bool:
    one = ground.claims[index]
    start = ground.claims[index - 1].end if index else 0
    before = ground.text[max(start, one.start - 18) : one.start]
    if "性别比" in one.indicator:
        return True
    if one.norm_unit == "%" and is_among(ground, index):
        return index > 1 and all(ground.claims[place].measure == "money" for place in (index - 1, index - 2))
    if one.norm_unit == "":
        return one.measure in ("rate", "value") and re.search(r"(?<![占性])(?<!性别)比$", one.indicator) is not None
    return one.norm_unit in ("%", "倍") and _TOLD.search(before) is not None


def _list_pairs(ground: Ground, index: int) -> Iterator[tuple[int, int]]:
    """Two numbers of one unit before a ratio in its paragraph, the nearest first, either way round."""
    near = [
        place
        for place in range(index - 1, max(-1, index - _REACH), -1)
        if ground.same_paragraph(place, index)
        and ground.claims[place].measure in ("count", "money", "rate", "value")
        and ground.claims[place].comparator == "="
        and ground.claims[place].exact > 0
    ]
    pairs = sorted(permutations(near, 2), key=lambda pair: -min(pair))
    yield from (pair for pair in pairs if ground.claims[pair[0]].norm_unit == ground.claims[pair[1]].norm_unit)


def _tell(ground: Ground, members: tuple[int, int, int], holds: bool) -> Relation:
    one, other, ratio = (ground.claims[place] for place in members)
    args = {
        "over": written_claim(one),
        "base": written_claim(other),
        "name": ratio.indicator,
        "share": written_claim(ratio),
    }
    args["computed"] = written(one.exact / other.exact / unit_of(ratio), 4) + ratio.norm_unit
    told = Problem(code="AUDIT-110" if holds else "AUDIT-112", args=args)
    return Relation("ratio", members, holds, "" if holds else BASES, told)
