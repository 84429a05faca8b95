"""Which keys what is sealed in a database needs, so that a lost one is missed before another takes its place"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal_key",
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("copied", sa.BigInteger),
        sa.Column("given_up", sa.BigInteger),
    )


def downgrade() -> None:
    op.drop_table("seal_key")
