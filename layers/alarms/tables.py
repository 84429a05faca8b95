"""Alarms: the rules, the occurrences with their steps, what is being watched, floods, and who is on duty.

A step is only ever added; the alarm's own row is its present state, written in the transaction of the step.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from store.metadata import metadata

IS_OPEN = "cleared IS NULL"

# A version of a rule; the newest of a code counts, one without a row is as rules.toml has it.
alarm_rule = Table(
    "alarm_rule",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", String(500), nullable=False, server_default=""),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    # The words as they were when it was raised.
    Column("name", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("priority", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    # device, site or system; and which.
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    # Its name as it was then.
    Column("label", String(120), nullable=False, server_default=""),
    Column("device", String(64)),
    Column("area", String(64)),
    Column("site", String(64)),
    # The deepest place that is known of it: a node of geo.hierarchy, which geo.whereabouts puts in words.
    Column("spot", String(160)),
    Column("lon", Double),
    Column("lat", Double),
    # What alarms of one cause have in common.
    Column("cause", String(160), nullable=False),
    Column("metric", String(64)),
    # What was said when it was raised, and the limit that it crossed.
    Column("value", Double),
    Column("threshold", Double),
    # The same in words, where who worked the figure out gave it such: how many of how many people.
    Column("said", String(120)),
    Column("said_en", String(120)),
    Column("source", String(120)),
    Column("raised", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("returned", BigInteger),
    # Since when nobody has acknowledged it; None while it makes no sound.
    Column("sounds_since", BigInteger),
    Column("acknowledged", BigInteger),
    Column("acknowledged_by", String(100)),
    Column("cleared", BigInteger),
    # Whether the condition holds, whatever the state.
    Column("is_active", Boolean, nullable=False),
    Column("is_latched", Boolean, nullable=False),
    Column("shelved_until", BigInteger),
    Column("reason", String(500)),
    Column("suppressed_by", String(32)),
    Column("flood", Integer),
    Column("repeats", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    # One occurrence of a rule and a subject at a time, however many raise it.
    Index(
        "uq_alarm_open",
        "community",
        "rule",
        "subject",
        unique=True,
        sqlite_where=text(IS_OPEN),
        postgresql_where=text(IS_OPEN),
    ),
    Index("ix_alarm_open", "community", "raised", sqlite_where=text(IS_OPEN), postgresql_where=text(IS_OPEN)),
    Index("ix_alarm_community_received", "community", "received"),
    Index("ix_alarm_community_raised", "community", "raised"),
    # What was open at a past time was cleared later: of how much there ever was only that is looked at.
    Index("ix_alarm_community_cleared", "community", "cleared"),
)

alarm_step = Table(
    "alarm_step",
    metadata,
    Column("alarm_id", String(32), ForeignKey("alarm.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    # raise, return, acknowledge ...: an event of life.toml; and the state after it.
    Column("event", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("note", String(500), nullable=False),
    Column("value", Double),
    Column("until", BigInteger),
    Index("ix_alarm_step_at", "at"),
)

# How far a rule has come with a subject, where it is not at rest: what timers need to go on after a restart.
alarm_watch = Table(
    "alarm_watch",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("rule", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("phase", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("value", Double),
    # The revision "alarms" with which it was written: who has read up to one reads on from there.
    Column("rev", BigInteger, nullable=False),
    # Of the rule by which it came so far.
    Column("version", Integer, nullable=False, server_default="0"),
    Index("ix_alarm_watch_rev", "rev"),
)

# The hours in which rules watched and somebody said something: rates of alarms are over these.
alarm_hour = Table(
    "alarm_hour",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
)

alarm_flood = Table(
    "alarm_flood",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("first", String(32), nullable=False),
    Column("count", Integer, nullable=False),
    Index(
        "uq_alarm_flood_open",
        "community",
        unique=True,
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
)

# Who answers for alarms from when to when; taken out again by whom.
duty = Table(
    "duty",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("person", String(80), nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("removed", BigInteger),
    Column("removed_by", String(100)),
    Index("ix_duty_community_ends", "community", "ends"),
)
