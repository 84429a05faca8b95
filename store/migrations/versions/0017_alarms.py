"""Alarms: rules, occurrences, steps, timers, floods, duty; which event was opened for what"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IS_OPEN = "cleared IS NULL"
GOES_ON = "ended IS NULL"


def upgrade() -> None:
    op.create_table(
        "alarm_rule",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("label", sa.String(120), nullable=False, server_default=""),
        sa.Column("device", sa.String(64)),
        sa.Column("area", sa.String(64)),
        sa.Column("site", sa.String(64)),
        sa.Column("lon", sa.Double),
        sa.Column("lat", sa.Double),
        sa.Column("cause", sa.String(160), nullable=False),
        sa.Column("metric", sa.String(64)),
        sa.Column("value", sa.Double),
        sa.Column("threshold", sa.Double),
        sa.Column("source", sa.String(120)),
        sa.Column("raised", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("returned", sa.BigInteger),
        sa.Column("sounds_since", sa.BigInteger),
        sa.Column("acknowledged", sa.BigInteger),
        sa.Column("acknowledged_by", sa.String(100)),
        sa.Column("cleared", sa.BigInteger),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("is_latched", sa.Boolean, nullable=False),
        sa.Column("shelved_until", sa.BigInteger),
        sa.Column("reason", sa.String(500)),
        sa.Column("suppressed_by", sa.String(32)),
        sa.Column("flood", sa.Integer),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_index("ix_alarm_community_raised", "alarm", ["community", "raised"])
    op.create_index("ix_alarm_community_received", "alarm", ["community", "received"])
    op.create_index(
        "ix_alarm_open",
        "alarm",
        ["community", "state"],
        sqlite_where=sa.text(IS_OPEN),
        postgresql_where=sa.text(IS_OPEN),
    )
    op.create_index(
        "uq_alarm_open",
        "alarm",
        ["community", "rule", "subject"],
        unique=True,
        sqlite_where=sa.text(IS_OPEN),
        postgresql_where=sa.text(IS_OPEN),
    )
    op.create_table(
        "alarm_step",
        sa.Column("alarm_id", sa.String(32), sa.ForeignKey("alarm.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("ix_alarm_step_at", "alarm_step", ["at"])
    op.create_table(
        "alarm_watch",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("value", sa.Double),
        sa.Column("rev", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_alarm_watch_rev", "alarm_watch", ["rev"])
    op.create_table(
        "alarm_flood",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("first", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index(
        "uq_alarm_flood_open",
        "alarm_flood",
        ["community"],
        unique=True,
        sqlite_where=sa.text(GOES_ON),
        postgresql_where=sa.text(GOES_ON),
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("begins", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.BigInteger),
        sa.Column("removed_by", sa.String(100)),
    )
    op.create_index("ix_duty_community_ends", "duty", ["community", "ends"])
    op.create_table(
        "origin",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("ref", sa.String(64), primary_key=True),
        sa.Column("event_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_origin_event_id", "origin", ["event_id"])
    where = {"sqlite_where": sa.text("is_open"), "postgresql_where": sa.text("is_open")}
    op.create_index("ix_origin_open", "origin", ["community", "kind"], **where)


def downgrade() -> None:
    for name in ("origin", "duty", "alarm_flood", "alarm_watch", "alarm_step", "alarm", "alarm_rule"):
        op.drop_table(name)
