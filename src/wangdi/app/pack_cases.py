"""The examples and walks of a pack as people read them: a table of visits, and stories told day by day.

What is expected stands here as the clinician wrote it; whether it holds is in :mod:`wangdi.app.pack_scores`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from wangdi.app.pack_rows import read_table
from wangdi.app.pack_trials import Cases
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.tables import CODES_SEPARATOR
from wangdi.language.cells import Unreadable, parse_cell
from wangdi.language.examples import KEY_COLUMNS
from wangdi.language.explain import speech_of
from wangdi.language.model import FormField, Pack
from wangdi.language.record import Cell, Event
from wangdi.language.walks import Asked, Counted, NotAsked, Told, Walk
from wangdi.language.words import Speech, say_field, say_unit


def say_cell(field: FormField | None, value: Cell) -> str:
    """A value in the words of its field: a code with its word, yes or no in a word. Missing: an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field is not None and field.codes:
        codes = load_codelists()[field.codes]
        return "、".join(codes.label(code) for code in str(value).split(CODES_SEPARATOR))
    return value.isoformat() if isinstance(value, date) else str(value)


# ---- examples ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ExampleLine:
    """One visit of the examples as a reader sees it: ``said`` by column, ``expected`` by what is expected."""

    line: int
    case: str
    said: Mapping[str, str]
    expected: Mapping[str, str]
    clause: str
    note: str


@dataclass(frozen=True, slots=True)
class ExampleTable:
    """The visits with the columns that are filled in any of them: name, label, unit."""

    columns: tuple[tuple[str, str, str], ...]
    lines: tuple[ExampleLine, ...]


def read_example_table(pack: Pack, cases: Cases) -> ExampleTable:
    """The examples of one edition. Missing: a pack that classifies nothing has none."""
    path = Path(cases.examples_file)
    if pack.classify is None or not path.is_file():
        return ExampleTable((), ())
    form = pack.form(pack.classify.form)
    speech = speech_of(pack, "zh", form)
    header, rows = read_table(path)
    beside = [name for name in header if name not in KEY_COLUMNS and not name.startswith("expect_")]
    asked = [name for name in beside if name not in ("clause", "note")]
    used = [name for name in asked if any(cells.get(name, "").strip() for _, cells in rows)]
    columns = tuple((name, say_field(speech, name), _unit_of(speech, name)) for name in used)
    lines = tuple(
        ExampleLine(
            line=line,
            case=cells.get("case", ""),
            said={name: cells.get(name, "") for name in KEY_COLUMNS}
            | {name: _say_written(form.fields.get(name), cells.get(name, "")) for name in used},
            expected={name.removeprefix("expect_"): cells[name] for name in header if name.startswith("expect_")},
            clause=cells.get("clause", ""),
            note=cells.get("note", ""),
        )
        for line, cells in rows
    )
    return ExampleTable(columns, lines)


def _unit_of(speech: Speech, name: str) -> str:
    field = speech.form.fields.get(name)
    return "" if field is None else say_unit(speech, field.unit)


def _say_written(field: FormField | None, text: str) -> str:
    value: Cell | Unreadable = text.strip() or None
    if field is not None:
        value = parse_cell(field, text)
    return text if isinstance(value, Unreadable) else say_cell(field, value)


# ---- walks ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Step:
    """One line of a story. ``kind``: record, asked, not_asked, counted, refused, warned, accepted, other.

    ``said``: labels and values, of a record its fields, of an expectation what is expected.
    """

    kind: str
    on: date | None
    title: str
    line: int
    said: tuple[tuple[str, str], ...] = ()
    name: str = ""
    """The task or indicator an expectation is about: its anchor's name."""
    wanted: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One walk as it is read: who, what the city set otherwise, and the days in order; figures stand after the days."""

    name: str
    title: str
    clause: str
    person: tuple[tuple[str, str], ...]
    overrides: tuple[tuple[str, str], ...]
    days: tuple[Step, ...]
    figures: tuple[Step, ...]


def tell_walks(pack: Pack, cases: Cases) -> list[Story]:
    """Every walk of one edition as a story. Its title is what its author wrote in the lines above it."""
    path = Path(cases.walks_file)
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    return [_tell(pack, walk, _comment_above(lines, walk.line)) for walk in cases.walks]


def _comment_above(lines: Sequence[str], line: int) -> str:
    found: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.startswith("#"):
            break
        found.insert(0, text.strip("# -\t"))
    return " ".join(found)


def _tell(pack: Pack, walk: Walk, title: str) -> Story:
    subject, speech = walk.case.subject, speech_of(pack, "zh")
    known: dict[str, Cell] = {"birth_date": subject.birth_date, "sex": subject.sex, **subject.attributes}
    person = tuple(
        (say_field(speech, name), load_codelists()["sex"].label(str(value)) if name == "sex" else say_cell(None, value))
        for name, value in known.items()
        if value is not None
    )
    entry = any(isinstance(item, Told) for item in walk.expected)
    days = [_tell_event(pack, event, entry) for event in walk.case.events]
    figures: list[Step] = []
    for item in walk.expected:
        if isinstance(item, Counted):
            figures.append(_tell_counted(pack, item))
        elif isinstance(item, Told):
            figures += _tell_told(item)
        elif isinstance(item, Asked | NotAsked):
            days.append(_tell_asked(pack, item))
        else:
            figures.append(_tell_other(item))
    # Within a day what was recorded comes before what is then expected.
    days.sort(key=lambda step: (step.on or date.max, step.kind != "record"))
    overrides = tuple((name, say_cell(None, value)) for name, value in walk.overrides)
    return Story(walk.name, title, walk.clause, person, overrides, tuple(days), tuple(figures))


def _tell_event(pack: Pack, event: Event, entry: bool) -> Step:
    form = pack.form(event.form)
    speech = Speech(pack, form, "zh")
    said = tuple(
        (say_field(speech, name), f"{say_cell(form.fields[name], value)} {_unit_of(speech, name)}".strip())
        for name, value in event.values.items()
        if value is not None and (entry or name != form.occurred_on)
    )
    return Step("record", None if entry else event.on, form.title, 0, said)


def _tell_asked(pack: Pack, item: Asked | NotAsked) -> Step:
    task = pack.schedule.get(item.task)
    title = item.task if task is None else task.title
    if isinstance(item, NotAsked):
        return Step("not_asked", item.on, title, item.line, name=item.task)
    wanted = {name: say_cell(None, value) for name, value in item.wanted.items()}
    return Step("asked", item.on, title, item.line, name=item.task, wanted=wanted)


def _tell_counted(pack: Pack, item: Counted) -> Step:
    indicator = pack.indicators[item.indicator]
    labels = {clause.id: clause.label for clause in indicator.clauses}
    wanted = {"period": item.period.text, "place": item.place}
    wanted |= {"why": "；".join(labels.get(name, name) for name in item.why)} if item.why else {}
    values = (("value", item.value), ("of", item.whole))
    wanted |= {name: f"{number:g}" for name, number in values if number is not None}
    return Step("counted", None, indicator.title, item.line, name=item.indicator, wanted=wanted)


def _tell_other(item: Any) -> Step:
    """An expectation this page has no words of its own for, as its author wrote it: part by part."""
    parts = {one.name: getattr(item, one.name) for one in fields(item) if one.name not in ("line", "on")}
    said = tuple((name, _plain(value)) for name, value in parts.items() if value not in (None, "", (), {}))
    return Step("other", getattr(item, "on", None), type(item).__name__, getattr(item, "line", 0), said)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "、".join(f"{name}={_plain(part)}" for name, part in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "、".join(_plain(part) for part in value)
    return str(getattr(value, "text", value))


def _tell_told(item: Told) -> list[Step]:
    said = [Step("refused" if refuse else "warned", None, text, item.line) for text, refuse in sorted(item.says)]
    return said or [Step("accepted", None, "", item.line)]
