"""Governance: matters and their steps, the council, partners"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matter",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("topic", sa.String(32)),
        sa.Column("title", sa.String(200)),
        sa.Column("area", sa.String(64)),
        sa.Column("month", sa.String(7)),
        sa.Column("sealed", sa.LargeBinary),
    )
    op.create_index("ix_matter_community_kind", "matter", ["community", "kind"])
    op.create_table(
        "matter_step",
        sa.Column("matter_id", sa.String(32), sa.ForeignKey("matter.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
    )
    op.create_table(
        "council_member",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("body", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("ix_council_member_community", "council_member", ["community"])
    op.create_table(
        "council_meeting",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
    )
    op.create_index("ix_council_meeting_community_held", "council_meeting", ["community", "held"])
    op.create_table(
        "council_attendance",
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("council_meeting.id"), primary_key=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("council_member.id"), primary_key=True),
        sa.Column("present", sa.Boolean, nullable=False),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("ix_partner_community", "partner", ["community"])
    op.create_table(
        "partner_deed",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("partner_id", sa.Integer, sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("people", sa.Integer),
    )
    op.create_index("ix_partner_deed_partner_id_done", "partner_deed", ["partner_id", "done"])


def downgrade() -> None:
    tables = ("partner_deed", "partner", "council_attendance", "council_meeting", "council_member")
    for table in (*tables, "matter_step", "matter"):
        op.drop_table(table)
