"""The ``classify`` and ``schedule`` blocks: how a visit is judged, what is asked next and when."""

from __future__ import annotations

import re
from typing import cast

from wangdi.language.document import Value
from wangdi.language.model import (
    AfterTask,
    Classify,
    ClassRow,
    ContactTask,
    DurationUnit,
    Offset,
    OffsetPart,
    PeriodTask,
    Task,
    Window,
)
from wangdi.language.reading import Reading

_PART = re.compile(r"^(?:(?P<count>\d+)\s*(?P<unit>day|week|month|year)s?|:(?P<parameter>[a-z][a-z0-9_]*))$")
_CONTACT = ("title", "anchor", "as", "done_by", "while", "first", "missed", "source")
_PERIOD = ("title", "anchor", "window", "done_by", "where", "while", "source")
_AFTER = ("title", "anchor", "when", "window", "done_by", "while", "source")
_EACH = re.compile(r"^each (?P<form>[a-z][a-z0-9_.]*)$")


def parse_offset(text: str) -> Offset | None:
    """A length of time: ``60 days``, ``:routine + :grace``. None when it is not one."""
    parts: list[OffsetPart] = []
    for piece in text.split("+"):
        match = _PART.match(piece.strip())
        if match is None:
            return None
        if match["parameter"]:
            parts.append(OffsetPart(1, "day", match["parameter"]))
        else:
            parts.append(OffsetPart(int(match["count"]), cast(DurationUnit, match["unit"])))
    return Offset(tuple(parts), text.strip())


def read_window(reading: Reading, part: Value) -> Window | None:
    """``{opens, due, closes}``; opens is the anchor's own day when not said, due is closes when not said."""
    reading.close(part, ("opens", "due", "closes"))
    closes = _read_offset(reading, part, "closes", reading.required(part, "closes"))
    opens = _read_offset(reading, part, "opens", reading.text(part, "opens", "0 days"))
    due = _read_offset(reading, part, "due", reading.text(part, "due")) if "due" in part.entries else closes
    return None if closes is None or opens is None or due is None else Window(opens, due, closes)


def _read_offset(reading: Reading, part: Value, key: str, text: str) -> Offset | None:
    if not text:
        return None
    offset = parse_offset(text)
    if offset is None:
        line = part.entries[key].line if key in part.entries else part.line
        reading.tell("PACK-011", line, text=text)
    return offset


def read_classify(reading: Reading, block: Value | None) -> Classify | None:
    """The classes of the norm, in the order in which they are tried."""
    if block is None:
        return None
    reading.close(block, ("each", "hit", "form_code", "rows", "source"))
    reading.choice(block, "hit", ("first",))
    source = reading.required(block, "source")
    rows = [_read_row(reading, part, source) for part in reading.part(block, "rows").items]
    return Classify(
        form=reading.form(block, "each"),
        rows=tuple(row for row in rows if row is not None),
        form_code=reading.text(block, "form_code"),
        source=source,
        line=block.line,
    )


def _read_row(reading: Reading, part: Value, source: str) -> ClassRow | None:
    reading.close(part, ("class", "label", "when", "then", "source"))
    when = reading.expression(part, "when")
    then = reading.part(part, "then")
    windows = {key: read_window(reading, value) for key, value in then.entries.items() if key != "refer"}
    name = reading.required(part, "class")
    if when is None or not name:
        return None
    return ClassRow(
        name=name,
        label=reading.required(part, "label"),
        when=when,
        text=reading.text(part, "when"),
        refer=reading.choice(then, "refer", ("urgent", "advise", "none"), default="none"),
        windows={key: window for key, window in windows.items() if window is not None},
        source=reading.text(part, "source") or source,
        line=part.line,
    )


def read_schedule(reading: Reading, block: Value, pack: str) -> dict[str, Task]:
    """Every task by name. ``anchor`` is one of three phrases and decides which kind of task it is."""
    tasks: dict[str, Task] = {}
    for name, part in block.entries.items():
        task = _read_task(reading, name, part)
        if task is not None:
            tasks[name] = task
    return tasks


def _read_task(reading: Reading, name: str, part: Value) -> Task | None:
    anchor = reading.required(part, "anchor")
    reading.choice(part, "while", ("enrolled",))
    if anchor == "each calendar year":
        reading.close(part, _PERIOD)
        reading.choice(part, "window", ("the whole year",))
        return PeriodTask(
            name=name,
            title=reading.required(part, "title"),
            done_by=reading.form(part, "done_by"),
            where=reading.expression(part, "where", required=False),
            source=reading.required(part, "source"),
            line=part.line,
        )
    after = _EACH.match(anchor)
    if after is not None:
        return _read_after(reading, name, part, after["form"])
    reading.close(part, _CONTACT)
    done_by = reading.form(part, "done_by")
    if anchor != f"enrol or each {done_by}":
        expected = f"enrol or each {done_by} | each calendar year | each FORM"
        reading.tell("PACK-012", part.line, text=anchor, expected=expected)
    first = read_window(reading, reading.part(part, "first"))
    missed = read_window(reading, reading.part(part, "missed"))
    if first is None or missed is None:
        return None
    return ContactTask(
        name=name,
        title=reading.required(part, "title"),
        done_by=done_by,
        first=first,
        missed=missed,
        source=reading.required(part, "source"),
        line=part.line,
    )


def _read_after(reading: Reading, name: str, part: Value, form: str) -> AfterTask | None:
    reading.close(part, _AFTER)
    form = reading.known_form(form, part.line)
    window = read_window(reading, reading.part(part, "window"))
    when = reading.expression(part, "when", required=False)
    title, done_by, source = (reading.required(part, key) for key in ("title", "done_by", "source"))
    done_by = reading.known_form(done_by, part.line) if done_by else done_by
    if window is None:
        return None
    text = reading.text(part, "when")
    return AfterTask(name, title, form, when, text, done_by, window, source, part.line)
