"""The tables of the relational database: the one commit point. SQLite and PostgreSQL alike.

Every accepted row carries the ``seq`` it was accepted under; rows are never updated, newer rows win. The exceptions are
not facts: the counter, and which segment a manifest row or a journal row went into (``replaced_by``, ``rolled_into``).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "v0004"
"""The migration this package's tables correspond to; a test holds it against the migrations folder."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _number(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, autoincrement=False, nullable=null)


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


city = Table(
    "city", metadata, _text("id", key=True), _text("name"), _text("salt"), Column("made_at", DateTime, nullable=False)
)
"""Grain: one row, this city."""

counter = Table(
    "counter", metadata, _number("id", key=True), _number("next_seq"), Column("last_at", DateTime, nullable=False)
)
"""Grain: one row: the number the next thing accepted takes, and the moment nothing may be accepted before."""

acceptance = Table(
    "acceptance",
    metadata,
    _number("first_seq", key=True),
    _number("last_seq"),
    Column("kind", String(40), nullable=False),
    _text("ref"),
    Column("accepted_at", DateTime, nullable=False, index=True),
    Column("given_at", DateTime, nullable=False),
    _text("actor"),
)

audit = Table(
    "audit",
    metadata,
    _number("id", key=True),
    Column("at", DateTime, nullable=False),
    _text("actor"),
    Column("action", String(60), nullable=False),
    _text("ref"),
    _text("detail"),
)
"""Grain: one row per thing done. ``detail`` is JSON."""

segment = Table(
    "segment",
    metadata,
    _number("id", key=True),
    Column("table_name", String(200), nullable=False),
    Column("path", Text, nullable=False, unique=True),
    _number("base"),
    _number("first_seq"),
    _number("last_seq"),
    _number("rows"),
    _number("size"),
    Column("sha256", String(64), nullable=False),
    _text("columns"),
    Column("identifying", Boolean, nullable=False),
    _text("retires"),
    _number("first_retired", null=True),
    _number("last_retired", null=True),
    _number("batch", null=True),
    _number("replaced_by", null=True),
    Index(None, "table_name", "replaced_by"),
)
"""The manifest. Grain: one row per Parquet file. ``columns`` and ``retires`` are JSON."""

original = Table(
    "original",
    metadata,
    _number("id", key=True),
    Column("sha256", String(64), nullable=False),
    _text("name"),
    _number("size"),
    Column("org", String(100), nullable=False),
    Column("received_at", DateTime, nullable=False),
    _text("encoding"),
    UniqueConstraint("sha256", "org"),
)

batch = Table(
    "batch",
    metadata,
    _number("id", key=True),
    _number("first_seq"),
    _number("last_seq"),
    Column("org", String(100), nullable=False),
    Column("mode", String(40), nullable=False),
    Column("received_at", DateTime, nullable=False),
    Column("accepted_at", DateTime, nullable=False),
    *(_number(name) for name in ("received", "accepted", "refused", "duplicates", "superseded", "withdrawn")),
    _text("forms"),
    _text("files"),
    _number("problems"),
    _text("actor"),
    _text("delivery", null=True),
    Index(None, "delivery", unique=True),
)
"""Grain: one row per sending. ``forms`` and ``files`` are JSON; ``delivery`` is the receipt's number where one was given."""

problem_file = Table(
    "problem_file",
    metadata,
    Column("batch", BigInteger, ForeignKey("batch.id"), primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False, unique=True),
    _number("rows"),
    _number("size"),
    Column("sha256", String(64), nullable=False),
)
"""Where a batch's problems are. Grain: one row per batch that has any."""

mapping_file = Table(
    "mapping_file", metadata, Column("sha256", String(64), primary_key=True), _text("name"), _text("body")
)
"""Mapping files by content, so that a trace can say what read a file."""

journal = Table(
    "journal",
    metadata,
    _number("seq", key=True),
    Column("form", String(200), nullable=False),
    _number("registration_id"),
    Column("occurred_on", Date, nullable=False),
    Column("occurred_at", DateTime),
    Column("entered_at", DateTime, nullable=False),
    _text("org"),
    _text("recorder"),
    _text("entry", null=True),
    Column("idempotency_key", String(200), nullable=False, unique=True),
    _text("actor"),
    _number("supersedes", null=True),
    Column("identifying", Boolean, nullable=False),
    _number("rolled_into", null=True),
    Index(None, "rolled_into", "form"),
)
"""Form entries. Grain: one row per entry. ``entry`` is JSON, null for an identifying form, whose values stand apart."""

journal_identity = Table(
    "journal_identity",
    metadata,
    Column("seq", BigInteger, ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    _text("entry"),
)
"""The values of entries of identifying forms, apart so that they can be encrypted and masked as one."""

retirement = Table(
    "retirement",
    metadata,
    _number("fact_seq", key=True),
    _number("seq"),
    Column("form", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    _text("reason"),
    _number("rolled_into", null=True),
    Index(None, "rolled_into", "form"),
)
"""Facts corrected or withdrawn inside Wangdi. Grain: one row per fact retired."""

region = Table(
    "region",
    metadata,
    _number("seq", key=True),
    _text("code"),
    _text("name"),
    _text("level"),
    _text("parent", null=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    _text("successor", null=True),
    Column("lon", Double),
    Column("lat", Double),
)

organisation = Table(
    "organisation",
    metadata,
    _number("seq", key=True),
    _text("code"),
    _text("name"),
    _text("kind"),
    _text("level"),
    _text("region"),
    _text("parent", null=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
)

population = Table(
    "population",
    metadata,
    _number("seq", key=True),
    _text("area"),
    Column("year", Integer, nullable=False),
    _text("kind"),
    Column("value", Double, nullable=False),
    _text("source"),
    Column("published_on", Date),
)

parameter_override = Table(
    "parameter_override",
    metadata,
    _number("seq", key=True),
    _text("pack"),
    _text("name"),
    _text("value", null=True),
    _text("who"),
    _text("why"),
)

form_owner = Table("form_owner", metadata, _number("seq", key=True), _text("form"), _text("owner"))

declared_count = Table(
    "declared_count",
    metadata,
    _number("seq", key=True),
    _text("form"),
    _text("period"),
    _text("org"),
    Column("count", BigInteger, nullable=False),
)

link_decision = Table(
    "link_decision",
    metadata,
    _number("seq", key=True),
    _number("one"),
    _number("other"),
    _text("verdict"),
    _text("who"),
    _text("why"),
)
"""What somebody decided about two registrations. Grain: one row per decision and pair, the smaller number first; a
succession of identity numbers is kept beside them, as the persons the old and the new number make by themselves."""

link_model = Table("link_model", metadata, _number("seq", key=True), _text("name"), _text("body"), _text("who"))
"""What people are told apart by. ``body``: a weights file."""

ledger = Table(
    "ledger",
    metadata,
    _number("seq", key=True),
    Column("kind", String(60), nullable=False),
    _text("key"),
    _text("body", null=True),
    _text("who"),
    Index(None, "kind", "key"),
)
"""What people and the daily runs write down beside the records: signals, steps, events, targets, signed reports.
Grain: one row per kind, key and version. ``body``: JSON; null where it was erased."""

writer_holder = Table(
    "writer_holder",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("who"),
    Column("pid", Integer, nullable=False),
    _text("host"),
    _text("since"),
)
"""PostgreSQL only: who holds the advisory lock. Grain: at most one row; the lock is what counts."""
