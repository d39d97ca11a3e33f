"""Reports: what one of a period says today, those that were signed, and what of these would read differently."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.report_files import SUFFIXES, print_report
from wangdi.app.reporting import TEMPLATES, ReportAsked, find_notes, write_report
from wangdi.app.signing import (
    ChangedSentence,
    Edition,
    MovedFigure,
    compare_edition,
    find_edition,
    list_editions,
    sign_report,
)
from wangdi.reports.writing.exhibits import Placed, place_exhibits, refer_pieces
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Paragraph, Piece, Report
from wangdi.reports.writing.passing import Passed
from wangdi.reports.writing.rendered_html import address_of_piece
from wangdi.reports.writing.showing import Tabulated, draw_picture, tabulate
from wangdi.web.deciding import name_actor, read_decider, read_form, remember_decider
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, stand_here
from wangdi.web.words import word

router = APIRouter()
PRINTED = ("pdf", "docx", "html")
"""What a report is handed out as."""


@router.get("/reports")
def show_reports(request: Request, template: str = "", format: str = "") -> Response:  # noqa: A002 -- as in the address
    """A report as it would be printed, and those that were signed."""
    door: Door = request.app.state.door
    view = read_view(request)
    here = stand_here(door, view)
    chosen = template if template in TEMPLATES else TEMPLATES[0]
    passed = _compose(door, here, chosen)
    if format in PRINTED:
        return _print(request, passed.report, format)
    context = {
        "here_at": here,
        "templates": TEMPLATES,
        "chosen": chosen,
        "notes_file": find_notes(Path(), ReportAsked(here.period, chosen)).as_posix(),
        "report": passed.report,
        "laid": _lay(passed.report),
        "dropped": [(one.sentence.text, one.why.message(view.lang)) for one in passed.dropped],
        "editions": _editions(view, list_editions(door.city)),
        "decider": read_decider(request),
        "address_of": _address,
    }
    return render_page(request, "reports.html", context, view=view)


@router.post("/reports")
async def sign(request: Request, template: str = "") -> Response:
    """Sign a report as it would be printed now."""
    said = await read_form(request)
    return await run_in_threadpool(_sign, request, template, said)


def _sign(request: Request, template: str, said: dict[str, str]) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    chosen = template if template in TEMPLATES else TEMPLATES[0]
    passed = _compose(door, stand_here(door, view), chosen)
    edition = sign_report(door.city, passed.report, name_actor(request, said), door.clock.now())
    return remember_decider(RedirectResponse(view.link(f"/reports/{quote(edition.key)}"), 303), said)


@router.get("/reports/{key}")
def show_edition(request: Request, key: str, format: str = "") -> Response:  # noqa: A002
    """A signed report as it was signed."""
    door: Door = request.app.state.door
    edition = find_edition(door.city, key)
    if format in PRINTED:
        return _print(request, edition.report, format)
    context = {
        "edition": edition,
        "laid": _lay(edition.report),
        "address_of": _address,
        "changed": None,
    }
    return render_page(request, "report.html", context)


@router.get("/reports/{key}/changes")
def show_changes(request: Request, key: str) -> Response:
    """Which sentences of a signed report would read differently, and why."""
    door: Door = request.app.state.door
    view = read_view(request)
    edition = find_edition(door.city, key)
    known = door.number(view.known)

    def compare() -> list[ChangedSentence]:
        with door.standing(edition.report.known) as then, door.standing(known) as now:
            return compare_edition(edition, then, now)

    changed: list[ChangedSentence] = door.keep_list(("changes", key, known, door.state()), compare)
    context = {
        "edition": edition,
        "address_of": _address,
        "changed": [_tell_changed(view, one) for one in changed],
        "reached": known,
    }
    return render_page(request, "report.html", context, view=view)


def _compose(door: Door, here: Here, template: str) -> Passed:
    """The report of what the page shows; kept while neither the city nor what people wrote for it is another."""
    asked = ReportAsked(here.period, template)
    notes = find_notes(door.city.folder, asked)
    changed = notes.stat().st_mtime_ns if notes.is_file() else 0
    key: Hashable = ("report", here.known, here.period.text, template, door.state(), changed)

    def compose() -> Passed:
        with door.standing(here.known) as standing:
            return write_report(standing, asked)

    return door.keep_list(key, compose)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A report as its page shows it. ``sections``: heading, and each paragraph's beginning, pieces and pictures."""

    sections: list[tuple[str, list[tuple[str, list[Piece], list[_Shown]]]]]
    tables: list[Tabulated]


@dataclass(frozen=True, slots=True)
class _Shown:
    mark: str
    caption: str
    says: str
    svg: Markup


def _lay(report: Report) -> _Laid:
    placed = place_exhibits(report)
    sections = [
        (heading, [(begins, list(refer_pieces(one, placed)), _pictures(report, placed, one)) for begins, one in listed])
        for heading, _, listed in number_headings(report)
    ]
    return _Laid(sections, [tabulate(report, one) for one in placed if one.is_table])


def _pictures(report: Report, placed: list[Placed], paragraph: Paragraph) -> list[_Shown]:
    drawn = [
        draw_picture(report, one, one.picture)
        for one in placed
        if one.picture is not None and one.paragraph == paragraph.id
    ]
    # Every text of the drawing is escaped where it is drawn.
    return [_Shown(one.mark, one.caption, one.says, Markup(one.svg)) for one in drawn]


def _address(piece: Piece) -> str:
    return address_of_piece(piece, "")


def _print(request: Request, report: Report, form: str) -> Response:
    suffix = next(one for one in SUFFIXES if one == f".{form}")
    with tempfile.TemporaryDirectory(prefix="wangdi-report-") as folder:
        out = Path(folder) / f"report{suffix}"
        print_report(report, out, str(request.base_url))
        name = quote(f"{report.title}{suffix}")
        said = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(out.read_bytes(), media_type="application/octet-stream", headers=said)


def _editions(view: View, editions: list[Edition]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"reports.{key}")

    columns = [
        Column("title", title("report")),
        Column("signed", title("signed_at")),
        Column("who", title("who")),
        Column("known", title("known"), "code"),
        Column("changes", title("changes")),
    ]
    rows = [
        {
            "title": Cell(one.report.title, view.link(f"/reports/{one.key}"), door=False, small=one.key),
            "signed": one.signed_at.replace("T", " "),
            "who": one.who,
            "known": f"{one.report.known}",
            "changes": Cell(title("see_changes"), view.link(f"/reports/{one.key}/changes"), door=False),
        }
        for one in reversed(editions)
    ]
    return Table(columns, rows, name="reports", empty=title("none"))


def _tell_changed(view: View, one: ChangedSentence) -> dict[str, Any]:
    return {
        "before": one.before,
        "after": one.after,
        "why": one.why.message(view.lang) if one.why is not None else "",
        "moved": [_tell_moved(view, moved) for moved in one.moved],
    }


def _tell_moved(view: View, moved: MovedFigure) -> dict[str, Any]:
    causes = [
        word(view.lang, "compare.cause_count", cause=word(view.lang, f"compare.cause_{name}"), count=count)
        for name, count in moved.causes.items()
    ]
    causes += [word(view.lang, "reports.population")] if moved.population else []
    figure = moved.after
    return {
        "before": moved.before,
        "after": figure,
        "causes": word(view.lang, "reports.joiner").join(causes),
        "link": view.link(f"/indicator/{figure.indicator}", area=figure.area, period=figure.period),
    }
