"""Style, scripts and vendored libraries, with names that change when their content does, so that they can be kept for ever."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

ROOT = "/assets"
_FOLDERS = ("static", "vendor")
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def load_asset(name: str) -> bytes | None:
    """The bytes of one asset; None where there is none of that name."""
    known = {f"{folder}/{path}" for folder in _FOLDERS for path in _list(folder)}
    return files("wangdi.web").joinpath(*name.split("/")).read_bytes() if name in known else None


@cache
def _list(folder: str) -> tuple[str, ...]:
    found: list[str] = []
    for entry in files("wangdi.web").joinpath(folder).iterdir():
        found += [f"{entry.name}/{one.name}" for one in entry.iterdir()] if entry.is_dir() else [entry.name]
    return tuple(found)


@cache
def asset_url(name: str) -> str:
    """The address of an asset: its name with a piece of its hash."""
    content = load_asset(name)
    assert content is not None, f"there is no asset {name}"
    return f"{ROOT}/{hashlib.sha256(content).hexdigest()[:12]}/{name}"


def send_asset(request: Request) -> Response:
    """One asset, to be kept by the browser."""
    name = request.path_params["name"]
    content = load_asset(name)
    if content is None:
        return PlainTextResponse("", 404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"Cache-Control": _FOR_EVER})
