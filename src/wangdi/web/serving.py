"""Starting the server: on this machine only unless somebody insists, and saying where it answers."""

from __future__ import annotations

import gc
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import uvicorn

from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import LEVEL_CHOICES
from wangdi.web.app import make_app
from wangdi.web.door import Clock, Door

LOCAL = "127.0.0.1"
READING_SECONDS = 75
"""How long a browser's connection is kept while its reader looks at the page."""
SWITCH_SECONDS = 0.0005
COLLECT_AFTER = (100_000, 50, 50)
"""Twenty readers of a county: nineteen pages of twenty in 0.28 s instead of 0.33 with both."""
GRACE_SECONDS = 3
"""How long a request in progress may still take when the server is told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where to answer. ``outside_is_known``: whoever starts it has said that there are no accounts yet, and knows."""

    port: int = 8000
    bind: str = LOCAL
    outside_is_known: bool = False
    certificate: Path | None = None
    key: Path | None = None
    link: bool = True
    """Whether a city that was linked once is linked again after deliveries."""
    nightly: time | None = None
    """When its nights run; null where somebody else has them run."""

    @property
    def address(self) -> str:
        """What to type into a browser."""
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/"


def check_serving(serving: Serving) -> None:
    """Refuse what must not or cannot be.

    Errors: CLI-021 another address than loopback without saying so, CLI-016 the port is taken, CLI-017 no such address,
    CLI-018 a certificate without its key or a file that is not there.
    """
    if not is_loopback(serving.bind) and not serving.outside_is_known:
        raise Refusal(Problem(code="CLI-021", args={"bind": serving.bind}))
    for file in (serving.certificate, serving.key):
        if (serving.certificate is None) != (serving.key is None) or (file is not None and not file.is_file()):
            raise Refusal(Problem(code="CLI-018", args={"file": str(file or "")}))
    family = socket.AF_INET6 if ":" in serving.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((serving.bind, serving.port))
        except PermissionError as error:
            raise Refusal(Problem(code="CLI-016", args={"port": str(serving.port)})) from error
        except socket.gaierror as error:
            raise Refusal(Problem(code="CLI-017", args={"bind": serving.bind})) from error
        except OSError as error:
            taken = "CLI-016" if is_loopback(serving.bind) else "CLI-017"
            raise Refusal(Problem(code=taken, args={"port": str(serving.port), "bind": serving.bind})) from error


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


def serve_city(folder: Path, serving: Serving, clock: Clock, tell: Callable[[str], None]) -> None:
    """Answer until told to stop (Ctrl-C). ``tell`` hears the address once it can be opened.

    Errors: as :func:`check_serving`, and Refusal when there is no city.
    """
    check_serving(serving)
    hosts = () if is_loopback(serving.bind) else (serving.bind, socket.gethostname())
    app = make_app(folder, clock, hosts, serving.link, serving.nightly)
    config = uvicorn.Config(
        app,
        host=serving.bind,
        port=serving.port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=READING_SECONDS,
        ssl_certfile=serving.certificate,
        ssl_keyfile=serving.key,
    )
    tell(serving.address)
    threading.Thread(target=warm, args=(app.state.door,), name="warm", daemon=True).start()
    with _few_pauses():
        uvicorn.Server(config).run()


@contextmanager
def _few_pauses() -> Iterator[None]:
    """While it lasts no reader waits for another reader's page to be rendered, or for the whole heap to be looked through.

    A page asks the engine a dozen short questions, and after each it takes its turn with the pages being rendered.
    """
    before = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
        gc.unfreeze()


def warm(door: Door) -> None:
    """Count what the first pages show, so that the first reader does not wait for it."""
    try:
        known = door.number()
        period = door.default_period(known)
        for level in LEVEL_CHOICES:
            door.figures(known, period, level)
    except Refusal:  # a city without data or areas: the page itself will say what to do
        return
    gc.collect()
    gc.freeze()  # packs, places and figures stay: they need not be looked through again for what may go
