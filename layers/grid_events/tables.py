"""Grid events and their transitions. A transition is only ever added; the state is the newest one's.

The newest one's is kept as a row too, by the database itself (a trigger on the transitions): what is present is
a row, not a search through all that ever was.
"""

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
    UniqueConstraint,
    text,
    true,
)

from store.metadata import BEYOND, metadata

UNDONE = text("action = 'undone'")

grid_event = Table(
    "grid_event",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("community", String(64), nullable=False),
    Column("reporter", String(80), nullable=False),
    # The reporter's own id: the same from the same reporter is the same event.
    Column("reporter_ref", String(128), nullable=False),
    Column("category", String(64), nullable=False),
    Column("category_reported", String(64)),
    Column("severity", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    # The same in English, of what an alarm opened; a person's words stand in the language that they wrote.
    Column("title_en", String(200)),
    Column("detail_en", Text),
    Column("lon", Float),
    Column("lat", Float),
    Column("area", String(64)),
    # The deepest place that is known of it: a node of geo.hierarchy, which geo.whereabouts puts in words.
    Column("spot", String(160)),
    Column("grid", String(64)),
    Column("device", String(64)),
    Column("source", String(120)),
    Column("occurred", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    UniqueConstraint("community", "reporter", "reporter_ref", name="uq_grid_event_community"),
    Index("ix_grid_event_community_occurred", "community", "occurred"),
    # The figures of a period.
    Index("ix_grid_event_community_received", "community", "received"),
)

grid_event_transition = Table(
    "grid_event_transition",
    metadata,
    Column("event_id", String(32), ForeignKey("grid_event.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("note", Text, nullable=False),
    # What was done where the state did not change: a code of life.toml; none for a step.
    Column("action", String(16)),
    Column("level", String(16), nullable=False, server_default="stewards"),
    Column("assignee", String(80)),
    Column("rating", Integer),
    # Voided since another event is the same matter.
    Column("merged_into", String(32)),
    # The clock as it stands after this row: see `due`.
    Column("due", BigInteger),
    Column("warn", BigInteger),
    Column("time_left", BigInteger),
    Column("working", Boolean, nullable=False, server_default=true()),
    # Which limit it is, of clocks.toml; none where nothing is due.
    Column("limit_name", String(16)),
    # What whoever made it called it: the same from the same person is the same step.
    Column("ref", String(64)),
    # When it was made, where that was told; ``at`` is when it was taken.
    Column("made", BigInteger),
    Index("uq_grid_event_transition_ref", "event_id", "actor", "ref", unique=True),
    Index("ix_grid_event_transition_at", "at"),
    # What was closed today.
    Index("ix_grid_event_transition_state_at", "state", "at"),
    # What was taken back, of which there is little.
    Index("ix_grid_event_transition_undone", "event_id", "seq", sqlite_where=UNDONE, postgresql_where=UNDONE),
)

# Written by nobody but the database, with each row of grid_event_transition.
grid_event_present = Table(
    "grid_event_present",
    metadata,
    Column("event_id", String(32), ForeignKey("grid_event.id"), primary_key=True),
    Column("community", String(64), nullable=False),
    # When the event came.
    Column("received", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("level", String(16), nullable=False),
    Column("assignee", String(80)),
    Column("rating", Integer),
    Column("due", BigInteger),
    Column("warn", BigInteger),
    Column("at", BigInteger, nullable=False),
    Index("ix_grid_event_present_community_state", "community", "state"),
    Index("ix_grid_event_present_community_assignee", "community", "assignee"),
    # What had come by a past time and has moved since; it is answered by the index alone.
    Index("ix_grid_event_present_community_at", "community", "at", "received", "event_id"),
)

# What an event is found by, in lower case: written once with it. The index of the pairs only the migration knows, since
# each database has its own way: SQLite a table of FTS5 beside this one, PostgreSQL an inverted index.
grid_event_search = Table(
    "grid_event_search",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(32), ForeignKey("grid_event.id"), nullable=False),
    Column("community", String(64), nullable=False),
    Column("said", Text, nullable=False),
    Column("reporter", String(80), nullable=False),
    Column("pairs", Text, nullable=False),
    Index("uq_grid_event_search_event_id", "event_id", unique=True),
)
BEYOND.update({"grid_event_pairs", "ix_grid_event_search_pairs"})

grid_event_photo = Table(
    "grid_event_photo",
    metadata,
    Column("event_id", String(32), ForeignKey("grid_event.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # The step that was the newest when it came.
    Column("seq", Integer, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    UniqueConstraint("event_id", "sha256", name="uq_grid_event_photo_event_id"),
)
