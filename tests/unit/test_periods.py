from __future__ import annotations

from datetime import date

import pytest

from wangdi.core.periods import Period, months_of, parse_period
from wangdi.core.problem import Problem


@pytest.mark.parametrize(
    ("text", "start", "end", "kind", "title"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31), "year", "2025年"),
        ("2025Q1", date(2025, 1, 1), date(2025, 3, 31), "quarter", "2025年第1季度"),
        ("2025q4", date(2025, 10, 1), date(2025, 12, 31), "quarter", "2025年第4季度"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "month", "2024年2月"),
        ("2025-10-ytd", date(2025, 1, 1), date(2025, 10, 31), "ytd", "2025年1—10月"),
        ("2025-mch", date(2024, 10, 1), date(2025, 9, 30), "mch", "2025妇幼年度"),
    ],
)
def test_periods_as_written(text: str, start: date, end: date, kind: str, title: str) -> None:
    found = parse_period(text)
    assert isinstance(found, Period)
    assert (found.start, found.end, found.kind, found.title(), found.year) == (start, end, kind, title, end.year)
    assert found.contains(start)
    assert found.contains(end)
    assert found.days == (end - start).days + 1


@pytest.mark.parametrize(
    "text", ["", "25", "2025Q5", "2025-13", "2025-00", "2025-1", "2025-mch-ytd", "0999", "2025Q3-ytd"]
)
def test_what_is_no_period(text: str) -> None:
    found = parse_period(text)
    assert isinstance(found, Problem)
    assert found.code == "DATE-001"


def test_the_months_make_up_the_year() -> None:
    months = months_of(2024)
    assert [parse_period(month.text) for month in months] == list(months)
    assert sum(month.days for month in months) == 366


def test_titles_in_english() -> None:
    found = parse_period("2025-10-ytd")
    assert isinstance(found, Period)
    assert found.title("en") == "January to October 2025"
