"""The loop of grid events: grids, levels, assignees, due times, ratings, photos"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STEP = "grid_event_transition"


def upgrade() -> None:
    op.add_column("grid_event", sa.Column("grid", sa.String(64)))
    op.add_column(STEP, sa.Column("action", sa.String(16)))
    op.add_column(STEP, sa.Column("level", sa.String(16), nullable=False, server_default="stewards"))
    op.add_column(STEP, sa.Column("assignee", sa.String(80)))
    op.add_column(STEP, sa.Column("rating", sa.Integer))
    op.add_column(STEP, sa.Column("merged_into", sa.String(32)))
    op.add_column(STEP, sa.Column("due", sa.BigInteger))
    op.add_column(STEP, sa.Column("warn", sa.BigInteger))
    op.add_column(STEP, sa.Column("time_left", sa.BigInteger))
    op.add_column(STEP, sa.Column("working", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "grid_event_photo",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("grid_event.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("event_id", "sha256", name="uq_grid_event_photo_event_id"),
    )


def downgrade() -> None:
    op.drop_table("grid_event_photo")
    for column in ("working", "time_left", "warn", "due", "merged_into", "rating", "assignee", "level", "action"):
        op.drop_column(STEP, column)
    op.drop_column("grid_event", "grid")
