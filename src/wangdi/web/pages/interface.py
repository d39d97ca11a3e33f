"""The HTTP interface for the engineer who connects a system: where it is, one call that can be copied, its document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Column, Table
from wangdi.web.view import read_view
from wangdi.web.words import word

router = APIRouter()


@router.get("/api")
def show_interface(request: Request) -> Response:
    """What can be asked over HTTP, from the application's own document."""
    door: Door = request.app.state.door
    view = read_view(request)
    document: dict[str, Any] = request.app.openapi()
    rows = [
        {"method": method.upper(), "path": path, "does": said.get("summary", "")}
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    columns = [Column(key, word(view.lang, f"interface.{key}")) for key in ("method", "path", "does")]
    organisations = sorted(door.places(door.number()).organisations.rows)
    context = {
        "calls": Table(columns, rows, name="api"),
        "document": request.app.openapi_url,
        "base": str(request.base_url).rstrip("/"),
        "example_org": organisations[0] if organisations else "ORG",
    }
    return render_page(request, "interface.html", context, view=view)
