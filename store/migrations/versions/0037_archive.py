"""Readings of months that are past, in files: which there are, and what of them counts"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_part",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("month", sa.BigInteger, nullable=False),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("readings", sa.BigInteger, nullable=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("written", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_archive_part_month", "archive_part", ["month"])
    op.create_table(
        "archive_series",
        sa.Column("series_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("readings", sa.Integer, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.String(256)),
        sa.Column("quality", sa.SmallInteger, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_archive_series_part_id", "archive_series", ["part_id"])


def downgrade() -> None:
    op.drop_table("archive_series")
    op.drop_table("archive_part")
