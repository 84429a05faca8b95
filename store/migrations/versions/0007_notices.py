"""Notices, who read them, webhooks and their deliveries"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("least", sa.String(16)),
        sa.Column("person", sa.String(80)),
        sa.Column("mark", sa.String(160), nullable=False),
        sa.UniqueConstraint("mark", name="uq_notice_mark"),
    )
    op.create_index("ix_notice_community_at", "notice", ["community", "at"])
    op.create_table(
        "notice_read",
        sa.Column("reader", sa.String(100), primary_key=True),
        sa.Column("notice_id", sa.Integer, sa.ForeignKey("notice.id"), primary_key=True),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("kinds", sa.String(400), nullable=False),
        sa.Column("url", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.BigInteger),
    )
    op.create_index("ix_webhook_community", "webhook", ["community"])
    op.create_table(
        "delivery",
        sa.Column("webhook_id", sa.Integer, sa.ForeignKey("webhook.id"), primary_key=True),
        sa.Column("notice_id", sa.Integer, sa.ForeignKey("notice.id"), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.String(200)),
    )
    op.create_index("ix_delivery_state_next_at", "delivery", ["state", "next_at"])


def downgrade() -> None:
    for table in ("delivery", "webhook", "notice_read", "notice"):
        op.drop_table(table)
