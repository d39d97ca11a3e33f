"""Counting: from the people (or items) of an indicator to numerators and denominators by the place that owns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.catalog.trees import widen_region_code
from wangdi.core.dates import month_ends
from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.indicators import (
    Question,
    clause_columns,
    denominator_bits,
    denominator_sql,
    numerator_bits,
    numerator_sql,
    value_sql,
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
    """Count every people-indicator of a question over its members.

    ``members``: the table of ``plan_members``; ``people``: person_id and division, SQL to stand in FROM.
    """
    found: list[Count] = []
    for by_residence in (False, True):
        chosen = [item for item in question.indicators if (item.attribution == "residence") is by_residence]
        owner, join = "m.org", ""
        if by_residence:
            owner, join = "coalesce(p.division, '')", f" LEFT JOIN {people} p ON p.person_id = m.subject_id"
        placed = f"SELECT {owner} AS owner, m.* FROM {members} m{join}"
        for plan, items in (
            (_plan_counts, [item for item in chosen if not item.mean]),
            (_plan_sums, [item for item in chosen if item.mean]),
        ):
            rows = workspace.rows(plan(question, items, placed)) if items else []
            for number, place, *numbers in rows:
                owners = ("", place) if by_residence else (place, "")
                found += _read_counts(items[number], question.periods, owners, numbers)
    return found


def _read_counts(
    indicator: Indicator, periods: Sequence[Period], owner: tuple[str, str], numbers: Sequence[float | None]
) -> Iterator[Count]:
    """The numbers of one indicator and owner: numerator and denominator of each period in turn."""
    for place, period in enumerate(periods):
        numerator, denominator = float(numbers[2 * place] or 0), float(numbers[2 * place + 1] or 0)
        if numerator or denominator:
            whole = None if has_population(indicator) else denominator
            yield Count(indicator.id, period.text, *owner, numerator, whole)


def _plan_counts(question: Question, items: Sequence[Indicator], placed: str) -> str:
    """Columns: the indicator's place in ``items``, owner, and for each period numerator and denominator.

    Most members are alike: each indicator's are first grouped by the periods they count in, and only these few groups are
    looked at period by period. Over a hundred columns counted straight from the members take ten times as long.
    """
    columns = clause_columns(question.rules, question.indicators)
    alike = " UNION ALL ".join(
        f"SELECT {number} AS item, owner, {numerator_bits(question.rules, item, columns)} AS holding,"
        f" {denominator_bits(question.rules, item, columns)} AS counted, count(*) AS members FROM placed GROUP BY ALL"
        for number, item in enumerate(items)
    )
    numbers = ", ".join(
        f"sum(members) FILTER ((holding & {1 << place}) <> 0), sum(members) FILTER ((counted & {1 << place}) <> 0)"
        for place in range(len(question.periods))
    )
    return (
        f"WITH placed AS MATERIALIZED ({placed}) SELECT item, owner, {numbers} FROM ({alike})"
        " WHERE counted <> 0 GROUP BY ALL ORDER BY ALL"
    )


def _plan_sums(question: Question, items: Sequence[Indicator], placed: str) -> str:
    """The same columns for indicators that add up a score: whoever scores alike in one period does not in the next."""
    columns = clause_columns(question.rules, question.indicators)
    parts = []
    for number, item in enumerate(items):
        numbers = ", ".join(
            f"sum({value_sql(question, item, place)}) FILTER ({numerator_sql(question.rules, item, columns, place)}),"
            f" count(*) FILTER ({denominator_sql(question.rules, item, columns, place)})"
            for place in range(len(question.periods))
        )
        parts.append(f"SELECT {number} AS item, owner, {numbers} FROM ({placed}) GROUP BY ALL")
    return f"{' UNION ALL '.join(parts)} ORDER BY ALL"


def count_items(workspace: Workspace, question: Question, indicator: Indicator, relations: Relations) -> list[Count]:
    """Count or add up rows: the latest of each subject by each period's end, one for each month, or every row of each period."""
    numerator = _item_sums(workspace, question, indicator.count, relations)
    denominator = _item_sums(workspace, question, indicator.of, relations)
    found: list[Count] = []
    for key in sorted(numerator.keys() | denominator.keys()):
        whole = denominator.get(key, 0.0) if isinstance(indicator.of, Items) else None
        found.append(Count(indicator.id, *key, numerator.get(key, 0.0), whole))
    return found


def _item_sums(
    workspace: Workspace, question: Question, basis: object, relations: Relations
) -> dict[tuple[str, str, str], float]:
    if not isinstance(basis, Items):
        return {}
    rules = question.rules
    owner = owner_sql(rules.pack.form(basis.form), basis)
    rows = plan_items(rules, basis, question.periods, relations, question.as_of)
    sql = f"SELECT f.period, {owner}, sum({item_value(basis)}) FROM ({rows}) f GROUP BY ALL"
    found: dict[tuple[str, str, str], float] = {}
    for period, org, code, number in workspace.rows(sql):
        key = (period, org, widen_region_code(code))
        found[key] = found.get(key, 0.0) + float(number)
    return found


def item_value(basis: Items) -> str:
    """SQL of what a row adds: 1, or the field that is summed, where nothing adds nothing."""
    return f"coalesce(f.{sql_name(basis.sum_field)}, 0)::DOUBLE" if basis.sum_field else "1::DOUBLE"


def owner_sql(form: Form, basis: Items) -> str:
    """SQL of the two columns that say where a row belongs: the organisation that wrote it, or a division as written."""
    named = _place_field(form, basis)
    return f"'', coalesce(f.{sql_name(named)}, '')" if named else "f.org, ''"


def day_sql(basis: Items) -> str:
    """SQL of the day that puts a row into a period."""
    return f"f.{sql_name(basis.by)}::DATE" if basis.by else "f.occurred_on"


def find_item_owner(form: Form, basis: Items, row: Mapping[str, Any]) -> tuple[str, str]:
    """The organisation or the division (12 digits) to which a row that was listed belongs."""
    name = _place_field(form, basis)
    return ("", widen_region_code(str(row[name] or ""))) if name else (str(row["org"]), "")


def _place_field(form: Form, basis: Items) -> str:
    """The field that says where a row belongs; empty where the organisation that wrote it decides."""
    return basis.at or ("division" if "division" in form.fields else "")


def plan_items(
    rules: Rules, basis: Items, periods: Sequence[Period], relations: Relations, as_of: date | None = None
) -> str:
    """SQL of the rows a basis counts. Columns: those of the form's relation, ``period``, and ``of_month`` where months are counted.

    Grain: one row per period and row counted, and month where months are. ``as_of``: months that end later are not counted.
    """
    if basis.take == "each_month":
        return _plan_months(rules, basis, periods, relations, as_of)
    form = rules.pack.form(basis.form)
    days = ", ".join(f"({sql_text(period.text)}, DATE '{period.start}', DATE '{period.end}')" for period in periods)
    inside = (
        f"{day_sql(basis)} BETWEEN q.first_day AND q.last_day"
        if basis.take == "every"
        else "f.occurred_on <= q.last_day"
    )
    rows = (
        f"SELECT q.period, f.* FROM {relations.forms[form.full_name]} f"
        f" JOIN (VALUES {days}) q(period, first_day, last_day) ON {inside}"
    )
    if basis.take != "every":
        rows += " QUALIFY row_number() OVER (PARTITION BY q.period, f.subject_id ORDER BY f.occurred_on DESC, f.seq DESC) = 1"
    return _keep(rules, basis, rows, relations)


def _plan_months(
    rules: Rules, basis: Items, periods: Sequence[Period], relations: Relations, as_of: date | None
) -> str:
    """The latest row of each subject by the end of each month. Each month is looked up once, however many periods have it."""
    form = rules.pack.form(basis.form)
    of_period = {
        (period.text, end)
        for period in periods
        for end in month_ends(period.start, period.end)
        if as_of is None or end <= as_of
    }
    if not of_period:
        return f"SELECT '' AS period, f.*, DATE '1970-01-31' AS of_month FROM {relations.forms[form.full_name]} f WHERE FALSE"
    months = ", ".join(f"(DATE '{end}')" for end in sorted({end for _, end in of_period}))
    rows = (
        f"SELECT f.*, q.of_month FROM {relations.forms[form.full_name]} f JOIN (VALUES {months}) q(of_month)"
        " ON f.occurred_on <= q.of_month QUALIFY row_number() OVER"
        " (PARTITION BY q.of_month, f.subject_id ORDER BY f.occurred_on DESC, f.seq DESC) = 1"
    )
    rows = _keep(rules, basis, rows, relations)
    if basis.having:
        other = relations.forms[rules.pack.form(basis.having).full_name]
        rows = (
            f"SELECT f.* FROM ({rows}) f SEMI JOIN {other} o"
            " ON o.subject_id = f.subject_id AND last_day(o.occurred_on) = f.of_month"
        )
    listed = ", ".join(f"({sql_text(text)}, DATE '{end}')" for text, end in sorted(of_period))
    return f"SELECT q.period, f.* FROM ({rows}) f JOIN (VALUES {listed}) q(period, of_month) USING (of_month)"


def _keep(rules: Rules, basis: Items, rows: str, relations: Relations) -> str:
    """SQL of the rows for which ``where`` holds."""
    if basis.where is None:
        return rows
    people = f" LEFT JOIN {relations.subjects} s USING (subject_id)" if rules.pack.subject == "person" else ""
    test = render_sql(basis.where, row_columns(rules.pack, basis.form), rules.values)
    return f"SELECT f.* FROM ({rows}) f{people} WHERE {test}"
