"""What a fresh machine installs: every dependency has its reason, every pin its hash; no index is named."""

from __future__ import annotations

import os
import re
import tomllib
from typing import Any

import pytest

from tests.house.reading import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)(.*)$", re.MULTILINE)


def pins(lock: str) -> dict[tuple[str, str], int]:
    """Name and version of each pin with the number of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = list(PIN.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {(m[1], m[2]): text.count("--hash=sha256:", m.end(), end) for m, end in zip(found, ends, strict=True)}


def names_of(requirements: list[Any]) -> set[str]:
    """The names in a list of requirements, groups included by others left out."""
    plain = [one for one in requirements if isinstance(one, str)]
    return {re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0].lower() for one in plain}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_its_hashes_and_no_address(lock: str) -> None:
    found = pins(lock)
    assert len(found) > 10
    assert [pin for pin, hashes in found.items() if not hashes] == []
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    runtime = names_of([*project["dependencies"], *project["optional-dependencies"]["postgres"]])
    assert runtime <= {name for name, _ in pins("requirements.lock")}
    assert names_of([*groups["dev"], *groups["build"]]) <= {name for name, _ in pins("requirements-dev.lock")}
    assert set(pins("requirements.lock")) <= set(pins("requirements-dev.lock")), "tests run on what is shipped"


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text[text.index("dependencies = [") : text.index("[project.optional-dependencies]")].splitlines()[1:]
    lines = [line for line in listed if line.strip().startswith('"')]
    assert len(lines) == len(PROJECT["project"]["dependencies"])
    assert [line for line in lines if "  # " not in line] == []


def test_the_makefile_stays_short() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test", "check", "bench", "bundle", "format", "clean"} <= set(targets)
    assert len(targets) <= 12


@pytest.mark.parametrize("script", [".ci/run", "deploy/install.sh"])
def test_scripts_can_be_run_and_stop_at_the_first_failure(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
