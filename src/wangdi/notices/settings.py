"""Who is told what: a city's ``notify.yaml``, checked field by field.

Addresses stay as they are written: a ``${NAME}`` in one is filled from the environment only when something is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from wangdi.catalog.datafile import parse_data_text
from wangdi.core.problem import LANGUAGES, Problem

EVERYBODY = "*"
SIGNAL, URGENT, OVERDUE, ESCALATED, BULLETIN, TARGET = "signal", "urgent", "overdue", "escalated", "bulletin", "target"
KINDS = (SIGNAL, URGENT, OVERDUE, ESCALATED, BULLETIN, TARGET)
"""What a receiver may ask for; ``urgent`` is ``signal`` without those that can wait."""
ASKED = frozenset(KINDS) - {URGENT}
"""What a receiver is told that does not say."""
TOP = ("link", "receivers", "limits")
RECEIVER = ("name", "org", "urls", "lang", "kinds", "quiet", "units")
LONGEST_NAME = 60
LONGEST_FILE = 200_000
"""Characters: nobody writes as many receivers by hand."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which only what is urgent is told; they may run over midnight."""

    begin: time
    end: time

    def covers(self, moment: datetime) -> bool:
        """Whether a moment lies in them."""
        at = moment.time()
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told. ``org``: for which institution, ``*`` for all; ``urls``: addresses as written; ``units``: the
    responsible units whose targets are told.
    """

    name: str
    org: str
    urls: tuple[str, ...]
    lang: str = LANGUAGES[0]
    kinds: frozenset[str] = ASKED
    quiet: Quiet | None = None
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is sent and how long it is tried. Their sources and doubts stand in ``data/limits.yaml``."""

    news_days: float
    escalate_hours: float
    tries: float
    timeout_seconds: float
    most_a_run: float


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Everything a city says about its notices. ``link``: where its pages are, empty where messages have no link."""

    link: str
    receivers: tuple[Receiver, ...]
    limits: Limits


@cache
def read_limits() -> Limits:
    """The limits as shipped."""
    said = parse_data_text(files("wangdi.notices").joinpath("data", "limits.yaml").read_text(encoding="utf-8"))
    return Limits(**{one.name: float(said[one.name]["value"]) for one in fields(Limits)})


def parse_notify_settings(text: str, file: str) -> tuple[NotifySettings | None, list[Problem]]:
    """A ``notify.yaml`` and everything that is wrong with it; no settings where anything is.

    Errors: NOTIFY-002 no YAML of fields, NOTIFY-003 a field nobody knows, NOTIFY-004 one that is missing, NOTIFY-005 a value that
    cannot be, NOTIFY-009 a name that stands twice. No message quotes an address: it may hold a password.
    """
    reading = _Reading(file)
    if len(text) > LONGEST_FILE:
        return None, [Problem(code="NOTIFY-002", file=file, args={"reason": f"> {LONGEST_FILE:,}"})]
    try:
        said = parse_data_text(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        return None, [Problem(code="NOTIFY-002", file=file, line=_line_of(error), args={"reason": _reason_of(error)})]
    top = reading.mapping(said, "", TOP)
    if top is None:
        return None, reading.problems
    receivers = reading.receivers(top.get("receivers"))
    limits = reading.limits(top.get("limits", {}))
    link = reading.text(top.get("link", ""), "link").rstrip("/")
    if link and not link.startswith(("http://", "https://")):
        reading.wrong("link", link, "http://… / https://…")
    if reading.problems or limits is None:
        return None, reading.problems
    return NotifySettings(link, receivers, limits), []


def _line_of(error: Exception) -> int | None:
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else mark.line + 1


def _reason_of(error: Exception) -> str:
    """What the parser found; the text it found it in may be a secret and is left out."""
    return getattr(error, "problem", None) or str(error).splitlines()[0]


class _Reading:
    """One reading of a file: what is wrong collects while it goes on."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, place: str, value: object, wanted: str) -> None:
        """A value that cannot be. What is no text is called by its kind: written out it could be endless."""
        shown = value[:LONGEST_NAME] if isinstance(value, str) else type(value).__name__
        args = {"value": shown, "wanted": wanted}
        self.problems.append(Problem(code="NOTIFY-005", file=self.file, field=place, args=args))

    def mapping(self, said: Any, place: str, known: Sequence[str]) -> Mapping[str, Any] | None:
        """Fields by name. A place of its own is written before each."""
        if not isinstance(said, dict):
            self.problems.append(
                Problem(code="NOTIFY-002", file=self.file, field=place, args={"reason": "name: value"})
            )
            return None
        for name in said:
            if name not in known:
                args = {"name": f"{name}"[:LONGEST_NAME], "known": ", ".join(known)}
                self.problems.append(Problem(code="NOTIFY-003", file=self.file, field=place, args=args))
        return said

    def need(self, said: Mapping[str, Any], place: str, name: str) -> bool:
        if said.get(name) in (None, "", []):
            self.problems.append(Problem(code="NOTIFY-004", file=self.file, field=place, args={"name": name}))
            return False
        return True

    def text(self, said: Any, place: str, secret: bool = False) -> str:
        if isinstance(said, str):
            return said.strip()
        self.wrong(place, "…" if secret else said, "a text")
        return ""

    def texts(self, said: Any, place: str, secret: bool = False) -> tuple[str, ...]:
        """Several texts, or one."""
        rows = [said] if isinstance(said, str) else said
        if not isinstance(rows, list):
            self.wrong(place, "…" if secret else said, "a list")
            return ()
        return tuple(self.text(one, f"{place}[{number}]", secret) for number, one in enumerate(rows, 1))

    def receivers(self, said: Any) -> tuple[Receiver, ...]:
        if not isinstance(said, list) or not said:
            self.problems.append(Problem(code="NOTIFY-004", file=self.file, args={"name": "receivers"}))
            return ()
        found: list[Receiver] = []
        for number, one in enumerate(said, 1):
            receiver = self.receiver(one, f"receivers[{number}]")
            if receiver is None:
                continue
            if receiver.name in {other.name for other in found}:
                args = {"name": receiver.name}
                self.problems.append(
                    Problem(code="NOTIFY-009", file=self.file, field=f"receivers[{number}].name", args=args)
                )
            found.append(receiver)
        return tuple(found)

    def receiver(self, said: Any, place: str) -> Receiver | None:
        row = self.mapping(said, place, RECEIVER)
        if row is None:
            return None
        missing = [name for name in ("name", "org", "urls") if not self.need(row, place, name)]
        if missing:
            return None
        name, org = self.text(row["name"], f"{place}.name"), self.text(row["org"], f"{place}.org")
        if "/" in name or len(name) > LONGEST_NAME:
            self.wrong(f"{place}.name", name, f"1-{LONGEST_NAME}, no /")
        lang = self.text(row.get("lang", LANGUAGES[0]), f"{place}.lang")
        if lang not in LANGUAGES:
            self.wrong(f"{place}.lang", lang, ", ".join(LANGUAGES))
        return Receiver(
            name,
            org,
            self.texts(row["urls"], f"{place}.urls", secret=True),
            lang,
            self.kinds(row, f"{place}.kinds"),
            self.quiet(row.get("quiet", ""), f"{place}.quiet"),
            self.texts(row.get("units", []), f"{place}.units"),
        )

    def kinds(self, row: Mapping[str, Any], place: str) -> frozenset[str]:
        if "kinds" not in row:
            return ASKED
        found = self.texts(row["kinds"], place)
        for one in found:
            if one not in KINDS:
                self.wrong(place, one, ", ".join(KINDS))
        return frozenset(found)

    def quiet(self, said: Any, place: str) -> Quiet | None:
        text = self.text(said, place)
        if not text:
            return None
        begin, dash, end = text.partition("-")
        try:
            found = Quiet(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
        except ValueError:
            dash = ""
        if not dash or found.begin == found.end:
            self.wrong(place, text, "22:00-07:00")
            return None
        return found

    def limits(self, said: Any) -> Limits | None:
        known = [one.name for one in fields(Limits)]
        row = self.mapping(said, "limits", known)
        if row is None:
            return None
        shipped = read_limits()
        found = {name: getattr(shipped, name) for name in known}
        for name in known:
            if name not in row:
                continue
            try:
                found[name] = float(row[name])
            except (TypeError, ValueError):
                found[name] = 0.0
            if not 0 < found[name] < float("inf"):
                self.wrong(f"limits.{name}", row[name], "> 0")
        return Limits(**found)
