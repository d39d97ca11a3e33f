"""What is due at an institution on a day, person by person, each row with the clause that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.questions import read_places
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.tables import table_of
from wangdi.language.names import fields_behind, nearest_name
from wangdi.language.rules import Programme
from wangdi.link.people import show_person
from wangdi.programmes.worklist import explain_due, plan_due
from wangdi.store.workspace import sql_name, sql_texts

ATTEMPT_FORM = "health_record.contact_attempt"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do for one person. ``trip``: all rows of a person that one visit can serve carry the same number."""

    person_id: str
    org: str
    programme: str
    task: str
    title: str
    due: date
    opens: date
    closes: date
    state: str
    overdue: bool
    reason: str
    trip: int
    why: dict[str, Any] = field(default_factory=dict)


def list_due(standing: Standing, org: str, on: date, within: int = 0) -> list[Due]:
    """The worklist of an institution and those under it: everything open on ``on``, and what opens ``within`` days.

    Order: the person whose first window closes soonest comes first; a person's rows stand together, so that one trip
    serves all that is due. ``reason``: why an earlier attempt in this window failed, in the words of the form.
    Errors: FIG-002 when no organisation has the code.
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
    people = list({row["subject_id"] for _, row in found})
    readings = {name: _anchor_rows(derived, standing.programmes[name], people) for name in {name for name, _ in found}}
    attempts = _attempts(derived, people, on)
    first: dict[int, date] = {}
    for _, row in found:
        first[row["subject_id"]] = min(row["closes"], first.get(row["subject_id"], date.max))
    found.sort(
        key=lambda item: (first[item[1]["subject_id"]], item[1]["subject_id"], item[1]["closes"], item[1]["task"])
    )
    trips = {person: place for place, person in enumerate(dict.fromkeys(row["subject_id"] for _, row in found), 1)}
    return [
        _due(standing.programmes[name], row, trips[row["subject_id"]], (readings[name], attempts))
        for name, row in found
    ]


Anchors = dict[tuple[int, date], dict[str, Any]]
Attempts = dict[int, list[tuple[date, str]]]


def _due(programme: Programme, row: dict[str, Any], trip: int, known: tuple[Anchors, Attempts]) -> Due:
    anchors, attempts = known
    rules = programme.in_force(row["anchor_on"]) or programme.newest
    task = rules.pack.schedule.get(row["task"]) or programme.newest.pack.schedule[row["task"]]
    tried = [outcome for day, outcome in attempts.get(row["subject_id"], []) if day >= row["opens"]]
    return Due(
        person_id=show_person(row["subject_id"]),
        org=row["org"],
        programme=programme.id,
        task=row["task"],
        title=task.title,
        due=row["due"],
        opens=row["opens"],
        closes=row["closes"],
        state=row["state"],
        overdue=bool(row["overdue"]),
        reason=tried[-1] if tried else "",
        trip=trip,
        why=explain_due(rules, row, anchors.get((row["subject_id"], row["anchor_on"]), {})),
    )


def _anchor_rows(derived: Derived, programme: Programme, people: Sequence[int]) -> Anchors:
    """The visits that anchored something, with the readings their class rests on, by person and day."""
    classify = programme.newest.pack.classify
    if classify is None:
        return {}
    pack, standing = programme.newest.pack, derived.standing
    form = pack.form(classify.form)
    fields = sorted({name for row in classify.rows for name in fields_behind(pack, row.when)} & form.fields.keys())
    said = ", ".join(f"f.{sql_name(name)}" for name in fields)
    rows = standing.workspace.dicts(
        f"SELECT l.person_id, f.seq AS fact_id, f.occurred_on, {said} FROM {standing.facts(form)} f"
        f" JOIN (SELECT * FROM {derived.links} WHERE {_among(people)}) l USING (registration_id) ORDER BY f.seq"
    )
    return {
        (row.pop("person_id"), row.pop("occurred_on")): {key: value for key, value in row.items() if value is not None}
        for row in rows
    }


def _attempts(derived: Derived, people: Sequence[int], on: date) -> Attempts:
    standing = derived.standing
    form = standing.library.forms.get(ATTEMPT_FORM)
    if form is None:
        return {}
    sql = standing.city.facts_sql(standing.workspace, table_of(form), standing.known)
    found: Attempts = {}
    for person, day, outcome in standing.workspace.rows(
        f"SELECT l.person_id, f.occurred_on, f.outcome FROM ({sql}) f"
        f" JOIN (SELECT * FROM {derived.links} WHERE {_among(people)}) l USING (registration_id)"
        f" WHERE f.occurred_on <= DATE '{on}' ORDER BY f.occurred_on, f.seq"
    ):
        found.setdefault(person, []).append((day, outcome))
    return found


def _among(people: Sequence[int]) -> str:
    return f"person_id IN ({', '.join(map(str, people))})"
