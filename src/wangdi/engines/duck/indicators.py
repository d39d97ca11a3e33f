"""Who counts in a programme's indicators, for many periods at once: one table of people, one column per clause.

A figure is a count over this table and the people behind it are its rows: the same rows, so they cannot disagree.
Periods are bits: the n-th period of the question is bit n of a number, so that twelve months need one row a person, not
twelve (trial, 2.5 million residents: 12 rows a person ran out of 4 GB, bits take a tenth of it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations, plan_terms, row_columns
from wangdi.engines.duck.course_clauses import Days, plan_ages, plan_tasks, split_clauses
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.record_clauses import (
    ROW_ORDER,
    mean_columns,
    plan_newest,
    plan_scores,
    plan_some,
    stretches_of,
)
from wangdi.language.ast import Expression
from wangdi.language.courses import HasRow, ReachesAge, RowsCounted, TaskApplies, TaskAsked, TaskDone, TaskDoneBefore
from wangdi.language.model import (
    Clause,
    CountedClause,
    EnoughRows,
    Indicator,
    LatestRow,
    NotEnded,
    ObligationsMet,
    People,
    RowsComplete,
    SomeRows,
)
from wangdi.language.names import fields_behind, previous_behind
from wangdi.language.rules import Rules
from wangdi.store.workspace import sql_name, sql_text


@dataclass(frozen=True, slots=True)
class Tables:
    """Where the derived tables stand, as SQL to be put behind FROM."""

    spells: str
    obligations: str
    judged: str = ""
    """Only needed by clauses about things given."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: these indicators of one edition over these periods, as it stood on ``as_of``."""

    rules: Rules
    indicators: tuple[Indicator, ...]
    periods: tuple[Period, ...]
    as_of: date


def people_of(indicator: Indicator) -> People | None:
    """The people an indicator counts over; None for a ledger's."""
    for basis in (indicator.of, indicator.count):
        if isinstance(basis, People):
            return basis
    return None


def active_clauses(rules: Rules, indicator: Indicator) -> dict[str, Clause]:
    """The clauses of an indicator's numerator that are switched on, by id."""
    return _switched_on(rules, indicator.clauses)


def _switched_on(rules: Rules, clauses: Iterable[CountedClause]) -> dict[str, Clause]:
    return {
        counted.id: counted.clause
        for counted in clauses
        if not counted.only_if or rules.values[counted.only_if] is True
    }


def clause_columns(rules: Rules, indicators: Iterable[Indicator]) -> dict[Clause, str]:
    """A column for each different clause: indicators that share a clause share its column."""
    found: dict[Clause, str] = {}
    for indicator in indicators:
        for counted in (indicator.of_clauses, indicator.clauses):
            for clause in _switched_on(rules, counted).values():
                found.setdefault(clause, f"clause_{len(found)}")
    return found


def numerator_sql(rules: Rules, indicator: Indicator, columns: dict[Clause, str], place: int) -> str:
    """True for the people of the denominator who count in the numerator in the period of that place."""
    return f"(({numerator_bits(rules, indicator, columns)}) & {1 << place}) <> 0"


def denominator_sql(rules: Rules, indicator: Indicator, columns: dict[Clause, str], place: int) -> str:
    """True for the people the indicator counts over in the period of that place."""
    return f"(({denominator_bits(rules, indicator, columns)}) & {1 << place}) <> 0"


def numerator_bits(rules: Rules, indicator: Indicator, columns: dict[Clause, str]) -> str:
    """The periods in which a member is in the numerator."""
    held = "".join(f" & {columns[clause]}" for clause in active_clauses(rules, indicator).values())
    return denominator_bits(rules, indicator, columns) + held


def denominator_bits(rules: Rules, indicator: Indicator, columns: dict[Clause, str]) -> str:
    """The periods in which the indicator counts over a member."""
    people = people_of(indicator)
    bits = "at_end" if people is not None and people.when == "period_end" else "managed"
    return bits + "".join(f" & {columns[clause]}" for clause in _switched_on(rules, indicator.of_clauses).values())


def value_sql(question: Question, indicator: Indicator, place: int) -> str:
    """What somebody in the numerator adds to it in the period of that place: 1, or the score that is averaged."""
    return f"{mean_columns(question.indicators)[indicator.mean]}{place}::DOUBLE" if indicator.mean else "1::DOUBLE"


_OverRows = LatestRow | EnoughRows | RowsComplete | SomeRows


def plan_narrowed(question: Question, relations: Relations) -> dict[str, str]:
    """For each form several clauses look at: SQL of just its rows within the periods and the columns they rest on.

    Worth making a table of before :func:`plan_members`: records are then joined to people once, not once a clause. A form
    whose previous rows are asked for is left out (the row before may lie before the periods), as is one that is averaged.
    """
    rules = question.rules
    wanted: dict[str, list[_OverRows]] = {}
    for clause in clause_columns(rules, question.indicators):
        if isinstance(clause, _OverRows):
            for name in clause.forms if isinstance(clause, SomeRows) else (clause.form,):
                wanted.setdefault(rules.pack.form(name).full_name, []).append(clause)
    scored = {rules.pack.form(rules.pack.quality[name].form).full_name for name in mean_columns(question.indicators)}
    found: dict[str, str] = {}
    for form, clauses in wanted.items():
        asked = [node for clause in clauses for node in _sentences(clause)]
        if len(clauses) == 1 or form in scored or any(previous_behind(rules.pack, node) for node in asked):
            continue
        fields = {name for node in asked for name in fields_behind(rules.pack, node)}
        fields |= {name for clause in clauses if isinstance(clause, RowsComplete | SomeRows) for name in clause.fields}
        listed = "".join(f", f.{sql_name(name)}" for name in sorted(fields & rules.pack.form(form).fields.keys()))
        rows = relations.forms[form]
        within = " OR ".join(dict.fromkeys(_reach(question, clause, "f.occurred_on") for clause in clauses))
        found[form] = f"SELECT f.subject_id, f.seq, f.occurred_on, f.org{listed} FROM {rows} f WHERE {within}"
    return found


def _reach(question: Question, clause: _OverRows, day: str) -> str:
    """True on the days a clause may look at."""
    if isinstance(clause, LatestRow) and clause.by_end:
        return f"{day} <= DATE '{max(period.end for period in question.periods)}'"
    if isinstance(clause, SomeRows):
        return stretches_of(question.rules, clause, question.periods).within(day)
    return _span(question, day)


def _sentences(clause: _OverRows) -> list[Expression]:
    match clause:
        case LatestRow():
            return [clause.holds, *_some(clause.where)]
        case EnoughRows() | SomeRows():
            return _some(clause.where)
        case _:
            return []


def plan_members(question: Question, relations: Relations, tables: Tables) -> str:
    """Everybody managed on any day of any of the periods, with the periods in which each clause holds.

    Grain: one row per subject and spell that is the subject's latest in at least one period, so in each period a subject is
    on one row. Columns: subject_id, org, spell_start; ``managed`` and ``at_end``: bits of the periods for which this is the
    latest spell (and lasts to the end); the columns of ``clause_columns``: bits of the periods in which the clause holds;
    those of ``mean_columns``: the score at the end of each period.
    """
    columns = clause_columns(question.rules, question.indicators)
    joins = ""
    said = ""
    tasks, ages, rest = split_clauses(columns)
    days = Days(question.rules, question.periods, question.as_of)
    if tasks:
        ages_of = {clause: _ages_of(question, clause) for clause in tasks}
        plan = plan_tasks(tasks, ages_of, days, (tables.obligations, relations.subjects), _join_bits)
        joins += f" LEFT JOIN ({plan}) task_t ON task_t.subject_id = m.subject_id"
        said += "".join(f", coalesce(task_t.{name}, 0) AS {name}" for name in tasks.values())
    if ages:
        plan = plan_ages(ages, days, relations.subjects, _join_bits)
        joins += f" LEFT JOIN ({plan}) age_t ON age_t.subject_id = m.subject_id"
        said += "".join(f", coalesce(age_t.{name}, 0) AS {name}" for name in ages.values())
    newest = [clause for clause in rest if isinstance(clause, LatestRow)]
    for number, clauses in enumerate(_of_same_rows(newest)):
        joins += f" LEFT JOIN ({_plan_latest(clauses, question, relations)}) row_{number} ON row_{number}.subject_id = m.subject_id"
        said += "".join(
            f", coalesce(row_{number}.held_{bit}, 0) AS {rest.pop(clause)}" for bit, clause in enumerate(clauses)
        )
    for clause, name in rest.items():
        source, bits = _plan_clause(clause, question, relations, tables)
        joins += f" LEFT JOIN ({source}) {name}_t ON {name}_t.subject_id = m.subject_id"
        said += f", {bits.format(t=f'{name}_t')} AS {name}"
    for quality, prefix in mean_columns(question.indicators).items():
        source = plan_scores(question.rules, quality, question.periods, relations)
        joins += f" LEFT JOIN ({source}) {prefix}t ON {prefix}t.subject_id = m.subject_id"
        for place in range(len(question.periods)):
            said += f", coalesce({prefix}t.s{place}, 0) AS {prefix}{place}"
    return f"SELECT m.*{said} FROM ({_plan_managed(question, tables)}) m{joins}"


def _ages_of(question: Question, clause: Clause) -> frozenset[ReachesAge] | None:
    """The ages at which somebody counts in the indicators that have a clause; None where one of them counts all ages."""
    found: set[ReachesAge] = set()
    for indicator in question.indicators:
        of = _switched_on(question.rules, indicator.of_clauses).values()
        if clause in of or clause in active_clauses(question.rules, indicator).values():
            ages = [other for other in of if isinstance(other, ReachesAge)]
            if not ages:
                return None
            found.add(ages[0])
    return frozenset(found)


MOST_PERIODS = 60
"""Periods one question can hold: bits of a 64-bit number."""


def _bits(question: Question, test: Callable[[Period], str]) -> str:
    """A number with the bit of each period for which ``test`` is true."""
    return _join_bits([test(period) for period in question.periods])


def _join_bits(tests: Iterable[str]) -> str:
    """A number with the n-th bit set where the n-th test is true; unknown is not true."""
    bits = (f"CASE WHEN {test} THEN {1 << place}::BIGINT ELSE 0 END" for place, test in enumerate(tests))
    return f"({' | '.join(bits)})"


def _day_bits(question: Question, day: str) -> str:
    """The periods a day lies in."""
    return _bits(question, lambda period: f"{day} BETWEEN DATE '{period.start}' AND DATE '{period.end}'")


def _span(question: Question, day: str) -> str:
    """True on the days from the first period's beginning to the last one's end: what need not be read is not."""
    first, last = min(p.start for p in question.periods), max(p.end for p in question.periods)
    return f"{day} BETWEEN DATE '{first}' AND DATE '{last}'"


def _all_bits(question: Question) -> int:
    return (1 << len(question.periods)) - 1


def _plan_managed(question: Question, tables: Tables) -> str:
    inside = _bits(question, lambda p: f"start <= DATE '{p.end}' AND coalesce(\"end\" > DATE '{p.start}', TRUE)")
    lasting = _bits(question, lambda p: f"coalesce(\"end\" > DATE '{p.end}', TRUE)")
    later = (
        "bit_or(inside) OVER (PARTITION BY subject_id ORDER BY start ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
    )
    # Most people have one spell: only for the others is it asked which is the latest in each period.
    return f"""
    SELECT subject_id, org, start AS spell_start, mine AS managed, (mine & lasting) AS at_end FROM (
        WITH spell AS MATERIALIZED (
            SELECT * FROM (SELECT subject_id, org, start, {inside} AS inside, {lasting} AS lasting FROM {tables.spells})
            WHERE inside <> 0
        ),
        several AS MATERIALIZED (SELECT subject_id FROM spell GROUP BY 1 HAVING count(*) > 1)
        SELECT *, inside AS mine FROM spell ANTI JOIN several USING (subject_id)
        UNION ALL
        SELECT *, (inside & (~coalesce({later}, 0))) AS mine FROM spell SEMI JOIN several USING (subject_id)
    ) WHERE mine <> 0
    """


def _plan_clause(clause: Clause, question: Question, relations: Relations, tables: Tables) -> tuple[str, str]:
    """A table by subject_id, and the bits of the periods in which the clause holds; ``{t}`` is the table's alias."""
    rules, everywhere = question.rules, _all_bits(question)
    match clause:
        case ObligationsMet(tasks):
            wanted = f" AND o.task IN ({', '.join(map(sql_text, tasks))})" if tasks else ""
            source = (
                f"SELECT o.subject_id, bit_or({_day_bits(question, 'o.closes')}) AS failing FROM {tables.obligations} o"
                f" WHERE o.done_on IS NULL AND o.ended_on IS NULL AND {_span(question, 'o.closes')}"
                f" AND o.closes <= DATE '{question.as_of}'{wanted} GROUP BY 1"
            )
        case NotEnded(reasons):
            source = (
                f"SELECT s.subject_id, bit_or({_day_bits(question, 's.told_on')}) AS failing FROM {tables.spells} s"
                f" WHERE s.reason IN ({', '.join(map(sql_text, reasons))}) AND {_span(question, 's.told_on')} GROUP BY 1"
            )
        case RowsComplete(form, fields):
            lacking = " OR ".join(f"r.{sql_name(name)} IS NULL" for name in fields)
            source = (
                f"SELECT r.subject_id, bit_or({_day_bits(question, 'r.occurred_on')}) AS failing"
                f" FROM {relations.forms[rules.pack.form(form).full_name]} r"
                f" WHERE {_span(question, 'r.occurred_on')} AND ({lacking}) GROUP BY 1"
            )
        case SomeRows():
            return _plan_some(clause, question, relations)
        case EnoughRows():
            return _plan_enough(clause, question, relations, tables), f"coalesce({{t}}.holding, {everywhere})"
        case RowsCounted():
            source = (
                f"SELECT v.subject_id, bit_or({_day_bits(question, 'v.occurred_on')}) AS failing FROM {tables.judged} v"
                f" WHERE v.class = 'not_counted' AND {_span(question, 'v.occurred_on')}"
                f" AND v.occurred_on <= DATE '{question.as_of}' GROUP BY 1"
            )
        case HasRow(form):
            had = _bits(question, lambda p: f"first_on <= DATE '{min(p.end, question.as_of)}'")
            first = (
                f"SELECT subject_id, min(occurred_on) AS first_on FROM {_form_of(rules, form, relations)} GROUP BY 1"
            )
            return f"SELECT subject_id, {had} AS holding FROM ({first})", "coalesce({t}.holding, 0)"
        case LatestRow() | TaskApplies() | TaskAsked() | TaskDone() | TaskDoneBefore() | ReachesAge():
            raise TypeError("planned together, not one by one")
    return source, f"({everywhere} & (~coalesce({{t}}.failing, 0)))"


def _plan_some(clause: SomeRows, question: Question, relations: Relations) -> tuple[str, str]:
    stretches = stretches_of(question.rules, clause, question.periods)
    bits = f"coalesce({{t}}.holding, {_join_bits([_none_wanted(question.rules, clause)] * len(question.periods))})"
    return plan_some(clause, stretches, relations), bits


def _none_wanted(rules: Rules, clause: SomeRows) -> str:
    """Who has no row at all satisfies the clause only where none is asked."""
    return f"{render_sql(clause.count, {}, rules.values)} <= 0"


def _form_of(rules: Rules, form: str, relations: Relations) -> str:
    return relations.forms[rules.pack.form(form).full_name]


def _of_same_rows(clauses: Iterable[LatestRow]) -> list[list[LatestRow]]:
    """The clauses by the rows they choose among: the newest is looked up once, and each asks its own question of it."""
    found: dict[object, list[LatestRow]] = {}
    for clause in clauses:
        found.setdefault((clause.form, clause.where, clause.by_end, clause.take), []).append(clause)
    return [
        all_[first : first + MOST_ANSWERS] for all_ in found.values() for first in range(0, len(all_), MOST_ANSWERS)
    ]


MOST_ANSWERS = 5
"""Answers that can ride on a row's place: below 2^63 until the year 2600."""


def _plan_latest(clauses: Sequence[LatestRow], question: Question, relations: Relations) -> str:
    """By subject held_0, held_1 ...: the periods in which the chosen row satisfies each of the clauses of same rows."""
    rules, clause = question.rules, clauses[0]
    wanted = [*(each.holds for each in clauses), *_some(clause.where)]
    rows = plan_terms(rules, clause.form, wanted, relations, _reach(question, clause, "f.occurred_on"))
    own = {name: sql_name(name) for name in row_columns(rules.pack, clause.form)}
    # The answers ride on the row's place as its last bits: finding a largest number is quicker than finding whose it is.
    answers = "".join(
        f" + coalesce({render_sql(each.holds, own, rules.values)}, FALSE)::BIGINT * {1 << bit}"
        for bit, each in enumerate(clauses)
    )
    placed = (
        f"SELECT r.subject_id, r.occurred_on, {ROW_ORDER} * {1 << len(clauses)}{answers} AS place"
        f" FROM ({rows}) r WHERE {_reach(question, clause, 'r.occurred_on')}{_where(rules, clause.form, clause.where)}"
    )
    if clause.by_end and clause.take == "latest":
        chosen = plan_newest(placed, [period.end for period in question.periods])
    else:
        pick = "max" if clause.take == "latest" else "min"
        listed = ", ".join(
            f"{pick}(place) FILTER ({_looked_at(clause, p)}) AS p{number}" for number, p in enumerate(question.periods)
        )
        chosen = f"SELECT subject_id, {listed} FROM ({placed}) GROUP BY subject_id"
    held = "".join(
        f", {_join_bits(f'p{number} & {1 << bit} <> 0' for number in range(len(question.periods)))} AS held_{bit}"
        for bit in range(len(clauses))
    )
    return f"SELECT subject_id{held} FROM ({chosen})"


def _looked_at(clause: LatestRow, period: Period) -> str:
    if clause.by_end:
        return f"occurred_on <= DATE '{period.end}'"
    return f"occurred_on BETWEEN DATE '{period.start}' AND DATE '{period.end}'"


def _plan_enough(clause: EnoughRows, question: Question, relations: Relations, tables: Tables) -> str:
    """Rows counted and rows asked, for each managed subject; the asked share of the year is ``enough_sql``."""
    rules = question.rules
    rows = plan_terms(rules, clause.form, _some(clause.where), relations, _span(question, "f.occurred_on"))
    counts, days = [], []
    for number, p in enumerate(question.periods):
        counts.append(f"count(*) FILTER (r.occurred_on BETWEEN DATE '{p.start}' AND DATE '{p.end}') AS n{number}")
        days.append(f"{managed_days_sql(p)} AS d{number}")
    tests = _join_bits(
        f"coalesce(n{number}, 0) >= {enough_sql(rules, clause.per_year, f'd{number}', p)}"
        for number, p in enumerate(question.periods)
    )
    return (
        f"SELECT w.subject_id, {tests} AS holding FROM (SELECT subject_id, {', '.join(days)} FROM {tables.spells} GROUP BY 1) w"
        f" LEFT JOIN (SELECT r.subject_id, {', '.join(counts)} FROM ({rows}) r WHERE {_span(question, 'r.occurred_on')}"
        f"{_where(rules, clause.form, clause.where)} GROUP BY 1) c ON c.subject_id = w.subject_id"
    )


def managed_days_sql(period: Period) -> str:
    """SQL of the days of a period on which a subject is managed, summed over its spells."""
    after = f"(DATE '{period.end}' + 1)"
    stretch = f"date_diff('day', greatest(start, DATE '{period.start}'), least(coalesce(\"end\", {after}), {after}))"
    return f"sum(greatest(0, {stretch}))"


def enough_sql(rules: Rules, per_year: Expression, days: str, period: Period) -> str:
    """SQL of the rows asked for: ceil(a year's number x managed days / days of the year of the period's end)."""
    year_days = (date(period.year + 1, 1, 1) - date(period.year, 1, 1)).days
    return f"ceil(({render_sql(per_year, {}, rules.values)})::DOUBLE * {days} / {year_days})"


def _some(where: Expression | None) -> list[Expression]:
    return [] if where is None else [where]


def _where(rules: Rules, form: str, where: Expression | None) -> str:
    if where is None:
        return ""
    own = {name: sql_name(name) for name in row_columns(rules.pack, form)}
    return f" AND ({render_sql(where, own, rules.values)})"
