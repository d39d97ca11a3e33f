"""How far two amounts lie apart, as three searches tell it: changes, remainders, and differences known by their names."""

from __future__ import annotations

from collections.abc import Sequence

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import Ground, Relation, written, written_claim

Pair = tuple[int, int]


def by_size(ground: Ground, pair: Sequence[int]) -> Pair:
    """Two claims, the larger first."""
    one, other = pair
    return (one, other) if ground.claims[one].exact >= ground.claims[other].exact else (other, one)


def leaves(ground: Ground, pair: Pair, index: int) -> bool:
    """Whether some numbers that would be printed so leave this one when the second is taken from the first."""
    one, other = (ground.claims[place].interval for place in pair)
    left = one.minus(other)
    return left is not None and left.meets(ground.claims[index].interval)


def tell_difference(ground: Ground, members: tuple[int, int, int], severity: str) -> Relation:
    """What is taken from what, and what is left. ``severity``: empty where they agree."""
    left, right, result = (ground.claims[place] for place in members)
    args = {"left": written_claim(left), "right": written_claim(right), "stated": written_claim(result)}
    args["computed"] = written(left.exact - right.exact, 4)
    code = "AUDIT-138" if severity else "AUDIT-137"
    return Relation("difference", members, not severity, severity, Problem(code=code, args=args))
