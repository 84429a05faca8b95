"""What displays are told to show, and what they last told of themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "display_told",
        _display(),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.Column("programme", sa.Text),
        sa.Column("scene", sa.String(80)),
        sa.Column("scene_until", sa.BigInteger),
        sa.Column("scene_at", sa.BigInteger, nullable=False),
        sa.Column("curtain", sa.Boolean, nullable=False),
        sa.Column("curtain_at", sa.BigInteger, nullable=False),
        sa.Column("reload_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "display_heard",
        _display(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("scene", sa.String(80)),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("curtain", sa.Boolean, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("frames", sa.Float),
        sa.Column("memory", sa.BigInteger),
        sa.Column("error", sa.String(300)),
        sa.Column("error_at", sa.BigInteger),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
    )


def _display() -> sa.Column[int]:
    return sa.Column("display_id", sa.Integer, sa.ForeignKey("display.id"), primary_key=True, autoincrement=False)


def downgrade() -> None:
    for table in ("display_heard", "display_told"):
        op.drop_table(table)
