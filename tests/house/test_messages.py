"""Every code a module names has its message in both languages, and every message is of some use."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from tests.house.reading import Module, source_modules, texts_of
from wangdi.core.problem import load_messages

CODE = re.compile(r"[A-Z]{2,}-\d{3}")
PERSONAL = {"id_no", "person_name", "phone", "birth_date", "address"}


def codes_in(tree: ast.Module) -> set[str]:
    """The codes a module names, each written out whole."""
    return {text for _, text in texts_of(tree) if CODE.fullmatch(text)}


def places_of(code: str) -> set[str]:
    """The names between braces in the texts of a message."""
    texts = load_messages()[code].values()
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None}


def given_args(tree: ast.Module) -> list[tuple[int, str, set[str]]]:
    """Line, code and argument names of each ``Problem(...)`` whose code and arguments are written out."""
    found: list[tuple[int, str, set[str]]] = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"):
            continue
        written = {keyword.arg: keyword.value for keyword in node.keywords}
        code, args = written.get("code"), written.get("args", ast.Dict([], []))
        if None in written or not isinstance(code, ast.Constant) or not isinstance(args, ast.Dict):
            continue
        names = {key.value for key in args.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        if len(names) == len(args.keys):
            found.append((node.lineno, str(code.value), names))
    return found


@pytest.mark.parametrize("module", source_modules(), ids=lambda module: module.name)
def test_every_code_has_its_message(module: Module) -> None:
    assert codes_in(module.tree) - set(load_messages()) == set()
    short = [
        (line, code, places_of(code) - names)
        for line, code, names in given_args(module.tree)
        if places_of(code) - names
    ]
    assert short == [], "a message has a place that nothing fills"


def test_every_message_is_used() -> None:
    used = set[str]().union(*(codes_in(module.tree) for module in source_modules()))
    assert set(load_messages()) - used == set()


@pytest.mark.parametrize("code", sorted(load_messages()))
def test_a_message_is_whole(code: str) -> None:
    text = load_messages()[code]
    assert CODE.fullmatch(code)
    assert text["zh"].strip()
    assert text["en"].strip()
    assert places_of(code) & PERSONAL == set(), "a message carries no personal data"
    for key, words in text.items():
        assert bool(re.search(r"[\u4e00-\u9fff]", re.sub(r"\{.*?\}", "", words))) == key.startswith("zh"), key


def test_what_is_missing_is_seen() -> None:
    tree = ast.parse(
        '"""ID-777"""\nx = Problem(code="ID-001", args={"length": "3"})\ny = "ID-999"\nz = Problem(code="ID-001")'
    )
    assert codes_in(tree) == {"ID-001", "ID-999"}
    assert given_args(tree) == [(2, "ID-001", {"length"}), (4, "ID-001", set())]
    assert places_of("ID-001") == {"length"}
