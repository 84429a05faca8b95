"""Devices, observations, quarantine, gate flows, grid events and tokens"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("raw_lon", sa.Float),
        sa.Column("raw_lat", sa.Float),
        sa.Column("crs", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64)),
        sa.Column("site", sa.String(64)),
        sa.Column("interval_s", sa.Float, nullable=False),
        sa.Column("source", sa.String(120)),
        sa.Column("secret_hash", sa.String(160), nullable=False),
        sa.Column("gateway", sa.String(64)),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
    )
    op.create_index("ix_device_community", "device", ["community"])
    op.create_table(
        "device_state",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("last_seen", sa.BigInteger),
        sa.Column("connected", sa.Boolean),
        sa.Column("connected_at", sa.BigInteger),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.UniqueConstraint("device_id", "metric", name="uq_series_device_id"),
    )
    op.create_table(
        "reading",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ts", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.String(256)),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (ts)",
    )
    op.create_table(
        "latest",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.String(256)),
        sa.Column("quality", sa.SmallInteger, nullable=False),
    )
    op.create_table(
        "reading_hour",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("community", sa.String(64)),
        sa.Column("device", sa.String(64)),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_quarantine_community_received", "quarantine", ["community", "received"])
    op.create_table(
        "gate_flow",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("ts", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gate_flow_hour",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grid_event",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("reporter", sa.String(80), nullable=False),
        sa.Column("reporter_ref", sa.String(128), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("category_reported", sa.String(64)),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("area", sa.String(64)),
        sa.Column("device", sa.String(64)),
        sa.Column("source", sa.String(120)),
        sa.Column("occurred", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("community", "reporter", "reporter_ref", name="uq_grid_event_community"),
    )
    op.create_index("ix_grid_event_community_occurred", "grid_event", ["community", "occurred"])
    op.create_table(
        "grid_event_transition",
        sa.Column("event_id", sa.String(32), sa.ForeignKey("grid_event.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_grid_event_transition_at", "grid_event_transition", ["at"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
        sa.UniqueConstraint("name", name="uq_api_token_name"),
    )


def downgrade() -> None:
    for name in (
        "api_token",
        "grid_event_transition",
        "grid_event",
        "gate_flow_hour",
        "gate_flow",
        "quarantine",
        "reading_hour",
        "latest",
        "reading",
        "series",
        "device_state",
        "device",
        "revision",
    ):
        op.drop_table(name)
