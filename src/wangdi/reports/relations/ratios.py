"""One rate against its numerator and denominator."""

from __future__ import annotations

from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    BASES,
    Ground,
    Relation,
    count_digits,
    slips_into,
    unit_of,
    written,
    written_claim,
)

_LOOSE = 1e-9
"""What plain numbers may be off before two are held to be apart; the exact test follows."""


def fits(ground: Ground, over: int, base: int, share: int) -> bool:
    """Whether some numbers that would be printed so make this rate of these two."""
    claims, bounds, unit = ground.claims, ground.bounds, float(unit_of(ground.claims[share]))
    (low, high), (least, most), (lowest, highest) = bounds[over], bounds[base], bounds[share]
    if least <= 0 or high / least < lowest * unit * (1 - _LOOSE) or low / most > highest * unit * (1 + _LOOSE):
        return False
    quotient = claims[over].interval.over(claims[base].interval)
    return quotient is not None and quotient.times(1 / unit_of(claims[share])).meets(claims[share].interval)


def judge_ratio(ground: Ground, members: tuple[int, int, int], sure: bool, told_base: bool = True) -> Relation:
    """Numerator, denominator and rate against each other. ``sure``: the sentence itself says that they belong together.

    ``told_base``: no other denominator can be meant, such as a mean population for one at the year's end.

    Rule: what the sentence ties must agree; elsewhere it is an error only where the rate is one slip of the pen from the computed
    one, and a question about the denominator otherwise.
    """
    over, base, share = (ground.claims[index] for index in members)
    unit = unit_of(share)
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
    if sure or (told_base and _is_wrong_rate(ground, members)):
        return Relation("ratio", members, False, ARITHMETIC, Problem(code="AUDIT-111", args=args | {"fit": fit}))
    return Relation("ratio", members, False, BASES, Problem(code="AUDIT-112", args=args))


def _is_wrong_rate(ground: Ground, members: tuple[int, int, int]) -> bool:
    """Whether a printed rate is one slip of the pen from the computed one."""
    over, base, share = (ground.claims[index] for index in members)
    computed = over.exact / base.exact / unit_of(share) if base.exact else None
    return computed is not None and count_digits(share) > 2 and slips_into(share, computed, computed)


def is_one_slip_apart(ground: Ground, members: tuple[int, int, int]) -> bool:
    """Whether one slip of the pen in the numerator, the denominator or the rate keeps them from agreeing."""
    over, base, share = (ground.claims[index] for index in members)
    # Plain numbers: a slip is one of some dozens of numbers that lie far apart.
    unit, (lowest, highest) = float(unit_of(share)), ground.bounds[members[2]]
    low, high = lowest * unit, highest * unit
    if low <= 0 or not base.norm_value:
        return False
    computed = over.norm_value / base.norm_value / unit
    return (
        slips_into(share, computed, computed)
        or slips_into(over, base.norm_value * low, base.norm_value * high)
        or slips_into(base, over.norm_value / high, over.norm_value / low)
    )


def _fitting_numerators(base: Claim, share: Claim) -> str:
    """Which whole numerators the printed share allows; a dash where there is none."""
    unit = unit_of(share)
    low = ceil(base.exact * share.interval.low * unit)
    high = floor(base.exact * (share.interval.high or share.interval.low) * unit)
    if high < low:
        return "—"
    return str(low) if low == high else f"{low}—{high}"
