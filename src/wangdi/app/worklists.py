"""What is due at an institution on a day, person by person, each row with the clause that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.questions import read_places
from wangdi.app.rolls import Home, put_registrations, read_roll
from wangdi.core.problem import Problem, Refusal
from wangdi.language.names import fields_behind, nearest_name
from wangdi.language.rules import Programme, asking_rules
from wangdi.link.people import parse_person, show_person
from wangdi.programmes.worklist import explain_due, plan_due
from wangdi.store.workspace import sql_name, sql_text, sql_texts

ATTEMPT_FORM = "health_record.contact_attempt"
_ASKED = ("programme", "task", "anchor_on", "opens", "org", "due", "closes", "state", "overdue", "rule")


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do for one person. ``trip``: all rows of a person that one visit can serve carry the same number.

    ``anchor_on``, ``rule``: the day the window was counted from, and what asks. ``reason``: why an earlier attempt in this
    window failed, as a code of the form. Missing: who the person is, until :func:`name_rows`; why, until :func:`fill_rows`.
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

    The rows bear no names and no reasons yet. Order: the person whose first window closes soonest comes first; a person's
    rows stand together, so that one trip serves all that is due. Errors: FIG-002 when no organisation has the code.
    """
    places = read_places(standing.city, standing.known)
    tree = places.organisations
    if org not in tree.rows:
        near = nearest_name(org, tree.rows)
        raise Refusal(Problem(code="FIG-002", args={"code": f"{org}（{near}？）" if near else org}))
    orgs = [org, *(row.code for row in tree.descendants(org, on))]
    derived, until = derive(standing), on + timedelta(days=within)
    test = f"list_contains({sql_texts(orgs)}::VARCHAR[], o.org)"
    due = " UNION ALL ".join(
        f"SELECT {sql_text(name)} AS programme, * FROM ({plan_due(derived.table(name, 'obligation'), on, until, test)})"
        for name in standing.enrolling
    )
    if not due:
        return []
    found = standing.workspace.rows(
        f"SELECT subject_id, min(closes) OVER (PARTITION BY subject_id) AS soonest, {', '.join(_ASKED)} FROM ({due})"
        " ORDER BY soonest, subject_id, closes, programme, task"
    )
    homes = read_roll(derived).homes_of({row[0] for row in found})
    trips = {person: place for place, person in enumerate(dict.fromkeys(row[0] for row in found), 1)}
    return [
        _due(standing, (person, homes.get(person, Home())), trips[person], dict(zip(_ASKED, said, strict=True)))
        for person, _, *said in found
    ]


def _due(standing: Standing, whose: tuple[int, Home], trip: int, row: Mapping[str, Any]) -> Due:
    person, home = whose
    rules = asking_rules(standing.programmes[row["programme"]], row["task"], (row["anchor_on"], row["opens"]))
    return Due(
        person_id=show_person(person),
        name="",
        phone="",
        address="",
        org=row["org"],
        programme=row["programme"],
        task=row["task"],
        title=rules.pack.schedule[row["task"]].title,
        due=row["due"],
        opens=row["opens"],
        closes=row["closes"],
        state=row["state"],
        overdue=bool(row["overdue"]),
        trip=trip,
        anchor_on=row["anchor_on"],
        rule=row["rule"],
        sex=home.sex,
        birth_date=home.birth_date,
        division=home.division,
    )


def name_rows(standing: Standing, rows: Sequence[Due]) -> list[Due]:
    """The same rows with who the people are and how to reach them; texts are empty where nobody said."""
    people = _ask_about(derive(standing), rows)
    residents = _residents(derive(standing)) if rows else {}
    return [_named(row, residents.get(people[row.person_id], {})) for row in rows]


def fill_rows(standing: Standing, rows: Sequence[Due], on: date) -> list[Due]:
    """The same rows with who the people are, the clause that asks, the reading it rests on, and why an earlier attempt in
    the window failed.

    Looked up apart from the rows themselves: a page shows fifty people of a list of thousands.
    """
    if not rows:
        return []
    derived = derive(standing)
    people = _ask_about(derived, rows)
    residents = _residents(derived)
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
        explained.append(_named(replace(row, why=why, reason=tried[-1] if tried else ""), residents.get(person, {})))
    return explained


def _named(row: Due, said: Mapping[str, str]) -> Due:
    return replace(row, name=said.get("name", ""), phone=said.get("phone", ""), address=said.get("address", ""))


Anchors = dict[tuple[int, date], dict[str, Any]]


def _ask_about(derived: Derived, rows: Sequence[Due]) -> dict[str, int]:
    """Put the registrations of these people into the table ``asked``: links are read once, not for every question.
    Answers the people's numbers.
    """
    people = {row.person_id: parse_person(row.person_id) or 0 for row in rows}
    put_registrations(derived, "asked", people.values())
    return people


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
    found: dict[int, list[tuple[date, str]]] = {}
    for person, day, outcome in standing.workspace.rows(
        f"SELECT a.person_id, f.occurred_on, f.outcome FROM {standing.facts(form)} f JOIN asked a USING (registration_id)"
        f" WHERE f.occurred_on <= DATE '{on}' ORDER BY f.occurred_on, f.seq"
    ):
        found.setdefault(person, []).append((day, outcome))
    return found


def _residents(derived: Derived) -> dict[int, dict[str, str]]:
    """Name, phone and address of the people asked about, each from the latest registration that has it: whom to look for, and
    where. By person. Missing: what nobody said.
    """
    said = ("name", "phone", "address")
    latest = ", ".join(f"arg_max(f.{name}, f.seq) AS {name}" for name in said)
    rows = derived.standing.workspace.rows(
        f"SELECT a.person_id, {latest} FROM {derived.standing.registrations} f JOIN asked a USING (registration_id) GROUP BY 1"
    )
    return {
        person: {name: value for name, value in zip(said, values, strict=True) if value is not None}
        for person, *values in rows
    }
