"""A subject in a figure that counts rows: its latest row up to the end of the period or every row in it, and what they add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from wangdi.core.dates import month_ends
from wangdi.core.periods import Period
from wangdi.engines.reference.classify import row_of
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.engines.reference.indicators import History
from wangdi.language.model import Items
from wangdi.language.record import Event
from wangdi.language.rules import Rules


def value_item(rules: Rules, basis: Items, history: History, period: Period) -> float | None:
    """What a subject adds to a count over items; None when it is not counted at all.

    Rule: of ``every`` row those whose day lies in the period and for which ``where`` holds; else the latest (earliest) row on or
    before the last day of the period is taken first, then ``where`` is asked of it, so that an institution that has closed does
    not come back with an older row; of ``each_month`` this is done for every month that ends in the period.
    Missing: a field to be summed that is empty adds 0.
    """
    full = rules.pack.form(basis.form).full_name
    rows = sorted((event for event in history.events if event.form == full), key=lambda event: (event.on, event.seq))
    if basis.take == "every":
        rows = [event for event in rows if _is_in(period, event, basis.by)]
    elif basis.take == "each_month":
        rows = list(_of_months(rules, basis, history, rows, period))
    else:
        known = [event for event in rows if event.on <= period.end]
        rows = known[-1:] if basis.take == "latest" else known[:1]
    found = (row_of(rules, history.subject, event) for event in rows)
    counted = [_value(row, basis.sum_field) for row in found if _holds(rules, basis, row)]
    return sum(counted) if counted else None


def _of_months(rules: Rules, basis: Items, history: History, rows: Sequence[Event], period: Period) -> Iterator[Event]:
    """For each month that ends in the period the latest row by its end, where the month has a row of the other form."""
    other = rules.pack.form(basis.having).full_name if basis.having else ""
    there = {(event.on.year, event.on.month) for event in history.events if event.form == other}
    for end in month_ends(period.start, period.end):
        known = [event for event in rows if event.on <= end]
        if known and (not other or (end.year, end.month) in there):
            yield known[-1]


def _is_in(period: Period, event: Event, by: str) -> bool:
    day = event.values.get(by) if by else event.on
    if isinstance(day, datetime):
        day = day.date()
    return isinstance(day, date) and period.contains(day)


def _holds(rules: Rules, basis: Items, row: Row) -> bool:
    return basis.where is None or compile_expression(basis.where, rules.values)(row) is True


def _value(row: Row, field: str) -> float:
    """What a row adds: 1, or the field that is summed."""
    value = row.fields.get(field) if field else 1
    return float(value) if isinstance(value, int | float) else 0.0
