"""A batch's problems as a Parquet file: millions weigh nothing in the database, and are read a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from wangdi.core.problem import Problem, Severity, load_messages
from wangdi.store.workspace import Workspace, sql_texts

PROBLEM_COLUMNS: dict[str, str] = {
    "code": "VARCHAR",
    "severity": "VARCHAR",
    "file": "VARCHAR",
    "line": "BIGINT",
    "field": "VARCHAR",
    "args": "VARCHAR",
}
"""Columns of a problem file; ``args`` is a JSON object of texts."""

UNKNOWN_CODE = "STORE-030"


def write_problems(workspace: Workspace, problems: Iterable[Problem], path: Path) -> int:
    """Write problems in the order given; answers how many. Bounded in memory for any number."""
    workspace.create_table("problems_to_write", PROBLEM_COLUMNS, (_problem_row(problem) for problem in problems))
    try:
        return workspace.copy("select * from problems_to_write", path)
    finally:
        workspace.drop_table("problems_to_write")


def _problem_row(problem: Problem) -> tuple[object, ...]:
    args = json.dumps(dict(problem.args), ensure_ascii=False) if problem.args else None
    return (problem.code, str(problem.severity), problem.file, problem.line, problem.field, args)


def read_problems(
    workspace: Workspace, paths: Sequence[Path], limit: int | None, offset: int, code: str | None = None
) -> list[Problem]:
    """A page of the problems in these files, of one code or of all, in the order they were written."""
    page = f" limit {limit}" if limit is not None else ""
    only, params = (" where code = ?", [code]) if code is not None else ("", [])
    query = f"select {', '.join(PROBLEM_COLUMNS)} from {_files(paths)}{only}{page} offset {offset}"
    return [_problem(row) for row in workspace.rows(query, params)]


def read_kinds(workspace: Workspace, paths: Sequence[Path], each: int) -> list[tuple[int, list[Problem]]]:
    """How many problems there are of each kind (severity, code and field), and the first so many of it."""
    kind, place = "partition by severity, code, field", "order by file, line, args"
    columns = ", ".join(PROBLEM_COLUMNS)
    query = (
        f"select {columns}, count(*) over ({kind}) from {_files(paths)}"
        f" qualify row_number() over ({kind} {place}) <= {each} {place}"
    )
    found: dict[tuple[object, ...], tuple[int, list[Problem]]] = {}
    for *row, number in workspace.rows(query):
        code, severity, _, _, field, _ = row
        found.setdefault((severity, code, field), (number, []))[1].append(_problem(tuple(row)))
    return list(found.values())


def count_problems(workspace: Workspace, paths: Sequence[Path]) -> list[tuple[str, str, int]]:
    """How many of each: severity, code, number; the most frequent first."""
    query = f"select severity, code, count(*) from {_files(paths)} group by all order by 3 desc, 2"
    return [(severity, code, number) for severity, code, number in workspace.rows(query)]


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet({sql_texts(paths)})"


def _problem(row: tuple[Any, ...]) -> Problem:
    code, severity, file, line, field, args = row
    filled = json.loads(args) if args else {}
    if code not in load_messages():
        # An older Wangdi's code that this one no longer has a text for: say so rather than drop it.
        code, filled = UNKNOWN_CODE, {"code": code}
    return Problem(code=code, severity=Severity(severity), file=file, line=line, field=field, args=filled)
