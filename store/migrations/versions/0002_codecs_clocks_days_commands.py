"""Codecs, births, clocks, days and commands"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Asia/Shanghai lies eight hours before UTC; a day is 86,400 s. In microseconds.
OFFSET = 28_800_000_000
DAY = 86_400_000_000


def upgrade() -> None:
    op.add_column("device", sa.Column("codec", sa.String(64)))
    op.add_column("device", sa.Column("secret_bcrypt", sa.String(60)))
    op.add_column("device", sa.Column("shut_out", sa.BigInteger))
    op.create_table(
        "device_clock",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sparkplug_birth",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("born", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reading_day",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    day = f"hour - (hour + {OFFSET}) % {DAY}"
    op.execute(
        "INSERT INTO reading_day (series_id, day, n, total, low, high)"  # noqa: S608 - numbers of ours
        f" SELECT series_id, {day}, SUM(n), SUM(total), MIN(low), MAX(high)"
        f" FROM reading_hour GROUP BY series_id, {day}"
    )
    op.create_index("ix_quarantine_received", "quarantine", ["received"])
    op.create_index("ix_quarantine_device", "quarantine", ["device"])
    op.create_table(
        "command",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("issued", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.BigInteger),
        sa.Column("answered", sa.BigInteger),
        sa.Column("ok", sa.Boolean),
        sa.Column("result", sa.Text),
    )
    op.create_index("ix_command_device_id_issued", "command", ["device_id", "issued"])


def downgrade() -> None:
    op.drop_index("ix_command_device_id_issued", "command")
    op.drop_table("command")
    op.drop_index("ix_quarantine_device", "quarantine")
    op.drop_index("ix_quarantine_received", "quarantine")
    for name in ("reading_day", "sparkplug_birth", "device_clock"):
        op.drop_table(name)
    with op.batch_alter_table("device") as device:
        device.drop_column("shut_out")
        device.drop_column("secret_bcrypt")
        device.drop_column("codec")
