"""Which period somebody means who names none: the last one the data cover whole."""

from __future__ import annotations

from datetime import date

from wangdi.app.derivation import Standing
from wangdi.app.questions import as_of_number
from wangdi.core.dates import add_months, month_end
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem


def last_period(standing: Standing) -> Period:
    """January to the last complete month of the data: the month of the latest record, or the one before it.

    Rule: a month is complete when it had ended on the day the last thing was accepted; records dated later do not count.
    """
    as_of = as_of_number(standing.city, standing.known)
    latest = _latest_record(standing, as_of) or as_of
    month = latest.replace(day=1)
    if month_end(month) > as_of:
        month = add_months(month, -1)
    found = parse_period(f"{month:%Y-%m}-ytd")
    assert not isinstance(found, Problem), "a month of a date is a period"
    return found


def _latest_record(standing: Standing, as_of: date) -> date | None:
    """The day of the newest record of any programme that had happened by ``as_of``."""
    forms = {
        form.full_name: form
        for name, pack in standing.library.newest.items()
        if pack.indicators
        for form in pack.forms.values()
    }
    parts = [
        f"SELECT max(occurred_on) AS day FROM {standing.facts(form)} WHERE occurred_on <= DATE '{as_of}'"
        for form in forms.values()
    ]
    found = standing.workspace.one(f"SELECT max(day) FROM ({' UNION ALL '.join(parts)})") if parts else None
    return found[0] if found else None
