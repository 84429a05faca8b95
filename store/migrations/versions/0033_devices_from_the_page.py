"""Words of devices for metrics; since when a secret holds, and since when there is other hardware"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("secret_since", sa.BigInteger))
    op.add_column("device", sa.Column("hardware_since", sa.BigInteger))
    op.execute(
        "UPDATE device SET secret_since = coalesce((SELECT max(audit.at) FROM audit"
        " WHERE audit.object = device.id AND audit.action IN ('device.rotate', 'device.reissue')), created)"
    )
    op.create_table(
        "metric_word",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("scope", sa.String(8), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("word", sa.String(64), primary_key=True),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("metric_word")
    for column in ("hardware_since", "secret_since"):
        op.drop_column("device", column)
