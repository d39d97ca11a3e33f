"""What is due at an institution on a day, person by person, each row with the clause that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.questions import read_places
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.tables import table_of
from wangdi.language.names import fields_behind, nearest_name
from wangdi.language.rules import Programme, asking_rules
from wangdi.link.people import parse_person, show_person
from wangdi.programmes.worklist import explain_due, plan_due
from wangdi.store.workspace import sql_name, sql_texts

ATTEMPT_FORM = "health_record.contact_attempt"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do for one person. ``trip``: all rows of a person that one visit can serve carry the same number.

    ``anchor_on``, ``rule``: the day the window was counted from, and what asks. ``reason``: why an earlier attempt in this
    window failed, as a code of the form.
    """

    person_id: str
    name: str
    phone: str
    address: str
    org: str
    programme: str
    task: str
    title: str
    due: date
    opens: date
    closes: date
    state: str
    overdue: bool
    trip: int
    anchor_on: date
    rule: str
    reason: str = ""
    why: dict[str, Any] = field(default_factory=dict)
    sex: str = ""
    birth_date: date | None = None
    division: str = ""
    """The village one lives in, by code; empty where nobody said."""


def find_due(standing: Standing, org: str, on: date, within: int = 0) -> list[Due]:
    """The worklist of an institution and those under it: everything open on ``on``, and what opens ``within`` days.

    The rows bear no reasons yet: :func:`give_reasons`. Order: the person whose first window closes soonest comes first;
    a person's rows stand together, so that one trip serves all that is due. Errors: FIG-002 when no organisation has the code.
    """
    places = read_places(standing.city, standing.known)
    tree = places.organisations
    if org not in tree.rows:
        near = nearest_name(org, tree.rows)
        raise Refusal(Problem(code="FIG-002", args={"code": f"{org}（{near}？）" if near else org}))
    orgs = [org, *(row.code for row in tree.descendants(org, on))]
    derived = derive(standing)
    found: list[tuple[str, dict[str, Any]]] = []
    for name in standing.enrolling:
        test = f"list_contains({sql_texts(orgs)}::VARCHAR[], o.org)"
        plan = plan_due(derived.table(name, "obligation"), on, on + timedelta(days=within), test)
        found += [(name, row) for row in standing.workspace.dicts(plan)]
    if not found:
        return []
    _ask_about(derived, {row["subject_id"] for _, row in found})
    residents = _residents(derived)
    first: dict[int, date] = {}
    for _, row in found:
        first[row["subject_id"]] = min(row["closes"], first.get(row["subject_id"], date.max))
    found.sort(
        key=lambda item: (first[item[1]["subject_id"]], item[1]["subject_id"], item[1]["closes"], item[1]["task"])
    )
    trips = {person: place for place, person in enumerate(dict.fromkeys(row["subject_id"] for _, row in found), 1)}
    return [
        _due(standing.programmes[name], row, trips[row["subject_id"]], residents.get(row["subject_id"], {}))
        for name, row in found
    ]


def _due(programme: Programme, row: dict[str, Any], trip: int, resident: dict[str, Any]) -> Due:
    rules = asking_rules(programme, row["task"], (row["anchor_on"], row["opens"]))
    return Due(
        person_id=show_person(row["subject_id"]),
        name=resident.get("name") or "",
        phone=resident.get("phone") or "",
        address=resident.get("address") or "",
        org=row["org"],
        programme=programme.id,
        task=row["task"],
        title=rules.pack.schedule[row["task"]].title,
        due=row["due"],
        opens=row["opens"],
        closes=row["closes"],
        state=row["state"],
        overdue=bool(row["overdue"]),
        trip=trip,
        anchor_on=row["anchor_on"],
        rule=str(row["rule"]),
        sex=resident.get("sex") or "",
        birth_date=resident.get("birth_date"),
        division=resident.get("division") or "",
    )


def give_reasons(standing: Standing, rows: Sequence[Due], on: date) -> list[Due]:
    """The same rows with the clause that asks, the reading it rests on, and why an earlier attempt in the window failed.

    Looked up apart from the rows themselves: a page shows fifty people of a list of thousands.
    """
    if not rows:
        return []
    derived = derive(standing)
    people = {row.person_id: parse_person(row.person_id) or 0 for row in rows}
    _ask_about(derived, set(people.values()))
    anchors = {
        name: _anchor_rows(derived, standing.programmes[name], [row for row in rows if row.programme == name])
        for name in dict.fromkeys(row.programme for row in rows)
    }
    attempts = _attempts(derived, on)
    explained = []
    for row in rows:
        person, programme = people[row.person_id], standing.programmes[row.programme]
        rules = asking_rules(programme, row.task, (row.anchor_on, row.opens))
        asked = {"task": row.task, "rule": row.rule, "anchor_on": row.anchor_on}
        why = explain_due(rules, asked, anchors[row.programme].get((person, row.anchor_on), {}))
        tried = [outcome for day, outcome in attempts.get(person, []) if day >= row.opens]
        explained.append(replace(row, why=why, reason=tried[-1] if tried else ""))
    return explained


Anchors = dict[tuple[int, date], dict[str, Any]]


def _ask_about(derived: Derived, people: set[int]) -> None:
    """Put the registrations of these people into the table ``asked``: links are read once, not for every question."""
    workspace = derived.standing.workspace
    workspace.create_table("asked_person", {"person_id": "BIGINT"}, [[person] for person in sorted(people)])
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE asked AS SELECT registration_id, person_id"
        f" FROM {derived.links} SEMI JOIN asked_person USING (person_id)"
    )


def _anchor_rows(derived: Derived, programme: Programme, due: Sequence[Due]) -> Anchors:
    """The visits that anchored something, with the readings their class rests on, by person and day."""
    days = [row.anchor_on for row in due if row.rule.startswith("class:")]
    classify = programme.newest.pack.classify
    if classify is None or not days:
        return {}
    pack, standing = programme.newest.pack, derived.standing
    form = pack.form(classify.form)
    fields = sorted({name for row in classify.rows for name in fields_behind(pack, row.when)} & form.fields.keys())
    said = ", ".join(f"f.{sql_name(name)}" for name in fields)
    rows = standing.workspace.rows(
        f"SELECT a.person_id, f.occurred_on, f.seq, {said} FROM {standing.facts(form)} f JOIN asked a USING (registration_id)"
        f" WHERE f.occurred_on BETWEEN DATE '{min(days)}' AND DATE '{max(days)}' ORDER BY f.seq"
    )
    names = ("fact_id", *fields)
    return {
        (person, day): {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for person, day, *values in rows
    }


def _attempts(derived: Derived, on: date) -> dict[int, list[tuple[date, str]]]:
    standing = derived.standing
    form = standing.library.forms.get(ATTEMPT_FORM)
    if form is None:
        return {}
    sql = standing.city.facts_sql(standing.workspace, table_of(form), standing.known)
    found: dict[int, list[tuple[date, str]]] = {}
    for person, day, outcome in standing.workspace.rows(
        f"SELECT a.person_id, f.occurred_on, f.outcome FROM ({sql}) f JOIN asked a USING (registration_id)"
        f" WHERE f.occurred_on <= DATE '{on}' ORDER BY f.occurred_on, f.seq"
    ):
        found.setdefault(person, []).append((day, outcome))
    return found


def _residents(derived: Derived) -> dict[int, dict[str, Any]]:
    """Name, phone and address by person, each from the latest registration that has it, with sex, birth date and village:
    whom to look for, and where.
    """
    standing = derived.standing
    sql = standing.city.facts_sql(standing.workspace, REGISTRATION_TABLE, standing.known)
    said, known = ("name", "phone", "address"), ("sex", "birth_date", "division")
    latest = ", ".join(f"arg_max(f.{name}, f.seq) AS {name}" for name in said)
    rows = standing.workspace.rows(
        f"SELECT person_id, {', '.join((*said, *known))} FROM (SELECT a.person_id, {latest}"
        f" FROM ({sql}) f JOIN asked a USING (registration_id) GROUP BY 1)"
        f" LEFT JOIN (SELECT person_id, {', '.join(known)} FROM {derived.people} SEMI JOIN asked_person USING (person_id))"
        " USING (person_id)"
    )
    return {person: dict(zip((*said, *known), values, strict=True)) for person, *values in rows}
