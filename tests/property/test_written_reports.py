"""Whatever the figures are, a report written from them is never accused: not by itself, and not by the data."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports import draw_commission, hold_against
from wangdi.reports.matching.against_data import AGREES, DIFFERS
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE
from wangdi.reports.writing.items import MISSED, OPEN, REACHED
from wangdi.reports.writing.model import Commission, Goal, Item, Plan, Step
from wangdi.reports.writing.passing import lay_text, pass_report

PERIODS = ("2025", "2025-06-ytd", "2025-10-ytd", "2025Q3", "2025-10", "2025-mch")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(PERIODS), st.sampled_from(("work-report", "progress")))
def test_a_written_report_is_never_accused(seed: int, period: str, template: str) -> None:
    commission = draw_commission(seed, period, template)
    passed = pass_report(commission, partial(hold_against, commission))
    assert [(one.sentence.text, one.why.message()) for one in passed.dropped] == []
    ground, relations = check_text(lay_text(passed.report).text)
    accused = [one.told.message() for one in relations if one.severity in (IMPOSSIBLE, ARITHMETIC)]
    assert accused == []
    held = hold_against(commission, ground)
    assert [ground.claims[one.claim].text for one in held if one.verdict == DIFFERS] == []


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(PERIODS))
def test_its_numbers_are_found_again_in_the_data(seed: int, period: str) -> None:
    """Else "never accused" would say nothing: a good part of what it states is matched, and agrees."""
    commission = draw_commission(seed, period)
    passed = pass_report(commission, partial(hold_against, commission))
    ground, _ = check_text(lay_text(passed.report).text)
    held = hold_against(commission, ground)
    assert sum(one.verdict == AGREES for one in held) > len(held) / 4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(PERIODS), st.sampled_from(("work-report", "progress")))
def test_what_it_tells_of_a_plan_is_never_accused(seed: int, period: str, template: str) -> None:
    commission = draw_commission(seed, period, template)
    commission = replace(commission, plans=(draw_plan(seed, commission),))
    passed = pass_report(commission, partial(hold_against, commission))
    assert passed.dropped == ()
    _, relations = check_text(lay_text(passed.report).text)
    assert [one.told.message("zh") for one in relations if one.severity in (IMPOSSIBLE, ARITHMETIC)] == []


def draw_plan(seed: int, commission: Commission) -> Plan:
    """A plan of rates, counts and works, some done, some late, some with time yet."""
    chance = random.Random(seed)
    end = commission.period.end
    materials = [one for programme in commission.programmes for one in programme.materials.values()]
    items = []
    for number, material in enumerate(chance.sample(materials, 6)):
        goal = Goal(">=", chance.choice((60, 85, 92.5)), "%")
        reached = (material.figure.exact or 0) >= goal.value
        state = REACHED if reached else chance.choice((OPEN, MISSED))
        plain = Item(f"p/{number}", f"/plan/p/{number}", material.figure.title, "", state, end, ("基层科", "疾控中心"))
        items.append(replace(plain, goal=goal, figure=material.figure))
    for number in range(10, 13):
        asked = chance.randint(1, 9)
        counted = chance.randint(0, asked)
        state = REACHED if counted == asked else chance.choice((OPEN, MISSED))
        plain = Item(f"p/{number}", f"/plan/p/{number}", "新增急救点数", "新增急救点", state, end, ("规划科",))
        items.append(replace(plain, goal=Goal(">=", asked, "个"), counted=float(counted), asked=float(asked)))
        steps = tuple(Step(f"第{step}步", end, end if step < counted else None) for step in range(asked))
        work = replace(plain, id=f"p/{number}a", text="建成新院区", steps=steps, deadline=end - timedelta(days=asked))
        items.append(work)
    return Plan("2025年卫生健康工作要点", "/plan?plan=p", tuple(items))
