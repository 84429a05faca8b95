"""People through the gates: by reading, summed by hour and day, and what a person decided.

A flow belongs to the site where it was counted, whatever becomes of its gate.
"""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, SmallInteger, String, Table, Text, text

from store.metadata import metadata

gate_step = Table(
    "gate_step",
    metadata,
    Column("device_id", String(64), primary_key=True),
    # enter, leave; enter_2, leave_2 and so on for further lines of the gate.
    Column("counter", String(64), primary_key=True),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("site", String(64)),
    # What was said.
    Column("total", Double),
    Column("single", Double),
    # What was made of it: layers.visitors.counter.Step.
    Column("people", Double, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("trust", SmallInteger, nullable=False),
    Column("since", BigInteger),
    # What a person decided: accepted or taken_out.
    Column("decision", String(16)),
    # People in the sums, and what they add to the people inside, less than nothing where they left.
    Column("counted", Double, nullable=False),
    Column("net", Double, nullable=False),
    # layers.visitors.counter.State after this reading, JSON; None before such states were kept.
    Column("state", Text),
    Index("ix_gate_step_community_site_ts", "community", "site", "ts"),
    Index(
        "ix_gate_step_doubtful",
        "community",
        "site",
        "ts",
        sqlite_where=text("trust > 0 OR decision IS NOT NULL"),
        postgresql_where=text("trust > 0 OR decision IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

# The newest reading of each counter. Up to ``kept_until`` only flows are known, not what was said.
gate_counter = Table(
    "gate_counter",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("counter", String(64), primary_key=True),
    Column("ts", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("kept_until", BigInteger),
)

# ``spread`` are those of the people of whom only the silence is known in which they came.
gate_flow_hour = Table(
    "gate_flow_hour",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("entered", Double, nullable=False),
    Column("left", Double, nullable=False),
    Column("spread", Double, nullable=False),
    Index("ix_gate_flow_hour_community_hour", "community", "hour"),
    sqlite_with_rowid=False,
)

site_day = Table(
    "site_day",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("entered", Double, nullable=False),
    Column("left", Double, nullable=False),
    sqlite_with_rowid=False,
)

# An hour's walk of the people inside: what it adds in all, and the lowest that the sum stood at, in time order.
site_walk = Table(
    "site_walk",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("net", Double, nullable=False),
    Column("lowest", Double, nullable=False),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Decisions over steps, the newest of a step counts; and people counted on the spot.
gate_decision = Table(
    "gate_decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("device_id", String(64), nullable=False),
    Column("counter", String(64), nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_gate_decision_device_id_counter_ts", "device_id", "counter", "ts"),
)

site_count = Table(
    "site_count",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("inside", Integer, nullable=False),
    Column("note", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    # How many the gates said at that moment, and between how many and how many; None where they said nothing.
    Column("gates", Integer),
    Column("low", Integer),
    Column("high", Integer),
    Index("ix_site_count_community_site_at", "community", "site", "at"),
)
