"""Tables of the ground: what surveys brought, version by version. What ships needs none of them."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from store.metadata import metadata

# One row an import. None is ever changed; which counts is said by ground_current.
ground_version = Table(
    "ground_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("community", String(64), nullable=False),
    Column("layer", String(32), nullable=False),
    Column("file", String(200), nullable=False),
    # As the file had it, with where that stood: declared, or in the file.
    Column("crs", String(64), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("imported", BigInteger, nullable=False),
    Column("features", Integer, nullable=False),
    Index("ix_ground_version_community_layer", "community", "layer"),
)

ground_feature = Table(
    "ground_feature",
    metadata,
    Column("version_id", Integer, primary_key=True, autoincrement=False),
    Column("code", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("kind", String(32), nullable=False),
    # The area, or the building, that it belongs to.
    Column("parent", String(64)),
    # CIM1 to CIM7 of CJJ/T 315-2022, where one applies.
    Column("cim_level", Integer),
    Column("floors", Integer),
    Column("height", Float),
    # The one that a room lies on.
    Column("storey", Integer),
    # What else the file said, as JSON.
    Column("properties", Text, nullable=False),
    # Well-known binary, CGCS2000.
    Column("geometry", LargeBinary, nullable=False),
)

ground_current = Table(
    "ground_current",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("layer", String(32), primary_key=True),
    Column("version_id", Integer, nullable=False),
)

# Who looks after a grid (网格员) from when on; only ever added to, the newest counts. Nobody: no name.
grid_steward = Table(
    "grid_steward",
    metadata,
    Column("community", String(64), primary_key=True),
    Column("grid", String(64), primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(80)),
)
