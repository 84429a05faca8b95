"""What is kept of reports: who asked for which, how far it has come, its figures and files; what is made by itself."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.metadata import metadata

MAX_ACTOR = 100
MAX_REASON = 500

report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    # month, week, day; and which, as it is written.
    Column("kind", String(8), nullable=False),
    Column("period", String(10), nullable=False),
    # Its figures are as they were known at this moment.
    Column("known_at", BigInteger, nullable=False),
    # waiting, making, done, failed; of ``steps`` steps ``done`` are done.
    Column("state", String(8), nullable=False),
    Column("done", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("actor", String(MAX_ACTOR), nullable=False),
    # When whoever makes it last gave a sign of life.
    Column("alive", BigInteger),
    Column("ended", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("reason", String(MAX_REASON)),
    # cockpit.reports.gather.Gathered, JSON, compressed. Files are set of it, again where they are not kept any more.
    Column("figures", LargeBinary),
    # What the files were set with: versions of the program and of typst, the font.
    Column("made_with", Text),
    UniqueConstraint("community", "kind", "period", "known_at", name="uq_report_community"),
    Index("ix_report_community_asked", "community", "asked"),
    Index("ix_report_state", "state"),
)

report_file = Table(
    "report_file",
    metadata,
    Column("report_id", Integer, ForeignKey("report.id"), primary_key=True, autoincrement=False),
    Column("language", String(16), primary_key=True),
    # pdf, xlsx.
    Column("format", String(8), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    # None: kept long enough.
    Column("content", LargeBinary),
)

# Where there is no row a kind is made by itself.
report_schedule = Table(
    "report_schedule",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    # Since when: what was due before is not made up for.
    Column("since", BigInteger, nullable=False),
    Column("actor", String(MAX_ACTOR), nullable=False),
)
