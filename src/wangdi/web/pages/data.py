"""What the city holds: forms with their records and keepers, how they stand against declared counts, its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.choices import find_form
from wangdi.app.holdings import Declared, Holding, list_holdings, sum_declared
from wangdi.app.sendings import reconcile
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.reconciling import Reconciled
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
PAGE_LINES = 300
OWNERS = ("wangdi", "here", "upstream")
"""Keepers that have a word of their own; another system is called what the city called it."""


@router.get("/data")
def show_data(request: Request, form: str = "", only: str = "") -> Response:
    """The forms of the city, or one form's records beside the declared counts."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    if form:
        return _show_form(request, door, view, known, (find_form(door.library, form).full_name, only))
    holdings, snapshot = _holdings(door, known)
    declared: Mapping[str, Declared] = door.keep(
        ("declared", known), lambda: sum_declared(reconcile(door.city, door.library, None, known))
    )
    table = _table(view, holdings, declared)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "forms": table,
        "snapshot": snapshot,
        "known": known,
        "as_of": door.as_of(known),
        "editions": [(pack.id, pack.title, pack.edition) for pack in door.library.newest.values()],
        "overrides": _overrides(door, view, known),
    }
    return render_page(request, "holdings.html", context, view=view)


def _holdings(door: Door, known: int) -> tuple[list[Holding], str]:
    def read() -> tuple[list[Holding], str]:
        with door.standing(known) as standing:
            return list_holdings(standing), f"{standing.known}-{standing.rules_key}"

    return door.keep(("holdings", known), read)


def _owner_word(view: View, owner: str) -> str:
    return word(view.lang, f"holdings.owner_{owner}") if owner in OWNERS else owner


def _table(view: View, holdings: list[Holding], declared: Mapping[str, Declared]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"holdings.{key}")

    columns = [
        Column("form", title("form")),
        Column("records", title("records"), "number"),
        Column("first", title("first"), "day"),
        Column("last", title("last"), "day"),
        Column("organisations", title("organisations"), "number"),
        Column("owner", title("owner")),
        Column("declared", title("declared")),
    ]
    rows = []
    for one in holdings:
        link = "" if one.form == REGISTRATION_TABLE.name else view.link("/data", form=one.form)
        rows.append(
            {
                "form": Cell(one.title or title("registration"), link, small=one.form, door=False),
                "records": Cell(
                    one.records, small=word(view.lang, "holdings.waiting", count=one.waiting) if one.waiting else ""
                ),
                "first": one.first,
                "last": one.last,
                "organisations": one.organisations,
                "owner": _owner_word(view, one.owner),
                "declared": _declared_cell(view, link, declared.get(one.form)),
            }
        )
    return Table(columns, rows, name="forms")


def _declared_cell(view: View, link: str, one: Declared | None) -> Cell:
    if one is None or not (one.agree or one.differ):
        return Cell(None)
    if one.differ:
        text = word(view.lang, "holdings.differ", differ=one.differ, agree=one.agree, gap=f"{one.difference:+,}")
        return Cell(text, f"{link}&only=differ", tone="gap", door=False)
    return Cell(word(view.lang, "holdings.agree", agree=one.agree), link, tone="good", door=False)


def _overrides(door: Door, view: View, known: int) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"holdings.{key}")

    rows: list[dict[str, Any]] = []
    for one in door.city.parameter_overrides(known):
        pack = door.library.newest.get(one.pack)
        own = pack.parameters.get(one.name) if pack is not None else None
        rows.append(
            {
                "pack": Cell(
                    pack.title if pack else one.pack, view.link(f"/packs/{one.pack}"), small=one.name, door=False
                ),
                "value": Cell(one.value, small=own.unit if own else ""),
                "norm": Cell(f"{own.value}" if own else None, small=own.source if own else ""),
                "who": one.who,
                "why": one.why,
            }
        )
    columns = [Column(key, title(key)) for key in ("pack", "value", "norm", "who", "why")]
    return Table(columns, rows, name="parameters", empty=title("no_overrides"))


# ---- one form ---------------------------------------------------------------------------------------------------------
def _show_form(request: Request, door: Door, view: View, known: int, asked: tuple[str, str]) -> Response:
    """One form's records by organisation and month, beside what was declared."""
    name, only = asked
    rows: list[Reconciled] = door.keep_list(
        ("reconciled", known, name), lambda: reconcile(door.city, door.library, name, known)
    )
    places = door.places(known)
    names = {code: found[-1].name for code, found in places.organisations.rows.items()}
    chosen = [row for row in rows if only != "differ" or row.difference not in (None, 0)]
    whole = "format" in request.query_params
    table = _lines(view, names, chosen if whole else chosen[:PAGE_LINES], name)
    if (file := export_table(request, table)) is not None:
        return file
    form = door.library.forms[name]
    holding = next((one for one in _holdings(door, known)[0] if one.form == name), None)
    context = {
        "form": form,
        "holding": holding,
        "owner": _owner_word(view, holding.owner) if holding else "",
        "said": sum_declared(rows).get(name, Declared()),
        "lines": table,
        "more": max(0, len(chosen) - PAGE_LINES),
        "only": only,
    }
    return render_page(request, "holding.html", context, view=view)


def _lines(view: View, names: Mapping[str, str], rows: list[Reconciled], name: str) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"holdings.{key}")

    columns = [
        Column("org", title("org")),
        Column("period", title("period")),
        Column("ours", title("ours"), "number"),
        Column("said", title("said"), "number"),
        Column("gap", title("gap"), "number"),
    ]
    listed = [
        {
            "org": Cell(names.get(row.org, row.org), view.link("/deliveries", org=row.org), door=False),
            "period": row.period,
            "ours": row.ours,
            "said": row.declared,
            "gap": Cell(row.difference, tone="late" if row.difference else ""),
        }
        for row in rows
    ]
    return Table(columns, listed, name=f"reconcile-{name}", empty=title("no_lines"))
