"""Calendar arithmetic: the shared table of cases, and what must hold for every day."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.core.dates import (
    add_months,
    age_months,
    age_years,
    days_in_year,
    month_end,
    month_ends,
    parse_date_text,
    parse_moment_text,
    parse_month_text,
)

CASES = list(
    csv.DictReader((Path(__file__).parents[1] / "spec" / "dates.csv").read_text(encoding="utf-8").splitlines()),
)
FUNCTIONS: dict[str, Callable[..., object]] = {
    "add_months": add_months,
    "add_days": lambda day, days: day + timedelta(days=days),
    "days_between": lambda one, other: (other - one).days,
    "days_in_year": days_in_year,
    "month_end": month_end,
    "age_years": age_years,
    "age_months": age_months,
}
DAYS = st.dates(min_value=date(1850, 1, 1), max_value=date(2150, 12, 31))


def value_of(text: str) -> date | int:
    return int(text) if text.lstrip("-").isdigit() else date.fromisoformat(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['function']} {case['args']}")
def test_the_table_of_cases_holds(case: dict[str, str]) -> None:
    args = [value_of(text) for text in case["args"].split(";")]
    assert FUNCTIONS[case["function"]](*args) == value_of(case["expected"])


def test_the_table_tells_functions_apart() -> None:
    """Every function is there, and swapping add_months for 30 days a month would be noticed."""
    assert {case["function"] for case in CASES} == set(FUNCTIONS)
    months = [case for case in CASES if case["function"] == "add_months"]
    thirty = [date.fromisoformat(c["args"][:10]) + timedelta(days=30 * int(c["args"][11:])) for c in months]
    assert sum(day.isoformat() != case["expected"] for day, case in zip(thirty, months, strict=True)) > 15


@given(day=DAYS, months=st.integers(-600, 600))
def test_months_land_in_the_right_month_and_never_past_it(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == min(day.day, month_end(found).day)


@given(birth=DAYS, on=DAYS)
def test_an_age_holds_from_its_birthday_to_the_day_before_the_next(birth: date, on: date) -> None:
    age = age_years(birth, on)
    assert add_months(birth, 12 * age) <= on < add_months(birth, 12 * (age + 1))


@given(birth=DAYS, on=DAYS)
def test_age_never_falls_as_days_pass(birth: date, on: date) -> None:
    assert age_years(birth, on) <= age_years(birth, on + timedelta(days=1)) <= age_years(birth, on) + 1


@pytest.mark.parametrize(
    "text",
    ["2025-03-01", "2025/3/1", "2025.3.1", "20250301", "2025年3月1日", "２０２５－０３－０１", " 2025-3-1 ",
     "2025-03-01 08:30", "2025-03-01T08:30:00+08:00", "20250301083000"],
)  # fmt: skip
def test_the_ways_people_write_a_day(text: str) -> None:
    assert parse_date_text(text) == date(2025, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["", "25-3-1", "3/1/2025", "01-03-2025", "2025-02-30", "2025-13-01", "2025-3", "202503", "202503010",
     "2025-03-0108:30", "2025-03-01T08:30:00Z", "2025-03-01T08:30:00-05:00", "2025-03-01 25:00", "2025-03-01 0830",
     "45717", "2025-03/01", "不详"],
)  # fmt: skip
def test_nothing_is_guessed(text: str) -> None:
    assert parse_date_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2025-02",
        "2025-2",
        "2025/02",
        "2025.2",
        "202502",
        "2025年2月",
        "2025年02月份",
        "２０２５年２月",
        "2025-02-03",
        "20250228",
    ],
)
def test_a_month_is_its_last_day_however_it_is_written(text: str) -> None:
    assert parse_month_text(text) == date(2025, 2, 28)


@pytest.mark.parametrize("text", ["", "2025", "2025-13", "2025-00", "25-02", "02/2025", "2025年", "2025年2", "20251"])
def test_what_is_no_month_is_none(text: str) -> None:
    assert parse_month_text(text) is None


def test_months_that_end_between_two_days() -> None:
    assert month_ends(date(2025, 1, 31), date(2025, 3, 30)) == [date(2025, 1, 31), date(2025, 2, 28)]
    assert month_ends(date(2024, 12, 31), date(2024, 12, 31)) == [date(2024, 12, 31)]
    assert month_ends(date(2025, 1, 1), date(2025, 1, 30)) == []


def test_moments_keep_their_time() -> None:
    assert parse_moment_text("2025/3/1 8:05:09.25") == datetime(2025, 3, 1, 8, 5, 9, 250000)
    assert parse_moment_text("202503010805") == datetime(2025, 3, 1, 8, 5)
    assert parse_moment_text("2025年3月1日") == datetime(2025, 3, 1)


@given(day=DAYS)
def test_every_written_form_reads_back(day: date) -> None:
    for text in (
        f"{day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert parse_date_text(text) == day
