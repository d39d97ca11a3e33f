"""What people write down beside the records has one ledger; a region may say where its centre is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table and two columns more."""
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_kind_key"), "ledger", ["kind", "key"], unique=False)
    op.add_column("region", sa.Column("lon", sa.Double(), nullable=True))
    op.add_column("region", sa.Column("lat", sa.Double(), nullable=True))


def downgrade() -> None:
    """What was written down is forgotten."""
    op.drop_column("region", "lat")
    op.drop_column("region", "lon")
    op.drop_index(op.f("ix_ledger_kind_key"), table_name="ledger")
    op.drop_table("ledger")
