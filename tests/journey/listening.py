"""Receivers of notices on this machine: one that takes, one that is broken, one that never answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Listener(ThreadingHTTPServer):
    """Receivers on this machine: ``/taken`` takes, ``/broken`` answers 500, ``/silent`` never answers while the test runs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ended = threading.Event()

    def url(self, path: str) -> str:
        return f"json://127.0.0.1:{self.server_port}/{path}"

    def of(self, path: str) -> list[dict[str, Any]]:
        return [said for heard, said in self.heard if heard.startswith(f"/{path}")]


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Listener)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.heard.append((self.path, said))
        if self.path.startswith("/silent"):
            server.ended.wait()
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on stderr."""


@contextmanager
def listen() -> Iterator[Listener]:
    """Receivers that answer as long as the context lasts."""
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


def write_receivers(city: Path, *receivers: dict[str, Any], **limits: float) -> None:
    """Say who is told, in the city's notify.yaml. JSON is YAML."""
    said = {"link": "http://10.1.2.3:8000", "receivers": receivers, "limits": {k: str(v) for k, v in limits.items()}}
    (city / "notify.yaml").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def to(url: str, **more: object) -> dict[str, Any]:
    """A receiver of everything."""
    return {"name": "值班", "org": "*", "urls": [url], **more}
