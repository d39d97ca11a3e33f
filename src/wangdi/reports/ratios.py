"""Shares with what they are shares of: numerator over denominator, and what a share implies where one is not told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.claims import Claim
from wangdi.reports.ground import ARITHMETIC, BASES, IMPOSSIBLE, Ground, Relation, written, written_claim
from wangdi.reports.lexicon import either, load_lexicon
from wangdi.reports.lists import listed
from wangdi.reports.numerals import is_slip

_NEAR = 36
"""How far back a numerator may stand before its share."""
_MOST_TRIED = 24
"""A share that leaves more numbers open than these tells nothing of their digits."""


def find_ratios(ground: Ground) -> list[Relation]:
    """Every share that can be tested or that implies what it is a share of."""
    found: list[Relation] = []
    bases: dict[str, int] = {}
    totals = {member: total for total, members, _ in listed(ground) for member in members}
    for index, one in enumerate(ground.claims):
        if not (ground.is_share(index) or (one.norm_unit == "%" and one.comparator == ">=")):
            continue
        if ground.is_share(index):
            over = _find_over(ground, index)
            base, sure = _find_base(ground, index, over, totals, bases) if over is not None else (None, False)
            if over is not None and base is not None:
                found.append(_test_ratio(ground, (over, base, index), sure))
                bases.setdefault(_stem_of(ground, index), base)
                continue
            triple = _find_triple(ground, index)
            if triple is not None:
                found.append(triple)
                continue
        found += _find_implied(ground, index)
    return [*found, *_find_bounds(ground)]


def _stem_of(ground: Ground, index: int) -> str:
    """What a rate is called by, without 率 or 面: 受益 of 受益面为参合人数的."""
    named = re.findall(r"(\w{2})(?:率|面)", _clause_before(ground, index)[-24:])
    return named[-1] if named else ""


def _clause_before(ground: Ground, index: int) -> str:
    one = ground.claims[index]
    return ground.text[ground.layout.clause_at(one.start).start : one.start]


def _is_among(ground: Ground, index: int) -> bool:
    """Whether a share is told as one of something: 占, 占比, 为…的."""
    before = ground.text[max(0, ground.claims[index].start - 18) : ground.claims[index].start]
    return bool(re.search(r"占比?(?:达|达到|为|约)?$|占[^,，。]{1,14}的$|为[^,，。]{2,14}的$|[(（]占?$", before))


def _find_over(ground: Ground, index: int) -> int | None:
    """The count a share speaks of: the one before it in its sentence, if their names or the grammar tie them."""
    claims, one = ground.claims, ground.claims[index]
    stem = one.own.removesuffix("率")
    for place in range(index - 1, max(-1, index - 4), -1):
        other = claims[place]
        if not ground.same_sentence(place, index) or one.start - other.end > _NEAR:
            return None
        if (
            re.search(r"完成[^,，]*的$", _clause_before(ground, index))
            and other.start >= ground.layout.clause_at(one.start).start
        ):
            continue
        if other.measure not in ("count", "money") or other.comparator != "=" or other.per:
            if other.measure == "rate":
                return None
            continue
        tied = (
            _is_among(ground, index)
            or (bool(stem) and stem in other.indicator)
            or "完成" in _clause_before(ground, index)
        )
        inside = ground.depth(index) > ground.depth(place) and one.start - other.end <= 12
        return place if tied or inside else None
    return None


def _find_base(
    ground: Ground, index: int, over: int, totals: dict[int, int], bases: dict[str, int]
) -> tuple[int | None, bool]:
    """The whole a share is a share of, and whether the sentence itself says so."""
    claims = ground.claims
    clause = _clause_before(ground, index)
    if re.search(r"完成[^,，]*的$", clause):
        inside = [place for place in range(over + 1, index) if ground.is_count(place)]
        same = [place for place in inside if claims[place].norm_unit == claims[over].norm_unit]
        return (same[-1], True) if same else (None, False)
    stem = _stem_of(ground, index)
    known = bases.get(stem) if stem else None
    if known is not None and ground.same_part(known, index) and ground.depth(index) > ground.depth(over):
        return known, True
    named = re.search(r"(?:占|为)([\w]{2,12}?)的$", clause)
    if named:
        return _named_base(ground, over, named.group(1)), True
    if over in totals and not stem:
        return totals[over], True
    for place in range(over - 1, max(-1, over - 6), -1):
        among = re.match(r"中(?![心医药央小西])", ground.text[claims[place].end : claims[place].end + 2])
        if ground.same_sentence(place, index) and among and ground.is_count(place):
            return place, True
    if claims[index].own in ("占比", "比例", "占") or re.search(r"占比(?:达|为)?$", clause):
        return _same_noun_base(ground, index, over), False
    return None, False


def _named_base(ground: Ground, over: int, name: str) -> int | None:
    """The count that is called what the share says it is a share of."""
    stem = re.sub(r"(?:人数|总数|数|总量|总额)$", "", name)
    near = [
        place
        for place in range(over - 1, max(-1, over - 12), -1)
        if ground.is_count(place) and ground.same_part(place, over)
    ]
    named = [place for place in near if stem in ground.nouns[place]]
    return next(iter(named or [place for place in near if stem in ground.claims[place].indicator]), None)


def _same_noun_base(ground: Ground, index: int, over: int) -> int | None:
    """A larger count of the same noun anywhere in the report: the one that fits, else the one that is called the same."""
    claims, noun = ground.claims, ground.nouns[over]
    if len(noun) < 3:
        return None
    nouns = [one for one in ground.counted if one == noun or one.endswith(noun)]
    named = sorted(
        place
        for one in nouns
        for place in ground.counted[one]
        if ground.same_part(place, over)
        and claims[place].norm_unit == claims[over].norm_unit
        and claims[place].norm_value > claims[over].norm_value
    )
    fitting = [place for place in named if _fits(ground, over, place, index)]
    exact = [place for place in named if ground.nouns[place] == noun]
    return next(iter([*fitting, *exact, *named]), None)


def _fits(ground: Ground, over: int, base: int, share: int) -> bool:
    claims = ground.claims
    quotient = claims[over].interval.over(claims[base].interval)
    return quotient is not None and quotient.times(Fraction(100)).meets(claims[share].interval)


def _test_ratio(ground: Ground, members: tuple[int, int, int], sure: bool) -> Relation:
    over, base, share = (ground.claims[index] for index in members)
    args = {
        "over": written_claim(over),
        "base": written_claim(base),
        "name": share.indicator,
        "share": written_claim(share),
        "computed": written(100 * over.exact / base.exact, 4) if base.exact else "—",
    }
    if _fits(ground, members[0], members[1], members[2]):
        return Relation("ratio", members, True, "", Problem(code="AUDIT-110", args=args))
    fit = _fitting_numerators(base, share)
    digits = share.text.replace(".", "").strip("0%％ ")
    slipped = len(digits) > 2 and is_slip(share.text.rstrip("%％ "), 100 * over.exact / base.exact)
    if sure or slipped:
        return Relation("ratio", members, False, ARITHMETIC, Problem(code="AUDIT-111", args=args | {"fit": fit}))
    return Relation("ratio", members, False, BASES, Problem(code="AUDIT-112", args=args))


def _fitting_numerators(base: Claim, share: Claim) -> str:
    """Which whole numerators the printed share allows; a dash where there is none."""
    low = ceil(base.exact * share.interval.low / 100)
    high = floor(base.exact * (share.interval.high or share.interval.low) / 100)
    if high < low:
        return "—"
    return str(low) if low == high else f"{low}—{high}"


def _find_triple(ground: Ground, index: int) -> Relation | None:
    """All, those served, their share: told in a row without a word that ties them.

    Rule: numbers that agree to three digits belong together; numbers one slip of the pen from agreeing do too, if the names
    share a word. Any others may be of different people, and are left alone.
    """
    share = ground.claims[index]
    if len(share.text.replace(".", "").strip("0%％ ")) < 3 or not re.search(r"率$|占比$|比例$", share.own):
        return None
    near = [
        place
        for place in range(max(0, index - 4), index)
        if ground.is_count(place) and ground.same_sentence(place, index)
    ]
    # Any order of size: one of the two may have a digit too many.
    pairs = [
        (over, base)
        for over in reversed(near)
        for base in near
        if base < over
        and ground.claims[over].norm_unit == ground.claims[base].norm_unit
        and ground.claims[over].exact > 0
        and ground.claims[base].exact > 0
    ]
    for over, base in pairs:
        if _fits(ground, over, base, index):
            return _test_ratio(ground, (over, base, index), True)
    for over, base in pairs:
        tied = share.own.removesuffix("率")[-2:] in ground.claims[over].indicator
        if tied and _is_one_slip(ground, (over, base, index)):
            return _test_ratio(ground, (over, base, index), False)
    return None


def _is_one_slip(ground: Ground, members: tuple[int, int, int]) -> bool:
    """Whether one slip of the pen in the numerator, the denominator or the share keeps them from agreeing."""
    over, base, share = (ground.claims[index] for index in members)
    if not (over.exact and base.exact and share.interval.low > 0):
        return False
    low, high = share.interval.low / 100, (share.interval.high or share.interval.low) / 100
    wanted = (
        (share, 100 * over.exact / base.exact, 100 * over.exact / base.exact),
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


def _find_implied(ground: Ground, index: int) -> Iterator[Relation]:
    """What a share without its whole implies: the whole, or the part."""
    one = ground.claims[index]
    before = index - 1
    if before < 0 or not ground.same_sentence(before, index) or one.start - ground.claims[before].end > 24:
        return
    other = ground.claims[before]
    if other.measure not in ("count", "money") or other.per or other.comparator != "=" or not one.exact:
        return
    args = {"over": written_claim(other), "share": written_claim(one), "name": one.indicator}
    if "其中" in ground.between(before, index):
        implied = other.exact * one.exact / 100
        told = Problem(code="AUDIT-114", args=args | {"implied": str(ceil(implied))})
        yield Relation("implied_numerator", (before, index), True, "", told)
    elif _is_among(ground, index) or re.search(r"完成[^,，]*的$", _clause_before(ground, index)):
        whole = written(other.exact * 100 / one.exact, 2)
        yield Relation(
            "implied_denominator", (before, index), True, "", Problem(code="AUDIT-113", args=args | {"implied": whole})
        )


def _find_bounds(ground: Ground) -> Iterator[Relation]:
    """A part of a whole above one hundred per cent."""
    rules = load_lexicon("relations")["bounded"]
    bounded, free = re.compile(either(rules["rates"]) + "$"), re.compile(either(rules["free"]))
    for index, one in enumerate(ground.claims):
        if one.measure != "rate" or one.norm_unit != "%" or one.interval.low <= 100 or free.search(one.indicator):
            continue
        if bounded.search(one.indicator):
            told = Problem(code="AUDIT-115", args={"name": one.indicator, "share": written_claim(one)})
            yield Relation("bound", (index,), False, IMPOSSIBLE, told)
