"""A page in a real browser, as somebody visits it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.pages import Served


@dataclass
class Visit:
    """A page in a window, and what its console said."""

    page: Any
    url: str
    said: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(f"{self.url}{address}")
        self.page.wait_for_load_state("networkidle")

    def text(self) -> str:
        return str(self.page.inner_text("main"))

    def wait_for_closed_panel(self) -> None:
        self.page.wait_for_selector("#panel > *", state="detached")

    def panel(self) -> str:
        self.page.wait_for_selector("#panel .panel-body")
        self.page.wait_for_load_state("networkidle")
        return str(self.page.inner_text("#panel"))


@contextmanager
def open_visit(served: Served, browser: Any) -> Iterator[Visit]:
    """A window of its own; nothing may have been written to its console in the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    seen = Visit(page, served.url)
    page.on("console", lambda message: seen.said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    yield seen
    context.close()
    assert seen.said == []
