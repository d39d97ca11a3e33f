"""Values that 分别 and 依次 hand out, each to one told before: 死亡5例、9例,死亡率分别为1.2‰、2.1‰."""

from __future__ import annotations

from wangdi.reports.relations.ground import Ground

_JOINS = frozenset(("、", "和", "及", "与", "，", ","))
_LONGEST = 16


def paired_with(ground: Ground, index: int) -> int | None:
    """The claim that one of several told with 分别 or 依次 speaks of, as many back as there are values, or None."""
    first = last = index
    while first and index - first < _LONGEST and _joins(ground, first - 1):
        first -= 1
    while last + 1 < len(ground.claims) and last - index < _LONGEST and _joins(ground, last):
        last += 1
    partner = index - (last - first + 1)
    if first == last or partner < 0 or not ground.same_sentence(partner, index):
        return None
    clause = ground.layout.clause_at(ground.claims[first].start)
    told = ground.text[clause.start : ground.claims[first].start]
    return partner if "分别" in told or "依次" in told else None


def first_paired(ground: Ground, index: int) -> int | None:
    """The first of the claims that a list of values told with 分别 speaks of."""
    while index and _joins(ground, index - 1):
        index -= 1
    return paired_with(ground, index)


def _joins(ground: Ground, one: int) -> bool:
    """Whether a claim and the next stand in one list of values."""
    return ground.between(one, one + 1) in _JOINS and ground.claims[one].norm_unit == ground.claims[one + 1].norm_unit
