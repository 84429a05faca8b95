"""Rooms on their storeys, devices in rooms, stewards of grids"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ground_feature", sa.Column("storey", sa.Integer))
    op.add_column("device", sa.Column("room", sa.String(64)))
    op.create_table(
        "grid_steward",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("grid", sa.String(64), primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(80)),
    )


def downgrade() -> None:
    op.drop_table("grid_steward")
    op.drop_column("device", "room")
    op.drop_column("ground_feature", "storey")
