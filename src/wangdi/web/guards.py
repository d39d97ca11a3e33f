"""Whose requests may change something: our own pages' and those of programs, never another site's page."""

from __future__ import annotations

from starlette.requests import Request


def is_own(request: Request) -> bool:
    """Whether a request comes from our own pages, or from no page at all.

    Why: another site open in the same browser can make requests to this machine. Browsers name the site (``Sec-Fetch-Site``)
    only to addresses they trust; the origin they always send.
    """
    site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin")
    same = origin is None or origin.partition("://")[2] == request.headers.get("host", "")
    return same and site in ("none", "same-origin")
