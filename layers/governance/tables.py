"""Registers of governance: matters and their steps, the council, partners. What names people is sealed."""

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
)

from store.metadata import metadata

matter = Table(
    "matter",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    # A code of governance.toml where the kind has topics; else a title.
    Column("topic", String(32)),
    Column("title", String(200)),
    Column("area", String(64)),
    # The month that a hard matter is of, as 2026-11.
    Column("month", String(7)),
    Column("sealed", LargeBinary),
    Index("ix_matter_community_kind", "community", "kind"),
)

matter_step = Table(
    "matter_step",
    metadata,
    Column("matter_id", String(32), ForeignKey("matter.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("sealed", LargeBinary),
)

# The newest step of each, written by nobody but the database: as grid_event_present.
matter_present = Table(
    "matter_present",
    metadata,
    Column("matter_id", String(32), ForeignKey("matter.id"), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_matter_present_community_state", "community", "state"),
)

council_member = Table(
    "council_member",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("body", String(32), nullable=False),
    Column("name", String(80), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Index("ix_council_member_community", "community"),
)

council_meeting = Table(
    "council_meeting",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("subject", String(200), nullable=False),
    Column("actor", String(100), nullable=False),
    Index("ix_council_meeting_community_held", "community", "held"),
)

council_attendance = Table(
    "council_attendance",
    metadata,
    Column("meeting_id", Integer, ForeignKey("council_meeting.id"), primary_key=True),
    Column("member_id", Integer, ForeignKey("council_member.id"), primary_key=True),
    Column("present", Boolean, nullable=False),
)

partner = Table(
    "partner",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("field", String(32), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Index("ix_partner_community", "community"),
)

partner_deed = Table(
    "partner_deed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("partner_id", Integer, ForeignKey("partner.id"), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("what", String(200), nullable=False),
    Column("people", Integer),
    Index("ix_partner_deed_partner_id_done", "partner_id", "done"),
)
