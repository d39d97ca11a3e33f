"""Shares with what they are shares of: numerator over denominator, where the sentence ties them."""

from __future__ import annotations

import itertools
import re
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.claims import Claim
from wangdi.reports.ground import (
    ARITHMETIC,
    BASES,
    CROWD,
    Ground,
    Relation,
    fraction_of,
    plain_thing,
    written,
    written_claim,
)
from wangdi.reports.groups import paired_with
from wangdi.reports.lists import listed
from wangdi.reports.numerals import is_slip
from wangdi.reports.runs import find_runs

_NEAR = 36
"""How far back a numerator may stand before its share."""
_NAMED = r"([\w]{2,14}?)(?:的|比例|比重)(?:分别)?(?:达|达到|为|是)?"
_FAR = 40
"""How many claims back a named denominator is searched."""


def find_shares(ground: Ground) -> list[Relation]:
    """Every share whose sentence says what it is a share of."""
    found: list[Relation] = []
    bases: dict[str, int] = {}
    totals = {member: one.claims[0] for one in find_runs(ground) if one.relation == "sum" for member in one.claims[1:]}
    totals |= {member: total for total, members, _ in listed(ground) for member in members}
    last: tuple[int, int] | None = None
    for index in range(len(ground.claims)):
        over = _find_over(ground, index) if ground.is_share(index) else None
        base, sure = _find_base(ground, index, over, totals, bases) if over is not None else (None, False)
        if over is not None and base is None and last is not None and _goes_on(ground, last, (over, index)):
            base = last[1]
        other = _find_other_over(ground, index, over) if over is not None else None
        if other is not None and (base is None or not fits(ground, over or 0, base, index)):
            found.append(test_ratio(ground, (*other, index), False))
        elif over is not None and base is not None:
            found.append(test_ratio(ground, (over, base, index), sure))
            bases.setdefault(_stem_of(ground, index), base)
            last = (index, base)
    return found


def _goes_on(ground: Ground, last: tuple[int, int], told: tuple[int, int]) -> bool:
    """Whether a share with 占 alone is one of the same whole as the share before it: A1亿元,占总额的50%;B1亿元,占50%."""
    (share, base), (over, index) = last, told
    alike = ground.same_kind(over, base) and ground.same_sentence(share, index) and over == share + 1
    return alike and bool(
        re.search(
            r"[,，(（]占(?:比)?$", ground.text[max(0, ground.claims[index].start - 4) : ground.claims[index].start]
        )
    )


def _stem_of(ground: Ground, index: int) -> str:
    """What a rate is called by, without 率 or 面: 受益 of 受益面为参合人数的."""
    named = re.findall(r"(\w{2})(?:率|面)", clause_before(ground, index)[-24:])
    return named[-1] if named else ""


def clause_before(ground: Ground, index: int) -> str:
    """What stands in a claim's clause before it."""
    one = ground.claims[index]
    return ground.text[ground.layout.clause_at(one.start).start : one.start]


def is_among(ground: Ground, index: int) -> bool:
    """Whether a share is told as one of something: 占, 占比, 为…的, or as one of several with 分别占."""
    before = ground.text[max(0, ground.claims[index].start - 18) : ground.claims[index].start]
    if re.search(r"(?<!药)(?<!耗)占比?(?:达|达到|为|约)?$|占[^,，。]{1,14}的$|为[^,，。]{2,14}的$|[(（]占?$", before):
        return True
    return paired_with(ground, index) is not None and bool(
        re.search(r"分别占|占[^,，。]*分别|占比分别", _list_clause(ground, index))
    )


def _list_clause(ground: Ground, index: int) -> str:
    """The clause of a share up to it, with the values told before it."""
    one = ground.claims[index]
    return ground.text[max(ground.sentence_start(index), one.start - 60) : one.start]


def _find_over(ground: Ground, index: int) -> int | None:
    """The count a share speaks of: the one before it in its sentence, if their names or the grammar tie them."""
    claims, one = ground.claims, ground.claims[index]
    stem = one.own.removesuffix("率")
    partner = paired_with(ground, index)
    if partner is not None:
        return partner if ground.is_amount(partner) and is_among(ground, index) else None
    for place in range(index - 1, max(-1, index - 4), -1):
        other = claims[place]
        if not ground.same_sentence(place, index) or one.start - other.end > _NEAR:
            return None
        if (
            re.search(r"完成[^,，]*的$", clause_before(ground, index))
            and other.start >= ground.layout.clause_at(one.start).start
        ):
            continue
        if not ground.is_amount(place):
            if other.measure == "rate":
                return None
            continue
        tied = (
            is_among(ground, index)
            or (bool(stem) and stem in other.indicator)
            or "完成" in clause_before(ground, index)
        )
        inside = ground.depth(index) > ground.depth(place) and one.start - other.end <= 12
        return place if tied or inside else None
    return None


def _find_other_over(ground: Ground, index: int, nearest: int) -> tuple[int, int] | None:
    """An amount further back in the sentence, with the base that the share names, where the two agree to three digits."""
    named = re.search(rf"占{_NAMED}$", clause_before(ground, index))
    if named is None or count_digits(ground.claims[index]) < 3:
        return None
    for over in range(nearest - 1, max(-1, nearest - 4), -1):
        if ground.is_amount(over) and ground.same_sentence(over, index):
            base, _ = _named_base(ground, (over, index), named.group(1))
            if base is not None and (fits(ground, over, base, index) or is_slip_of(ground, (over, base, index))):
                return over, base
    return None


def _find_base(
    ground: Ground, index: int, over: int, totals: dict[int, int], bases: dict[str, int]
) -> tuple[int | None, bool]:
    """The whole a share is a share of, and whether the sentence itself says so."""
    claims = ground.claims
    clause = clause_before(ground, index)
    if re.search(r"完成[^,，]*的$", clause):
        inside = [place for place in range(over + 1, index) if ground.is_count(place)]
        same = [place for place in inside if claims[place].norm_unit == claims[over].norm_unit]
        return (same[-1], True) if same else (None, False)
    stem = _stem_of(ground, index)
    known = bases.get(stem) if stem else None
    if known is not None and ground.same_part(known, index) and ground.depth(index) > ground.depth(over):
        return known, True
    named = re.search(rf"(?:占|为){_NAMED}$", clause)
    if named:
        return _named_base(ground, (over, index), named.group(1))
    if over in totals and not stem:
        return totals[over], True
    for place in range(over - 1, max(-1, over - 6), -1):
        among = re.match(r"中(?![心医药央小西])", ground.text[claims[place].end : claims[place].end + 2])
        if ground.same_sentence(place, index) and among and ground.is_count(place):
            return place, True
    if claims[index].own in ("占比", "比例", "占") or re.search(r"占比(?:达|为)?$", clause):
        return _same_noun_base(ground, index, over), False
    return None, False


def _named_base(ground: Ground, told: tuple[int, int], name: str) -> tuple[int | None, bool]:
    """The amount that is called what the share says it is a share of, and whether its name is that and no longer one.

    Rule: of several the one that fits; where none is called so, the nearest of the report that fits to three digits.
    """
    over, share = told
    stem = plain_thing(re.sub(r"(?:报告|登记|发病)?(?:人数|总数|数|总量|总额|总人口)$", "", name)) or name
    near = [place for place in range(over - 1, max(-1, over - _FAR), -1) if _may_be_base(ground, place, over)]
    fitting = [place for place in near if fits(ground, over, place, share)]
    called = [place for place in near if ground.nouns[place].endswith(stem)]
    loosely = [place for place in near if stem in ground.claims[place].indicator]
    telling = fitting if count_digits(ground.claims[share]) > 2 else []
    named = (*called, *loosely)
    # Four digits are one slip from another number so rarely that the whole need not be called by its name.
    meant = near if not named and count_digits(ground.claims[share]) > 3 else named
    slipped = (place for place in meant if is_slip_of(ground, (over, place, share)))
    chosen = next(itertools.chain((place for place in named if place in fitting), telling, slipped), None)
    if chosen is not None:
        return chosen, True
    return (called[0], True) if called else (loosely[0], False) if loosely else (None, False)


def _may_be_base(ground: Ground, place: int, over: int) -> bool:
    """Whether an amount can be a denominator that is named: visits are told of people too."""
    units = {ground.claims[place].norm_unit, ground.claims[over].norm_unit}
    alike = ground.same_kind(place, over) or units <= CROWD
    return alike and ground.is_amount(place) and ground.same_part(place, over)


def _same_noun_base(ground: Ground, index: int, over: int) -> int | None:
    """A larger count of the same noun anywhere in the report: the one that fits, else the one that is called the same."""
    claims, noun = ground.claims, ground.nouns[over]
    if len(noun) < 3:
        return None
    named = [
        place
        for place in ground.near(ground.counted_as(noun), over)
        if ground.same_part(place, over)
        and claims[place].norm_unit == claims[over].norm_unit
        and claims[place].norm_value > claims[over].norm_value
    ]
    fitting = [place for place in named if fits(ground, over, place, index)]
    exact = [place for place in named if ground.nouns[place] == noun]
    return next(iter([*fitting, *exact, *named]), None)


def fits(ground: Ground, over: int, base: int, share: int) -> bool:
    """Whether some numbers that would be printed so make this rate of these two."""
    claims = ground.claims
    quotient = claims[over].interval.over(claims[base].interval)
    return quotient is not None and quotient.times(1 / fraction_of(claims[share].norm_unit)).meets(
        claims[share].interval
    )


def test_ratio(ground: Ground, members: tuple[int, int, int], sure: bool) -> Relation:
    """Numerator, denominator and rate against each other. ``sure``: the sentence itself says that they belong together."""
    over, base, share = (ground.claims[index] for index in members)
    unit = fraction_of(share.norm_unit)
    computed = over.exact / base.exact / unit if base.exact else None
    args = {
        "over": written_claim(over),
        "base": written_claim(base),
        "name": share.indicator,
        "share": written_claim(share),
        "computed": "—" if computed is None else written(computed, 4) + share.norm_unit,
    }
    if fits(ground, *members):
        return Relation("ratio", members, True, "", Problem(code="AUDIT-110", args=args))
    fit = _fitting_numerators(base, share)
    if sure or is_slip_of(ground, members):
        return Relation("ratio", members, False, ARITHMETIC, Problem(code="AUDIT-111", args=args | {"fit": fit}))
    return Relation("ratio", members, False, BASES, Problem(code="AUDIT-112", args=args))


def is_slip_of(ground: Ground, members: tuple[int, int, int]) -> bool:
    """Whether a printed rate is one slip of the pen from the computed one."""
    over, base, share = (ground.claims[index] for index in members)
    computed = over.exact / base.exact / fraction_of(share.norm_unit) if base.exact else None
    return computed is not None and count_digits(share) > 2 and is_slip(share.printed_number, computed)


def count_digits(one: Claim) -> int:
    """Digits of a number that say something: without noughts at its ends."""
    return len(one.printed_number.replace(".", "").strip("0"))


def _fitting_numerators(base: Claim, share: Claim) -> str:
    """Which whole numerators the printed share allows; a dash where there is none."""
    unit = fraction_of(share.norm_unit)
    low = ceil(base.exact * share.interval.low * unit)
    high = floor(base.exact * (share.interval.high or share.interval.low) * unit)
    if high < low:
        return "—"
    return str(low) if low == high else f"{low}—{high}"
