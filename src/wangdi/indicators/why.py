"""Why somebody counts or does not: for each clause the records it looked at, so that one can go on to the source line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wangdi.core.periods import Period
from wangdi.engines.duck.classify import Relations, plan_terms, row_columns
from wangdi.engines.duck.expression import render_sql, term_column
from wangdi.engines.duck.indicators import Question, Tables, enough_sql, managed_days_sql
from wangdi.engines.duck.record_clauses import ROW_ORDER, score_sql, stretches_of
from wangdi.language.ast import Expression
from wangdi.language.courses import HasRow, ReachesAge, RowsCounted, TaskApplies, TaskAsked, TaskDone, TaskDoneBefore
from wangdi.language.model import (
    Clause,
    EnoughRows,
    LatestRow,
    NotEnded,
    ObligationsMet,
    RowsComplete,
    SomeRows,
)
from wangdi.language.names import fields_behind, used_terms
from wangdi.language.quality import all_filled, items_lacking, points_asked, points_met
from wangdi.language.rules import Rules
from wangdi.store.workspace import Workspace, sql_name, sql_text


@dataclass(frozen=True, slots=True)
class Why:
    """One reason: the rule's name and words, and what it looked at (fact numbers among it)."""

    rule: str
    label: str
    inputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where reasons are looked up: one question over one period, and the people asked about (a table ``subject_id``)."""

    workspace: Workspace
    question: Question
    relations: Relations
    tables: Tables
    asked: str

    @property
    def period(self) -> Period:
        """The one period people are listed for."""
        return self.question.periods[0]


Inputs = Mapping[Any, list[dict[str, Any]]]


def find_inputs(evidence: Evidence, clause: Clause) -> Inputs:
    """What a clause looked at for each person asked about: several entries where several records fail it."""
    match clause:
        case ObligationsMet():
            return _unmet_obligations(evidence, clause)
        case LatestRow():
            return _latest_row(evidence, clause)
        case RowsComplete():
            return _incomplete_rows(evidence, clause)
        case EnoughRows():
            return _counted_rows(evidence, clause)
        case NotEnded():
            return _endings(evidence, clause)
        case SomeRows():
            return _some_rows(evidence, clause)
        case TaskApplies() | TaskAsked() | TaskDone() | TaskDoneBefore():
            return _task_windows(evidence, clause.tasks)
        case ReachesAge():
            return {}
        case RowsCounted():
            return _uncounted_rows(evidence)
        case HasRow():
            return _first_row(evidence, clause)


def _gather(evidence: Evidence, sql: str) -> Inputs:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in evidence.workspace.dicts(sql):
        subject = row.pop("subject_id")
        found.setdefault(subject, []).append(row)
    return found


def _unmet_obligations(evidence: Evidence, clause: ObligationsMet) -> Inputs:
    wanted = f" AND o.task IN ({', '.join(map(sql_text, clause.tasks))})" if clause.tasks else ""
    return _gather(
        evidence,
        f"SELECT o.subject_id, o.task, o.rule, o.anchor_on, o.opens, o.due, o.closes"
        f" FROM {evidence.tables.obligations} o"
        f" SEMI JOIN {evidence.asked} a USING (subject_id) WHERE {_inside(evidence, 'o.closes')}"
        f" AND o.closes <= DATE '{evidence.question.as_of}' AND o.done_on IS NULL AND o.ended_on IS NULL{wanted}"
        " ORDER BY o.subject_id, o.closes, o.task, o.anchor_on",
    )


def _inside(evidence: Evidence, day: str) -> str:
    return f"{day} BETWEEN DATE '{evidence.period.start}' AND DATE '{evidence.period.end}'"


def _latest_row(evidence: Evidence, clause: LatestRow) -> Inputs:
    rules = evidence.question.rules
    wanted = [clause.holds] if clause.where is None else [clause.holds, clause.where]
    if clause.quality:  # what is missing may rest on more than what is scored
        quality = rules.pack.quality[clause.quality]
        wanted += [points_met(quality), points_asked(quality), items_lacking(quality)]
    rows = plan_terms(rules, clause.form, wanted, evidence.relations)
    near = f"r.occurred_on <= DATE '{evidence.period.end}'" if clause.by_end else _inside(evidence, "r.occurred_on")
    return _gather(
        evidence,
        f"SELECT r.subject_id, r.seq AS fact_id, r.occurred_on AS on_day, r.org{_seen(rules, clause)}"
        f" FROM ({rows}) r SEMI JOIN {evidence.asked} a USING (subject_id)"
        f" WHERE {near}{_filter(rules, clause.form, clause.where)}"
        f" QUALIFY row_number() OVER (PARTITION BY r.subject_id ORDER BY {ROW_ORDER} DESC) = 1",
    )


def _seen(rules: Rules, clause: LatestRow) -> str:
    """What is shown of the row: what it lacks, or the readings the sentence rests on."""
    if clause.fields:
        return f", {_lacking(rules, clause.form, clause.fields)} AS missing"
    if clause.quality:
        return f", {score_columns(rules, clause.quality)}"
    return _shown(rules, clause.form, clause.holds)


def score_columns(rules: Rules, name: str, alias: str = "r") -> str:
    """SQL of a row's ``score`` and of the words for what it lacks (``missing``)."""
    quality = rules.pack.quality[name]
    columns = {field: f"{alias}.{sql_name(field)}" for field in row_columns(rules.pack, quality.form)}
    lacking = render_sql(items_lacking(quality), columns, rules.values)
    labels = ", ".join(
        f"CASE WHEN (lacked & {1 << place}) <> 0 THEN {sql_text(item.label)} END"
        for place, item in enumerate(quality.items)
    )
    listed = f"list_transform([{lacking}], lambda lacked: list_filter([{labels}], lambda x: x IS NOT NULL))[1]"
    return f"{score_sql(rules, quality, columns)} AS score, {listed} AS missing"


def find_scores(evidence: Evidence, name: str) -> Inputs:
    """The record whose score counts for each person asked about, with what it lacks."""
    rules = evidence.question.rules
    quality = rules.pack.quality[name]
    named = [points_met(quality), points_asked(quality), items_lacking(quality)]
    rows = plan_terms(rules, quality.form, named, evidence.relations)
    return _gather(
        evidence,
        f"SELECT r.subject_id, r.seq AS fact_id, r.occurred_on AS on_day, r.org, {score_columns(rules, name)}"
        f" FROM ({rows}) r SEMI JOIN {evidence.asked} a USING (subject_id)"
        f" WHERE r.occurred_on <= DATE '{evidence.period.end}'"
        f" QUALIFY row_number() OVER (PARTITION BY r.subject_id ORDER BY {ROW_ORDER} DESC) = 1",
    )


def _lacking(rules: Rules, form: str, fields: Sequence[str]) -> str:
    """SQL of the labels of the fields a row does not have."""
    known = rules.pack.form(form).fields
    said = ", ".join(f"CASE WHEN r.{sql_name(name)} IS NULL THEN {sql_text(known[name].label)} END" for name in fields)
    return f"list_filter([{said}], lambda x: x IS NOT NULL)"


def _shown(rules: Rules, form: str, holds: Expression) -> str:
    """The fields and terms a sentence rests on, as columns."""
    fields = sorted(fields_behind(rules.pack, holds) - {"birth_date"})
    terms = sorted(_terms_behind(rules, holds))
    return "".join(f", r.{sql_name(name)}" for name in fields) + "".join(
        f", r.{term_column(name)} AS {sql_name(name)}" for name in terms
    )


def _terms_behind(rules: Rules, node: Expression) -> set[str]:
    found = used_terms(node)
    for name in tuple(found):
        found |= _terms_behind(rules, rules.pack.terms[name].expression)
    return found


def _filter(rules: Rules, form: str, where: Expression | None) -> str:
    if where is None:
        return ""
    own = {name: sql_name(name) for name in row_columns(rules.pack, form)}
    return f" AND ({render_sql(where, own, rules.values)})"


def _incomplete_rows(evidence: Evidence, clause: RowsComplete) -> Inputs:
    missing = ", ".join(f"CASE WHEN r.{sql_name(name)} IS NULL THEN {sql_text(name)} END" for name in clause.fields)
    lacking = f"list_filter([{missing}], lambda x: x IS NOT NULL)"
    form = evidence.question.rules.pack.form(clause.form).full_name
    return _gather(
        evidence,
        f"SELECT r.subject_id, r.seq AS fact_id, r.occurred_on AS on_day, r.org, {lacking} AS missing"
        f" FROM {evidence.relations.forms[form]} r SEMI JOIN {evidence.asked} a USING (subject_id)"
        f" WHERE {_inside(evidence, 'r.occurred_on')} AND len({lacking}) > 0 ORDER BY r.subject_id, r.occurred_on, r.seq",
    )


def _counted_rows(evidence: Evidence, clause: EnoughRows) -> Inputs:
    rules = evidence.question.rules
    rows = plan_terms(rules, clause.form, [] if clause.where is None else [clause.where], evidence.relations)
    counted = (
        f"SELECT r.subject_id, list({{'fact_id': r.seq, 'on_day': r.occurred_on}} ORDER BY r.occurred_on, r.seq) AS visits"
        f" FROM ({rows}) r WHERE {_inside(evidence, 'r.occurred_on')}{_filter(rules, clause.form, clause.where)}"
        " GROUP BY r.subject_id"
    )
    days = f"SELECT subject_id, {managed_days_sql(evidence.period)} AS managed_days FROM {evidence.tables.spells} GROUP BY 1"
    asked = enough_sql(rules, clause.per_year, "d.managed_days", evidence.period)
    return _gather(
        evidence,
        f"SELECT m.subject_id, coalesce(len(c.visits), 0) AS found, {asked}::BIGINT AS asked, d.managed_days, c.visits"
        f" FROM {evidence.asked} m JOIN ({days}) d ON d.subject_id = m.subject_id"
        f" LEFT JOIN ({counted}) c ON c.subject_id = m.subject_id",
    )


def _endings(evidence: Evidence, clause: NotEnded) -> Inputs:
    reasons = ", ".join(map(sql_text, clause.reasons))
    return _gather(
        evidence,
        f"SELECT s.subject_id, s.reason, s.told_on, s.org FROM {evidence.tables.spells} s SEMI JOIN {evidence.asked} a"
        f" USING (subject_id) WHERE {_inside(evidence, 's.told_on')} AND s.reason IN ({reasons})",
    )


def _some_rows(evidence: Evidence, clause: SomeRows) -> Inputs:
    """How many rows were found of how many asked, and the latest of those that were looked at, with what they lack."""
    rules = evidence.question.rules
    stretches = stretches_of(rules, clause, [evidence.period])
    parts = []
    for form in clause.forms:
        named = [node for node in (clause.where, all_filled(clause.fields)) if node is not None]
        rows = plan_terms(rules, form, named, evidence.relations)
        lacking = _lacking(rules, form, clause.fields) if clause.fields else "[]::VARCHAR[]"
        parts.append(
            f"SELECT r.subject_id, r.seq, r.occurred_on, {sql_text(rules.pack.form(form).full_name)} AS form,"
            f" {lacking} AS missing FROM ({rows}) r"
            f" WHERE {stretches.within('r.occurred_on')}{_filter(rules, form, clause.where)}"
        )
    row = "{'fact_id': seq, 'form': form, 'on_day': occurred_on, 'missing': missing}"
    looked = (
        f"SELECT subject_id, count(*) FILTER (len(missing) = 0) AS found,"
        f" list({row} ORDER BY occurred_on DESC, seq DESC)[:{_ROWS_SHOWN}] AS rows"
        f" FROM ({' UNION ALL '.join(parts)}) GROUP BY 1"
    )
    wanted = render_sql(clause.count, {}, rules.values)
    first, last = stretches.outer
    return _gather(
        evidence,
        f"SELECT m.subject_id, coalesce(c.found, 0) AS found, {wanted} AS asked, DATE '{first}' AS since,"
        f" DATE '{last}' AS until, c.rows FROM {evidence.asked} m LEFT JOIN ({looked}) c ON c.subject_id = m.subject_id",
    )


_ROWS_SHOWN = 3
"""Rows told as evidence for one person; the timeline has all."""


def _last(evidence: Evidence) -> str:
    return f"DATE '{min(evidence.period.end, evidence.question.as_of)}'"


def _task_windows(evidence: Evidence, tasks: tuple[str, ...]) -> Inputs:
    """The windows of the tasks, each as it stands: open, done, or ended with the reason."""
    return _gather(
        evidence,
        "SELECT o.subject_id, o.task, o.rule, o.anchor_on, o.opens, o.due, o.closes, o.done_on, o.ended_on,"
        " nullif(o.reason, '') AS reason"
        f" FROM {evidence.tables.obligations} o SEMI JOIN {evidence.asked} a USING (subject_id)"
        f" WHERE o.task IN ({', '.join(map(sql_text, tasks))}) AND o.anchor_on <= {_last(evidence)}"
        " ORDER BY o.subject_id, o.anchor_on, o.task",
    )


def _uncounted_rows(evidence: Evidence) -> Inputs:
    """Things given that do not count, each with the reason."""
    return _gather(
        evidence,
        "SELECT v.subject_id, v.seq AS fact_id, v.occurred_on AS on_day, v.org, v.form_code AS verdict"
        f" FROM {evidence.tables.judged} v SEMI JOIN {evidence.asked} a USING (subject_id)"
        f" WHERE {_inside(evidence, 'v.occurred_on')} AND v.occurred_on <= {_last(evidence)} AND v.class = 'not_counted'"
        " ORDER BY v.subject_id, v.occurred_on, v.seq",
    )


def _first_row(evidence: Evidence, clause: HasRow) -> Inputs:
    form = evidence.question.rules.pack.form(clause.form).full_name
    return _gather(
        evidence,
        f"SELECT r.subject_id, r.seq AS fact_id, r.occurred_on AS on_day, r.org FROM {evidence.relations.forms[form]} r"
        f" SEMI JOIN {evidence.asked} a USING (subject_id) WHERE r.occurred_on <= {_last(evidence)}"
        " QUALIFY row_number() OVER (PARTITION BY r.subject_id ORDER BY r.occurred_on, r.seq) = 1",
    )
