"""Indicators that are ordered by what they count: neonatal, infant, under-five mortality; normative within all management."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import BASES, IMPOSSIBLE, Ground, Relation, written_claim
from wangdi.reports.relations.lists import groups_in
from wangdi.reports.relations.numerators import is_among
from wangdi.reports.relations.sums import compare_part
from wangdi.reports.text.lexicon import load_lexicon

_HUNDRED = 100
_FAR = 14
"""How many claims apart two ordered ones may stand."""


def find_orders(ground: Ground) -> list[Relation]:
    """Every pair of claims that one of the rules orders."""
    found: list[Relation] = []
    for rule in load_lexicon("relations")["orders"]:
        found += _find_pairs(ground, rule)
    return [*found, *_find_ages(ground), *_find_between(ground)]


def _find_ages(ground: Ground) -> Iterator[Relation]:
    """People from an age on, against those from the next lower age on told before in the paragraph: 65岁以上 within 60岁以上."""
    told: list[tuple[int, int]] = []
    everyone: dict[tuple[int, int], int] = {}
    for index, one in enumerate(ground.claims):
        age = _age_from(ground, index)
        some = re.match(r"(?P<age>\d{2})周?岁及?以上老年人\w", one.own) if age is None else None
        part = ground.layout.part_at(one.start).start
        whole = everyone.get((part, int(some["age"]))) if some else None
        if whole is not None and ground.same_kind(whole, index):
            yield compare_part(ground, (index,), whole, BASES)
        if age is None:
            continue
        everyone.setdefault((part, age), index)
        lower = [(one, place) for one, place in told if one < age and ground.same_paragraph(place, index)]
        same = [pair for pair in lower if ground.same_kind(pair[1], index) and ground.same_time(pair[1], index)]
        if same:
            yield compare_part(ground, (index,), max(same)[1], BASES)
        told = [pair for pair in told if ground.same_paragraph(pair[1], index)] + [(age, index)]


def _age_from(ground: Ground, index: int) -> int | None:
    """From which age on a count's people are, where it tells of all of them; None for any other count."""
    if not ground.is_count(index):
        return None
    name = ground.claims[index].own
    found = re.fullmatch(r"(?:常住|户籍)?(?P<age>\d{2})周?岁及?以上(?:常住|户籍)?(?:的?老年?人口?|人口)?", name)
    return int(found["age"]) if found else _HUNDRED if re.fullmatch("百岁(?:以上)?老年?人", name) else None


def _find_between(ground: Ground) -> Iterator[Relation]:
    """A rate of all between those of the two groups that it is made of: 其中城市14.3/10万、农村16.6/10万.

    Rule: a mean of two numbers lies between them, whatever their weights.
    """
    for index in range(1, len(ground.claims) - 1):
        one, other = ground.claims[index], ground.claims[index + 1]
        alike = (
            one.measure == other.measure == "rate" and one.norm_unit == other.norm_unit and not is_among(ground, index)
        )
        if not (alike and one.comparator == other.comparator == "=" and ground.same_sentence(index, index + 1)):
            continue
        names = [ground.text[ground.claims[place - 1].end : ground.claims[place].start] for place in (index, index + 1)]
        if not any(len(group) == len(names) for group in groups_in(names)):
            continue
        whole = next(
            (
                place
                for place in range(index - 1, max(-1, index - 4), -1)
                if ground.claims[place].norm_unit == one.norm_unit
                and ground.claims[place].measure == "rate"
                and ground.same_paragraph(place, index)
            ),
            None,
        )
        if whole is not None and "其中" in ground.text[ground.claims[whole].end : one.start]:
            yield _test_between(ground, whole, (index, index + 1))


def _test_between(ground: Ground, whole: int, pair: tuple[int, int]) -> Relation:
    low, high = sorted(pair, key=lambda place: ground.claims[place].exact)
    one, other, all_of = ground.claims[low], ground.claims[high], ground.claims[whole]
    above = all_of.printed.high is None or one.printed.low <= all_of.printed.high
    holds = above and (other.printed.high is None or all_of.printed.low <= other.printed.high)
    args = {"whole": written_claim(all_of), "low": written_claim(one), "high": written_claim(other)}
    told = Problem(code="AUDIT-125" if holds else "AUDIT-126", args=args)
    return Relation("order_le", (low, whole, high), holds, "" if holds else BASES, told)


def _find_pairs(ground: Ground, rule: dict[str, str]) -> Iterator[Relation]:
    small, large = re.compile(rule["small"]), re.compile(rule["large"])
    for low, one in enumerate(ground.claims):
        name = _tested(ground, low)
        told = one.measure == "rate" or (one.measure == "count" and "死亡" in name)
        if not told or not small.search(name):
            continue
        others = [
            high
            for high in range(max(0, low - _FAR), min(len(ground.claims), low + _FAR + 1))
            if high != low
            and ground.claims[high].measure == one.measure
            and large.search(_tested(ground, high))
            and not small.search(_tested(ground, high))
            and _same_subject((name, _tested(ground, high)), (small, large), ground.same_sentence(low, high))
            and ground.claims[high].norm_unit == one.norm_unit
            and ground.claims[high].comparator == one.comparator
            and ground.same_part(low, high)
            and ground.same_time(low, high)
        ]
        if others:
            nearest = min(others, key=lambda high: abs(high - low))
            yield judge_order(ground, (low, nearest), rule["source"], rule["severity"])


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


def judge_order(ground: Ground, pair: tuple[int, int], source: str, severity: str) -> Relation:
    """Whether the first of two claims is no more than the second. ``source``: why it must be; ``severity``: if it is not."""
    one, other = (ground.claims[place] for place in pair)
    args = {
        "small": one.indicator,
        "small_value": written_claim(one),
        "large": other.indicator,
        "large_value": written_claim(other),
        "source": source,
    }
    kind = "part_le_whole" if one.measure == "count" and one.norm_unit == other.norm_unit else "order_le"
    if other.printed.high is None or one.printed.low <= other.printed.high:
        return Relation(kind, pair, True, "", Problem(code="AUDIT-150", args=args))
    code = "AUDIT-151" if severity == IMPOSSIBLE else "AUDIT-152"
    return Relation(kind, pair, False, severity, Problem(code=code, args=args))
