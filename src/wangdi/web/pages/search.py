"""Finding: people, places, organisations, indicators and records by what somebody has in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.searching import (
    MOST_PEOPLE,
    MOST_PLACES,
    FoundPeople,
    find_indicator_titles,
    find_organisations,
    find_people,
    find_record,
    find_regions,
    read_words,
)
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.dates import age_years
from wangdi.indicators.figures import Places
from wangdi.web.door import Door
from wangdi.web.render import english_or, render_page
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
LONGEST = 100
"""Characters of what was typed that are looked at."""


@dataclass(frozen=True, slots=True)
class _Found:
    people: FoundPeople
    record: dict[str, Any] | None


@router.get("/search")
def show_search(request: Request, q: str = "") -> Response:
    """Everything that fits what was typed, by kind."""
    door: Door = request.app.state.door
    view = read_view(request)
    typed = q.strip()[:LONGEST]
    words = read_words(typed)
    known = door.number(view.known)
    places, on = door.places(known), door.as_of(known)
    found = _look(door, known, words, places)
    regions, organisations = find_regions(places, words, on), find_organisations(places, words, on)
    indicators = [
        (name, english_or(title, title_en, view.lang), pack)
        for name, title, title_en, pack in find_indicator_titles(door.library, words)
    ]
    people = [_person(view, one, places, on) for one in found.people.people]
    context = {
        "typed": typed,
        "people": people,
        "more_people": MOST_PEOPLE if found.people.more else 0,
        "record": _record(door, view, found.record),
        "regions": [(row, _over(places, row.parent)) for row in regions[:MOST_PLACES]],
        "more_regions": max(0, len(regions) - MOST_PLACES),
        "organisations": [(row, _over(places, row.region)) for row in organisations[:MOST_PLACES]],
        "more_organisations": max(0, len(organisations) - MOST_PLACES),
        "indicators": indicators,
        "anything": bool(people or found.record or regions or organisations or indicators),
    }
    return render_page(request, "search.html", context, view=view)


def _look(door: Door, known: int, words: tuple[str, ...], places: Places) -> _Found:
    if not words:
        return _Found(FoundPeople(), None)
    with door.standing(known) as standing:
        return _Found(find_people(standing, words, places), find_record(standing, words))


def _person(view: View, one: Any, places: Places, on: date) -> dict[str, Any]:
    return {
        "person_id": one.person_id,
        "name": one.name or one.person_id,
        "sex": word(view.lang, f"worklist.sex_{one.sex}") if one.sex in ("1", "2") else "",
        "age": age_years(one.birth_date, on) if one.birth_date else None,
        "home": _over(places, one.division),
        "id_tail": one.id_tail,
        "matched": one.matched,
    }


def _record(door: Door, view: View, fact: dict[str, Any] | None) -> dict[str, Any] | None:
    if fact is None:
        return None
    form = door.library.forms.get(fact["form"])
    title = form.title if form is not None else fact["form"]
    if fact["form"] == REGISTRATION_TABLE.name:
        title = word(view.lang, "holdings.registration")
    return {"fact_id": fact["seq"], "title": title, "occurred_on": fact["occurred_on"]}


def _over(places: Places, code: str | None) -> str:
    """An area's name with that of the area it lies in; empty where nobody named either."""
    rows = places.regions.rows.get(code or "", ())
    if not rows:
        return ""
    over = places.regions.rows.get(rows[-1].parent or "", ())
    return " ".join([*(row.name for row in over[-1:]), rows[-1].name])
