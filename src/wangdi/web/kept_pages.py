"""Pages rendered once, kept while nothing they show can have changed.

A page is made of its address, the reader's language and what the city knows: as long as nothing is accepted, the same
address gives the same page. What depends on anything else (an upload on its way, a form being tried) is never kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wangdi.web.deciding import read_decider
from wangdi.web.view import read_view

STEADY = (
    "/",
    "/indicator",
    "/people",
    "/person",
    "/fact",
    "/worklist",
    "/places",
    "/populations",
    "/search",
    "/compare",
    "/who/quality",
    "/who/spellings",
)
"""Pages that show nothing but what the city knows."""
MOST_BYTES = 64 << 20
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class _Page:
    start: Message
    body: bytes


class KeptPages:
    """Answers from what was rendered before, as long as the city's number is the same. Lives as long as the server."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most = most_bytes
        self._pages: OrderedDict[Hashable, _Page] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a kept page, or let it be made and keep it."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_steady(scope["path"]):
            await self._app(scope, receive, send)
            return
        key = _key(Request(scope))
        kept = self._pages.get(key)
        if kept is not None:
            self._pages.move_to_end(key)
            await send(kept.start)
            await send({"type": "http.response.body", "body": kept.body})
            return
        await self._app(scope, receive, _Keeper(self, key, send))

    def keep(self, key: Hashable, page: _Page) -> None:
        """Keep a page; the ones longest unread make room."""
        if key in self._pages or len(page.body) > self._most // 10:
            return
        self._pages[key] = page
        self._bytes += len(page.body)
        while self._bytes > self._most:
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= len(oldest.body)


class _Keeper:
    """Passes an answer on and keeps it when it is a whole page."""

    def __init__(self, pages: KeptPages, key: Hashable, send: Send) -> None:
        self._pages, self._key, self._send = pages, key, send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = MutableHeaders(raw=message["headers"]).get("content-type", "")
            self._start = message if message["status"] == 200 and kind.startswith(_HTML) else None
        elif self._start is not None:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._pages.keep(self._key, _Page(self._start, b"".join(self._parts)))
        await self._send(message)


def _is_steady(path: str) -> bool:
    return path == "/" or any(path == one or path.startswith(f"{one}/") for one in STEADY[1:])


def _key(request: Request) -> Hashable:
    """Everything a steady page depends on."""
    door, view = request.app.state.door, read_view(request)
    encoding = "gzip" in request.headers.get("accept-encoding", "")
    return (
        str(request.url.path),
        str(request.url.query),
        view.lang,
        view.panel,
        # The page of a person has the form that parts them, filled in with who decided last.
        read_decider(request) if request.url.path.startswith("/person/") else "",
        encoding,
        door.number(),
        door.clock.today(),
    )
