"""Surveys of the ground, version by version"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ground_version",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("community", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(32), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("crs", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("imported", sa.BigInteger, nullable=False),
        sa.Column("features", sa.Integer, nullable=False),
    )
    op.create_index("ix_ground_version_community_layer", "ground_version", ["community", "layer"])
    op.create_table(
        "ground_feature",
        sa.Column("version_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("cim_level", sa.Integer),
        sa.Column("floors", sa.Integer),
        sa.Column("height", sa.Float),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ground_current",
        sa.Column("community", sa.String(64), primary_key=True),
        sa.Column("layer", sa.String(32), primary_key=True),
        sa.Column("version_id", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for name in ("ground_current", "ground_feature"):
        op.drop_table(name)
    op.drop_index("ix_ground_version_community_layer", "ground_version")
    op.drop_table("ground_version")
