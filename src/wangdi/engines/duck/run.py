"""The set engine on rows handed over as values: what ``pack run``, ``pack due``, ``pack test`` and the agreement tests call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wangdi.catalog.tables import DUCKDB_TYPES
from wangdi.engines.duck.classify import SUBJECT_COLUMNS, Relations
from wangdi.engines.duck.indicators import (
    Question,
    Tables,
    active_clauses,
    clause_columns,
    denominator_sql,
    plan_members,
    value_sql,
)
from wangdi.engines.duck.judging import judges, plan_judgements
from wangdi.engines.duck.obligations import COLUMNS, plan_obligations
from wangdi.engines.duck.spells import plan_spells
from wangdi.language.model import Form
from wangdi.language.record import Dates, Event, Judgement, Obligation, Spell, Subject
from wangdi.language.rules import Programme
from wangdi.store.workspace import Workspace, sql_name

_SUBJECT_TYPES = {"birth_date": "DATE", "sex": "VARCHAR", "is_resident": "BOOLEAN", "resident_kind": "VARCHAR"}


def load_rows(
    workspace: Workspace, programme: Programme, subjects: Sequence[Subject], events: Sequence[Event]
) -> Relations:
    """Put subjects and events into tables of the workspace, one per form the programme speaks of."""
    columns = {"subject_id": "VARCHAR"} | {name: _SUBJECT_TYPES[name] for name in SUBJECT_COLUMNS}
    people = (
        [subject.id, subject.birth_date, subject.sex, *(subject.attributes.get(name) for name in SUBJECT_COLUMNS[2:])]
        for subject in subjects
    )
    workspace.create_table("subject", columns, people)
    forms: dict[str, str] = {}
    for form in forms_of(programme):
        fields = {
            field.name: DUCKDB_TYPES[field.type] for field in form.fields.values()
        }  # checks may look at every one
        described = {"subject_id": "VARCHAR", "seq": "BIGINT", "occurred_on": "DATE", "org": "VARCHAR"} | fields
        rows = (
            [event.subject_id, event.seq, event.on, event.org, *(event.values.get(name) for name in fields)]
            for event in events
            if event.form == form.full_name
        )
        name = f"form {form.full_name}"
        workspace.create_table(name, described, rows)
        forms[form.full_name] = sql_name(name)
    return Relations("subject", forms)


def forms_of(programme: Programme) -> list[Form]:
    """Every form the programme's editions have or speak of, once; the newest edition's wording wins."""
    found: dict[str, Form] = {}
    for rules in programme.editions:
        found |= {form.full_name: form for form in (*rules.pack.forms.values(), *rules.pack.foreign_forms.values())}
    return list(found.values())


def judge_set(programme: Programme, subjects: Sequence[Subject], events: Sequence[Event]) -> list[Judgement]:
    """Judge the rows of many subjects; ordered by subject, day and seq."""
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, subjects, events)
        rows = workspace.dicts(
            f"SELECT * FROM ({plan_judgements(programme, relations)}) ORDER BY subject_id, occurred_on, seq"
        )
    return [_judgement(row) for row in rows]


def _judgement(row: dict[str, Any]) -> Judgement:
    tasks = [
        name.removesuffix("_closes") for name, value in row.items() if name.endswith("_closes") and value is not None
    ]
    windows = {task: Dates(*(row[f"{task}_{edge}"] for edge in ("opens", "due", "closes"))) for task in tasks}
    return Judgement(
        row["subject_id"], row["seq"], row["occurred_on"], row["class"], row["form_code"], row["refer"], windows
    )


def build_set(
    programme: Programme, subjects: Sequence[Subject], events: Sequence[Event], horizon: date
) -> tuple[list[Spell], list[Obligation]]:
    """Spells and obligations of many subjects; ordered as the reference engine orders those of one."""
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, subjects, events)
        if judges(programme):
            workspace.run(f"CREATE TEMP TABLE judged AS {plan_judgements(programme, relations)}")
        workspace.run(f"CREATE TEMP TABLE spell AS {plan_spells(programme, relations)}")
        spells = workspace.rows(
            'SELECT subject_id, org, start, "end", reason, told_on, edition FROM spell ORDER BY subject_id, start'
        )
        plan = plan_obligations(programme, relations, "judged", "spell", horizon)
        rows = workspace.rows(
            f"SELECT {COLUMNS} FROM ({plan})"
            " ORDER BY subject_id, anchor_on, task, opens, closes, rule, done_on NULLS LAST, ended_on NULLS LAST"
        )
    obligations = [
        Obligation(row[0], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11])
        for row in rows
    ]
    return [Spell(*row) for row in spells], obligations


def members_set(
    programme: Programme, subjects: Sequence[Subject], events: Sequence[Event], question: Question
) -> dict[tuple[str, str, str], tuple[dict[str, bool], float]]:
    """By (indicator, period, subject) of everybody in a denominator: which clause holds, and what the subject adds."""
    horizon = max(period.end for period in question.periods)
    found: dict[tuple[str, str, str], tuple[dict[str, bool], float]] = {}
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, subjects, events)
        if judges(programme):
            workspace.run(f"CREATE TEMP TABLE judged AS {plan_judgements(programme, relations)}")
        workspace.run(f"CREATE TEMP TABLE spell AS {plan_spells(programme, relations)}")
        plan = plan_obligations(programme, relations, "judged", "spell", horizon)
        workspace.run(f"CREATE TEMP TABLE obligation AS {plan}")
        members = plan_members(question, relations, Tables("spell", "obligation", "judged"))
        columns = clause_columns(question.rules, question.indicators)
        workspace.run(f"CREATE TEMP TABLE member AS {members}")
        for indicator in question.indicators:
            clauses = active_clauses(question.rules, indicator)
            for place, period in enumerate(question.periods):
                held = "".join(f", ({columns[clause]} & {1 << place}) <> 0" for clause in clauses.values())
                inside = denominator_sql(question.rules, indicator, columns, place)
                value = value_sql(question, indicator, place)
                for subject, adds, *holds in workspace.rows(
                    f"SELECT subject_id, {value}{held} FROM member WHERE {inside}"
                ):
                    found[indicator.id, period.text, subject] = dict(zip(clauses, holds, strict=True)), adds
    return found
