"""Plans of festivals, who began and ended them, who was on duty"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OWN = {
    "festival_plan": (sa.Column("content", sa.Text, nullable=False),),
    "festival_step": (
        sa.Column("is_start", sa.Boolean, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
    ),
    "festival_duty": (
        sa.Column("post", sa.String(64), nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
    ),
}


def upgrade() -> None:
    for table, columns in OWN.items():
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("community", sa.String(64), nullable=False),
            sa.Column("festival", sa.String(64), nullable=False),
            sa.Column("at", sa.BigInteger, nullable=False),
            *columns,
            sa.Column("actor", sa.String(100), nullable=False),
        )
        op.create_index(f"ix_{table}_community_festival_at", table, ["community", "festival", "at"])


def downgrade() -> None:
    for table in OWN:
        op.drop_table(table)
