"""The table of backups: each says how far it is; and of a target when it lost what it had (``gone``, ``back``)."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from store.metadata import metadata

MAKING, STOPPING, DONE, STOPPED, FAILED = "making", "stopping", "done", "stopped", "failed"
PARTIAL = "partial"
"""It was made and stays, and lacks something that its database names; ``reason`` tells what."""
GONE, BACK = "gone", "back"

database_backup = Table(
    "database_backup",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Where it is; of one that is not made, where it was to be.
    Column("file", String(300), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("began", BigInteger, nullable=False),
    # When it last gave a sign of life.
    Column("moved", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("state", String(16), nullable=False),
    # Bytes.
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("reason", String(300)),
    # Rows of all tables, counted in the copy and in its source.
    Column("counted", BigInteger),
)
