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

_NAMES = 5
"""Characters that name one group of people and no other."""

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
    if not plain or share.value_hi is not None or not re.search(r"率$|占比$|比例$", share.indicator):
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
            known = tied and (_is_known_base(ground, base, index) or _is_called_base(ground, base, over))
            # Two digits agree with too much: only where nothing else can be meant.
            if count_digits(ground.claims[index]) < 3 and not (
                known or (tied and _in_a_row(ground, base, over, index))
            ):
                continue
            if (beside or near or known) and _divides(ground, over, base):
                pairs.insert(0 if known else len(pairs), (over, base))
    return pairs


def _in_a_row(ground: Ground, base: int, over: int, index: int) -> bool:
    """Whether a rate follows its numerator, and that its denominator, with no other amount of their kind in between.

    Rule: what was done to the numerator was not done to the denominator: 参合农村居民 is no numerator of 参合人数's 参合率.
    """
    between = [place for place in range(base + 1, index) if place != over]
    others = any(ground.is_amount(place) and ground.same_kind(place, over) for place in between)
    beside = ground.same_sentence(base, index) and not re.search(r"[;；]", ground.between(base, index))
    done = _tying_word(ground, over, index)
    return ground.is_share(index) and beside and not others and not (done and done in ground.claims[base].indicator)


def _divides(ground: Ground, over: int, base: int) -> bool:
    claims = ground.claims
    return bool(
        ground.is_amount(base) and ground.same_kind(over, base) and claims[over].exact > 0 and claims[base].exact > 0
    )


def _is_tied(ground: Ground, over: int, index: int) -> bool:
    """Whether the names of a numerator and of a rate share the word that says what was done, or say it in two words."""
    stem, words = _stem_of(ground, index), load_lexicon("relations")["numerators"]
    other = next((words[word] for word in words if stem.endswith(word)), None)
    said_otherwise = other is not None and re.search(other, ground.claims[over].indicator)
    return bool(_tying_word(ground, over, index) or said_otherwise)


def _stem_of(ground: Ground, index: int) -> str:
    return re.sub(r"(?:率|占比|比例)$", "", ground.claims[index].indicator)


def _tying_word(ground: Ground, over: int, index: int) -> str:
    """The longest end of a rate's name that stands in a numerator's; empty where it is less than two characters."""
    stem, told = _stem_of(ground, index), ground.claims[over].indicator
    return next((stem[place:] for place in range(len(stem) - 1) if stem[place:] in told), "")


def _is_known_base(ground: Ground, base: int, index: int) -> bool:
    """Whether a count is the one that rates of this name are told of: live births of infant mortality."""
    rules = load_lexicon("relations")["live_births"]
    named = any(re.search(rule, ground.claims[index].indicator) for rule in rules["rates"])
    return (
        named and ground.same_part(base, index) and any(re.search(one, ground.nouns[base]) for one in rules["births"])
    )


def _is_called_base(ground: Ground, base: int, over: int) -> bool:
    """Whether a numerator names the people it is of as a count before does: 65岁及以上老年人 of 65岁及以上老年人口."""
    noun = ground.nouns[base]
    larger = ground.claims[base].exact > ground.claims[over].exact
    return larger and len(noun) >= _NAMES and noun in ground.claims[over].indicator and ground.same_part(base, over)


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
