"""Where an alarm, a grid event and what is told of them is: the deepest place that is known, down to the room"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TABLES = ("alarm", "grid_event", "notice")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("spot", sa.String(160)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "spot")
