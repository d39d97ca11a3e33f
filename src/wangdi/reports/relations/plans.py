"""A plan against its result: the target of one document beside the figure of another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.reading.telling import ACTUAL, TARGET
from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, plain_thing, written_claim

_LOW_IS_GOOD = re.compile(r"死亡|发病|下降|控制|患病|病死|早死|费用|住院日")


@dataclass(frozen=True, slots=True)
class Kept:
    """A target with the figure it was to become. ``plan`` and ``result``: document and place of the claim."""

    plan: tuple[int, int]
    result: tuple[int, int]
    holds: bool
    severity: str
    told: Problem


def compare_plans(grounds: tuple[Ground, ...]) -> list[Kept]:
    """Every target of a document that another document tells as a result, of the same year where both name one.

    Rule: the same indicator and unit; a rate that is to fall is kept at or below its target, anything else at or above.
    """
    return [
        one
        for plan, targets in enumerate(grounds)
        for result, figures in enumerate(grounds)
        if plan != result
        for one in _compare_two((plan, targets), (result, figures))
    ]


def _compare_two(plan: tuple[int, Ground], result: tuple[int, Ground]) -> Iterator[Kept]:
    figures: dict[tuple[str, str, str], list[int]] = {}
    for index, one in enumerate(result[1].claims):
        if one.status == ACTUAL and one.measure != "change" and one.indicator:
            figures.setdefault(_key(one), []).append(index)
    for index, target in enumerate(plan[1].claims):
        if target.status != TARGET:
            continue
        for other in figures.get(_key(target), []):
            figure = result[1].claims[other]
            if _same_year(target, figure):
                yield _compare(target, figure, (plan[0], index), (result[0], other))
                break


def _key(one: Claim) -> tuple[str, str, str]:
    name = re.sub(r"新增|新建|建成|创建|培育|完成|以上|患者|的", "", plain_thing(one.indicator))
    return name, one.norm_unit, one.per


def _same_year(target: Claim, figure: Claim) -> bool:
    years = (target.period.year, figure.period.year)
    return not all(year.isdecimal() for year in years) or years[0] == years[1]


def _compare(target: Claim, figure: Claim, plan: tuple[int, int], result: tuple[int, int]) -> Kept:
    falls = target.comparator == "<=" or (target.comparator == "=" and bool(_LOW_IS_GOOD.search(target.indicator)))
    bound = target.printed.high if falls else target.printed.low
    reached = (figure.printed.high or figure.printed.low) if not falls else figure.printed.low
    holds = bound is None or (reached <= bound if falls else reached >= bound)
    args = {
        "name": target.indicator,
        "target": f"{target.comparator.replace('approx', '≈').replace('>=', '≥').replace('<=', '≤')} {written_claim(target)}",
        "figure": written_claim(figure),
    }
    told = Problem(code="AUDIT-190", args=args) if holds else Problem(code="AUDIT-191", args=args)
    return Kept(plan, result, holds, "" if holds else UNVERIFIABLE, told)
