"""One person: what each institution knows of them, every current record, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.questions import as_of_number
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.tables import table_of
from wangdi.link.people import show_person as show_number
from wangdi.programmes.worklist import plan_due
from wangdi.store.workspace import sql_name


def show_person(standing: Standing, person: int, on: date | None = None) -> dict[str, Any]:
    """Everything known of one person: registrations, current facts of every form in order, what is due on a day.

    Identifying attributes come from the registrations, facts from the forms; nothing is cached.
    Errors: FIG-004 when there is nobody of that number.
    """
    derived = derive(standing)
    workspace = standing.workspace
    found = workspace.dicts(f"SELECT * FROM {derived.people} WHERE person_id = {int(person)}")
    if not found:
        raise Refusal(Problem(code="FIG-004", args={"person": show_number(person)}))
    mine = [
        row[0] for row in workspace.rows(f"SELECT registration_id FROM {derived.links} WHERE person_id = {int(person)}")
    ]
    said = found[0]
    said.pop("person_id")
    return {
        "person": {"person_id": show_number(person), **said},
        "registrations": _registrations(standing, mine),
        "facts": _facts(standing, mine),
        "due": _due(derived, person, on or as_of_number(standing.city, standing.known)),
    }


def _among(registrations: Sequence[int]) -> str:
    return f"registration_id IN ({', '.join(map(str, registrations))})"


def _registrations(standing: Standing, mine: Sequence[int]) -> list[dict[str, Any]]:
    """Each institution's knowledge of the person: of every attribute the latest it said; a later file that has no column
    for a name does not unsay the name.
    """
    sql = standing.city.facts_sql(standing.workspace, REGISTRATION_TABLE, standing.known)
    latest = ", ".join(f"arg_max({name}, seq) AS {name}" for name, _ in REGISTRATION_TABLE.columns)
    return standing.workspace.dicts(
        f"SELECT max(seq) AS fact_id, registration_id, arg_max(org, seq) AS org, {latest}"
        f" FROM ({sql}) WHERE {_among(mine)} GROUP BY registration_id ORDER BY fact_id"
    )


def _facts(standing: Standing, mine: Sequence[int]) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    kept = {segment.table for segment in standing.city.segments()} | standing.city.waiting_entries().keys()
    for form in standing.library.forms.values():
        if form.full_name not in kept:  # nobody ever sent one: not worth a question
            continue
        table = table_of(form)
        fields = ", ".join(sql_name(name) for name, _ in table.columns)
        sql = standing.city.facts_sql(standing.workspace, table, standing.known)
        for row in standing.workspace.dicts(
            f"SELECT seq, occurred_on, org, recorder, {fields} FROM ({sql}) WHERE {_among(mine)}"
        ):
            values = {name: row[name] for name, _ in table.columns if row[name] is not None}
            head = {"fact_id": row["seq"], "form": form.full_name, "title": form.title}
            facts.append({**head, "occurred_on": row["occurred_on"], "org": row["org"], "fields": values})
    return sorted(facts, key=lambda fact: (fact["occurred_on"] or date.min, fact["fact_id"]))


def _due(derived: Derived, person: int, on: date) -> list[dict[str, Any]]:
    due: list[dict[str, Any]] = []
    for name in derived.standing.enrolling:
        rows = plan_due(derived.table(name, "obligation"), on, on, f"o.subject_id = {int(person)}")
        due += [{"programme": name, **row} for row in derived.standing.workspace.dicts(rows)]
    for row in due:
        row.pop("subject_id", None)
    return sorted(due, key=lambda row: (row["due"], row["task"]))
