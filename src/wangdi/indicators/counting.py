"""Counting: from the people (or items) of an indicator to numerators and denominators by the place that owns them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.indicators import (
    Question,
    clause_columns,
    denominator_sql,
    numerator_sql,
)
from wangdi.language.model import Form, Indicator, Items, People, PopulationOf
from wangdi.language.rules import Rules
from wangdi.store.workspace import Workspace, sql_name, sql_text


@dataclass(frozen=True, slots=True)
class Count:
    """One indicator's numbers for one owner: an organisation, or a division (12 digits) where residence or site decides.

    Missing: ``denominator`` is None when it is a population, which is looked up by area and never summed from people.
    """

    indicator: str
    period: str
    org: str
    division: str
    numerator: float
    denominator: float | None


def over_people(indicator: Indicator) -> bool:
    """Whether the numerator counts managed people."""
    return isinstance(indicator.of, People) or isinstance(indicator.count, People)


def has_population(indicator: Indicator) -> bool:
    """Whether the denominator is a population."""
    return isinstance(indicator.of, PopulationOf)


def count_people(workspace: Workspace, question: Question, members: str, people: str) -> list[Count]:
    """Count every people-indicator of a question in one pass over its members.

    ``members``: the table of ``plan_members``; ``people``: person_id and division, SQL to stand in FROM.
    """
    found: list[Count] = []
    for by_residence in (False, True):
        chosen = [item for item in question.indicators if (item.attribution == "residence") is by_residence]
        if not chosen:
            continue
        owner = "coalesce(p.division, '')" if by_residence else "m.org"
        join = f" LEFT JOIN {people} p ON p.person_id = m.subject_id" if by_residence else ""
        cells, counted = _plan_cells(question, chosen)
        for place, *numbers in workspace.rows(
            f"SELECT {owner}, {counted} FROM {members} m{join} GROUP BY 1 ORDER BY 1"
        ):
            org, division = ("", place) if by_residence else (place, "")
            for cell, (indicator, period) in enumerate(cells):
                numerator, denominator = numbers[2 * cell : 2 * cell + 2]
                whole = None if has_population(indicator) else float(denominator)
                if numerator or denominator:
                    found.append(Count(indicator.id, period.text, org, division, float(numerator), whole))
    return found


def _plan_cells(question: Question, chosen: Sequence[Indicator]) -> tuple[list[tuple[Indicator, Period]], str]:
    """Which indicator and period each pair of counted columns is, and the columns. Equal columns are counted once."""
    columns = clause_columns(question.rules, question.indicators)
    cells = [(indicator, period) for indicator in chosen for period in question.periods]
    counted = []
    for place in range(len(cells)):
        indicator, bit = cells[place][0], place % len(question.periods)
        counted.append(f"count(*) FILTER ({numerator_sql(question.rules, indicator, columns, bit)})")
        counted.append(f"count(*) FILTER ({denominator_sql(question.rules, indicator, columns, bit)})")
    return cells, ", ".join(counted)


def count_items(
    workspace: Workspace, rules: Rules, indicator: Indicator, periods: Sequence[Period], relations: Relations
) -> list[Count]:
    """Count or add up the latest row of each item on or before each period's end."""
    numerator = _item_sums(workspace, rules, indicator.count, periods, relations)
    denominator = _item_sums(workspace, rules, indicator.of, periods, relations)
    found: list[Count] = []
    for key in sorted(numerator.keys() | denominator.keys()):
        whole = denominator.get(key, 0.0) if isinstance(indicator.of, Items) else None
        found.append(Count(indicator.id, *key, numerator.get(key, 0.0), whole))
    return found


def _item_sums(
    workspace: Workspace, rules: Rules, basis: object, periods: Sequence[Period], relations: Relations
) -> dict[tuple[str, str, str], float]:
    if not isinstance(basis, Items):
        return {}
    form = rules.pack.form(basis.form)
    place = "coalesce(f.division, '')" if "division" in form.fields else "''"
    org = "''" if "division" in form.fields else "f.org"
    counted = f"sum(f.{sql_name(basis.sum_field)})" if basis.sum_field else "count(*)"
    sql = (
        f"SELECT f.period, {org}, {place}, coalesce({counted}, 0) FROM ({plan_items(rules, form, periods, relations)}) f"
        f" WHERE {item_test(rules, basis)} GROUP BY ALL"
    )
    return {(period, owner, division): float(number) for period, owner, division, number in workspace.rows(sql)}


def item_test(rules: Rules, basis: Items) -> str:
    """SQL of the rows an item basis counts."""
    return "TRUE" if basis.where is None else render_sql(basis.where, row_columns(rules.pack, basis.form), rules.values)


def plan_items(rules: Rules, form: Form, periods: Sequence[Period], relations: Relations) -> str:
    """SQL of the latest row of each item by the end of each period. Grain: one row per period and item."""
    ends = ", ".join(f"({sql_text(period.text)}, DATE '{period.end}')" for period in periods)
    return (
        f"SELECT q.period, f.* FROM {relations.forms[form.full_name]} f"
        f" JOIN (VALUES {ends}) q(period, last_day) ON f.occurred_on <= q.last_day"
        " QUALIFY row_number() OVER (PARTITION BY q.period, f.subject_id ORDER BY f.occurred_on DESC, f.seq DESC) = 1"
    )
