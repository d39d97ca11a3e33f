"""The spells of everyone at once. The rule is that of the reference engine's ``build_spells``."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.engines.duck.classify import Relations, in_force_sql, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.language.ast import Expression
from wangdi.language.names import used_fields
from wangdi.language.rules import Programme, Rules
from wangdi.store.workspace import sql_text

_NOBODY = """SELECT NULL::VARCHAR AS subject_id, NULL::VARCHAR AS org, NULL::DATE AS start, NULL::DATE AS "end",
    NULL::VARCHAR AS reason, NULL::DATE AS told_on, NULL::VARCHAR AS edition WHERE FALSE"""
"""The spells of a ledger, which enrols nobody."""


def plan_spells(programme: Programme, relations: Relations) -> str:
    """One row per stretch of management: subject_id, org, start, end, reason, told_on, edition.

    ``end`` is the first day no longer managed (null: still open).
    """
    forms = sorted({form for rules in programme.editions for form in _forms_read(rules)})
    if not forms:
        return _NOBODY
    # Each form is read, and joined to people, once for all that is asked of it.
    sources = {form: f"source_{number}" for number, form in enumerate(forms)}
    read = "".join(f"{sources[form]} AS MATERIALIZED (SELECT * FROM {relations.forms[form]})," for form in forms)
    relations = Relations(relations.subjects, sources)
    changes = " UNION ALL ".join(
        part for rules in programme.editions for part in _plan_changes(programme, rules, relations)
    )
    order = "OVER (PARTITION BY subject_id ORDER BY on_day, enrols, seq"
    # Most people were enrolled once and nothing else was ever said: theirs is that one row. For the others:
    # 1. Nobody is enrolled after death.  2. The institution last enrolled with: only it may say what `by` keeps to it.
    # 3. Rows that change who manages; everything else falls out.  4. Each lasts until the next change.
    return f"""
    WITH {read} change AS MATERIALIZED ({changes}),
    several AS MATERIALIZED (SELECT subject_id FROM change GROUP BY 1 HAVING count(*) > 1),
    death AS (SELECT subject_id, min(on_day) AS died_on FROM change WHERE reason = 'died' GROUP BY subject_id),
    heard AS (
        SELECT c.*, last_value(CASE WHEN enrols THEN org END IGNORE NULLS) {order}
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS managing
        FROM change c SEMI JOIN several USING (subject_id) LEFT JOIN death d USING (subject_id)
        WHERE NOT (enrols AND d.died_on IS NOT NULL AND on_day >= d.died_on)
    ),
    effective AS (
        SELECT *, CASE WHEN enrols THEN org END AS after, lag(CASE WHEN enrols THEN org END) {order}) AS before
        FROM heard WHERE enrols OR by_anyone OR org = managing
    ),
    turning AS (SELECT * FROM effective WHERE after IS DISTINCT FROM before),
    spell AS (
        SELECT subject_id, org, on_day AS start, enrols, lead(on_day) {order}) AS "end",
               lead(CASE WHEN enrols THEN 'moved' ELSE reason END) {order}) AS reason,
               lead(told_on) {order}) AS told_on, edition
        FROM turning
    )
    SELECT subject_id, org, start, "end", coalesce(reason, '') AS reason, told_on, edition
    FROM spell WHERE enrols AND ("end" IS NULL OR "end" > start)
    UNION ALL
    SELECT subject_id, org, on_day, NULL, '', NULL, edition FROM change ANTI JOIN several USING (subject_id) WHERE enrols
    """


def _forms_read(rules: Rules) -> list[str]:
    enrol = rules.pack.enrol
    names = [] if enrol is None else [enrol.form, *(end.form for end in enrol.ends)]
    return [rules.pack.form(name).full_name for name in names]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the rows of a form are read as changes: which count, from what day, and what they say."""

    form: str
    when: Expression | None
    on: str = "f.occurred_on"
    enrols: bool = True
    anyone: bool = True
    reason: str = ""


def _plan_changes(programme: Programme, rules: Rules, relations: Relations) -> list[str]:
    enrol = rules.pack.enrol
    if enrol is None:
        return []
    readings = [_Reading(enrol.form, enrol.when)]
    for end in enrol.ends:
        on = "f.occurred_on" if end.at == "day" else "make_date(year(f.occurred_on)::INTEGER + 1, 1, 1)"
        readings.append(_Reading(end.form, end.when, on, enrols=False, anyone=end.by == "anyone", reason=end.reason))
    in_force = in_force_sql(programme, rules, "f.occurred_on")
    return [_plan_change(rules, relations, reading, in_force) for reading in readings]


def _plan_change(rules: Rules, relations: Relations, reading: _Reading, in_force: str) -> str:
    pack, when = rules.pack, reading.when
    form = pack.form(reading.form)
    test = "TRUE" if when is None else render_sql(when, row_columns(pack, reading.form), rules.values)
    # Who they are is looked up only where the sentence asks for it.
    asks = when is not None and bool(used_fields(when) - form.fields.keys())
    join = f" LEFT JOIN {relations.subjects} s USING (subject_id)" if asks else ""
    return (
        f"SELECT f.subject_id, {reading.on} AS on_day, f.occurred_on AS told_on, f.seq, f.org, {reading.enrols} AS enrols,"
        f" {reading.anyone} AS by_anyone, {sql_text(reading.reason)} AS reason, {sql_text(pack.edition)} AS edition"
        f" FROM {relations.forms[form.full_name]} f{join} WHERE {in_force} AND ({test})"
    )
