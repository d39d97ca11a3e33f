"""``serve``: the pages and the HTTP interface of a city, on this machine."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from wangdi.cli.answer import Answer
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import PATH
from wangdi.cli.session import Session, read_clock
from wangdi.core.problem import Problem, Refusal

LOCAL = "127.0.0.1"
_SERVER = "wangdi.web.serving"
"""Found by name: the two adapters know nothing of each other but this one door."""


@dataclass(frozen=True, slots=True)
class ServeAsked:
    """Where to answer."""

    port: int
    bind: str
    i_know: bool
    tls_cert: Path | None
    tls_key: Path | None
    no_link: bool = False
    nightly: str | None = None


def run_serve(session: Session, asked: ServeAsked) -> Answer:
    """Serve the session's city until told to stop."""
    with session.open_city() as city:
        folder = city.folder
    serve_folder(session, folder, asked)
    return Answer(payload={}, text=session.word("served"))


def serve_folder(session: Session, folder: Path, asked: ServeAsked) -> None:
    """Serve a city's folder, saying where it answers."""
    server = importlib.import_module(_SERVER)
    nightly = None if asked.nightly is None else _parse_time(asked.nightly)
    serving = server.Serving(
        port=asked.port,
        bind=asked.bind,
        outside_is_known=asked.i_know,
        certificate=asked.tls_cert,
        key=asked.tls_key,
        link=not asked.no_link,
        nightly=nightly,
    )
    server.serve_city(
        folder, serving, server.Clock(read_clock), lambda address: session.say(session.word("serving", address=address))
    )


def _parse_time(text: str) -> time:
    """A time of day. Errors: NIGHT-005."""
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        raise Refusal(Problem(code="NIGHT-005", args={"text": text})) from None


serve = Verb(
    run_serve,
    [
        option("--port", type=int, default=8000),
        option("--bind", default=LOCAL, metavar="ADDRESS"),
        option("--i-know", is_flag=True),
        option("--tls-cert", type=PATH, metavar="FILE"),
        option("--tls-key", type=PATH, metavar="FILE"),
        option("--no-link", is_flag=True),
        option("--nightly", metavar="HH:MM"),
    ],
    ServeAsked,
)
