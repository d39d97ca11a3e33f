"""What a worklist says of one person: who and where, what is due and until when, the clause, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.contact_checks import PROGRAMME, CheckDue
from wangdi.app.labels import label_fields
from wangdi.app.worklists import ATTEMPT_FORM, Due, Told
from wangdi.core.dates import age_years
from wangdi.indicators.figures import Places
from wangdi.outbreaks.investigation.following import COMPLETED
from wangdi.web.door import Door
from wangdi.web.tables import Column, Table
from wangdi.web.view import View
from wangdi.web.words import word


@dataclass(frozen=True, slots=True)
class Saying:
    """What it takes to say something about a visit: names, the day, and the reader's language."""

    door: Door
    places: Places
    view: View
    on: date
    known: int

    def say(self, key: str, **args: object) -> str:
        """A text of the worklist pages."""
        return word(self.view.lang, f"worklist.{key}", **args)

    def region_name(self, code: str) -> str:
        """An area's name on the day."""
        return self.places.regions.name(code, self.on)

    def programme_title(self, name: str) -> str:
        """What a programme is called; following contacts is none of the packs'."""
        return self.say("outbreak") if name == PROGRAMME else self.door.library.newest[name].title

    def organisation_name(self, code: str) -> str:
        """An organisation's name on the day."""
        return self.places.organisations.name(code, self.on)


def show_visit(saying: Saying, visit: Sequence[Told]) -> dict[str, Any]:
    """One person of the list, from all that is due for them. Missing: an empty text where nobody said."""
    who, one = visit[0].who, visit[0].due
    return {
        "person_id": one.person_id,
        "address_of": _address_of(one),
        "name": who.name or one.person_id or saying.say("nameless"),
        "sex": saying.say(f"sex_{one.home.sex}") if one.home.sex in ("1", "2") else "",
        "age": age_years(one.home.birth_date, saying.on) if one.home.birth_date else None,
        "phone": who.phone,
        "address": who.address,
        "village": saying.region_name(one.home.division) if one.home.division else "",
        "tasks": [show_task(saying, row) for row in visit],
    }


def _address_of(row: Due) -> str:
    """Where somebody is told of: a resident on their own page, a contact who is none on the event's."""
    if row.person_id or not isinstance(row, CheckDue):
        return f"/person/{row.person_id}"
    return f"/event/{row.event}"


def show_task(saying: Saying, told: Told) -> dict[str, Any]:
    """One thing due: its window, how it stands in words, the clause, and the readings the clause rests on."""
    row, why = told.due, told.why
    return {
        "title": told.title,
        "programme": saying.programme_title(row.programme),
        "opens": row.opens,
        "due": row.due,
        "closes": row.closes,
        "tone": "late" if row.overdue else "soon" if row.state == "ready" else "",
        "event": row.event if isinstance(row, CheckDue) else "",
        "state": state_words(saying, row),
        "clause": why.get("label", ""),
        "source": why.get("source", ""),
        "anchor_on": why.get("inputs", {}).get("anchor_on"),
        "fact_id": why.get("inputs", {}).get("fact_id"),
        **_readings(saying, told),
        "reason": _reason(saying, told.reason),
        "org": saying.organisation_name(row.org),
    }


def state_words(saying: Saying, row: Due) -> str:
    """How a thing stands on the day, in words, so that no colour is needed."""
    if row.overdue:
        return saying.say("overdue_by", days=(saying.on - row.due).days)
    if row.state == "ready":
        return saying.say("ready")
    if isinstance(row, CheckDue):
        return saying.say("completed" if row.state == COMPLETED else "not_reached")
    return saying.say("opens_in", days=(row.opens - saying.on).days)


def _readings(saying: Saying, told: Told) -> dict[str, Any]:
    """What the record said that the clause was decided by, in the words of its form; denials apart, for they are long."""
    inputs = {name: value for name, value in told.why.get("inputs", {}).items() if name not in ("anchor_on", "fact_id")}
    pack = saying.door.library.newest.get(told.due.programme)
    classify = pack.classify if pack is not None else None
    if not inputs or classify is None:
        return {"readings": [], "denied": []}
    form = saying.door.library.newest[told.due.programme].form(classify.form).full_name
    labelled = label_fields(saying.door.library, form, inputs, saying.view.lang)
    said = [
        (label, saying.say("yes") if value is True else f"{value}")
        for label, value in labelled.items()
        if value is not False
    ]
    return {"readings": said, "denied": [label for label, value in labelled.items() if value is False]}


def _reason(saying: Saying, code: str) -> str:
    """Why an earlier attempt came to nothing, in the words of the form."""
    if not code:
        return ""
    labelled = label_fields(saying.door.library, ATTEMPT_FORM, {"outcome": code}, saying.view.lang)
    said = str(next(iter(labelled.values())))
    return said.removeprefix(f"{code} ")


COLUMNS = (
    "person", "name", "sex", "age", "phone", "village", "address", "organisation", "programme", "task", "state", "opens",
    "due", "closes", "clause", "source", "reason",
)  # fmt: skip


def make_export(saying: Saying, visits: Sequence[Sequence[Told]], name: str) -> Table:
    """The list as a file: one row for each thing due."""
    columns = [Column(key, saying.say(f"column_{key}")) for key in COLUMNS]
    rows = [
        _export_row(visit[0].who.name, who, task)
        for visit in visits
        for who in (show_visit(saying, visit),)
        for task in who["tasks"]
    ]
    return Table(columns, rows, name=name)


def _export_row(name: str, who: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: who[key] for key in ("sex", "age", "phone", "village", "address")},
        **{key: task[key] for key in COLUMNS if key in task},
        "person": who["person_id"],
        "name": name,
        "organisation": task["org"],
        "task": task["title"],
    }
