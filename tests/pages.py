"""Pages in tests: the application asked directly, a server with a real browser before it, and what every page must keep."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import html5lib
from starlette.testclient import TestClient

from tests.conftest import go_without
from wangdi.web.app import make_app
from wangdi.web.door import Clock

NOW = datetime(2026, 2, 1, 9)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-quic"]  # fmt: skip


@contextmanager
def open_pages(folder: Path) -> Iterator[TestClient]:
    """The application over a city, asked without a network."""
    with TestClient(make_app(folder, Clock(lambda: NOW), link=False)) as client:
        yield client


def read(client: TestClient, address: str, status: int = 200) -> str:
    """A page's text; it must answer as expected."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def check_page(text: str) -> Any:
    """What holds on every page: valid HTML, no inline script or style, ids once, every reference answered. Answers the tree."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), f"ids stand twice: {sorted({one for one in ids if ids.count(one) > 1})}"
    for element in tree.iter():
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")], element.tag
        if element.tag == "script":
            assert element.get("src"), "a script within the page"
        assert element.tag != "style", "a style within the page"
        for name in ("aria-labelledby", "aria-describedby", "for", "list"):
            for target in (element.get(name) or "").split():
                assert target in ids, f"{element.tag} names {target}, which is not there"
        if element.tag in ("input", "select", "textarea") and element.get("type") not in ("hidden", "submit"):
            labelled = element.get("aria-label") or _has_label(tree, element)
            assert labelled, f"{element.tag} {element.get('name')} has no label"
    return tree


def _has_label(tree: Any, field: Any) -> bool:
    labels = list(tree.iter("label"))
    return any(one.get("for") and one.get("for") == field.get("id") for one in labels) or any(
        field in list(one.iter()) for one in labels
    )


def words_of(tree: Any) -> str:
    """What a page says, as one line."""
    return " ".join(" ".join(tree.itertext()).split())


# ---- a real browser --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Served:
    """A server over a city in a process of its own."""

    folder: Path
    url: str
    process: subprocess.Popen[bytes]
    story: dict[str, Any] = field(default_factory=dict)
    """What ``wangdi demo`` told of the city, where it made it."""


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve a city on loopback until the context ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "wangdi", "serve", "--city", str(folder), "--port", str(port), "--no-link"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/assets/0/static/icon.svg", process)
            yield Served(folder, url, process)
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@contextmanager
def open_browser() -> Iterator[Any]:
    """The system's Chromium. Skips, and says so, where there is none; a build machine must have it."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        go_without("there is no Chromium here; install the package chromium to run the browser's journeys")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
