"""What one costs: a total, how many it is for, and the mean that is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import BASES, Ground, Relation, count_digits, written, written_claim
from wangdi.reports.relations.ratios import fits, is_one_slip_apart

_BACK, _ON = 8, 2
"""How many claims before and behind a mean its total and its number may stand."""
_MANY_DIGITS = 4
"""A mean of so many digits is no chance quotient, wherever its total and its number stand."""
_MEAN = re.compile(r"平均|次均|人均|每[^,，。;；\d]{0,4}|户均|床均|件均")


def find_unit_prices(ground: Ground) -> Iterator[Relation]:
    """Every mean of money with the total and the number that make it.

    Rule: three digits that agree are told as holding. Where nothing agrees, the total and the number right before the mean are
    asked about, if one slip of the pen explains it.
    """
    for index, one in enumerate(ground.claims):
        plain = one.measure == "money" and one.comparator == "=" and one.value_hi is None
        if not plain or not one.exact or not _is_mean(ground, index):
            continue
        pairs = list(_list_pairs(ground, index))
        told = count_digits(one) > 2
        holding = next(
            (pair for pair in pairs if (told or _is_meant(ground, pair, index)) and fits(ground, *pair, index)), None
        )
        if holding is not None:
            yield _tell(ground, (*holding, index), True)
            continue
        meant = (pair for pair in pairs if _is_beside(ground, pair, index) or _is_named(ground, pair, index))
        slipped = next((pair for pair in meant if is_one_slip_apart(ground, (*pair, index))), None)
        if slipped is not None:
            yield _tell(ground, (*slipped, index), False)


def _is_meant(ground: Ground, pair: tuple[int, int], index: int) -> bool:
    """Whether total and number stand right beside a mean, or it is told of all residents and the total beside it."""
    near = ground.same_sentence(pair[0], index) and abs(pair[0] - index) <= _ON
    of_all = near and pair[1] in ground.residents
    return of_all or _is_beside(ground, pair, index) or _is_named(ground, pair, index)


def _is_beside(ground: Ground, pair: tuple[int, int], index: int) -> bool:
    """Whether total and number stand right before a mean, or right behind it."""
    return all(-2 <= index - place <= 3 and ground.same_sentence(place, index) for place in pair)


def _is_named(ground: Ground, pair: tuple[int, int], index: int) -> bool:
    """Whether a mean is called as its total is: 人均卫生总费用 of 卫生总费用."""
    noun = ground.nouns[pair[0]]
    return len(noun) > 2 and noun in ground.claims[index].indicator and pair[1] in ground.residents


def _is_mean(ground: Ground, index: int) -> bool:
    one = ground.claims[index]
    start = ground.claims[index - 1].end if index else 0
    return (
        bool(one.per) or _MEAN.search(ground.text[max(start, one.start - 16) : one.start] + one.indicator) is not None
    )


def _list_pairs(ground: Ground, index: int) -> Iterator[tuple[int, int]]:
    """Totals and numbers around a mean, the nearest first; the population from anywhere in the report."""
    many = count_digits(ground.claims[index]) >= _MANY_DIGITS
    first, around = (2 * _BACK, ground.same_part) if many else (_BACK, ground.same_paragraph)
    near = range(max(0, index - first), min(len(ground.claims), index + _ON + 1))
    here = [place for place in near if place != index and ground.is_amount(place) and around(place, index)]
    here.sort(key=lambda place: abs(place - index))
    money = [place for place in here if ground.claims[place].measure == "money"]
    counts = [place for place in here if ground.claims[place].measure == "count"]
    if "人均" in ground.claims[index].indicator:
        told = ground.near(ground.residents, index)
        counts += [place for place in told if ground.same_part(place, index) and place not in counts]
    yield from product(money, counts)


def _tell(ground: Ground, members: tuple[int, int, int], holds: bool) -> Relation:
    total, number, each = (ground.claims[place] for place in members)
    args = {
        "money": written_claim(total),
        "people": written_claim(number),
        "each": written(total.exact / number.exact) if number.exact else "—",
        "stated": written_claim(each),
    }
    told = Problem(code="AUDIT-122" if holds else "AUDIT-123", args=args)
    return Relation("unit_cost", members, holds, "" if holds else BASES, told)
