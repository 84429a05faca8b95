"""Tables of the device side. Their meaning is told in docs/architecture.md."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.metadata import metadata

# Who may connect: changes rarely, and raises the revision "registry" when it does.
device = Table(
    "device",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(120), nullable=False),
    Column("site", String(64)),
    # Indoors a position cannot tell the storey: the room does.
    Column("room", String(64)),
    Column("interval_s", Float, nullable=False),
    # None for a real sensor; where its values come from for a replayed one.
    Column("source", String(120)),
    Column("secret_hash", String(160), nullable=False),
    # The same secret for brokers that know no other hash; None for one that was given before they were.
    Column("secret_bcrypt", String(60)),
    Column("gateway", String(64)),
    # How its telemetry is read; None: by its shape.
    Column("codec", String(64)),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    # When its secret was given; when other hardware took its place, None: it is the first.
    Column("secret_since", BigInteger),
    Column("hardware_since", BigInteger),
    # Shut out until then, since it flooded.
    Column("shut_out", BigInteger),
    Index("ix_device_community", "community"),
)

# Where each of them is: changes as they move, and raises none.
device_place = Table(
    "device_place",
    metadata,
    Column("device_id", String(64), primary_key=True),
    # CGCS2000, converted once; raw_* and crs keep what was declared.
    Column("lon", Float),
    Column("lat", Float),
    Column("raw_lon", Float),
    Column("raw_lat", Float),
    Column("crs", String(16), nullable=False),
    # When it reported itself from there; None for a position that was declared.
    Column("position_ts", BigInteger),
    Column("area", String(64)),
)

# Where a device counted from when on: what it said of an earlier time belongs to the earlier site.
device_site = Table(
    "device_site",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("site", String(64)),
)

device_state = Table(
    "device_state",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("last_seen", BigInteger),
    Column("connected", Boolean),
    Column("connected_at", BigInteger),
)

# What was said of a device's connection, each time that it changed: the past of ``connected``.
device_connection = Table(
    "device_connection",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("connected", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# A row for each device whose clock is found to be wrong; offset is how far it is ahead, in microseconds.
device_clock = Table(
    "device_clock",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("offset", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
)

# What a Sparkplug edge node, or a device behind it, told at its birth; JSON of sensors.codecs.sparkplug.
sparkplug_birth = Table(
    "sparkplug_birth",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("certificate", Text, nullable=False),
    Column("born", BigInteger, nullable=False),
)

# Another word for a metric, as a device ("device", its id) or a kind of them ("kind", its code) says it.
metric_word = Table(
    "metric_word",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("word", String(64), primary_key=True),
    Column("metric", String(64), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
)

# Of the readings of a series those that came by the name of another one are to go back to that: it is no word any more.
word_return = Table(
    "word_return",
    metadata,
    Column("said", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device_id", String(64), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    UniqueConstraint("device_id", "metric", name="uq_series_device_id"),
)

reading = Table(
    "reading",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),
    Column("text", String(256)),
    Column("quality", SmallInteger, nullable=False),
    # The series of the name by which it came, where that is another word for the metric.
    Column("said", Integer),
    # The key is the row: half the bytes of a table with an index beside it.
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (ts)",
)

latest = Table(
    "latest",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("ts", BigInteger, nullable=False),
    Column("value", Double),
    Column("text", String(256)),
    Column("quality", SmallInteger, nullable=False),
)

reading_hour = Table(
    "reading_hour",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("total", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    # As of a reading, where all of the hour came by one name.
    Column("said", Integer),
    sqlite_with_rowid=False,
)

# The same of a day in Asia/Shanghai; day is its first instant.
reading_day = Table(
    "reading_day",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("total", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    sqlite_with_rowid=False,
)

# A file of readings of a month that is past (sensors/readings/archive); month is its first instant, UTC.
archive_part = Table(
    "archive_part",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("month", BigInteger, nullable=False),
    Column("file", String(120), nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("series", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("written", BigInteger, nullable=False),
    Index("ix_archive_part_month", "month"),
)

# What counts of a file: the readings of a series up to ``last``, which are in ``reading`` no more. What has no row here
# does not count. The newest of them stands here too.
archive_series = Table(
    "archive_series",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("part_id", Integer, primary_key=True, autoincrement=False),
    Column("readings", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("value", Double),
    Column("text", String(256)),
    Column("quality", SmallInteger, nullable=False),
    # Whether all of the series that is in the file counts.
    Column("whole", Boolean, nullable=False),
    Index("ix_archive_series_part_id", "part_id"),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("received", BigInteger, nullable=False),
    Column("community", String(64)),
    Column("device", String(64)),
    # Whose credentials it came with, where the broker did not let it through; None: the broker let it through.
    Column("sender", String(64)),
    Column("topic", Text, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("ix_quarantine_community_received", "community", "received"),
    Index("ix_quarantine_received", "received"),
    Index("ix_quarantine_device", "device"),
)

command = Table(
    "command",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("device_id", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    # JSON, as it goes to the device.
    Column("params", Text, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    # When the broker took it; when the device answered, whether it did what it was told, and its words.
    Column("sent", BigInteger),
    Column("answered", BigInteger),
    Column("ok", Boolean),
    Column("result", Text),
    Index("ix_command_device_id_issued", "device_id", "issued"),
)
