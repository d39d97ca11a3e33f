"""A record and where it came from: the file, the line, its raw text, and every version of the record."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from wangdi.app.labels import label_fields
from wangdi.app.traces import pair_cells, trace_fact
from wangdi.core.problem import Problem, Refusal
from wangdi.web.door import Door
from wangdi.web.pages.deliveries import all_batches
from wangdi.web.render import render_page
from wangdi.web.view import read_view

router = APIRouter()


@router.get("/fact/{fact_id}")
def show_fact(request: Request, fact_id: int) -> Response:
    """A record with its source line and its history."""
    door: Door = request.app.state.door
    view = read_view(request)
    with door.standing(view.known) as standing:
        found = trace_fact(door.city, standing.workspace, door.library, fact_id)
    fact, source = found["fact"], found["source"]
    names = door.places(door.number(view.known)).organisations.latest_names()
    context = {
        "fact": fact,
        "fields": label_fields(door.library, fact["form"], fact["fields"], view.lang),
        "source": source,
        "cells": pair_cells(source),
        "history": [
            {**row, "fields": label_fields(door.library, fact["form"], row["fields"], view.lang)}
            for row in found["history"]
        ],
        "names": names,
        "batch": _batch_of(door, fact_id),
    }
    return render_page(request, "fact.html", context, view=view)


def _batch_of(door: Door, fact_id: int) -> int | None:
    """The batch a record came with; None for one entered here."""
    batches = all_batches(door, door.number())
    return next((one.id for one in batches if one.first_seq <= fact_id <= one.last_seq), None)


@router.get("/original/{sha256}")
def send_original(request: Request, sha256: str) -> Response:
    """A received file, byte for byte as it came. Errors: WEB-003 there is none of that hash."""
    door: Door = request.app.state.door
    path: Path | None = door.city.original_file(sha256)
    if path is None:
        raise Refusal(Problem(code="WEB-003", args={"sha256": sha256}))
    name = request.query_params.get("name", "") or sha256
    return FileResponse(path, media_type="application/octet-stream", filename=Path(name).name)
