"""A batch may name the delivery it is: what was acknowledged once is taken in once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column that may be empty, and its index: no table is rebuilt."""
    op.add_column("batch", sa.Column("delivery", sa.Text(), nullable=True))
    op.create_index(op.f("ix_batch_delivery"), "batch", ["delivery"], unique=True)


def downgrade() -> None:
    """Batches are kept; which delivery each was is forgotten."""
    op.drop_index(op.f("ix_batch_delivery"), table_name="batch")
    op.drop_column("batch", "delivery")
