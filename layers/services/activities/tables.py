"""Places of activities, who has one and who waits in which order; photos of the wall."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from store.metadata import metadata

activity_place = Table(
    "activity_place",
    metadata,
    Column("activity_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("community", String(64), nullable=False),
    # 0 for an activity that nobody signs up for.
    Column("places", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    CheckConstraint("taken >= 0 AND taken <= places", name="activity_place_taken"),
    Index("ix_activity_place_community", "community"),
)

# As with courses, the activity is named by what stands here of it, never by the registers' own table.
sign_up = Table(
    "sign_up",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("activity_id", BigInteger, ForeignKey("activity_place.activity_id"), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("ticket", Integer, nullable=False),
    Column("standing", String(10), nullable=False),
    Index("uq_sign_up_activity_ticket", "activity_id", "ticket", unique=True),
    Index("ix_sign_up_activity_standing", "activity_id", "standing", "ticket"),
    Index("ix_sign_up_person", "person_id", "activity_id"),
)

media_photo = Table(
    "media_photo",
    metadata,
    Column("row_id", BigInteger, ForeignKey("register_row.id"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    # None once nobody agrees to it any more.
    Column("jpeg", LargeBinary),
)
