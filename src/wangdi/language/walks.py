"""``walks.yaml``: people taken through days, with what the norm asks of them and where they stand in each figure.

Grain: one walk per person. An expectation is one of: a task with its state on a day, no task open on a day, a place in an
indicator for a period, or what a form answers to an entry: its checks, its score, its slip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from wangdi.core.dates import parse_date_text
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem
from wangdi.language.cells import Unreadable, parse_birth_date, parse_cell, parse_sex
from wangdi.language.document import Value, parse_document
from wangdi.language.engine import Case
from wangdi.language.examples import parse_attribute
from wangdi.language.model import Form, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES, nearest_name
from wangdi.language.record import Cell, Event, Subject

_WALK = ("case", "clause", "note", "parameters", "person", "events", "entry", "expect")
_ASKED = ("on", "task", "state", "opens", "due", "closes", "rule", "anchor", "reason")
_STATES = ("draft", "ready", "completed", "failed", "cancelled")
_PLACES = ("numerator", "missing", "outside")
_KINDS = (
    "{on, task, state, ...} | {on, none: task} | {period, indicator, in} | {refused: …} | {warned: …}"
    " | {quality, score, points, of, missing} | {slip, says}"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task stands in this state on a day, with these dates and this rule (those that are named)."""

    line: int
    on: date
    task: str
    wanted: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nothing of a task is open (draft or ready) on a day."""

    line: int
    on: date
    task: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The subject's place in an indicator: ``why`` names the clauses it fails; ``value`` and ``whole`` (written ``of``) are
    what it adds to the numerator and to the denominator.
    """

    line: int
    period: Period
    indicator: str
    place: str
    why: tuple[str, ...] | None
    value: float | None
    whole: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the form's checks say of the entry: the messages, each with whether it refuses the row."""

    line: int
    says: frozenset[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Scored:
    """How complete the entry is: its score, the weights it meets (``points``) of those asked (``of``), the items it lacks."""

    line: int
    quality: str
    score: float | None
    points: float | None
    of: float | None
    missing: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Handed:
    """What the slip about the entry says: the lines, in any order."""

    line: int
    slip: str
    says: tuple[str, ...]


Expectation: TypeAlias = Asked | NotAsked | Counted | Told | Scored | Handed


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's days and what is expected on them. ``overrides``: parameters a city would have set otherwise."""

    line: int
    name: str
    clause: str
    case: Case
    expected: tuple[Expectation, ...]
    overrides: tuple[tuple[str, Cell], ...] = ()


def read_walks(text: str, path: str, pack: Pack) -> tuple[list[Walk], list[Problem]]:
    """Every walk of a ``walks.yaml``. Errors: unknown names with the nearest, unreadable values; all at once."""
    root, problems = parse_document(text, path)
    reading = _Reading(path, pack, problems)
    walks = [reading.walk(part, place * 1000) for place, part in enumerate(root.items)]
    return [walk for walk in walks if walk is not None], problems


@dataclass(frozen=True, slots=True)
class _Reading:
    path: str
    pack: Pack
    problems: list[Problem]

    def tell(self, code: str, line: int, **args: str) -> None:
        self.problems.append(Problem(code=code, file=self.path, line=line, args=args))

    def unknown(self, name: str, known: Sequence[str], line: int) -> None:
        self.tell("PACK-043", line, name=name, nearest=nearest_name(name, known) or "、".join(known))

    def close(self, part: Value, allowed: Sequence[str]) -> None:
        for key, value in part.entries.items():
            if key not in allowed:
                self.unknown(key, allowed, value.line)

    def walk(self, part: Value, seq: int) -> Walk | None:
        self.close(part, _WALK)
        name = _text(part, "case")
        if not name:
            self.tell("PACK-040", part.line, name="case", expected="、".join(_WALK))
            return None
        if not _text(part, "clause"):
            self.tell("PACK-045", part.line, case=name)
        subject = self.subject(name, part.entries.get("person"))
        events = [self.event(name, item, seq + place) for place, item in enumerate(_items(part, "events"))]
        entered = part.entries.get("entry")
        if entered is not None:
            events = [self.entry(name, entered, seq)]
        items = _items(part, "expect")
        if not items and entered is None:
            self.tell("PACK-046", part.line, case=name)
        found: list[Expectation | None]
        if entered is not None:
            answers = [item for item in items if {"quality", "slip"} & item.entries.keys()]
            found = [self.answer(item) for item in answers]
            if len(answers) < len(items) or not items:
                found.append(self.told(entered.line, [item for item in items if item not in answers]))
        else:
            found = [self.expectation(item) for item in items]
        case = Case(subject, tuple(event for event in events if event is not None))
        expected = tuple(item for item in found if item is not None)
        return Walk(
            part.line, name, _text(part, "clause"), case, expected, self.overrides(part.entries.get("parameters"))
        )

    def overrides(self, part: Value | None) -> tuple[tuple[str, Cell], ...]:
        """Parameters of this walk, each of the type the pack gives it."""
        found: list[tuple[str, Cell]] = []
        for key, value in part.entries.items() if part is not None else ():
            parameter = self.pack.parameters.get(key)
            if parameter is None:
                self.unknown(key, [*self.pack.parameters], value.line)
            else:
                found.append((key, parse_parameter(parameter.value, value.text)))
        return tuple(found)

    def subject(self, name: str, part: Value | None) -> Subject:
        if part is None:
            return Subject(name)
        self.close(part, [key for key in SUBJECT_ATTRIBUTES if key != "age_years"])
        birth = self.taken(parse_birth_date(_text(part, "birth_date")), part, "birth_date")
        sex = self.taken(parse_sex(_text(part, "sex")), part, "sex")
        known = {
            key: self.taken(parse_attribute(self.pack, key, value.text), part, key)
            for key, value in part.entries.items()
            if key in SUBJECT_ATTRIBUTES and key not in ("birth_date", "sex", "age_years")
        }
        return Subject(name, birth if isinstance(birth, date) else None, None if sex is None else str(sex), known)

    def taken(self, value: Cell | Unreadable, part: Value, name: str) -> Cell:
        if isinstance(value, Unreadable):
            written = part.entries[name]
            self.tell("PACK-042", written.line, value=written.text, name=name, expected=value.expected)
            return None
        return value

    def day(self, part: Value, name: str) -> date | None:
        found = parse_date_text(_text(part, name))
        if found is None:
            line = part.entries[name].line if name in part.entries else part.line
            self.tell("PACK-042", line, value=_text(part, name), name=name, expected="yyyy-mm-dd")
        return found

    def event(self, name: str, part: Value, seq: int) -> Event | None:
        on = self.day(part, "on")
        form = find_form(self.pack, _text(part, "form"))
        if form is None:
            self.unknown(_text(part, "form"), form_names(self.pack), part.line)
        if on is None or form is None:
            return None
        values = self.values(part, form, ("on", "form", "org")) | {form.occurred_on: on}
        return Event(name, form.full_name, on, seq, values, _text(part, "org"))

    def entry(self, name: str, part: Value, seq: int) -> Event | None:
        form = find_form(self.pack, _text(part, "form"))
        if form is None:
            self.unknown(_text(part, "form"), form_names(self.pack), part.line)
            return None
        values = self.values(part, form, ("form",))
        on = values.get(form.occurred_on)
        return Event(name, form.full_name, on if isinstance(on, date) else self.pack.valid_from, seq, values)

    def values(self, part: Value, form: Form, beside: Sequence[str]) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        for key, value in part.entries.items():
            if key in form.fields:
                found[key] = self.taken(parse_cell(form.fields[key], value.text), part, key)
            elif key not in beside:
                self.unknown(key, [*form.fields], value.line)
        return found

    def told(self, line: int, items: Sequence[Value]) -> Told:
        says: set[tuple[str, bool]] = set()
        for part in items:
            self.close(part, ("refused", "warned"))
            says |= {(value.text, key == "refused") for key, value in part.entries.items()}
        return Told(line, frozenset(says))

    def answer(self, part: Value) -> Expectation | None:
        """What is expected of a score or of a slip."""
        if "slip" in part.entries:
            self.close(part, ("slip", "says"))
            name = _text(part, "slip")
            known = {line.id for slip in self.pack.slips.values() for line in slip.lines}
            says = self.named(part, "says", sorted(known))
            if name not in self.pack.slips:
                self.unknown(name, [*self.pack.slips], part.line)
                return None
            return Handed(part.line, name, says)
        self.close(part, ("quality", "score", "points", "of", "missing"))
        name = _text(part, "quality")
        if name not in self.pack.quality:
            self.unknown(name, [*self.pack.quality], part.line)
            return None
        items = [item.id for item in self.pack.quality[name].items]
        missing = self.named(part, "missing", items) if "missing" in part.entries else None
        score, points, of = (self.number(part, key) for key in ("score", "points", "of"))
        return Scored(part.line, name, score, points, of, missing)

    def named(self, part: Value, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list of names, each of which must be known."""
        written = part.entries.get(key)
        said = [] if written is None else [written.text] if written.text else [item.text for item in written.items]
        for word in said:
            if word not in known:
                self.unknown(word, known, part.line)
        return tuple(sorted(said))

    def expectation(self, part: Value) -> Expectation | None:
        if "indicator" in part.entries:
            return self.counted(part)
        if "none" in part.entries:
            return self.not_asked(part)
        if "task" in part.entries:
            return self.asked(part)
        self.tell("PACK-049", part.line, found="、".join(part.entries) or part.text, expected=_KINDS)
        return None

    def task(self, part: Value, key: str) -> str:
        name = _text(part, key)
        if name not in self.pack.schedule:
            self.unknown(name, [*self.pack.schedule], part.entries[key].line)
        return name

    def asked(self, part: Value) -> Asked | None:
        self.close(part, _ASKED)
        on, task = self.day(part, "on"), self.task(part, "task")
        wanted: dict[str, Cell] = {
            key: self.day(part, key) for key in ("opens", "due", "closes", "anchor") if key in part.entries
        }
        wanted |= {key: _text(part, key) for key in ("state", "rule", "reason") if key in part.entries}
        if wanted.get("state") not in _STATES:
            self.unknown(_text(part, "state"), _STATES, part.line)
        return None if on is None else Asked(part.line, on, task, wanted)

    def not_asked(self, part: Value) -> NotAsked | None:
        self.close(part, ("on", "none"))
        on, task = self.day(part, "on"), self.task(part, "none")
        return None if on is None else NotAsked(part.line, on, task)

    def counted(self, part: Value) -> Counted | None:
        self.close(part, ("period", "indicator", "in", "why", "value", "of"))
        name, place = _text(part, "indicator"), _text(part, "in")
        period = parse_period(_text(part, "period"))
        if isinstance(period, Problem):
            self.tell(
                "PACK-042", part.line, value=_text(part, "period"), name="period", expected="2025 | 2025Q3 | 2025-10"
            )
            return None
        if name not in self.pack.indicators:
            self.unknown(name, [*self.pack.indicators], part.line)
            return None
        if place not in _PLACES:
            self.unknown(place, _PLACES, part.line)
        why = self.why(part, name) if "why" in part.entries else None
        return Counted(part.line, period, name, place, why, self.number(part, "value"), self.number(part, "of"))

    def number(self, part: Value, key: str) -> float | None:
        if key not in part.entries:
            return None
        try:
            return float(_text(part, key))
        except ValueError:
            self.tell("PACK-042", part.entries[key].line, value=_text(part, key), name=key, expected="a number")
            return None

    def why(self, part: Value, indicator: str) -> tuple[str, ...]:
        return self.named(part, "why", [counted.id for counted in self.pack.indicators[indicator].clauses])


def _text(part: Value, key: str) -> str:
    value = part.entries.get(key)
    return "" if value is None else value.text.strip()


def _items(part: Value, key: str) -> list[Value]:
    value = part.entries.get(key)
    return [] if value is None else value.items


def find_form(pack: Pack, name: str) -> Form | None:
    """A form by its short name (own), its full name, or its short name in the one other pack that has it."""
    if name in pack.forms:
        return pack.forms[name]
    every = {form.full_name: form for form in (*pack.forms.values(), *pack.foreign_forms.values())}
    if name in every:
        return every[name]
    near = [form for form in pack.foreign_forms.values() if form.name == name]
    return near[0] if len(near) == 1 else None


def form_names(pack: Pack) -> list[str]:
    """Every name a form of this pack can be called by."""
    return [*pack.forms, *pack.foreign_forms]


def parse_parameter(own: Cell, text: str) -> Cell:
    """Another value of a parameter, of the type of its own."""
    if isinstance(own, bool):
        return text.strip() == "true"
    if isinstance(own, int):
        return int(text)
    if isinstance(own, date):
        return date.fromisoformat(text.strip())
    return float(text) if isinstance(own, float) else text
