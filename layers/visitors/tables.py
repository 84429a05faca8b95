"""People through the gates: by message, and summed by hour."""

from sqlalchemy import BigInteger, Column, Double, String, Table

from store.metadata import metadata

gate_flow = Table(
    "gate_flow",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    Column("entered", Double, nullable=False),
    Column("left", Double, nullable=False),
    sqlite_with_rowid=False,
)

gate_flow_hour = Table(
    "gate_flow_hour",
    metadata,
    Column("device_id", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("entered", Double, nullable=False),
    Column("left", Double, nullable=False),
    sqlite_with_rowid=False,
)
