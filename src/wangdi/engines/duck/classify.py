"""Judging every row of a form at once: terms, the previous row's terms, the class and what it asks next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wangdi.engines.duck.expression import age_sql, previous_column, render_sql, term_column
from wangdi.engines.duck.listed import listed_text, listed_type
from wangdi.language.ast import Expression
from wangdi.language.model import Pack, Window
from wangdi.language.names import fields_behind, previous_behind, term_order, used_terms
from wangdi.language.rules import Programme, Rules, measure_offset
from wangdi.store.workspace import sql_name

SUBJECT_COLUMNS = ("birth_date", "sex", "is_resident", "resident_kind")
"""Columns every subject relation has beside ``subject_id``."""


@dataclass(frozen=True, slots=True)
class Relations:
    """Where an engine finds its rows, as SQL to be put behind FROM.

    ``subjects``: subject_id, birth_date, sex, is_resident, resident_kind. ``forms``: by full name: subject_id, seq,
    occurred_on, org and the form's fields.
    """

    subjects: str
    forms: Mapping[str, str]


def row_columns(pack: Pack, form: str, alias: str = "f") -> dict[str, str]:
    """SQL of every name an expression about a row may use; a field of the form hides a subject attribute of that name."""
    fields = pack.form(form).fields
    known = {name: f"s.{name}" for name in SUBJECT_COLUMNS}
    known["age_years"] = age_sql("s.birth_date", f"{alias}.occurred_on")
    if pack.subject != "person":
        known = {}
    return known | {name: f"{alias}.{sql_name(name)}" for name in fields}


def plan_terms(
    rules: Rules, form: str, wanted: Sequence[Expression], relations: Relations, within: str = "TRUE"
) -> str:
    """Rows of a form with the terms that ``wanted`` rests on, and the previous row's terms where they are asked for.

    ``within``: a test on ``f`` that confines the rows read; not applied where previous rows are needed.

    Grain: one row per row of the form. Columns: subject_id, seq, occurred_on, org, next_on is left to the caller; every
    field and attribute under its own name; ``term.<name>``; ``previous.<name>``.
    """
    pack, values = rules.pack, rules.values
    before = sorted({name for node in wanted for name in previous_behind(pack, node)})
    needed = _closure(pack, [*wanted, *(pack.terms[name].expression for name in before)], before)
    columns = row_columns(pack, form)
    plain = [
        name for name in term_order(pack) if name in needed and not previous_behind(pack, pack.terms[name].expression)
    ]
    later = [name for name in term_order(pack) if name in needed and name not in plain]
    read = {name for node in wanted for name in fields_behind(pack, node)}
    read |= {name for term in before for name in fields_behind(pack, pack.terms[term].expression)}
    about_subject = read & columns.keys() - pack.form(form).fields.keys()
    # Who they are is looked up only where a sentence asks for it: joining people to millions of rows is most of the work.
    columns = {name: text for name, text in columns.items() if name in about_subject or name in read}
    join = f" LEFT JOIN {relations.subjects} s USING (subject_id)" if about_subject else ""
    names = "".join(f", {text} AS {sql_name(name)}" for name, text in columns.items())
    own = {name: sql_name(name) for name in columns}
    base = (
        f"SELECT f.subject_id, f.seq, f.occurred_on, f.org{names} FROM {relations.forms[pack.form(form).full_name]} f{join}"
        f" WHERE {'TRUE' if before else within}"
    )
    said = "".join(f", {render_sql(pack.terms[n].expression, own, values)} AS {term_column(n)}" for n in plain)
    staged = f"SELECT *{said} FROM ({base})"
    if before:
        order = "OVER (PARTITION BY subject_id ORDER BY occurred_on, seq)"
        lags = "".join(f", lag({term_column(name)}) {order} AS {previous_column(name)}" for name in before)
        staged = f"SELECT *{lags} FROM ({staged})"
    if later:
        said = "".join(f", {render_sql(pack.terms[n].expression, own, values)} AS {term_column(n)}" for n in later)
        staged = f"SELECT *{said} FROM ({staged})"
    return staged


def _closure(pack: Pack, nodes: Sequence[Expression], also: Sequence[str]) -> set[str]:
    needed: set[str] = set(also)
    waiting = [name for node in nodes for name in used_terms(node)] + list(also)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += [other for other in used_terms(pack.terms[name].expression) if other not in needed]
    return needed


def plan_judged(programme: Programme, relations: Relations) -> str:
    """Every classified row with its class and, for each task, the window it opens.

    Grain: one row per row of the classified form on whose day an edition was in force. Columns: subject_id, seq,
    occurred_on, org, edition, class (null: none fits), form_code, refer, and <task>_opens, _due, _closes.
    """
    judging = [rules for rules in programme.editions if rules.pack.classify is not None]
    if not judging:
        return _UNJUDGED
    return " UNION ALL BY NAME ".join(_plan_edition(programme, rules, relations) for rules in judging)


_UNJUDGED = """SELECT NULL::BIGINT AS subject_id, NULL::BIGINT AS seq, NULL::DATE AS occurred_on, NULL::VARCHAR AS org,
    NULL::VARCHAR AS edition, NULL::VARCHAR AS class, NULL::VARCHAR AS form_code, NULL::VARCHAR AS refer WHERE FALSE"""
"""The judged rows of a programme that classifies nothing."""


def _plan_edition(programme: Programme, rules: Rules, relations: Relations) -> str:
    pack, values = rules.pack, rules.values
    classify = pack.classify
    assert classify is not None, "a programme without classes has nothing to judge"
    wanted = [row.when for row in classify.rows]
    if classify.form_code:
        wanted.append(pack.terms[classify.form_code].expression)
    own = {name: sql_name(name) for name in row_columns(pack, classify.form)}
    tests = [render_sql(row.when, own, values) for row in classify.rows]
    hit = " ".join(f"WHEN {test} THEN {place}" for place, test in enumerate(tests))
    code = "NULL" if not classify.form_code else render_sql(pack.terms[classify.form_code].expression, own, values)
    terms = plan_terms(rules, classify.form, wanted, relations)
    inner = (
        f"SELECT subject_id, seq, occurred_on, org, CASE {hit} END AS hit, {code} AS form_code FROM ({terms})"
        f" WHERE {in_force_sql(programme, rules)}"
    )
    # Editions stand one below the other: their columns are of one type.
    every = [row for item in programme.editions if item.pack.classify is not None for row in item.pack.classify.rows]
    edition = listed_text(pack.edition, editions_type(programme))
    names, kinds = listed_type(row.name for row in every), listed_type(["none", *(row.refer for row in every)])
    classes = _by_hit([listed_text(row.name, names) for row in classify.rows])
    refers = _by_hit([listed_text(row.refer, kinds) for row in classify.rows], listed_text("none", kinds))
    windows = "".join(_plan_windows(rules, task) for task in _contact_tasks(rules))
    return (
        f"SELECT subject_id, seq, occurred_on, org, {edition} AS edition, {classes} AS class,"
        f" form_code::VARCHAR AS form_code, {refers} AS refer{windows} FROM ({inner})"
    )


def editions_type(programme: Programme) -> str:
    """The SQL type of the name of one of a programme's editions."""
    return listed_type(rules.pack.edition for rules in programme.editions)


def _contact_tasks(rules: Rules) -> list[str]:
    assert rules.pack.classify is not None
    return sorted({task for row in rules.pack.classify.rows for task in row.windows})


def _plan_windows(rules: Rules, task: str) -> str:
    assert rules.pack.classify is not None
    windows = [row.windows.get(task) for row in rules.pack.classify.rows]
    return "".join(
        f", {_window_date(rules, windows, edge)} AS {sql_name(f'{task}_{edge}')}" for edge in ("opens", "due", "closes")
    )


def _window_date(rules: Rules, windows: Sequence[Window | None], edge: str) -> str:
    """Months and days depend on the class only, so the date is counted once from two small numbers."""
    lengths = [None if window is None else measure_offset(getattr(window, edge), rules) for window in windows]
    months = _by_hit(["NULL" if length is None else str(length.months) for length in lengths])
    days = _by_hit(["NULL" if length is None else str(length.days) for length in lengths])
    if all(length is None or length.months == 0 for length in lengths):
        return f"(occurred_on + {days}::INTEGER)"
    return f"((occurred_on + to_months({months}::INTEGER))::DATE + {days}::INTEGER)"


def _by_hit(results: Sequence[str], otherwise: str = "NULL") -> str:
    if len(set(results)) == 1 and otherwise == "NULL":
        return f"CASE WHEN hit IS NOT NULL THEN {results[0]} END"
    arms = " ".join(f"WHEN {place} THEN {result}" for place, result in enumerate(results))
    return f"(CASE hit {arms} ELSE {otherwise} END)"


def in_force_sql(programme: Programme, rules: Rules, on: str = "occurred_on") -> str:
    """True on the days on which an edition applies."""
    first, last = programme.days_of(rules)
    tests = [f"{on} >= DATE '{first}'"] if first else []
    tests += [f"{on} <= DATE '{last}'"] if last else []
    return f"({' AND '.join(tests)})" if tests else "TRUE"
