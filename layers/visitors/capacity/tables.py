"""How many people a site may hold and from when on, its level, its closings, duties done, and what gates err by."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, SmallInteger, String, Table

from store.metadata import metadata

# A version counts from ``since`` on, until the next one. Area and turnover are kept where the figures came of them.
site_capacity = Table(
    "site_capacity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("instant", Integer, nullable=False),
    Column("daily", Integer),
    Column("area_m2", Double),
    Column("m2_per_person", Double),
    Column("turnover", Double),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_site_capacity_community_site_since", "community", "site", "since"),
)

# Closed or opened by a manager; the newest counts.
site_closing = Table(
    "site_closing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("is_closed", Boolean, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_site_closing_community_site_at", "community", "site", "at"),
)

# How a site stands. ``rank`` goes on by the share of the capacity while the site is closed. ``occurrence`` is when it
# last rose from the lowest level, None while it is on it: what the checklist of the law is kept for.
site_level = Table(
    "site_level",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("level", String(16)),
    Column("rank", SmallInteger),
    Column("since", BigInteger, nullable=False),
    Column("occurrence", BigInteger),
)

# Every change of a level, with what it was decided by.
site_level_log = Table(
    "site_level_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("before", String(16)),
    Column("after", String(16)),
    Column("rank", SmallInteger),
    Column("inside", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("capacity", Integer),
    Column("daily", Integer),
    Column("occurrence", BigInteger),
    Index("ix_site_level_log_community_site_at", "community", "site", "at"),
)

# A duty of the law as somebody saw to it; ``occurrence`` 0: one that stands always.
duty_done = Table(
    "duty_done",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("occurrence", BigInteger, nullable=False),
    Column("duty", String(64), nullable=False),
    Column("is_done", Boolean, nullable=False),
    Column("note", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_duty_done_community_site_occurrence", "community", "site", "occurrence"),
)

# What a gate errs by, in percent of those who pass, from when on, and how that was found.
gate_error = Table(
    "gate_error",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("device_id", String(64), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("percent", Double, nullable=False),
    Column("how", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_gate_error_community_device_id_since", "community", "device_id", "since"),
)
