"""What holds of every plan: parts sum to the goal, and an item turns only when its figure does."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.core.dates import month_end
from wangdi.core.problem import Refusal
from wangdi.plans.breakdown import BY_POPULATION, METHODS, Ground, break_down, share_out
from wangdi.plans.model import Goal, Item
from wangdi.plans.pace import Month
from wangdi.plans.standing import stand_figure
from wangdi.plans.turns import CLOSED, OPEN, find_turn

areas = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 90_000)), min_size=1, max_size=12)


@given(areas, st.sampled_from(METHODS), st.fractions(0, 1))
def test_the_parts_of_a_rate_sum_to_it_and_fit(rows: list[tuple[int, int, int]], method: str, share: Fraction) -> None:
    grounds = [Ground(f"{place}", min(now, base), base, True, people) for place, (now, base, people) in enumerate(rows)]
    total = int(share * sum(one.base or 0 for one in grounds))
    if method == BY_POPULATION and not any(one.people for one in grounds):
        with pytest.raises(Refusal) as refused:
            break_down(total, grounds, method)
        assert refused.value.problem.code == "PLAN-022"
        return
    parts = break_down(total, grounds, method)
    assert sum(parts.values()) == total
    assert all(0 <= parts[one.area] <= (one.base or 0) for one in grounds)
    if method != METHODS[0] and total >= sum(one.now for one in grounds):
        assert all(parts[one.area] >= one.now for one in grounds), "nobody is asked to fall back"


@given(areas, st.sampled_from(METHODS), st.integers(0, 100_000))
def test_the_parts_of_a_count_sum_to_it(rows: list[tuple[int, int, int]], method: str, total: int) -> None:
    grounds = [Ground(f"{place}", now, people=people) for place, (now, _, people) in enumerate(rows)]
    if method == BY_POPULATION and not any(one.people for one in grounds):
        return
    assert sum(break_down(total, grounds, method).values()) == total


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=12), st.integers(0, 10_000))
def test_every_share_is_within_one_of_its_exact_part(weights: list[int], total: int) -> None:
    shares = share_out(total, [Fraction(one) for one in weights], [None] * len(weights))
    exact = [Fraction(total * one, sum(weights)) for one in weights]
    assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=12), st.integers(1, 100), st.integers(1, 3))
def test_an_item_never_turns_without_a_changed_figure(values: list[int], goal: int, runs: int) -> None:
    """The scheduled run looks ``runs`` times at each month; only the first look at a figure can turn the item."""
    item = Item("001", "quantity", "x", "x", 0, 1, "x", 0, goal=Goal(">=", goal, "%"), deadline=date(2025, 12, 31))
    months = [
        Month(f"2025-{place:02d}-ytd", month_end(date(2025, place, 1)), value, value, 100.0, 100.0)
        for place, value in enumerate(values, start=1)
    ]
    state, turns = OPEN, []
    for place in range(1, len(months) + 1):
        for _ in range(runs):
            assert item.goal is not None
            stand = stand_figure(item, item.goal, months[:place], months[place - 1].end)
            turn = find_turn(state, stand, months[place - 1].end, place)
            if turn is not None:
                turns.append((place, turn.state))
                state = turn.state
    kept = [value >= goal for value in values]
    wanted = [
        (place, CLOSED if now else OPEN)
        for place, (before, now) in enumerate(zip([False, *kept], kept, strict=False), 1)
        if before != now
    ]
    assert turns == wanted
