"""How far the past of a demonstration is filled in, and when that was said"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("demonstration", sa.Column("filled", sa.SmallInteger))
    op.add_column("demonstration", sa.Column("filled_at", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("demonstration", "filled_at")
    op.drop_column("demonstration", "filled")
