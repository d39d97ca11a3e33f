"""From a plan document to a list on the pages: the document is given and read, its drafts are assigned and confirmed together."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.link_decisions import By
from wangdi.app.plan_confirming import Pick, confirm_picks, split_units
from wangdi.app.plan_drafts import read_plan_file
from wangdi.app.plan_edits import Edits
from wangdi.app.plan_items import save_drafts
from wangdi.app.plan_progress import find_areas
from wangdi.core.problem import Problem, Refusal
from wangdi.web.deciding import name_actor, read_decider, remember_decider
from wangdi.web.door import Door
from wangdi.web.plan_forms import LONGEST, decided_by
from wangdi.web.planning import read_asked
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.uploads import DOCUMENT_BYTES, Upload, receive_upload, show_size
from wangdi.web.view import SEQ_DIGITS, View, read_view, read_whole

router = APIRouter()


@router.get("/plan/read")
def show_form(request: Request) -> Response:
    """The form that takes a plan document."""
    return _render(request, read_view(request))


@router.post("/plan/read")
async def take_document(request: Request) -> Response:
    """Read a plan document and keep its drafts; what is wrong with it is said on the form."""
    view = read_view(request)
    with tempfile.TemporaryDirectory(prefix="wangdi-plan-") as folder:
        try:
            upload = await receive_upload(request, Path(folder), DOCUMENT_BYTES)
            return await run_in_threadpool(_keep, request, view, upload)
        except Refusal as refusal:
            return await run_in_threadpool(_render, request, view, refusal.problem)


def _keep(request: Request, view: View, upload: Upload) -> Response:
    if not upload.files:
        raise Refusal(Problem(code="WEB-040"))
    door: Door = request.app.state.door
    year = read_whole(upload.fields.get("year", ""), 0, 4) or None
    area = upload.fields.get("area", "")
    drafted = read_plan_file(upload.files[0], door.library, year, area)
    save_drafts(door.city, drafted, By(name_actor(request, upload.fields), "", door.clock.now()))
    answer = RedirectResponse(view.link("/plan", plan=drafted.plan.id, state="draft"), 303)
    return remember_decider(answer, upload.fields)


def _render(request: Request, view: View, problem: Problem | None = None) -> Response:
    door: Door = request.app.state.door
    asked = read_asked(request, door, view)
    try:
        whole, below = find_areas(door.places(asked.facts), asked.on)
        areas = [whole, *below]
    except Refusal:  # a city whose regions are not told yet has plans all the same
        areas = []
    context: dict[str, Any] = {
        "areas": areas,
        "most": show_size(DOCUMENT_BYTES),
        "decider": read_decider(request),
        **tell_problem(view, problem),
    }
    return render_page(request, "plan_read.html", context, view=view, status=form_status(problem))


@router.post("/plan/confirm")
async def confirm_ticked(request: Request) -> Response:
    """Confirm the ticked drafts that somebody answers for; the others stay drafts."""
    async with request.form(max_files=0, max_fields=5000) as form:
        ticked = [one for one in form.getlist("pick") if isinstance(one, str)]
        said = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_confirm, request, ticked, said)


def _confirm(request: Request, ticked: list[str], said: dict[str, str]) -> Response:
    door: Door = request.app.state.door
    view = read_view(request)
    picks = [_pick(one, said) for one in ticked]
    done = confirm_picks(door.city, door.library, picks, decided_by(request, said))
    counts = {"confirmed": len(done.held), "left": len(done.left)}
    address = view.link("/plan", plan=said.get("plan", ""), state="draft", **counts)
    return remember_decider(RedirectResponse(address, 303), said)


def _pick(text: str, said: dict[str, str]) -> Pick:
    """One tick: the item, the change that stood before whoever ticked it, and the group whose owner holds for it."""
    item, _, rest = text.partition("@")
    seen, _, group = rest.partition("@")
    owner = said.get(f"owner:{group}", "").strip()[:LONGEST]
    helping = split_units(said.get(f"with:{group}", "")[:LONGEST])
    edits = Edits(
        owner=owner or None, cooperating=helping or None, indicator=said.get(f"indicator:{item}", "").strip() or None
    )
    return Pick(item, edits, read_whole(seen, 0, SEQ_DIGITS) or None)
