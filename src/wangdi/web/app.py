"""The server's application: pages, assets, the HTTP interface, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import time
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from wangdi.core.problem import Problem, Refusal
from wangdi.web.assets import ROOT, send_asset
from wangdi.web.door import Clock, Door
from wangdi.web.guards import is_own
from wangdi.web.jobs import Jobs
from wangdi.web.kept_pages import KeptPages
from wangdi.web.match import router as match_router
from wangdi.web.nights import Nights
from wangdi.web.pages import (
    audit,
    board,
    compare,
    data,
    deliveries,
    delivery,
    events,
    identity_quality,
    indicator,
    interface,
    lists,
    pack_examples,
    pack_try,
    packs,
    person,
    places,
    plan,
    plan_drafts,
    plan_rounds,
    populations,
    reports,
    return_table,
    returns,
    search,
    sending,
    signals,
    source,
    spellings,
    wall,
    watched_places,
    who,
    worklist,
)
from wangdi.web.push import push_routes
from wangdi.web.relinking import Relinker
from wangdi.web.render import render_problem
from wangdi.web.trials import Trials

PAGES = (
    board,
    indicator,
    lists,
    person,
    source,
    deliveries,
    delivery,
    sending,
    compare,
    worklist,
    events,
    search,
    places,
    populations,
    data,
    packs,
    pack_examples,
    pack_try,
    identity_quality,
    interface,
    who,
    spellings,
    audit,
    reports,
    returns,
    return_table,
    signals,
    watched_places,
    plan_drafts,
    plan,
    plan_rounds,
    wall,
)
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OPENAPI = "/api/v1/openapi.json"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "testserver")
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
_NOT_FOUND = (
    "CITY-002",
    "PACK-069",
    "FIG-001",
    "FIG-002",
    "FIG-004",
    "FIG-005",
    "FIG-008",
    "CITY-009",
    "WEB-001",
    "WEB-044",
    "EVENT-001",
    "LINK-021",
    "LINK-028",
    "REPORT-006",
    "RETURN-020",
    "RETURN-032",
    "SIGNAL-003",
    "SIGNAL-011",
    "SIGNAL-012",
    "PLAN-003",
    "PLAN-004",
    "PLAN-008",
)
"""Problems that mean that there is no such thing; every other refusal is a question wrongly asked."""


def make_app(
    folder: Path, clock: Clock, hosts: tuple[str, ...] = (), link: bool = True, nightly: time | None = None
) -> FastAPI:
    """The application over one city.

    ``hosts``: names it answers to beside loopback. ``link``: a city that was linked once is linked again after deliveries.
    ``nightly``: when its nights run, null where somebody else has them run.

    Errors: raises Refusal when there is no city or a pack is wrong.
    """
    door = Door(folder, clock)
    jobs, relinker = Jobs(door.city, door.library), Relinker(door)
    nights = Nights(door, nightly) if nightly is not None else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if link:
            relinker.follow()
        if nights is not None:
            nights.start()
        yield
        if nights is not None:
            nights.close()
        relinker.close()
        jobs.close()
        door.close()

    app = FastAPI(
        title="Wangdi", version=version("wangdi"), docs_url=None, redoc_url=None, openapi_url=OPENAPI, lifespan=lifespan
    )
    app.state.door = door
    app.state.trials = Trials()
    app.state.jobs = jobs
    app.state.relinker = relinker
    app.state.hosts = {*LOOPBACK, *hosts}
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False)
    app.include_router(push_routes(lambda: door.city, lambda: door.library, clock.now))
    app.include_router(match_router)
    app.router.routes.append(Route(f"{ROOT}/{{digest}}/{{name:path}}", send_asset))
    app.add_exception_handler(Refusal, _answer_refusal)
    app.add_exception_handler(HTTPException, _answer_missing)
    # From the inside out: pages are made, compressed, kept; the guard stands before everything.
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(KeptPages)
    app.middleware("http")(_guard)
    return app


async def _guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer only to the names this server was started for, and to forms only from its own pages.

    Why: another site open in the same browser can make requests to loopback, and a foreign name can be made to point there.
    """
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name not in request.app.state.hosts:
        return PlainTextResponse("unknown host", 421)
    if request.method in _UNSAFE and not is_own(request):
        return PlainTextResponse("cross-site request", 403)
    response = await answer(request)
    for header, value in HEADERS.items():
        response.headers.setdefault(header, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return render_problem(request, error.problem, 404 if error.problem.code in _NOT_FOUND else 400)


def _answer_missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = Problem(code="WEB-001" if error.status_code == 404 else "WEB-002", args={"path": request.url.path})
    return render_problem(request, problem, error.status_code)
