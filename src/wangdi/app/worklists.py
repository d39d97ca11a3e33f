"""What is due at an institution on a day, person by person, each row with the clause that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.questions import read_places
from wangdi.app.rolls import Home, put_registrations, read_roll
from wangdi.core.heap import making_many
from wangdi.core.problem import Problem, Refusal
from wangdi.language.names import fields_behind, nearest_name
from wangdi.language.rules import Programme, asking_rules
from wangdi.link.people import show_person
from wangdi.programmes.worklist import explain_due, plan_due
from wangdi.store.facts import Range
from wangdi.store.workspace import sql_name, sql_text

ASKED = "asked"
"""The table of the registrations of those a page asks about."""
ATTEMPT_FORM = "health_record.contact_attempt"
_COLUMNS = ("programme", "task", "anchor_on", "opens", "org", "due", "closes", "state", "overdue", "rule")
"""In the order :class:`Due` has them."""
NOWHERE = Home()


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do for one person. ``trip``: all rows of a person that one visit can serve carry the same number.

    ``anchor_on``, ``rule``: the day the window was counted from, and what asks. ``home``: sex, birth date and village.
    """

    person: int
    home: Home
    trip: int
    programme: str
    task: str
    anchor_on: date
    opens: date
    org: str
    due: date
    closes: date
    state: str
    overdue: bool
    rule: str

    @property
    def person_id(self) -> str:
        """The person's number as people read it."""
        return show_person(self.person)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom to look for, and where. Missing: an empty text where nobody said."""

    name: str = ""
    phone: str = ""
    address: str = ""


NOBODY_SAID = Reach()


@dataclass(frozen=True, slots=True)
class Told:
    """A thing to do with all a reader wants to know of it.

    ``why``: the clause that asks, and the reading it rests on. ``reason``: why an earlier attempt in this window failed, as a
    code of the form; empty when none did.
    """

    due: Due
    who: Reach
    title: str
    why: dict[str, Any]
    reason: str


def find_due(standing: Standing, org: str, on: date, within: int = 0) -> list[Due]:
    """The worklist of an institution and those under it: everything open on ``on``, and what opens ``within`` days.

    Order: the person whose first window closes soonest comes first; a person's rows stand together, so that one trip serves
    all that is due. Errors: FIG-002 when no organisation has the code.
    """
    places = read_places(standing.city, standing.known)
    tree = places.organisations
    if org not in tree.rows:
        near = nearest_name(org, tree.rows)
        raise Refusal(Problem(code="FIG-002", args={"code": f"{org}（{near}？）" if near else org}))
    orgs = [org, *(row.code for row in tree.descendants(org, on))]
    derived, until = derive(standing), on + timedelta(days=within)
    test = f"o.org IN ({', '.join(map(sql_text, orgs))})"
    due = " UNION ALL ".join(
        f"SELECT {sql_text(name)} AS programme, * FROM ({plan_due(derived.table(name, 'obligation'), on, until, test)})"
        for name in standing.enrolling
    )
    if not due:
        return []
    found = standing.workspace.rows(
        f"SELECT subject_id, min(closes) OVER (PARTITION BY subject_id) AS soonest, {', '.join(_COLUMNS)} FROM ({due})"
        " ORDER BY soonest, subject_id, closes, programme, task"
    )
    homes = read_roll(derived).homes_of({row[0] for row in found})
    trips = {person: place for place, person in enumerate(dict.fromkeys(row[0] for row in found), 1)}
    with making_many():
        return [Due(person, homes.get(person, NOWHERE), trips[person], *said) for person, _, *said in found]


def find_reach(standing: Standing, rows: Sequence[Due]) -> dict[int, Reach]:
    """Who the people of these rows are and how to reach them, by person. Missing: people of whom nobody said anything."""
    if not rows:
        return {}
    derived = derive(standing)
    asked = put_registrations(derived, ASKED, {row.person for row in rows})
    return _read_reach(derived, asked.near)


def tell_due(standing: Standing, rows: Sequence[Due], on: date) -> list[Told]:
    """The same things with who the people are, the clause that asks, the reading it rests on, and why an earlier attempt in
    the window failed.

    Looked up apart from the rows themselves: a page shows fifty people of a list of thousands.
    """
    if not rows:
        return []
    derived = derive(standing)
    near = put_registrations(derived, ASKED, {row.person for row in rows}).near
    reach = _read_reach(derived, near)
    anchors = {
        name: _anchor_rows(derived, standing.programmes[name], [row for row in rows if row.programme == name], near)
        for name in dict.fromkeys(row.programme for row in rows)
    }
    attempts = _attempts(derived, on, near)
    told = []
    for row in rows:
        rules = asking_rules(standing.programmes[row.programme], row.task, (row.anchor_on, row.opens))
        asked = {"task": row.task, "rule": row.rule, "anchor_on": row.anchor_on}
        why = explain_due(rules, asked, anchors[row.programme].get((row.person, row.anchor_on), {}))
        tried = [outcome for day, outcome in attempts.get(row.person, []) if day >= row.opens]
        title, reason = rules.pack.schedule[row.task].title, tried[-1] if tried else ""
        told.append(Told(row, reach.get(row.person, NOBODY_SAID), title, why, reason))
    return told


Anchors = dict[tuple[int, date], dict[str, Any]]


def _anchor_rows(derived: Derived, programme: Programme, due: Sequence[Due], near: Sequence[Range]) -> Anchors:
    """The visits that anchored something, with the readings their class rests on, by person and day."""
    days = [row.anchor_on for row in due if row.rule.startswith("class:")]
    classify = programme.newest.pack.classify
    if classify is None or not days:
        return {}
    pack, standing = programme.newest.pack, derived.standing
    form = pack.form(classify.form)
    fields = sorted({name for row in classify.rows for name in fields_behind(pack, row.when)} & form.fields.keys())
    said = ", ".join(f"f.{sql_name(name)}" for name in fields)
    facts = f"{standing.facts(form, fields, near)} f JOIN {ASKED} a USING (registration_id)"
    rows = standing.workspace.rows(
        f"SELECT a.person_id, f.occurred_on, f.seq, {said} FROM {facts}"
        f" WHERE f.occurred_on BETWEEN DATE '{min(days)}' AND DATE '{max(days)}' ORDER BY f.seq"
    )
    names = ("fact_id", *fields)
    return {
        (person, day): {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for person, day, *values in rows
    }


def _attempts(derived: Derived, on: date, near: Sequence[Range]) -> dict[int, list[tuple[date, str]]]:
    standing = derived.standing
    form = standing.library.forms.get(ATTEMPT_FORM)
    if form is None:
        return {}
    found: dict[int, list[tuple[date, str]]] = {}
    facts = f"{standing.facts(form, ['outcome'], near)} f JOIN {ASKED} a USING (registration_id)"
    for person, day, outcome in standing.workspace.rows(
        f"SELECT a.person_id, f.occurred_on, f.outcome FROM {facts}"
        f" WHERE f.occurred_on <= DATE '{on}' ORDER BY f.occurred_on, f.seq"
    ):
        found.setdefault(person, []).append((day, outcome))
    return found


def _read_reach(derived: Derived, near: Sequence[Range]) -> dict[int, Reach]:
    """Of the people asked about, each thing from the latest registration that has it."""
    said = ("name", "phone", "address")
    latest = ", ".join(f"coalesce(arg_max(f.{name}, f.seq), '')" for name in said)
    registrations = derived.standing.registrations_near(near)
    rows = derived.standing.workspace.rows(
        f"SELECT a.person_id, {latest} FROM {registrations} f JOIN {ASKED} a USING (registration_id) GROUP BY 1"
    )
    return {person: Reach(*texts) for person, *texts in rows}
