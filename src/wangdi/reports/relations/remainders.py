"""What is left when a part is taken from its whole: 结余, 空编, 其余, 还差, 未体检."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from wangdi.reports.relations.differences import Pair, by_size, leaves, tell_difference
from wangdi.reports.relations.ground import (
    UNVERIFIABLE,
    Ground,
    Relation,
    count_digits,
    slips_into,
)
from wangdi.reports.text.lexicon import load_lexicon

_REACH = 8
"""How many claims before it the whole and the part of a remainder may stand."""
_MANY_DIGITS = 5
"""Numbers of so many digits are one slip from another difference so rarely that any pair near them may be meant."""


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
        holding = next((pair for pair in pairs if leaves(ground, pair, index)), None)
        if holding is not None:
            yield tell_difference(ground, (*holding, index), "")
            continue
        meant = pairs if count_digits(one) >= _MANY_DIGITS else pairs[:1]
        slipped = next((pair for pair in meant if _is_one_slip(ground, pair, index)), None)
        if slipped is not None:
            yield tell_difference(ground, (*slipped, index), UNVERIFIABLE)


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
    yield from sorted((by_size(ground, pair) for pair in combinations(places, 2)), key=sum, reverse=True)


def _is_one_slip(ground: Ground, pair: Pair, index: int) -> bool:
    (whole, part), left = (ground.claims[place] for place in pair), ground.claims[index]
    wanted = ((whole, part.exact + left.exact), (part, whole.exact - left.exact), (left, whole.exact - part.exact))
    return any(slips_into(one, exact, exact) for one, exact in wanted if exact >= 0)
