"""The repository's own files, as the house tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "wangdi"
WRITTEN_BY_HAND = (".py", ".md", ".toml", ".yaml", ".csv", ".html", ".js", ".sh", ".sql", ".txt", "")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file. ``name`` is its path from the repository's root, ``layer`` its folder under ``wangdi``."""

    name: str
    layer: str
    text: str
    tree: ast.Module


@cache
def source_modules() -> tuple[Module, ...]:
    """Every module of ``src/wangdi``."""
    return tuple(_module(path) for path in sorted(SOURCE.rglob("*.py")))


def repository_files() -> Iterator[Path]:
    """Every file somebody wrote, outside hidden folders and what was built."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") or part in ("build", "dist", "__pycache__") for part in parts[:-1])
        if path.is_file() and not hidden and path.suffix in WRITTEN_BY_HAND:
            yield path


def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    inside = path.relative_to(SOURCE).parts
    return Module(path.relative_to(ROOT).as_posix(), inside[0] if len(inside) > 1 else "", text, ast.parse(text))


def imported_packages(tree: ast.Module) -> set[str]:
    """Top-level names of everything a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def texts_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The text constants of a module with their lines: the fixed parts of f-strings too, docstrings not."""
    docstrings = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
