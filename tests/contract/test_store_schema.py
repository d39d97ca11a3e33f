"""The relational schema is the same however a city came to it: made today or migrated, SQLite or PostgreSQL."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City
from wangdi.store.database import open_engine, resolve_url
from wangdi.store.migrate import MIGRATIONS, alembic_config, known_versions, read_version
from wangdi.store.schema import HEAD, metadata

LATER_STEP = """
import sqlalchemy as sa
from alembic import op

revision = "v9000"
down_revision = "v0004"

def upgrade():
    op.create_table("a_later_table", sa.Column("id", sa.BigInteger, primary_key=True))
    with op.batch_alter_table("form_owner") as table:
        table.add_column(sa.Column("since", sa.Date))
"""


def test_migrations_end_where_the_tables_are(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(resolve_url(database_url, tmp_path))
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "head")
    with engine.connect() as connection, connection.begin():
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert read_version(connection) == HEAD
    engine.dispose()


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]
    assert HEAD in known_versions()


def test_a_new_city_has_the_tables_the_migrations_make(city: City) -> None:
    with city.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert read_version(connection) == HEAD


def test_sqlite_keeps_its_word(sqlite_city: City) -> None:
    with sqlite_city.reading() as connection:
        settings = [connection.execute(text(f"pragma {name}")).scalar_one() for name in ("journal_mode", "synchronous")]
        assert settings == ["wal", 2]
        assert connection.execute(text("pragma foreign_keys")).scalar_one() == 1


def test_a_database_of_a_newer_wangdi_is_not_touched(city: City) -> None:
    with city.engine.connect() as connection, connection.begin():
        connection.execute(text("update alembic_version set version_num = 'v9999'"))
    with pytest.raises(Refusal) as refused:
        City.open(city.folder)
    assert refused.value.problem.code == "STORE-012"


def test_an_older_database_is_brought_up_to_date_and_says_so(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, steps)
    (steps / "versions" / "v9000_later.py").write_text(LATER_STEP)
    monkeypatch.setattr("wangdi.store.migrate.MIGRATIONS", steps)
    monkeypatch.setattr("wangdi.store.schema.HEAD", "v9000")
    told: list[Problem] = []
    City.open(city.folder, tell=told.append).close()
    assert [problem.code for problem in told] == ["STORE-013"]
    with city.engine.connect() as connection:
        assert inspect(connection).has_table("a_later_table")
        assert read_version(connection) == "v9000"
    told.clear()
    City.open(city.folder, tell=told.append).close()
    assert told == []


def test_a_folder_and_a_database_that_do_not_belong_together(city: City, tmp_path: Path, database_url: str) -> None:
    other = City.create(tmp_path / "other", name="别处", now=datetime(2024, 1, 1))
    other.close()
    (tmp_path / "other" / "city.toml").write_text((city.folder / "city.toml").read_text("utf-8"), "utf-8")
    if database_url == "sqlite":
        with pytest.raises(Refusal) as refused:
            City.open(tmp_path / "other")
        assert refused.value.problem.code == "STORE-009"
    with pytest.raises(Refusal) as refused:
        City.create(tmp_path / "third", name="again", now=datetime(2024, 1, 1), database_url=_database_of(city))
    assert refused.value.problem.code == "STORE-006"


def _database_of(city: City) -> str:
    return city.engine.url.render_as_string(hide_password=False)
