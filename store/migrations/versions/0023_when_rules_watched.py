"""Which version of a rule a timer is of, the hours in which rules watched, and what was open at a past time"""

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
    op.create_index("ix_alarm_community_cleared", "alarm", ["community", "cleared"])
    _open_by("raised")


def downgrade() -> None:
    _open_by("state")
    op.drop_index("ix_alarm_community_cleared", "alarm")
    op.drop_table("alarm_hour")
    with op.batch_alter_table("alarm_watch") as changed:
        changed.drop_column("version")


def _open_by(column: str) -> None:
    """The list shows the open ones by when they were raised, the newest first."""
    where = sa.text("cleared IS NULL")
    op.drop_index("ix_alarm_open", "alarm")
    op.create_index("ix_alarm_open", "alarm", ["community", column], sqlite_where=where, postgresql_where=where)
