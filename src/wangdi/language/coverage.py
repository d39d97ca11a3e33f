"""Does every row find a class, and every class a row? Tried over the boundary values of everything the classes rest on."""

from __future__ import annotations

from collections.abc import Mapping

from wangdi.core.problem import Problem, Severity
from wangdi.language.ast import Case, Constant
from wangdi.language.boundary import boundary_values, case_of, combinations
from wangdi.language.engine import EvaluateRows
from wangdi.language.names import fields_behind, previous_behind
from wangdi.language.record import Cell
from wangdi.language.rules import Rules

_ROWS = 30_000


def check_coverage(evaluate: EvaluateRows, rules: Rules) -> list[Problem]:
    """PACK-021 with a row that gets no class; PACK-028 for a class no row gets.

    Rule: rows over the boundary values, each without a previous row and after a copy of itself where a class looks back.
    """
    pack = rules.pack
    classify = pack.classify
    if classify is None or not classify.rows:
        return []
    form = pack.form(classify.form)
    whens = [row.when for row in classify.rows]
    values = boundary_values(rules, form, whens)
    fields = {name for when in whens for name in fields_behind(pack, when)}
    looks_back = any(previous_behind(pack, when) for when in whens)
    rows = list(combinations({name: found for name, found in values.items() if name in fields}, _ROWS))
    cases = [case_of(pack, form, row, row if looks_back else None) for row in rows]
    node = Case(tuple((row.when, Constant(row.name)) for row in classify.rows), Constant(None))
    reached: set[Cell] = set()
    problems: list[Problem] = []
    for row, told in zip(rows, evaluate(rules, form.full_name, node, cases), strict=True):
        if None in told and not problems:
            args = {"example": describe_row(row)}
            problems.append(Problem(code="PACK-021", file=pack.path, line=classify.line, args=args))
        reached |= set(told)
    for class_row in classify.rows:
        if class_row.name not in reached:
            args = {"name": class_row.name}
            code, severity = "PACK-028", Severity.warning
            problems.append(Problem(code=code, severity=severity, file=pack.path, line=class_row.line, args=args))
    return problems


def describe_row(values: Mapping[str, Cell]) -> str:
    """A row in words: each field with its value, missing ones as such."""
    return "，".join(f"{name} {'缺' if value is None else value}" for name, value in values.items())
