"""Which version of a rule a timer is of, and the hours in which rules watched"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alarm_watch", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "alarm_hour",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    )


def downgrade() -> None:
    op.drop_table("alarm_hour")
    with op.batch_alter_table("alarm_watch") as changed:
        changed.drop_column("version")
