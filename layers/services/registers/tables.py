"""Rows of all registers: as they stand, every version that they had, and the values that they are found by."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from store.metadata import metadata

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself in an INTEGER only."""
STANDS = text("key IS NOT NULL AND NOT voided")
STANDS_LITE = text("key IS NOT NULL AND voided = 0")
"""As a question says it there: only so SQLite asks the index."""
SEALED = text("sealed IS NOT NULL")

register_row = Table(
    "register_row",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("register", String(40), nullable=False),
    # Whoever enters it may name it: the same reference is the same row.
    Column("reference", String(128)),
    # The values that name the row, as one text; a digest where one of them is personal.
    Column("key", String(300)),
    Column("seq", Integer, nullable=False),
    Column("state", String(40)),
    Column("voided", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("data", Text, nullable=False),
    Column("sealed", LargeBinary),
    Index("ix_register_row_community_register", "community", "register", "voided", "id"),
    Index("uq_register_row_reference", "community", "register", "reference", unique=True),
    Index(
        "uq_register_row_key",
        "community",
        "register",
        "key",
        unique=True,
        sqlite_where=STANDS_LITE,
        postgresql_where=STANDS,
    ),
    Index("ix_register_row_sealed", "community", "register", "at", sqlite_where=SEALED, postgresql_where=SEALED),
)

register_version = Table(
    "register_version",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("register", String(40), nullable=False),
    Column("action", String(10), nullable=False),
    Column("state", String(40)),
    Column("voided", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("sealed", LargeBinary),
    Index("ix_register_version_community_register_at", "community", "register", "at"),
)

register_value = Table(
    "register_value",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("field", String(40), primary_key=True),
    # Which of several: a field of choices has a value for each.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    Column("register", String(40), nullable=False),
    Column("text", String(200)),
    Column("number", Float),
    Index("ix_register_value_text", "community", "register", "field", "text", "row_id"),
    Index("ix_register_value_number", "community", "register", "field", "number", "row_id"),
)
