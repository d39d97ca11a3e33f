"""Who is who: the pairs that linking left to people, one pair side by side with what speaks for and against it, and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.link_decisions import VERDICTS, By, decide_pair, list_decisions, split_person, undo_decision
from wangdi.app.linking import STEPS, find_unseen
from wangdi.app.reviewing import AGES, Pair, Queue, Wanted, explain_pair, find_pair, list_review
from wangdi.catalog.codelists import load_codelists
from wangdi.core.problem import Problem
from wangdi.link.people import check_person, show_person
from wangdi.web.deciding import name_actor, read_decider, read_form, remember_decider
from wangdi.web.door import Door
from wangdi.web.relinking import Relinker
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import SEQ_DIGITS, View, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()
PAGE = 50
RECENT = 10
"""Decisions that can be taken back from the page; the others by the command line."""
SHOWN = ("name", "sex", "birth_date", "id_no", "nationality", "phone", "address", "local_id")
BAR = 220
"""Width of the picture of the evidence, in its own units."""
LONGEST_WHY = 500


@router.get("/who")
def show_queue(request: Request) -> Response:
    """The pairs that wait, how many are whose, and the last decisions."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    asked = request.query_params
    page = max(1, read_whole(asked.get("page", ""), 1))
    exporting = "format" in asked
    wanted = Wanted(
        org=asked.get("org", "").strip(),
        age=next((age for age in AGES if age == asked.get("age", "")), ""),
        unsure=asked.get("unsure", "") == "1",
        offset=0 if exporting else (page - 1) * PAGE,
        limit=None if exporting else PAGE,
    )
    with door.standing(known) as standing:
        queue = list_review(standing, wanted)
        decisions = list_decisions(standing, RECENT)
    names = door.places(known).organisations.latest_names()
    table = _queue_table(view, queue, names)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "queue": queue,
        "table_of_pairs": table,
        "wanted": wanted,
        "waiting": sum(count for _, count in queue.by_age),
        "names": names,
        "page": page,
        "pages": max(1, -(-queue.count // PAGE)),
        "decisions": decisions,
        "done": read_whole(asked.get("done", ""), 0, SEQ_DIGITS),
        "can_decide": not view.known,
        **_linking_context(request, view),
    }
    return render_page(request, "who.html", context, view=view)


def _linking_context(request: Request, view: View) -> dict[str, Any]:
    """Whether linking is under way or due, for the piece of the page that says so."""
    relinker: Relinker = request.app.state.relinker
    run, door = relinker.last(), request.app.state.door
    problem = run.problem if run else None
    return {
        "run": run,
        "unseen": find_unseen(door.city),
        "steps": len(STEPS),
        "linking_message": problem.message(view.lang) if problem else "",
        "linking_hint": problem.hint(view.lang) if problem else "",
        "linking_link": view.link("/who/linking", lang=view.lang),
    }


@router.get("/who/linking")
def show_linking(request: Request) -> Response:
    """The piece of the page that says how far linking has come; it has the page read anew at the end."""
    view = read_view(request)
    context = _linking_context(request, view)
    response = render_page(request, "who_linking.html", context, view=view)
    if context["run"] is not None and context["run"].ended:
        response.headers["HX-Redirect"] = view.link("/who")
    return response


@router.post("/who/linking")
def have_linked(request: Request) -> Response:
    """Have linking run now, in the background."""
    relinker: Relinker = request.app.state.relinker
    relinker.start(name_actor(request, {}))
    return RedirectResponse(read_view(request).link("/who"), 303)


def _queue_table(view: View, queue: Queue, names: Mapping[str, str]) -> Table:
    def title(key: str, **args: object) -> str:
        return word(view.lang, f"who.{key}", **args)

    columns = [
        Column("names", title("pair")),
        Column("orgs", title("orgs")),
        Column("birth", title("birth_date"), "day"),
        Column("probability", title("probability"), "number", unit="%"),
        Column("notes", title("notes")),
        Column("since", title("since"), "day"),
    ]
    rows = [_queue_row(view, pair, names) for pair in queue.pairs]
    empty = title("nothing" if queue.run_at is not None else "never")
    return Table(columns, rows, name="who-is-who", empty=empty)


def _queue_row(view: View, pair: Pair, names: Mapping[str, str]) -> dict[str, Any]:
    sides = (pair.one, pair.other)
    notes = [key for key, holds in (("kin", pair.kin), ("rival", pair.rival), ("unsure", pair.unsure)) if holds]
    since = max((side.since for side in sides if side.since), default=None)
    return {
        "names": Cell(
            " / ".join(str(side.said.get("name") or "—") for side in sides), _pair_link(view, pair), door=False
        ),
        "orgs": " / ".join(names.get(side.org, side.org) for side in sides),
        "birth": pair.one.said.get("birth_date") or pair.other.said.get("birth_date"),
        "probability": _percent(pair),
        "notes": "；".join(word(view.lang, f"who.note_{key}") for key in notes),
        "since": since.date() if since else None,
    }


def _percent(pair: Pair) -> int:
    """How likely, as long as nobody else fits. What is left to people is never certain."""
    return min(99, round(100 * pair.probability))


def _pair_link(view: View, pair: Pair, **changes: object) -> str:
    return view.link(f"/who/pair/{pair.one.registration}-{pair.other.registration}", **changes)


@router.get("/who/pair/{one:int}-{other:int}")
def show_pair(request: Request, one: int, other: int) -> Response:
    """Both registrations side by side, what speaks for and against one person, and the three answers."""
    return _render_pair(request, (one, other))


def _render_pair(request: Request, numbers: tuple[int, int], problem: Problem | None = None) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    with door.standing(known) as standing:
        pair = find_pair(standing, *numbers)
        parts = explain_pair(standing, pair)
    names = door.places(known).organisations.latest_names()
    context = {
        "pair": pair,
        "sides": [(side, names.get(side.org, side.org)) for side in (pair.one, pair.other)],
        "rows": _compare(view, pair),
        "parts": _draw(view, parts),
        "weight": round(pair.weight, 1),
        "percent": _percent(pair),
        "bar": BAR,
        "message": problem.message(view.lang) if problem else "",
        "done": read_whole(request.query_params.get("done", ""), 0, SEQ_DIGITS),
        "decider": read_decider(request),
        "action": f"/who/pair/{pair.one.registration}-{pair.other.registration}",
        "can_decide": not view.known,
    }
    return render_page(request, "who_pair.html", context, view=view, status=400 if problem else 200)


def _compare(view: View, pair: Pair) -> list[dict[str, Any]]:
    """What both say, attribute by attribute. ``state``: same, different, missing on a side; empty where it says nothing."""
    rows = []
    for name in SHOWN:
        one, other = pair.one.said.get(name), pair.other.said.get(name)
        if name == "nationality" and one is None and other is None:  # hardly anybody's is written down
            continue
        state = "missing" if one is None or other is None else "same" if one == other else "different"
        if name == "local_id":  # each institution's own: that they differ says nothing
            state = ""
        rows.append({"name": name, "one": _say(view, name, one), "other": _say(view, name, other), "state": state})
    return rows


def _say(view: View, name: str, value: Any) -> Any:
    if name == "nationality" and value is not None:
        return load_codelists()["country"].label(value, view.lang)
    return word(view.lang, f"person.sex_{value}") if name == "sex" and value in ("1", "2") else value


def _draw(view: View, parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts as steps of a waterfall from left (two people) to right (one person)."""
    running, steps = 0.0, []
    for part in parts:
        steps.append((running, running + part["weight"]))
        running += part["weight"]
    low, high = min(0.0, *(min(step) for step in steps)), max(0.0, *(max(step) for step in steps))
    scale = BAR / ((high - low) or 1)
    rows = []
    for part, (begin, end) in zip(parts, steps, strict=True):
        if part["level"] == "missing" or (part["field"] == "kin" and part["level"] == "none"):
            continue
        level = f"who.level_{part['field']}_{part['level']}" if part["level"] else ""
        rows.append(
            {
                "field": word(view.lang, f"who.field_{part['field']}"),
                "level": word(view.lang, level) if level else "",
                "weight": part["weight"],
                "x": round((min(begin, end) - low) * scale, 1),
                "width": max(1.0, round(abs(end - begin) * scale, 1)),
                "zero": round(-low * scale, 1),
                "for_one": part["weight"] >= 0,
            }
        )
    return rows


@router.post("/who/pair/{one:int}-{other:int}")
async def take_verdict(request: Request, one: int, other: int) -> Response:
    """Accept an answer and go on to the next pair."""
    said = await read_form(request)
    return await run_in_threadpool(_decide, request, (one, other), said)


def _decide(request: Request, pair: tuple[int, int], said: Mapping[str, str]) -> Response:
    door: Door = request.app.state.door
    verdict = next((one for one in VERDICTS if one == said.get("verdict", "")), "")
    if not verdict:
        return _render_pair(request, pair, Problem(code="WEB-060"))
    with door.standing() as standing:
        outcome = decide_pair(standing, pair, verdict, _by(request, said))
    with door.standing() as standing:
        following = list_review(standing, Wanted(limit=1)).pairs
    view = read_view(request)
    address = view.link("/who", done=outcome.number)
    if following and not following[0].unsure:
        address = _pair_link(view, following[0], done=outcome.number)
    return remember_decider(RedirectResponse(address, 303), said)


@router.post("/who/undo/{number:int}")
async def take_back(request: Request, number: int) -> Response:
    """Take a decision back."""
    said = await read_form(request)

    def undo() -> Response:
        door: Door = request.app.state.door
        with door.standing() as standing:
            undo_decision(standing, number, _by(request, said))
        return RedirectResponse(read_view(request).link("/who"), 303)

    return await run_in_threadpool(undo)


@router.post("/person/{number}/split")
async def take_split(request: Request, number: str) -> Response:
    """Make a person of their own of the registrations ticked."""
    said = await read_form(request)
    chosen = [int(name[1:]) for name in said if name[:1] == "r" and name[1:].isdigit()]

    def split() -> Response:
        door: Door = request.app.state.door
        person = check_person(number)
        with door.standing() as standing:
            outcome = split_person(standing, person, chosen, _by(request, said))
        gone = next(whose for one, whose in outcome.moved.items() if one in chosen)
        address = read_view(request).link(f"/person/{show_person(gone)}", done=outcome.number)
        return remember_decider(RedirectResponse(address, 303), said)

    return await run_in_threadpool(split)


def _by(request: Request, said: Mapping[str, str]) -> By:
    """Who decides, and why: the page's own words where somebody gave none, for the answer itself is the reason then."""
    door: Door = request.app.state.door
    why = said.get("why", "").strip()[:LONGEST_WHY] or word(read_view(request).lang, "who.by_the_card")
    return By(name_actor(request, said), why, door.clock.now())
