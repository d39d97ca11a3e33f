"""Counting by day: what an indicator that is watched comes to at each place on each day, with the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations
from wangdi.indicators.counting import day_sql, item_value, owner_sql, plan_items
from wangdi.language.model import Indicator, Items
from wangdi.language.rules import Rules
from wangdi.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of one place. ``org``: who wrote the rows, or empty where ``place``, a division as written, decides.

    ``number`` out of ``whole``; ``facts``: the rows that make the number.
    """

    org: str
    place: str
    on: date
    number: float
    whole: float
    facts: tuple[int, ...]


def count_by_day(
    workspace: Workspace, rules: Rules, indicator: Indicator, days: tuple[date, date], relations: Relations
) -> list[DayCount]:
    """An indicator's numerator and denominator of every day from the first to the last.

    Rule: the rows are those the indicator counts in a period, each on its own day. Grain: one row a place and day of which there
    is a denominator; in order of place, then day. Errors: an indicator that does not count rows is a programmer's error.
    """
    counted, whole = indicator.count, indicator.of
    assert isinstance(counted, Items), "only rows are counted by day"
    assert isinstance(whole, Items), "only rows are counted by day"
    span = [Period(f"{days[0]}/{days[1]}", *days, "year")]
    owner, day = owner_sql(rules.pack.form(counted.form), counted), day_sql(counted)
    of = f"SELECT {owner}, {day}, 0, {item_value(whole)}, NULL FROM ({plan_items(rules, whole, span, relations)}) f"
    number = (
        f"SELECT {owner}, {day}, {item_value(counted)}, 0, f.seq FROM ({plan_items(rules, counted, span, relations)}) f"
    )
    sql = (
        "SELECT org, place, day, sum(number), sum(whole), coalesce(list_sort(list(seq) FILTER (seq IS NOT NULL)), [])"
        f" FROM ({of} UNION ALL {number}) t(org, place, day, number, whole, seq)"
        " GROUP BY org, place, day HAVING sum(whole) > 0 ORDER BY ALL"
    )
    return [
        DayCount(org, place, on, number, of_all, tuple(facts))
        for org, place, on, number, of_all, facts in workspace.rows(sql)
    ]
