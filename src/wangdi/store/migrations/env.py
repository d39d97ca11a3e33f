"""Alembic's entry point. It is always run by ``store.migrate`` with a connection given; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from wangdi.store.schema import metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter most of a table in place: batch mode rebuilds it instead.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
