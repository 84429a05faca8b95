"""Indicators that people added, their targets, and values that were entered"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "indicator",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
    )
    op.create_table(
        "indicator_value",
        _number(),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("reference", sa.String(128)),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.UniqueConstraint("community", "code", "reference", name="uq_indicator_value_reference"),
    )
    op.create_index("ix_indicator_value_community_code_day", "indicator_value", ["community", "code", "day"])
    op.create_table(
        "indicator_target",
        _number(),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
    )
    op.create_index("ix_indicator_target_community_code", "indicator_target", ["community", "code"])


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", kind, primary_key=True, autoincrement=True)


def downgrade() -> None:
    for table in ("indicator_target", "indicator_value", "indicator"):
        op.drop_table(table)
