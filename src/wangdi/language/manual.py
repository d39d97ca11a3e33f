"""The language's manual: chapters of executable cases, read from data, run by the tests and rendered as a page.

A chapter is a YAML file. Each case says in words what it shows, and holds either expressions on rows, walks, examples or a
pack with the problems it must be told of. What the page says is what the engines do, because the same file is both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from wangdi.core.dates import parse_date_text
from wangdi.language.ast import Expression
from wangdi.language.cells import Unreadable, parse_cell
from wangdi.language.document import Value, parse_document
from wangdi.language.engine import Case
from wangdi.language.expression import SyntaxFault, parse_expression
from wangdi.language.model import FieldType, FormField, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES, resolve_terms
from wangdi.language.reader import read_pack
from wangdi.language.record import Cell, Event, Subject

_DAY = date(2025, 6, 15)
_FORM = "spec.row"


@dataclass(frozen=True, slots=True)
class SpecRow:
    """One row of an expression's case: what is written in it and what the expression gives."""

    line: int
    cells: Mapping[str, str]
    gives: Cell


@dataclass(frozen=True, slots=True)
class SpecCase:
    """One case of a chapter. Exactly one of ``rows``, ``walks``, ``examples`` and ``problems`` is filled."""

    line: int
    title: str
    words: str
    packs: tuple[str, ...]
    expression: str = ""
    rows: tuple[SpecRow, ...] = ()
    in_order: bool = False
    walks: str = ""
    examples: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter: ``packs`` are the texts its cases use where they bring none of their own (one text per edition)."""

    path: str
    title: str
    words: str
    fields: Mapping[str, str]
    packs: tuple[str, ...]
    cases: tuple[SpecCase, ...]


def read_chapters(folder: Path) -> list[Chapter]:
    """Every chapter of a folder, in the order of the file names.

    Errors: a chapter that is no readable YAML or lacks its title raises ValueError: chapters are ours.
    """
    return [_read_chapter(path) for path in sorted(folder.glob("*.yaml"))]


def _read_chapter(path: Path) -> Chapter:
    root, problems = parse_document(path.read_text(encoding="utf-8"), path.name)
    if problems or "title" not in root.entries:
        raise ValueError(f"{path.name}: {[problem.text('en') for problem in problems]}")
    packs = _packs(root)
    fields = {name: value.text for name, value in _part(root, "fields").entries.items()}
    cases = tuple(_read_case(item, packs) for item in _part(root, "cases").items)
    return Chapter(path.name, _text(root, "title"), _text(root, "words"), fields, packs, cases)


def _read_case(part: Value, packs: tuple[str, ...]) -> SpecCase:
    return SpecCase(
        line=part.line,
        title=_text(part, "title"),
        words=_text(part, "words"),
        packs=_packs(part) or packs,
        expression=_text(part, "expression"),
        rows=tuple(_read_row(item) for item in _part(part, "rows").items),
        in_order=_text(part, "in_order") == "true",
        walks=_text(part, "walks"),
        examples=_text(part, "examples"),
        problems=tuple(item.text for item in _part(part, "problems").items),
    )


def _read_row(part: Value) -> SpecRow:
    cells = {name: value.text for name, value in part.entries.items() if name != "gives"}
    return SpecRow(part.line, cells, parse_result(_text(part, "gives")))


def parse_result(text: str) -> Cell:
    """What a case says an expression gives: null, true, false, a number, a date, or a text."""
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return parse_date_text(text) or text


def _part(parent: Value, key: str) -> Value:
    return parent.entries.get(key, Value(parent.line, ""))


def _text(parent: Value, key: str) -> str:
    return _part(parent, key).text.strip()


def _packs(part: Value) -> tuple[str, ...]:
    if "pack" in part.entries:
        return (part.entries["pack"].text,)
    return tuple(item.text for item in _part(part, "editions").items)


# ---- what a case means --------------------------------------------------------------------------------------------------
def expression_pack(chapter: Chapter, case: SpecCase) -> Pack:
    """The pack an expression's case stands in: the chapter's own, or one form of the chapter's fields with the case's term."""
    text = case.packs[0] if case.packs else ""
    if not text:
        fields = "\n".join(f"      {name}: {{label: {name}, {kind}}}" for name, kind in chapter.fields.items())
        text = _SMALLEST.replace("FIELDS", fields)
    pack, problems = read_pack(text, chapter.path, {})
    if pack is None or problems:
        raise ValueError(f"{chapter.path}:{case.line} {[problem.text('en') for problem in problems]}")
    return pack


_SMALLEST = """
pack: spec
edition: one
valid_from: 2000-01-01
title: spec
subject: person
rule_book: {id: spec, title: spec}
forms:
  row:
    title: row
    occurred_on: on
    fields:
      on: {label: on, type: date}
FIELDS
"""


def expression_cases(chapter: Chapter, case: SpecCase, pack: Pack) -> list[Case]:
    """The rows of an expression's case as subjects with rows; ``in_order`` makes them one subject's rows, a week apart."""
    form = pack.forms["row"]
    if not case.in_order:
        return [Case(_subject(row), (_event(form.fields, row, _day(row), 1),)) for row in case.rows]
    days = [_day(row) + timedelta(days=7 * place) for place, row in enumerate(case.rows)]
    events = tuple(
        _event(form.fields, row, day, place) for place, (row, day) in enumerate(zip(case.rows, days, strict=True))
    )
    return [Case(_subject(case.rows[0]), events)]


def _day(row: SpecRow) -> date:
    return parse_date_text(row.cells.get("on", "")) or _DAY


def _event(fields: Mapping[str, FormField], row: SpecRow, on: date, seq: int) -> Event:
    values: dict[str, Cell] = {}
    for name, text in row.cells.items():
        if name in fields and name != "on":
            values[name] = _cell(fields[name], text, row.line)
        elif name not in ("on", *SUBJECT_ATTRIBUTES):
            raise ValueError(f"line {row.line}: no field {name}")
    return Event("case", _FORM, on, seq, values | {"on": on})


def _subject(row: SpecRow) -> Subject:
    known: dict[str, Cell] = {}
    kinds: dict[str, FieldType] = {
        "birth_date": "date",
        "sex": "text",
        "is_resident": "boolean",
        "resident_kind": "text",
    }
    for name, kind in kinds.items():
        if name in row.cells:
            known[name] = _cell(FormField(name, name, kind), row.cells[name], row.line)
    birth, sex = known.pop("birth_date", None), known.pop("sex", None)
    return Subject("case", birth if isinstance(birth, date) else None, None if sex is None else str(sex), known)


def _cell(field: FormField, text: str, line: int) -> Cell:
    value = None if text == "null" else parse_cell(field, text)
    if isinstance(value, Unreadable):
        raise TypeError(f"line {line}: {text} is not {field.type}")
    return value


def expression_of(case: SpecCase, pack: Pack) -> Expression:
    """The expression of a case, with the pack's terms resolved."""
    parsed = parse_expression(case.expression)
    if isinstance(parsed, SyntaxFault):
        raise TypeError(f"line {case.line}: {case.expression}: expected {parsed.expected}")
    return resolve_terms(parsed, pack.terms)


# ---- the page -----------------------------------------------------------------------------------------------------------
def render_manual(chapters: Sequence[Chapter]) -> str:
    """The chapters as one Markdown page."""
    lines = [_PREFACE.strip(), ""]
    for number, chapter in enumerate(chapters, 1):
        lines += [f"## {number}. {chapter.title}", ""]
        lines += [chapter.words, ""] if chapter.words else []
        if chapter.packs:
            lines += [line for text in chapter.packs for line in _fenced(text, "yaml")]
        for case in chapter.cases:
            lines += _render_case(chapter, case)
    return "\n".join(lines).rstrip() + "\n"


_PREFACE = """
# 规则包语言 / The pack language

本页由 `tests/spec/language/*.yaml` 生成；那里的每一例都在所有引擎上运行，所以这里写的就是引擎做的。
This page is rendered from `tests/spec/language/*.yaml`. Every case there is run on every engine: what is written here is
what they do. To write it anew: `make docs`.
"""


def _render_case(chapter: Chapter, case: SpecCase) -> Iterator[str]:
    yield from (f"### {case.title}", "")
    if case.words:
        yield from (case.words, "")
    if case.packs and case.packs != chapter.packs:
        for text in case.packs:
            yield from _fenced(text, "yaml")
    if case.expression:
        yield from (f"`{case.expression}`", "")
        yield from _table(case.rows)
    if case.examples:
        yield from _fenced(case.examples, "csv")
    if case.walks:
        yield from _fenced(case.walks, "yaml")
    if case.problems:
        yield "→ " + ", ".join(f"`{code}`" for code in case.problems)
        yield ""


def _fenced(text: str, kind: str) -> list[str]:
    return [f"```{kind}", text.rstrip(), "```", ""]


def _table(rows: Sequence[SpecRow]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    lines = ["| " + " | ".join([*names, "→"]) + " |", "|" + "---|" * (len(names) + 1)]
    for row in rows:
        cells = [row.cells.get(name, "") for name in names]
        lines.append("| " + " | ".join([*cells, _shown(row.gives)]) + " |")
    return [*lines, ""]


def _shown(value: Cell) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
