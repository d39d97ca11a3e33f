"""Rates with the numbers they are made from, however the report tells them.

For each rate the numerators and denominators that it may have are listed, the likeliest first (``numerators``, ``denominators``).
The first pair that makes the rate is told as holding. Where none does, the likeliest is an error or a question by how surely the
sentence ties it to the rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wangdi.reports.denominators import Denominators, Tie
from wangdi.reports.ground import Ground, Relation, count_digits
from wangdi.reports.lexicon import ratio_units
from wangdi.reports.numerators import (
    base_inside,
    fraction_behind,
    is_among,
    is_done_of_due,
    is_tied,
    list_numerators,
    tying_word,
)
from wangdi.reports.ratios import fits, is_one_slip_apart, test_ratio

Candidate = tuple[int, int, Tie]
"""A numerator, a denominator, and what ties both to the rate."""

_NAMED = re.compile(r"率$|占比$|比例$|比重$|^占")


def find_shares(ground: Ground) -> list[Relation]:
    """Every rate whose numerator and denominator are told.

    Rule: numbers that agree to three digits belong together; two digits agree with too much, and only where a word ties them.
    Numbers that disagree are left alone unless the sentence ties them, or one slip of the pen would make them agree.
    """
    found: list[Relation] = []
    bases = Denominators(ground)
    for index, one in enumerate(ground.claims):
        plain = (
            one.measure == "rate" and one.norm_unit in ratio_units() and one.comparator == "=" and one.value_hi is None
        )
        if not plain or not one.exact:
            continue
        relation = _judge(ground, index, _list_candidates(ground, index, bases))
        if relation is not None:
            found.append(relation)
            bases.remember(relation)
    return found


def _list_candidates(ground: Ground, index: int, bases: Denominators) -> list[Candidate]:
    told = fraction_behind(ground, index)
    if told is not None:
        return [(*told, Tie.TOLD)]
    inside = base_inside(ground, index)
    overs = list_numerators(ground, index, index if inside is None else inside)
    if inside is not None:
        return [(over, inside, Tie.TOLD) for over in overs if _divides(ground, over, inside)]
    if not (ground.is_share(index) and is_among(ground, index)) and not _NAMED.search(ground.claims[index].indicator):
        return []
    pairs = [(over, base, tie) for over in overs for base, tie in bases.of(over, index) if _divides(ground, over, base)]
    return sorted(pairs, key=lambda pair: pair[2])


def _divides(ground: Ground, over: int, base: int) -> bool:
    claims = ground.claims
    crowd = ground.same_kind(over, base) or ground.both_crowds(over, base)
    return over != base and crowd and claims[over].exact > 0 and claims[base].exact > 0


def _judge(ground: Ground, index: int, candidates: Iterable[Candidate]) -> Relation | None:
    """The first pair that makes a rate; else what is to be said of the likeliest one."""
    pairs, digits = list(candidates), count_digits(ground.claims[index])
    for over, base, tie in pairs:
        if fits(ground, over, base, index) and (digits > 2 or tie < Tie.BESIDE):
            return test_ratio(ground, (over, base, index), True)
    near = [over for over, _, _ in pairs]
    for over, base, tie in sorted(
        pairs, key=lambda pair: (pair[2], not _ties(ground, pair, index), near.index(pair[0]))
    ):
        relation = _tell_misfit(ground, (over, base, index), tie)
        if relation is not None:
            return relation
    return None


def _ties(ground: Ground, pair: Candidate, index: int) -> bool:
    """Whether a word ties numerator and rate that does not tie the denominator to it as well."""
    over, base, _ = pair
    done = tying_word(ground, over, index)
    tied = is_tied(ground, over, index) and not (done and done in ground.claims[base].indicator)
    return tied or is_done_of_due(ground, over, base)


def _tell_misfit(ground: Ground, members: tuple[int, int, int], tie: Tie) -> Relation | None:
    """What is to be said of a pair that does not make its rate; nothing where it need not."""
    over, base, index = members
    share, among = ground.claims[index], is_among(ground, index)
    named = _ties(ground, (over, base, tie), index)
    if tie is Tie.TOLD:
        return test_ratio(ground, members, True)
    if tie is Tie.NAMED and (named or among):
        sure = ground.same_sentence(base, index) and is_one_slip_apart(ground, members)
        return test_ratio(ground, members, sure)
    tied = (named or among) if tie < Tie.BESIDE else tie is Tie.BESIDE or (named and count_digits(share) > 3)
    above = ground.claims[over].exact > ground.claims[base].exact and tie > (Tie.ROW if named else Tie.LISTED)
    return test_ratio(ground, members, False) if tied and not above and is_one_slip_apart(ground, members) else None
