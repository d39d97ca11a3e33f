"""One person: who each institution says they are, their records in order, and what is due for them, with the clause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.labels import label_fields
from wangdi.app.persons import show_person as look_up
from wangdi.app.relations import find_relations
from wangdi.catalog.codelists import load_codelists
from wangdi.core.dates import age_years
from wangdi.core.problem import Refusal
from wangdi.link.people import check_person
from wangdi.web.anchors import task_anchor
from wangdi.web.deciding import read_decider
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.view import SEQ_DIGITS, View, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()
SHOWN_FIELDS = 6
"""Fields of a record on the timeline; the others unfold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record on the timeline: what it says in the words of its form."""

    fact_id: int
    title: str
    occurred_on: date | None
    org: str
    fields: list[tuple[str, Any]]
    more: list[tuple[str, Any]]
    due: tuple[dict[str, Any], ...] = ()


@router.get("/person/{number}")
def show_person(request: Request, number: str) -> Response:
    """Everything known of one person."""
    door: Door = request.app.state.door
    view = read_view(request)
    person = check_person(number)
    known = door.number(view.known)
    on = door.as_of(known)
    try:
        found = door.keep(("person", known, person), lambda: _look_up(door, known, person))
    except Refusal as refusal:
        now = refusal.problem.args.get("now", "")
        if refusal.problem.code != "FIG-008" or "," in now:
            raise
        return RedirectResponse(view.link(f"/person/{now}"), 303)
    places = door.places(known)
    names = places.organisations.latest_names()
    regions = places.regions.latest_names()
    golden = found["golden"]
    who = {name: one["value"] for name, one in golden.items()}
    context = {
        "number": number,
        "who": who,
        "golden": golden,
        "age": age_years(who["birth_date"], on) if who.get("birth_date") else None,
        "person": found["person"],
        "home": regions.get(found["person"].get("division") or "", ""),
        "registrations": found["registrations"],
        "nationality": load_codelists()["country"].label(who.get("nationality") or "", view.lang),
        "entries": list(reversed([_entry(door, fact, view) for fact in found["facts"]])),
        "due": [_due(door, row, view) for row in found["due"]],
        "names": names,
        "on": on,
        "can_decide": not view.known,
        "decider": read_decider(request),
        "done": read_whole(request.query_params.get("done", ""), 0, SEQ_DIGITS),
    }
    return render_page(request, "person.html", context, view=view)


@router.get("/person/{number}/relations")
def show_relations(request: Request, number: str) -> Response:
    """Who is related to a person and why; as a part of the person's page, which does not wait for it, or by itself."""
    door: Door = request.app.state.door
    view = read_view(request)
    person = check_person(number)
    known = door.number(view.known)

    def look() -> list[dict[str, Any]]:
        with door.standing(known) as standing:
            return find_relations(standing, person)

    context = {
        "number": number,
        "relations": door.keep(("relations", known, person), look),
        "names": door.places(known).organisations.latest_names(),
    }
    template = "relations_part.html" if request.query_params.get("part") == "1" else "relations.html"
    return render_page(request, template, context, view=view)


def _look_up(door: Door, known: int, person: int) -> dict[str, Any]:
    with door.standing(known) as standing:
        return look_up(standing, person)


def _entry(door: Door, fact: dict[str, Any], view: View) -> Entry:
    fields = list(label_fields(door.library, fact["form"], fact["fields"], view.lang).items())
    day = fact["occurred_on"]
    shown = [(label, value) for label, value in fields if value != day]
    return Entry(fact["fact_id"], fact["title"], day, fact["org"], shown[:SHOWN_FIELDS], shown[SHOWN_FIELDS:])


def _due(door: Door, row: dict[str, Any], view: View) -> dict[str, Any]:
    """What is due, with the words and the clause of its pack."""
    pack = door.library.newest[row["programme"]]
    task = pack.schedule.get(row["task"])
    rule = str(row.get("rule") or "")
    judged = None
    if pack.classify is not None and rule.startswith("class:"):
        judged = next((one for one in pack.classify.rows if one.name == rule.removeprefix("class:")), None)
    late = "late" if row.get("overdue") else "soon" if row["state"] == "ready" else ""
    return {
        **row,
        "title": task.title if task else row["task"],
        "programme_title": pack.title,
        "why": judged.label if judged else (task.title if task else rule),
        "clause": (judged.source if judged else "") or (task.source if task else ""),
        "rule_link": f"{view.link(f'/packs/{pack.id}')}#{task_anchor(row['task'], rule)}",
        "tone": late,
        "state_word": word(view.lang, "state.overdue" if row.get("overdue") else f"state.{row['state']}"),
    }
