"""The ``indicators`` block: fixed phrases for grain and time, expressions for one row.

The phrases are the whole vocabulary; each is one regular expression below and one case of the language's manual.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from wangdi.language.ast import Constant, Expression, Parameter
from wangdi.language.courses import Series
from wangdi.language.document import Value
from wangdi.language.model import (
    Basis,
    Clause,
    CountedClause,
    EnoughRows,
    Indicator,
    Items,
    LatestRow,
    NotEnded,
    ObligationsMet,
    People,
    PopulationOf,
    RowsComplete,
    SomeRows,
)
from wangdi.language.names import nearest_name
from wangdi.language.quality import all_filled, scores_at_least
from wangdi.language.read_course_clauses import COURSE_PHRASES, spread_doses
from wangdi.language.read_schedule import parse_offset
from wangdi.language.reading import Reading

_NAME = r"[a-z][a-z0-9_.]*"
_NUMBER = rf"\d+|:{_NAME}"
_LATEST = re.compile(
    rf"^(?P<take>latest|earliest) (?P<form>{_NAME}) (?P<scope>in period|by period end)"
    rf"(?P<rest> has its required fields| scores at least (?P<level>{_NUMBER}) in (?P<quality>{_NAME}))?$"
)
_SOME = re.compile(
    rf"^at least (?P<count>{_NUMBER}) (?P<form>{_NAME}|row of any form) "
    rf"(?:in period|in the last (?P<span>:{_NAME}|\d+ [a-z]+) by period end)$"
)
_OBLIGATIONS = re.compile(rf"^every (?:(?P<task>{_NAME}) )?obligation closing in period is done in time$")
_COMPLETE = re.compile(rf"^every (?P<form>{_NAME}) in period has its required fields$")
_ENOUGH = re.compile(rf"^at least (?P<count>\d+|:{_NAME}) (?P<form>{_NAME}) for a whole year in period$")
_NOT_ENDED = re.compile(r"^not ended in period as (?P<reasons>[a-z]+(?: or [a-z]+)*)$")
_ITEMS = re.compile(rf"^latest (?P<form>{_NAME}) of each by period end$")
_EACH_MONTH = re.compile(rf"^each month of (?P<form>{_NAME}) in period(?: having (?P<having>{_NAME}))?$")
_EVERY = re.compile(rf"^every (?P<form>{_NAME}) in period(?: by (?P<by>{_NAME}))?$")
_TAKES: dict[Literal["latest", "every", "each_month"], re.Pattern[str]] = {
    "latest": _ITEMS,
    "every": _EVERY,
    "each_month": _EACH_MONTH,
}
_TAKES_EXPECTED = (
    "latest FORM of each by period end | every FORM in period [by FIELD] | each month of FORM in period [having FORM]"
)
_PEOPLE = {"enrolled any day in period": "any_day", "enrolled at period end": "period_end"}
_CLAUSE_KEYS = ("id", "label", "require", "where", "holds", "fields", "forms", "only_if", "source")
_BASIS_KEYS = ("label", "people", "items", "where", "sum", "at", "population", "mean")
_INDICATOR = (
    "title",
    "title_en",
    "of",
    "count",
    "attribution",
    "count_at",
    "unit",
    "source",
    "doubt",
    "if_missing",
    "watch",
    "rests_on",
)
UNITS = {
    "percent": 100.0,
    "per_mille": 1000.0,
    "per_1000": 1000.0,
    "per_10000": 10000.0,
    "per_100000": 100000.0,
    "count": 1.0,
    "points": 1.0,
    "ratio": 1.0,
    "days": 1.0,
}


def read_indicators(reading: Reading, block: Value, series: Series | None) -> dict[str, Indicator]:
    """Every indicator by id. A ``source`` beside them serves those that name none."""
    source = reading.text(block, "source")
    parts = {name: part for name, part in spread_doses(block, series) if name != "source"}
    return {name: _read_indicator(reading, name, part, source) for name, part in parts.items()}


def _read_indicator(reading: Reading, name: str, part: Value, source: str) -> Indicator:
    reading.close(part, _INDICATOR)
    of, count = reading.part(part, "of"), reading.part(part, "count")
    reading.close(of, (*_BASIS_KEYS, "all"))
    reading.choice(part, "if_missing", ("not counted",), default="not counted")
    unit = reading.choice(part, "unit", tuple(UNITS))
    return Indicator(
        id=name,
        title=reading.required(part, "title"),
        title_en=reading.text(part, "title_en"),
        unit=unit,
        of_label=reading.text(of, "label"),
        of=_read_basis(reading, of),
        count_label=reading.required(count, "label"),
        count=_read_basis(reading, count),
        clauses=_read_clauses(reading, count),
        attribution=reading.choice(part, "attribution", ("residence", "managing_org", "place_of_service")),  # type: ignore[arg-type]
        count_at=reading.choice(part, "count_at", ("period_end", "event"), default="period_end"),  # type: ignore[arg-type]
        per=UNITS[unit],
        source=reading.text(part, "source") or source,
        doubt=reading.text(part, "doubt"),
        line=part.line,
        of_clauses=_read_all(reading, of),
        watch=reading.words(part, "watch"),
        rests_on=reading.text(part, "rests_on"),
        mean=_known_quality(reading, reading.text(count, "mean"), count.line),
    )


def _known_quality(reading: Reading, name: str, line: int) -> str:
    if name and name not in reading.qualities:
        reading.tell("PACK-014", line, name=name, nearest=nearest_name(name, reading.qualities))
        return ""
    return name


def _read_basis(reading: Reading, part: Value) -> Basis | None:
    if "people" in part.entries:
        phrase = reading.text(part, "people")
        if phrase not in _PEOPLE:
            reading.tell("PACK-012", part.entries["people"].line, text=phrase, expected=" | ".join(_PEOPLE))
            return None
        return People(programme="", when=_PEOPLE[phrase])  # type: ignore[arg-type]
    if "items" in part.entries:
        return _read_items(reading, part)
    if "population" in part.entries:
        return PopulationOf(reading.text(part, "population"))
    return None


def _read_items(reading: Reading, part: Value) -> Items | None:
    line, phrase = part.entries["items"].line, reading.text(part, "items")
    found = next(((take, match) for take, pattern in _TAKES.items() if (match := pattern.match(phrase))), None)
    if found is None:
        reading.tell("PACK-012", line, text=phrase, expected=_TAKES_EXPECTED)
        return None
    take, match = found
    parts = match.groupdict()
    return Items(
        form=reading.known_form(match["form"], line),
        where=reading.expression(part, "where", required=False),
        where_text=reading.text(part, "where"),
        sum_field=reading.text(part, "sum"),
        take=take,
        by=parts.get("by") or "",
        at=reading.text(part, "at"),
        having=reading.known_form(parts["having"], line) if parts.get("having") else "",
    )


def _read_clauses(reading: Reading, count: Value) -> tuple[CountedClause, ...]:
    if "all" in count.entries:
        reading.close(count, ("label", "all", "people", "mean"))
        return _read_all(reading, count)
    if "take" in count.entries:
        reading.close(count, ("label", "take", "where", "when"))
        line = count.entries["take"].line
        match = _LATEST.match(reading.text(count, "take"))
        holds = reading.expression(count, "when")
        if match is None or match["rest"] or holds is None:
            reading.tell("PACK-012", line, text=reading.text(count, "take"), expected="latest FORM in period")
            return ()
        form = reading.known_form(match["form"], line)
        where = reading.expression(count, "where", required=False)
        by_end = match["scope"] == "by period end"
        clause = LatestRow(form, where, holds, reading.text(count, "when"), match["take"], by_end)  # type: ignore[arg-type]
        return (CountedClause("latest", reading.text(count, "label"), clause, line=line),)
    reading.close(count, _BASIS_KEYS)
    return ()


def _read_all(reading: Reading, part: Value) -> tuple[CountedClause, ...]:
    clauses = [_read_clause(reading, item) for item in reading.part(part, "all").items]
    return tuple(clause for clause in clauses if clause is not None)


def _read_clause(reading: Reading, part: Value) -> CountedClause | None:
    reading.close(part, _CLAUSE_KEYS)
    phrase = reading.required(part, "require")
    for pattern, read in _PHRASES:
        match = pattern.match(phrase)
        if match is not None:
            clause = read(reading, part, match)
            break
    else:
        expected = " | ".join(pattern.pattern.strip("^$") for pattern, _ in _PHRASES)
        reading.tell("PACK-012", part.line, text=phrase, expected=expected)
        return None
    if clause is None:
        return None
    return CountedClause(
        id=reading.required(part, "id"),
        label=reading.required(part, "label"),
        clause=clause,
        only_if=reading.text(part, "only_if").removeprefix(":"),
        source=reading.text(part, "source"),
        line=part.line,
    )


def _read_latest(reading: Reading, part: Value, match: re.Match[str]) -> Clause | None:
    """The latest row holds something: a sentence, fields that are filled, or a score."""
    where = reading.expression(part, "where", required=False)
    form = reading.known_form(match["form"], part.line)
    fields, level = reading.words(part, "fields"), None if match["level"] is None else _read_number(match["level"])
    quality = _known_quality(reading, match["quality"] or "", part.line)
    holds: Expression | None
    if match["rest"] is None:
        holds, text = reading.expression(part, "holds"), reading.text(part, "holds")
    elif level is None:
        holds, text = (all_filled(fields) if fields else None), match.group(0)
        if not fields:
            reading.tell("PACK-005", part.line, name="fields")
    else:
        holds = scores_at_least(reading.qualities[quality], level) if quality else None
        text = match.group(0)
    if holds is None:
        return None
    by_end = match["scope"] == "by period end"
    return LatestRow(form, where, holds, text, match["take"], by_end, fields, quality, level)  # type: ignore[arg-type]


def _read_number(written: str) -> Expression:
    return Parameter(written[1:]) if written.startswith(":") else Constant(int(written))


def _read_some(reading: Reading, part: Value, match: re.Match[str]) -> Clause | None:
    """So many rows of one form, or of any of several."""
    any_form = match["form"] == "row of any form"
    named = reading.words(part, "forms") if any_form else (match["form"],)
    forms = tuple(reading.known_form(name, part.line) for name in named)
    where, fields = reading.expression(part, "where", required=False), reading.words(part, "fields")
    if any_form and (where is not None or fields or not forms):
        reading.tell("PACK-070", part.line)
        return None
    span = None if match["span"] is None else parse_offset(match["span"])
    if match["span"] is not None and span is None:
        reading.tell("PACK-011", part.line, text=match["span"])
        return None
    return SomeRows(forms, _read_number(match["count"]), where, fields, span, match.group(0))


def _read_obligations(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return ObligationsMet((match["task"],) if match["task"] else (), match.group(0))


def _read_complete(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    form = reading.known_form(match["form"], part.line)
    return RowsComplete(form, reading.words(part, "fields"), match.group(0))


def _read_enough(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    count = _read_number(match["count"])
    form = reading.known_form(match["form"], part.line)
    return EnoughRows(form, count, reading.expression(part, "where", required=False), match.group(0))


def _read_not_ended(reading: Reading, part: Value, match: re.Match[str]) -> Clause:
    return NotEnded(tuple(match["reasons"].split(" or ")), match.group(0))


_PHRASES: tuple[tuple[re.Pattern[str], Callable[[Reading, Value, re.Match[str]], Clause | None]], ...] = (
    (_LATEST, _read_latest),
    (_OBLIGATIONS, _read_obligations),
    (_COMPLETE, _read_complete),
    (_ENOUGH, _read_enough),
    (_SOME, _read_some),
    (_NOT_ENDED, _read_not_ended),
    *COURSE_PHRASES,
)
