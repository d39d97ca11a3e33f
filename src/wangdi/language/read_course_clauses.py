"""The phrases of an indicator that speak of things given, and indicators written once for every dose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wangdi.language.courses import (
    Dose,
    HasRow,
    ReachesAge,
    RowsCounted,
    Series,
    TaskApplies,
    TaskAsked,
    TaskDone,
    TaskDoneBefore,
)
from wangdi.language.document import Value
from wangdi.language.model import Clause, Offset
from wangdi.language.read_schedule import parse_offset
from wangdi.language.reading import Reading

_NAME = r"[a-z][a-z0-9_.]*"
_TASKS = rf"(?P<tasks>{_NAME}(?: or {_NAME})*)"
_AGE = r"(?P<age>[0-9a-z:_+ ]+)"
_ASKED = re.compile(rf"^{_TASKS} is asked in period$")
_APPLIES = re.compile(rf"^{_TASKS} applies by period end$")
_DONE = re.compile(rf"^{_TASKS} is done in period$")
_DONE_BEFORE = re.compile(rf"^{_TASKS} is done before {_AGE} of age$")
_REACHES = re.compile(rf"^reaches {_AGE} of age in period$")
_COUNTED = re.compile(rf"^every (?P<form>{_NAME}) in period is counted$")
_HAS = re.compile(rf"^has (?P<form>{_NAME}) by period end$")


def _tasks(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(match["tasks"].split(" or "))


def _age(reading: Reading, part: Value, match: re.Match[str]) -> Offset:
    offset = parse_offset(match["age"])
    if offset is None:
        reading.tell("PACK-011", part.line, text=match["age"])
    return offset or Offset((), match["age"])


def _read_asked(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return TaskAsked(_tasks(match), match.group(0))


def _read_applies(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return TaskApplies(_tasks(match), match.group(0))


def _read_done(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return TaskDone(_tasks(match), match.group(0))


def _read_done_before(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return TaskDoneBefore(_tasks(match), _age(reading, part, match), match.group(0))


def _read_reaches(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return ReachesAge(_age(reading, part, match), match.group(0))


def _read_counted(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return RowsCounted(reading.known_form(match["form"], part.line), match.group(0))


def _read_has(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return HasRow(reading.known_form(match["form"], part.line), match.group(0))


COURSE_PHRASES: tuple[tuple[re.Pattern[str], Callable[[Reading, Value, re.Match[str]], Clause]], ...] = (
    (_ASKED, _read_asked),
    (_APPLIES, _read_applies),
    (_DONE, _read_done),
    (_DONE_BEFORE, _read_done_before),
    (_REACHES, _read_reaches),
    (_COUNTED, _read_counted),
    (_HAS, _read_has),
)


def spread_doses(block: Value, series: Series | None) -> Iterator[tuple[str, Value]]:
    """Each indicator by its id; one with ``{dose}`` in its id is written out for every dose of the series.

    Rule: ``{dose}`` is the task, ``{title}`` its title, ``{first}`` the course's first task, ``{by}`` the age before which it
    is to be completed; a dose without such an age is left out where ``{by}`` is written.
    """
    for name, part in block.entries.items():
        if "{dose}" not in name:
            yield name, part
            continue
        for words in dose_words(series):
            if words["by"] or not _speaks_of(part, "{by}"):
                yield name.replace("{dose}", words["dose"]), _fill(part, words)


def dose_words(series: Series | None) -> Iterator[dict[str, str]]:
    """For each dose its task, title and the age it is to be completed before; the first course of a task name speaks."""
    seen: set[str] = set()
    for course in series.by_task() if series is not None else ():
        for dose in course.doses:
            name = f"{course.task}_{dose.number}"
            if name not in seen:
                seen.add(name)
                limit = completed_by(course.doses, dose.number)
                by = limit.by.text if limit is not None and limit.by is not None else ""
                first = f"{course.task}_1"
                yield {"dose": name, "first": first, "title": f"{course.title}第{dose.number}剂", "by": by}


def completed_by(doses: tuple[Dose, ...], number: int) -> Dose | None:
    """The dose that says by when this one is to be completed: itself, or the next that says so."""
    return next((dose for dose in doses[number - 1 :] if dose.by is not None or dose.by_first is not None), None)


def _speaks_of(part: Value, word: str) -> bool:
    if isinstance(part.content, str):
        return word in part.content
    parts = part.entries.values() if isinstance(part.content, dict) else part.items
    return any(_speaks_of(inner, word) for inner in parts)


def _fill(part: Value, words: dict[str, str]) -> Value:
    if isinstance(part.content, dict):
        return Value(part.line, {key: _fill(inner, words) for key, inner in part.content.items()})
    if isinstance(part.content, list):
        return Value(part.line, [_fill(inner, words) for inner in part.content])
    text = part.content
    for key, word in words.items():
        text = text.replace(f"{{{key}}}", word)
    return Value(part.line, text)
