"""Clauses and sums about records: rows in the last so many months, and the mean score of the latest row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations, plan_terms, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.language.model import Indicator, SomeRows
from wangdi.language.quality import FULL, Quality, all_filled, points_asked, points_met
from wangdi.language.rules import Length, Rules, add_length, measure_offset
from wangdi.store.workspace import sql_name

_DAY = timedelta(days=1)
ROW_ORDER = "(date_diff('day', DATE '1900-01-01', r.occurred_on) * 1000000000000 + r.seq)"
"""Later day, then later accepted: one number, because that is quicker to compare than two columns."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """The days rows of a clause must lie on, period by period."""

    rules: Rules
    days: tuple[tuple[date, date], ...]

    @property
    def outer(self) -> tuple[date, date]:
        """From the first day of all to the last: what need not be read is not."""
        return min(first for first, _ in self.days), max(last for _, last in self.days)

    def within(self, column: str) -> str:
        """True on the days some stretch may hold."""
        first, last = self.outer
        return f"{column} BETWEEN DATE '{first}' AND DATE '{last}'"


def stretches_of(rules: Rules, clause: SomeRows, periods: Iterable[Period]) -> Stretches:
    """The period itself, or the ``span`` before the day after its end: twelve months before 28 February begin on 1 March."""
    if clause.span is None:
        return Stretches(rules, tuple((period.start, period.end) for period in periods))
    back = measure_offset(clause.span, rules)
    length = Length(-back.months, -back.days)
    return Stretches(rules, tuple((add_length(period.end + _DAY, length), period.end) for period in periods))


def plan_some(clause: SomeRows, stretches: Stretches, relations: Relations) -> str:
    """Grain: one row per subject with any row. Columns: subject_id, holding (bits of the periods with enough rows)."""
    rules = stretches.rules
    rows = " UNION ALL ".join(_plan_rows(clause, form, stretches, relations) for form in clause.forms)
    wanted = render_sql(clause.count, {}, rules.values)
    held = " | ".join(
        f"CASE WHEN count(*) FILTER (occurred_on BETWEEN DATE '{first}' AND DATE '{last}') >= {wanted}"
        f" THEN {1 << place}::BIGINT ELSE 0 END"
        for place, (first, last) in enumerate(stretches.days)
    )
    return f"SELECT subject_id, ({held}) AS holding FROM ({rows}) GROUP BY 1"


def _plan_rows(clause: SomeRows, form: str, stretches: Stretches, relations: Relations) -> str:
    rules = stretches.rules
    filled = "".join(f" AND r.{sql_name(name)} IS NOT NULL" for name in clause.fields)
    if clause.where is None:
        table = relations.forms[rules.pack.form(form).full_name]
        return f"SELECT r.subject_id, r.occurred_on FROM {table} r WHERE {stretches.within('r.occurred_on')}{filled}"
    named = [clause.where] if not clause.fields else [clause.where, all_filled(clause.fields)]
    rows = plan_terms(rules, form, named, relations, stretches.within("f.occurred_on"))
    own = {name: sql_name(name) for name in row_columns(rules.pack, form)}
    where = render_sql(clause.where, own, rules.values)
    return (
        f"SELECT r.subject_id, r.occurred_on FROM ({rows}) r"
        f" WHERE {stretches.within('r.occurred_on')} AND ({where}){filled}"
    )


def mean_columns(indicators: Iterable[Indicator]) -> dict[str, str]:
    """A column's beginning for each quality that is averaged; the period's place follows it."""
    names = dict.fromkeys(indicator.mean for indicator in indicators if indicator.mean)
    return {name: f"score_{number}_" for number, name in enumerate(names)}


def score_sql(rules: Rules, quality: Quality, columns: dict[str, str]) -> str:
    """The score of a row in whole points, 0 to 100; 0 where nothing is asked of it."""
    met = render_sql(points_met(quality), columns, rules.values)
    asked = render_sql(points_asked(quality), columns, rules.values)
    return f"coalesce(({met} * {FULL}) // nullif({asked}, 0), 0)"


def plan_scores(rules: Rules, name: str, periods: tuple[Period, ...], relations: Relations) -> str:
    """Grain: one row per subject with a row. Columns: subject_id, s0, s1 ...: the score of the latest row by each end."""
    quality = rules.pack.quality[name]
    last = max(period.end for period in periods)
    asked = [points_met(quality), points_asked(quality)]
    rows = plan_terms(rules, quality.form, asked, relations, f"f.occurred_on <= DATE '{last}'")
    own = {name: sql_name(name) for name in row_columns(rules.pack, quality.form)}
    # The score rides on the row's place, whose multiples of 128 it does not reach: quicker than finding whose a place is.
    place = f"{ROW_ORDER} * 128 + ({score_sql(rules, quality, own)})::BIGINT"
    placed = f"SELECT subject_id, occurred_on, {place} AS place FROM ({rows}) r"
    listed = ", ".join(f"p{number} & 127 AS s{number}" for number in range(len(periods)))
    return f"SELECT subject_id, {listed} FROM ({plan_newest(placed, [period.end for period in periods])})"


def plan_newest(placed: str, ends: Sequence[date]) -> str:
    """By subject p0, p1 ...: the largest place of its rows by each end. ``placed``: subject_id, occurred_on, place.

    Nearly everybody's newest row is older than all the ends: only rows between the ends are looked at end by end.
    """
    soonest = f"DATE '{min(ends)}'"
    later = ", ".join(
        f"max(place) FILTER (occurred_on <= DATE '{end}') AS n{number}" for number, end in enumerate(ends)
    )
    newest = ", ".join(f"greatest(place, n{number}) AS p{number}" for number in range(len(ends)))
    return (
        f"WITH placed AS MATERIALIZED ({placed})"
        f" SELECT subject_id, {newest}"
        f" FROM (SELECT subject_id, max(place) AS place FROM placed WHERE occurred_on <= {soonest} GROUP BY 1)"
        f" FULL JOIN (SELECT subject_id, {later} FROM placed WHERE occurred_on > {soonest} GROUP BY 1) USING (subject_id)"
    )
