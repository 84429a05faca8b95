"""Reports that were asked for, with their figures and files; which are made by themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("alive", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("figures", sa.LargeBinary),
        sa.Column("made_with", sa.Text),
        sa.UniqueConstraint("community", "kind", "period", "known_at", name="uq_report_community"),
    )
    op.create_index("ix_report_community_asked", "report", ["community", "asked"])
    op.create_index("ix_report_state", "report", ["state"])
    op.create_table(
        "report_file",
        sa.Column("report_id", sa.Integer, sa.ForeignKey("report.id"), primary_key=True, autoincrement=False),
        sa.Column("language", sa.String(16), primary_key=True),
        sa.Column("format", sa.String(8), primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary),
    )
    op.create_table(
        "report_schedule",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    for table in ("report_schedule", "report_file", "report"):
        op.drop_table(table)
