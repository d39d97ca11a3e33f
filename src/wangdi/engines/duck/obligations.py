"""What the norm asks of everyone, and what became of it. The rules are those of the reference engine's ``build_obligations``."""

from __future__ import annotations

from datetime import date

from wangdi.engines.duck.classify import Relations, in_force_sql, row_columns
from wangdi.engines.duck.doses import plan_doses
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.given import tasks_type
from wangdi.engines.duck.listed import listed_type
from wangdi.language.ast import Expression
from wangdi.language.model import AfterTask, ContactTask, Form, PeriodTask, Window
from wangdi.language.names import used_fields
from wangdi.language.rules import Length, Programme, Rules, measure_offset
from wangdi.language.stretches import has_series, hold_stretches
from wangdi.store.workspace import sql_name, sql_text

COLUMNS = "subject_id, spell_start, task, anchor_on, opens, due, closes, rule, org, done_on, ended_on, reason"

_NOTHING = """SELECT NULL::BIGINT AS subject_id, NULL::DATE AS spell_start, NULL::VARCHAR AS task, NULL::DATE AS anchor_on,
    NULL::DATE AS opens, NULL::DATE AS due, NULL::DATE AS closes, NULL::VARCHAR AS rule, NULL::VARCHAR AS org,
    NULL::DATE AS done_on, NULL::DATE AS ended_on, NULL::VARCHAR AS reason WHERE FALSE"""
"""What a pack without a schedule asks."""
_RULES = ("first", "missed", "year", "after", "birth")
"""Why a thing is asked, where no class and no hold says so."""


def plan_obligations(programme: Programme, relations: Relations, judged: str, spells: str, horizon: date) -> str:
    """One row per thing the norm asks: the columns of ``COLUMNS``.

    ``judged`` and ``spells``: names of the tables made by ``plan_judged`` and ``plan_spells``.
    ``horizon``: repeated and yearly tasks are written out while they open on or before this day.
    """
    parts: list[str] = []
    for task in programme.newest.pack.schedule.values():
        if isinstance(task, ContactTask):
            parts.append(_plan_contacts(programme, task, judged, spells, horizon))
        elif isinstance(task, AfterTask):
            parts.append(_plan_after(programme, task, relations, spells))
        elif isinstance(task, PeriodTask):
            parts.append(_plan_yearly(programme, task, relations, spells, horizon))
    if has_series(programme):
        parts.append(plan_doses(programme, relations, judged, spells))
    if not parts:
        return _NOTHING
    ends = [end.reason for rules in programme.editions if rules.pack.enrol is not None for end in rules.pack.enrol.ends]
    holds = [stretch.hold.name for stretch in hold_stretches(programme)] if has_series(programme) else []
    classes = [row.name for rules in programme.editions if rules.pack.classify for row in rules.pack.classify.rows]
    rules = [*_RULES, *(f"class:{name}" for name in classes), *(f"hold:{name}" for name in holds)]
    return (
        f"SELECT * REPLACE (task::{tasks_type(programme)} AS task, rule::{listed_type(rules)} AS rule,"
        f" reason::{listed_type(['', 'moved', 'replaced', *ends, *holds])} AS reason)"
        f" FROM ({' UNION ALL '.join(f'({part})' for part in parts)})"
    )


def _date_after(on: str, length: Length, times: str = "1") -> str:
    months, days = f"({length.months} * {times})::INTEGER", f"({length.days} * {times})::INTEGER"
    if not length.months:
        return f"({on} + {days})"
    return f"(({on} + to_months({months}))::DATE + {days})"


def _by_edition(programme: Programme, on: str, results: list[str]) -> str:
    """The result of the edition in force on a day; the newest where none was."""
    if len(set(results)) == 1:
        return results[0]
    tests = [in_force_sql(programme, rules, on) for rules in programme.editions]
    arms = " ".join(f"WHEN {test} THEN {result}" for test, result in zip(tests, results, strict=True))
    return f"CASE {arms} ELSE {results[-1]} END"


def _edge(programme: Programme, task: str, window: str, edge: str, on: tuple[str, str, str]) -> str:
    """The day an edge of a task's own window falls on: ``on`` is the day to count from, the anchor that chooses the
    edition, and how many times the length is counted.
    """
    base, anchor, times = on
    results = []
    for rules in programme.editions:
        declared = rules.pack.schedule.get(task) or programme.newest.pack.schedule[task]
        found: Window = getattr(declared, window)
        results.append(_date_after(base, measure_offset(getattr(found, edge), rules), times))
    return _by_edition(programme, anchor, results)


def _settled(visit: str, opens: str, closes: str) -> str:
    """done_on, ended_on and reason of a window, from the next visit and the spell's end."""
    return (
        f"CASE WHEN {visit} BETWEEN {opens} AND {closes} THEN {visit} END AS done_on,"
        f" CASE WHEN {visit} < {opens} THEN {visit}"
        f" WHEN {visit} <= {closes} THEN NULL WHEN spell_end <= {closes} THEN spell_end END AS ended_on,"
        f" CASE WHEN {visit} < {opens} THEN 'replaced'"
        f" WHEN {visit} <= {closes} THEN '' WHEN spell_end <= {closes} THEN spell_reason ELSE '' END AS reason"
    )


def _plan_contacts(programme: Programme, task: ContactTask, judged: str, spells: str, horizon: date) -> str:
    name = task.name
    first = ", ".join(
        f"{_edge(programme, name, 'first', edge, ('start', 'start', '1'))} AS {edge}"
        for edge in ("opens", "due", "closes")
    )
    edges = ", ".join(f"j.{sql_name(f'{name}_{edge}')} AS {edge}" for edge in ("opens", "due", "closes"))
    closes = _edge(programme, name, "missed", "closes", ("closed", "anchor", "(k + 1)"))
    last = (
        f"CASE WHEN k = 0 THEN closed ELSE {_edge(programme, name, 'missed', 'closes', ('closed', 'anchor', 'k'))} END"
    )
    opens = _edge(programme, name, "missed", "opens", ("last_closed", "anchor", "1"))
    due = _edge(programme, name, "missed", "due", ("last_closed", "anchor", "1"))
    shortest = min(
        _days_at_least(measure_offset(declared.missed.closes, rules))
        for rules in programme.editions
        if isinstance(declared := rules.pack.schedule.get(name) or task, ContactTask)
    )
    return f"""
    WITH anchor AS (
        SELECT subject_id, start AS spell_start, "end" AS spell_end, reason AS spell_reason, org, 0 AS place,
               start AS anchor, 0::BIGINT AS seq, 'first' AS rule, {first} FROM {spells}
        UNION ALL
        SELECT j.subject_id, p.start, p."end", p.reason, p.org, 1, j.occurred_on, j.seq, 'class:' || j.class, {edges}
        FROM {judged} j JOIN {spells} p
          ON j.subject_id = p.subject_id AND j.occurred_on >= p.start AND (p."end" IS NULL OR j.occurred_on < p."end")
        WHERE j.{sql_name(f"{name}_closes")} IS NOT NULL
    ),
    chained AS (
        SELECT *, lead(anchor) OVER (PARTITION BY subject_id, spell_start ORDER BY place, anchor, seq) AS visit FROM anchor
    ),
    stopping AS (
        SELECT subject_id, spell_start, spell_end, spell_reason, org, anchor, visit, closes AS closed,
               least(visit, spell_end - 1, DATE '{horizon}') AS stop
        FROM chained
    ),
    counted AS (
        SELECT *, unnest(range(0, (date_diff('day', closed, stop) // {shortest}) + 1)) AS k FROM stopping WHERE closed < stop
    ),
    dated AS (SELECT *, {last} AS last_closed, {closes} AS closes FROM counted),
    repeated AS (SELECT *, {opens} AS opens, {due} AS due FROM dated WHERE last_closed < stop)
    SELECT subject_id, spell_start, {sql_text(name)} AS task, anchor AS anchor_on, opens, due, closes, rule, org,
           {_settled("visit", "opens", "closes")}
    FROM chained
    UNION ALL
    SELECT subject_id, spell_start, {sql_text(name)}, last_closed + 1, opens, due, closes, 'missed', org,
           {_settled("visit", "opens", "closes")}
    FROM repeated
    """


def _days_at_least(length: Length) -> int:
    """The fewest days a length can take: how many repeats may fit is counted with it, and then filtered exactly."""
    return max(1, length.months * 28 + length.days)


def _plan_yearly(programme: Programme, task: PeriodTask, relations: Relations, spells: str, horizon: date) -> str:
    rules = programme.newest
    pack = rules.pack
    where = "TRUE" if task.where is None else render_sql(task.where, row_columns(pack, task.done_by), rules.values)
    join = _subject_join(pack.form(task.done_by), task.where, relations)
    return f"""
    WITH done AS (
        SELECT f.subject_id, year(f.occurred_on) AS in_year, min(f.occurred_on) AS visit
        FROM {relations.forms[pack.form(task.done_by).full_name]} f{join}
        WHERE f.subject_id IN (SELECT subject_id FROM {spells}) AND ({where}) GROUP BY ALL
    ),
    asked AS (
        SELECT subject_id, start AS spell_start, "end" AS spell_end, reason AS spell_reason, org,
               unnest(range(year(start), year(least("end" - 1, DATE '{horizon}')) + 1)) AS in_year
        FROM {spells}
    ),
    dated AS (
        SELECT a.*, make_date(in_year::INTEGER, 1, 1) AS opens, make_date(in_year::INTEGER, 12, 31) AS closes,
               CASE WHEN spell_end IS NULL OR visit < spell_end THEN visit END AS visit
        FROM asked a LEFT JOIN done USING (subject_id, in_year)
    )
    SELECT subject_id, spell_start, {sql_text(task.name)} AS task, greatest(opens, spell_start) AS anchor_on, opens,
           closes AS due, closes, 'year' AS rule, org, {_settled("visit", "opens", "closes")}
    FROM dated
    """


def _subject_join(form: Form, test: Expression | None, relations: Relations) -> str:
    """The subjects beside the rows ``f`` of a form; nothing where the test asks about the rows alone."""
    asks = test is not None and bool(used_fields(test) - form.fields.keys())
    return f" LEFT JOIN {relations.subjects} s USING (subject_id)" if asks else ""


def _plan_after(programme: Programme, task: AfterTask, relations: Relations, spells: str) -> str:
    """One window after each day with a row that asks for it, by the edition of that day."""
    done_by = programme.newest.pack.form(task.done_by).full_name
    asking = " UNION ALL ".join(_plan_asking(programme, rules, task.name, relations) for rules in programme.editions)
    visit = "CASE WHEN spell_end IS NULL OR day < spell_end THEN day END"
    return f"""
    WITH asking AS ({asking}),
    inside AS (
        SELECT a.*, p.start AS spell_start, p."end" AS spell_end, p.reason AS spell_reason, p.org
        FROM asking a JOIN {spells} p
          ON a.subject_id = p.subject_id AND a.anchor >= p.start AND (p."end" IS NULL OR a.anchor < p."end")
    ),
    done AS (SELECT DISTINCT subject_id, occurred_on AS day FROM {relations.forms[done_by]}),
    visited AS (
        SELECT i.*, {visit} AS visit FROM inside i
        ASOF LEFT JOIN done d ON i.subject_id = d.subject_id AND i.opens <= d.day
    )
    SELECT subject_id, spell_start, {sql_text(task.name)} AS task, anchor AS anchor_on, opens, due, closes, 'after' AS rule,
           org, {_settled("visit", "opens", "closes")}
    FROM visited
    """


def _plan_asking(programme: Programme, rules: Rules, name: str, relations: Relations) -> str:
    """The days on which one edition's rows ask for a task, with the window counted from them; none where it has no such task."""
    task = rules.pack.schedule.get(name)
    if not isinstance(task, AfterTask):
        return (
            "SELECT NULL AS subject_id, NULL::DATE AS anchor, NULL::DATE AS opens, NULL::DATE AS due,"
            " NULL::DATE AS closes WHERE FALSE"
        )
    pack, when = rules.pack, task.when
    form = pack.form(task.form)
    test = "TRUE" if when is None else render_sql(when, row_columns(pack, task.form), rules.values)
    join = _subject_join(form, when, relations)
    edges = ", ".join(
        f"{_date_after('f.occurred_on', measure_offset(getattr(task.window, edge), rules))} AS {edge}"
        for edge in ("opens", "due", "closes")
    )
    return (
        f"SELECT DISTINCT f.subject_id, f.occurred_on AS anchor, {edges} FROM {relations.forms[form.full_name]} f{join}"
        f" WHERE {in_force_sql(programme, rules, 'f.occurred_on')} AND ({test})"
    )
