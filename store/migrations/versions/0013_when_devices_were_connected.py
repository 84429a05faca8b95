"""When devices were connected, so that the past can be told"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_connection",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("connected", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO device_connection (device_id, at, connected) SELECT device_id, connected_at, connected"
        " FROM device_state WHERE connected_at IS NOT NULL AND connected IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("device_connection")
