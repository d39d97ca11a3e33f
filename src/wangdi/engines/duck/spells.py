"""The spells of everyone at once. The rule is that of the reference engine's ``build_spells``."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.engines.duck.classify import Relations, in_force_sql, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.language.ast import Expression
from wangdi.language.names import used_fields
from wangdi.language.rules import Programme, Rules
from wangdi.store.workspace import sql_name, sql_text

_NOBODY = """SELECT NULL::BIGINT AS subject_id, NULL::VARCHAR AS org, NULL::DATE AS start, NULL::DATE AS "end",
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
    read = "".join(
        f"{sources[form]} AS MATERIALIZED (SELECT {_columns_read(programme, form)} FROM {relations.forms[form]}),"
        for form in forms
    )
    people, relations = relations.subjects, Relations(relations.subjects, sources)
    changes = " UNION ALL ".join(
        part for rules in programme.editions for part in _plan_changes(programme, rules, relations)
    )
    order = "OVER (PARTITION BY subject_id ORDER BY on_day, enrols, seq"
    # Most people were enrolled once and nothing else was ever said: theirs is that one row. For the others:
    # 1. Nobody is enrolled after death.  2. The institution last enrolled with: only it may say what `by` keeps to it.
    # 3. Rows that change who manages; everything else falls out.  4. Each lasts until the next change.
    plan = f"""
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
    return _from_age(programme, people, plan)


def _from_age(programme: Programme, people: str, plan: str) -> str:
    """The spells from the day their edition's age is reached; those of unknown birth date fall out."""
    arms = []
    for rules in programme.editions:
        at_age = rules.pack.enrol.at_age if rules.pack.enrol is not None else None
        day = '"start"'
        if at_age is not None:
            day = f"(s.birth_date + to_months((12 * {render_sql(at_age.years, {}, rules.values)})::INTEGER))::DATE"
            if at_age.whole_year and rules.values[at_age.whole_year] is True:
                day = f"make_date(year({day}), 1, 1)"
        arms.append((rules.pack.edition, day))
    if all(day == '"start"' for _, day in arms):
        return plan
    aged = " ".join(f"WHEN {sql_text(edition)} THEN {day}" for edition, day in arms)
    return f"""
    SELECT subject_id, org, greatest("start", aged) AS start, "end", reason, told_on, edition FROM (
        SELECT p.*, CASE p.edition {aged} END AS aged FROM ({plan}) p LEFT JOIN {people} s USING (subject_id)
    ) WHERE aged IS NOT NULL AND ("end" IS NULL OR "end" > greatest("start", aged))
    """


def _columns_read(programme: Programme, form: str) -> str:
    """The columns of a form that some edition's sentences name: a record of two hundred boxes is not copied for two."""
    named: set[str] = set()
    for rules in programme.editions:
        enrol = rules.pack.enrol
        for name, when in () if enrol is None else ((enrol.form, enrol.when), *((e.form, e.when) for e in enrol.ends)):
            found = rules.pack.form(name)
            if found.full_name == form and when is not None:
                named |= used_fields(when) & found.fields.keys()
    listed = "".join(f", {sql_name(name)}" for name in sorted(named))
    return f"subject_id, seq, occurred_on, org{listed}"


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
        f" FROM {relations.forms[form.full_name]} f{join} WHERE f.occurred_on IS NOT NULL AND {in_force} AND ({test})"
    )
