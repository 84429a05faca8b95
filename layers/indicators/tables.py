"""Indicators that people added, targets that they set and values that they entered: only ever added."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from store.metadata import metadata

NUMBER = BigInteger().with_variant(Integer, "sqlite")

# A version of an indicator that somebody added; the newest of a code counts. JSON of layers.indicators.declare.
indicator = Table(
    "indicator",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("definition", Text, nullable=False),
)

# The newest entry of a day counts; ``value`` NULL takes back what was entered for it.
indicator_value = Table(
    "indicator_value",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    # The first instant of the day in Asia/Shanghai that it is of.
    Column("day", BigInteger, nullable=False),
    Column("value", Float),
    Column("source", String(200), nullable=False),
    Column("note", String(500), nullable=False),
    Column("reference", String(128)),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    UniqueConstraint("community", "code", "reference", name="uq_indicator_value_reference"),
    Index("ix_indicator_value_community_code_day", "community", "code", "day"),
)

# NULL: no target from that day on.
indicator_target = Table(
    "indicator_target",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    Column("day", BigInteger, nullable=False),
    Column("value", Float),
    Column("reason", String(500), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_indicator_target_community_code", "community", "code"),
)
