"""What institutions sent: batches newest first, and who sent nothing in a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.batches import Silent, Wanted, list_batches, list_silent
from wangdi.catalog.places import Organisation
from wangdi.core.dates import add_months
from wangdi.core.periods import parse_period
from wangdi.core.problem import Problem, Refusal
from wangdi.store.records import Batch
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.words import word

router = APIRouter()
PAGE_ROWS = 50
COUNTS = ("received", "accepted", "refused", "duplicates", "superseded", "withdrawn")
SHOWN_NAMES = 3


@router.get("/deliveries")
def show_deliveries(request: Request, org: str = "", month: str = "", refused: str = "", page: int = 1) -> Response:
    """The batches, a page at a time; the file holds all that are wanted."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    batches = all_batches(door, known)
    sender = find_organisation(door, known, org) if org.strip() else ""
    wanted = Wanted(sender, _read_month(month)[0] if month.strip() else "", bool(refused))
    found = list_batches(batches, wanted)
    first = max(0, page - 1) * PAGE_ROWS
    shown = found if "format" in request.query_params else found[first : first + PAGE_ROWS]
    table = _table(door, view, known, shown)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "batches_table": table,
        "count": len(found),
        "wanted": wanted,
        "org_text": org.strip(),
        "senders": senders(door, known),
        "page": page,
        "pages": max(1, -(-len(found) // PAGE_ROWS)),
        "running": request.app.state.jobs.unfinished(),
        "names": organisation_names(door, known),
    }
    return render_page(request, "deliveries.html", context, view=view)


@router.get("/deliveries/silent")
def show_silent(request: Request, month: str = "") -> Response:
    """The institutions from which nothing came in a month."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    chosen, first = _read_month(month or f"{door.as_of(known):%Y-%m}")
    batches = all_batches(door, known)
    silent = list_silent(batches, door.places(known), first)
    table = _silent_table(view, silent, chosen)
    if (file := export_table(request, table)) is not None:
        return file
    heard = {one.record.org for one in batches if f"{one.record.received_at:%Y-%m}" == chosen}
    context = {
        "silent_table": table,
        "month": chosen,
        "before": f"{add_months(first, -1):%Y-%m}",
        "after": f"{add_months(first, 1):%Y-%m}",
        "heard": len(heard),
        "stopped": sum(one.last is not None for one in silent),
        "never": sum(one.last is None for one in silent),
    }
    return render_page(request, "silent.html", context, view=view)


def all_batches(door: Door, known: int) -> list[Batch]:
    """Every batch accepted by a number, oldest first."""
    return door.keep(("batches", known), lambda: door.city.batches(known))


def organisation_names(door: Door, known: int) -> dict[str, str]:
    """The latest name of every organisation by its code."""
    return door.places(known).organisations.latest_names()


def senders(door: Door, known: int) -> list[Organisation]:
    """The organisations one can choose, those that have sent before first."""
    rows = [rows[-1] for rows in door.places(known).organisations.rows.values()]
    sent = {batch.record.org for batch in all_batches(door, known)}
    return sorted(rows, key=lambda one: (one.code not in sent, one.code))


def find_organisation(door: Door, known: int, text: str) -> str:
    """The code of the organisation of that code or name. Errors: WEB-045 none, or several of that name."""
    wanted = text.strip()
    names = organisation_names(door, known)
    code = wanted.split(" ", 1)[0]
    if code in names:
        return code
    found = [one for one, name in names.items() if name == wanted]
    if len(found) != 1:
        raise Refusal(Problem(code="WEB-045", args={"text": wanted}))
    return found[0]


def _read_month(text: str) -> tuple[str, date]:
    period = parse_period(text.strip())
    if isinstance(period, Problem) or period.kind != "month":
        raise Refusal(Problem(code="WEB-046", args={"text": text}))
    return period.text, period.start


def mode_word(view: View, mode: str) -> str:
    """What a mode of sending is called."""
    return word(view.lang, "sending.mode_add" if mode == "add" else "sending.mode_replace")


def _table(door: Door, view: View, known: int, batches: Sequence[Batch]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"deliveries.{key}")

    columns = [
        Column("batch", title("batch")),
        Column("received_at", title("received_at"), "day"),
        Column("org", title("org")),
        Column("files", title("files")),
        *(Column(name, title(name), "number", group=title("rows")) for name in COUNTS),
        Column("forms", title("forms")),
        Column("mode", title("mode")),
        Column("accepted_at", title("accepted_at"), "day"),
    ]
    names = organisation_names(door, known)
    return Table(columns, [_row(door, view, names, one) for one in batches], name="deliveries", empty=title("nothing"))


def _row(door: Door, view: View, names: dict[str, str], batch: Batch) -> dict[str, Any]:
    record = batch.record
    listed = [file.name for file in record.files]
    refused = view.link(f"/deliveries/{batch.id}") if record.refused else ""
    counts = {name: getattr(record, name) for name in COUNTS}
    return {
        "batch": Cell(batch.id, view.link(f"/deliveries/{batch.id}"), door=False),
        "received_at": record.received_at,
        "accepted_at": batch.accepted_at,
        "org": Cell(names.get(record.org, record.org), small=record.org),
        "files": _shortened(view, listed),
        **counts,
        "refused": Cell(record.refused, f"{refused}#problems" if refused else "", tone="gap", door=False),
        "forms": _shortened(view, form_counts(door, record.forms)),
        "mode": mode_word(view, record.mode),
    }


def _shortened(view: View, texts: list[str]) -> Cell:
    """The first of several texts on the page and how many they are; the file has them all."""
    whole = word(view.lang, "deliveries.list").join(texts)
    if len(texts) < SHOWN_NAMES:
        return Cell(whole)
    return Cell(whole, text=texts[0] + word(view.lang, "deliveries.more", count=len(texts)))


def form_counts(door: Door, forms: Mapping[str, int]) -> list[str]:
    """Facts accepted by form, in words, the most first."""
    return [f"{form_title(door, name)} {count:,}" for name, count in sorted(forms.items(), key=lambda one: -one[1])]


def form_title(door: Door, name: str) -> str:
    """What a form is called; its own name where no pack has it any more."""
    form = door.library.forms.get(name)
    return form.title if form is not None else name


def _silent_table(view: View, silent: Sequence[Silent], month: str) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"deliveries.{key}")

    columns = [
        Column("org", title("org")),
        Column("code", title("code")),
        Column("last", title("last"), "day"),
        Column("batch", title("batch"), "number"),
        Column("accepted", title("last_accepted"), "number"),
    ]
    rows = [
        {
            "org": Cell(one.organisation.name, small="" if one.last else title("never_sent")),
            "code": one.organisation.code,
            "last": one.last.record.received_at if one.last else None,
            "batch": Cell(one.last.id, view.link(f"/deliveries/{one.last.id}"), door=False) if one.last else None,
            "accepted": one.last.record.accepted if one.last else None,
        }
        for one in silent
    ]
    return Table(columns, rows, name=f"silent-{month}", empty=title("all_sent"))
