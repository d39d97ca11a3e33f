"""Pace, lights and turns against examples worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from wangdi.core.dates import month_end
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.breakdown import Ground, break_down
from wangdi.plans.goals import parse_amount, parse_goal, show_goal
from wangdi.plans.model import INVESTMENT, MILESTONE, QUANTITY, Goal, Item, Part, Payment, Step, put_step
from wangdi.plans.pace import Month, count_more, find_pace, need_count
from wangdi.plans.rounds import rank_values, round_around
from wangdi.plans.standing import (
    AMBER,
    DONE,
    GREEN,
    GREY,
    RED,
    judge_area,
    load_lights,
    stand_figure,
    stand_item,
    stand_part,
)
from wangdi.plans.turns import CLOSED, OPEN, find_turn, read_turn, write_turn

YEAR_END = date(2025, 12, 31)
OCTOBER = date(2025, 10, 31)


def months(*values: float | None, denominator: float | None = 1000.0) -> list[Month]:
    """Month-to-date figures from January on, in percent of a denominator that stays."""
    return [
        Month(
            f"2025-{place:02d}-ytd",
            month_end(date(2025, place, 1)),
            value,
            (value or 0.0) * (denominator or 100) / 100,
            denominator,
            100.0 if denominator else 1.0,
        )
        for place, value in enumerate(values, start=1)
    ]


def item(goal: str | None = None, kind: str = QUANTITY, **more: object) -> Item:
    found = parse_goal(goal) if goal is not None else None
    assert not isinstance(found, Problem)
    one = Item("001", kind, "x", "x", 0, 1, "x", 0, goal=found, deadline=YEAR_END, indicator="htn_std" if goal else "")
    return replace(one, **more)  # type: ignore[arg-type]


def test_the_line_through_the_year() -> None:
    """40, 44, 48, 52: four a month; from April eight months are left, so 52 + 8 x 4 = 84."""
    pace = find_pace(months(40, 44, 48, 52), YEAR_END, 100)
    assert pace.a_month == pytest.approx(4)
    assert pace.ends_at == pytest.approx(84)
    assert pace.months_left == 8
    assert pace.ends_at_last == pytest.approx(84)


def test_the_last_month_alone_may_lead_elsewhere() -> None:
    """1, 2, 9: the line rises by four a month, the last month by seven; nine months are left, and a share ends at 100."""
    pace = find_pace(months(1, 2, 9), YEAR_END, 50)
    assert pace.a_month == pytest.approx(4)
    assert pace.ends_at == pytest.approx(45)
    assert pace.last_change == pytest.approx(7)
    assert pace.ends_at_last == 50


def test_a_month_without_a_figure_is_no_nought() -> None:
    """10, nothing, 14: two a month over two months."""
    pace = find_pace(months(10, None, 14), YEAR_END, 100)
    assert pace.a_month == pytest.approx(2)
    assert pace.last_change == pytest.approx(2)


def test_one_month_has_no_line() -> None:
    assert find_pace(months(10), YEAR_END, 100).ends_at is None
    assert find_pace([], YEAR_END, 100).months_left == 0


@pytest.mark.parametrize(
    ("goal", "numerator", "denominator", "more"),
    [
        (">=85%", 150, 200, 20),  # 170 of 200, not 171
        (">=85%", 169, 200, 1),
        (">=85%", 170, 200, 0),
        (">=33.3%", 0, 1000, 333),
        (">=0.1%", 0, 1000, 1),
        ("<=5%", 12, 200, -2),
        ("60~70%", 150, 200, -10),
        ("60~70%", 100, 200, 20),
    ],
)
def test_how_many_more_people_in_whole_people(goal: str, numerator: int, denominator: int, more: int) -> None:
    last = Month("2025-10-ytd", OCTOBER, numerator / denominator * 100, numerator, denominator, 100)
    found = parse_goal(goal)
    assert isinstance(found, Goal)
    assert count_more(found, last) == more


def test_a_plain_count_needs_the_difference() -> None:
    last = Month("2025-10-ytd", OCTOBER, 70, 70)
    assert count_more(Goal(">=", 80, "个"), last) == 10
    assert need_count(79.5, last) == 80


@pytest.mark.parametrize(
    ("goal", "values", "light", "code"),
    [
        (">=60%", (40, 44, 48, 62), DONE, "PLAN-101"),
        (">=60%", (90, 80, 70), AMBER, "PLAN-119"),  # kept today, and falling out of it
        (">=60%", (30, 33, 36), GREEN, "PLAN-106"),  # 36 + 9 x 3 = 63
        (">=65%", (30, 33, 36), AMBER, "PLAN-107"),  # 63 is above 95 % of 65
        (">=80%", (30, 33, 36), RED, "PLAN-108"),
        (">=80%", (30,), GREY, "PLAN-105"),
        (">=80%", (), GREY, "PLAN-103"),
        ("<=10%", (1, 2), RED, "PLAN-108"),  # 2 + 10 x 1 = 12 is above 10 / 0.95
        ("<=10%", (1, 1.5), GREEN, "PLAN-106"),
    ],
)
def test_a_light_and_its_rule(goal: str, values: tuple[float, ...], light: str, code: str) -> None:
    one = item(goal)
    assert one.goal is not None
    stand = stand_figure(one, one.goal, months(*values), date(2025, 3, 31))
    assert (stand.light, stand.told.code) == (light, code)


def test_an_upper_end_is_proved_at_its_deadline_only() -> None:
    one = item("<=10%")
    assert one.goal is not None
    early = stand_figure(one, one.goal, months(1, 1), date(2025, 2, 28))
    late = stand_figure(one, one.goal, months(*[1.0] * 12), YEAR_END)
    assert (early.holds, late.holds) == (False, True)


def test_past_its_deadline_what_is_not_kept_is_red() -> None:
    one = item(">=60%")
    assert one.goal is not None
    stand = stand_figure(one, one.goal, months(*[59.0] * 12), date(2026, 1, 20))
    assert (stand.light, stand.told.code, stand.days_left, stand.more) == (RED, "PLAN-110", -20, 10)


def test_a_change_needs_to_know_what_it_starts_from() -> None:
    one = item("+2个百分点")
    assert one.goal is not None
    assert stand_figure(one, one.goal, months(50, 51), OCTOBER).told.code == "PLAN-104"
    based = replace(one.goal, base_value=50.0)
    assert stand_figure(one, based, months(50, 51), date(2025, 2, 28)).distance == pytest.approx(1)


def test_steps_with_evidence_make_a_milestone() -> None:
    one = item(None, MILESTONE)
    assert stand_item(one, (), OCTOBER).light == GREY
    one = replace(one, steps=put_step(one.steps, Step("开工", date(2025, 3, 1), date(2025, 3, 1))))
    assert stand_item(one, (), OCTOBER).told.code == "PLAN-115"  # done without evidence is not done
    one = replace(one, steps=put_step(one.steps, Step("开工", date(2025, 3, 1), date(2025, 3, 1), "批文1号")))
    assert stand_item(one, (), OCTOBER).holds
    waiting = replace(one, steps=put_step(one.steps, Step("投用", date(2025, 11, 20))))
    assert stand_item(waiting, (), OCTOBER).light == AMBER
    assert stand_item(waiting, (), date(2025, 9, 1)).light == GREEN
    assert stand_item(waiting, (), date(2025, 11, 21)).light == RED


def test_things_counted_follow_the_calendar() -> None:
    """Ten in a year: on 2 July, day 183 of 365, five are asked for; four are within four fifths of that, three are not."""
    day = date(2025, 7, 2)
    one = replace(item("10个"), indicator="")

    def with_count(count: int) -> Item:
        return replace(one, steps=(Step("一批", None, date(2025, 6, 1), "验收单", count),))

    lights = [stand_item(with_count(count), (), day).light for count in (3, 4, 5, 6, 10)]
    assert lights == [RED, RED, AMBER, GREEN, DONE]


def test_an_area_stands_by_its_own_steps() -> None:
    """Ten in a year, six and four; one area has three by 2 July, when half is asked for, and the other none."""
    day = date(2025, 7, 2)
    parts = (Part("a", 6, 6), Part("b", 4, 4))
    one = replace(item("10个"), indicator="", parts=parts)
    assert stand_part(one, parts[0], day).light == GREY, "nobody told any step yet"
    one = replace(
        one, steps=(Step("一批", None, date(2025, 6, 1), "验收单", 4, "a"), Step("说了没做", count=4, area="b"))
    )
    first, second = (stand_part(one, part, day) for part in parts)
    assert (first.light, first.value, first.more) == (GREEN, 4, 2)
    assert (second.light, second.value, second.more) == (RED, 0, 4)
    assert one.count_done() == 4


@pytest.mark.parametrize(
    ("kept", "judged", "light"), [(0, 0, GREY), (9, 10, GREEN), (8, 10, AMBER), (6, 10, AMBER), (5, 10, RED)]
)
def test_an_area_over_all_its_items(kept: int, judged: int, light: str) -> None:
    assert judge_area(kept, judged) == light


def test_money_follows_what_was_planned() -> None:
    payments = (Payment("2025-01", 100, 90, "拨款单1号"), Payment("2025-02", 100))
    one = item("1000元", INVESTMENT, payments=payments, indicator="")
    assert stand_item(one, (), date(2025, 2, 10)).light == AMBER
    assert stand_item(one, (), date(2025, 3, 10)).light == RED
    paid = replace(one, payments=(Payment("2025-01", 1000, 1000, "拨款单1号"),))
    assert stand_item(paid, (), date(2025, 2, 10)).holds


def test_every_light_has_its_source_and_doubt() -> None:
    for rule in load_lights().values():
        assert rule["source"]
        assert rule["doubt"]


def test_an_item_closes_opens_again_and_says_at_which_figure() -> None:
    one = item(">=60%")
    assert one.goal is not None
    march, april = months(50, 55, 61), months(50, 55, 61, 58)
    closed = find_turn(OPEN, stand_figure(one, one.goal, march, date(2025, 3, 31)), date(2025, 3, 31), 7)
    assert closed is not None
    assert (closed.state, closed.value, closed.numerator, closed.period, closed.known) == (
        CLOSED,
        61,
        610,
        "2025-03-ytd",
        7,
    )
    opened = find_turn(CLOSED, stand_figure(one, one.goal, april, date(2025, 4, 30)), date(2025, 4, 30), 9)
    assert opened is not None
    assert (opened.state, opened.value) == (OPEN, 58)
    assert find_turn(OPEN, stand_figure(one, one.goal, april, date(2025, 5, 2)), date(2025, 5, 2), 9) is None
    assert read_turn(write_turn(closed)) == closed


@pytest.mark.parametrize(
    "text", [">=85%", "≥85%", "<=6‰", "10个", "+2个百分点", "-3个百分点", "60~70%", ">=0.85", "2.7万人"]
)
def test_a_goal_is_read_and_written(text: str) -> None:
    found = parse_goal(text)
    assert isinstance(found, Goal)
    assert parse_goal(show_goal(found)) == found


@pytest.mark.parametrize(
    ("text", "shown"), [("27000人", "2.7万人"), ("56.88亿元", "56.88亿元"), ("12345个", "12345个"), ("10001个", "10001个"),
                        ("1234500个", "123.45万个"), ("1234567个", "1234567个"), ("+20000个", "+2万个"), ("9999人", "9999人")]
)  # fmt: skip
def test_a_large_goal_is_written_as_plans_print_it(text: str, shown: str) -> None:
    found = parse_goal(text)
    assert isinstance(found, Goal)
    assert show_goal(found) == shown
    assert parse_goal(shown) == found


@pytest.mark.parametrize(("text", "amount"), [("1,200,000", 1_200_000), ("120万元", 1_200_000), ("0.5亿", 50_000_000)])
def test_money_as_people_write_it(text: str, amount: float) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["", "很多", "-5", "1e9", "120万个"])
def test_what_is_no_amount_is_told(text: str) -> None:
    found = parse_amount(text)
    assert isinstance(found, Problem)
    assert found.code == "PLAN-032"


@pytest.mark.parametrize("text", ["", "多", "85%以上吧再看看情况如何决定呢", "70~60%", ">=", "1e9%", "NaN"])
def test_what_is_no_goal_is_told(text: str) -> None:
    found = parse_goal(text)
    assert isinstance(found, Problem)
    assert found.code == "PLAN-014"


@pytest.mark.parametrize(
    ("every", "first", "last"),
    [
        ("week", date(2025, 10, 27), date(2025, 11, 2)),
        ("month", date(2025, 10, 1), OCTOBER),
        ("quarter", date(2025, 10, 1), YEAR_END),
        ("year", date(2025, 1, 1), YEAR_END),
    ],
)
def test_the_round_a_day_is_in(every: str, first: date, last: date) -> None:
    assert round_around(every, OCTOBER) == (first, last)


def test_equals_share_a_place() -> None:
    assert rank_values([80, 90, None, 80, 70], falling=False) == [2, 1, None, 2, 4]
    assert rank_values([3, 1, 2], falling=True) == [3, 1, 2]


def test_breaking_down_as_in_the_explanation() -> None:
    """Two towns with 70 of 100 and 30 of 60 people, goal 75 % of 160 = 120."""
    towns = [Ground("a", 70, 100, True, 40_000), Ground("b", 30, 60, True, 10_000)]
    assert break_down(120, towns, "equal") == {"a": 75, "b": 45}
    assert break_down(120, towns, "gap") == {"a": 75, "b": 45}
    assert break_down(120, towns, "population") == {"a": 86, "b": 34}


def test_what_an_area_cannot_have_goes_to_the_others() -> None:
    towns = [Ground("a", 95, 100, True, 90_000), Ground("b", 30, 60, True, 10_000)]
    assert break_down(150, towns, "population") == {"a": 100, "b": 50}


@pytest.mark.parametrize(
    ("total", "towns", "method", "code"),
    [
        (10, [], "equal", "PLAN-020"),
        (161, [Ground("a", 0, 100, True), Ground("b", 0, 60, True)], "gap", "PLAN-021"),
        (10, [Ground("a"), Ground("b")], "population", "PLAN-022"),
    ],
)
def test_what_cannot_be_broken_down_says_why(total: int, towns: list[Ground], method: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        break_down(total, towns, method)
    assert refused.value.problem.code == code
