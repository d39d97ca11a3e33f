"""Who decides on the pages: a name they give themselves, kept in the browser until it is closed. The pages know no accounts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "wangdi_decider"
NOBODY = "web"
"""What is recorded of somebody who gives no name; a name given stands behind it, for nobody has proved it."""
LONGEST = 40


def read_decider(request: Request) -> str:
    """The name given before in this browser. Missing: empty."""
    return _tidy(unquote(request.cookies.get(COOKIE, "")))


def name_actor(request: Request, said: Mapping[str, str]) -> str:
    """Who is recorded: as the form says; a form without such a field goes by the name given before."""
    name = _tidy(said["by"]) if "by" in said else read_decider(request)
    return f"{NOBODY} {name}" if name else NOBODY


async def read_form(request: Request) -> dict[str, str]:
    """The texts of a form. Missing: what is no text."""
    async with request.form(max_files=0, max_fields=1000) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def remember_decider(response: Response, said: Mapping[str, str]) -> Response:
    """Keep the name a form gives for the forms that follow; forget it where the field was emptied."""
    if "by" in said:
        if name := _tidy(said["by"]):
            response.set_cookie(COOKIE, quote(name), httponly=True, samesite="lax")
        else:
            response.delete_cookie(COOKIE)
    return response


def _tidy(name: str) -> str:
    return "".join(sign for sign in " ".join(name.split()) if sign.isprintable())[:LONGEST]
