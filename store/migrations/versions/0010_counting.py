"""Counting: steps of counters with their state and site, sums of days, walks of hours, decisions"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Asia/Shanghai lies eight hours before UTC. In microseconds.
OFFSET = 28_800_000_000
HOUR = 3_600_000_000
DAY = 24 * HOUR
WAYS = (("enter", "entered", 1), ("leave", "left", -1))


def upgrade() -> None:
    _tables()
    op.execute("INSERT INTO device_site (device_id, since, site) SELECT id, 0, site FROM device")
    for counter, column, sign in WAYS:
        op.execute(
            "INSERT INTO gate_step (device_id, counter, ts, community, site, single, people, verdict, trust,"  # noqa: S608 - names of ours
            f" counted, net) SELECT f.device_id, '{counter}', f.ts, d.community, d.site, f.\"{column}\","
            f' f."{column}", \'count\', 0, f."{column}", {sign} * f."{column}"'
            " FROM gate_flow f JOIN device d ON d.id = f.device_id"
        )
    op.execute(
        'INSERT INTO gate_flow_hour (device_id, site, hour, community, entered, "left", spread)'
        ' SELECT h.device_id, d.site, h.hour, d.community, h.entered, h."left", 0'
        " FROM gate_flow_hour_before h JOIN device d ON d.id = h.device_id WHERE d.site IS NOT NULL"
    )
    op.drop_table("gate_flow_hour_before")
    op.drop_table("gate_flow")
    day = f"hour - (hour + {OFFSET}) % {DAY}"
    op.execute(
        f'INSERT INTO site_day (community, site, day, entered, "left") SELECT community, site, {day},'  # noqa: S608 - names of ours
        f' SUM(entered), SUM("left") FROM gate_flow_hour GROUP BY community, site, {day}'
    )
    hour = f"ts - ts % {HOUR}"
    op.execute(
        "INSERT INTO site_walk (community, site, hour, net, lowest, until)"  # noqa: S608 - names of ours
        f" SELECT community, site, {hour}, SUM(net), MIN(stood), MAX(ts) FROM ("
        "SELECT community, site, ts, net,"
        f" SUM(net) OVER (PARTITION BY community, site, {hour} ORDER BY ts) AS stood FROM ("
        "SELECT community, site, ts, SUM(net) AS net FROM gate_step WHERE site IS NOT NULL"
        " GROUP BY community, site, ts) AS moments) AS walks"
        f" GROUP BY community, site, {hour}"
    )
    _states()


def _tables() -> None:
    op.create_table(
        "device_site",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("site", sa.String(64)),
    )
    op.create_table(
        "gate_step",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("counter", sa.String(64), primary_key=True),
        sa.Column("ts", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64)),
        sa.Column("total", sa.Double),
        sa.Column("single", sa.Double),
        sa.Column("people", sa.Double, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("trust", sa.SmallInteger, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("decision", sa.String(16)),
        sa.Column("counted", sa.Double, nullable=False),
        sa.Column("net", sa.Double, nullable=False),
        sa.Column("state", sa.Text),
        sqlite_with_rowid=False,
    )
    place = ["community", "site", "ts"]
    op.create_index("ix_gate_step_community_site_ts", "gate_step", place)
    doubtful = sa.text("trust > 0 OR decision IS NOT NULL")
    op.create_index("ix_gate_step_doubtful", "gate_step", place, sqlite_where=doubtful, postgresql_where=doubtful)
    op.create_table(
        "gate_counter",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("counter", sa.String(64), primary_key=True),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kept_until", sa.BigInteger),
    )
    op.execute("CREATE TABLE gate_flow_hour_before AS SELECT * FROM gate_flow_hour")
    op.drop_table("gate_flow_hour")
    op.create_table(
        "gate_flow_hour",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sa.Column("spread", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gate_flow_hour_community_hour", "gate_flow_hour", ["community", "hour"])
    key = (sa.Column("community", sa.String(64), primary_key=True), sa.Column("site", sa.String(64), primary_key=True))
    op.create_table(
        "site_day",
        *(column.copy() for column in key),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_walk",
        *(column.copy() for column in key),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("net", sa.Double, nullable=False),
        sa.Column("lowest", sa.Double, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gate_decision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("counter", sa.String(64), nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_gate_decision_device_id_counter_ts", "gate_decision", ["device_id", "counter", "ts"])
    op.create_table(
        "site_count",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("inside", sa.Integer, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
    )
    op.create_index("ix_site_count_community_site_at", "site_count", ["community", "site", "at"])


def _states() -> None:
    """Where each counter stands: its newest total, from the readings; totals count on from there."""
    connection = op.get_bind()
    newest = connection.execute(
        sa.text(
            "SELECT s.device_id, s.counter, s.ts, s.site FROM gate_step s"
            " JOIN (SELECT device_id, counter, MAX(ts) AS ts FROM gate_step GROUP BY device_id, counter) n"
            " ON n.device_id = s.device_id AND n.counter = s.counter AND n.ts = s.ts"
        )
    ).all()
    for row in newest:
        total = connection.execute(
            sa.text(
                "SELECT r.value, r.ts FROM reading r JOIN series s ON s.id = r.series_id"
                " WHERE s.device_id = :device AND s.metric = :metric AND r.quality = 0 AND r.ts <= :ts"
                " ORDER BY r.ts DESC LIMIT 1"
            ),
            {"device": row.device_id, "metric": f"{row.counter}_total", "ts": row.ts},
        ).one_or_none()
        level = [total.value, total.ts] if total else None
        state = json.dumps([row.site, level, None, 0.0, row.ts], separators=(",", ":"))
        key = {"device": row.device_id, "counter": row.counter, "ts": row.ts, "state": state}
        connection.execute(
            sa.text(
                "UPDATE gate_step SET state = :state WHERE device_id = :device AND counter = :counter AND ts = :ts"
            ),
            key,
        )
        connection.execute(
            sa.text(
                "INSERT INTO gate_counter (device_id, counter, ts, state, kept_until)"
                " VALUES (:device, :counter, :ts, :state, :ts)"
            ),
            key,
        )


def downgrade() -> None:
    op.create_table(
        "gate_flow",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("ts", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        'INSERT INTO gate_flow (device_id, ts, entered, "left") SELECT device_id, ts,'
        " SUM(CASE WHEN counter LIKE 'enter%' THEN counted ELSE 0 END),"
        " SUM(CASE WHEN counter LIKE 'leave%' THEN counted ELSE 0 END) FROM gate_step GROUP BY device_id, ts"
    )
    op.execute(
        'CREATE TABLE gate_flow_hour_before AS SELECT device_id, hour, SUM(entered) AS entered, SUM("left") AS "left"'
        " FROM gate_flow_hour GROUP BY device_id, hour"
    )
    for name in ("site_count", "gate_decision", "site_walk", "site_day", "gate_flow_hour", "gate_counter"):
        op.drop_table(name)
    op.drop_table("gate_step")
    op.drop_table("device_site")
    op.create_table(
        "gate_flow_hour",
        sa.Column("device_id", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.Column("left", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO gate_flow_hour SELECT * FROM gate_flow_hour_before")
    op.drop_table("gate_flow_hour_before")
