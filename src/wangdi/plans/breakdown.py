"""A goal broken down to areas: whole people or things by largest remainder, so that the parts sum to the goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from wangdi.core.problem import Problem, Refusal

EQUAL, BY_POPULATION, BY_GAP = "equal", "population", "gap"
METHODS = (EQUAL, BY_POPULATION, BY_GAP)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of one area. ``now``: how many it has already; ``base``: what a rate is told over, None of a count;
    ``capped``: it cannot have more than its base (a share of people cannot, places per 1,000 can); ``people``: its
    population.
    """

    area: str
    now: int = 0
    base: int | None = None
    capped: bool = False
    people: int = 0

    @property
    def most(self) -> int | None:
        """How many it can have; None where there is no limit."""
        return self.base if self.capped else None


def break_down(total: int, grounds: Sequence[Ground], method: str) -> dict[str, int]:
    """How many of ``total`` each area owes.

    Rule: ``equal``: the same rate everywhere where there are denominators, else the same number; ``population``: what an
    area has already and, of what is missing, a share by its people (a count, which begins at nought: of all of it);
    ``gap``: what an area has already and, of what is missing, a share by how far it lies below the common goal.
    Largest remainder; what an area cannot have goes to the others.
    Errors: PLAN-020 no areas, PLAN-021 more than all areas together can have, PLAN-022 no population for that method.
    """
    if not grounds:
        raise Refusal(Problem(code="PLAN-020"))
    most = [one.most for one in grounds]
    if all(one is not None for one in most) and total > sum(one or 0 for one in most):
        args = {"total": str(total), "most": str(sum(one or 0 for one in most))}
        raise Refusal(Problem(code="PLAN-021", args=args))
    if method == BY_POPULATION and not any(one.people for one in grounds):
        raise Refusal(Problem(code="PLAN-022"))
    started = [one.now for one in grounds]
    missing = total - sum(started)
    count = any(one.base is None for one in grounds)
    if method == EQUAL or missing <= 0 or (method == BY_POPULATION and count):
        shares = share_out(total, _whole_weights(grounds, method), most)
    else:
        weights = [Fraction(one.people) for one in grounds] if method == BY_POPULATION else _gaps(total, grounds)
        room = [None if one.most is None else one.most - one.now for one in grounds]
        more = share_out(missing, weights, room)
        shares = [now + one for now, one in zip(started, more, strict=True)]
    return {one.area: share for one, share in zip(grounds, shares, strict=True)}


def _whole_weights(grounds: Sequence[Ground], method: str) -> list[Fraction]:
    if method == BY_POPULATION:
        return [Fraction(one.people) for one in grounds]
    if all(one.base is not None for one in grounds):
        return [Fraction(one.base or 0) for one in grounds]
    return [Fraction(1) for _ in grounds]


def _gaps(total: int, grounds: Sequence[Ground]) -> list[Fraction]:
    """How far each area lies below the goal all share: the same rate, the same number by people, or the same number."""
    rate = all(one.base is not None for one in grounds)
    weights = _whole_weights(grounds, BY_POPULATION if not rate and all(one.people for one in grounds) else EQUAL)
    whole = sum(weights) or Fraction(1)
    return [max(Fraction(0), total * weight / whole - one.now) for weight, one in zip(weights, grounds, strict=True)]


def share_out(total: int, weights: Sequence[Fraction], most: Sequence[int | None]) -> list[int]:
    """Whole numbers in proportion to the weights that sum to ``total``; none above its ``most``.

    Rule: largest remainder; of equal remainders the earlier one. Weights that are all nought count as equal; where every
    weighted place is full, the rest goes to those that have room.
    """
    shares = [0] * len(weights)
    left = total
    while left > 0:
        open_places = [place for place, limit in enumerate(most) if limit is None or shares[place] < limit]
        heavy = [place for place in open_places if weights[place] > 0] or open_places
        if not heavy:
            break
        given = _largest_remainder(left, [weights[place] for place in heavy])
        for place, more in zip(heavy, given, strict=True):
            limit = most[place]
            taken = more if limit is None else min(more, limit - shares[place])
            shares[place] += taken
            left -= taken
    return shares


def _largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    whole = sum(weights)
    exact = [total * one / whole if whole else Fraction(total, len(weights)) for one in weights]
    shares = [int(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: total - sum(shares)]:
        shares[place] += 1
    return shares
