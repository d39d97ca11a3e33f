"""The clinician's ``examples.csv``: visits with the class, code, dates and referral the norm gives them, worked out by hand.

Grain: one row per visit; rows of one ``case`` are one person's visits in order. What is expected is never filled from output.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wangdi.core.problem import Problem
from wangdi.language.cells import Unreadable, parse_birth_date, parse_boolean, parse_cell, parse_sex
from wangdi.language.engine import Case, Engine
from wangdi.language.model import Form, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES, nearest_name
from wangdi.language.record import Cell, Dates, Event, Judgement, Subject
from wangdi.language.rules import Programme

KEY_COLUMNS = ("case", "person_birth_date", "person_sex", "date")
EXPECT_COLUMNS = ("expect_class", "expect_code", "expect_opens", "expect_due", "expect_closes", "expect_refer")
NOTE_COLUMNS = ("clause", "note")


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One visit with what is expected of it. Missing: a blank expectation says that there is nothing (null)."""

    line: int
    clause: str
    expected: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Example:
    """One case: a person's visits, and row for row what is expected."""

    name: str
    case: Case
    rows: tuple[ExampleRow, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that does not hold: where it stands, what was expected and what came out."""

    line: int
    case: str
    what: str
    expected: Cell
    got: Cell
    clause: str
    engine: str

    def as_problem(self, file: str) -> Problem:
        """The failure as a problem of the examples file."""
        said = {name: "（无）" if value is None else str(value) for name, value in self._values()}
        args = {"case": self.case, "engine": self.engine, "what": self.what, "clause": self.clause} | said
        return Problem(code="PACK-050", file=file, line=self.line, args=args)

    def _values(self) -> tuple[tuple[str, Cell], ...]:
        return (("expected", self.expected), ("got", self.got))


def read_examples(text: str, path: str, pack: Pack) -> tuple[list[Example], list[Problem]]:
    """Every case of an ``examples.csv``, typed by the classified form.

    Errors: unknown columns, values and classes, cases without a clause or an expectation; all at once.
    """
    form = pack.form(pack.judged) if pack.judged else None
    rows = list(csv.reader(io.StringIO(text)))
    if form is None or not rows:
        return [], [
            Problem(code="PACK-047", file=path, line=1, args={"why": "no class or no rows" if form else "no form"})
        ]
    reading = _Reading(path, pack, form, rows[0], [])
    reading.check_header()
    numbered = [(line, row) for line, row in _numbered(text) if any(cell.strip() for cell in row)]
    examples = list(reading.cases(numbered))
    return examples, reading.problems


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text))
    next(reader)
    for row in reader:
        yield reader.line_num, row


@dataclass(frozen=True, slots=True)
class _Reading:
    path: str
    pack: Pack
    form: Form
    header: list[str]
    problems: list[Problem]

    def tell(self, code: str, line: int, **args: str) -> None:
        self.problems.append(Problem(code=code, file=self.path, line=line, args=args))

    def check_header(self) -> None:
        fields = [name for name in self.form.fields if name != self.form.occurred_on]
        attributes = SUBJECT_ATTRIBUTES.keys() - {"birth_date", "sex", "age_years"}
        known = [*KEY_COLUMNS, *fields, *attributes, *EXPECT_COLUMNS, *NOTE_COLUMNS]
        for name in self.header:
            if name not in known:
                self.tell("PACK-041", 1, name=name, nearest=nearest_name(name, known) or "、".join(fields))
        needed = ("case", "date", "expect_class", "clause")
        for name in needed:
            if name not in self.header:
                self.tell("PACK-040", 1, name=name, expected="、".join(needed))

    def cases(self, numbered: Sequence[tuple[int, list[str]]]) -> Iterator[Example]:
        groups: dict[str, list[tuple[int, dict[str, str]]]] = {}
        for line, row in numbered:
            if len(row) != len(self.header):
                self.tell("PACK-048", line, found=str(len(row)), expected=str(len(self.header)))
                continue
            cells = {name: cell.strip() for name, cell in zip(self.header, row, strict=True)}
            groups.setdefault(cells.get("case", ""), []).append((line, cells))
        seq = 0
        for name, members in groups.items():
            events: list[Event] = []
            rows: list[ExampleRow] = []
            for line, cells in members:
                seq += 1
                event = self.event(line, cells, name, seq)
                if event is not None:
                    events.append(event)
                    rows.append(self.expectation(line, cells, name))
            order = sorted(range(len(events)), key=lambda place: (events[place].on, events[place].seq))
            subject = self.subject(name, members)
            ordered = tuple(events[place] for place in order)
            yield Example(name, Case(subject, ordered), tuple(rows[place] for place in order))

    def subject(self, name: str, members: Sequence[tuple[int, dict[str, str]]]) -> Subject:
        first = members[0][1]
        attributes = [key for key in SUBJECT_ATTRIBUTES if key in self.header and key not in self.form.fields]
        for key in ("person_birth_date", "person_sex", *attributes):
            for line, cells in members[1:]:
                if cells.get(key, "") not in ("", first.get(key, "")):
                    self.tell("PACK-044", line, case=name, name=key)
        line = members[0][0]
        birth = self.taken(parse_birth_date(first.get("person_birth_date", "")), line, "person_birth_date", first)
        sex = self.taken(parse_sex(first.get("person_sex", "")), line, "person_sex", first)
        known: dict[str, Cell] = {}
        for key in attributes:
            known[key] = self.taken(parse_attribute(self.pack, key, first[key]), line, key, first)
        return Subject(name, birth if isinstance(birth, date) else None, None if sex is None else str(sex), known)

    def taken(self, value: Cell | Unreadable, line: int, name: str, cells: Mapping[str, str]) -> Cell:
        if isinstance(value, Unreadable):
            self.tell("PACK-042", line, value=cells[name], name=name, expected=value.expected)
            return None
        return value

    def event(self, line: int, cells: Mapping[str, str], name: str, seq: int) -> Event | None:
        on = self.taken(parse_birth_date(cells.get("date", "")) or Unreadable("yyyy-mm-dd"), line, "date", cells)
        if not isinstance(on, date):
            return None
        values: dict[str, Cell] = {self.form.occurred_on: on}
        for key, field in self.form.fields.items():
            if key in cells and key != self.form.occurred_on:
                values[key] = self.taken(parse_cell(field, cells[key]), line, key, cells)
        return Event(name, self.form.full_name, on, seq, values)

    def expectation(self, line: int, cells: Mapping[str, str], name: str) -> ExampleRow:
        if not cells.get("clause"):
            self.tell("PACK-045", line, case=name)
        if not cells.get("expect_class"):
            self.tell("PACK-046", line, case=name)
        classes = self.pack.class_names
        said = cells.get("expect_class", "")
        if said and said not in classes:
            self.tell("PACK-043", line, name=said, nearest=nearest_name(said, classes) or "、".join(classes))
        expected: dict[str, Cell] = {}
        for column in EXPECT_COLUMNS:
            if column in cells:
                what = column.removeprefix("expect_")
                value: Cell | Unreadable = cells[column] or None
                if what in ("opens", "due", "closes"):
                    value = parse_birth_date(cells[column])
                elif what == "refer":
                    value = cells[column] or "none"
                expected[what] = self.taken(value, line, column, cells)
        return ExampleRow(line, cells.get("clause", ""), expected)


def parse_attribute(pack: Pack, name: str, text: str) -> Cell | Unreadable:
    """A person's attribute beyond birth date and sex, typed as the resident form writes it."""
    form = pack.foreign_forms.get("health_record.resident") or pack.forms.get("resident")
    if form is not None and name in form.fields:
        return parse_cell(form.fields[name], text)
    if SUBJECT_ATTRIBUTES.get(name) == "boolean":
        return parse_boolean(text) if text.strip() else None
    return text.strip() or None


def next_dates(judgement: Judgement) -> Dates | None:
    """The window a judged row asks for next: the one due first where there are several."""
    return min(judgement.next.values(), key=lambda dates: dates.due, default=None)


def answers_of(judgement: Judgement) -> dict[str, Cell]:
    """What an example may expect of a judged row."""
    dates = next_dates(judgement)
    return {
        "class": judgement.class_name,
        "code": None if judgement.form_code is None else str(judgement.form_code),
        "opens": None if dates is None else dates.opens,
        "due": None if dates is None else dates.due,
        "closes": None if dates is None else dates.closes,
        "refer": judgement.refer,
    }


def run_examples(engine: Engine, programme: Programme, examples: Sequence[Example]) -> Iterator[Failure]:
    """Every expectation that does not hold, case after case; lazily, so that who needs one failure pays for one."""
    if not examples:
        return
    judged = engine.judge(programme, [example.case for example in examples])
    for example, judgements in zip(examples, judged, strict=True):
        found = {judgement.seq: answers_of(judgement) for judgement in judgements}
        for event, row in zip(example.case.events, example.rows, strict=True):
            answers = found.get(event.seq, {})
            for what, expected in row.expected.items():
                if answers.get(what) != expected:
                    got = answers.get(what)
                    yield Failure(row.line, example.name, what, expected, got, row.clause, engine.name)
