"""What a worklist says of one person: who and where, what is due and until when, the clause, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.labels import label_fields
from wangdi.app.visits import Visit
from wangdi.app.worklists import ATTEMPT_FORM, Due
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


def show_visit(saying: Saying, visit: Visit) -> dict[str, Any]:
    """One person of the list. Missing: an empty text where nobody said."""
    who = visit.who
    return {
        "person_id": visit.person_id,
        "name": who.name or visit.person_id,
        "sex": saying.say(f"sex_{who.sex}") if who.sex in ("1", "2") else "",
        "age": age_years(who.birth_date, saying.on) if who.birth_date else None,
        "phone": who.phone,
        "address": who.address,
        "village": saying.region_name(who.division) if who.division else "",
        "overdue": visit.overdue,
        "tasks": [show_task(saying, row) for row in visit.tasks],
    }


def show_task(saying: Saying, row: Due) -> dict[str, Any]:
    """One thing due: its window, how it stands in words, the clause, and the readings the clause rests on."""
    tone = "late" if row.overdue else "soon" if row.state == "ready" else ""
    why = row.why
    return {
        "title": row.title,
        "programme": saying.door.library.newest[row.programme].title,
        "opens": row.opens,
        "due": row.due,
        "closes": row.closes,
        "tone": tone,
        "state": state_words(saying, row),
        "clause": why.get("label", ""),
        "source": why.get("source", ""),
        "anchor_on": why.get("inputs", {}).get("anchor_on"),
        "fact_id": why.get("inputs", {}).get("fact_id"),
        **_readings(saying, row),
        "reason": _reason(saying, row),
        "org": saying.organisation_name(row.org),
    }


def state_words(saying: Saying, row: Due) -> str:
    """How a thing stands on the day, in words, so that no colour is needed."""
    if row.overdue:
        return saying.say("overdue_by", days=(saying.on - row.due).days)
    if row.state == "ready":
        return saying.say("ready")
    return saying.say("opens_in", days=(row.opens - saying.on).days)


def _readings(saying: Saying, row: Due) -> dict[str, Any]:
    """What the record said that the clause was decided by, in the words of its form; denials apart, for they are long."""
    inputs = {name: value for name, value in row.why.get("inputs", {}).items() if name not in ("anchor_on", "fact_id")}
    classify = saying.door.library.newest[row.programme].classify
    if not inputs or classify is None:
        return {"readings": [], "denied": []}
    form = saying.door.library.newest[row.programme].form(classify.form).full_name
    labelled = label_fields(saying.door.library, form, inputs, saying.view.lang)
    said = [
        (label, saying.say("yes") if value is True else f"{value}")
        for label, value in labelled.items()
        if value is not False
    ]
    return {"readings": said, "denied": [label for label, value in labelled.items() if value is False]}


def _reason(saying: Saying, row: Due) -> str:
    """Why an earlier attempt came to nothing, in the words of the form."""
    if not row.reason:
        return ""
    labelled = label_fields(saying.door.library, ATTEMPT_FORM, {"outcome": row.reason}, saying.view.lang)
    said = str(next(iter(labelled.values())))
    return said.removeprefix(f"{row.reason} ")


COLUMNS = (
    "person", "name", "sex", "age", "phone", "village", "address", "organisation", "programme", "task", "state", "opens",
    "due", "closes", "clause", "source", "reason",
)  # fmt: skip


def make_export(saying: Saying, visits: Sequence[Visit], name: str) -> Table:
    """The list as a file: one row for each thing due."""
    columns = [Column(key, saying.say(f"column_{key}")) for key in COLUMNS]
    shown = [(visit, show_visit(saying, visit)) for visit in visits]
    rows = [_export_row(visit, who, task) for visit, who in shown for task in who["tasks"]]
    return Table(columns, rows, name=name)


def _export_row(visit: Visit, who: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: who[key] for key in ("sex", "age", "phone", "village", "address")},
        **{key: task[key] for key in COLUMNS if key in task},
        "person": visit.person_id,
        "name": visit.who.name,
        "organisation": task["org"],
        "task": task["title"],
    }
