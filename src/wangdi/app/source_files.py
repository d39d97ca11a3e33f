"""Source files: which views of which database are read, for whom, with which mapping and how far back. Data, no secrets."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wangdi.core.problem import Problem, Refusal
from wangdi.language.document import DocumentPass, Value, parse_document
from wangdi.language.names import nearest_name
from wangdi.store.city import City
from wangdi.store.foreign import ForeignQuery, check_query, has_password

SOURCES_FOLDER = "sources"
ENVIRONMENT = "env:"
MODES = ("add", "replace-period")
_KEYS = ("source", "url", "org", "encoding", "mode", "extracts", "notes")
_EXTRACT_KEYS = ("view", "query", "mapping", "window", "order")
_WINDOW_KEYS = ("column", "days", "months", "format")


@dataclass(frozen=True, slots=True)
class Window:
    """Rows whose ``column`` lies no further back. ``months`` begin on the first of a month, ``days`` on that day."""

    column: str
    days: int = 0
    months: int = 0
    format: str = ""

    def since(self, today: date) -> date:
        """The first day that is read."""
        if self.days:
            return today - timedelta(days=self.days)
        month = today.year * 12 + today.month - 1 - self.months
        return date(month // 12, month % 12 + 1, 1)

    def text(self) -> str:
        """As it is listed."""
        return f"{self.column}: {f'{self.days} d' if self.days else f'{self.months} mo'}"


@dataclass(frozen=True, slots=True)
class Extract:
    """One view or select. ``mapping``: empty lets the columns decide."""

    name: str
    view: str = ""
    query: str = ""
    mapping: str = ""
    window: Window | None = None
    order: tuple[str, ...] = ()
    line: int = 0

    @property
    def origin(self) -> str:
        """What is read, in its own words."""
        return self.view or " ".join(self.query.split())

    def plan(self, today: date | None, since: date | None = None, until: date | None = None) -> ForeignQuery:
        """What to ask the database on a day; without one, whatever the window."""
        window = self.window
        first = window.since(today) if window is not None and since is None and today is not None else since
        return ForeignQuery(
            name=self.name,
            view=self.view,
            query=self.query,
            window=window.column if window else "",
            since=first if window else None,
            until=until if window else None,
            format=window.format if window else "",
            order=self.order,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One source file, read and checked."""

    name: str
    url: str
    """An address without a password, or ``env:NAME``."""
    org: str
    extracts: tuple[Extract, ...]
    encoding: str = "utf-8"
    mode: str = "add"
    path: str = ""

    def address(self) -> str:
        """The database's address. Errors: WAY-006 the environment variable is not set."""
        if not self.url.startswith(ENVIRONMENT):
            return self.url
        variable = self.url.removeprefix(ENVIRONMENT)
        if not (found := os.environ.get(variable, "")):
            raise Refusal(Problem(code="WAY-006", file=self.name, args={"variable": variable}))
        return found


class _Pass(DocumentPass):
    def close(self, part: Value, allowed: Sequence[str]) -> None:
        for key, value in part.entries.items():
            if key not in allowed:
                near = nearest_name(key, allowed) or "、".join(allowed)
                self.tell("WAY-002", value.line, name=key, nearest=near)

    def text(self, part: Value, key: str, *, required: bool = False) -> str:
        value = part.entries.get(key)
        found = "" if value is None else value.text.strip()
        if required and not found:
            self.tell("WAY-003", part.line, name=key)
        return found

    def number(self, part: Value, key: str) -> int:
        text = self.text(part, key)
        if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 10_000):
            self.tell("WAY-004", part.line, name=key, text=text, expected="1 ～ 9999")
            return 0
        return int(text or 0)


def read_sources(city: City) -> tuple[dict[str, Source], list[Problem]]:
    """Every source file of a city by name; one that is wrong is left out and its problems told. Errors: WAY-016."""
    found: dict[str, Source] = {}
    problems: list[Problem] = []
    for path in sorted((city.folder / SOURCES_FOLDER).glob("*.yaml")):
        source, wrong = parse_source(path.read_text(encoding="utf-8-sig"), path.name)
        problems += wrong
        if source is not None and source.name in found:
            problems.append(Problem(code="WAY-016", file=path.name, args={"name": source.name}))
        elif source is not None:
            found[source.name] = source
    return found, problems


def find_sources(city: City, names: Iterable[str]) -> list[Source]:
    """The sources named, or all. Errors: WAY-001 no such source; what is wrong with a source file asked for."""
    found, problems = read_sources(city)
    wanted = list(names)
    if problems and (not wanted or set(wanted) - set(found)):
        raise Refusal(problems[0])
    for name in wanted:
        if name not in found:
            near = nearest_name(name, found) or "、".join(found) or "-"
            raise Refusal(Problem(code="WAY-001", args={"name": name, "nearest": near}))
    return [found[name] for name in wanted] if wanted else list(found.values())


def parse_source(text: str, path: str) -> tuple[Source | None, list[Problem]]:
    """The text of a source file, closed-world. Errors: WAY-002 to WAY-005, WAY-007, WAY-009."""
    document, problems = parse_document(text, path)
    if problems:
        return None, problems
    reading = _Pass(path)
    reading.close(document, _KEYS)
    source = Source(
        name=reading.text(document, "source", required=True),
        url=reading.text(document, "url", required=True),
        org=reading.text(document, "org", required=True),
        encoding=reading.text(document, "encoding") or "utf-8",
        mode=reading.text(document, "mode") or MODES[0],
        extracts=_read_extracts(reading, document),
        path=path,
    )
    _check_source(reading, document, source)
    return (None if reading.problems else source), reading.problems


def _check_source(reading: _Pass, document: Value, source: Source) -> None:
    if source.mode not in MODES:
        reading.tell("WAY-004", document.line, name="mode", text=source.mode, expected="、".join(MODES))
    if source.name and not source.name.replace("-", "").replace("_", "").isalnum():
        reading.tell("WAY-004", document.line, name="source", text=source.name, expected="his, his-2, 健康档案")
    try:
        codecs.lookup(source.encoding)
    except LookupError:
        reading.tell("WAY-004", document.line, name="encoding", text=source.encoding, expected="utf-8、gb18030")
    if source.mode == "replace-period":  # a window that begins inside a month would withdraw the days before
        for extract in source.extracts:
            if extract.window is not None and extract.window.days:
                reading.tell("WAY-004", extract.line, name="window", text="days", expected="months (replace-period)")
    if source.url and not source.url.startswith(ENVIRONMENT):
        try:
            if has_password(source.url):
                reading.tell("WAY-005", document.entries["url"].line)
        except Refusal as refusal:
            reading.tell(refusal.problem.code, document.entries["url"].line)


def _read_extracts(reading: _Pass, document: Value) -> tuple[Extract, ...]:
    block = document.entries.get("extracts")
    if block is None or not block.entries:
        reading.tell("WAY-003", document.line, name="extracts")
        return ()
    return tuple(_read_extract(reading, name, part) for name, part in block.entries.items())


def _read_extract(reading: _Pass, name: str, part: Value) -> Extract:
    reading.close(part, _EXTRACT_KEYS)
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        reading.tell("WAY-004", part.line, name="extracts", text=name, expected="followups, 高血压随访")
    view, query = reading.text(part, "view"), reading.text(part, "query")
    if bool(view) == bool(query):
        reading.tell("WAY-003", part.line, name="view | query")
    if query:
        try:
            check_query(query)
        except Refusal as refusal:
            reading.tell(refusal.problem.code, part.entries["query"].line)
    return Extract(
        name=name,
        view=view,
        query=query,
        mapping=reading.text(part, "mapping"),
        window=_read_window(reading, part),
        order=_words(part, "order"),
        line=part.line,
    )


def _read_window(reading: _Pass, part: Value) -> Window | None:
    value = part.entries.get("window")
    if value is None:
        return None
    reading.close(value, _WINDOW_KEYS)
    window = Window(
        column=reading.text(value, "column", required=True),
        days=reading.number(value, "days"),
        months=reading.number(value, "months"),
        format=reading.text(value, "format"),
    )
    if bool(window.days) == bool(window.months):
        reading.tell("WAY-003", value.line, name="days | months")
    return window


def _words(part: Value, key: str) -> tuple[str, ...]:
    value = part.entries.get(key)
    if value is None:
        return ()
    return (value.text.strip(),) if value.text else tuple(item.text.strip() for item in value.items)
