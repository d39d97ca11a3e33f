"""Indicators that are ordered by what they count: neonatal, infant, under-five mortality; normative within all management."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.ground import Ground, Relation, written_claim
from wangdi.reports.lexicon import load_lexicon

_FAR = 14
"""How many claims apart two ordered ones may stand."""


def find_orders(ground: Ground) -> list[Relation]:
    """Every pair of claims that one of the rules orders."""
    found: list[Relation] = []
    for rule in load_lexicon("relations")["orders"]:
        found += _find_pairs(ground, rule)
    return found


def _find_pairs(ground: Ground, rule: dict[str, str]) -> Iterator[Relation]:
    small, large = re.compile(rule["small"]), re.compile(rule["large"])
    for low, one in enumerate(ground.claims):
        name = _tested(ground, low)
        if one.measure != "rate" or not small.search(name):
            continue
        others = [
            high
            for high in range(max(0, low - _FAR), min(len(ground.claims), low + _FAR + 1))
            if high != low
            and ground.claims[high].measure == "rate"
            and large.search(_tested(ground, high))
            and not small.search(_tested(ground, high))
            and _same_subject((name, _tested(ground, high)), (small, large), ground.same_sentence(low, high))
            and ground.claims[high].norm_unit == one.norm_unit
            and ground.claims[high].comparator == one.comparator
            and ground.same_part(low, high)
            and ground.same_time(low, high)
        ]
        if others:
            yield _test_order(ground, low, min(others, key=lambda high: abs(high - low)), rule)


def _tested(ground: Ground, index: int) -> str:
    """The name of a claim as a rule reads it."""
    return ground.claims[index].indicator


def _same_subject(names: tuple[str, str], rules: tuple[re.Pattern[str], re.Pattern[str]], near: bool) -> bool:
    """Whether two names speak of the same disease or people, apart from what the rule names.

    Missing: a name without one is of what its sentence speaks of (``near``).
    """
    left, right = (_subject(rule.sub("", name)) for name, rule in zip(names, rules, strict=True))
    if not left or not right:
        return near or left == right
    return left in right or right in left


def _subject(text: str) -> str:
    return re.sub(r"的|患者|在册|登记管理|全[市县区省国]|我[市县区省国]|疫情|数$|和", "", text)


def _test_order(ground: Ground, low: int, high: int, rule: dict[str, str]) -> Relation:
    one, other = ground.claims[low], ground.claims[high]
    holds = other.printed.high is None or one.printed.low <= other.printed.high
    args = {
        "small": one.indicator,
        "small_value": written_claim(one),
        "large": other.indicator,
        "large_value": written_claim(other),
        "source": rule["source"],
    }
    if holds:
        return Relation("order_le", (low, high), True, "", Problem(code="AUDIT-150", args=args))
    if rule["severity"] == "impossible":
        return Relation("order_le", (low, high), False, rule["severity"], Problem(code="AUDIT-151", args=args))
    return Relation("order_le", (low, high), False, rule["severity"], Problem(code="AUDIT-152", args=args))
