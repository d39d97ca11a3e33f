"""One person: what each institution knows of them, every current record, what is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.app.golden import choose_golden
from wangdi.app.link_decisions import find_successors
from wangdi.app.questions import as_of_number
from wangdi.app.rolls import read_roll
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.tables import table_of
from wangdi.language.model import Form
from wangdi.link.people import show_person as show_number
from wangdi.programmes.worklist import plan_due
from wangdi.store.workspace import sql_text

Row = dict[str, Any]
_WHO, _DUE = ":who", ":due"
"""Names of questions beside the forms' names."""


def show_person(standing: Standing, person: int, on: date | None = None) -> dict[str, Any]:
    """Everything known of one person: what is taken to be so of who they are, and who says it; registrations; current facts of
    every form in order; what is due on a day.

    Identifying attributes come from the registrations, facts from the forms; nothing is cached.
    Errors: FIG-004 when there is nobody of that number, FIG-008 when the number became another.
    """
    derived, workspace = derive(standing), standing.workspace
    on = on or as_of_number(standing.city, standing.known)
    own = f"o.subject_id = {int(person)}"
    mine = [registration for registration, _ in read_roll(derived).registrations_of([person])]
    tables = [table_of(form) for form in standing.library.forms.values()]
    about = standing.city.facts_about(workspace, mine, [REGISTRATION_TABLE, *tables], standing.known)
    due = " UNION ALL ".join(
        f"SELECT {sql_text(name)} AS programme, * FROM ({plan_due(derived.table(name, 'obligation'), on, on, own)})"
        for name in standing.enrolling
    )
    who = f"SELECT * FROM {derived.people} WHERE person_id = {int(person)}"
    answers = workspace.answers(about | {_WHO: who} | ({_DUE: due} if due else {}))
    if not answers[_WHO]:
        _refuse_nobody(standing, person)
    said = answers[_WHO][0]
    said.pop("person_id")
    return {
        "person": {"person_id": show_number(person), **said},
        "golden": choose_golden(answers.get(REGISTRATION_TABLE.name, ())),
        "registrations": _registrations(answers.get(REGISTRATION_TABLE.name, ())),
        "facts": _facts(standing.library.forms.values(), answers),
        "due": _due(answers.get(_DUE, ())),
    }


def _refuse_nobody(standing: Standing, person: int) -> None:
    """Errors: FIG-008 where those of the number were joined with others or parted since, FIG-004 where nobody ever had it."""
    now = find_successors(standing, person)
    if now:
        said = {"person": show_number(person), "now": ", ".join(map(show_number, now))}
        raise Refusal(Problem(code="FIG-008", args=said))
    raise Refusal(Problem(code="FIG-004", args={"person": show_number(person)}))


def _registrations(versions: Iterable[Row]) -> list[Row]:
    """Each institution's knowledge of the person: of every attribute the latest it said; a later file that has no column
    for a name does not unsay the name.
    """
    names = ("registration_id", "org", *(name for name, _ in REGISTRATION_TABLE.columns))
    latest: dict[int, Row] = {}
    for row in sorted(versions, key=lambda row: row["seq"]):
        known = latest.setdefault(row["registration_id"], {"fact_id": 0, **dict.fromkeys(names)})
        known.update({name: row[name] for name in names if row[name] is not None}, fact_id=row["seq"])
    return sorted(latest.values(), key=lambda known: known["fact_id"])


def _facts(forms: Iterable[Form], answers: Mapping[str, Sequence[Row]]) -> list[Row]:
    facts: list[Row] = []
    for form in forms:
        names = [name for name, _ in table_of(form).columns]
        for row in answers.get(form.full_name, ()):
            values = {name: row[name] for name in names if row[name] is not None}
            head = {"fact_id": row["seq"], "form": form.full_name, "title": form.title}
            facts.append({**head, "occurred_on": row["occurred_on"], "org": row["org"], "fields": values})
    return sorted(facts, key=lambda fact: (fact["occurred_on"] or date.min, fact["fact_id"]))


def _due(rows: Iterable[Row]) -> list[Row]:
    due = [{name: value for name, value in row.items() if name != "subject_id"} for row in rows]
    return sorted(due, key=lambda row: (row["due"], row["task"]))
