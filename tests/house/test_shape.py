"""How big a module may be, what it may be called, and what must be said about what it offers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.reading import ROOT, Module, repository_files, source_modules
from wangdi.core.identifiers import IdNumber, check_id_number

LONGEST_MODULE = 600
LONGEST_FUNCTION = 60
NOT_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "service", "services"}
OF_THE_STANDARD = {"11010519491231002X", "440524188001010014"}
"""The test numbers printed with GB 11643: nobody's."""


def undocumented(tree: ast.Module) -> list[str]:
    """Public functions and classes without a docstring, and long public methods without one.

    A small frozen value, whose fields say all, may go without.
    """
    found: list[str] = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not (isinstance(node, ast.ClassDef) and _is_small_value(node)):
            found.append(node.name)
        if isinstance(node, ast.ClassDef):
            found += [
                f"{node.name}.{method.name}"
                for method in node.body
                if isinstance(method, ast.FunctionDef)
                and not method.name.startswith("_")
                and ast.get_docstring(method) is None
                and len(method.body) > 3
            ]
    return found


def _is_small_value(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(one) for one in node.decorator_list) and len(node.body) <= 5


def long_functions(tree: ast.Module) -> list[str]:
    """Functions of more lines than anybody reads at once."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION]


@pytest.mark.parametrize("module", source_modules(), ids=lambda module: module.name)
def test_a_module_can_be_read(module: Module) -> None:
    assert len(module.text.splitlines()) <= LONGEST_MODULE
    assert long_functions(module.tree) == []
    assert undocumented(module.tree) == []
    assert ast.get_docstring(module.tree), "a module says in its first line what it is for"


def test_a_name_says_what_the_thing_does() -> None:
    paths = [path for path in repository_files() if path.suffix == ".py"]
    named = {part for path in paths for part in (*path.relative_to(ROOT).parts[:-1], path.stem)}
    assert named & NOT_NAMES == set()


def test_nothing_names_a_path_of_one_machine() -> None:
    machine = re.compile(r"(?<![\w.}])/(?:work|home|root|Users)/\w")
    named = [path.relative_to(ROOT).as_posix() for path in repository_files() if machine.search(_text(path))]
    assert named == []


def test_no_identity_number_could_be_somebodys() -> None:
    """Every valid identity number in the repository begins with 99, which no region has."""
    numbers = {number for path in repository_files() for number in re.findall(r"(?<!\w)\d{17}[\dX](?!\w)", _text(path))}
    valid = {number for number in numbers if isinstance(check_id_number(number), IdNumber)}
    assert {number for number in valid if not number.startswith("99")} - OF_THE_STANDARD == set()
    assert valid & OF_THE_STANDARD


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_what_is_missing_is_seen() -> None:
    source = "def f():\n    pass\nclass C:\n    def m(self):\n" + "        a = 1\n" * 4
    assert undocumented(ast.parse(source)) == ["f", "C", "C.m"]
    assert undocumented(ast.parse('def f():\n    "says"\n@dataclass\nclass V:\n    x: int\ndef _own(): pass')) == []
    assert long_functions(ast.parse("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)) == ["f"]
