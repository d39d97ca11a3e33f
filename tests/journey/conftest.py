"""The demo city of the whole test session."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call
from tests.journey.visiting import Visit, open_visit
from tests.pages import Served, open_browser


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Made once, also where several workers run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, told = shared / "demo-city", shared / "demo-city.txt"
    with (shared / "demo-city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            made = call("demo", folder, "--people", 600, "--no-serve", "--quiet")
            assert made.exit_code == 0, made.output
            told.write_text(made.stdout, encoding="utf-8")
    return Demo(folder, told.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(served: Served, browser: Any) -> Iterator[Visit]:
    """A window onto what a module serves: its fixture ``served``."""
    with open_visit(served, browser) as seen:
        yield seen


@pytest.fixture
def own_city(demo: Demo, tmp_path: Path) -> Path:
    """A copy that a test may write to, without what another worker's reading makes and removes meanwhile."""
    return Path(shutil.copytree(demo.folder, tmp_path / "own", ignore=leave_passing))


def leave_passing(folder: str, names: list[str]) -> list[str]:
    """The database's own scratch files, spilled work, and derived tables: none of them is the city's."""
    passing = Path(folder).name in ("tmp", "derived")
    return [name for name in names if passing or name.endswith(("-wal", "-shm"))]


@pytest.fixture(scope="module")
def missing(demo: Demo) -> dict[str, Any]:
    """Somebody managed but not according to the norm, and the township where."""
    rows = ask(demo.folder, "figures", "--period", YEAR, "--by", "township", "--indicator", "htn_std")["rows"]
    area = next(row["area"] for row in rows if row["denominator"] > row["numerator"])
    people = ask(demo.folder, "people", "--indicator", "htn_std", "--period", YEAR, "--area", area, "--in", "missing")
    return {"area": area, **people["rows"][0]}
