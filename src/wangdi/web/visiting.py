"""What a worklist says of one person: who and where, what is due and until when, the clause, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.labels import label_fields
from wangdi.app.worklists import ATTEMPT_FORM, Due, Told
from wangdi.core.dates import age_years
from wangdi.indicators.figures import Places
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

    def organisation_name(self, code: str) -> str:
        """An organisation's name on the day."""
        return self.places.organisations.name(code, self.on)


def show_visit(saying: Saying, visit: Sequence[Told]) -> dict[str, Any]:
    """One person of the list, from all that is due for them. Missing: an empty text where nobody said."""
    who, one = visit[0].who, visit[0].due
    return {
        "person_id": one.person_id,
        "name": who.name or one.person_id,
        "sex": saying.say(f"sex_{one.home.sex}") if one.home.sex in ("1", "2") else "",
        "age": age_years(one.home.birth_date, saying.on) if one.home.birth_date else None,
        "phone": who.phone,
        "address": who.address,
        "village": saying.region_name(one.home.division) if one.home.division else "",
        "tasks": [show_task(saying, row) for row in visit],
    }


def show_task(saying: Saying, told: Told) -> dict[str, Any]:
    """One thing due: its window, how it stands in words, the clause, and the readings the clause rests on."""
    row, why = told.due, told.why
    return {
        "title": told.title,
        "programme": saying.door.library.newest[row.programme].title,
        "opens": row.opens,
        "due": row.due,
        "closes": row.closes,
        "tone": "late" if row.overdue else "soon" if row.state == "ready" else "",
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
    return saying.say("opens_in", days=(row.opens - saying.on).days)


def _readings(saying: Saying, told: Told) -> dict[str, Any]:
    """What the record said that the clause was decided by, in the words of its form; denials apart, for they are long."""
    inputs = {name: value for name, value in told.why.get("inputs", {}).items() if name not in ("anchor_on", "fact_id")}
    classify = saying.door.library.newest[told.due.programme].classify
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
