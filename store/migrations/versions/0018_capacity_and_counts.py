"""Capacity with its dates, levels and their log, closings, duties done; what gates err by, and how far off they were"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OFF = ("gates", "low", "high")


def upgrade() -> None:
    _capacity()
    _levels()
    _said()
    for name in OFF:
        op.add_column("site_count", sa.Column(name, sa.Integer))


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def _name(name: str, length: int = 64, **more: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), **({"nullable": False} | more))


def _capacity() -> None:
    op.create_table(
        "site_capacity",
        _number(),
        _name("community"),
        _name("site"),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("instant", sa.Integer, nullable=False),
        sa.Column("daily", sa.Integer),
        sa.Column("area_m2", sa.Double),
        sa.Column("m2_per_person", sa.Double),
        sa.Column("turnover", sa.Double),
        _name("actor", 100),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_site_capacity_community_site_since", "site_capacity", ["community", "site", "since"])
    op.create_table(
        "site_closing",
        _number(),
        _name("community"),
        _name("site"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("is_closed", sa.Boolean, nullable=False),
        _name("reason", 500),
        _name("actor", 100),
    )
    op.create_index("ix_site_closing_community_site_at", "site_closing", ["community", "site", "at"])


def _levels() -> None:
    op.create_table(
        "site_level",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(64), primary_key=True),
        _name("level", 16, nullable=True),
        sa.Column("rank", sa.SmallInteger),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("occurrence", sa.BigInteger),
    )
    op.create_table(
        "site_level_log",
        _number(),
        _name("community"),
        _name("site"),
        sa.Column("at", sa.BigInteger, nullable=False),
        _name("before", 16, nullable=True),
        _name("after", 16, nullable=True),
        sa.Column("rank", sa.SmallInteger),
        sa.Column("inside", sa.Integer, nullable=False),
        sa.Column("entered", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.Column("daily", sa.Integer),
        sa.Column("occurrence", sa.BigInteger),
    )
    op.create_index("ix_site_level_log_community_site_at", "site_level_log", ["community", "site", "at"])


def _said() -> None:
    op.create_table(
        "duty_done",
        _number(),
        _name("community"),
        _name("site"),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        _name("duty"),
        sa.Column("is_done", sa.Boolean, nullable=False),
        _name("note", 500),
        _name("actor", 100),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_duty_done_community_site_occurrence", "duty_done", ["community", "site", "occurrence"])
    op.create_table(
        "gate_error",
        _number(),
        _name("community"),
        _name("device_id"),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("percent", sa.Double, nullable=False),
        _name("how", 500),
        _name("actor", 100),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_gate_error_community_device_id_since", "gate_error", ["community", "device_id", "since"])


def downgrade() -> None:
    for name in OFF:
        op.drop_column("site_count", name)
    for name in ("gate_error", "duty_done", "site_level_log", "site_level", "site_closing", "site_capacity"):
        op.drop_table(name)
