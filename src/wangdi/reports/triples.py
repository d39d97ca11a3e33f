"""All, those served, and their rate, told in a row without a word that ties them."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor

from wangdi.reports.claims import Claim
from wangdi.reports.ground import Ground, Relation, fraction_of
from wangdi.reports.groups import paired_with
from wangdi.reports.lexicon import load_lexicon, ratio_units
from wangdi.reports.numerals import is_slip
from wangdi.reports.ratios import count_digits, fits, test_ratio

_NUMERATORS, _DENOMINATORS = 6, 24
"""How many claims back a numerator and its denominator may stand."""
_MOST_TRIED = 24
"""A share that leaves more numbers open than these tells nothing of their digits."""

Pair = tuple[int, int]


def find_triples(ground: Ground, taken: frozenset[int]) -> list[Relation]:
    """Every rate with the two counts it is made from. ``taken``: rates whose denominator is known.

    Rule: numbers that agree to three digits belong together; numbers one slip of the pen from agreeing do too, if the names
    of numerator and rate share a word. Any others may be of different people, and are left alone.
    """
    found = (_find_triple(ground, index) for index in range(len(ground.claims)) if index not in taken)
    return [one for one in found if one is not None]


def _find_triple(ground: Ground, index: int) -> Relation | None:
    share = ground.claims[index]
    plain = share.measure == "rate" and share.norm_unit in ratio_units() and share.comparator == "="
    if not plain or share.value_hi is not None or count_digits(share) < 3:
        return None
    if not re.search(r"率$|占比$|比例$", share.indicator):
        return None
    pairs = _list_pairs(ground, index)
    fitting = next((pair for pair in pairs if fits(ground, *pair, index)), None)
    if fitting is not None:
        return test_ratio(ground, (*fitting, index), True)
    for pair in pairs:
        if _is_tied(ground, pair[0], index) and _is_one_slip(ground, (*pair, index)):
            return test_ratio(ground, (*pair, index), False)
    return None


def _list_pairs(ground: Ground, index: int) -> list[Pair]:
    """Numerators and denominators that may belong to a rate, the likeliest first.

    Rule: both in the rate's sentence; or a numerator whose name ties it to the rate, with any count of the paragraph before it.
    """
    partner = paired_with(ground, index)
    overs = [place for place in range(index - 1, max(-1, index - _NUMERATORS), -1) if ground.is_amount(place)]
    if partner is not None:
        overs = [partner] if ground.is_amount(partner) else []
    pairs: list[Pair] = []
    for over in overs:
        tied = _is_tied(ground, over, index)
        for base in range(over - 1, max(-1, over - _DENOMINATORS), -1):
            beside = ground.same_sentence(over, index) and ground.same_sentence(base, index) and index - base <= 4
            near = tied and ground.same_paragraph(base, index)
            known = tied and _is_known_base(ground, base, index)
            if count_digits(ground.claims[index]) < 3 and not known:
                continue
            if (beside or near or known) and _divides(ground, over, base):
                pairs.insert(0 if known else len(pairs), (over, base))
    return pairs


def _divides(ground: Ground, over: int, base: int) -> bool:
    claims = ground.claims
    return bool(
        ground.is_amount(base) and ground.same_kind(over, base) and claims[over].exact > 0 and claims[base].exact > 0
    )


def _is_tied(ground: Ground, over: int, index: int) -> bool:
    """Whether the names of a numerator and of a rate share the word that says what was done."""
    stem = re.sub(r"(?:率|占比|比例)$", "", ground.claims[index].indicator)
    return len(stem) > 1 and stem[-2:] in ground.claims[over].indicator


def _is_known_base(ground: Ground, base: int, index: int) -> bool:
    """Whether a count is the one that rates of this name are told of: live births of infant mortality."""
    rules = load_lexicon("relations")["live_births"]
    named = any(re.search(rule, ground.claims[index].indicator) for rule in rules["rates"])
    return (
        named and ground.same_part(base, index) and any(re.search(one, ground.nouns[base]) for one in rules["births"])
    )


def _is_one_slip(ground: Ground, members: tuple[int, int, int]) -> bool:
    """Whether one slip of the pen in the numerator, the denominator or the rate keeps them from agreeing."""
    over, base, share = (ground.claims[index] for index in members)
    unit = fraction_of(share.norm_unit)
    low, high = share.interval.low * unit, (share.interval.high or share.interval.low) * unit
    if low <= 0:
        return False
    computed = over.exact / base.exact / unit
    wanted = (
        (share, computed, computed),
        (over, base.exact * low, base.exact * high),
        (base, over.exact / high, over.exact / low),
    )
    return any(_slips_into(*one) for one in wanted)


def _slips_into(one: Claim, low: Fraction, high: Fraction) -> bool:
    """Whether a printed number is one slip from some number of its own digits between two ends."""
    printed = one.printed_number
    step = Fraction(one.scale, 10 ** len(printed.partition(".")[2]))
    first, last = floor(low / step + Fraction(1, 2)), floor(high / step + Fraction(1, 2))
    if last - first > _MOST_TRIED:
        return False
    return any(is_slip(printed, number * step / one.scale) for number in range(first, last + 1))
