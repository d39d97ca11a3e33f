"""One visit typed and judged as one types: class, what follows, the next dates, the clause and what it rested on.

Nothing is kept: the visit stands in the page's address and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.pack_telling import choose_edition
from wangdi.app.pack_try import Questions, Visit, ask_questions, try_visit
from wangdi.language.rules import Programme
from wangdi.web.door import Door
from wangdi.web.pages.packs import chinese, word_or_name
from wangdi.web.render import render_page
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
NOW, BEFORE = "now.", "before."


@router.get("/packs/{pack}/try")
def try_pack(request: Request, pack: str) -> Response:
    """A visit against the edition in force on its day, with the city's own values."""
    door: Door = request.app.state.door
    view = read_view(request)
    editions, newest = choose_edition(door.library, pack)
    questions = ask_questions(newest)
    programme = _programme(door, door.number(view.known), pack)
    asked = _joined(request)
    visit = _read_visit(asked, questions)
    today = door.clock.today().isoformat()
    typed = {"now.date": today, **{name: text for name, text in asked.items() if text}}
    tried = try_visit(programme, visit if visit.now.get("date") else _today(visit, today))
    context = {
        "pack": newest,
        "editions": editions,
        "questions": questions,
        "tried": tried,
        "typed": typed,
        "labels": _labels(questions, view),
        "sources": {row.name: row.source for row in tried.pack.classify.rows}
        if tried.pack is not None and tried.pack.classify is not None
        else {},
        "blank": not any(text for name, text in {**visit.now, **visit.before}.items() if name != "date"),
        "looks_back": bool(visit.before.get("date")),
        "named": lambda key, name: word_or_name(view, key, name),
        "today": today,
        "zh": chinese(view),
    }
    if not request.headers.get("hx-target", "").endswith("#tried"):
        return render_page(request, "pack_try.html", context, view=view)
    answer = render_page(request, "pack_tried.html", context, view=view)
    answer.headers["HX-Replace-Url"] = f"{request.url.path}?{urlencode(asked)}"
    return answer


def _joined(request: Request) -> dict[str, str]:
    """What was typed by the name of its box; several choices of one box as the one text they make."""
    found: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        if text.strip():
            found.setdefault(name, []).append(text.strip())
    return {name: ";".join(texts) for name, texts in found.items()}


def _today(visit: Visit, today: str) -> Visit:
    """A visit without a date is of today."""
    return Visit(visit.person, {**visit.now, "date": today}, visit.before)


def _labels(questions: Questions | None, view: View) -> dict[str, str]:
    """What each box is called, by its name."""
    names = {"now.date": "date", "before.date": "before_date", "birth_date": "birth", "sex": "sex"}
    found = {box: word(view.lang, f"try.{key}") for box, key in names.items()}
    for one in questions.fields if questions is not None else ():
        found |= {f"{NOW}{one.name}": one.label, f"{BEFORE}{one.name}": f"{one.label}（{found['before.date']}）"}
    return found | {one.name: one.label for one in (questions.person if questions is not None else ())}


def _programme(door: Door, known: int, pack: str) -> Programme:
    """The pack with the city's own values, as it judges the city's records."""

    def read() -> Mapping[str, Programme]:
        with door.standing(known) as standing:
            return standing.programmes

    return door.keep(("programmes", known), read)[pack]


def _read_visit(asked: Mapping[str, str], questions: Questions | None) -> Visit:
    """What was typed, without what nobody asked for."""
    if questions is None:
        return Visit()
    names = {"date", *(one.name for one in questions.fields)}
    person = {"birth_date", "sex", *(one.name for one in questions.person)}

    def part(prefix: str) -> dict[str, str]:
        return {name: asked[f"{prefix}{name}"] for name in names if asked.get(f"{prefix}{name}")}

    return Visit({name: asked[name] for name in person if asked.get(name)}, part(NOW), part(BEFORE))
