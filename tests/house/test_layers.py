"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.house.reading import ROOT, imported_packages, source_modules

FENCES = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "psycopg": {"store"},
    "duckdb": {"engines", "store"},
    "click": {"cli"},
    "rich": {"cli"},
    "argparse": {"cli"},
    "docx": {"reports"},
    "pypdfium2": {"reports"},
    "openpyxl": {"returns"},
}


def test_the_import_contracts_hold() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


@pytest.mark.parametrize("package", FENCES)
def test_a_fenced_package_stays_in_its_layers(package: str) -> None:
    """Also for layers the import contracts do not name yet."""
    outside = [
        module.name
        for module in source_modules()
        if package in imported_packages(module.tree) and module.layer not in FENCES[package]
    ]
    assert outside == []


def test_core_uses_the_standard_library_only() -> None:
    allowed = set(sys.stdlib_module_names) | {"wangdi"}
    strangers = {m.name: imported_packages(m.tree) - allowed for m in source_modules() if m.layer == "core"}
    assert {name: found for name, found in strangers.items() if found} == {}


def test_imports_are_seen_wherever_they_stand() -> None:
    tree = ast.parse("import duckdb.typing as t\ndef f():\n    from sqlalchemy.orm import Session\nfrom . import x")
    assert imported_packages(tree) == {"duckdb", "sqlalchemy"}
