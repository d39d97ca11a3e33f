"""No clinical number stands in Python or in SQL: a threshold lives once, in a pack or in the field dictionary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.reading import Module, source_modules, texts_of
from wangdi.catalog.fields import load_fields

THRESHOLDS = frozenset({140.0, 150.0, 130.0, 160.0, 180.0, 110.0, 90.0, 85.0, 16.7, 3.9, 7.0, 11.1, 6.1, 13.9, 33.3})
"""Numbers of the norms."""

WEEK = -7.0

MEASURED = frozenset(
    key for key, entry in load_fields().items() if entry.unit not in ("", "{place}", "{person}") and "." not in key
) | {"age_years", "age_months"}
"""What is measured in people: to compare it with any written number is to decide about somebody."""

_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_MEASURED = "|".join(sorted(MEASURED, key=len, reverse=True))
_COMPARATOR = r"(?:<=|>=|<>|!=|<|>|=|\bbetween\b)"
_SQL_MEASURED = re.compile(rf"\b(?:{_MEASURED})\b\"?\s*{_COMPARATOR}\s*\d", re.IGNORECASE)
_SQL_NUMBER = re.compile(r"(?:<=|>=|<|>)\s*(\d+(?:\.\d+)?)(?![\w.]*\d)")


def clinical_numbers(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and text of everything in a module that looks like a threshold of a norm."""
    return [*_in_comparisons(tree), *_in_names(tree), *_in_texts(tree)]


def _in_comparisons(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        numbers = [number for side in sides for number in _numbers(side)]
        measured = any(_measured_words(side) for side in sides)
        if any(number in THRESHOLDS or (measured and number not in (0, 1)) for number in numbers):
            yield node.lineno, ast.unparse(node)


def _in_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """``SBP_GOAL = 140``, ``def f(sbp_goal=140)``, ``f(sbp_goal=140)``."""
    for node in ast.walk(tree):
        named: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            named = [(ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            named = [(ast.unparse(node.target), node.value)]
        elif isinstance(node, ast.keyword):
            named = [(node.arg or "", node.value)]
        elif isinstance(node, ast.arguments):
            plain = [*node.posonlyargs, *node.args]
            pairs = [
                *zip(reversed(plain), reversed(node.defaults), strict=False),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            named = [(argument.arg, default) for argument, default in pairs]
        for name, value in named:
            if value is not None and _number(value) in THRESHOLDS and _says_measured(name):
                yield value.lineno, f"{name} = {ast.unparse(value)}"


def _in_texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, text in texts_of(tree):
        compared = (float(number) for number in _SQL_NUMBER.findall(text))
        if _SQL_MEASURED.search(text) or any(number in THRESHOLDS - {7.0} for number in compared):
            yield line, text


def _numbers(side: ast.expr) -> list[float]:
    """Numbers that stand as a side of a comparison, or in a tuple or list that is one."""
    members = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
    return [number for one in members if (number := _number(one)) is not None]


def _number(node: ast.expr | None) -> float | None:
    """The number written there. Seven days make a week, so the whole number 7 stays a different thing from 7.0."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return None
    return WEEK if isinstance(node.value, int) and node.value == 7 else float(node.value)


def _measured_words(side: ast.expr) -> bool:
    """Whether a name, an attribute or a ``row["sbp"]`` in the side is something measured."""
    for node in ast.walk(side):
        word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            word = str(node.slice.value)
        if word in MEASURED:
            return True
    return False


def _says_measured(name: str) -> bool:
    parts = {part for word in _WORD.findall(name.lower()) for part in word.split("_")}
    return bool(parts & MEASURED) or any(word in MEASURED for word in _WORD.findall(name.lower()))


@pytest.mark.parametrize("module", source_modules(), ids=lambda module: module.name)
def test_no_clinical_number_in_source(module: Module) -> None:
    assert clinical_numbers(module.tree) == []


@pytest.mark.parametrize(
    "source",
    [
        "if sbp >= 140: pass",
        "ok = 140 > row['sbp']",
        "ok = visit.fpg < 6.5",
        "ok = 3.9 < value",
        "ok = value in (16.7, 3)",
        "elderly = age_years(birth, on) >= 65",
        "SBP_GOAL = 140",
        "def f(*, dbp_limit=90): pass",
        "def f(x, fpg_goal: float = 7.0): pass",
        "classify(goal_sbp=150)",
        "sql = 'SELECT * FROM t WHERE sbp >= 141'",
        "sql = 'CASE WHEN \"dbp\" BETWEEN 91 AND 99 THEN 1 END'",
        "sql = f'{column} >= 180'",
        "sql = 'age_years>=65'",
    ],
)
def test_a_threshold_is_seen(source: str) -> None:
    assert clinical_numbers(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "if days > 7: pass",
        "if len(text) == 18: pass",
        "if sbp >= goal: pass",
        "if weight > 0: pass",
        "share = count / 100",
        "timeout = 180",
        "sql = 'SELECT 140 AS n, sbp FROM t WHERE sbp >= goal_sbp'",
        "sql = 'date_diff(a, b) <= 92'",
        '"""Those with sbp >= 140."""',
        "if year < 1900: pass",
    ],
)
def test_an_ordinary_number_is_left_alone(source: str) -> None:
    assert clinical_numbers(ast.parse(source)) == []
