"""The rounds of the plans: which came out, which comes next and when; and each as it came out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.bulletins import compose_bulletin, page_of, print_page
from wangdi.app.plan_rounds import Edition, edition_key, find_edition, list_editions, list_schedule
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.bulletin_page import FIRST, LAST, SIGNS, Block, Line, Page, bulletin_words, title_of
from wangdi.plans.rounds import ROUNDS, round_around
from wangdi.plans.standing import LIGHTS
from wangdi.web.door import Door
from wangdi.web.planning import make_ground, read_asked, read_progress
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view, read_whole
from wangdi.web.words import word

router = APIRouter()


@router.get("/plan/rounds")
def show_rounds(request: Request) -> Response:
    """What came out and what comes next."""
    door: Door = request.app.state.door
    view = read_view(request)
    editions = list_editions(door.city, door.number(view.known))
    table = _table(view, editions)
    if (file := export_table(request, table)) is not None:
        return file
    schedule = list_schedule(editions, door.clock.today())
    context = {"schedule": schedule, "table_of_editions": table, "key": edition_key}
    return render_page(request, "plan_rounds.html", context, view=view)


def _table(view: View, editions: list[Edition]) -> Table:
    title = partial(word, view.lang)
    columns = [
        Column("round", title("rounds.round")),
        Column("first", title("rounds.first"), "day"),
        Column("last", title("rounds.last"), "day"),
        Column("at", title("rounds.at"), "day"),
        Column("known", title("rounds.known"), "code"),
        Column("items", title("rounds.items"), "number"),
        *(Column(light, title(f"plan.light_{light}"), "number") for light in LIGHTS),
    ]
    rows = []
    for one in editions:
        address = view.link(f"/plan/rounds/{edition_key(one.every, one.last)}", edition=one.number)
        again = title("rounds.edition", number=one.number) if one.number > 1 else ""
        name = Cell(title(f"rounds.every_{one.every}"), address, small=again, door=False)
        rows.append(
            {"round": name, "first": one.first, "last": one.last, "at": one.at, "known": one.known,
             "items": len(one.items), **one.count_lights()}
        )  # fmt: skip
    return Table(columns, rows, name="rounds", empty=title("rounds.none"))


@router.get("/plan/rounds/{every}/now")
def show_round_so_far(request: Request, every: str) -> Response:
    """The round a day is in as it stands: counted now, kept nowhere. Errors: PLAN-008 no such kind of round."""
    door: Door = request.app.state.door
    view = read_view(request)
    if every not in ROUNDS:
        raise Refusal(Problem(code="PLAN-008", args={"round": every, "number": "1"}))
    asked = read_asked(request, door, view)
    bulletin = compose_bulletin(read_progress(door, asked), make_ground(door, asked), every)
    page, last = page_of(bulletin, view.lang), round_around(every, asked.on)[1]
    if request.query_params.get("format") == "pdf":
        return _print(page, view.lang, last)
    told = word(view.lang, "rounds.so_far", on=asked.on, last=last)
    return _render(request, view, page, (told, view.link(f"/plan/rounds/{every}/now", format="pdf")))


@router.get("/plan/rounds/{every}/{last}")
def show_round(request: Request, every: str, last: str) -> Response:
    """A round as it came out; nothing of it is counted again."""
    door: Door = request.app.state.door
    view = read_view(request)
    number = read_whole(request.query_params.get("edition", ""), 0)
    try:
        day = date.fromisoformat(last)
    except ValueError:
        raise Refusal(Problem(code="PLAN-008", args={"round": f"{every}/{last}", "number": f"{number or 1}"})) from None
    edition = find_edition(door.city, every, day, number, door.number(view.known))
    page = edition.pages[view.lang]
    if request.query_params.get("format") == "pdf":
        return _print(page, view.lang, edition.last)
    at = edition.at.strftime("%Y-%m-%d %H:%M")
    told = word(view.lang, "rounds.kept", at=at, number=edition.number, known=edition.known)
    return _render(
        request, view, page, (told, view.link(f"/plan/rounds/{every}/{last}", edition=number or None, format="pdf"))
    )


def _print(page: Page, lang: str, last: date) -> Response:
    """A round as a PDF, named after it."""
    name = quote(f"{title_of(page, lang)} {last}.pdf")
    said = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(print_page(page, lang), media_type="application/pdf", headers=said)


def _render(request: Request, view: View, page: Page, told: tuple[str, str]) -> Response:
    """The page of a round; ``told``: as of when it is, and the address of its PDF."""
    words = bulletin_words(view.lang)
    first, last = (
        [_said(words, name, page.tables[name]) for name in names if page.tables[name]] for names in (FIRST, LAST)
    )
    rankings = [_said(words, "rankings", one.lines, one.title) for one in page.rankings]
    context = {
        "between": page.between,
        "told": told[0],
        "title": title_of(page, view.lang),
        "first": first,
        "last": last,
        "rankings": rankings,
        "words": words,
        "signs": SIGNS,
        "printed": told[1],
    }
    return render_page(request, "plan_round.html", context, view=view)


def _said(words: Mapping[str, str], name: str, lines: tuple[Line, ...], title: str = "") -> dict[str, object]:
    """One table of a page with its headings."""
    return {"block": Block(title or words[name], lines), "columns": words[f"{name}_columns"].split("|"),
            "lit": any(line.light for line in lines)}  # fmt: skip
