"""A ledger's subject in a figure: the latest row up to the end of the period, and what it adds."""

from __future__ import annotations

from wangdi.core.periods import Period
from wangdi.engines.reference.classify import compile_rules, with_terms
from wangdi.engines.reference.expression import compile_expression
from wangdi.engines.reference.indicators import History
from wangdi.language.model import Items
from wangdi.language.rules import Rules


def value_item(rules: Rules, basis: Items, history: History, period: Period) -> float | None:
    """What a subject adds to a count over items; None when it is not counted at all.

    Rule: the latest (earliest) row on or before the last day of the period is taken first, then ``where`` is asked of it, so
    that an institution that has closed does not come back with an older row. Missing: a field to be summed that is empty adds 0.
    """
    full = rules.pack.form(basis.form).full_name
    rows = sorted(
        (event for event in history.events if event.form == full and event.on <= period.end),
        key=lambda event: (event.on, event.seq),
    )
    if not rows:
        return None
    place = len(rows) - 1 if basis.take == "latest" else 0
    row = with_terms(compile_rules(rules), history.subject, rows[place], rows[place - 1] if place else None)
    if basis.where is not None and compile_expression(basis.where, rules.values)(row) is not True:
        return None
    if not basis.sum_field:
        return 1.0
    value = row.fields.get(basis.sum_field)
    return float(value) if isinstance(value, int | float) else 0.0
