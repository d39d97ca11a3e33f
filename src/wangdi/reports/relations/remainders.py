"""What is left when a part is taken from its whole: 结余, 空编, 其余, 还差, 未体检."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import (
    UNVERIFIABLE,
    Ground,
    Relation,
    count_digits,
    slips_into,
    written,
    written_claim,
)
from wangdi.reports.text.lexicon import load_lexicon

_REACH = 8
"""How many claims before it the whole and the part of a remainder may stand."""
_MANY_DIGITS = 5
"""Numbers of so many digits are one slip from another difference so rarely that any pair near them may be meant."""

Pair = tuple[int, int]


def find_remainders(ground: Ground) -> Iterator[Relation]:
    """Every number that is called a remainder, with the whole and the part it is left of.

    Rule: a pair near it that leaves just this is told as holding; else the nearest pair is asked about where one slip explains it.
    """
    words = re.compile(load_lexicon("relations")["remainders"]["before"])
    for index, one in enumerate(ground.claims):
        start = ground.claims[index - 1].end if index else 0
        told = words.search(ground.text[max(start, one.start - 16) : one.start])
        if not ground.is_amount(index) or not (told or _is_deducted(ground, index)):
            continue
        pairs = list(_list_pairs(ground, index))
        holding = next((pair for pair in pairs if _leaves(ground, pair, index)), None)
        if holding is not None:
            yield _tell(ground, (*holding, index), True)
            continue
        meant = pairs if count_digits(one) >= _MANY_DIGITS else pairs[:1]
        slipped = next((pair for pair in meant if _is_one_slip(ground, pair, index)), None)
        if slipped is not None:
            yield _tell(ground, (*slipped, index), False)


def _is_deducted(ground: Ground, index: int) -> bool:
    """Whether something was taken from the whole in the clauses before: 扣除参军、死亡等281人,应参保75934人."""
    return (
        index > 0
        and re.search(r"扣除|除去|剔除", ground.said_of(index - 1)) is not None
        and ground.same_sentence(index - 1, index)
    )


def _list_pairs(ground: Ground, index: int) -> Iterator[Pair]:
    """Wholes and parts before a remainder, of its kind, the nearest first."""
    many = count_digits(ground.claims[index]) >= _MANY_DIGITS
    places = [
        place
        for place in range(index - 1, max(-1, index - (2 * _REACH if many else _REACH)), -1)
        if (ground.same_part(place, index) if many else ground.same_paragraph(place, index))
        and ground.is_amount(place)
        and ground.same_kind(place, index)
    ]
    yield from sorted((_by_size(ground, pair) for pair in combinations(places, 2)), key=sum, reverse=True)


def _by_size(ground: Ground, pair: Sequence[int]) -> Pair:
    one, other = pair
    return (one, other) if ground.claims[one].exact >= ground.claims[other].exact else (other, one)


def _leaves(ground: Ground, pair: Pair, index: int) -> bool:
    whole, part = (ground.claims[place].interval for place in pair)
    left = whole.minus(part)
    return left is not None and left.meets(ground.claims[index].interval)


def _is_one_slip(ground: Ground, pair: Pair, index: int) -> bool:
    (whole, part), left = (ground.claims[place] for place in pair), ground.claims[index]
    wanted = ((whole, part.exact + left.exact), (part, whole.exact - left.exact), (left, whole.exact - part.exact))
    return any(slips_into(one, exact, exact) for one, exact in wanted if exact >= 0)


def _tell(ground: Ground, members: tuple[int, int, int], holds: bool) -> Relation:
    whole, part, left = (ground.claims[place] for place in members)
    args = {"left": written_claim(whole), "right": written_claim(part), "stated": written_claim(left)}
    args["computed"] = written(whole.exact - part.exact, 4)
    told = Problem(code="AUDIT-137" if holds else "AUDIT-138", args=args)
    return Relation("difference", members, holds, "" if holds else UNVERIFIABLE, told)
