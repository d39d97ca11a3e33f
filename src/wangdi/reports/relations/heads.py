"""What comes to each person: money, visits, couples, boys to girls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    BASES,
    CROWD,
    Ground,
    Relation,
    slips_into,
    written,
    written_claim,
)
from wangdi.reports.relations.orders import judge_order

_PAID = r"处罚|立案|案件|慰问|救助|特殊家庭"
"""What is counted and paid for or fined, beside people."""
_COUPLES = 6
"""How far behind their couples people may stand: 1450对夫妇、2900人."""
_VISITS = (2, 4)
"""How often people are visited in a half-year and a year by the norms of basic public health."""


def find_heads(ground: Ground) -> list[Relation]:
    """Every count of people beside what it is divided into or multiplied by."""
    return [*_find_costs(ground), *_find_multiples(ground), *_find_holders(ground), *_find_sex_ratios(ground)]


def _find_costs(ground: Ground) -> Iterator[Relation]:
    """People and money in one breath: what it comes to for each."""
    last_people: int | None = None
    for index, one in enumerate(ground.claims):
        crowd = one.measure == "count" and one.norm_unit in CROWD and one.comparator == "="
        if crowd or (ground.is_count(index) and re.search(_PAID, one.indicator)):
            last_people = index
        if one.measure != "money" or one.per or last_people is None or not one.exact:
            continue
        people = ground.claims[last_people]
        near = ground.same_sentence(last_people, index) and index - last_people <= 2
        if near and people.exact and not re.search(r"[;；]", ground.between(last_people, index)):
            args = {
                "people": written_claim(people),
                "money": written_claim(one),
                "each": written(one.exact / people.exact),
            }
            yield Relation("unit_cost", (last_people, index), True, "", Problem(code="AUDIT-116", args=args))


def _find_multiples(ground: Ground) -> Iterator[Relation]:
    """Visits as a multiple of people, and couples as two people each."""
    for index in range(len(ground.claims) - 1):
        one, other = ground.claims[index], ground.claims[index + 1]
        if not (ground.is_count(index) and ground.is_count(index + 1)) or not one.exact:
            continue
        near = other.start - one.end <= 16 and ground.same_paragraph(index, index + 1)
        args = {"one": written_claim(one), "other": written_claim(other), "times": written(other.exact / one.exact)}
        if near and one.norm_unit == "对" and other.norm_unit in ("人", "名") and other.start - one.end <= _COUPLES:
            holds = other.exact == 2 * one.exact
            told = Problem(code="AUDIT-117", args=args) if holds else Problem(code="AUDIT-118", args=args)
            yield Relation("multiple", (index, index + 1), holds, "" if holds else ARITHMETIC, told)
            continue
        visits = one.norm_unit in ("人", "名") and other.norm_unit == "人次"
        if not (near and visits and re.search(r"随访|访视|服务|体检", ground.between(index, index + 1))):
            continue
        if other.exact % one.exact == 0:
            yield Relation("multiple", (index, index + 1), True, "", Problem(code="AUDIT-117", args=args))
        elif any(slips_into(other, times * one.exact, times * one.exact) for times in _VISITS):
            yield Relation("multiple", (index, index + 1), False, BASES, Problem(code="AUDIT-121", args=args))


def _find_holders(ground: Ground) -> Iterator[Relation]:
    """Households right before their people, and things before the places that have them: 8户22名, 设施455个(438家)."""
    for index in range(len(ground.claims) - 1):
        one, other = ground.claims[index], ground.claims[index + 1]
        beside = ground.is_count(index) and ground.is_count(index + 1) and other.start - one.end <= 1
        if beside and one.norm_unit == "户" and other.norm_unit in ("人", "名"):
            yield judge_order(ground, (index, index + 1), "每户至少一人", BASES)
        opened = ground.between(index, index + 1) in ("(", "（")
        if (
            beside
            and opened
            and one.norm_unit in ("个", "张", "台", "辆", "间")
            and other.norm_unit in ("家", "所", "户")
        ):
            yield judge_order(ground, (index + 1, index), "每家至少一个", BASES)


def _find_sex_ratios(ground: Ground) -> Iterator[Relation]:
    """A sex ratio that no division of the births beside it gives."""
    for index, one in enumerate(ground.claims):
        if "性别比" not in one.indicator:
            continue
        births = [
            place
            for place in range(max(0, index - 8), index)
            if ground.nouns[place] in ("出生", "活产")
            and ground.is_count(place)
            and ground.same_paragraph(place, index)
        ]
        if not births:
            continue
        total = ground.claims[births[-1]]
        ratio = one.interval.times(Fraction(1, 100))
        high = ratio.high or ratio.low
        fewest, most = ceil(total.exact / (1 + high)), floor(total.exact / (1 + ratio.low))
        girls = round(total.exact / (1 + one.exact / 100))
        args = {
            "ratio": written_claim(one),
            "births": written_claim(total),
            "girls": str(girls),
            "boys": str(int(total.exact) - girls),
        }
        args["near"] = written(100 * (total.exact - girls) / girls) if girls else "—"
        if fewest <= most:
            yield Relation("grim", (births[-1], index), True, "", Problem(code="AUDIT-119", args=args))
        else:
            yield Relation("grim", (births[-1], index), False, BASES, Problem(code="AUDIT-120", args=args))
