"""Plans of festivals, who began and ended them, and who was on duty; rows are only ever added."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from store.metadata import metadata

# The newest of a festival counts. ``content`` is layers.visitors.festivals.plans.Plan, JSON.
festival_plan = Table(
    "festival_plan",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("festival", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_festival_plan_community_festival_at", "community", "festival", "at"),
)

# Begun or ended by hand; the calendar's own beginnings and ends are no rows.
festival_step = Table(
    "festival_step",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("festival", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("is_start", Boolean, nullable=False),
    Column("note", String(500), nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_festival_step_community_festival_at", "community", "festival", "at"),
)

# A unit, a role or an account that came to a post or left it; the newest of each counts, while the festival is on.
festival_duty = Table(
    "festival_duty",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("festival", String(64), nullable=False),
    Column("post", String(64), nullable=False),
    Column("who", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_festival_duty_community_festival_at", "community", "festival", "at"),
)
