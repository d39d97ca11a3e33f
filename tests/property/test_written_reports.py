"""Whatever the figures are, a report written from them is never accused: not by itself, and not by the data."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports import draw_commission, hold_against
from wangdi.reports.against_data import AGREES, DIFFERS
from wangdi.reports.checking import check_text
from wangdi.reports.ground import ARITHMETIC, IMPOSSIBLE
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
    assert sum(one.verdict == AGREES for one in held) > len(held) / 3
