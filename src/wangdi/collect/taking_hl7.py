"""HL7 v2 files: each message becomes the rows of the mappings that want it, which go through the same pass as everybody else's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wangdi.collect.exact import ExactRow
from wangdi.collect.hl7 import Message, Unescapable, read_messages
from wangdi.collect.hl7_paths import Column, parse_column, parse_path, read_column, read_path
from wangdi.collect.loading import parsed_rows
from wangdi.collect.mapping import Mapping, MessageRule
from wangdi.collect.plan import Columns, FormPlan
from wangdi.collect.request import FormCount
from wangdi.collect.run import Run
from wangdi.collect.staging import stage_rows
from wangdi.core.problem import Problem, Severity
from wangdi.language.names import nearest_name
from wangdi.store.records import BatchFile

_FLUSH_ROWS = 50_000
_PROBLEM_ROWS = 10_000
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.\d+)?)?(?:[+-]\d{4})?")
_TYPE = re.compile(r"[A-Z0-9]{3}\^[A-Z0-9]{0,3}")
"""How MSH-9 names a message; whatever else stands there is not repeated."""
_KIND = parse_path("MSH-9.1"), parse_path("MSH-9.2")


@dataclass(slots=True)
class _Taker:
    """One mapping while a file is read with it."""

    mapping: Mapping
    rule: MessageRule
    plan: FormPlan
    columns: list[tuple[Column, bool]]
    """Each column with whether it is a day or a moment."""
    rows: list[ExactRow] = field(default_factory=list)
    staged: int = 0


def take_hl7(run: Run, path: Path, name: str) -> None:
    """Every message of a file. Rule: a message is one row of a mapping for each of its segments the mapping wants, or none."""
    original = run.receive(path, name)
    takers = _choose_takers(run, name)
    if isinstance(takers, Problem):
        run.note(takers)
        run.files.append(BatchFile(original=original.id, name=name))
        return
    passed: Counter[tuple[str, str]] = Counter()
    problems: list[Problem] = []
    refused = 0
    # The rows are read from the very bytes that are kept.
    for item in read_messages(run.writer.original_path(original), name):
        if isinstance(item, Message):
            wrong = _take_message(item, takers, original.id, name, passed)
            problems += wrong
            refused += bool(wrong)
        else:
            problems.append(item)
            refused += item.severity is Severity.error and item.code != "MSG-008"
        _flush(run, takers, _FLUSH_ROWS)
        if len(problems) >= _PROBLEM_ROWS:
            run.note(*problems)
            problems.clear()
    _flush(run, takers, 0)
    run.note(*problems, *_tell_passed(passed, name))
    run.loose = run.loose.plus(FormCount(received=refused, refused=refused))
    _close(run, takers, original.id, name)


def _choose_takers(run: Run, name: str) -> list[_Taker] | Problem:
    """The mapping that was asked for, else all there are for messages. Errors: MAP-020 it is none for messages."""
    wanted = run.request.mapping_of(name)
    ours = {key: one for key, one in run.mappings.items() if one.message is not None}
    if wanted is not None and wanted not in ours:
        near = nearest_name(wanted, ours) or "、".join(ours) or "-"
        return Problem(code="MAP-020", file=name, args={"name": wanted, "nearest": near})
    chosen = [ours[wanted]] if wanted is not None else sorted(ours.values(), key=lambda one: (one.shipped, one.name))
    return [_make_taker(run, one, one.message) for one in chosen if one.message is not None]


def _make_taker(run: Run, mapping: Mapping, rule: MessageRule) -> _Taker:
    names = mapping.columns()
    plan = run.plan(mapping, Columns.of(names))
    dated = {
        column
        for item in plan.items
        if item.target.type in ("date", "datetime")
        for column in (item.rule.column, *item.rule.otherwise)
    }
    columns = [(parsed, name in dated) for name in names if (parsed := parse_column(name)) is not None]
    assert len(columns) == len(names), "a mapping that was read writes its columns as places"
    return _Taker(mapping, rule, plan, columns)


def _take_message(
    message: Message, takers: Sequence[_Taker], file: int, name: str, passed: Counter[tuple[str, str]]
) -> list[Problem]:
    """Give a message's rows to the mappings; all of them or, where something in it cannot be read, none."""
    found: list[tuple[_Taker, ExactRow]] = []
    place = 0
    try:
        kind = "^".join(read_path(message, 0, path) for path in _KIND if path is not None)
        wanting = [taker for taker in takers if kind in taker.rule.messages]
        for place in range(len(message.segments)):
            own: set[str] = set()
            for taker in wanting:
                # A city's own mapping comes first; a shipped one for the same form then has nothing left to take.
                if taker.mapping.shipped and taker.mapping.form in own:
                    continue
                if _wants(taker.rule, message, place):
                    own |= set() if taker.mapping.shipped else {taker.mapping.form}
                    found.append((taker, _make_row(message, place, taker, file)))
    except Unescapable as error:
        line = message.segments[place].line
        return [Problem(code="MSG-011", file=name, line=line, args={"escape": str(error)})]
    if not found:
        passed[kind if _TYPE.fullmatch(kind) else "?", "no_row" if wanting else "no_mapping"] += 1
    for taker, row in found:
        taker.rows.append(row)
    return []


def _wants(rule: MessageRule, message: Message, place: int) -> bool:
    return message.segments[place].name == rule.row and all(
        read_column(message, place, column) in values for column, values in rule.where
    )


def _make_row(message: Message, place: int, taker: _Taker, file: int) -> ExactRow:
    cells = [
        write_moment(text) if dated else text
        for column, dated in taker.columns
        for text in (read_column(message, place, column),)
    ]
    return ExactRow(message.segments[place].line, cells, file)


def write_moment(text: str) -> str:
    """An HL7 day or moment as ISO. Rule: day and hour stand as written, whatever the offset.

    Missing: anything else stays as it is.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}" + ("" if hour is None else f" {hour}:{minute or '00'}:{second or '00'}")


def _flush(run: Run, takers: Sequence[_Taker], most: int) -> None:
    for taker in takers:
        if len(taker.rows) > most:
            rows, taker.rows = taker.rows, []
            path = run.stage.folder / "hl7.csv"
            relation, count = parsed_rows(run.stage.workspace, rows, len(taker.columns), path, blanks="spaces")
            stage_rows(run.stage, taker.plan, relation)
            taker.staged += count


def _tell_passed(passed: Counter[tuple[str, str]], name: str) -> Iterator[Problem]:
    for (kind, why), count in sorted(passed.items()):
        code = "MSG-012" if why == "no_mapping" else "MSG-013"
        yield Problem(code=code, severity=Severity.info, file=name, args={"kind": kind, "count": f"{count}"})


def _close(run: Run, takers: Sequence[_Taker], file: int, name: str) -> None:
    """Say in the batch what the file was read by."""
    used = [taker for taker in takers if taker.staged]
    for taker in used:
        mapping = taker.mapping
        digest = run.writer.add_mapping(mapping.name, mapping.body)
        form = taker.plan.form.full_name
        run.files.append(
            BatchFile(
                original=file, name=name, rows=taker.staged, form=form, mapping=mapping.name, mapping_sha256=digest
            )
        )
    if not used:
        run.files.append(BatchFile(original=file, name=name))


def read_message_text(path: Path, name: str, line: int) -> str | None:
    """The message that a line of a file belongs to, as it was sent, decoded; a segment a line."""
    for item in read_messages(path, name):
        if isinstance(item, Message) and item.line <= line <= item.segments[-1].line:
            return "\n".join(segment.text for segment in item.segments)
    return None
