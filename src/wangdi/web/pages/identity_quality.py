"""How well each institution knows whom it registers, and the registrations its clerk should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.identity_quality import (
    FLAWS,
    Flawed,
    OrgQuality,
    Quality,
    check_flaw,
    judge_registrations,
    list_flawed,
)
from wangdi.web.door import Door
from wangdi.web.pages.deliveries import find_organisation, organisation_names
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import areas_under, stand_here
from wangdi.web.words import word

router = APIRouter()
HERE, LIST = "/who/quality", "/who/quality/list"
MOST_ROWS = 300
PAGE_ROWS = 50
GROUPS = {
    "number": ("no_number", "invalid", "placeholder", "guardian", "family", "fifteen"),
    "birthday": ("no_birth", "first_january"),
    "phone": ("no_phone", "shared_phone"),
    "name": ("no_name", "newborn"),
    "linking": ("likeness",),
}
"""Headings of the table and what stands under each."""


@router.get(HERE)
def show_quality(request: Request) -> Response:
    """What is missing or wrong, counted by the institutions of an area that sent registrations."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    quality = _judged(door, known)
    here = stand_here(door, view) if view.area else None
    inside = {code for code, _ in areas_under(here, "org")} | {here.area} if here is not None else None
    sent = [one for one in quality.by_org() if inside is None or one.org in inside]
    whole = "format" in request.query_params
    table = _table(view, sent if whole else sent[:MOST_ROWS], (sent, organisation_names(door, known)), whole)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "quality_table": table,
        "more": max(0, len(sent) - MOST_ROWS),
        "path": here.path if here is not None else (),
        "registrations": sum(one.registrations for one in sent),
        "senders": len(sent),
    }
    return render_page(request, "identity_quality.html", context, view=view)


@router.get(LIST)
def show_flawed(request: Request, org: str = "", flaw: str = "", page: int = 1) -> Response:
    """The registrations of one institution that something is wrong with, a page at a time; the file holds all of them."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    sender, chosen = find_organisation(door, known, org), check_flaw(flaw)
    quality = _judged(door, known)
    rows = quality.rows_of(sender, chosen)
    page = min(max(1, page), max(1, -(-len(rows) // PAGE_ROWS)))
    first = (page - 1) * PAGE_ROWS
    shown = rows if "format" in request.query_params else rows[first : first + PAGE_ROWS]
    with door.standing(known) as standing:
        listed = list_flawed(standing, quality, shown)
    table = _list_table(view, listed, f"{sender}-{chosen or 'all'}")
    if (file := export_table(request, table)) is not None:
        return file
    of_sender = next((one for one in quality.by_org() if one.org == sender), None)
    context = {
        "list_table": table,
        "org": sender,
        "name": organisation_names(door, known).get(sender, sender),
        "flaw": chosen,
        "tabs": [(one, of_sender.counts[one]) for one in FLAWS if of_sender.counts[one]] if of_sender else [],
        "any_count": len(quality.rows_of(sender)),
        "page": page,
        "pages": max(1, -(-len(rows) // PAGE_ROWS)),
    }
    return render_page(request, "identity_flawed.html", context, view=view)


def _judged(door: Door, known: int) -> Quality:
    return door.keep_whole("quality", judge_registrations, known)


def _said(view: View, key: str, **args: object) -> str:
    return word(view.lang, f"quality.{key}", **args)


def _table(
    view: View, shown: Sequence[OrgQuality], summed: tuple[Sequence[OrgQuality], dict[str, str]], whole: bool
) -> Table:
    """``whole``: as a file, in which what stands small on the page has columns of its own."""
    every, names = summed
    columns = [Column("org", _said(view, "org"))]
    columns += [Column("code", _said(view, "code"), "code")] if whole else []
    columns.append(Column("registrations", _said(view, "registrations"), "number"))
    for group, flaws in GROUPS.items():
        titled = "" if whole else _said(view, f"group_{group}")
        for flaw in flaws:
            columns.append(Column(flaw, _said(view, flaw if whole else f"short_{flaw}"), "number", group=titled))
            columns += [Column("share", _said(view, "share"), "rate", "%")] if whole and flaw == "no_number" else []
            columns += [Column("beyond", _said(view, "beyond"), "number")] if whole and flaw == "first_january" else []
    rows = [_row(view, one, names) for one in shown]
    total = _row(view, _sum(every), {"": _said(view, "total")}) if len(every) > 1 else None
    return Table(columns, rows, total, "identity-quality", _said(view, "empty"))


def _sum(every: Sequence[OrgQuality]) -> OrgQuality:
    counts = {flaw: sum(one.counts[flaw] for one in every) for flaw in FLAWS}
    return OrgQuality("", sum(one.registrations for one in every), counts, sum(one.expected for one in every))


def _row(view: View, one: OrgQuality, names: dict[str, str]) -> dict[str, Any]:
    """``names``: by code; the empty code is everybody together, which leads nowhere."""
    share = 100 * one.counts["no_number"] / one.registrations if one.registrations else None
    beside = {
        "no_number": "" if share is None else f"{share:.1f}%",
        "first_january": _said(view, "beyond_small", count=f"{one.beyond:,}") if one.beyond else "",
    }
    cells: dict[str, Any] = {
        flaw: Cell(
            count,
            view.link(LIST, area="", org=one.org, flaw=flaw) if one.org and count else "",
            small=beside.get(flaw, ""),
            door=False,
        )
        for flaw, count in one.counts.items()
    }
    name = names.get(one.org, one.org or "?")
    lists = view.link(LIST, area="", org=one.org) if one.org else ""
    return {
        "org": Cell(name, lists, door=False),
        "code": one.org,
        "registrations": one.registrations,
        "share": None if share is None else round(share, 2),
        "beyond": one.beyond,
        **cells,
    }


def _list_table(view: View, listed: Sequence[Flawed], name: str) -> Table:
    keys = ("name", "local_id", "wrong", "todo", "person")
    columns = [Column(key, _said(view, f"list_{key}"), "code" if key == "person" else "text") for key in keys]
    rows = [
        {
            "name": Cell(one.name or _said(view, "nameless"), view.link(f"/person/{one.person_id}")),
            "local_id": one.local_id or None,
            "wrong": _said(view, "joiner").join(_said(view, flaw) for flaw in one.flaws),
            "todo": " ".join(_said(view, f"todo_{flaw}") for flaw in one.flaws),
            "person": one.person_id,
        }
        for one in listed
    ]
    return Table(columns, rows, name=f"registrations-{name}", empty=_said(view, "nothing_wrong"))
