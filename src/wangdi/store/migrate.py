"""Bring a city's relational schema to what this package expects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from wangdi.core.problem import Problem, Refusal
from wangdi.store.schema import HEAD, metadata

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "alembic_version"
MIGRATIONS = Path(__file__).parent / "migrations"


def make_schema(connection: Connection) -> None:
    """Create every table in an empty database and stamp it as today's.

    Errors: a database that already holds a city is refused.
    """
    if inspect(connection).has_table("city"):
        raise Refusal(Problem(code="STORE-006"))
    metadata.create_all(connection)
    connection.execute(text(f"create table {VERSION_TABLE} (version_num varchar(32) not null primary key)"))
    connection.execute(text(f"insert into {VERSION_TABLE} values (:head)"), {"head": HEAD})


def read_version(connection: Connection) -> str | None:
    """The migration the database stands at; null where there is no city in it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.execute(text(f"select version_num from {VERSION_TABLE}")).scalar_one_or_none()
    return version


def upgrade_schema(connection: Connection) -> None:
    """Run the migrations that are missing, in the connection's transaction."""
    from alembic import command  # a tenth of a second to import, and almost never needed

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic pointed at this package's migrations and at an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def known_versions() -> frozenset[str]:
    """Every migration this package has."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
